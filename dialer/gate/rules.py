"""What a campaign's settings demand, prepared for being asked a hundred times a second."""

from collections.abc import Iterable, Mapping

from config.calendars import DayKinds
from config.model import CalendarSettings, CampaignSettings
from dialer.gate.frequency import Frequency
from dialer.windows import CallingHours
from telephony.ids import CampaignId

NOWHERE = CampaignId("")
AUTOMATIC = frozenset({"progressive", "power", "predictive"})


class GateRules:
    """The rules of one campaign."""

    def __init__(
        self,
        settings: CampaignSettings,
        campaign: CampaignId = NOWHERE,
        calendars: Mapping[str, CalendarSettings] | None = None,
    ) -> None:
        kept = (calendars or {}).get(settings.holidays)
        self.campaign = campaign
        self.owner = settings.owner
        self.hours = CallingHours(
            settings.windows,
            days=DayKinds(kept) if kept is not None else None,
            holiday_windows=settings.holiday_windows,
        )
        self.frequency = tuple(Frequency(rule, campaign) for rule in settings.frequency)
        self.plain = all(rule.plain for rule in self.frequency)
        self.abandon_rest_s = settings.pacing.abandon_rest_h * 3600.0 if settings.mode in AUTOMATIC else 0.0
        self.consent = settings.consent


def look_back_s(campaigns: Iterable[CampaignSettings]) -> float:
    """How far back the store must tell of calls so that every rule of these campaigns can be kept, in seconds."""
    longest = 0.0
    for settings in campaigns:
        rules = (Frequency(rule, NOWHERE).looks_back_s for rule in settings.frequency)
        longest = max(longest, settings.pacing.abandon_rest_h * 3600.0, *rules)
    return longest

"""The gate as anybody would write it who has all day: every rule recounted at every quarter of an hour.

Local time is never computed, only read off a clock: an instant is found by walking until the clock shows it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from config.model import CalendarDay, CampaignSettings, FrequencyRule
from telephony.leads import Contact, Lead

QUARTER = 900.0
AUTOMATIC = ("progressive", "power", "predictive")


def wall(at: float, zone: str) -> datetime:
    """What the clock on the wall shows."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None)


@cache
def shown(zone: str, local: datetime) -> tuple[float, float]:
    """When the clock shows that time first and last; a time it skips is counted on from before and back from after."""
    first = datetime(local.year, local.month, local.day, tzinfo=ZoneInfo("UTC")).timestamp() - 64 * QUARTER
    walk = [first + n * QUARTER for n in range(300)]
    before = max(at for at in walk if wall(at, zone) < local)
    since = min(at for at in walk if wall(at, zone) >= local)
    return since - (wall(since, zone) - local).total_seconds(), before + (local - wall(before, zone)).total_seconds()


@cache
def later(at: float, span: str, zone: str) -> float:
    """The instant a span after another."""
    count, unit = int(span.split()[0]), span.split()[1].rstrip("s")
    if unit in ("minute", "hour"):
        return at + count * {"minute": 60.0, "hour": 3600.0}[unit]
    local = wall(at, zone)
    if unit in ("day", "week"):
        return shown(zone, local + timedelta(days=count * (7 if unit == "week" else 1)))[1]
    year, month = local.year, local.month
    for _ in range(count * (12 if unit == "year" else 1)):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    day = local.day
    while True:
        try:
            return shown(zone, local.replace(year=year, month=month, day=day))[1]
        except ValueError:
            day -= 1


def period(at: float, unit: str, zone: str) -> tuple[int, ...]:
    local = wall(at, zone)
    match unit:
        case "day":
            return local.timetuple()[:3]
        case "week":
            return local.isocalendar()[:2]
        case "month":
            return local.timetuple()[:2]
    return local.timetuple()[:1]


def counts(call: Contact, rule: FrequencyRule, lead: Lead) -> bool:
    if call.number_key != lead.number_key and rule.per == "number":
        return False
    if call.campaign != lead.campaign and rule.scope == "campaign":
        return False
    if call.outcome == "":
        return True
    if call.outcome == "refused" or call.outcome in rule.uncounted:
        return False
    if "abandoned" in rule.uncounted and call.outcome == "answered" and not call.connected:
        return False
    return {"placed": True, "answered": call.answered, "connected": call.connected}[rule.counts]


def too_often(calls: Sequence[Contact], rule: FrequencyRule, lead: Lead, zone: str, at: float) -> bool:
    """Whether one rule forbids a call at that instant in that zone."""
    times = sorted(call.at for call in calls if counts(call, rule, lead))

    def near(one: float, other: float) -> bool:
        if rule.window == "calendar":
            unit = rule.within.split()[1]
            return period(one, unit, zone) == period(other, unit, zone)
        return other < later(one, rule.within, zone)

    if sum(near(one, at) for one in times) >= rule.calls:
        return True
    for n, last in enumerate(times):
        filled = 1 + sum(near(earlier, last) for earlier in times[:n]) >= rule.calls
        if filled and rule.rest != "0 days" and at < later(last, rule.rest, zone):
            return True
    return False


def open_on(settings: CampaignSettings, days: Sequence[CalendarDay], zone: str, day: date, at: float) -> bool:
    kind = {one.date: one.kind for one in days}.get(day, "")
    weekday = day.isoweekday()
    windows = settings.holiday_windows if kind == "holiday" else settings.windows
    if kind == "working" and weekday > 5:
        weekday = 5
    midnight = datetime.combine(day, time())
    for window in windows:
        if weekday in window.days:
            begin, end = (
                midnight + timedelta(hours=int(text[:2]), minutes=int(text[3:])) for text in (window.begin, window.end)
            )
            if shown(zone, begin)[1] <= at < shown(zone, end)[0]:
                return True
    return False


def objection(
    lead: Lead, settings: CampaignSettings, days: Sequence[CalendarDay], calls: Sequence[Contact], at: float
) -> str | None:
    """The first rule that forbids a call to the lead at that instant; a call under way is no objection by itself."""
    if settings.consent and (
        lead.consent_at is None or at < lead.consent_at or (lead.consent_until is not None and at >= lead.consent_until)
    ):
        return "consent"
    for zone in lead.zones:
        today = wall(at, zone).date()
        around = [today + timedelta(days=n) for n in (-1, 0, 1)]
        if not any(open_on(settings, days, zone, day, at) for day in around):
            holiday = any(one.kind == "holiday" and one.date == wall(at, z).date() for one in days for z in lead.zones)
            return "holiday" if holiday else "window"
    if any(too_often(calls, rule, lead, zone, at) for rule in settings.frequency for zone in lead.zones):
        return "frequency"
    rest = settings.pacing.abandon_rest_h * 3600.0
    if settings.mode in AUTOMATIC and lead.abandoned_at is not None and at < lead.abandoned_at + rest:
        return "abandon_rest"
    return None

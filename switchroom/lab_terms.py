"""A campaign's settings and trunks as the lab takes them."""

from config.model import CampaignSettings, ServerSettings
from simulator.lab.replay import Terms

LAB_RULE = {"power": "power_2", "predictive": "predictive"}
"""The lab's rule of a mode; whoever dials by hand is compared with a call for each free agent."""


def lab_rule(settings: CampaignSettings) -> str:
    """The rule in the lab that is the campaign's own."""
    return LAB_RULE.get(settings.mode, "progressive")


def terms_of(settings: CampaignSettings, server: ServerSettings) -> Terms:
    """Patience, ringing, tick and ratio of the campaign; lines and rate of the trunks it may use."""
    trunks = [one for one in server.trunk if not settings.trunks or one.name in settings.trunks]
    limits = {"lines": sum(t.channels for t in trunks), "cps": sum(t.cps for t in trunks)} if trunks else {}
    pacing = settings.pacing
    return Terms(
        patience_s=pacing.patience_s,
        ring_s=settings.ring_s,
        tick_s=pacing.tick_s,
        max_ratio=pacing.max_ratio,
        **limits,  # type: ignore[arg-type]
    )

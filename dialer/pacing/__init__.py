"""Pacing: how many calls to place now, and why, by one of several rules behind one interface.

Usable by itself: feed a `Forecast` and a `Budget` with what happened, ask `place` on every tick::

    pacer = pacer_for(CampaignSettings(mode="predictive"), Forecast(ring_s=25.0), Budget(target=0.028))
    placement = pacer.place(PaceView(now=0.0, free=3, talking=5, wrapping=2, pending=(), waiting=0, room=30))
    placement.count, placement.code, placement.words
"""

from config.model import CampaignSettings
from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.pacing.lookahead import Predictive
from dialer.pacing.plain import ByHand, Power, Progressive
from dialer.pacing.ratio import RatioWithBudget
from dialer.pacing.view import LEAVES_SOON_S, Pacer, PaceView, Placement

__all__ = [
    "LEAVES_SOON_S",
    "ByHand",
    "PaceView",
    "Pacer",
    "Placement",
    "Power",
    "Predictive",
    "Progressive",
    "RatioWithBudget",
    "pacer_for",
]


def pacer_for(settings: CampaignSettings, forecast: Forecast, budget: Budget) -> Pacer:
    """The rule of the campaign's mode."""
    match settings.mode:
        case "manual" | "preview":
            return ByHand()
        case "progressive":
            return Progressive()
        case "power":
            return Power(settings.pacing.ratio, budget)
        case "predictive":
            return Predictive(settings.pacing, forecast, budget)

"""Look-ahead: place calls until the next one would run too high a risk of finding no agent."""

import numpy as np
from msgspec import structs

from config.model import PacingSettings
from dialer.abandonment import Budget
from dialer.forecast import Busy, Chances, Forecast, Held
from dialer.pacing.plain import sure
from dialer.pacing.risk import Risk
from dialer.pacing.supply import agents_there
from dialer.pacing.view import PaceView, Placement, leaving_words, within
from telephony.ports import NO_DEPARTURES

BY_RISK = frozenset({"pace.predictive", "pace.leaving"})
"""Reasons by which the budget's cap, and not agents or lines, holds the pace."""


class Predictive:
    """Looks one call ahead: places calls until the next one's risk of finding no agent exceeds the budget's cap.

    The agents free at the moment of each possible answer, and the calls before it that answer, are a sum of
    independent Bernoulli variables; its tail is a normal with a correction for skewness."""

    def __init__(self, settings: PacingSettings, forecast: Forecast, budget: Budget) -> None:
        self._settings = settings
        self._forecast = forecast
        self._budget = budget

    def place(self, view: PaceView) -> Placement:
        budget, forecast = self._budget, self._forecast
        held = forecast.look(view.pending, view.now, view.chances)
        if budget.sure_only:
            return sure(view, budget)
        safe = max(0, view.open_agents)
        patience_s = self._patience_s(view)
        busy = Busy(view.talking, view.wrapping, view.talks, view.wraps, view.server)
        talk, wrap = forecast.freed_since(busy, view.now, patience_s, view.wrap_limit_s)
        supply = agents_there(view, talk, wrap, patience_s)
        soon = float(supply.there.mean[9])
        most = min(int(self._settings.max_ratio * max(1.0, soon)), 3 * view.signed_in + 10 + safe)
        most = max(safe, most - len(view.pending) - len(view.listening) - view.shared)
        count = safe
        if most > safe and budget.cap > 4e-4 and view.signed_in:
            risk = Risk(view, held, forecast, supply)
            count = risk.first_above(budget.cap, safe, most)
        words = {
            "free": str(view.free),
            "pending": str(len(view.pending)),
            "answer": f"{forecast.rate:.0%}",
            "risk": f"{budget.cap:.1%}",
            "budget": budget.said,
        }
        if view.leaving and count < most and self._would_place(view, held, talk, wrap, count):
            placement = within(view, count, "pace.leaving", words | leaving_words(view))
        else:
            placement = within(view, count, "pace.predictive", words)
        budget.binding = placement.code in BY_RISK and count < most
        return placement

    def _patience_s(self, view: PaceView) -> float:
        return self._settings.patience_s if view.patience_s is None else view.patience_s

    def _would_place(self, view: PaceView, held: Held, talk: Chances, wrap: Chances, count: int) -> bool:
        """Whether one call more would be placed if nobody left."""
        stays = structs.replace(view, leaving=NO_DEPARTURES)
        supply = agents_there(stays, talk, wrap, self._patience_s(view))
        risk = Risk(stays, held, self._forecast, supply).of(np.array([float(count)]))
        return bool(count < stays.open_agents or risk[0] <= self._budget.cap)

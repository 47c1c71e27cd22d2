"""Pacing: how many calls to place now, and why, by one of several rules behind one interface.

Usable by itself: feed a `Forecast` and a `Budget` with what happened, ask `place` on every tick::

    pacer = pacer_for(CampaignSettings(mode="predictive"), Forecast(ring_s=25.0), Budget(target=0.028))
    placement = pacer.place(PaceView(now=0.0, free=3, talking=5, wrapping=2, pending=(), waiting=0, room=30))
    placement.count, placement.code, placement.words
"""

from collections.abc import Collection
from math import erfc, pi
from typing import Protocol

import msgspec
import numpy as np

from config.model import CampaignSettings, PacingSettings
from dialer.abandonment import Budget
from dialer.forecast import Chances, Floats, Forecast

_NEAR = np.arange(12, dtype=np.float64)
"""Most decisions end here, in one evaluation."""
_GALLOP = np.array([13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584], dtype=np.float64)
_FINE = 1024.0
_MIDDLE = int(8 * _FINE)
_Z = np.arange(-_MIDDLE, _MIDDLE + 1) / _FINE
_NORMAL = np.array([0.5 * erfc(-z / 2**0.5) for z in _Z])
_SKEWED = (_Z**2 - 1.0) * np.exp(-0.5 * _Z**2) / (6.0 * (2.0 * pi) ** 0.5)
"""The standard normal distribution function and its correction for a unit of skewness, at the nearest of their points;
the step is 1/1024, so that a risk is right to 1 in 5000."""


class PaceView(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign on one PBX at one instant.

    `talking` are the busy agents not in wrap-up; `pending` when each call still out was placed (epoch seconds);
    `waiting` answered customers without an agent; `room` calls the trunks would take; `shared` pending calls of other
    campaigns that may take these agents."""

    now: float
    free: int
    talking: int
    wrapping: int
    pending: Collection[float]
    waiting: int
    room: int
    shared: int = 0

    @property
    def signed_in(self) -> int:
        return self.free + self.talking + self.wrapping

    @property
    def open_agents(self) -> int:
        """Free agents no call is out for: with one call for each of them nobody can be abandoned."""
        return self.free - self.waiting - len(self.pending) - self.shared


class Placement(msgspec.Struct, frozen=True):
    """Place `count` calls; `code` and `words` say why to a supervisor."""

    count: int
    code: str
    words: dict[str, str] = {}


class Pacer(Protocol):
    def place(self, view: PaceView) -> Placement: ...


def pacer_for(settings: CampaignSettings, forecast: Forecast, budget: Budget) -> Pacer:
    """The rule of the campaign's mode."""
    match settings.mode:
        case "manual" | "preview":
            return ByHand()
        case "progressive":
            return Progressive()
        case "power":
            return Power(settings.pacing.ratio)
        case "predictive":
            return Predictive(settings.pacing, forecast, budget)


class ByHand:
    """Manual and preview: agents dial themselves."""

    def place(self, view: PaceView) -> Placement:
        return Placement(0, "pace.by_hand")


class Progressive:
    """One call for each free agent."""

    def place(self, view: PaceView) -> Placement:
        return _within(view, view.open_agents, "pace.progressive", {})


class Power:
    """A fixed ratio of calls to free agents."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def place(self, view: PaceView) -> Placement:
        wish = int(self._ratio * view.free) - view.waiting - len(view.pending) - view.shared
        return _within(view, wish, "pace.power", {"ratio": f"{self._ratio:g}"})


class RatioWithBudget:
    """Calls for each free agent in inverse proportion to the answer rate, the factor steered by the budget alone."""

    def __init__(self, settings: PacingSettings, forecast: Forecast, budget: Budget) -> None:
        self._most = settings.max_ratio
        self._forecast = forecast
        self._budget = budget

    def place(self, view: PaceView) -> Placement:
        self._forecast.look(view.pending, view.now)
        ratio = min(self._most, max(1.0, 5.0 * self._budget.cap**0.5 / self._forecast.rate))
        wish = int(ratio * view.free) - view.waiting - len(view.pending) - view.shared
        placement = _within(view, wish, "pace.ratio", {"ratio": f"{ratio:.1f}", **_spent(self._budget)})
        self._budget.binding = placement.code == "pace.ratio" and ratio < self._most
        return placement


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
        held = forecast.look(view.pending, view.now)
        safe = max(0, view.open_agents)
        talk, wrap = forecast.freed(self._settings.patience_s)
        soon = view.free + float(view.talking * talk.share[9] + view.wrapping * wrap.share[9])
        most = min(int(self._settings.max_ratio * max(1.0, soon)), 3 * view.signed_in + 10 + safe)
        most = max(safe, most - len(view.pending) - view.shared)
        count = safe
        if most > safe and budget.cap > 4e-4 and view.signed_in:
            risk = _Risk(view, held, forecast, talk, wrap)
            count = risk.first_above(budget.cap, safe, most)
        words = {
            "free": str(view.free),
            "pending": str(len(view.pending)),
            "answer": f"{forecast.rate:.0%}",
            "risk": f"{budget.cap:.1%}",
            **_spent(budget),
        }
        placement = _within(view, count, "pace.predictive", words)
        budget.binding = placement.code == "pace.predictive" and count < most
        return placement


class _Risk:
    """The risk that one more call finds no agent, as a function of how many are placed before it."""

    def __init__(self, view: PaceView, held: Floats, forecast: Forecast, talk: Chances, wrap: Chances) -> None:
        g1, g2, g3 = forecast.answers(held)
        self._new, self._law, self._g1, self._doubt = forecast.new, forecast.law, g1, forecast.doubt
        short = view.waiting - view.free + 0.5 + g1
        var = g1 - g2
        third = 3.0 * g2 - g1 - 2.0 * g3
        if view.shared:
            short = short + view.shared * self._new.share
            var = var + view.shared * self._new.spread
            third = third - view.shared * self._new.skew
        for agents, freed in ((view.talking, talk), (view.wrapping, wrap)):
            if agents:
                short -= agents * freed.share
                var += agents * freed.spread
                third += agents * freed.skew
        self._short, self._var, self._third = short, var, third

    def of(self, counts: Floats) -> Floats:
        """For each number of new calls, the risk of the call after them."""
        n = counts[:, None]
        came = n * self._new.share
        var = came + self._g1
        var *= var
        var *= self._doubt
        var += self._var
        var += n * self._new.spread
        np.maximum(var, 1e-9, out=var)
        sigma = np.sqrt(var)
        came += self._short
        came /= sigma
        came *= _FINE
        came += _MIDDLE + 0.5
        at = came.astype(np.intp)
        tail = n * self._new.skew
        tail -= self._third
        sigma *= var
        tail /= sigma
        tail *= _SKEWED.take(at, mode="clip")
        tail += _NORMAL.take(at, mode="clip")
        np.minimum(np.maximum(tail, 0.0, out=tail), 1.0, out=tail)
        worst = np.maximum.accumulate(tail[:, ::-1], axis=1)[:, ::-1]
        found: Floats = worst @ self._law
        return found

    def first_above(self, cap: float, least: int, most: int) -> int:
        """The smallest number of calls after which the next would exceed `cap`, within [least, most]."""
        if most <= least:
            return least
        near = least + _NEAR[: most - least]
        above = np.flatnonzero(self.of(near) > cap)
        if above.size:
            return int(near[above[0]])
        if most - least <= _NEAR.size:
            return most
        steps = least + _GALLOP[most - least > _GALLOP]
        above = np.flatnonzero(self.of(steps) > cap) if steps.size else above
        if above.size == 0:
            low, high = int(steps[-1]) if steps.size else int(near[-1]), most
        else:
            low, high = int(steps[above[0] - 1]) if above[0] else int(near[-1]), int(steps[above[0]])
        while high - low > 1:
            stride = max(1, (high - low - 1) // 12)
            inner = np.arange(low + stride, high, stride, dtype=np.float64)
            above = np.flatnonzero(self.of(inner) > cap)
            if above.size == 0:
                low = int(inner[-1])
            else:
                high = int(inner[above[0]])
                low = int(inner[above[0] - 1]) if above[0] else low
        return high


def _within(view: PaceView, wish: int, code: str, words: dict[str, str]) -> Placement:
    """The wish within what agents and lines allow."""
    words = words or {"free": str(view.free), "pending": str(len(view.pending))}
    if view.signed_in <= 0:
        return Placement(0, "pace.no_agents", words)
    if wish > view.room:
        return Placement(max(0, view.room), "pace.lines", words)
    return Placement(max(0, wish), code, words)


def _spent(budget: Budget) -> dict[str, str]:
    return {"budget": f"{budget.target:.1%}"}

"""The campaign's answer rate of late, and the level that all leads' own chances have in common.

A lead's chance is what its history tells (`dialer.odds`), before the day is known; the level is the step in log-odds from
there to how leads are answered now. It is found from what the same leads came to, so that calls to leads that answer well
do not pass for a better day. Without chances all leads are alike, and the level is another name for the rate.
"""

from math import exp, log

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

USUAL = 0.35
"""The chance of a lead of which nothing is known."""
STEP = 0.25
REACH = 24
"""Chances are counted by their log-odds in steps of a quarter, so many to each side of the usual."""
_MIDDLE = float(log(USUAL / (1.0 - USUAL)))
POINTS = 1.0 / (1.0 + np.exp(-(_MIDDLE + STEP * np.arange(-REACH, REACH + 1))))
_ODDS = POINTS / (1.0 - POINTS)
FURTHEST = 6.0


def place_of(chance: float) -> int:
    """The point nearest to a chance."""
    if chance == USUAL:
        return REACH
    chance = min(1.0 - 1e-6, max(1e-6, chance))
    return min(2 * REACH, max(0, REACH + round((log(chance / (1.0 - chance)) - _MIDDLE) / STEP)))


class Counts:
    """What calls came to: humans and all, by the point of their chances; older calls weigh less."""

    def __init__(self, humans: float, others: float) -> None:
        self._kinds: list[float] = [0.0] * len(POINTS)
        self._kinds[REACH] = humans + others
        self._human = humans
        self._all = humans + others
        self._weight = 1.0
        self.mixed = False
        """Whether chances of more than one point were seen."""
        self._level = 0.0

    @property
    def weight(self) -> float:
        return self._all / self._weight

    def copied(self) -> "Counts":
        other = Counts(0.0, 0.0)
        other._kinds, other._human, other._all = list(self._kinds), self._human, self._all
        other._weight, other.mixed, other._level = self._weight, self.mixed, self._level
        return other

    def add(self, place: int, human: bool, keep: float) -> None:
        """One more call, after all before it have faded to the share `keep`."""
        self._weight /= keep
        if self._weight > 1e12:
            self._kinds = [kind / self._weight for kind in self._kinds]
            self._human, self._all, self._weight = self._human / self._weight, self._all / self._weight, 1.0
        self._kinds[place] += self._weight
        self._all += self._weight
        if human:
            self._human += self._weight
        self.mixed = self.mixed or place != REACH

    def level(self) -> float:
        """The odds of the calls that ended, as a multiple of their chances' odds."""
        self._level = self._solve(np.array(self._kinds) / self._weight if self.mixed else None, 0.0, 0.0)
        return exp(self._level)

    def with_pending(self, humans: float, told: Floats) -> tuple[float, float]:
        """(answer rate, level as a multiple of the odds) with calls out of which so much is told, and which hide so
        many humans."""
        calls = len(told)
        rate = (self._human / self._weight + humans) / (self.weight + calls)
        kinds = None
        if self.mixed:
            odds = np.log(told / (1.0 - told))
            odds -= _MIDDLE
            odds /= STEP
            places = np.clip(np.rint(odds, out=odds) + REACH, 0, 2 * REACH).astype(np.intp)
            kinds = np.bincount(places, minlength=len(POINTS)) + np.array(self._kinds) / self._weight
        return rate, exp(self._solve(kinds, humans, calls))

    def rate_at(self, level: float) -> float:
        """The share of humans among calls like these at another level."""
        kinds = np.array(self._kinds)
        odds = _ODDS * level
        return float(kinds @ (odds / (1.0 + odds)) / self._all)

    def _solve(self, kinds: Floats | None, humans: float, calls: float) -> float:
        found = self._human / self._weight + humans
        total = self.weight + calls
        if kinds is None:
            rate = min(1.0 - 1e-6, max(1e-6, found / total))
            return log(rate / (1.0 - rate)) - _MIDDLE
        level = self._level
        for _ in range(3):
            odds = _ODDS * exp(level)
            share = odds / (1.0 + odds)
            expected = kinds * share
            slope = float(expected @ (1.0 - share))
            step = (found - float(expected.sum())) / max(1e-6, slope)
            level = min(FURTHEST, max(-FURTHEST, level + min(1.0, max(-1.0, step))))
            if abs(step) < 1e-3:
                break
        return level

"""What a campaign's calls and agents will do in the next half minute, learned from what they did.

The law of the time from dialling to a customer who waits, the answer rate, and the mean conversation and wrap-up.
Failures of the network are not outcomes and never enter; calls still out correct the answer rate for what they hide.
"""

from collections.abc import Collection
from functools import lru_cache
from math import exp, inf, log, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dialer.elapsed import Elapsed, rows_of
from dialer.level import USUAL, Counts, place_of

Floats = npt.NDArray[np.float64]

HORIZON = 28
"""Seconds ahead that are looked at."""
FRESH_S = 3.0
LAWS_EVERY = 5
"""The laws of time, which change slowly, are read off every so many looks at the answer rate,"""
NEW_UNTIL = 2000
"""and at every look while fewer outcomes than this are known."""
PRIOR_EVENTS = 20.0
PRIOR_TALK_S, PRIOR_WRAP_S = 60.0, 15.0
PRIOR_WEIGHT = 10.0
SURE = 1e-4
"""No call is thought surer than this to be answered, or not to be."""


class Chances(NamedTuple):
    """Of something to happen within k + 1 seconds: the probability, the variance and the third moment of one trial."""

    share: Floats
    spread: Floats
    skew: Floats


class Held(NamedTuple):
    """The calls still out by age in whole seconds: sums over those of one age of w, w² and w³, where w times what an
    answering customer has still to gain is the probability of an answer."""

    weights: Floats


class Busy(NamedTuple):
    """Agents at work on one PBX: how many talk and wrap up, and since when, as far as it is told."""

    talking: int
    wrapping: int
    talks: Collection[float] = ()
    wraps: Collection[float] = ()
    server: str = ""


def chances(share: Floats) -> Chances:
    spread = share * (1.0 - share)
    return Chances(share, spread, spread * (1.0 - 2.0 * share))


class Forecast:
    """Learns one campaign; times in seconds."""

    def __init__(self, ring_s: float) -> None:
        self._bins = max(48, int(ring_s) + 24)
        middle = np.arange(self._bins) + 0.5
        bell = np.exp(-(((middle - 11.0) / 7.0) ** 2))
        other = np.full(self._bins, 0.2 / self._bins)
        other[1:5] += 0.3 / 4
        other[int(ring_s) : int(ring_s) + 4] += 0.5 / 4
        self._human_at = _Histogram(PRIOR_EVENTS * bell / bell.sum())
        self._other_at = _Histogram(PRIOR_EVENTS * other / other.sum())
        self._slow = Counts(USUAL * PRIOR_WEIGHT, (1.0 - USUAL) * PRIOR_WEIGHT)
        self._fast = self._slow.copied()
        self._seen = 0
        self._per_minute = 0.0
        self._per_minute_at = 0.0
        self._talk = [3.0, PRIOR_TALK_S]
        self._wrap = [3.0, PRIOR_WRAP_S]
        self._elapsed = Elapsed(PRIOR_TALK_S, PRIOR_WRAP_S)
        self._fresh_until = 0.0
        self._laws_for = 0
        self._left = np.zeros(self._bins), np.zeros(self._bins)
        self._gained: Floats = np.zeros((3, self._bins, HORIZON))
        self._ahead = np.arange(self._bins)[:, None] + np.arange(HORIZON)
        self._most: Floats = np.ones(self._bins)
        self.rate = USUAL
        self.law: Floats = np.zeros(HORIZON)
        """Share of the answering customers who answer in each second after dialling."""
        self.soon: Floats = np.zeros(HORIZON)
        """Share of the answering customers who have answered within k + 1 seconds of dialling."""
        self.new = chances(np.zeros(HORIZON))
        """That a call placed now has become a waiting customer within k seconds."""
        self.level = 1.0
        """What the odds of every lead's chance are multiplied by, to have how leads are answered now."""

    @property
    def outcomes(self) -> int:
        """How many attempts it has learned from."""
        return self._seen

    def human(self, age_s: float, now: float, chance: float = USUAL) -> None:
        """A customer was ready to be connected that long after dialling; `chance` is what was told of its lead."""
        self._outcome(self._human_at, age_s, True, now, chance)

    def other(self, age_s: float, now: float, chance: float = USUAL) -> None:
        """An attempt ended otherwise, and not by the network's fault or ours."""
        self._outcome(self._other_at, age_s, False, now, chance)

    def chance(self, told: float) -> float:
        """The probability that a lead of which `told` is told is answered by a human, as leads are answered now."""
        odds = self.level * told / (1.0 - told)
        return odds / (1.0 + odds)

    def talked(self, for_s: float) -> None:
        _average(self._talk, for_s)
        self._elapsed.talked(for_s)

    def wrapped(self, for_s: float) -> None:
        _average(self._wrap, for_s)
        self._elapsed.wrapped(for_s)

    def look(self, pending: Collection[float], now: float, told: Collection[float] = ()) -> Held:
        """The calls still out, `told` what is told of their leads, in the same order (empty: nothing of any);
        refreshes the tables when they are old."""
        ages = np.fromiter(pending, dtype=np.float64)
        np.subtract(now, ages, out=ages)
        np.minimum(np.maximum(ages, 0.0, out=ages), self._bins - 1, out=ages)
        at = ages.astype(np.intp)
        own = np.fromiter(told, dtype=np.float64).clip(SURE, 1.0 - SURE) if told and len(told) == len(at) else None
        if now >= self._fresh_until or now < self._fresh_until - FRESH_S:
            self._refresh(at, own)
            self._fresh_until = now + FRESH_S
        left_h, left_o = self._left
        if own is None:
            held = np.bincount(at, minlength=self._bins).astype(np.float64)
            one = self.rate / np.maximum(1e-9, self.rate * left_h + (1.0 - self.rate) * left_o)
            first = held * one
            second = first * one
            return Held(np.array((first, second, second * one)))
        human = self.level * own
        own = human * left_h.take(at) + (1.0 - own) * left_o.take(at)
        np.maximum(own, 1e-9, out=own)
        np.divide(human, own, out=own)
        np.minimum(own, self._most.take(at), out=own)
        square = own * own
        weights = np.empty((3, self._bins))
        weights[0] = np.bincount(at, own, self._bins)
        weights[1] = np.bincount(at, square, self._bins)
        weights[2] = np.bincount(at, square * own, self._bins)
        return Held(weights)

    def answers(self, held: Held) -> tuple[Floats, Floats, Floats]:
        """Sums over the pending calls of g, g² and g³, g the probability of a waiting customer within k + 1 seconds."""
        first, second, third = np.matmul(held.weights[:, None, :], self._gained)[:, 0]
        return first, second, third

    def freed(self, patience_s: float, wrap_limit_s: float = inf) -> tuple[Chances, Chances]:
        """That a talking, and a wrapping, agent is free within k + 1 seconds and the patience; the means to half a
        percent. The limit ends the wrap-ups that are still to come; of those under way the end is known."""
        talk, wrap = _nearly(max(1.0, self._talk[1])), _nearly(max(0.5, self._wrap[1]))
        return _freed(patience_s, talk, wrap, wrap_limit_s)

    def freed_since(
        self, busy: Busy, now: float, patience_s: float, wrap_limit_s: float = inf
    ) -> tuple[Chances, Chances]:
        """The same on average over these agents, by how long each has been at it; those not told of as `freed` has it."""
        usual = self.freed(patience_s, wrap_limit_s)
        if not (busy.talks or busy.wraps or self._elapsed.watched):
            return usual
        talks, wraps = rows_of(busy.talks, now), rows_of(busy.wraps, now)
        self._elapsed.watch(talks, wraps, busy.talking + busy.wrapping, busy.server, now)
        talk, wrap = self._elapsed.tables(HORIZON, patience_s, now)
        return (
            _on_average(talk.of(talks), len(busy.talks), busy.talking, usual[0]),
            _on_average(wrap.of(wraps), len(busy.wraps), busy.wrapping, usual[1]),
        )

    @property
    def doubt(self) -> float:
        """Squared relative error of the answer rate."""
        return (1.0 - self.rate) / (self.rate * self._slow.weight)

    def _outcome(self, histogram: "_Histogram", age_s: float, human: bool, now: float, chance: float) -> None:
        self._seen += 1
        self._per_minute = self._per_minute * exp(-max(0.0, now - self._per_minute_at) / 60.0) + 1.0
        self._per_minute_at = now
        busy = self._per_minute
        histogram.add(age_s, 1.0 - 1.0 / max(1500.0, 6.0 * busy))
        place = place_of(chance)
        self._slow.add(place, human, 1.0 - 1.0 / min(3000.0, max(150.0, 2.0 * busy)))
        self._fast.add(place, human, 1.0 - 1.0 / max(120.0, 0.4 * busy))

    def _refresh(self, at: npt.NDArray[np.intp], told: Floats | None) -> None:
        if self._laws_for <= 0:
            self._learn_laws()
            self._laws_for = 1 if self._seen < NEW_UNTIL else LAWS_EVERY
        self._laws_for -= 1
        left = self._left[0].take(at), self._left[1].take(at)
        if told is None:
            told = np.full(len(at), USUAL)
        (slow, level), (fast, quick) = (self._with_hidden(counts, left, told) for counts in (self._slow, self._fast))
        same = self._slow.rate_at(quick) if self._slow.mixed else fast
        if self._seen > 50 and abs(same - slow) > 3.0 * sqrt(slow * (1.0 - slow) / self._fast.weight):
            self._slow, slow, level = self._fast.copied(), fast, quick
        self.rate = rate = min(0.97, max(0.01, slow))
        self.level = level if self._slow.mixed else rate / (1.0 - rate) * (1.0 - USUAL) / USUAL
        self.new = chances(rate * self.soon)

    def _learn_laws(self) -> None:
        human, left_h = self._human_at.law()
        _, left_o = self._other_at.law()
        padded = np.concatenate((human, np.ones(HORIZON)))
        halfway = 0.5 * (padded[1:] + padded[:-1])
        self._left = left_h, left_o
        gained, square, cube = self._gained
        np.subtract(halfway.take(self._ahead), (1.0 - left_h)[:, None], out=gained)
        np.maximum(gained, 0.0, out=gained)
        np.multiply(gained, gained, out=square)
        np.multiply(square, gained, out=cube)
        self._most = 1.0 / np.maximum(1e-9, gained[:, -1])
        self.soon = human[:HORIZON]
        self.law = np.diff(self.soon, prepend=0.0) / max(1e-9, self.soon[-1])

    @staticmethod
    def _with_hidden(counts: Counts, left: tuple[Floats, Floats], told: Floats) -> tuple[float, float]:
        """The answer rate and level, counting each pending call by the probability that it is one that will answer."""
        human = counts.level() * told * left[0]
        humans = float(np.sum(human / np.maximum(1e-9, human + (1.0 - told) * left[1])))
        return counts.with_pending(humans, told)


class _Histogram:
    """How often each age in whole seconds was seen, older sights weighing less."""

    def __init__(self, weights: Floats) -> None:
        self._counts: list[float] = weights.tolist()
        self._last = len(self._counts) - 1
        self._weight = 1.0

    def add(self, age_s: float, keep: float) -> None:
        """One more, after all before it have faded to the share `keep`: later ones weigh more instead."""
        self._weight /= keep
        age = int(age_s)
        self._counts[0 if age < 0 else age if age < self._last else self._last] += self._weight

    def law(self) -> tuple[Floats, Floats]:
        """The probability to be over by the end of each second, and of not being over in the middle of it."""
        counts = np.array(self._counts) / self._weight
        self._counts, self._weight = counts.tolist(), 1.0
        over = np.cumsum(counts) / counts.sum()
        begun = np.concatenate(([0.0], over[:-1]))
        return over, 1.0 - 0.5 * (over + begun)


def _average(mean: list[float], value: float) -> None:
    mean[0] = min(400.0, mean[0] + 1.0)
    mean[1] += (value - mean[1]) / mean[0]


def _on_average(told: Floats, known: int, total: int, usual: Chances) -> Chances:
    """One agent's chances, of `total` of whom `known` come free as `told` in sum and the others as usual."""
    if known <= 0:
        return usual
    if (rest := total - known) > 0:
        told, known = told + rest * np.array(usual), total
    share, spread, skew = told / known
    return Chances(share, spread, skew)


def _nearly(seconds: float) -> float:
    return exp(round(100.0 * log(seconds)) / 100.0)


@lru_cache(maxsize=256)
def _freed(patience_s: float, talk_s: float, wrap_s: float, wrap_limit_s: float) -> tuple[Chances, Chances]:
    """Each phase ends at a constant rate: elapsed time is worth nothing with mixed short and long conversations."""
    ahead = np.arange(1, HORIZON + 1) + patience_s
    talk, wrap = 1.0 / talk_s, _rate(wrap_s, wrap_limit_s)
    if abs(talk - wrap) < 1e-3 * talk:
        wrap *= 1.002
    from_wrap = 1.0 - np.exp(-wrap * ahead)
    before, after = np.minimum(ahead, wrap_limit_s), np.maximum(0.0, ahead - wrap_limit_s)
    done = np.exp(-talk * ahead)
    from_talk = 1.0 - done - talk * (done - np.exp(-wrap * before - talk * after)) / (wrap - talk)
    return chances(np.clip(from_talk, 0.0, 1.0)), chances(from_wrap)


def _rate(mean_s: float, limit_s: float) -> float:
    """The rate at which a phase ends by itself that lasts `mean_s` on average and is cut off at `limit_s`."""
    if limit_s > 8.0 * mean_s:
        return 1.0 / mean_s
    if mean_s >= 0.98 * limit_s:
        return 1e-9
    low, high = 1e-9, 1.0 / mean_s
    for _ in range(40):
        middle = 0.5 * (low + high)
        if (1.0 - exp(-middle * limit_s)) / middle > mean_s:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)

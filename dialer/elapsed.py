"""How soon busy agents come free, by how long they have been talking or wrapping up: hazards by elapsed time.

Counted are ends and the time agents spent, by rows of elapsed time; time still running counts as it passes, so that
spells not yet over take nothing from the truth.
"""

from collections.abc import Collection
from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LONGEST_S = 900
KEPT = 600.0
"""Ends after which older ones have faded, or four for each busy agent where that is more."""
TRUST = 2.0
"""Ends of the kind's mean rate that every row begins with."""
RENEW_S, RARELY_S = 3.0, 60.0
"""The tables are renewed after a tenth of the time since they were begun, within these bounds."""
LONGEST_STEP_S = 5.0
"""Time that passed unwatched for longer than this is not counted."""
_PER_S = 2


def _edges() -> Floats:
    """Rows of one second, then each a tenth longer, in half seconds."""
    edges = [0.0]
    while edges[-1] < LONGEST_S:
        edges.append(edges[-1] + max(1.0, round(_PER_S * 0.1 * edges[-1]) / _PER_S))
    return np.array(edges)


EDGES = _edges()
ROWS = len(EDGES) - 1
_ROW_AT = np.searchsorted(EDGES, np.arange(_PER_S * LONGEST_S + 1) / _PER_S, side="right") - 1
_ROW_AT[-1] = ROWS - 1
_MIDDLE = 0.5 * (EDGES[1:] + EDGES[:-1])
_WIDTH = np.diff(EDGES)
_BEYOND_S = 1000.0
"""How far the last row's hazard is taken to reach."""


def rows_of(since: Collection[float], now: float) -> Floats:
    """How many spells that began then stand in each row."""
    ages = np.fromiter(since, dtype=np.float64, count=len(since))
    np.subtract(now, ages, out=ages)
    ages *= _PER_S
    np.minimum(ages, _PER_S * LONGEST_S, out=ages)
    rows = _ROW_AT.take(ages.astype(np.intp), mode="clip")
    return np.bincount(rows, minlength=ROWS).astype(np.float64)


class Spells:
    """Ends, and seconds spent, by row; all fade as ends come in: later ones weigh more instead."""

    def __init__(self, mean_s: float) -> None:
        self._mean_s = mean_s
        self._ends = [0.0] * ROWS
        self._spent = np.zeros(ROWS)
        self._weight = 1.0

    def ended(self, for_s: float, kept: float) -> None:
        self._weight /= 1.0 - 1.0 / kept
        self._ends[_ROW_AT[int(min(float(LONGEST_S), max(0.0, for_s)) * _PER_S)]] += self._weight

    def spent(self, rows: Floats, for_s: float) -> None:
        self._spent += (self._weight * for_s) * rows

    def hazards(self) -> Floats:
        """Ends a second in each row; where little was seen, near the mean of all."""
        ends, self._spent = np.array(self._ends) / self._weight, self._spent / self._weight
        self._ends, self._weight = ends.tolist(), 1.0
        usual = (ends.sum() + 3.0) / (self._spent.sum() + 3.0 * self._mean_s)
        found: Floats = (ends + TRUST) / (self._spent + TRUST / usual)
        return found


class Freed(NamedTuple):
    """By row: that a spell there has led to a free agent by each second asked, with variance and third moment."""

    moments: Floats

    def of(self, rows: Floats) -> Floats:
        """Summed over that many in each row."""
        found: Floats = rows @ self.moments
        return found


class Elapsed:
    """Both kinds of a campaign's spells, and the tables read off them."""

    def __init__(self, talk_s: float, wrap_s: float) -> None:
        self._talk, self._wrap = Spells(talk_s), Spells(wrap_s)
        self._seen_at: dict[str, float] = {}
        self._begun: float | None = None
        self._fresh_until = 0.0
        self._for: tuple[int, float] | None = None
        self._tables = Freed(np.zeros(0)), Freed(np.zeros(0))
        self._busy = 0
        self.watched = False
        """Whether it was ever told since when agents talk or wrap up."""

    def talked(self, for_s: float) -> None:
        self._talk.ended(for_s, self._kept)

    def wrapped(self, for_s: float) -> None:
        self._wrap.ended(for_s, self._kept)

    @property
    def _kept(self) -> float:
        return max(KEPT, 4.0 * self._busy)

    def watch(self, talking: Floats, wrapping: Floats, busy: int, server: str, now: float) -> None:
        """Count the time since the last watch there, spent by so many in each row."""
        self.watched, self._busy = True, busy
        passed = now - self._seen_at.get(server, now)
        self._seen_at[server] = now
        if 0.0 < passed <= LONGEST_STEP_S:
            self._talk.spent(talking, passed)
            self._wrap.spent(wrapping, passed)

    def tables(self, seconds: int, patience_s: float, now: float) -> tuple[Freed, Freed]:
        """For talking and for wrapping agents: free within k + 1 seconds and the patience, k below `seconds`."""
        asked = seconds, patience_s
        if self._begun is None or now < self._begun:
            self._begun = self._fresh_until = now
        if now >= self._fresh_until or asked != self._for:
            self._tables, self._for = self._read(seconds, patience_s), asked
            self._fresh_until = now + min(RARELY_S, max(RENEW_S, 0.1 * (now - self._begun)))
        return self._tables

    def _read(self, seconds: int, patience_s: float) -> tuple[Freed, Freed]:
        grid = _grid(seconds, patience_s)
        talk, wrap = _risk(self._talk.hazards()), _risk(self._wrap.hazards())
        from_wrap = 1.0 - grid.wrapping.lasts(wrap)
        lasting = grid.talking.lasts(talk)
        from_talk = (lasting[:, :-1] - lasting[:, 1:]) @ (1.0 - grid.wrapped.lasts(wrap)[0].reshape(-1, seconds))
        return _moments(from_talk), _moments(from_wrap)


def _risk(hazards: Floats) -> Floats:
    """Hazards summed up to each edge, and far beyond the last."""
    risk = np.zeros(ROWS + 2)
    np.cumsum(hazards * _WIDTH, out=risk[1:-1])
    risk[-1] = risk[-2] + _BEYOND_S * hazards[-1]
    return risk


class _Ahead(NamedTuple):
    """Where ages, and those ages with times ahead, lie between the edges: the edge below, and how far to the next."""

    edge: npt.NDArray[np.intp]
    part: Floats
    from_edge: npt.NDArray[np.intp]
    from_part: Floats

    def lasts(self, risk: Floats) -> Floats:
        """That a spell of each age lasts that much longer: [age, ahead]."""
        steps = np.diff(risk, append=risk[-1])
        found = risk.take(self.edge)
        found += self.part * steps.take(self.edge)
        found -= (risk.take(self.from_edge) + self.from_part * steps.take(self.from_edge))[:, None]
        np.negative(found, out=found)
        np.exp(found, out=found)
        return found


class _Grid(NamedTuple):
    """What is asked of the hazards does not depend on them, and so is laid out once."""

    talking: _Ahead
    wrapping: _Ahead
    wrapped: _Ahead


@lru_cache(maxsize=64)
def _grid(seconds: int, patience_s: float) -> _Grid:
    ahead = np.arange(1, seconds + 1, dtype=np.float64) + patience_s
    steps = np.arange(ceil(ahead[-1]) + 1, dtype=np.float64)
    left = np.maximum(0.0, ahead[None, :] - steps[:-1, None] - 0.5)
    return _Grid(_ahead(_MIDDLE, steps), _ahead(_MIDDLE, ahead), _ahead(np.zeros(1), left.ravel()))


def _ahead(ages: Floats, ahead: Floats) -> _Ahead:
    return _Ahead(*_place(ages[:, None] + ahead[None, :]), *_place(ages))


def _place(at: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    ends = np.append(EDGES, EDGES[-1] + _BEYOND_S)
    edge = np.minimum(np.searchsorted(ends, at, side="right") - 1, ROWS)
    return edge, np.minimum(1.0, (at - ends[edge]) / (ends[edge + 1] - ends[edge]))


def _moments(share: Floats) -> Freed:
    share = np.clip(share, 0.0, 1.0)
    spread = share * (1.0 - share)
    return Freed(np.array((share, spread, spread * (1.0 - 2.0 * share))))

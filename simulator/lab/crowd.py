"""People of unequal habits: how often each answers his phone, and the traits by which a dialler may tell.

Answer probabilities follow a beta law. What decides a person's place in it is in part his list, area, line and history,
which a dialler knows; the rest is known to nobody.
"""

from collections import deque
from typing import NamedTuple

import msgspec
import numpy as np

from dialer.odds import Traits
from simulator.lab.laws import Floats

LISTS, AREAS, HISTORIES = 8, 30, 9
SHARES = {"list": 0.25, "area": 0.25, "history": 0.4, "line": 0.1}
"""Of what the traits tell together."""
AT_ONCE = 2000
GRID = 20_000
SHOWN = 24
"""So many of the next people a rule is shown."""


class Person(NamedTuple):
    """Someone on the list: what is known of him, and how likely he answers at the usual level."""

    traits: Traits
    chance: float


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answer probabilities with this standard deviation around the scenario's answer rate; `told` is the share of the
    differences between people that their traits tell."""

    spread: float
    told: float = 0.8
    mean: float = 0.35


class Crowd:
    """An endless list of people in the order they are called in."""

    def __init__(self, people: People, rng: np.random.Generator) -> None:
        self._people, self._rng = people, rng
        self._table = _beta(people)
        self._effects = {
            "list": _centred(rng.standard_normal(LISTS)),
            "area": _centred(rng.standard_normal(AREAS)),
            "history": _centred(rng.standard_normal(HISTORIES)),
            "line": np.array((1.0, -1.0)),
        }
        self._coming: deque[Person] = deque()

    def coming(self) -> list[Person]:
        """The next people, first the first."""
        if len(self._coming) < SHOWN:
            self._draw()
        return [self._coming[n] for n in range(SHOWN)]

    def next(self) -> Person:
        if not self._coming:
            self._draw()
        return self._coming.popleft()

    def _draw(self) -> None:
        rng, people = self._rng, self._people
        kinds = {kind: rng.integers(len(effects), size=AT_ONCE) for kind, effects in self._effects.items()}
        known = sum((SHARES[kind] ** 0.5 * self._effects[kind][at] for kind, at in kinds.items()), np.zeros(AT_ONCE))
        score = people.told**0.5 * known + (1.0 - people.told) ** 0.5 * rng.standard_normal(AT_ONCE)
        chances = np.interp(_normal(score), self._table, (np.arange(GRID + 1)) / GRID)
        columns = [[(kind, str(one)) for one in at.tolist()] for kind, at in kinds.items()]
        self._coming.extend(map(Person, zip(*columns, strict=True), chances.tolist()))


def _centred(effects: Floats) -> Floats:
    effects = effects - effects.mean()
    found: Floats = effects / effects.std()
    return found


def _beta(people: People) -> Floats:
    """The distribution function of the beta law with that mean and standard deviation, at the points of a grid."""
    total = people.mean * (1.0 - people.mean) / people.spread**2 - 1.0
    at = (np.arange(GRID) + 0.5) / GRID
    log_density = (people.mean * total - 1.0) * np.log(at) + ((1.0 - people.mean) * total - 1.0) * np.log(1.0 - at)
    density = np.exp(log_density - log_density.max())
    return np.concatenate(([0.0], np.cumsum(density) / density.sum()))


def _normal(score: Floats) -> Floats:
    """The standard normal distribution function (a logistic with a cubic term, right to 0.0002)."""
    return 1.0 / (1.0 + np.exp(-score * (1.5957691216 + 0.0713548162726 * score * score)))

"""The laws of the lab: how long phones ring, people talk and agents wrap up, and what becomes of a call dialled now."""

from collections.abc import Callable
from math import log, sqrt

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BLOCK = 4096


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """Lengths in seconds with a mean and a coefficient of variation, lognormal or gamma, cut off at `most`; or lengths
    that were `seen`, drawn again."""

    mean: float = 0.0
    cv: float = 0.0
    kind: str = "lognormal"
    most: float = 0.0
    seen: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.seen and not (self.mean > 0.0 and self.cv > 0.0):
            raise ValueError("a law needs a mean and a cv above 0, or lengths that were seen")

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """`size` lengths; those above `most` are drawn again."""
        drawn = self._draw(rng, size)
        while self.most and (late := np.flatnonzero(drawn > self.most)).size:
            drawn[late] = self._draw(rng, late.size)
        return drawn

    def _draw(self, rng: np.random.Generator, size: int) -> Floats:
        if self.seen:
            return rng.choice(np.array(self.seen), size)
        if self.kind == "gamma":
            shape = 1.0 / self.cv**2
            return rng.gamma(shape, self.mean / shape, size)
        spread = log(1.0 + self.cv**2)
        return rng.lognormal(log(self.mean) - spread / 2.0, sqrt(spread), size)


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """The shares of all calls that a human answers, that are busy, that a machine answers, that the network loses; the
    rest is not answered."""

    human: float
    busy: float
    machine: float
    failed: float = 0.0


class Laws(msgspec.Struct, frozen=True, kw_only=True):
    """One world. `refusals` is the share of short conversations; `other` the time from dialling to an end without a
    human, where it was measured as a whole."""

    set_up: Law = Law(mean=2.0, cv=0.4)
    ring: Law = Law(mean=9.0, cv=0.6, most=25.0)
    ring_s: float = 25.0
    amd_s: tuple[float, float] = (2.0, 3.0)
    refusals: float = 0.6
    refusal: Law = Law(mean=12.0, cv=0.6)
    conversation: Law = Law(mean=120.0, cv=0.8)
    wrap: Law = Law(mean=15.0, cv=0.6, kind="gamma")
    patience_s: float = 2.0
    other: Law | None = None


class Stock:
    """Random numbers drawn in blocks and handed out one by one; the same seed gives the same ones."""

    def __init__(self, draw: Callable[[int], Floats]) -> None:
        self._draw = draw
        self._left: list[float] = []

    def one(self) -> float:
        if not self._left:
            self._left = self._draw(BLOCK).tolist()
        return self._left.pop()


class Dice:
    """Everything the world leaves to chance, from one seed."""

    def __init__(self, laws: Laws, seed: int) -> None:
        streams = [np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(9)]
        fate, set_up, ring, amd, talk, wrap, lead, leaver, other = streams
        self.fate = Stock(fate.random).one
        self.set_up = Stock(lambda size: laws.set_up.draw(set_up, size)).one
        self.ring = Stock(lambda size: laws.ring.draw(ring, size)).one
        self.amd = Stock(lambda size: amd.uniform(*laws.amd_s, size)).one
        self.talk = Stock(lambda size: _talks(laws, talk, size)).one
        self.wrap = Stock(lambda size: laws.wrap.draw(wrap, size)).one
        self.lead = lead
        self.leaver = leaver
        law = laws.other
        self.other = Stock(lambda size: law.draw(other, size)).one if law is not None else None


def _talks(laws: Laws, rng: np.random.Generator, size: int) -> Floats:
    refused = rng.random(size) < laws.refusals
    return np.where(refused, laws.refusal.draw(rng, size), laws.conversation.draw(rng, size))

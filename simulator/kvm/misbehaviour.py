"""What a simulated device does wrong, drawn from a seed: each share is how often, of 1."""

import random

import msgspec


class Misbehaviour(msgspec.Struct, kw_only=True):
    """`lost_replies`: the change is made, its reply never comes. `lost_changes`: acknowledged, never made. `refused`: said
    no to, not made. `twice`: told of twice. `foreign`: at a change somebody at the device makes another. `babble`: bytes
    of no meaning between. `hangs_up`: the connection ends after a change."""

    lost_replies: float = 0.0
    lost_changes: float = 0.0
    refused: float = 0.0
    twice: float = 0.0
    foreign: float = 0.0
    babble: float = 0.0
    hangs_up: float = 0.0


class Luck:
    """Whether a share comes up this time."""

    def __init__(self, misbehaviour: Misbehaviour | None = None, seed: int = 1) -> None:
        self.of = misbehaviour or Misbehaviour()
        self.rng = random.Random(seed)

    def strikes(self, what: str) -> bool:
        share: float = getattr(self.of, what)
        return share > 0.0 and self.rng.random() < share

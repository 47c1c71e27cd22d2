"""What goes wrong on the simulated trunks: outages at set times and a share of congestion."""

import random

import msgspec

from simulator.legs import Ending, Fate


class TrunkFaults(msgspec.Struct):
    """`outages` are (begin, end) in epoch seconds; within one every call finds the carrier dead, or congested when
    `says_503`. Outside them `congestion` of all calls meet a 503. `trunk` empty means every trunk."""

    rng: random.Random
    outages: tuple[tuple[float, float], ...] = ()
    congestion: float = 0.0
    says_503: bool = False
    trunk: str = ""

    def touch(self, fate: Fate, trunk: str, now: float) -> Fate:
        """The fate of a call placed now, after the trunk had its say."""
        if self.trunk and trunk != self.trunk:
            return fate
        for begin, end in self.outages:
            if begin <= now < end:
                return Fate(Ending.CONGESTED if self.says_503 else Ending.DEAD, setup_s=0.1)
        if self.congestion and self.rng.random() < self.congestion:
            return Fate(Ending.CONGESTED, setup_s=0.1)
        return fate

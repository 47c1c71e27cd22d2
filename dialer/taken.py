"""Agents whom something else than a campaign's calls takes: inbound calls, and calls dialled for one agent alone."""

from math import exp

MEMORY_S = 600.0


class Taken:
    """How often it happens a second, of late."""

    def __init__(self) -> None:
        self._count = 0.0
        self._at = 0.0

    def one(self, now: float) -> None:
        """An agent who was free is gone to such a call."""
        self._count = self._faded(now) + 1.0
        self._at = now

    def per_s(self, now: float) -> float:
        """The rate; 0.0 where it does not happen."""
        rate = self._faded(now) / MEMORY_S
        return rate if rate > 1e-4 else 0.0

    def _faded(self, now: float) -> float:
        return self._count * exp(-max(0.0, now - self._at) / MEMORY_S)

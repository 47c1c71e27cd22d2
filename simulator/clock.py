"""Clocks of the closed world: one that somebody sets, and one that runs as fast as asked."""

import time


class SetClock:
    """``telephony.ports.Clock`` whose `at` (epoch seconds) is moved by whoever drives it, never backwards."""

    __slots__ = ("at",)

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def to(self, at: float) -> None:
        """Move to an instant; an earlier one changes nothing."""
        if at > self.at:
            self.at = at


class PacedClock:
    """Epoch seconds that run `speed` times as fast as the wall's, from `at` (None: the wall's own) on."""

    __slots__ = ("_at", "_began", "speed")

    def __init__(self, speed: float = 1.0, at: float | None = None) -> None:
        self.speed = speed
        self._at = time.time() if at is None else at
        self._began = time.monotonic()

    def now(self) -> float:
        return self._at + (time.monotonic() - self._began) * self.speed

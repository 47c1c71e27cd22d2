"""A clock that somebody sets: virtual time for a shift that takes seconds."""


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

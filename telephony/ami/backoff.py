"""How long to wait before the next try of a link: twice as long each time, with jitter, up to a bound; pure."""

from random import Random

import msgspec

JITTER = 0.25


class Delays(msgspec.Struct, frozen=True, kw_only=True):
    """Every wait of a link, in seconds."""

    first_retry: float = 0.5
    longest_retry: float = 30.0
    first_auth_retry: float = 5.0
    longest_auth_retry: float = 60.0
    steady: float = 10.0
    """A link that held this long starts its retries afresh."""
    connect: float = 5.0
    login: float = 5.0
    booted: float = 5.0
    version: float = 2.0


class Backoff:
    """Grows from `first` to `longest` seconds; each wait is up to a quarter longer, never shorter."""

    def __init__(self, first: float, longest: float, jitter: Random) -> None:
        self._first = first
        self._longest = longest
        self._jitter = jitter
        self._tries = 0

    def next(self) -> float:
        """The seconds to wait before the next try."""
        wait = self._first
        for _ in range(min(self._tries, 64)):
            wait = min(wait * 2, self._longest)
        self._tries += 1
        return min(wait, self._longest) * (1 + JITTER * self._jitter.random())

    def reset(self) -> None:
        """The link held: begin afresh."""
        self._tries = 0

"""Fresh ids, unique over restarts: the instant the run began, then a count; no randomness, so a virtual shift repeats."""

from collections.abc import Callable
from itertools import count

from telephony.ids import CALL_PREFIX, CallId

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
WIDTH = 6
PAIRS = [first + second for first in DIGITS for second in DIGITS]
MOST = 36**WIDTH


def base36(number: int) -> str:
    """A whole number ≥ 0 in base 36."""
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
        if not number:
            return text


def fixed(number: int) -> str:
    """A count in base 36 of a fixed width: Asterisk refuses a ChannelId that begins a live channel's, ``c-1`` beside
    ``c-12``, so no id may be the beginning of another."""
    if number >= MOST:
        return base36(number)
    high, low = divmod(number, 1296)
    return PAIRS[high // 1296] + PAIRS[high % 1296] + PAIRS[low]


def call_ids(started: float) -> Callable[[], CallId]:
    """Call ids of a run that began at `started` (epoch seconds), e.g. ``c-mh3k2f1a-00001z``."""
    prefix = f"{CALL_PREFIX}{base36(int(started * 1000))}-"
    numbers = count(1)
    return lambda: CallId(prefix + fixed(next(numbers)))


def serials(started: float) -> Callable[[], str]:
    """Serials for seat legs of a run; no dash in them, for the dash ends the agent's name."""
    prefix = base36(int(started * 1000))
    numbers = count(1)
    return lambda: f"{prefix}{fixed(next(numbers))}"

"""Which of two settings is at least as strict: one rule of comparison for each setting a policy pack may name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from config.model import AbandonContract, CallingWindow, FrequencyRule
from config.spans import CLOCKS_S, DAY_S, Span, span

WEEK = range(1, 8)
_COUNTED = ("connected", "answered", "placed")
"""From the fewest calls counted to all of them."""


def no_more(own: float, demanded: float) -> bool:
    return own <= demanded


def no_less(own: float, demanded: float) -> bool:
    return own >= demanded


def demanded_too(own: bool, demanded: bool) -> bool:
    return own or not demanded


def windows_within(own: Sequence[CallingWindow], demanded: Sequence[CallingWindow]) -> bool:
    """Every minute that is open is open in the demanded windows too."""
    return all(_minutes(own, day) <= _minutes(demanded, day) for day in WEEK)


def frequency_implies(own: Sequence[FrequencyRule], demanded: Sequence[FrequencyRule]) -> bool:
    """For each demanded rule there is one of our own that forbids whatever it forbids."""
    return all(any(_implies(one, other) for one in own) for other in demanded)


def contracts_imply(own: Sequence[AbandonContract], demanded: Sequence[AbandonContract]) -> bool:
    """For each demanded contract there is one of our own that cannot be kept without keeping it."""
    return all(any(_keeps(one, other) for one in own) for other in demanded)


AS_STRICT: Mapping[str, Callable[[Any, Any], bool]] = {
    "frequency": frequency_implies,
    "windows": windows_within,
    "holiday_windows": windows_within,
    "consent": demanded_too,
    "ring_s": no_less,
    "abandon": contracts_imply,
    "pacing.target_abandon": no_more,
    "pacing.patience_s": no_more,
    "pacing.abandon_rest_h": no_less,
}
"""(own, demanded) → whether our own is as strict, by the setting's name in a campaign."""


def _minutes(windows: Sequence[CallingWindow], day: int) -> set[int]:
    return {
        minute
        for window in windows
        if day in window.days
        for minute in range(_minute(window.begin), _minute(window.end))
    }


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _implies(own: FrequencyRule, other: FrequencyRule) -> bool:
    return (
        own.calls <= other.calls
        and _as_long(own.within, other.within)
        and _as_long(own.rest, other.rest)
        and (own.window == other.window or own.window == "sliding")
        and (own.per == other.per or own.per == "customer")
        and (own.scope == other.scope or own.scope == "everywhere")
        and _COUNTED.index(own.counts) >= _COUNTED.index(other.counts)
        and set(own.uncounted) <= set(other.uncounted)
    )


_LATE = ("connected", "abandoned")
_EARLY = ("connected", "left_out", "abandoned")
_OF = ("answered", "people")
_CLOCK = ("amd_end", "answer")
"""Each from the laxest to the strictest."""
_WITHIN = {"day": ("month", "campaign"), "month": ("campaign",), "campaign": ()}
"""Windows that consist of whole ones of another kind."""


def _keeps(own: AbandonContract, other: AbandonContract) -> bool:
    if own.target == 0.0 and other.target == 0.0 and own.window != other.window:
        own = own.model_copy(update={"window": other.window})
    return (
        own.target <= other.target
        and own.threshold_s <= other.threshold_s
        and _CLOCK.index(own.clock) >= _CLOCK.index(other.clock)
        and _LATE.index(own.late) >= _LATE.index(other.late)
        and _EARLY.index(own.early) >= _EARLY.index(other.early)
        and _OF.index(own.of) >= _OF.index(other.of)
        and own.machine_errors >= other.machine_errors
        and _window_within(own.window, other.window)
    )


def _window_within(own: str, other: str) -> bool:
    """Whether every window of the other kind is made up of whole ones of our own: kept in each, a rate is kept in all."""
    if own == other:
        return True
    if own in _WITHIN:
        return other in _WITHIN[own]
    length = span(own)
    own_s = length.seconds + length.days * DAY_S
    if other in ("day", "month"):
        return own_s == 3600.0
    if other in _WITHIN:
        return False
    longer = span(other)
    return (longer.seconds + longer.days * DAY_S) % own_s == 0.0


def _as_long(own: str, other: str) -> bool:
    """Whether a span such as ``1 month`` is never shorter than another, whatever the date and the zone."""
    mine, theirs = span(own), span(other)
    if (mine.months > 0) == (theirs.months > 0) and (mine.seconds > 0) == (theirs.seconds > 0):
        return (mine.months, mine.days, mine.seconds) >= (theirs.months, theirs.days, theirs.seconds)
    if mine.seconds or theirs.seconds:
        return not theirs or _shortest_s(mine) >= theirs.longest_s
    return mine.days + 28 * mine.months >= theirs.days + 31 * theirs.months


def _shortest_s(length: Span) -> float:
    return length.seconds or (length.days + 28 * length.months) * DAY_S - CLOCKS_S

"""What is known of a lead when it is dialled, as traits from which its chance to be answered is learned."""

from datetime import datetime
from functools import lru_cache

from dialer.odds import Traits
from dialer.walltime import zones_named
from telephony.leads import Lead
from telephony.numbers import PhoneNumber, area_of, line_of

QUARTER_S = 900.0
DAY_S = 86400.0
MOST_ATTEMPTS = 5
RESTED = ((0.125, "3h"), (1.0, "1d"), (3.0, "3d"), (7.0, "7d"), (30.0, "30d"))
"""Days since the last attempt, and what they are called."""


def traits_of(lead: Lead, now: float) -> Traits:
    """The hour and weekday of his own day, what his last attempts came to and how long ago, his list, line and area."""
    hour, weekday = _wall(lead.zones[:1], int(now // QUARTER_S))
    return (
        ("hour", hour),
        ("weekday", weekday),
        ("history", _history(lead)),
        ("rest", _rested(lead, now)),
        ("list", lead.batch),
        *_numbered(lead.number),
    )


def _history(lead: Lead) -> str:
    if not lead.attempts:
        return "new"
    reached = "answered_before " if any(call.answered for call in lead.placed) else ""
    return f"{reached}{lead.last_outcome or 'unknown'} {min(lead.attempts, MOST_ATTEMPTS)}"


def _rested(lead: Lead, now: float) -> str:
    if not lead.attempts:
        return "new"
    if not lead.placed:
        return "longer"
    days = (now - lead.placed[-1].at) / DAY_S
    return next((name for most, name in RESTED if days < most), "longer")


def _numbered(number: PhoneNumber) -> Traits:
    return ("line", line_of(number)), ("area", area_of(number))


@lru_cache(maxsize=512)
def _wall(zones: tuple[str, ...], quarter: int) -> tuple[str, str]:
    wall = datetime.fromtimestamp(quarter * QUARTER_S, zones_named(zones)[0])
    return str(wall.hour), str(wall.isoweekday())

"""Spans of time as settings write them: ``"1 month"``, ``"7 days"``, ``"24 hours"``.

Hours and minutes are lengths; days, weeks, months and years are read off a calendar and a clock on the wall, so how
long one lasts is known only at a date and in a time zone.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

DAY_S = 86_400.0
_FORM = re.compile(r"^([0-9]{1,5}) (minute|hour|day|week|month|year)s?$")
_LENGTHS = {"minute": 60.0, "hour": 3600.0}
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_SHORTEST_MONTH_S, _LONGEST_MONTH_S = 28 * DAY_S, 31 * DAY_S
CLOCKS_S = 7200.0
"""More than clocks are ever turned back or put on."""


@dataclass(frozen=True, slots=True)
class Span:
    """`count` of a unit; one of `seconds`, `days` and `months` says how much that is, none when it is 0.

    It lasts `shortest_s` to `longest_s` seconds, whatever the date and the zone."""

    count: int
    unit: str
    seconds: float
    days: int
    months: int
    shortest_s: float
    longest_s: float

    def __bool__(self) -> bool:
        return self.count > 0


@lru_cache(maxsize=256)
def span(text: str) -> Span:
    """Read a span; raises ValueError for anything that is none."""
    found = _FORM.match(text)
    if found is None:
        raise ValueError("not a span of time")
    count, unit = int(found[1]), found[2]
    seconds, days, months = (count * table.get(unit, 0) for table in (_LENGTHS, _DAYS, _MONTHS))
    slack = CLOCKS_S if days or months else 0.0
    return Span(
        count=count,
        unit=unit,
        seconds=float(seconds),
        days=int(days),
        months=int(months),
        shortest_s=max(0.0, seconds + days * DAY_S + months * _SHORTEST_MONTH_S - slack),
        longest_s=seconds + days * DAY_S + months * _LONGEST_MONTH_S + slack,
    )

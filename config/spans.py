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
_LONGEST_MONTH_S = 31 * DAY_S
CLOCKS_S = 7200.0
"""More than clocks are ever turned back."""


@dataclass(frozen=True, slots=True)
class Span:
    """`count` of a unit; exactly one of `seconds`, `days` and `months` says how much that is, none when it is 0."""

    count: int
    unit: str

    @property
    def seconds(self) -> float:
        return self.count * _LENGTHS.get(self.unit, 0.0)

    @property
    def days(self) -> int:
        return self.count * _DAYS.get(self.unit, 0)

    @property
    def months(self) -> int:
        return self.count * _MONTHS.get(self.unit, 0)

    @property
    def longest_s(self) -> float:
        """Seconds it can last at most, whatever the date and the zone."""
        if self.months or self.days:
            return self.months * _LONGEST_MONTH_S + self.days * DAY_S + CLOCKS_S
        return self.seconds

    def __bool__(self) -> bool:
        return self.count > 0


@lru_cache(maxsize=256)
def span(text: str) -> Span:
    """Read a span; raises ValueError for anything that is none."""
    found = _FORM.match(text)
    if found is None:
        raise ValueError("not a span of time")
    return Span(int(found[1]), found[2])

"""Calling hours: may a customer whose number lies in these time zones be called now, and if not, from when?

A number may belong to several zones; it is called only while the windows are open in all of them. The answer is kept
until the next boundary, so that asking costs one look in a dict.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import inf
from zoneinfo import ZoneInfo

from config.calendars import DayKind, DayKinds
from config.model import CallingWindow
from config.spans import DAY_S
from dialer.walltime import local_day, readings, zone_named

Interval = tuple[float, float]

BLOCK_S = 4 * DAY_S
"""Windows are laid out for so long at a time."""
LOOK_AHEAD = 16
"""So many blocks are looked through for the next opening."""
MOST_BLOCKS = 20_000
FRIDAY = 5


class CallingHours:
    """The windows of one campaign, asked about any combination of time zones; `days` is the calendar it keeps."""

    def __init__(
        self,
        windows: Sequence[CallingWindow],
        *,
        days: DayKinds | None = None,
        holiday_windows: Sequence[CallingWindow] = (),
    ) -> None:
        self._by_day = _by_day(windows)
        self._on_holidays = _by_day(holiday_windows)
        self._days = days
        self._known: dict[tuple[str, ...], tuple[float, float, float]] = {}
        self._blocks: dict[tuple[tuple[str, ...], int], list[Interval]] = {}

    def opens(self, zones: tuple[str, ...], at: float) -> float:
        """0.0 while open in every zone, else the instant of the next opening; inf when none within two months."""
        known = self._known.get(zones)
        if known is None or not known[0] <= at < known[1]:
            known = self._known[zones] = self._look(zones, at)
        return known[2]

    def opens_ahead(self, zones: tuple[str, ...], at: float) -> float:
        """As ``opens``, of an instant to come: what is kept for now stays kept."""
        return self._look(zones, at)[2]

    def on_holiday(self, zones: tuple[str, ...], at: float) -> bool:
        """Whether it is a holiday in any of the zones."""
        if self._days is None:
            return False
        known = (zone_named(name) for name in zones)
        return any(zone is not None and self._days.of(local_day(at, zone)) is DayKind.HOLIDAY for zone in known)

    def _look(self, zones: tuple[str, ...], at: float) -> tuple[float, float, float]:
        first = int(at // BLOCK_S)
        for block in range(first, first + LOOK_AHEAD):
            intervals = self._block(zones, block)
            place = bisect_right(intervals, (at, inf))
            if place and at < intervals[place - 1][1]:
                return (*intervals[place - 1], 0.0)
            if place < len(intervals):
                begin = intervals[place][0]
                return at, begin, begin
        return at, (first + 1) * BLOCK_S, inf

    def _block(self, zones: tuple[str, ...], block: int) -> list[Interval]:
        """The intervals of a block that are open in every zone."""
        known = self._blocks.get((zones, block))
        if known is None:
            if len(self._blocks) >= MOST_BLOCKS:
                self._blocks.clear()
            known = self._blocks[zones, block] = self._common(zones, block)
        return known

    def _common(self, zones: tuple[str, ...], block: int) -> list[Interval]:
        common: list[Interval] = [(block * BLOCK_S, (block + 1) * BLOCK_S)] if zones else []
        for name in zones:
            zone = zone_named(name)
            own = self._intervals(zone, block) if zone is not None else []
            common = list(_intersection(common, own))
            if not common:
                break
        return common

    def _intervals(self, zone: ZoneInfo, block: int) -> list[Interval]:
        day = local_day(block * BLOCK_S, zone) - timedelta(days=1)
        last = local_day((block + 1) * BLOCK_S, zone)
        found: list[Interval] = []
        while day <= last:
            for begin, end in self._windows_on(day):
                span = readings(day, begin, zone)[1], readings(day, end, zone)[0]
                if span[0] < span[1]:
                    found.append(span)
            day += timedelta(days=1)
        return _merged(found)

    def _windows_on(self, day: date) -> list[tuple[int, int]]:
        weekday = day.isoweekday()
        if self._days is not None:
            match self._days.of(day):
                case DayKind.HOLIDAY:
                    return self._on_holidays[weekday]
                case DayKind.WORKING:
                    weekday = min(weekday, FRIDAY)
        return self._by_day[weekday]


def _by_day(windows: Sequence[CallingWindow]) -> dict[int, list[tuple[int, int]]]:
    by_day: dict[int, list[tuple[int, int]]] = {day: [] for day in range(1, 8)}
    for window in windows:
        begin, end = _minutes(window.begin), _minutes(window.end)
        if begin < end:
            for day in window.days:
                by_day[day].append((begin, end))
    return by_day


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _merged(intervals: list[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for begin, end in sorted(intervals):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged


def _intersection(left: list[Interval], right: list[Interval]) -> Iterable[Interval]:
    i = j = 0
    while i < len(left) and j < len(right):
        begin, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if begin < end:
            yield begin, end
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1

"""Calling hours: may a customer whose number lies in these time zones be called now, and if not, from when?

A number may belong to several zones; it is called only while the windows are open in all of them. The answer is kept
until the next boundary, so that asking costs one look in a dict.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.model import CallingWindow

Interval = tuple[float, float]

_LOOK_AHEAD_DAYS = 8
_NOTHING_FOR_S = 6 * 3600.0


class CallingHours:
    """The windows of one campaign, asked about any combination of time zones."""

    def __init__(self, windows: Sequence[CallingWindow]) -> None:
        self._by_day: dict[int, list[tuple[int, int]]] = {day: [] for day in range(1, 8)}
        for window in windows:
            begin, end = _minutes(window.begin), _minutes(window.end)
            if begin < end:
                for day in window.days:
                    self._by_day[day].append((begin, end))
        self._known: dict[tuple[str, ...], tuple[float, float, float]] = {}

    def opens(self, zones: tuple[str, ...], now: float) -> float:
        """0.0 while open in every zone, else the instant of the next opening; inf when none within a week."""
        known = self._known.get(zones)
        if known is None or not known[0] <= now < known[1]:
            known = self._known[zones] = self._look(zones, now)
        return known[2]

    def _look(self, zones: tuple[str, ...], now: float) -> tuple[float, float, float]:
        common: list[Interval] | None = None
        for name in zones:
            try:
                zone = ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                return now, now + _NOTHING_FOR_S, inf
            own = self._intervals(zone, now)
            common = own if common is None else list(_intersection(common, own))
        for begin, end in common or ():
            if begin <= now < end:
                return begin, end, 0.0
            if begin > now:
                return now, begin, begin
        return now, now + _NOTHING_FOR_S, inf

    def _intervals(self, zone: ZoneInfo, now: float) -> list[Interval]:
        today = datetime.fromtimestamp(now, zone).date()
        found: list[Interval] = []
        for offset in range(-1, _LOOK_AHEAD_DAYS + 1):
            day = today + timedelta(days=offset)
            for begin, end in self._by_day[day.isoweekday()]:
                span = max(_instants(day, begin, zone)), min(_instants(day, end, zone))
                if span[0] < span[1]:
                    found.append(span)
        return _merged(found)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _instants(day: date, minutes: int, zone: ZoneInfo) -> tuple[float, float]:
    """Both readings of a local time, which differ when clocks are changed; the caller takes the stricter one."""
    local = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    return first.timestamp(), second.timestamp()


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

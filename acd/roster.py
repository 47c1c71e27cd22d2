"""When agents are planned to work: shifts by the settings, and a roster's lines that take their place; pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.floor import ShiftSettings

Span = tuple[float, float]
"""From an instant to another, epoch seconds."""
DAY = timedelta(days=1)


class Line(NamedTuple):
    """A roster's word on one day: HH:MM in the site's time; both empty for a day off."""

    agent: str
    group: str
    day: date
    begin: str
    end: str


class Roster:
    """Knows every agent's planned times."""

    def __init__(
        self, groups: Mapping[str, str], shifts: Mapping[str, ShiftSettings], lines: Iterable[Line], zone: str
    ) -> None:
        """`groups` has every agent with his group, "" for none; `zone` is the site's."""
        self._groups = groups
        self._zone = ZoneInfo(zone)
        self._lines: dict[tuple[str, str, date], list[tuple[str, str]]] = {}
        for line in lines:
            key = (line.agent, "" if line.agent else line.group, line.day)
            self._lines.setdefault(key, []).append((line.begin, line.end))
        self._shifts = tuple(shifts.values())
        self._named = frozenset(name for shift in self._shifts for name in shift.agents)
        self._grouped = frozenset(name for shift in self._shifts for name in shift.groups)

    def shift_at(self, agent: str, now: float) -> Span | None:
        """The agent's shift under way at that instant; None when he has none then."""
        here = datetime.fromtimestamp(now, self._zone).date()
        for day in (here, here - DAY):
            for begin, end in self._of_day(agent, day):
                if begin <= now < end:
                    return begin, end
        return None

    def planned(self, agent: str, since: float, until: float) -> list[Span]:
        """The agent's planned times between two instants, in order."""
        day = datetime.fromtimestamp(since, self._zone).date() - DAY
        last = datetime.fromtimestamp(until, self._zone).date()
        spans: list[Span] = []
        while day <= last:
            for begin, end in self._of_day(agent, day):
                if end > since and begin < until:
                    spans.append((max(begin, since), min(end, until)))
            day += DAY
        return sorted(spans)

    def _of_day(self, agent: str, day: date) -> list[Span]:
        group = self._groups.get(agent, "")
        lines = self._lines.get((agent, "", day)) or (self._lines.get(("", group, day)) if group else None)
        if lines is not None:
            return [self._span(day, begin, end) for begin, end in lines if begin]
        return [self._span(day, s.begin, s.end) for s in self._worked(agent, group) if day.isoweekday() in s.days]

    def _worked(self, agent: str, group: str) -> list[ShiftSettings]:
        if agent in self._named:
            return [shift for shift in self._shifts if agent in shift.agents]
        if group and group in self._grouped:
            return [shift for shift in self._shifts if group in shift.groups]
        return [shift for shift in self._shifts if not shift.agents and not shift.groups]

    def _span(self, day: date, begin: str, end: str) -> Span:
        last = day if end > begin else day + DAY
        first = datetime.combine(day, time.fromisoformat(begin), self._zone)
        return first.timestamp(), datetime.combine(last, time.fromisoformat(end), self._zone).timestamp()

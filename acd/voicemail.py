"""The rounds in which messages go out (TKT-4): which branches when, and within a branch whose turn it is. Pure.

In prose: the rounds are gone through so many times a day, a fixed time apart. A time consists of rounds, each a fixed
time after the last, and a round of so many branches. In its round a branch is handed a message (or a few), oldest first,
the branches taking turns; within the branch agents follow one another by agent number from one round to the next and
those who are absent are skipped. A branch with nobody there passes its turn on. What nobody could be handed waits for the
next round.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.later import RoundsSettings
from telephony.ids import AgentId

LATE_S = 5.0
"""A round that was slept through by more is left out: the next one follows soon."""


class Round(NamedTuple):
    """One round: its instant (epoch seconds), which time of the day it belongs to and its number, both from 1."""

    at: float
    time: int
    number: int


class Handing(NamedTuple):
    """A message and whose it becomes."""

    message: str
    agent: AgentId
    branch: str


class Rota:
    """Whose turn it is; all it remembers is the agent each branch's last message went to."""

    def __init__(self, settings: RoundsSettings, groups: Mapping[AgentId, str], zone: str) -> None:
        """`groups` are the agents' groups; those without one take no part."""
        self._settings = settings
        self._zone = ZoneInfo(zone)
        there: dict[str, list[AgentId]] = {}
        for agent, group in groups.items():
            if group:
                there.setdefault(group, []).append(agent)
        self.branches: tuple[str, ...] = tuple(settings.branches) or tuple(sorted(there))
        self._agents = {branch: sorted(there.get(branch, ()), key=by_number) for branch in self.branches}
        self.last: dict[str, AgentId] = {}

    def of_round(self, number: int) -> tuple[str, ...]:
        """The branches of a round, counted from 1."""
        first = (number - 1) * self._settings.per_round
        return self.branches[first : first + self._settings.per_round]

    def on(self, day: date) -> list[Round]:
        """All rounds that begin their time on that day of the site, in order."""
        hour, minute = map(int, self._settings.begin.split(":"))
        begin = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self._zone).timestamp()
        rounds = [
            Round(begin + time * self._settings.apart_s + number * self._settings.every_s, time + 1, number + 1)
            for time in range(self._settings.times)
            for number in range(self._settings.rounds)
        ]
        return sorted(rounds)

    def after(self, now: float) -> Round:
        """The first round later than `now`."""
        day = datetime.fromtimestamp(now, self._zone).date() - timedelta(days=1)
        while True:
            for one in self.on(day):
                if one.at > now:
                    return one
            day += timedelta(days=1)

    def due(self, now: float) -> list[Round]:
        """The rounds of this instant."""
        today = datetime.fromtimestamp(now, self._zone).date()
        return [one for day in (today - timedelta(days=1), today) for one in self.on(day) if abs(one.at - now) < LATE_S]

    def hand_out(self, number: int, messages: Sequence[str], present: Collection[AgentId]) -> list[Handing]:
        """Who is handed what in that round; `messages` oldest first, `present` are the agents who are there."""
        left = list(messages)
        handed: list[Handing] = []
        busy: set[AgentId] = set()
        for _ in range(self._settings.each):
            for branch in self.of_round(number):
                if not left:
                    return handed
                agent = self._next(branch, present, busy)
                if agent is not None:
                    self.last[branch] = agent
                    busy.add(agent)
                    handed.append(Handing(left.pop(0), agent, branch))
        return handed

    def _next(self, branch: str, present: Collection[AgentId], busy: Collection[AgentId]) -> AgentId | None:
        agents = self._agents[branch]
        last = self.last.get(branch)
        begin = next(
            (place for place, agent in enumerate(agents) if last is not None and by_number(agent) > by_number(last)), 0
        )
        for agent in (*agents[begin:], *agents[:begin]):
            if agent in present and agent not in busy:
                return agent
        return None


def by_number(agent: AgentId) -> tuple[bool, int, str]:
    """The order of agent numbers: 9 before 10, names after numbers."""
    numbered = agent.isascii() and agent.isdigit()
    return not numbered, int(agent) if numbered else 0, agent

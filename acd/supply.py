"""What the dialler may know of agents: how many are free, busy and signed in, for one campaign on one PBX."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from acd.agents import ON_A_CALL, WITH_CUSTOMER, Agent
from acd.line import Idle
from telephony.agents import AgentState
from telephony.ids import AgentId, ServerId
from telephony.ports import NO_DEPARTURES, NOBODY_BUSY, BusySince, Departures

S = AgentState


class Counts(msgspec.Struct, frozen=True):
    """Agents by what they do; `signed_in` leaves out AUX and those whose phone is lost."""

    free: int
    reserved: int
    talking: int
    wrapping: int
    signed_in: int


_AT_WORK = frozenset(S) - {S.LOGGED_OUT, S.AUX}
NOBODY = Counts(0, 0, 0, 0, 0)


def _counts(free: int, row: Mapping[AgentState, int]) -> Counts:
    reserved = row.get(S.RESERVED, 0) + row.get(S.RINGING, 0)
    talking = row.get(S.TALKING, 0) + row.get(S.HOLD, 0) + row.get(S.CONSULTING, 0)
    wrapping = row.get(S.WRAP_UP, 0)
    return Counts(free, reserved, talking, wrapping, free + reserved + talking + wrapping)


class _Spells(NamedTuple):
    """Since when, agent by agent."""

    talks: dict[AgentId, float]
    wraps: dict[AgentId, float]


class Supply:
    """Counts kept up to date by each change of state, so that asking costs nothing."""

    def __init__(
        self, agents: Mapping[AgentId, Agent], idle: Idle, wrap_up_s: Callable[[str], float] = lambda _: 30.0
    ) -> None:
        """`wrap_up_s` tells how long a wrap-up after a campaign's calls lasts at most."""
        self.wrap_up_s = wrap_up_s
        self.filler = True
        """Whether the surge plan leaves outbound agents who serve callers too."""
        self.withheld_why: Callable[[str], str] = lambda server: ""
        """Why outbound gets nobody of a PBX who serves callers, as a code; empty when it does."""
        self.kept: Callable[[str], int] = lambda server: 0
        """How many free agents who serve callers are kept for callers expected."""
        self._agents = agents
        self._idle = idle
        self._by: dict[tuple[str, ServerId], dict[AgentState, int]] = {}
        self._blended: dict[tuple[str, ServerId], dict[AgentState, int]] = {}
        """The same for those who serve callers too."""
        self._leaves: dict[AgentId, float] = {}
        self._wrapping: dict[AgentId, None] = {}
        self._since: dict[tuple[str, ServerId], _Spells] = {}
        self._spell: dict[AgentId, dict[AgentId, float]] = {}

    def moved(self, agent: Agent, was: AgentState, now: AgentState) -> None:
        for campaign in agent.settings.campaigns:
            for rows in (self._by, self._blended) if agent.settings.queues else (self._by,):
                row = rows.setdefault((campaign, agent.server), {})
                row[was] = row.get(was, 0) - 1
                row[now] = row.get(now, 0) + 1

        if now is S.WRAP_UP:
            self._wrapping[agent.id] = None
        else:
            self._wrapping.pop(agent.id, None)
        if not (was in WITH_CUSTOMER and now in WITH_CUSTOMER):
            self._begins(agent, now)

    def _begins(self, agent: Agent, now: AgentState) -> None:
        """Keep since when the agent talks or wraps up, under the campaign of his call."""
        if (over := self._spell.pop(agent.id, None)) is not None:
            over.pop(agent.id, None)
        if now is S.WRAP_UP or now in WITH_CUSTOMER:
            since = self._since.setdefault((agent.campaign, agent.server), _Spells({}, {}))
            spell = self._spell[agent.id] = since.wraps if now is S.WRAP_UP else since.talks
            spell[agent.id] = agent.since

    def busy_since(self, campaign: str, server: str) -> BusySince:
        """Since when agents talk to this campaign's customers, and wrap up after them."""
        since = self._since.get((campaign, ServerId(server)))
        if since is None:
            return NOBODY_BUSY
        if not self._why(server):
            return BusySince(since.talks.values(), since.wraps.values())
        talks, wraps = ([at for name, at in spell.items() if self._counted(self._agents[name])] for spell in since)
        return BusySince(talks, wraps)

    def leaves(self, agent: AgentId, at: float) -> None:
        """From that instant the agent takes no further call."""
        self._leaves[agent] = at

    def stays(self, agent: AgentId) -> None:
        self._leaves.pop(agent, None)

    def leaving(self, campaign: str, server: str, before: float) -> Departures:
        """Of those counted, who takes no further call from an instant before that one on."""
        if not self._leaves:
            return NO_DEPARTURES
        free: list[float] = []
        talking: list[float] = []
        wrapping: list[float] = []
        for name, at in self._leaves.items():
            agent = self._agents[name]
            if at >= before or agent.server != server or campaign not in agent.settings.campaigns:
                continue
            if not self._counted(agent):
                continue
            if agent.state is S.READY:
                free.append(at)
            elif agent.state is S.WRAP_UP:
                wrapping.append(at)
            elif agent.state in ON_A_CALL:
                talking.append(at)
        return Departures(free, talking, wrapping) if free or talking or wrapping else NO_DEPARTURES

    def wrap_ends(self, campaign: str, server: str) -> list[float]:
        """When the wrap-up of each agent counted as wrapping ends at the latest."""
        return [
            agent.wrap_ends
            for name in self._wrapping
            if (agent := self._agents[name]).server == server
            and campaign in agent.settings.campaigns
            and self._counted(agent)
        ]

    def counts(self, campaign: str, server: str) -> Counts:
        """Agents the campaign may count on: callers' agents as far as the ACD will spare them."""
        at = (campaign, ServerId(server))
        row = self._by.get(at)
        if row is None:
            return NOBODY
        free = self._idle.count(campaign, at[1])
        blended = self._blended.get(at)
        if blended is None:
            return _counts(free, row)
        free_too = self._idle.blended(campaign, at[1])
        if self._why(server):
            left = {state: count - blended.get(state, 0) for state, count in row.items()}
            return _counts(free - free_too, left)
        kept = max(0, self.kept(server) - self._idle.blended("", at[1]))
        return _counts(free - min(free_too, kept), row)

    def withheld(self, campaign: str, server: str) -> str:
        """Why agents of the campaign who serve callers are not counted, as a code; empty when they are or none is in."""
        blended = self._blended.get((campaign, ServerId(server)))
        there = blended is not None and any(count for state, count in blended.items() if state in _AT_WORK)
        return self._why(server) if there else ""

    def _why(self, server: str) -> str:
        return self.withheld_why(server) if self.filler else "pace.surge"

    def _counted(self, agent: Agent) -> bool:
        return not (agent.settings.queues and self._why(agent.server))

    def may_take(self, agent: str, campaign: str) -> bool:
        """Whether the agent is READY, reachable, and serves the campaign."""
        known = self._agents.get(AgentId(agent))
        return (
            known is not None and known.state is S.READY and known.phone_ready and campaign in known.settings.campaigns
        )

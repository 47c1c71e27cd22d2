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


NOBODY = Counts(0, 0, 0, 0, 0)


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
        """Whether agents who serve queues do outbound calls besides."""
        self._agents = agents
        self._idle = idle
        self._by: dict[tuple[str, ServerId], dict[AgentState, int]] = {}
        self._leaves: dict[AgentId, float] = {}
        self._wrapping: dict[AgentId, None] = {}
        self._since: dict[tuple[str, ServerId], _Spells] = {}
        self._spell: dict[AgentId, dict[AgentId, float]] = {}

    def moved(self, agent: Agent, was: AgentState, now: AgentState) -> None:
        for campaign in agent.settings.campaigns:
            row = self._by.setdefault((campaign, agent.server), {})
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
        return NOBODY_BUSY if since is None else BusySince(since.talks.values(), since.wraps.values())

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
            if (agent := self._agents[name]).server == server and campaign in agent.settings.campaigns
        ]

    def counts(self, campaign: str, server: str) -> Counts:
        row = self._by.get((campaign, ServerId(server)))
        if row is None:
            return NOBODY
        free = self._idle.count(campaign, ServerId(server)) if self.filler else self._not_of_queues(campaign, server)
        reserved = row.get(S.RESERVED, 0) + row.get(S.RINGING, 0)
        talking = row.get(S.TALKING, 0) + row.get(S.HOLD, 0) + row.get(S.CONSULTING, 0)
        wrapping = row.get(S.WRAP_UP, 0)
        return Counts(free, reserved, talking, wrapping, free + reserved + talking + wrapping)

    def _not_of_queues(self, campaign: str, server: str) -> int:
        """How many free agents of the campaign serve no queue."""
        return sum(
            agent.state is S.READY and agent.server == server and campaign in agent.settings.campaigns
            for agent in self._agents.values()
            if not agent.settings.queues
        )

    def may_take(self, agent: str, campaign: str) -> bool:
        """Whether the agent is READY, reachable, and serves the campaign."""
        known = self._agents.get(AgentId(agent))
        return (
            known is not None and known.state is S.READY and known.phone_ready and campaign in known.settings.campaigns
        )

"""Consultations under way: who of the floor calls whom about which customer, and the moves of legs they are made of.

They meet at the party's place: in the seat of a colleague, or in the room of a party outside. So the customer who joins
them, or is handed over, finds the host there, and the agent who leaves goes back to his own seat.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from acd.agents import Agent, Verb
from acd.floor import Floor, Out
from telephony.agents import AgentAsk, SeatMode
from telephony.calls import Call
from telephony.commands import Command, ConnectOutside, ConnectToSeat, HoldCustomer, SendHome, VisitRoom
from telephony.facts import AskRefused
from telephony.ids import AgentId, CallId, LegId
from telephony.oncall import Kind


class Stage(StrEnum):
    CALLING = "calling"
    """The party is being called; the agent waits for it in his seat."""
    TALKING = "talking"
    """Agent and party talk, the customer is on hold."""
    ASIDE = "aside"
    """Agent and customer talk, the party waits."""
    THREE = "three"
    """All three talk."""


class Consult(msgspec.Struct, kw_only=True):
    """One consultation. `target` is the colleague, None for a party outside; `leg` what was rung for it, None for a
    colleague who sits in his seat. `moved`: the agent has been in the party's room."""

    agent: AgentId
    call: CallId
    kind: Kind
    to: str
    target: AgentId | None
    leg: LegId | None
    stage: Stage = Stage.CALLING
    joined_at: float | None = None

    @property
    def room(self) -> str:
        return f"seat-{self.target}" if self.target is not None else f"out-{self.call}"

    @property
    def visiting(self) -> bool:
        """Whether the agent is in the party's room."""
        return self.stage in (Stage.TALKING, Stage.THREE)


class Consults:
    """What the parts that work on calls share."""

    def __init__(self, floor: Floor, calls: Mapping[CallId, Call]) -> None:
        """`calls` is the call table's own, to be looked at only."""
        self.floor = floor
        self.calls = calls
        self.by_agent: dict[AgentId, Consult] = {}
        self.outside: dict[CallId, LegId] = {}
        """Customers who are, or will be, with a party outside and no agent."""
        self.legs: dict[AgentId, LegId] = {}
        """Legs of phones that ring for each call and have been moved into the agent's seat."""

    def refuse(self, ask: AgentAsk, code: str, **words: str) -> Out:
        return [AskRefused(actor=ask.actor, what=type(ask).__name__, code=code, words=words)]

    def with_call(self, ask: AgentAsk, verb: Verb | None = None) -> Agent | Out:
        """The agent, if he has a customer of his own, his PBX can be reached and the verb is open to him."""
        agent = self.floor.agents.get(ask.agent)
        if agent is None:
            return self.refuse(ask, "agent_unknown", agent=ask.agent)
        if self.host_of(agent.id) is not None:
            return self.refuse(ask, "consulted", agent=agent.id)
        if agent.call is None or agent.call not in self.calls:
            return self.refuse(ask, "no_call", agent=agent.id)
        if verb is not None and not agent.may(verb):
            return self.refuse(ask, "agent_state", agent=agent.id, state=agent.state.value, verb=verb.value)
        if agent.server not in self.floor.up:
            return self.refuse(ask, "server.lost", server=agent.server)
        if self.leg_of(agent) is None:
            return self.refuse(ask, "phone_unseen", agent=agent.id)
        return agent

    def host_of(self, agent: AgentId) -> Consult | None:
        """The consultation in which this agent is the colleague asked."""
        return next((c for c in self.by_agent.values() if c.target == agent), None)

    def leg_of(self, agent: Agent) -> LegId | None:
        """The agent's leg of the call at hand."""
        if agent.mode is SeatMode.NAILED_UP:
            return agent.seat
        call = self.calls.get(agent.call) if agent.call is not None else None
        own = call.agent_leg if call is not None and call.agent == agent.id else None
        return self.legs.get(agent.id) or own

    def hold(self, agent: Agent, call: CallId) -> Command:
        """The customer hears music; a phone that rang for him goes into the agent's seat in the same move."""
        leg = None
        if agent.mode is SeatMode.RING_EACH_CALL and agent.id not in self.legs:
            leg = self.leg_of(agent)
            if leg is not None:
                self.legs[agent.id] = leg
        return HoldCustomer(server=agent.server, call=call, agent=agent.id if leg is not None else None, leg=leg)

    def back_to(self, agent: Agent, call: CallId) -> Command:
        """The customer goes to his agent, who may be on his way back to his seat."""
        return ConnectToSeat(server=agent.server, call=call, agent=agent.id, waits=True)

    def to_room(self, agent: Agent, consult: Consult) -> Out:
        leg = self.leg_of(agent)
        return [VisitRoom(server=agent.server, leg=leg, agent=agent.id, room=consult.room)] if leg is not None else []

    def home(self, agent: Agent) -> Out:
        leg = self.leg_of(agent)
        return [SendHome(server=agent.server, leg=leg, agent=agent.id)] if leg is not None else []

    def customer_to_room(self, agent: Agent, consult: Consult) -> Command:
        if consult.target is not None:
            return ConnectToSeat(server=agent.server, call=consult.call, agent=consult.target, waits=True)
        return ConnectOutside(server=agent.server, call=consult.call)

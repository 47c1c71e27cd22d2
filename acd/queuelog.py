"""The lines of Asterisk's queue_log, told from what happened: ``epoch|call|queue|agent|EVENT|data…``.

Events and their data are those of app_queue in Asterisk 22, so that report tools made for it go on working: agents are
named by their phones, waits are whole seconds, RINGNOANSWER has milliseconds. Callers' numbers are masked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from config.model import AgentSettings
from config.queues import QueueSettings
from telephony.agents import AgentState, HangUpAsked
from telephony.commands import WriteQueueLog
from telephony.events import CallerArrived, HangupRequested
from telephony.facts import (
    AgentChanged,
    CallArrived,
    CallConnected,
    CallerGone,
    CallLeft,
    CallOffered,
    CallQueued,
    CallSentOn,
    InboundEnded,
    OfferFailed,
    SeatLeft,
    SeatTaken,
    Way,
)
from telephony.ids import AgentId, CallId, agent_of_seat
from telephony.leads import Restored
from telephony.oncall import CallHandedOver, How
from telephony.surge import SurgeChanged

S = AgentState
NOBODY, NONE, MANAGER = "nobody", "NONE", "MANAGER"
CONTEXT = "switchroom"
"""The context named in a blind transfer; its extension is the party's name."""
Out = list[WriteQueueLog]


class _Caller(msgspec.Struct):
    """A call that came to us; `by` is who asked to hang up, "" nobody so far."""

    queue: str
    waits: bool = False
    entered: float = 0.0
    first: int = 0
    place: int = 0
    offered: float = 0.0
    agent: AgentId | None = None
    talks_since: float | None = None
    held_s: int = 0
    left_at: float | None = None
    by: str = ""


class QueueLog:
    """A part of the switchboard; its lines leave as commands."""

    def __init__(self, agents: Sequence[AgentSettings], queues: Mapping[str, QueueSettings]) -> None:
        self._agents = {AgentId(one.id): one for one in agents}
        self._queues = queues
        self._callers: dict[CallId, _Caller] = {}
        self._numbers: dict[CallId, str] = {}
        self._seats: dict[AgentId, str] = {}
        self._state: dict[AgentId, AgentState] = {}
        self._talks: dict[AgentId, CallId] = {}
        self._reserves = False
        self.rules: dict[type, Callable[[Any, float], Out | None]] = {
            Restored: self._restored,
            CallerArrived: self._shows_number,
            CallArrived: self._arrived,
            CallQueued: self._queued,
            CallOffered: self._offered,
            OfferFailed: self._offer_failed,
            CallConnected: self._connected,
            CallHandedOver: self._handed_over,
            CallLeft: self._left,
            CallerGone: self._gone,
            CallSentOn: self._sent_on,
            InboundEnded: self._ended,
            HangUpAsked: self._hang_up_asked,
            HangupRequested: self._hangup_requested,
            AgentChanged: self._changed,
            SurgeChanged: self._surge,
            SeatTaken: self._seat_taken,
            SeatLeft: self._seat_left,
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> Out:
        hear = self.rules.get(type(event))
        return (hear(event, now) or []) if hear is not None else []

    def _name(self, agent: AgentId | None) -> str:
        known = self._agents.get(agent) if agent is not None else None
        return known.endpoint if known is not None else NONE

    # callers

    def _shows_number(self, event: CallerArrived, now: float) -> None:
        if event.caller is not None:
            self._numbers[CallId(event.leg)] = event.caller.masked

    def _arrived(self, fact: CallArrived, now: float) -> None:
        self._callers[fact.call] = _Caller(fact.queue)

    def _queued(self, fact: CallQueued, now: float) -> Out:
        caller = self._callers.get(fact.call)
        if caller is None:
            return []
        out = self._complete(fact.call, caller, now)
        caller.place = fact.position
        if caller.waits and caller.queue == fact.queue:
            return out
        caller.queue, caller.waits, caller.entered = fact.queue, True, now
        caller.first, caller.talks_since, caller.by = fact.position, None, ""
        number = self._numbers.get(fact.call, "")
        return [*out, _line(now, fact.call, fact.queue, NONE, "ENTERQUEUE", "", number, fact.position)]

    def _offered(self, fact: CallOffered, now: float) -> None:
        if (caller := self._callers.get(fact.call)) is not None:
            caller.offered, caller.agent = now, fact.agent

    def _offer_failed(self, fact: OfferFailed, now: float) -> Out:
        caller = self._callers.get(fact.call)
        if caller is None or fact.why == "resync":
            return []
        rang_ms = round(1000 * max(0.0, now - caller.offered))
        return [_line(now, fact.call, caller.queue, self._name(fact.agent), "RINGNOANSWER", rang_ms)]

    def _connected(self, fact: CallConnected, now: float) -> Out:
        caller = self._callers.get(fact.call)
        if caller is None or (caller.talks_since is not None and caller.agent == fact.agent):
            return []
        out = self._complete(fact.call, caller, now)
        again = caller.talks_since is not None
        ring_s = int(max(0.0, now - caller.offered)) if caller.offered and caller.agent == fact.agent else 0
        caller.agent, caller.left_at, caller.waits = fact.agent, None, False
        if not again:
            caller.held_s = int(now - caller.entered) if caller.entered else int(fact.waited_s)
        caller.talks_since = now
        self._talks[fact.agent] = fact.call
        leg = self._seats.get(fact.agent, "")
        name = self._name(fact.agent)
        return [*out, _line(now, fact.call, caller.queue, name, "CONNECT", caller.held_s, leg, ring_s)]

    def _handed_over(self, fact: CallHandedOver, now: float) -> Out:
        caller = self._callers.get(fact.call)
        if caller is None or caller.talks_since is None:
            return []
        times = (caller.held_s, int(now - caller.talks_since), caller.first)
        name = self._name(fact.agent)
        caller.talks_since = caller.left_at = None
        self._talks.pop(fact.agent, None)
        if fact.how is How.BLIND or fact.how is How.SURVEY:
            to = fact.to or fact.kind.value
            return [_line(now, fact.call, caller.queue, name, "BLINDTRANSFER", to, CONTEXT, *times)]
        leg = self._seats.get(fact.target, "") if fact.target is not None else ""
        return [_line(now, fact.call, caller.queue, name, "ATTENDEDTRANSFER", "BRIDGE", leg, *times)]

    def _left(self, fact: CallLeft, now: float) -> None:
        caller = self._callers.get(fact.call)
        if caller is not None and caller.talks_since is not None and caller.agent == fact.agent:
            caller.left_at = now

    def _complete(self, call: CallId, caller: _Caller, now: float, *, ended: bool = False) -> Out:
        """The end of the agent's part, once it is known who hung up."""
        if caller.talks_since is None or (caller.left_at is None and not ended):
            return []
        until = caller.left_at if caller.left_at is not None else now
        by = caller.by or ("caller" if ended and until >= now else "agent")
        event = "COMPLETECALLER" if by == "caller" else "COMPLETEAGENT"
        talked = int(until - caller.talks_since)
        caller.talks_since = caller.left_at = None
        if caller.agent is not None:
            self._talks.pop(caller.agent, None)
        name = self._name(caller.agent)
        return [_line(until, call, caller.queue, name, event, caller.held_s, talked, caller.first)]

    def _gone(self, fact: CallerGone, now: float) -> Out:
        caller = self._callers.get(fact.call)
        if caller is None or not caller.waits:
            return []
        caller.waits = False
        waited = int(now - caller.entered)
        place = fact.position or caller.place
        return [_line(now, fact.call, caller.queue, NONE, "ABANDON", place, caller.first, waited)]

    def _sent_on(self, fact: CallSentOn, now: float) -> Out:
        caller = self._callers.get(fact.call)
        if caller is None:
            return []
        if not caller.waits:
            empty = fact.why == NOBODY
            return [_line(now, fact.call, fact.queue, NONE, "JOINEMPTY")] if empty else []
        caller.waits = False
        where = (caller.place, caller.first, int(now - caller.entered))
        if fact.way is Way.CALLBACK:
            settings = self._queues.get(fact.queue)
            key = settings.callback.key if settings is not None else ""
            return [_line(now, fact.call, caller.queue, NONE, "EXITWITHKEY", key, *where)]
        event = "EXITEMPTY" if fact.why == NOBODY else "EXITWITHTIMEOUT"
        return [_line(now, fact.call, caller.queue, NONE, event, *where)]

    def _ended(self, fact: InboundEnded, now: float) -> Out:
        self._numbers.pop(fact.call, None)
        caller = self._callers.pop(fact.call, None)
        return self._complete(fact.call, caller, now, ended=True) if caller is not None else []

    def _hang_up_asked(self, ask: HangUpAsked, now: float) -> None:
        caller = self._callers.get(self._talks.get(ask.agent, CallId("")))
        if caller is not None and not caller.by:
            caller.by = "agent"

    def _hangup_requested(self, event: HangupRequested, now: float) -> None:
        caller = self._callers.get(CallId(event.leg))
        if caller is None:
            agent = agent_of_seat(event.leg)
            caller = self._callers.get(self._talks.get(agent, CallId(""))) if agent is not None else None
            if caller is not None and not caller.by:
                caller.by = "agent"
        elif not caller.by:
            caller.by = "caller"

    # agents

    def _changed(self, fact: AgentChanged, now: float) -> Out:
        agent = self._agents.get(fact.agent)
        if agent is None:
            return []
        self._state[fact.agent] = fact.now
        queues = self._members_of(agent)
        if fact.was is S.LOGGED_OUT and fact.now is not S.LOGGED_OUT:
            paused = "PAUSED" if fact.now is S.AUX else ""
            return self._membership(agent, queues, "ADDMEMBER", paused, now)
        if fact.now is S.LOGGED_OUT and fact.was is not S.LOGGED_OUT:
            return self._membership(agent, queues, "REMOVEMEMBER", "", now)
        if fact.now is S.AUX:
            return [_line(now, NONE, queue, agent.endpoint, "PAUSE", fact.reason) for queue in queues]
        if fact.was is S.AUX:
            return [_line(now, NONE, queue, agent.endpoint, "UNPAUSE", fact.reason) for queue in queues]
        return []

    def _members_of(self, agent: AgentSettings) -> list[str]:
        named = dict.fromkeys([*agent.queues, *(agent.reserve_queues if self._reserves else ())])
        return [queue for queue in named if queue in self._queues]

    def _membership(self, agent: AgentSettings, queues: Sequence[str], event: str, data: str, now: float) -> Out:
        return [_line(now, MANAGER, queue, agent.endpoint, event, data) for queue in queues]

    def _surge(self, fact: SurgeChanged, now: float) -> Out:
        called = "reserves" in fact.actions
        if called is self._reserves:
            return []
        self._reserves = called
        out: Out = []
        for name, agent in self._agents.items():
            state = self._state.get(name, S.LOGGED_OUT)
            if state is not S.LOGGED_OUT:
                own = [q for q in agent.reserve_queues if q in self._queues and q not in agent.queues]
                paused = "PAUSED" if called and state is S.AUX else ""
                out += self._membership(agent, own, "ADDMEMBER" if called else "REMOVEMEMBER", paused, now)
        return out

    def _seat_taken(self, fact: SeatTaken, now: float) -> None:
        self._seats[fact.agent] = fact.leg

    def _seat_left(self, fact: SeatLeft, now: float) -> None:
        self._seats.pop(fact.agent, None)

    def _restored(self, event: Restored, now: float) -> Out:
        for known in event.agents:
            self._state[known.agent] = known.state
            if known.seat is not None:
                self._seats[known.agent] = known.seat
        for one in event.inbound:
            caller = _Caller(one.queue, waits=one.queued_at is not None and one.connected_at is None and not one.way)
            caller.entered = one.queued_at or one.arrived_at
            caller.first = caller.place = 1
            if one.connected_at is not None:
                caller.talks_since, caller.agent = one.connected_at, one.agent
                caller.held_s = int(one.connected_at - caller.entered)
                if one.agent is not None:
                    self._talks[one.agent] = one.call
            self._callers[one.call] = caller
        return [WriteQueueLog(line=f"{int(now)}|NONE|NONE|NONE|QUEUESTART|")]


def _line(now: float, call: str, queue: str, agent: str, event: str, *data: object) -> WriteQueueLog:
    fields = [_plain(one) for one in (call, queue, agent, event, *data)]
    return WriteQueueLog(line=f"{int(now)}|{'|'.join(fields)}{'' if data else '|'}")


def _plain(field: object) -> str:
    """A field that cannot end the line or begin another field."""
    return str(field).replace("|", "/").replace("\r", " ").replace("\n", " ")

"""Listen, whisper and barge: what supervisors ask, and what ends it, whoever goes first.

A supervisor is on one call at a time. His ear is opened on the agent's leg only when the wish is durable in the audit
trail; it closes when he leaves, when the agent is off the call, when either phone is gone, or when it did not open in
time. A supervisor who is an agent is not ready meanwhile. What a restart leaves open is taken up again where the PBX
still has it, and a supervisor's leg nobody knows is hung up.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from acd.floor import Floor, Out
from acd.sessions import Session, Sessions
from acd.takeover import DURABLE, TakeOver
from config.supervision import SupervisionSettings
from telephony.calls import Call, Stage
from telephony.commands import Command, HangUp, SendHome, SetTimer
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    LegCreated,
    LegEnded,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxSnapshot,
    SpyBegan,
    TimerFired,
)
from telephony.facts import CallEnded, CallLeft, CallResumed, Fact, InboundEnded
from telephony.ids import AgentId, CallId, LegId, ServerId, agent_of_seat, is_ear
from telephony.leads import Restored
from telephony.supervising import Ear, StepOutAsked, SuperviseAsked, TakeOverAsked
from telephony.views import SupervisionView

CONTEXT = "switchroom-supervise"
AGAIN_S = 0.5
"""Asterisk refuses to move a leg it is just moving; who could not go home is sent there again after so long."""


class Supervision:
    """A part of the switchboard, after the router: supervisors and the calls they are on."""

    def __init__(self, floor: Floor, settings: SupervisionSettings, calls: Mapping[CallId, Call]) -> None:
        """`calls` is the call table's own, to be looked at only."""
        self._sessions = Sessions(floor, settings, calls)
        self._take_over = TakeOver(self._sessions)
        self._calls = calls
        self.rules: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            SuperviseAsked: self._asked,
            StepOutAsked: self._step_out,
            TakeOverAsked: self._take_over.asked,
            SpyBegan: self._spy_began,
            BridgeEntered: self._entered,
            LegCreated: self._created,
            LegEnded: self._leg_ended,
            OriginateEnded: self._originated,
            OriginateRefused: self._not_called,
            OriginateLost: self._not_called,
            ActionFailed: self._action_failed,
            CallLeft: self._agent_left,
            CallResumed: self._resumed,
            CallEnded: self._call_over,
            InboundEnded: self._call_over,
            TimerFired: self._timer,
            PbxSnapshot: self._snapshot,
            Restored: self._restored,
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear else ()

    def views(self) -> tuple[SupervisionView, ...]:
        told = self._sessions.settings.tell_agent
        return tuple(
            SupervisionView(
                supervisor=s.actor,
                call=s.call,
                agent=s.agent,
                ear=s.ear.value,
                since=s.asked_at if s.opened_at is None else s.opened_at,
                open=s.open,
                told=told,
            )
            for s in self._sessions.by_actor.values()
        )

    # what supervisors ask

    def _asked(self, ask: SuperviseAsked, now: float) -> Out:
        sessions, what = self._sessions, type(ask).__name__
        call = self._calls.get(ask.call)
        if call is None:
            return sessions.refuse(ask.actor, what, "call_gone", call=ask.call)
        if call.agent is None or call.agent_leg is None or not call.in_talk:
            return sessions.refuse(ask.actor, what, "call_without_agent", call=ask.call)
        known = sessions.by_actor.get(ask.actor)
        if known is not None:
            if known.call != ask.call or known.ear is ask.ear:
                return sessions.refuse(ask.actor, what, "already_listening", call=known.call, ear=known.ear.value)
            return sessions.turn(known, call.agent_leg, ask.ear, now)
        phone = sessions.phone(ask.actor)
        if phone is None:
            return sessions.refuse(ask.actor, what, "no_phone", supervisor=ask.actor)
        objection = sessions.objection(ask.actor, call, phone)
        if objection is not None:
            code, words = objection
            return sessions.refuse(ask.actor, what, code, **words)
        return sessions.begin(ask.actor, call, call.agent_leg, phone, ask.ear, now)

    def _step_out(self, ask: StepOutAsked, now: float) -> Out:
        session = self._sessions.by_actor.get(ask.actor)
        if session is None:
            return self._sessions.refuse(ask.actor, type(ask).__name__, "not_listening")
        return self._sessions.end(session, "left", now)

    # what the PBX says of his phone

    def _spy_began(self, event: SpyBegan, now: float) -> Out:
        session = self._sessions.by_leg.get(event.leg)
        return self._sessions.opened(session, now) if session is not None else []

    def _entered(self, event: BridgeEntered, now: float) -> Out:
        home = self._sessions.homing.pop(event.leg, None)
        if home is not None:
            return self._home(home, now)
        session = self._sessions.by_leg.get(event.leg)
        if session is None or session.ear is not Ear.BARGE:
            return []
        return self._sessions.opened(session, now)

    def _created(self, event: LegCreated, now: float) -> Out:
        if is_ear(event.leg) and event.leg not in self._sessions.by_leg:
            return [HangUp(server=event.server, leg=event.leg)]
        return []

    def _leg_ended(self, event: LegEnded, now: float) -> Out:
        home = self._sessions.homing.pop(event.leg, None)
        if home is not None:
            return self._home(home, now)
        return self._gone(event.leg, "phone_gone", now)

    def _home(self, agent: AgentId, now: float) -> Out:
        """The supervisor's phone is his own again."""
        return self._take_over.go_on(agent, now) or self._sessions.back_on_the_floor(agent, now)

    def _originated(self, event: OriginateEnded, now: float) -> Out:
        return [] if event.ok else self._gone(event.leg, "no_answer", now)

    def _not_called(self, event: OriginateRefused | OriginateLost, now: float) -> Out:
        return self._gone(event.leg, "refused", now)

    def _gone(self, leg: LegId, why: str, now: float) -> Out:
        session = self._sessions.by_leg.get(leg)
        return self._sessions.end(session, why, now, gone=True) if session is not None else []

    def _action_failed(self, event: ActionFailed, now: float) -> Out:
        if event.leg in self._sessions.homing and event.what == "SendHome":
            return [SetTimer(key=("ear_home", event.leg), at=now + AGAIN_S)]
        session = self._sessions.by_leg.get(event.leg) if event.leg is not None else None
        if session is None or event.what != "MoveSupervisor":
            return []
        return self._sessions.end(session, "refused", now)

    def _timer(self, event: TimerFired, now: float) -> Out:
        what, leg = event.key
        if what == DURABLE:
            return self._take_over.durable(AgentId(leg), now)
        if what == "ear_home" and (home := self._sessions.homing.get(LegId(leg))) is not None:
            server = self._sessions.floor.agents[home].server
            return [SendHome(server=server, leg=LegId(leg), agent=home)]
        session = self._sessions.by_leg.get(LegId(leg)) if what == "ear" else None
        return self._sessions.end(session, "no_answer", now) if session is not None and not session.open else []

    # what becomes of the call

    def _there(self, call: CallId) -> list[Session]:
        return [self._sessions.by_actor[actor] for actor in sorted(self._sessions.on_call.get(call, ()))]

    def _agent_left(self, fact: CallLeft, now: float) -> Out:
        call = self._calls.get(fact.call)
        why = "call_over" if call is None or call.evidence.ended else "agent_left"
        out: Out = []
        for session in self._there(fact.call):
            if session.agent == fact.agent:
                out += self._sessions.end(session, why, now)
        return out

    def _call_over(self, fact: CallEnded | InboundEnded, now: float) -> Out:
        return [each for session in self._there(fact.call) for each in self._sessions.end(session, "call_over", now)]

    def _resumed(self, fact: CallResumed, now: float) -> Out:
        """A phone that was rung for the call has been moved into a seat by the hold: who spoke into both joins them there."""
        call: Call | None = self._calls.get(fact.call)
        out: Out = []
        if call is None or call.agent_leg is None or agent_of_seat(call.agent_leg) is not None:
            return out
        for session in self._there(fact.call):
            if session.ear is Ear.BARGE and session.open:
                out.append(self._sessions.move(session, call.agent_leg))
        return out

    # after a break

    def _snapshot(self, event: PbxSnapshot, now: float) -> Out:
        sessions = self._sessions
        rows = {row.leg: row for row in event.legs}
        out: Out = []
        for leg, row in rows.items():
            if leg in sessions.by_leg:
                continue
            home = agent_of_seat(leg)
            if is_ear(leg):
                out.append(HangUp(server=event.server, leg=leg))
            elif home is not None and row.context == CONTEXT and leg not in sessions.homing:
                out.append(SendHome(server=event.server, leg=leg, agent=home))
        for session in [s for s in sessions.by_actor.values() if s.server == event.server]:
            found = rows.get(session.leg)
            call = self._calls.get(session.call)
            if found is None:
                out += sessions.end(session, "not_found", now, gone=True)
            elif call is None or call.agent != session.agent or call.stage not in (Stage.TALKING, Stage.HELD):
                out += sessions.end(session, "call_over", now)
            elif found.up and found.context == CONTEXT:
                out += sessions.opened(session, now)
        for leg, agent in list(sessions.homing.items()):
            row_of = rows.get(leg)
            if row_of is None or row_of.context != CONTEXT:
                del sessions.homing[leg]
                out += self._home(agent, now)
        return out

    def _restored(self, event: Restored, now: float) -> Out:
        agents = self._sessions.floor.agents
        for known in event.supervisions:
            himself = agents.get(AgentId(known.actor))
            session = Session(
                id=known.session,
                actor=known.actor,
                call=known.call,
                agent=known.agent,
                server=ServerId(known.server),
                leg=known.leg,
                ear=known.ear,
                asked_at=now,
                himself=himself.id if himself is not None else None,
                back=agent_of_seat(known.leg),
                opened_at=known.opened_at,
                open=known.opened_at is not None,
            )
            self._sessions.add(session)
            if himself is not None:
                himself.away = True
        return []

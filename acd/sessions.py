"""Supervisors on live calls: one session each, from the wish to the end, with the moves the rules make on them."""

from collections.abc import Mapping

import msgspec

from acd.agents import ON_A_CALL, Agent, Verb
from acd.floor import Floor, Out
from config.supervision import SupervisionSettings
from telephony.agents import AgentState
from telephony.calls import Call
from telephony.commands import CallSupervisor, CancelTimer, HangUp, MoveSupervisor, SendHome, SetTimer
from telephony.facts import AskRefused
from telephony.ids import AgentId, CallId, LegId, ServerId, ear_leg
from telephony.supervising import Ear, EarOpened, SupervisionBegun, SupervisionEnded, SupervisionTurned

S = AgentState
SUPERVISING = "supervising"
"""The reason of an agent who is not ready because he is on another's call."""


class Session(msgspec.Struct, kw_only=True):
    """One supervisor on one call. `agent` has the call, `himself` is the supervisor where he is an agent too.

    `back` is whose seat his phone came from; `opened_at` None while the ear is not open."""

    id: str
    actor: str
    call: CallId
    agent: AgentId
    server: ServerId
    leg: LegId
    ear: Ear
    asked_at: float
    himself: AgentId | None = None
    back: AgentId | None = None
    opened_at: float | None = None
    open: bool = False


class Phone(msgspec.Struct, frozen=True):
    """Where a supervisor is called; `seat` is his agent's seat leg where that stands."""

    endpoint: str
    server: ServerId
    himself: AgentId | None = None
    seat: LegId | None = None


class Sessions:
    """The open sessions, by supervisor and by leg."""

    def __init__(self, floor: Floor, settings: SupervisionSettings, calls: Mapping[CallId, Call]) -> None:
        self.floor, self.settings, self.calls = floor, settings, calls
        self.by_actor: dict[str, Session] = {}
        self.by_leg: dict[LegId, Session] = {}
        self.on_call: dict[CallId, set[str]] = {}
        self.homing: dict[LegId, AgentId] = {}
        """Seat legs on their way back into the seat."""

    def refuse(self, actor: str, what: str, code: str, **words: str) -> Out:
        return [AskRefused(actor=actor, what=what, code=code, words=words)]

    def phone(self, actor: str) -> Phone | None:
        """Where the supervisor of that name is called, None when he has no phone."""
        agent = self.floor.agents.get(AgentId(actor))
        if agent is not None:
            seat = agent.seat if agent.seated and agent.state is not S.LOGGED_OUT else None
            return Phone(agent.settings.endpoint, agent.server, agent.id, seat)
        own = self.settings.phone.get(actor)
        return Phone(own.endpoint, ServerId(own.asterisk)) if own is not None else None

    def objection(self, actor: str, call: Call, phone: Phone) -> tuple[str, dict[str, str]] | None:
        """Why this supervisor may not be on this call now: a code and its words."""
        himself = self.floor.agents.get(phone.himself) if phone.himself is not None else None
        whose = self.floor.agents.get(call.agent) if call.agent is not None else None
        if himself is not None and call.agent == himself.id:
            return "own_call", {}
        if phone.server != call.server:
            return "other_server", {"server": call.server}
        if call.server not in self.floor.up:
            return "link_down", {"server": call.server}
        if himself is not None and (himself.state in ON_A_CALL or himself.state is S.WRAP_UP):
            return "supervisor_busy", {"state": himself.state.value}
        if himself is not None and phone.seat in self.homing:
            return "supervisor_busy", {"state": SUPERVISING}
        apart = himself is not None and whose is not None and himself.settings.group != whose.settings.group
        if self.settings.own_group_only and apart:
            return "other_group", {"agent": call.agent or ""}
        return None

    def begin(self, actor: str, call: Call, on: LegId, phone: Phone, ear: Ear, now: float) -> Out:
        """Put the intent down, take the supervisor off the floor and have his phone let in."""
        assert call.agent is not None
        serial = self.floor.serial()
        leg = phone.seat or ear_leg(serial)
        session = Session(
            id=serial,
            actor=actor,
            call=call.id,
            agent=call.agent,
            server=call.server,
            leg=leg,
            ear=ear,
            asked_at=now,
            himself=phone.himself,
            back=phone.himself if phone.seat is not None else None,
        )
        self.add(session)
        out: Out = [
            SupervisionBegun(
                session=serial, actor=actor, call=call.id, agent=call.agent, ear=ear, leg=leg, server=call.server
            ),
            SetTimer(key=("ear", leg), at=now + self.floor.rules.ring_s + self.floor.rules.reserve_s),
        ]
        out += self._off_the_floor(session, now)
        if phone.seat is not None:
            return [*out, self.move(session, on)]
        return [
            *out,
            CallSupervisor(
                server=call.server,
                leg=leg,
                endpoint=phone.endpoint,
                way=ear.value,
                on=on,
                agent=call.agent,
                ring_s=self.floor.rules.ring_s,
                auto_answer=self.floor.rules.auto_answer,
            ),
        ]

    def turn(self, session: Session, on: LegId, ear: Ear, now: float) -> Out:
        was, session.ear = session.ear, ear
        session.asked_at, session.open = now, False
        turned = SupervisionTurned(
            session=session.id, actor=session.actor, call=session.call, agent=session.agent, was=was, ear=ear
        )
        timer = SetTimer(key=("ear", session.leg), at=now + self.floor.rules.reserve_s)
        return [turned, timer, self.move(session, on)]

    def move(self, session: Session, on: LegId) -> MoveSupervisor:
        return MoveSupervisor(
            server=session.server,
            leg=session.leg,
            way=session.ear.value,
            on=on,
            agent=session.agent,
            back=session.back,
        )

    def opened(self, session: Session, now: float) -> Out:
        """The PBX says that he is on the call."""
        if session.open:
            return []
        session.open = True
        session.opened_at = now if session.opened_at is None else session.opened_at
        told = EarOpened(
            session=session.id,
            actor=session.actor,
            call=session.call,
            agent=session.agent,
            ear=session.ear,
            took_s=max(0.0, now - session.asked_at),
        )
        return [CancelTimer(key=("ear", session.leg)), told]

    def end(self, session: Session, why: str, now: float, *, gone: bool = False) -> Out:
        """He is off the call: his phone goes back to its seat or is hung up, unless it is `gone`."""
        self.drop(session)
        out: Out = [
            CancelTimer(key=("ear", session.leg)),
            SupervisionEnded(
                session=session.id,
                actor=session.actor,
                call=session.call,
                agent=session.agent,
                ear=session.ear,
                for_s=0.0 if session.opened_at is None else max(0.0, now - session.opened_at),
                why=why,
            ),
        ]
        if gone:
            return out + self.back_on_the_floor(session.himself, now)
        if session.back is None:
            out.append(HangUp(server=session.server, leg=session.leg))
            if why == "taken_over" and session.himself is not None:
                self.homing[session.leg] = session.himself
                return out
            return out + self.back_on_the_floor(session.himself, now)
        self.homing[session.leg] = session.back
        return [*out, SendHome(server=session.server, leg=session.leg, agent=session.back)]

    def add(self, session: Session) -> None:
        self.by_actor[session.actor] = self.by_leg[session.leg] = session
        self.on_call.setdefault(session.call, set()).add(session.actor)

    def drop(self, session: Session) -> None:
        self.by_actor.pop(session.actor, None)
        self.by_leg.pop(session.leg, None)
        there = self.on_call.get(session.call, set())
        there.discard(session.actor)
        if not there:
            self.on_call.pop(session.call, None)

    def _off_the_floor(self, session: Session, now: float) -> Out:
        himself = self.floor.agents.get(session.himself) if session.himself is not None else None
        if himself is None:
            return []
        himself.away = True
        if himself.state is not S.READY:
            return []
        self.floor.idle.drop(himself)
        himself.wants_ready = True
        return [himself.do(Verb.NOT_READY, now, SUPERVISING)]

    def back_on_the_floor(self, agent: AgentId | None, now: float) -> Out:
        """His phone is his own again: he is free when he was, or has asked to be meanwhile."""
        himself: Agent | None = self.floor.agents.get(agent) if agent is not None else None
        if himself is None or not himself.away:
            return []
        himself.away = False
        return self.back_to_work(himself, now)

    def back_to_work(self, himself: Agent, now: float) -> Out:
        return self.floor.become_ready(himself, now) if himself.state is S.AUX and himself.wants_ready else []

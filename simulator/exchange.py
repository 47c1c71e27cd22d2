"""The simulated exchange: a plain object on an event heap that answers our commands as Asterisk 22 does.

``perform`` never delivers an event itself: replies lie on the heap 0.4 ms ahead and come out of ``advance``, in order.
Verified by the contract suite that also runs over a real Asterisk.
"""

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from simulator.dialling import QUEUED_S
from simulator.dialplan import ABANDONED, AGENT, AMD, ANSWERED, CALLER, HOLD, MACHINE, OWN, RING, SEAT
from simulator.faults import TrunkFaults
from simulator.inbound import Inbound
from simulator.later import CALLBACK, VOICEMAIL
from simulator.legs import Leg, Population
from simulator.oncall import GUEST, NODE, OUTSIDE, RETURN, SURVEY, TOGETHER
from simulator.supervising import SUPERVISE
from telephony.commands import (
    Announce,
    AskAgain,
    AskSurvey,
    CallSupervisor,
    ConnectOutside,
    ConnectToSeat,
    DialOutside,
    GreetCaller,
    HangUp,
    HoldCustomer,
    LeaveMessage,
    MoveSupervisor,
    MuteRecording,
    Originate,
    Park,
    PbxCommand,
    PlayAbandonMessage,
    PutThrough,
    RingAgent,
    SeatAgent,
    SendHome,
    SendToNode,
    StartRecording,
    StopRecording,
    TakeSnapshot,
    TurnAway,
    VisitRoom,
    WarnAgent,
)
from telephony.events import (
    ActionFailed,
    LegSeen,
    LinkLost,
    LinkUp,
    OriginateLost,
    OriginateRefused,
    PbxEvent,
    PbxSnapshot,
)
from telephony.ids import LegId, ServerId, call_leg
from telephony.later import ENDS, AskCallback, OfferKey, TakeMessage, TellCallback
from telephony.ports import Clock

VERSION = "22.10.1 (simulated)"
NO_CHANNEL = "No such channel"


class VirtualExchange(Inbound):
    """One simulated PBX behind ``telephony.ports.Exchange``; drive it with ``next_at`` and ``advance``."""

    def __init__(
        self,
        server: ServerId,
        population: Population,
        rng: random.Random,
        clock: Clock,
        *,
        trunks: Iterable[str] = ("carrier",),
        faults: TrunkFaults | None = None,
        recordings: Path | None = None,
    ) -> None:
        super().__init__(server, population, rng, clock, recordings)
        self.trunks = frozenset(trunks)
        self.faults = faults
        self._carry_out: dict[type[PbxCommand], Callable[[Any], None]] = {
            Originate: self._originate,
            SeatAgent: self._seat_agent,
            ConnectToSeat: lambda c: self._move(c, RETURN if c.waits else SEAT, c.agent),
            Park: lambda c: self._move(c, ANSWERED, "s"),
            HoldCustomer: self._hold,
            VisitRoom: self._visit,
            SendHome: lambda c: self._failed_if(self.redirect(c.leg, AGENT, c.agent), c, c.leg),
            DialOutside: self._dial_outside,
            ConnectOutside: lambda c: self._move(c, TOGETHER, c.call),
            SendToNode: self._send_to_node,
            AskSurvey: self._ask_survey,
            WarnAgent: lambda c: None,
            PlayAbandonMessage: lambda c: self._move(c, ABANDONED, "s"),
            LeaveMessage: lambda c: self._move(c, MACHINE, "s"),
            GreetCaller: lambda c: self._move(c, CALLER, "answer" if c.answer else "early"),
            AskAgain: lambda c: self._failed_if(self.redirect(c.leg, CALLER, "again"), c, c.leg),
            Announce: lambda c: self._move(c, CALLER, "announce"),
            TurnAway: lambda c: self._move(c, CALLER, "away"),
            PutThrough: lambda c: self._move(c, CALLER, "outside"),
            RingAgent: self._ring,
            OfferKey: lambda c: self._set_all(c, SWITCHROOM_KEY=c.key),
            AskCallback: lambda c: self._move(c, CALLBACK, "s"),
            TellCallback: lambda c: self._move(c, CALLBACK, "noted" if c.noted else "sorry"),
            TakeMessage: self._take_message,
            HangUp: self._hang_up,
            StartRecording: lambda c: self._failed_if(self.record(call_leg(c.call), c.name), c, call_leg(c.call)),
            StopRecording: lambda c: self._failed_if(self.stop_recording(call_leg(c.call)), c, call_leg(c.call)),
            MuteRecording: lambda c: self._failed_if(self.mute(call_leg(c.call), c.muted), c, call_leg(c.call)),
            CallSupervisor: self._call_supervisor,
            MoveSupervisor: self._move_supervisor,
            TakeSnapshot: lambda c: self._in(QUEUED_S, self._snapshot, None),
        }

    def perform(self, command: PbxCommand) -> None:
        """Carry out a command; whatever comes of it comes as events."""
        self._catch_up()
        if not self.connected:
            self._unsent(command)
            return
        self._carry_out[type(command)](command)

    def open(self) -> None:
        """The link comes up: LinkUp, then a snapshot."""
        self._catch_up()
        self._in(QUEUED_S, self._linked, None)

    def cut(self, why: str = "connection reset") -> None:
        """The link to the PBX is lost; calls go on unseen until ``open``."""
        self._catch_up()
        for _, _, step, subject in sorted(self.agenda, key=lambda entry: entry[:2]):
            if step == self._begin:
                self.emit(OriginateLost(server=self._server, leg=subject[0], why=why))
        self.emit(LinkLost(server=self._server, why=why))
        self.connected = False

    def crash(self) -> None:
        """The PBX dies: every call and everything to come is gone, and nobody is told."""
        self._catch_up()
        self.agenda.clear()
        self.legs.clear()
        self.seats.clear()
        for phone in self.phones.values():
            phone.legs = 0

    def redirect(self, id: LegId, context: str, exten: str) -> str | None:
        """Send a leg to an extension; the PBX's words when it refuses, else None."""
        self._catch_up()
        leg = self.legs.get(id)
        if leg is None or not (leg.up or leg.inbound):
            return NO_CHANNEL
        self._in(0.001, self._redirected, (leg, context, exten))
        return None

    def redirect_both(self, id: LegId, context: str, exten: str, extra: tuple[LegId, str, str]) -> str | None:
        """Send two legs to extensions in one move; the PBX's words when it refuses, else None."""
        self._catch_up()
        leg, other = self.legs.get(id), self.legs.get(extra[0])
        if leg is None or not leg.up or other is None or not other.up:
            return NO_CHANNEL
        self._in(0.001, self._redirected_both, (leg, context, exten, other, *extra[1:]))
        return None

    def set_variable(self, id: LegId, name: str, value: str) -> str | None:
        """Set a channel variable; the PBX's words when it refuses, else None."""
        leg = self.legs.get(id)
        if leg is None:
            return NO_CHANNEL
        if leg.variables is None:
            leg.variables = {}
        leg.variables[name] = value
        return None

    def hang_up(self, id: LegId, cause: int = 16) -> str | None:
        """End a leg; the PBX's words when it refuses, else None."""
        self._catch_up()
        leg = self.legs.get(id)
        if leg is None:
            return NO_CHANNEL
        self._in(QUEUED_S, self._hung_up, (leg, cause))
        return None

    def record(self, id: LegId, name: str) -> str | None:
        """Record a leg; the PBX's words when it refuses, else None."""
        self._catch_up()
        leg = self.legs.get(id)
        if leg is None:
            return NO_CHANNEL
        self._in(0.0008, self._begin_recording, (leg, name))
        return None

    def stop_recording(self, id: LegId) -> str | None:
        """Stop recording a leg; the PBX's words when it refuses, else None."""
        self._catch_up()
        leg = self.legs.get(id)
        if leg is None:
            return NO_CHANNEL
        self._in(0.0008, self._end_recording, leg)
        return None

    def phone_hangs_up(self, endpoint: str) -> None:
        """Whoever sits at the phone puts it down."""
        self._catch_up()
        for leg in list(self.legs.values()):
            if leg.phone is not None and leg.phone.endpoint == endpoint and leg.up:
                self._in(QUEUED_S, self._far_end_gone, leg)

    def find(self, channel: str) -> LegId:
        """The leg of a channel named as the PBX names it, or by its id."""
        if channel in self.legs:
            return LegId(channel)
        return next((leg.id for leg in self.legs.values() if leg.channel == channel), LegId(channel))

    def rows(self) -> tuple[LegSeen, ...]:
        """All legs as the PBX would list them."""
        return tuple(self._row(leg) for leg in self.legs.values())

    def _originate(self, command: Originate) -> None:
        leg, listen = call_leg(command.call), command.listen
        why = self.originate(
            leg,
            command.number.for_exchange(command.dial),
            ANSWERED if listen is None else AMD,
            OWN if listen is not None and listen.context else "s",
            command.ring_s,
            caller_id=command.caller_id,
            variables=None if listen is None else {"SWITCHROOM_LISTEN_MS": str(round(1000 * listen.most_s))},
            accept=True,
        )
        if why is not None:
            self._in(QUEUED_S, self.emit, OriginateRefused(server=self._server, leg=leg, why=why))

    def _seat_agent(self, command: SeatAgent) -> None:
        self.originate(command.leg, command.endpoint, AGENT, command.agent, command.ring_s, accept=True)

    def _call_supervisor(self, command: CallSupervisor) -> None:
        words = {"SWITCHROOM_SPY": command.on, "SWITCHROOM_SEAT": command.agent}
        self.originate(
            command.leg, command.endpoint, SUPERVISE, command.way, command.ring_s, variables=words, accept=True
        )

    def _move_supervisor(self, command: MoveSupervisor) -> None:
        self.set_variable(command.leg, "SWITCHROOM_SPY", command.on)
        self.set_variable(command.leg, "SWITCHROOM_SEAT", command.agent)
        self.set_variable(command.leg, "SWITCHROOM_BACK", command.back or "")
        self._failed_if(self.redirect(command.leg, SUPERVISE, command.way), command, command.leg)

    def _move(
        self,
        command: Any,
        context: str,
        exten: str,
    ) -> None:
        """Send the call a command is about to an extension."""
        leg = call_leg(command.call)
        self._failed_if(self.redirect(leg, context, exten), command, leg)

    def _ring(self, command: RingAgent) -> None:
        leg = call_leg(command.call)
        self.set_variable(leg, "SWITCHROOM_ENDPOINT", command.endpoint)
        self.set_variable(leg, "SWITCHROOM_RING_S", f"{command.ring_s:g}")
        self._failed_if(self.redirect(leg, RING, command.agent), command, leg)

    def _hold(self, command: HoldCustomer) -> None:
        leg = call_leg(command.call)
        if command.leg is None or command.agent is None:
            why = self.redirect(leg, HOLD, "s")
        else:
            why = self.redirect_both(leg, HOLD, "s", (command.leg, AGENT, command.agent))
        self._failed_if(why, command, leg)

    def _visit(self, command: VisitRoom) -> None:
        self.set_variable(command.leg, "SWITCHROOM_ROOM", command.room)
        self._failed_if(self.redirect(command.leg, GUEST, command.agent), command, command.leg)

    def _dial_outside(self, command: DialOutside) -> None:
        why = self.originate(
            command.leg,
            command.number.for_exchange(command.dial),
            OUTSIDE,
            command.call,
            command.ring_s,
            caller_id=command.caller_id,
            accept=True,
        )
        if why is not None:
            self._in(QUEUED_S, self.emit, OriginateRefused(server=self._server, leg=command.leg, why=why))

    def _send_to_node(self, command: SendToNode) -> None:
        leg = call_leg(command.call)
        self.set_variable(leg, "SWITCHROOM_MESSAGE", command.message)
        self.set_variable(leg, "SWITCHROOM_NODE", command.context)
        self.set_variable(leg, "SWITCHROOM_NODE_EXTEN", command.exten)
        self._move(command, NODE, "s")

    def _ask_survey(self, command: AskSurvey) -> None:
        leg = call_leg(command.call)
        self.set_variable(leg, "SWITCHROOM_QUESTIONS", str(len(command.questions)))
        self.set_variable(leg, "SWITCHROOM_TRIES", str(command.tries))
        self.set_variable(leg, "SWITCHROOM_WAIT_S", f"{command.wait_s:g}")
        for serial, question in enumerate(command.questions, 1):
            self.set_variable(leg, f"SWITCHROOM_DIGITS{serial}", question.digits)
        self._move(command, SURVEY, "s")

    def _set_all(self, command: Any, **variables: str) -> None:
        leg = call_leg(command.call)
        for name, value in variables.items():
            self._failed_if(self.set_variable(leg, name, value), command, leg)

    def _take_message(self, command: TakeMessage) -> None:
        self._set_all(
            command,
            SWITCHROOM_NAME=command.name,
            SWITCHROOM_MAILBOX=command.queue,
            SWITCHROOM_LONGEST_S=f"{command.longest_s:g}",
            SWITCHROOM_ENDS=ENDS[command.key],
        )
        self._move(command, VOICEMAIL, "s")

    def _hang_up(self, command: HangUp) -> None:
        self._failed_if(self.hang_up(command.leg, command.cause), command, command.leg)

    def _failed_if(self, why: str | None, command: PbxCommand, leg: LegId) -> None:
        if why is not None:
            failed = ActionFailed(server=self._server, leg=leg, what=type(command).__name__, why=why)
            self._in(QUEUED_S, self.emit, failed)

    def _unsent(self, command: PbxCommand) -> None:
        """The link is down: say so, which needs no link."""
        why = "link_lost"
        event: PbxEvent
        match command:
            case Originate(call=call):
                event = OriginateRefused(server=self._server, leg=call_leg(call), why=why)
            case SeatAgent(leg=leg) | DialOutside(leg=leg) | CallSupervisor(leg=leg):
                event = OriginateRefused(server=self._server, leg=leg, why=why)
            case _:
                about: LegId | None = getattr(command, "call", None) or getattr(command, "leg", None)
                event = ActionFailed(server=self._server, leg=about, what=type(command).__name__, why=why)
        self._in(QUEUED_S, self._on_event, event)

    def _hung_up(self, subject: tuple[Leg, int]) -> None:
        leg, cause = subject
        if leg.gone:
            return
        if leg.up or leg.inbound or leg.caller is not None:
            self._end(leg, cause)
        else:
            self._cancelled(leg, cause)

    def _linked(self, _: None) -> None:
        self.connected = True
        self.emit(LinkUp(server=self._server, version=VERSION))
        self._snapshot(None)

    def _snapshot(self, _: None) -> None:
        self.emit(PbxSnapshot(server=self._server, legs=self.rows()))
        for endpoint in self.phones:
            self._device(endpoint)

    def _row(self, leg: Leg) -> LegSeen:
        return LegSeen(
            leg=leg.id,
            linked=leg.linked,
            channel=leg.channel,
            up=leg.up,
            ringing=leg.ringing,
            bridge=leg.bridge.id if leg.bridge is not None else None,
            application=leg.application,
            data=leg.data,
            context=leg.context,
            exten=leg.exten,
            duration_s=self._now - leg.born,
        )

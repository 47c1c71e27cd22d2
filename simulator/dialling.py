"""Originate on the simulated PBX: the life of a dialled leg from the queue to its answer or its end.

Sequences and the share of each order are those measured on Asterisk 22 (500 calls): what was fixed there is fixed
here, what varied varies. Times in seconds.
"""

from simulator.dialplan import Dialplan, has_extension
from simulator.faults import TrunkFaults
from simulator.legs import Ending, Fate, Leg, Phone
from telephony.events import (
    DialEnded,
    HangupRequested,
    LegAnswered,
    LegProgressed,
    LegRinging,
    OriginateAccepted,
    OriginateEnded,
)
from telephony.ids import LegId
from telephony.outcomes import REASON_ANSWERED, REASON_TIMEOUT

REFUSALS: dict[Ending, tuple[str, int, int]] = {
    Ending.BUSY: ("BUSY", 17, 486),
    Ending.CONGESTED: ("CONGESTION", 34, 503),
    Ending.NOT_ASSIGNED: ("NOANSWER", 1, 404),
    Ending.UNAVAILABLE: ("NOANSWER", 19, 480),
    Ending.DECLINES: ("NOANSWER", 21, 603),
    Ending.EARLY_MEDIA_THEN_BUSY: ("BUSY", 17, 486),
    Ending.DEAD: ("NOANSWER", 18, 408),
}
"""DialStatus, Q.850 cause and SIP code of each ending that is no answer."""

SILENT = frozenset({Ending.CONGESTED, Ending.NOT_ASSIGNED, Ending.DEAD})
"""Endings before which nothing rings."""

Plan = tuple[LegId, str, str, str, float, str, dict[str, str] | None, bool, str, str, str]

DEAD_S = 32.0
"""How long Asterisk asks a carrier that never replies."""
QUEUED_S = 0.0004
PARK_S = 0.001


def phone_fate(phone: Phone) -> Fate:
    """What becomes of a call to an agent's phone."""
    if phone.legs:
        return Fate(Ending.BUSY, setup_s=0.02, ring_s=0.0)
    if phone.answers_after_s is None:
        return Fate(Ending.RINGS_OUT, setup_s=0.02)
    return Fate(Ending.ANSWERS, setup_s=0.02, ring_s=phone.answers_after_s)


class Dialling(Dialplan):
    """The scripts of dialled legs."""

    faults: TrunkFaults | None = None
    trunks: frozenset[str] = frozenset({"carrier"})
    """The trunks this PBX knows, by the name after the @ of a dial string."""

    def originate(
        self,
        id: LegId,
        channel: str,
        context: str,
        exten: str,
        timeout_s: float,
        *,
        caller_id: str = "",
        variables: dict[str, str] | None = None,
        accept: bool = False,
    ) -> str | None:
        """Queue an Originate; the PBX's words when it refuses at once, else None and events follow.

        `accept` emits OriginateAccepted too (a wire answers with its own Response)."""
        if not has_extension(context, exten):
            return "Extension does not exist."
        self._catch_up()
        digits, at, trunk = channel.partition("/")[2].partition("@")
        plan = (id, channel, context, exten, timeout_s, caller_id, variables, accept, digits, at, trunk)
        self._in(QUEUED_S, self._begin, plan)
        return None

    def _begin(self, plan: Plan) -> None:
        id, channel, context, exten, timeout_s, caller_id, variables, accept, digits, at, trunk = plan
        server, now = self._server, self._now
        if accept:
            self.emit(OriginateAccepted(server=server, leg=id))
        if id in self.legs:
            self.emit(OriginateEnded(server=server, leg=id, ok=False, reason=0))
            return
        if at:
            known = trunk in self.trunks
            phone = None
        else:
            phone = self.phones.get(channel)
            known = phone is not None and phone.registered
        if not known:
            self.emit(OriginateEnded(server=server, leg=id, ok=False, reason=0))
            return
        if phone is None:
            fate = self.population.fate(digits, now)
            if self.faults is not None:
                fate = self.faults.touch(fate, trunk, now)
        else:
            fate = phone_fate(phone)
        leg = Leg(id, id, now, fate, phone)
        leg.digits, leg.caller_id, leg.variables = digits, caller_id, variables
        leg.context, leg.exten = context, exten
        self._plug_in(leg, channel if phone is not None else f"PJSIP/{trunk}")
        ending = fate.ending
        if ending is Ending.DEAD:
            rings_in, ends_in = DEAD_S, DEAD_S
        elif ending in SILENT:
            rings_in = ends_in = fate.setup_s
        else:
            rings_in, ends_in = fate.setup_s, fate.setup_s + fate.ring_s
            if rings_in < timeout_s:
                self._in(rings_in, self._rings, leg)
        if ending is Ending.RINGS_OUT or ends_in >= timeout_s:
            self._in(timeout_s, self._times_out, leg)
        elif ending is Ending.ANSWERS:
            self._in(ends_in, self._answers, leg)
        else:
            self._in(ends_in, self._refuses, leg)

    def _rings(self, leg: Leg) -> None:
        if leg.gone:
            return
        if leg.fate.ending is Ending.EARLY_MEDIA_THEN_BUSY:
            self.emit(LegProgressed(server=self._server, leg=leg.id))
        else:
            leg.ringing = True
            self.emit(LegRinging(server=self._server, leg=leg.id))

    def _answers(self, leg: Leg) -> None:
        if leg.gone:
            return
        server, id, emit = self._server, leg.id, self.emit
        leg.up, leg.ringing = True, False
        turn = self.rng.random()
        done = OriginateEnded(server=server, leg=id, ok=True, reason=REASON_ANSWERED)
        if turn < 0.177:
            emit(done)
        emit(LegAnswered(server=server, leg=id))
        if 0.177 <= turn < 0.30:
            emit(done)
        emit(DialEnded(server=server, leg=id, caller=None, status="ANSWER"))
        if 0.30 <= turn < 0.9:
            emit(done)
        if leg.is_customer:
            self._leaves_in(leg, leg.fate.patience_s)
        self._in(PARK_S, self._runs_dialplan, leg)
        if turn >= 0.9:
            self._in(2 * PARK_S, self.emit, done)

    def _runs_dialplan(self, leg: Leg) -> None:
        self._enter(leg, leg.context, leg.exten)

    def _refuses(self, leg: Leg) -> None:
        if leg.gone:
            return
        server, id = self._server, leg.id
        status, cause, tech_cause = REFUSALS[leg.fate.ending]
        done = OriginateEnded(server=server, leg=id, ok=False, reason=0)
        self.emit(HangupRequested(server=server, leg=id, cause=cause))
        turn = self.rng.random()
        if turn < 0.25:
            self.emit(done)
        self.emit(DialEnded(server=server, leg=id, caller=None, status=status))
        if 0.25 <= turn < 0.85:
            self.emit(done)
        self._gone(leg, cause, tech_cause)
        if turn >= 0.85:
            self.emit(done)

    def _times_out(self, leg: Leg) -> None:
        if leg.gone:
            return
        self.emit(OriginateEnded(server=self._server, leg=leg.id, ok=False, reason=REASON_TIMEOUT))
        self._gone(leg, 19, 480)

    def _cancelled(self, leg: Leg, cause: int) -> None:
        """We hang up a leg that is still being dialled."""
        server, id = self._server, leg.id
        self.emit(DialEnded(server=server, leg=id, caller=None, status="NOANSWER"))
        self.emit(OriginateEnded(server=server, leg=id, ok=False, reason=0))
        self._gone(leg, cause)

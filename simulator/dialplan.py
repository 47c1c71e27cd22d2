"""Our dialplan on the simulated PBX: where legs wait, meet, ring an agent, and hear that nobody is free.

The contexts and their behaviour are those of the dialplan generated for Asterisk.
"""

from abc import abstractmethod
from collections.abc import Mapping
from math import inf

from simulator.later import CALLBACK, FOR_CALLBACK, KEYS, VOICEMAIL, ServedLater
from simulator.legs import Bridge, Ending, Fate, Leg
from simulator.oncall import GUEST, NODE, OUTSIDE, RETURN, SURVEY, TOGETHER, UNSEATED, OnCall, is_host
from simulator.supervising import SUPERVISE, WAYS, Supervising
from telephony.detection import WORD, Heard
from telephony.events import (
    DialEnded,
    HangupRequested,
    LegAnswered,
    LegParked,
    LegRinging,
    OptOutPressed,
)
from telephony.ids import BridgeId, LegId

ANSWERED = "switchroom-answered"
AMD = "switchroom-amd"
SEAT = "switchroom-seat"
AGENT = "switchroom-agent"
RING = "switchroom-ring"
HOLD = "switchroom-hold"
ABANDONED = "switchroom-abandoned"
MACHINE = "switchroom-machine"
CALLER = "switchroom-caller"
FOR_CALLERS = frozenset({"answer", "early", "again", "announce", "away", "outside"})

OWN = "own"
"""The extension of AMD's context that runs a detector of the operator's own."""
START_ONLY = frozenset({ANSWERED, AMD, HOLD, ABANDONED, MACHINE, NODE, SURVEY, KEYS, VOICEMAIL})
BY_AGENT = frozenset({SEAT, AGENT, RING, RETURN, GUEST, OUTSIDE, TOGETHER})

SEAT_EMPTY = "SEAT_EMPTY"
"""What the dialplan says of a customer who was sent into a seat with no phone in it."""
MESSAGE_S = 6.0
"""Length of the abandon message."""
OPT_OUT_S = 4.0
"""When a customer who opts out presses the key."""


CAUSES = {"HUMAN": "human", "MACHINE": "longgreeting", "NOTSURE": "toolong"}
"""The detector's word for each verdict."""


def longest_s(variables: Mapping[str, str]) -> float:
    """How long the detector may listen, in seconds, by the variables the leg was originated with."""
    arguments = variables.get("SWITCHROOM_AMD", "").strip('"').split(",")
    text = variables.get("SWITCHROOM_LISTEN_MS") or (arguments[3] if len(arguments) > 3 else "")
    return int(text) / 1000 if text.isascii() and text.isdigit() else 5.0


def has_extension(context: str, exten: str) -> bool:
    """Whether the dialplan knows `exten` in `context`."""
    if context in BY_AGENT:
        return bool(exten)
    if context == CALLER:
        return exten in FOR_CALLERS
    if context == SUPERVISE:
        return exten in WAYS
    if context == CALLBACK:
        return exten in FOR_CALLBACK
    return context in START_ONLY and (exten == "s" or (context == AMD and exten == OWN))


class Dialplan(OnCall, Supervising, ServedLater):
    """What a leg does in each context."""

    def _enter(self, leg: Leg, context: str, exten: str) -> None:
        if leg.gone:
            return
        leg.context, leg.exten = context, exten
        match context:
            case "switchroom-answered":
                self._park(leg, SEAT_EMPTY if exten == UNSEATED else "")
            case "switchroom-amd":
                self._listen(leg)
            case "switchroom-agent":
                leg.application, leg.data = "ConfBridge", f"seat-{exten}"
                self._enter_bridge(leg, self._seat(exten))
            case "switchroom-seat":
                seat = self.seats.get(f"seat-{exten}")
                if seat is None or not any(is_host(other) for other in seat.legs):
                    self._enter(leg, ANSWERED, UNSEATED)
                    return
                leg.application, leg.data = "ConfBridge", f"seat-{exten}"
                self._enter_bridge(leg, seat)
            case "switchroom-ring":
                self._ring_agent(leg)
            case "switchroom-supervise":
                self._supervise(leg, exten)
            case "switchroom-hold":
                leg.application, leg.data = "MusicOnHold", ""
            case "switchroom-abandoned":
                leg.application, leg.data = "Background", "switchroom-abandoned"
                leg.leave_at = inf
                if leg.fate.opts_out:
                    self._in(OPT_OUT_S, self._opts_out, leg)
                else:
                    self._in(MESSAGE_S, self._message_over, leg)
            case "switchroom-machine":
                leg.application, leg.data = "Playback", "switchroom-machine"
                leg.leave_at = inf
                self._in(MESSAGE_S, self._message_over, leg)
            case "switchroom-caller":
                self._caller(leg)
            case _ if not self._enter_later(leg, context, exten):
                self._enter_on_call(leg, context, exten)

    @abstractmethod
    def _caller(self, leg: Leg) -> None:
        """What a caller does in the context that is his own."""

    def _pressed(self, subject: tuple[Leg, str]) -> None:
        super()._pressed(subject)
        self._keyed(subject)

    def _park(self, leg: Leg, dial: str = "") -> None:
        leg.application, leg.data = "MusicOnHold", "default"
        self.emit(LegParked(server=self._server, leg=leg.id, amd=leg.amd, dial=dial, why=leg.amd_why))
        if leg.connected and leg.fate.talk_s is not None:
            leg.connected = False
            self._leaves_in(leg, leg.fate.patience_s)
        if leg.inbound:
            self.waits_for_keys(leg)

    def _listen(self, leg: Leg) -> None:
        """The detector listens for as long as the fate says, Asterisk's AMD within its own longest time.

        One of the operator's own that takes longer is still listening when the customer is taken from it."""
        leg.application, leg.data = ("AMD", "") if leg.exten != OWN else ("Gosub", "")
        leg.amd, leg.amd_why = WORD[Heard.UNSURE], "noverdict"
        fate = leg.fate
        most_s = longest_s(leg.variables or {})
        if fate.amd_s <= most_s:
            self._in(fate.amd_s, self._amd_done, leg)
        elif leg.exten != OWN:
            self._in(most_s, self._amd_undecided, leg)

    def _amd_done(self, leg: Leg) -> None:
        if not leg.gone and leg.context == AMD:
            leg.amd, leg.amd_why = leg.fate.amd, CAUSES.get(leg.fate.amd, "")
            self._enter(leg, ANSWERED, "s")

    def _amd_undecided(self, leg: Leg) -> None:
        if not leg.gone and leg.context == AMD:
            leg.amd_why = CAUSES["NOTSURE"]
            self._enter(leg, ANSWERED, "s")

    def _opts_out(self, leg: Leg) -> None:
        if not leg.gone and leg.context == ABANDONED:
            self.emit(OptOutPressed(server=self._server, leg=leg.id))
            self._in(0.5, self._message_over, leg)

    def _message_over(self, leg: Leg) -> None:
        if not leg.gone and leg.context in (ABANDONED, MACHINE):
            self._gone(leg, 16)

    def _redirected(self, subject: tuple[Leg, str, str]) -> None:
        leg, context, exten = subject
        if leg.gone:
            return
        self._stop_dialling(leg)
        self._stop_spying(leg)
        self._part(leg)
        if has_extension(context, exten):
            self._enter(leg, context, exten)
        else:
            self._gone(leg, 0)

    def _redirected_both(self, subject: tuple[Leg, str, str, Leg, str, str]) -> None:
        """Two legs in one move: neither is hung up for the other's leaving."""
        leg, context, exten, other, other_context, other_exten = subject
        if leg.gone or other.gone:
            return
        self._leave_bridge(leg)
        self._leave_bridge(other)
        other.caller = None
        self._enter(leg, context, exten)
        self._enter(other, other_context, other_exten)

    def _part(self, leg: Leg) -> None:
        """Leave the bridge. The other party of a Dial is hung up; a room outlives its guests, who are sent on when its
        last host leaves it."""
        bridge = leg.bridge
        self._leave_bridge(leg)
        if bridge is None:
            return
        if bridge.is_seat and (not is_host(leg) or any(is_host(other) for other in bridge.legs)):
            return
        for other in list(bridge.legs):
            self._leave_bridge(other)
            if other.context == SUPERVISE:
                self._in(0.001, self._supervised, other)
            elif bridge.is_seat:
                self._in(0.001, self._kicked, other)
            else:
                self._gone(other, 16)

    def _hangs_up(self, leg: Leg) -> None:
        """The far end hangs up, unless his plans have changed since."""
        if leg.gone or leg.leave_at > self._now:
            return
        self._far_end_gone(leg)

    def _far_end_gone(self, leg: Leg) -> None:
        if leg.gone:
            return
        cause = leg.fate.ended_by
        self.emit(HangupRequested(server=self._server, leg=leg.id, cause=cause))
        self._end(leg, cause or 0)

    def _end(self, leg: Leg, cause: int) -> None:
        """The leg ends, and with it what depends on it."""
        self.hung_up_speaking(leg)
        self._stop_dialling(leg)
        if leg.caller is not None and not leg.up:
            self._agent_unreached(leg, "NOANSWER", cause)
            return
        self._part(leg)
        self._gone(leg, cause)

    def _ring_agent(self, customer: Leg) -> None:
        variables = customer.variables or {}
        endpoint = variables.get("SWITCHROOM_ENDPOINT", "")
        wanted = variables.get("SWITCHROOM_RING_S", "")
        ring_s = float(wanted) if wanted.replace(".", "", 1).isdecimal() else 15.0
        customer.application, customer.data = "Dial", f"{endpoint},{ring_s:g}"
        phone = self.phones.get(endpoint)
        if phone is None or not phone.registered:
            self._in(0.002, self._unreachable, customer)
            return
        self._serial += 1
        busy = phone.legs > 0
        id = LegId(f"{self._server}-{int(self._now)}.{self._serial}")
        agent = Leg(id, customer.linked, self._now, Fate(Ending.ANSWERS), phone)
        agent.context, agent.exten, agent.application = RING, customer.exten, "AppDial"
        agent.caller, customer.dialled = customer, agent
        self._plug_in(agent, endpoint)
        if busy:
            self._in(0.02, self._agent_busy, agent)
            return
        self._in(0.02, self._agent_rings, agent)
        answers = phone.answers_after_s
        if answers is not None and answers < ring_s:
            self._in(0.02 + answers, self._agent_answers, agent)
        else:
            self._in(ring_s, self._agent_ignored, agent)

    def _agent_rings(self, agent: Leg) -> None:
        if not agent.gone:
            agent.ringing = True
            self.emit(LegRinging(server=self._server, leg=agent.id))

    def _agent_answers(self, agent: Leg) -> None:
        customer = agent.caller
        if agent.gone or customer is None:
            return
        agent.up, agent.ringing, customer.dialled = True, False, None
        self.emit(LegAnswered(server=self._server, leg=agent.id))
        self.emit(DialEnded(server=self._server, leg=agent.id, caller=customer.id, status="ANSWER"))
        self._serial += 1
        bridge = Bridge(BridgeId(f"{self._server}-b{self._serial}"), "<unknown>", False)
        self._enter_bridge(agent, bridge)
        self._enter_bridge(customer, bridge)

    def _agent_ignored(self, agent: Leg) -> None:
        if not agent.gone and not agent.up:
            self._agent_unreached(agent, "NOANSWER", 0)

    def _agent_busy(self, agent: Leg) -> None:
        if not agent.gone:
            self._agent_unreached(agent, "BUSY", 17)

    def _agent_unreached(self, agent: Leg, status: str, cause: int) -> None:
        customer = agent.caller
        assert customer is not None
        customer.dialled = None
        self.emit(DialEnded(server=self._server, leg=agent.id, caller=customer.id, status=status))
        self._gone(agent, cause)
        self._back_to_waiting(customer, status)

    def _unreachable(self, customer: Leg) -> None:
        self._back_to_waiting(customer, "CHANUNAVAIL")

    def _back_to_waiting(self, customer: Leg, status: str) -> None:
        """Nobody took the customer: he waits again, with the PBX's word for it."""
        if customer.gone or customer.context != RING:
            return
        customer.context, customer.exten = ANSWERED, "rung"
        self._park(customer, status)

    def _stop_dialling(self, customer: Leg) -> None:
        agent = customer.dialled
        if agent is not None:
            customer.dialled = None
            self.emit(DialEnded(server=self._server, leg=agent.id, caller=customer.id, status="CANCEL"))
            self._gone(agent, 0)

"""What an agent does with a call he has, on the simulated PBX: rooms with hosts and guests, nodes, surveys.

The contexts are those of ``30_on_call.conf``. A room is a conference; when its last host leaves, an agent's own leg in
his seat or a party outside, everybody else is sent on as the dialplan says.
"""

from simulator.legs import Leg
from simulator.switch import Switch
from telephony.events import LegParked, SurveyOver, SurveyPressed
from telephony.ids import LegId

RETURN = "switchroom-return"
GUEST = "switchroom-guest"
OUTSIDE = "switchroom-outside"
TOGETHER = "switchroom-together"
NODE = "switchroom-node"
SURVEY = "switchroom-survey"

HOSTS = frozenset({"switchroom-agent", OUTSIDE})
"""Contexts whose legs keep a room open."""
UNSEATED = "unseated"
"""Where customers wait again who found no host in the room."""
NODE_MISSING = "NODE_MISSING"
ANNOUNCED_S = 4.0
"""Length of an announcement before a node."""
PRESSES_S = 1.5
"""When a customer with a score to give presses its key."""


class OnCall(Switch):
    """What legs do in those contexts."""

    nodes: frozenset[tuple[str, str]] = frozenset({("own", "s")})
    """Extensions of the operator's own dialplan that exist; what they are sent to hangs up at once."""

    def _enter_on_call(self, leg: Leg, context: str, exten: str) -> None:
        variables = leg.variables or {}
        leg.application, leg.data = "ConfBridge", ""
        match context:
            case "switchroom-return":
                self._enter_bridge(leg, self._room(f"seat-{exten}"))
            case "switchroom-guest":
                self._enter_bridge(leg, self._room(variables.get("SWITCHROOM_ROOM", "")))
            case "switchroom-outside":
                self._enter_bridge(leg, self._room(f"out-{exten}"))
            case "switchroom-together":
                room = self.seats.get(f"out-{exten}")
                if room is None or not any(is_host(other) for other in room.legs):
                    self._enter(leg, "switchroom-answered", UNSEATED)
                else:
                    self._enter_bridge(leg, room)
            case "switchroom-node":
                leg.application = "Playback"
                self._in(ANNOUNCED_S if variables.get("SWITCHROOM_MESSAGE") else 0.001, self._announced, leg)
            case "switchroom-survey":
                leg.application = "Read"
                self._ask(leg, 1, 1)
            case _:
                self._gone(leg, 16)

    def _kicked(self, leg: Leg) -> None:
        """The room's host has left: the dialplan sends who stayed on."""
        if leg.gone or leg.bridge is not None:
            return
        if leg.context == GUEST:
            self._enter(leg, "switchroom-agent", leg.exten)
        elif leg.context in ("switchroom-seat", RETURN, TOGETHER):
            self._enter(leg, "switchroom-answered", "s")

    def _announced(self, leg: Leg) -> None:
        if leg.gone or leg.context != NODE:
            return
        variables = leg.variables or {}
        context, exten = variables.get("SWITCHROOM_NODE", ""), variables.get("SWITCHROOM_NODE_EXTEN", "")
        if (context, exten) in self.nodes:
            leg.context, leg.exten, leg.application = context, exten, "NoOp"
            self._gone(leg, 16)
            return
        leg.context, leg.application = "switchroom-answered", "MusicOnHold"
        self.emit(LegParked(server=self._server, leg=leg.id, dial=NODE_MISSING))

    def press(self, id: LegId, digit: str) -> None:
        """Whoever has this leg presses a key."""
        self._catch_up()
        if (leg := self.legs.get(id)) is not None:
            self._in(0.001, self._pressed, (leg, digit))

    def _ask(self, leg: Leg, question: int, attempt: int) -> None:
        """Ask a question for the so-maniest time, or the next one, or end."""
        variables = leg.variables or {}
        if question > _whole(variables.get("SWITCHROOM_QUESTIONS", ""), 0):
            self.emit(SurveyOver(server=self._server, leg=leg.id))
            self._gone(leg, 16)
            return
        if attempt > _whole(variables.get("SWITCHROOM_TRIES", ""), 1):
            self._ask(leg, question + 1, 1)
            return
        leg.asked = (question, attempt)
        wait = float(variables.get("SWITCHROOM_WAIT_S", "") or 5.0)
        scores = leg.fate.scores
        if question <= len(scores) and wait > PRESSES_S:
            self._in(PRESSES_S, self._pressed, (leg, scores[question - 1]))
        self._in(wait, self._unanswered, (leg, question, attempt))

    def _pressed(self, subject: tuple[Leg, str]) -> None:
        leg, digit = subject
        if leg.gone or leg.context != SURVEY:
            return
        question, attempt = leg.asked
        if digit in (leg.variables or {}).get(f"SWITCHROOM_DIGITS{question}", ""):
            self.emit(SurveyPressed(server=self._server, leg=leg.id, question=question, digit=digit))
            self._ask(leg, question + 1, 1)
        else:
            self._ask(leg, question, attempt + 1)

    def _unanswered(self, subject: tuple[Leg, int, int]) -> None:
        leg, question, attempt = subject
        if not leg.gone and leg.context == SURVEY and leg.asked == (question, attempt):
            self._ask(leg, question, attempt + 1)


def is_host(leg: Leg) -> bool:
    """Whether the leg keeps the room it is in open."""
    return leg.context in HOSTS


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() else otherwise

"""Callers who are served later, on the simulated PBX: keys pressed while waiting, callbacks confirmed, messages left.

The contexts are those of ``50_later.conf``. What a caller presses is told by ``press`` of ``oncall``, or by his fate.
"""

from math import inf

from simulator.legs import Leg
from simulator.switch import Switch, write_sound
from telephony.events import LegAnswered
from telephony.ids import CallId, CampaignId
from telephony.later import CallbackDeclined, CallbackWanted, MessageLeft
from telephony.numbers import NumberFault, PhoneNumber

KEYS = "switchroom-keys"
CALLBACK = "switchroom-callback"
VOICEMAIL = "switchroom-voicemail"
FOR_CALLBACK = frozenset({"s", "noted", "sorry"})
CONFIRM, ANOTHER = "1", "2"
ASKED_S = 14.0
"""How long the dialplan waits for a key that does not come."""
PUT_DOWN_S = 10.0
GREETING_S = 3.0
GOODBYE_S = 1.5
PRESSES_S = 1.0


class ServedLater(Switch):
    """What legs do in those contexts."""

    def _enter_later(self, leg: Leg, context: str, exten: str) -> bool:
        """Whether the context is one of these; then the leg is in it."""
        match context:
            case "switchroom-keys":
                leg.application, leg.data = "WaitExten", "3600,m"
                if leg.fate.calls_back and not leg.keyed:
                    self._in(PRESSES_S, self._keyed, (leg, (leg.variables or {}).get("SWITCHROOM_KEY", "")))
            case "switchroom-callback":
                self._callback(leg, exten)
            case "switchroom-voicemail":
                self._answer_now(leg)
                leg.application, leg.leave_at = "Playback", inf
                self._in(GREETING_S, self._records, leg)
            case _:
                return False
        return True

    def waits_for_keys(self, leg: Leg) -> None:
        """He waits; where a key is offered to him he may press it."""
        if (leg.variables or {}).get("SWITCHROOM_KEY"):
            self._enter(leg, KEYS, "s")

    def _callback(self, leg: Leg, exten: str) -> None:
        if exten == "noted":
            leg.application, leg.leave_at = "Playback", inf
            self._in(GOODBYE_S, self._ends_in, (leg, CALLBACK))
            return
        if exten == "sorry":
            self._wait_on(leg)
            return
        self._answer_now(leg)
        leg.application, leg.back, leg.keyed = "Read", leg.number, ""
        leg.exten = "confirm" if leg.number is not None else "enter"
        self._in(ASKED_S, self._nothing_pressed, (leg, leg.exten))
        if leg.fate.calls_back and leg.number is not None:
            self._in(PRESSES_S, self._keyed, (leg, CONFIRM))

    def _keyed(self, subject: tuple[Leg, str]) -> None:
        leg, key = subject
        if leg.gone:
            return
        if leg.context == KEYS:
            if key and key == (leg.variables or {}).get("SWITCHROOM_KEY"):
                leg.keyed = key
                self._enter(leg, CALLBACK, "s")
        elif leg.context == CALLBACK and leg.exten == "confirm":
            self._confirmed(leg, key)
        elif leg.context == CALLBACK and leg.exten == "enter":
            self._entered(leg, key)
        elif leg.context == VOICEMAIL and leg.application == "Record" and key in leg.keyed:
            self._message_ends(leg)

    def _confirmed(self, leg: Leg, key: str) -> None:
        if key == CONFIRM:
            leg.exten = "yes"
            self.emit(CallbackWanted(server=self._server, leg=CallId(leg.id), number=leg.back))
            self._in(PUT_DOWN_S, self._nothing_pressed, (leg, "yes"))
        elif key == ANOTHER:
            leg.exten, leg.keyed = "enter", ""
            self._in(ASKED_S, self._nothing_pressed, (leg, "enter"))
        else:
            self._declined(leg)

    def _entered(self, leg: Leg, key: str) -> None:
        if key != "#":
            leg.keyed += key
            return
        try:
            leg.back = PhoneNumber(f"+{leg.keyed}") if len(leg.keyed) >= 5 else None
        except NumberFault:
            leg.back = None
        if leg.back is None:
            self._declined(leg)
            return
        leg.exten = "confirm"
        self._in(ASKED_S, self._nothing_pressed, (leg, "confirm"))

    def _nothing_pressed(self, subject: tuple[Leg, str]) -> None:
        leg, exten = subject
        if not leg.gone and leg.context == CALLBACK and leg.exten == exten:
            self._declined(leg)

    def _declined(self, leg: Leg) -> None:
        self.emit(CallbackDeclined(server=self._server, leg=CallId(leg.id)))
        self._wait_on(leg)

    def _wait_on(self, leg: Leg) -> None:
        """Music again, without saying so."""
        leg.context, leg.exten = "switchroom-answered", "s"
        leg.application, leg.data = "MusicOnHold", "default"
        self.waits_for_keys(leg)

    def _answer_now(self, leg: Leg) -> None:
        if not leg.up:
            leg.up = True
            self.emit(LegAnswered(server=self._server, leg=leg.id))

    def _records(self, leg: Leg) -> None:
        if leg.gone or leg.context != VOICEMAIL:
            return
        variables = leg.variables or {}
        leg.application, leg.recording_from = "Record", self._now
        leg.keyed = {"t": "*", "y": "0123456789*#"}.get(variables.get("SWITCHROOM_ENDS", ""), "#")
        longest = float(variables.get("SWITCHROOM_LONGEST_S") or 60.0)
        self._in(min(leg.fate.message_s, longest), self._message_ends, leg)

    def _message_ends(self, leg: Leg) -> None:
        if leg.gone or leg.context != VOICEMAIL or leg.application != "Record":
            return
        self._message_left(leg)
        leg.application = "Playback"
        self._in(GOODBYE_S, self._ends_in, (leg, VOICEMAIL))

    def _message_left(self, leg: Leg) -> None:
        """The file is closed and told of; as well when the caller hangs up while he speaks."""
        variables = leg.variables or {}
        name = variables.get("SWITCHROOM_NAME", "")
        if self._recordings is not None:
            write_sound(self._recordings, f"{name}.wav", self._now - leg.recording_from)
        queue = CampaignId(variables.get("SWITCHROOM_MAILBOX", ""))
        left = MessageLeft(server=self._server, leg=CallId(leg.id), name=name, queue=queue, number=leg.number)
        self.emit(left)

    def hung_up_speaking(self, leg: Leg) -> None:
        """The caller's line is gone: what he has said so far is his message."""
        if leg.context == VOICEMAIL and leg.application == "Record":
            leg.application = "Hangup"
            self._message_left(leg)

    def _ends_in(self, subject: tuple[Leg, str]) -> None:
        leg, context = subject
        if not leg.gone and leg.context == context:
            self._gone(leg, 16)

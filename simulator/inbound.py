"""Calls that come to the simulated PBX: a caller dials one of our lines, waits with his fate, and hangs up when he likes.

The context ``switchroom-caller`` behaves as that of the dialplan generated for Asterisk.
"""

from math import inf

from simulator.dialling import PARK_S, Dialling
from simulator.dialplan import ANSWERED, CALLER
from simulator.legs import Fate, Leg
from telephony.events import CallerArrived, LegAnswered
from telephony.ids import LegId
from telephony.numbers import PhoneNumber

HELD_S = 8.0
"""How long a caller hears the ringing tone before the dialplan answers him without us."""
ANNOUNCE_S = 6.0
AWAY_S = 6.0


class Inbound(Dialling):
    """The scripts of callers."""

    callers = 0

    def call_in(
        self,
        number: PhoneNumber | None,
        line: str,
        fate: Fate,
        *,
        hangs_up_s: float = inf,
        trunk: str = "carrier",
    ) -> LegId:
        """Somebody calls `line`, now; `number` None is withheld. His patience runs from now while nobody talks to him,
        `hangs_up_s` ends the call whatever is going on. Returns the leg's id, as Asterisk makes them."""
        self._catch_up()
        self.callers += 1
        id = LegId(f"{self._server}-{int(self._now)}.{self.callers + 1_000_000}")
        leg = Leg(id, id, self._now, fate, None)
        leg.inbound, leg.number, leg.digits = True, number, line
        leg.context, leg.exten = CALLER, "arrived"
        leg.application, leg.data = "Wait", f"{HELD_S:g}"
        self._plug_in(leg, f"PJSIP/{trunk}")
        self._in(PARK_S, self._arrives, leg)
        self._leaves_in(leg, fate.patience_s)
        if hangs_up_s != inf:
            self._in(hangs_up_s, self._far_end_hangs_up, leg)
        return id

    def _arrives(self, leg: Leg) -> None:
        if leg.gone:
            return
        self.emit(CallerArrived(server=self._server, leg=leg.id, caller=leg.number, called=leg.digits))
        self._in(HELD_S, self._unattended, leg)

    def _unattended(self, leg: Leg) -> None:
        """Nobody has taken him: he is answered and hears music."""
        if not leg.gone and leg.context == CALLER and leg.exten == "arrived":
            self._enter(leg, CALLER, "answer")

    def _far_end_hangs_up(self, leg: Leg) -> None:
        if not leg.gone:
            self._far_end_gone(leg)

    def _caller(self, leg: Leg) -> None:
        match leg.exten:
            case "answer":
                self._pick_up(leg)
                self._wait(leg)
            case "early":
                self._wait(leg)
            case "again":
                came = round(leg.born, 3)
                who = CallerArrived(
                    server=self._server, leg=leg.id, caller=leg.number, called=leg.digits, since=came, up=leg.up
                )
                self.emit(who)
                if leg.up:
                    self._wait(leg)
                else:
                    leg.exten = "arrived"
                    self._in(HELD_S, self._unattended, leg)
            case "announce":
                leg.application, leg.data = "Playback", "queue-thereare"
                self._in(ANNOUNCE_S, self._place_told, leg)
            case "away":
                self._pick_up(leg)
                leg.application, leg.leave_at = "Playback", inf
                self._in(AWAY_S, self._turned_away, leg)
            case "outside":
                self._pick_up(leg)
                leg.application = "Dial"
                self._first_word(leg)
            case _:
                self._gone(leg, 16)

    def _pick_up(self, leg: Leg) -> None:
        if not leg.up:
            leg.up = True
            self.emit(LegAnswered(server=self._server, leg=leg.id))

    def _wait(self, leg: Leg) -> None:
        leg.context, leg.exten = ANSWERED, "s"
        self._park(leg)

    def _place_told(self, leg: Leg) -> None:
        if not leg.gone and leg.context == CALLER and leg.exten == "announce":
            leg.context, leg.exten = ANSWERED, "s"
            leg.application, leg.data = "MusicOnHold", "default"
            self.waits_for_keys(leg)

    def _turned_away(self, leg: Leg) -> None:
        if not leg.gone and leg.context == CALLER and leg.exten == "away":
            self._gone(leg, 16)

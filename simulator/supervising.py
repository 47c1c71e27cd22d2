"""A supervisor's phone on the simulated PBX: what ChanSpy and a seat's conference do with it, and silent recordings."""

from simulator.legs import Leg
from simulator.switch import Switch
from telephony.events import RecordingMuted, SpyBegan, SpyStopped
from telephony.ids import LegId

SUPERVISE = "switchroom-supervise"
WAYS = frozenset({"listen", "whisper", "barge"})
NOT_RECORDED = "Cannot set mute flag"


class Supervising(Switch):
    """What a supervisor's leg does; where it goes afterwards is the dialplan's."""

    def _supervise(self, leg: Leg, way: str) -> None:
        words = leg.variables or {}
        seat = self.seats.get(f"seat-{words.get('SWITCHROOM_SEAT', '')}")
        if way == "barge" and seat is not None and any(other.context == "switchroom-agent" for other in seat.legs):
            leg.application, leg.data = "ConfBridge", seat.name
            self._enter_bridge(leg, seat)
            return
        spied = self.legs.get(LegId(words.get("SWITCHROOM_SPY", "")))
        if spied is None or not spied.up:
            self._supervised(leg)
            return
        leg.application, leg.data = "ChanSpy", spied.id
        leg.spies = spied
        spied.spied_by.append(leg)
        self.emit(SpyBegan(server=self._server, leg=leg.id, on=spied.id))

    def _stop_spying(self, leg: Leg) -> None:
        spied, leg.spies = leg.spies, None
        if spied is not None:
            spied.spied_by.remove(leg)
            self.emit(SpyStopped(server=self._server, leg=leg.id, on=spied.id))

    def _ears_close(self, leg: Leg) -> None:
        """The leg is about to go: its own ear closes, and those on it go on in the dialplan."""
        self._stop_spying(leg)
        for ear in list(leg.spied_by):
            self._stop_spying(ear)
            self._in(0.001, self._supervised, ear)

    def _supervised(self, leg: Leg) -> None:
        """Off the call: back into the seat the phone came from, or hung up."""
        if leg.gone or leg.spies is not None or leg.bridge is not None or leg.context != SUPERVISE:
            return
        home = (leg.variables or {}).get("SWITCHROOM_BACK", "")
        if home:
            self._enter(leg, "switchroom-agent", home)
        else:
            self._gone(leg, 16)

    def mute(self, id: LegId, muted: bool) -> str | None:
        """Have a leg's recording go on in silence, or with sound; the PBX's words when it refuses, else None."""
        self._catch_up()
        leg = self.legs.get(id)
        if leg is None:
            return "No such channel"
        if leg.recording is None:
            return NOT_RECORDED
        self._in(0.0008, self._muted, (leg, muted))
        return None

    def _muted(self, subject: tuple[Leg, bool]) -> None:
        leg, muted = subject
        if not leg.gone:
            leg.muted = muted
            self.emit(RecordingMuted(server=self._server, leg=leg.id, muted=muted))

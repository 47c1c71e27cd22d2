"""What is on the screens now, as the planner sees it: what is wanted where somebody wants it, else what is reported."""

from collections.abc import Iterable, Mapping

from kvmctl.matrix.loop import Loop, Phase
from kvmctl.matrix.plant import MatrixId, Plant, RxId, TxId
from kvmctl.matrix.screen import Standing
from kvmctl.matrix.wishes import Control
from kvmctl.ports import Channel, Hold, Side


class Picture:
    """All matrices together."""

    def __init__(self, plant: Plant, loops: Mapping[MatrixId, Loop]) -> None:
        self._plant, self._loops = plant, loops
        self._held: list[tuple[RxId, TxId | None]] = []
        self._good: dict[TxId, tuple[bool, bool]] = {}

    def shows(self, rx: RxId) -> TxId | None:
        """The transmitter this receiver shows or is about to show."""
        receiver = self._plant.rx[rx]
        loop = self._loops[receiver.matrix]
        want = loop.screens[rx].want
        if want is not None and loop.screens[rx].standing is not Standing.DRIFTED:
            return want.tx
        return self.reported(rx)

    def reported(self, rx: RxId) -> TxId | None:
        """The transmitter the device says this receiver shows, None for nothing and for one that has no id here."""
        receiver = self._plant.rx[rx]
        shown = self._loops[receiver.matrix].reported(receiver)
        for channel, port in shown.items():
            if (found := self._plant.tx_at(receiver.matrix, channel, port)) is not None:
                return found
        return None

    def control(self, rx: RxId) -> Control:
        receiver = self._plant.rx[rx]
        loop = self._loops[receiver.matrix]
        want, port = loop.screens[rx].want, receiver.ports.get(Channel.USB)
        if want is not None:
            return Control.FULL if want.ports.get(Channel.USB) is not None else Control.VIEW
        joined = port is not None and loop.points.get((Channel.USB, port)) is not None
        return Control.FULL if joined else Control.VIEW

    def hold(self, rx: RxId) -> Hold:
        want = self._loops[self._plant.rx[rx].matrix].screens[rx].want
        return want.hold if want is not None else Hold.SHARED

    def holders(self, tx: TxId, but: RxId) -> Iterable[RxId]:
        """Receivers other than `but` that hold the transmitter exclusively or in private, as last looked at."""
        return [rx for rx, held in self._held if held == tx and rx != but]

    def look(self) -> None:
        """Before a plan is made: find out who holds what, forget what was known of transmitters."""
        self._good.clear()
        self._held = [
            (rx, screen.want.tx)
            for loop in self._loops.values()
            for rx, screen in loop.screens.items()
            if screen.want is not None and screen.want.hold is not Hold.SHARED
        ]

    def reachable(self, rx: RxId) -> bool:
        """Whether the matrix has said what it shows, or has been lost a moment ago only."""
        loop = self._loops[self._plant.rx[rx].matrix]
        return loop.phase is not Phase.DOWN or loop.known

    def rx_online(self, rx: RxId) -> bool:
        receiver = self._plant.rx[rx]
        return self._loops[receiver.matrix].is_online(Side.RX, receiver.ports)

    def tx_online(self, tx: TxId) -> bool:
        transmitter = self._plant.tx[tx]
        return self._loops[transmitter.matrix].is_online(Side.TX, transmitter.ports)

    def tx_good(self, tx: TxId) -> tuple[bool, bool]:
        """Whether it is online and has video, as last looked at."""
        if (found := self._good.get(tx)) is None:
            found = self._good[tx] = (self.tx_online(tx), self.has_video(tx))
        return found

    def has_video(self, tx: TxId) -> bool:
        transmitter = self._plant.tx[tx]
        return self._loops[transmitter.matrix].has_signal(transmitter.ports.get(Channel.VIDEO))

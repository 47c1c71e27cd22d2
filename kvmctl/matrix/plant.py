"""What hangs on the wall and stands on the desks: transmitters, receivers, units of several heads, walls, hotkeys, seats."""

from collections.abc import Mapping, Sequence
from typing import NewType

import msgspec

from kvmctl.ports import Channel, Port

TxId = NewType("TxId", str)
RxId = NewType("RxId", str)
MatrixId = NewType("MatrixId", str)


class Transmitter(msgspec.Struct, frozen=True, kw_only=True):
    """One head of a computer. `id` is what people type, digits with leading zeros, e.g. ``0012``."""

    id: TxId
    name: str
    matrix: MatrixId
    ports: Mapping[Channel, Port]


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """One screen; it shows one transmitter."""

    id: RxId
    name: str
    matrix: MatrixId
    ports: Mapping[Channel, Port]


class Hotkey(msgspec.Struct, frozen=True, kw_only=True):
    """What a short text stands for; the first target is the primary one."""

    name: str
    targets: tuple[str, ...]


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of several receivers, in the order in which they are switched."""

    name: str
    pairs: tuple[tuple[RxId, TxId], ...]


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the floor: its screen (a unit's main head), its computer, its phone."""

    name: str
    receiver: RxId
    station: TxId | None = None
    phone: str = ""
    agents: tuple[str, ...] = ()
    spare: bool = False


class Plant:
    """Everything that can be connected, and how people call it. Built from checked settings; never changes."""

    def __init__(
        self,
        *,
        transmitters: Sequence[Transmitter] = (),
        receivers: Sequence[Receiver] = (),
        units: Sequence[Sequence[str]] = (),
        walls: Mapping[str, Sequence[RxId]] | None = None,
        hotkeys: Sequence[Hotkey] = (),
        presets: Sequence[Preset] = (),
        seats: Sequence[Seat] = (),
        short_base: int = 5000,
    ) -> None:
        """`units` name the heads of transmitters or of receivers, the main one first."""
        self.tx = {one.id: one for one in transmitters}
        self.rx = {one.id: one for one in receivers}
        self.walls = {name: tuple(hung) for name, hung in (walls or {}).items()}
        self.hotkeys = {key.name.lower(): key for key in hotkeys}
        self.presets = {one.name: one for one in presets}
        self.seats = {one.name: one for one in seats}
        self.short_base = short_base
        self._tx_numbers = {int(id): id for id in self.tx}
        self._rx_numbers = {int(id): id for id in self.rx}
        self._units = {heads[0]: tuple(heads) for heads in units}
        self._main = {head: heads[0] for heads in units for head in heads}
        self._wall_of = {rx: name for name, hung in self.walls.items() for rx in hung}
        self._tx_at = {
            (one.matrix, channel, port): one.id for one in transmitters for channel, port in one.ports.items()
        }

    @property
    def matrices(self) -> set[MatrixId]:
        return {one.matrix for one in self.tx.values()} | {one.matrix for one in self.rx.values()}

    def transmitter(self, typed: str) -> Transmitter | None:
        """By its id, leading zeros left out or not."""
        if not _digits(typed):
            return None
        found = self._tx_numbers.get(int(typed))
        return self.tx[found] if found is not None else None

    def receiver(self, typed: str) -> Receiver | None:
        """By its id, leading zeros left out or not, or short: 1 is 5001 where there is no receiver 1."""
        if not _digits(typed):
            return None
        number = int(typed)
        found = self._rx_numbers.get(number) or self._rx_numbers.get(self.short_base + number)
        return self.rx[found] if found is not None else None

    def hotkey(self, typed: str) -> Hotkey | None:
        return self.hotkeys.get(typed.lower())

    def tx_heads(self, tx: TxId) -> tuple[TxId, ...]:
        """All heads when this is a unit's main one, else itself alone."""
        return self._units.get(tx, (tx,))  # type: ignore[return-value]

    def rx_heads(self, rx: RxId) -> tuple[RxId, ...]:
        return self._units.get(rx, (rx,))  # type: ignore[return-value]

    def main(self, rx: RxId) -> RxId:
        """The main head of the unit this receiver belongs to, itself when it stands alone."""
        return self._main.get(rx, rx)  # type: ignore[return-value]

    def wall(self, rx: RxId) -> tuple[RxId, ...]:
        """All receivers of the wall this one hangs on, in order; empty when it hangs on none."""
        name = self._wall_of.get(rx)
        return self.walls[name] if name is not None else ()

    def tx_at(self, matrix: MatrixId, channel: Channel, port: Port | None) -> TxId | None:
        return None if port is None else self._tx_at.get((matrix, channel, port))

    def seat_of(self, agent: str) -> Seat | None:
        return next((seat for seat in self.seats.values() if agent in seat.agents), None)


def _digits(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) <= 9

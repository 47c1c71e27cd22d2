"""What the screens look like at one moment, for the API, the command line and a receiver's operator."""

from typing import TYPE_CHECKING

from desk.kvm_ports import Device, Found, Matrix, PresetRow, Screens, SeatRow
from kvmctl.matrix.plant import Receiver, RxId, Transmitter, TxId
from kvmctl.osd.show import Row, Shown, Style
from kvmctl.ports import Side
from kvmctl.rights import Level

if TYPE_CHECKING:
    from switchroom.kvm_room import KvmRoom


def screens(room: "KvmRoom") -> Screens:
    plant, picture, engine = room.built.plant, room.engine.picture, room.engine
    stands_in = {spare: failed for failed, spare in room.rules.stands_in.items()}
    wall_of = {rx: name for name, hung in plant.walls.items() for rx in hung}
    return Screens(
        matrices=tuple(
            Matrix(
                name=matrix,
                driver=room.built.kinds[matrix].name,
                state=loop.phase.value,
                model=room.models.get(matrix, ""),
                why="" if loop.known else room.whys.get(matrix, ""),
            )
            for matrix, loop in engine.loops.items()
        ),
        devices=(
            *(
                Device(
                    id=tx.id,
                    name=tx.name,
                    side=Side.TX,
                    matrix=tx.matrix,
                    online=picture.tx_online(tx.id),
                    video=picture.has_video(tx.id),
                    hotkeys=_hotkeys(room, tx.id),
                    unit=plant.tx_heads(tx.id),
                )
                for tx in plant.tx.values()
            ),
            *(_receiver(room, rx, wall_of.get(rx.id, "")) for rx in plant.rx.values()),
        ),
        seats=tuple(
            SeatRow(
                name=seat.name,
                receiver=seat.receiver,
                station=seat.station or "",
                agents=seat.agents,
                spare=seat.spare,
                stands_in_for=stands_in.get(seat.name, ""),
            )
            for seat in plant.seats.values()
        ),
        presets=tuple(
            PresetRow(name=preset.name, active=_active([picture.reported(rx) == tx for rx, tx in preset.pairs]))
            for preset in plant.presets.values()
        ),
        walls=dict(plant.walls),
    )


def found(room: "KvmRoom") -> tuple[Found, ...]:
    """Connectors the matrices report that no device of the settings has."""
    plant, rows = room.built.plant, []
    for matrix, loop in room.engine.loops.items():
        known = {
            (side, port)
            for side, devices in ((Side.TX, plant.tx.values()), (Side.RX, plant.rx.values()))
            for device in devices
            if device.matrix == matrix
            for port in device.ports.values()
        }
        rows += [
            Found(matrix=matrix, side=seen.side, port=seen.port, name=seen.name, online=seen.online)
            for key, seen in loop.ports.items()
            if key not in known
        ]
    return tuple(rows)


def shown(room: "KvmRoom", rx: RxId, user: str) -> Shown:
    """The OSD of a receiver; nobody signed in sees no device."""
    plant, picture, rights = room.built.plant, room.engine.picture, room.built.rights
    if not user:
        return Shown(receiver=rx, heads=len(plant.rx_heads(rx)))
    mine = {source for head in plant.rx_heads(rx) if (source := picture.reported(head)) is not None}
    loan = room.engine.loans.to(rx)
    transmitters = [
        Row(id=tx.id, name=tx.name, style=_tx_style(room, tx, level, tx.id in mine), hotkeys=_hotkeys(room, tx.id))
        for tx in plant.tx.values()
        if (level := rights.on_tx(user, tx.id)) is not Level.HIDDEN
    ]
    receivers = [
        Row(id=one.id, name=one.name, style=_rx_style(room, one, rx, mine), hotkeys=_hotkeys(room, one.id))
        for one in plant.rx.values()
        if rights.on_rx(user, one.id) is not Level.HIDDEN or rights.may_push(user, one.id)
    ]
    return Shown(
        receiver=rx,
        user=user,
        transmitters=tuple(transmitters),
        receivers=tuple(receivers),
        heads=len(plant.rx_heads(rx)),
        shows=picture.reported(rx) or "",
        pushed_from=f"{loan.source} ({loan.actor or '–'})" if loan is not None else "",
        pushed_to=tuple(loan.rx for head in plant.rx_heads(rx) for loan in room.engine.loans.of(head)),
    )


def _receiver(room: "KvmRoom", rx: Receiver, wall: str) -> Device:
    engine, picture = room.engine, room.engine.picture
    screen = engine.loops[rx.matrix].screens[rx.id]
    loan = engine.loans.to(rx.id)
    return Device(
        id=rx.id,
        name=rx.name,
        side=Side.RX,
        matrix=rx.matrix,
        online=picture.rx_online(rx.id),
        wanted=(screen.want.tx or "") if screen.want is not None else picture.reported(rx.id) or "",
        shows=picture.reported(rx.id) or "",
        control=picture.control(rx.id),
        standing=screen.standing.value,
        user=room.sessions.at(rx.id),
        pushed_from=loan.source if loan is not None else "",
        hotkeys=_hotkeys(room, rx.id),
        unit=room.built.plant.rx_heads(rx.id),
        wall=wall,
    )


def _tx_style(room: "KvmRoom", tx: Transmitter, level: Level, joined: bool) -> Style:
    if not room.engine.picture.tx_online(tx.id):
        return Style.OFF
    if joined:
        return Style.JOINED
    return Style.BARRED if level is Level.NONE else Style.READY


def _rx_style(room: "KvmRoom", one: Receiver, rx: RxId, mine: set[TxId]) -> Style:
    """Yellow: this receiver, or one that shows the same signal."""
    if not room.engine.picture.rx_online(one.id):
        return Style.OFF
    return Style.JOINED if one.id == rx or room.engine.picture.reported(one.id) in mine else Style.READY


def _hotkeys(room: "KvmRoom", id: str) -> tuple[str, ...]:
    return tuple(key.name for key in room.built.plant.hotkeys.values() if int(id) in map(int, key.targets))


def _active(shown: list[bool]) -> str:
    return "full" if shown and all(shown) else "partial" if any(shown) else "none"

"""Driver of Switchroom's own plain protocol: one JSON text a line, spoken by the simulated matrix and by bridges people write.

To the device: ``{"do": "dump"}``, ``{"do": "ping"}``, ``{"do": "switch", "ref": 7, "points": [["video", "rx", "tx"], …]}`` (tx null: off)
and ``{"do": "text", "rx": …, "text": …, "seconds": …}``. From it: ``{"say": "hello", "model": …}``, ``{"say": "state", "points": […],
"ports": [["rx", "1", "name", online, signal], …]}``, ``{"say": "point", …}``, ``{"say": "port", …}``, ``{"say": "ack", "ref": 7}``,
``{"say": "no", "ref": 7, "why": "locked"}``, ``{"say": "busy", "ref": 7}`` and ``{"say": "pong"}``.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from kvmctl.ports import (
    NOTHING,
    Acked,
    Busy,
    Bytes,
    Channel,
    Command,
    DriverKind,
    Dumped,
    Event,
    Garbage,
    HangUp,
    Heard,
    Introduced,
    Option,
    OptionValue,
    Point,
    PointReported,
    Port,
    PortReported,
    PortSeen,
    Received,
    Refresh,
    Refused,
    ShowText,
    Side,
    Switch,
    Traits,
    Turn,
    Why,
)

LONGEST = 4 * 1024 * 1024
"""Most bytes of one line; a longer one is garbage."""
PING_S = 5.0
SILENT_S = 15.0


class Plain:
    """One connection to a device that speaks the plain protocol."""

    def __init__(self, options: Mapping[str, OptionValue]) -> None:
        self.traits = Traits(batch=int(options["batch"]), shows_text=True)  # type: ignore[arg-type]
        self._rest = b""
        self._heard = self._pinged = 0.0

    def connect(self, now: float) -> Turn:
        self._rest = b""
        self._heard = self._pinged = now
        return _say({"do": "dump"})

    def feed(self, heard: Heard, now: float) -> Turn:
        if not isinstance(heard, Received):
            return NOTHING
        self._heard = now
        *lines, self._rest = (self._rest + heard.data).split(b"\n")
        events = [event for line in lines if line.strip() for event in _read(line)]
        if len(self._rest) > LONGEST:
            events.append(Garbage(size=len(self._rest), where="line"))
            self._rest = b""
        return Turn((), tuple(events))

    def encode(self, command: Command, now: float) -> Turn:
        match command:
            case Switch():
                points = [
                    (point.channel, point.rx, point.tx)
                    for route in command.routes
                    for point in route.points
                    if point.channel in route.changed
                ]
                return _say({"do": "switch", "ref": command.ref, "points": points})
            case Refresh():
                return _say({"do": "dump"})
            case ShowText():
                return _say({"do": "text", "rx": command.rx, "text": command.text, "seconds": command.seconds})
        return NOTHING

    def tick(self, now: float) -> Turn:
        if now - self._heard >= SILENT_S:
            return Turn((HangUp(why="silent"),))
        if now - self._pinged < PING_S:
            return NOTHING
        self._pinged = now
        return _say({"do": "ping"})


def _say(what: Mapping[str, object]) -> Turn:
    return Turn((Bytes(msgspec.json.encode(what) + b"\n"),))


def _read(line: bytes) -> list[Event]:
    try:
        said = msgspec.json.decode(line)
        return _events(said)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return [Garbage(size=len(line), where="line")]


def _events(said: dict[str, Any]) -> list[Event]:
    match said["say"]:
        case "hello":
            return [Introduced(model=str(said.get("model", "")), version=str(said.get("version", "")))]
        case "state":
            return [Dumped(points=tuple(map(_point, said["points"])), ports=tuple(map(_port, said["ports"])))]
        case "point":
            return [PointReported(point=_point(said["point"]))]
        case "port":
            return [PortReported(seen=_port(said["port"]))]
        case "ack":
            return [Acked(ref=int(said["ref"]))]
        case "no":
            return [Refused(ref=int(said["ref"]), why=Why(said["why"]))]
        case "busy":
            return [Busy(ref=int(said["ref"]))]
        case "pong":
            return []
    raise ValueError


def _point(row: Any) -> Point:
    channel, rx, tx = row
    return Point(Channel(channel), Port(str(rx)), None if tx is None else Port(str(tx)))


def _port(row: Any) -> PortSeen:
    side, port, name, online, signal = row
    return PortSeen(side=Side(side), port=Port(str(port)), name=str(name), online=bool(online), signal=signal)


KIND = DriverKind(
    name="plain",
    title="Switchroom's plain protocol (simulated matrix)",
    transport="tcp",
    port=8790,
    options=(Option(name="batch", kind="whole", default=64, least=1, most=4096, about="Most routes in one message."),),
    make=Plain,
)

"""Driver of Lightware matrices over LW3: lines on port 6107, every command with a signature that its reply repeats.

``0001#CALL /MEDIA/VIDEO/XP:switch(I1:O2)`` is answered by ``{0001``, lines, ``}``; a line whose second letter is E is an
error. What a node shows is told by ``CHG`` lines once it is open. Which node holds the crosspoints differs by model.
"""

from collections.abc import Mapping

import msgspec

from kvmctl.drivers.lines import Lines, number
from kvmctl.ports import (
    NOTHING,
    Acked,
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
    Outward,
    Point,
    PointReported,
    Port,
    PortSeen,
    Received,
    Refresh,
    Refused,
    Side,
    Switch,
    Traits,
    Turn,
    Why,
)

REPLY_S, ALIVE_S = 3.0, 10.0
MOST_PORTS = 1024
LIST = "DestinationConnectionList"
ASKED = ("SourcePortCount", "DestinationPortCount", LIST)


class _Out(msgspec.Struct, frozen=True):
    """A command that is out: since when, the switch it makes, or the property it asks for."""

    since: float
    ref: int = 0
    asks: str = ""


class Lightware:
    """One connection to a matrix."""

    def __init__(self, options: Mapping[str, OptionValue]) -> None:
        self._node = str(options["node"]).rstrip("/")
        self.traits = Traits(
            channels=(Channel.VIDEO,), batch=int(str(options["batch"])), deadline_s=REPLY_S + 1.0, tick_s=0.5
        )
        self._lines = Lines(b"\n")
        self._out: dict[str, _Out] = {}
        self._serial = 0
        self._forget(0.0)

    def _forget(self, now: float) -> None:
        self._lines.clear()
        self._out.clear()
        self._signature = ""
        self._said: list[str] = []
        self._values: dict[str, str] = {}
        self._fresh: set[str] = set()
        self._refreshing = False
        self._shown: list[str] = []
        self._asked = now

    def connect(self, now: float) -> Turn:
        self._forget(now)
        send = [
            self._send("GET /.ProductName", _Out(now, asks="ProductName")),
            self._send(f"OPEN {self._node}", _Out(now)),
        ]
        return Turn((*send, *self._ask(now)))

    def feed(self, heard: Heard, now: float) -> Turn:
        if not isinstance(heard, Received):
            return NOTHING
        events: list[Event] = []
        lines, dropped = self._lines.feed(heard.data)
        if dropped:
            events.append(Garbage(size=dropped, where="line"))
        for raw in lines:
            self._line(raw.decode("utf-8", "replace").strip(), now, events)
        return Turn((), tuple(events))

    def encode(self, command: Command, now: float) -> Turn:
        match command:
            case Refresh():
                return NOTHING if self._refreshing else Turn(self._ask(now))
            case Switch():
                return self._switch(command, now)
        return NOTHING

    def tick(self, now: float) -> Turn:
        late = [signature for signature, out in self._out.items() if now - out.since >= REPLY_S]
        lost = [self._out.pop(signature) for signature in late]
        if any(out.asks for out in lost):
            return Turn((HangUp(why="no reply"),))
        if now - self._asked < ALIVE_S:
            return NOTHING
        self._asked = now
        return Turn((self._send("GET /.ProductName", _Out(now, asks="ProductName")),))

    # what the matrix says

    def _line(self, line: str, now: float, events: list[Event]) -> None:
        if line.startswith("{"):
            self._signature, self._said = line[1:], []
        elif line == "}" and self._signature:
            signature, self._signature = self._signature, ""
            self._replied(signature, self._said, events)
        elif line.startswith("CHG "):
            self._changed(line[4:], events)
        elif self._signature and len(self._said) < 64:
            self._said.append(line)
        elif line:
            events.append(Garbage(size=len(line), where="line"))

    def _replied(self, signature: str, said: list[str], events: list[Event]) -> None:
        out = self._out.pop(signature, None)
        if out is None:
            events.append(Garbage(size=len(signature), where="reply"))
            return
        wrong = next((line for line in said if line[1:2] == "E"), None)
        if out.ref:
            events.append(
                Acked(ref=out.ref) if wrong is None else Refused(ref=out.ref, why=_why(wrong), words=wrong[:80])
            )
        elif out.asks and wrong is None:
            for line in said:
                prop, equals, value = line.partition("=")
                if equals and prop.rpartition(".")[2] == out.asks:
                    self._values[out.asks] = value
        if out.asks == "ProductName" and wrong is None and "ProductName" not in self._fresh:
            self._fresh.add("ProductName")
            events.append(Introduced(model=self._values.get("ProductName", "")))
        if out.asks in ASKED:
            self._fresh.add(out.asks)
            if self._fresh.issuperset(ASKED):
                self._refreshing = False
                self._shown = self._list()
                events.append(self._dump())

    def _changed(self, said: str, events: list[Event]) -> None:
        prop, _, value = said.partition("=")
        if prop != f"{self._node}.{LIST}":
            return
        self._values[LIST] = value
        if self._refreshing:
            return
        was, self._shown = self._shown, self._list()
        events.extend(
            PointReported(point=self._point(at))
            for at, source in enumerate(self._shown)
            if at >= len(was) or was[at] != source
        )

    # what is shown

    def _list(self) -> list[str]:
        """What each output shows, as far as it could be read; an output that could not shows nothing."""
        sources = self._values.get(LIST, "").split(";")[: self._count("DestinationPortCount")]
        return [one if self._is_port(one, "I", "SourcePortCount") else "" for one in sources]

    def _dump(self) -> Dumped:
        ports = [PortSeen(side=Side.TX, port=Port(f"I{n + 1}")) for n in range(self._count("SourcePortCount"))]
        ports += [PortSeen(side=Side.RX, port=Port(f"O{n + 1}")) for n in range(self._count("DestinationPortCount"))]
        return Dumped(points=tuple(map(self._point, range(len(self._shown)))), ports=tuple(ports))

    def _point(self, at: int) -> Point:
        source = self._shown[at]
        return Point(Channel.VIDEO, Port(f"O{at + 1}"), Port(source) if source else None)

    def _count(self, what: str) -> int:
        return min(MOST_PORTS, number(self._values.get(what, "")) or 0)

    def _is_port(self, text: str, letter: str, count: str) -> bool:
        found = number(text[1:])
        return text[:1] == letter and found is not None and 1 <= found <= self._count(count)

    # what is asked of it

    def _ask(self, now: float) -> tuple[Outward, ...]:
        self._refreshing = True
        self._fresh -= set(ASKED)
        return tuple(self._send(f"GET {self._node}.{prop}", _Out(now, asks=prop)) for prop in ASKED)

    def _switch(self, command: Switch, now: float) -> Turn:
        pairs: list[str] = []
        for route in command.routes:
            for point in route.points:
                if point.channel is not Channel.VIDEO:
                    continue
                there = self._is_port(point.rx, "O", "DestinationPortCount")
                if not there or not (point.tx is None or self._is_port(point.tx, "I", "SourcePortCount")):
                    return Turn((), (Refused(ref=command.ref, why=Why.NO_PORT, receivers=(route.receiver,)),))
                pairs.append(f"{point.tx or '0'}:{point.rx}")
        if not pairs:
            return Turn((), (Acked(ref=command.ref),))
        return Turn((self._send(f"CALL {self._node}:switch({';'.join(pairs)})", _Out(now, ref=command.ref)),))

    def _send(self, text: str, out: _Out) -> Bytes:
        self._serial = self._serial % 0xFFFF + 1
        signature = f"{self._serial:04X}"
        self._out[signature] = out
        return Bytes(f"{signature}#{text}\r\n".encode())


def _why(line: str) -> Why:
    """What an error line means, by the words that follow its code."""
    said = line.lower()
    return Why.LOCKED if "lock" in said else Why.NO_PORT if "invalid" in said or "not exist" in said else Why.FAILED


KIND = DriverKind(
    name="lightware",
    title="Lightware (LW3)",
    transport="tcp",
    port=6107,
    options=(
        Option(
            name="node",
            default="/MEDIA/VIDEO/XP",
            about="Node that holds the crosspoints; /MEDIA/XP/VIDEO on some models.",
        ),
        Option(name="batch", kind="whole", default=16, least=1, most=256, about="Most routes in one call."),
    ),
    make=Lightware,
)

"""Driver of the Blackmagic Videohub Ethernet Protocol 2.3: blocks of text lines, ACK or NAK, changes told to everybody.

A block is a head line with a colon, its lines, and an empty line. Ports are counted from 0, as on the wire. A hub cannot
show nothing; `off_input` names the input that stands for it. An ACK says that a block was taken, the routing block that
follows says what is shown. Hubs send a prelude when one connects; those that do not end it are taken at a quiet moment.
"""

from collections.abc import Mapping

from kvmctl.drivers.lines import Lines, number
from kvmctl.drivers.waiting import Sent, Waiting, What
from kvmctl.ports import (
    NOTHING,
    Acked,
    Channel,
    Command,
    DriverKind,
    Dumped,
    Event,
    Garbage,
    HangUp,
    Heard,
    Hold,
    Introduced,
    Option,
    OptionValue,
    Outward,
    Point,
    PointReported,
    Port,
    PortReported,
    PortSeen,
    Received,
    Refresh,
    Refused,
    Route,
    Side,
    Switch,
    Traits,
    Turn,
    Why,
)

ROUTING, LOCKS = "VIDEO OUTPUT ROUTING", "VIDEO OUTPUT LOCKS"
INPUTS, OUTPUTS, STATUS = "INPUT LABELS", "OUTPUT LABELS", "VIDEO INPUT STATUS"
DEVICE, PREAMBLE, END = "VIDEOHUB DEVICE", "PROTOCOL PREAMBLE", "END PRELUDE"
BY_PORT = frozenset({ROUTING, LOCKS, INPUTS, OUTPUTS, STATUS})
HEADS = BY_PORT | {DEVICE, PREAMBLE, END}
QUIET_S = 0.6
"""A prelude without an end is over when nothing has come for so long."""
PING_S, REPLY_S = 10.0, 1.5
MOST_PORTS = 4096
OFF = "-1"


class Videohub:
    """One connection to a hub."""

    def __init__(self, options: Mapping[str, OptionValue]) -> None:
        self._off = str(options["off_input"])
        self._locks = bool(options["locks"])
        self.traits = Traits(channels=(Channel.VIDEO,), batch=int(str(options["batch"])), deadline_s=2.5, tick_s=0.25)
        self._lines = Lines()
        self._waiting = Waiting(REPLY_S)
        self._forget(0.0)

    def _forget(self, now: float) -> None:
        self._lines.clear()
        self._waiting.clear()
        self._head = ""
        self._rows: list[str] = []
        self._ready = False
        self._dump_due: float | None = None
        self._heard = self._pinged = now
        self._device: dict[str, str] = {}
        self._by: dict[str, dict[int, str]] = {name: {} for name in BY_PORT}

    def connect(self, now: float) -> Turn:
        self._forget(now)
        return NOTHING

    def feed(self, heard: Heard, now: float) -> Turn:
        if not isinstance(heard, Received):
            return NOTHING
        self._heard = now
        send: list[Outward] = []
        events: list[Event] = []
        lines, dropped = self._lines.feed(heard.data)
        if dropped:
            events.append(Garbage(size=dropped, where="line"))
        for raw in lines:
            line = raw.decode("utf-8", "replace")
            if line in ("ACK", "NAK"):
                self._answered(line == "ACK", now, send, events)
            elif line:
                self._line(line, events)
            elif self._head:
                self._block(events)
        return Turn(tuple(send), tuple(events))

    def encode(self, command: Command, now: float) -> Turn:
        match command:
            case Refresh():
                if not self._ready:
                    return NOTHING
                blocks = (f"{OUTPUTS}:\n\n", f"{INPUTS}:\n\n", f"{ROUTING}:\n\n")
                asked = [Sent(what=What.REFRESH, data=block.encode(), last=block is blocks[-1]) for block in blocks]
                return Turn(self._waiting.send(asked, now))
            case Switch():
                return self._switch(command, now)
        return NOTHING

    def tick(self, now: float) -> Turn:
        if self._waiting.overdue(now) or (self._dump_due is not None and now >= self._dump_due):
            return Turn((HangUp(why="no reply"),))
        if not self._ready:
            if now - self._heard >= QUIET_S and self._by[ROUTING] and not self._head:
                return Turn((), self._begin())
            return NOTHING
        if now - self._pinged < PING_S or self._waiting.asks(What.ALIVE):
            return NOTHING
        self._pinged = now
        return Turn(self._waiting.send([Sent(what=What.ALIVE, data=b"PING:\n\n")], now))

    # what the hub says

    def _line(self, line: str, events: list[Event]) -> None:
        name = line.rstrip().removesuffix(":")
        if self._head and name in HEADS:
            events.append(Garbage(size=sum(map(len, self._rows)), where=self._head.lower()[:40]))
            self._head, self._rows = "", []
        if not self._head:
            self._head = name
        elif len(self._rows) < MOST_PORTS:
            self._rows.append(line)

    def _block(self, events: list[Event]) -> None:
        head, rows, self._head, self._rows = self._head, self._rows, "", []
        if head == END:
            if not self._ready:
                events.extend(self._begin())
        elif head == DEVICE:
            self._device |= dict(_pair(row) for row in rows)
            if self._ready:
                events.append(self._dump())
        elif head in BY_PORT:
            self._by_port(head, rows, events)

    def _by_port(self, head: str, rows: list[str], events: list[Event]) -> None:
        for row in rows:
            first, _, said = row.strip().partition(" ")
            port = number(first)
            if port is None or not self._is_there(head, port, said):
                events.append(Garbage(size=len(row), where=head.lower()))
                continue
            self._by[head][port] = said
            if not self._ready or self._dump_due is not None or self._waiting.asks(What.REFRESH):
                continue
            if head == ROUTING:
                events.append(PointReported(point=self._point(port)))
            elif head != LOCKS:
                side = Side.RX if head == OUTPUTS else Side.TX
                events.append(PortReported(seen=self._port(side, port)))
        if head == ROUTING and self._dump_due is not None and len(rows) >= len(self._by[ROUTING]):
            self._dump_due = None
            events.append(self._dump())

    def _is_there(self, head: str, port: int, said: str) -> bool:
        inputs, outputs = self._count("Video inputs"), self._count("Video outputs")
        if head == ROUTING:
            shown = number(said.strip())
            return port < outputs and (said.strip() == OFF or (shown is not None and shown < inputs))
        return port < (outputs if head in (OUTPUTS, LOCKS) else inputs)

    def _count(self, what: str) -> int:
        said = number(self._device.get(what, ""))
        return MOST_PORTS if said is None else min(MOST_PORTS, said)

    def _answered(self, taken: bool, now: float, send: list[Outward], events: list[Event]) -> None:
        out = self._waiting.out
        if out is None:
            events.append(Garbage(size=3, where="reply"))
            return
        refused = out.what is What.SWITCH and not taken
        _, onward = self._waiting.answered(now, drop_ref=out.ref if refused else None)
        send.extend(onward)
        if out.what is What.SWITCH and out.last and taken:
            events.append(Acked(ref=out.ref))
        elif refused:
            events.append(Refused(ref=out.ref, why=Why.FAILED, words="NAK"))
        elif out.what is What.REFRESH:
            if out.last and taken:
                self._dump_due = now + REPLY_S
            elif out.last:
                send.append(HangUp(why="no dump"))

    # what is shown

    def _begin(self) -> tuple[Event, ...]:
        self._ready = True
        model, name = self._device.get("Model name", ""), self._device.get("Friendly name", "")
        return Introduced(model=model, name=name), self._dump()

    def _dump(self) -> Dumped:
        ports = [self._port(Side.TX, one) for one in sorted(self._by[INPUTS])]
        ports += [self._port(Side.RX, one) for one in sorted(self._by[OUTPUTS] or self._by[ROUTING])]
        return Dumped(points=tuple(self._point(one) for one in sorted(self._by[ROUTING])), ports=tuple(ports))

    def _point(self, output: int) -> Point:
        shown = self._by[ROUTING][output].strip()
        return Point(Channel.VIDEO, Port(str(output)), None if shown in (self._off, OFF) else Port(str(int(shown))))

    def _port(self, side: Side, port: int) -> PortSeen:
        name = self._by[OUTPUTS if side is Side.RX else INPUTS].get(port, "")
        present = self._device.get("Device present", "true") == "true"
        plugged = side is Side.RX or self._by[STATUS].get(port) != "None"
        return PortSeen(side=side, port=Port(str(port)), name=name, online=present and plugged)

    # what is asked of it

    def _switch(self, command: Switch, now: float) -> Turn:
        rows: list[str] = []
        locks: list[str] = []
        for route in command.routes:
            for point in route.points:
                if point.channel is Channel.VIDEO:
                    why = self._objection(point)
                    if why is not None:
                        refused = Refused(ref=command.ref, why=why, receivers=(route.receiver,))
                        return Turn((), (refused,))
                    rows.append(f"{point.rx} {self._off if point.tx is None else point.tx}\n")
                    locks += self._lock(route, point)
        if not rows:
            return Turn((), (Acked(ref=command.ref),))
        blocks = [f"{ROUTING}:\n{''.join(rows)}\n", *([f"{LOCKS}:\n{''.join(locks)}\n"] if locks else [])]
        sent = [
            Sent(what=What.SWITCH, data=block.encode(), ref=command.ref, last=block is blocks[-1]) for block in blocks
        ]
        return Turn(self._waiting.send(sent, now))

    def _objection(self, point: Point) -> Why | None:
        """Some hubs take a port they do not have; so none leaves that was not reported."""
        if point.tx is None and not self._off:
            return Why.UNSUPPORTED
        output, source = number(point.rx), number(self._off if point.tx is None else point.tx)
        if output not in self._by[ROUTING] or source not in self._by[INPUTS]:
            return Why.NO_PORT
        return Why.LOCKED if self._by[LOCKS].get(output) == "L" else None

    def _lock(self, route: Route, point: Point) -> list[str]:
        """An output whose receiver holds its source for itself is locked against other panels, where that is wanted."""
        if not self._locks:
            return []
        ours, wanted = self._by[LOCKS].get(int(point.rx)) == "O", route.hold is not Hold.SHARED
        return [f"{point.rx} {'O' if wanted else 'U'}\n"] if ours != wanted else []


def _pair(row: str) -> tuple[str, str]:
    name, _, said = row.partition(":")
    return name.strip(), said.strip()


KIND = DriverKind(
    name="videohub",
    title="Blackmagic Videohub",
    transport="tcp",
    port=9990,
    options=(
        Option(
            name="off_input",
            default="",
            about="Input shown when a receiver shall show nothing, counted from 0; without one nothing can be disconnected.",
        ),
        Option(
            name="locks",
            kind="truth",
            default=False,
            about="Lock an output at the hub while its receiver holds its source for itself.",
        ),
        Option(name="batch", kind="whole", default=64, least=1, most=1024, about="Most routes in one block."),
    ),
    make=Videohub,
)

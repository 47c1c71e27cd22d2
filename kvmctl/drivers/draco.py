"""Driver of an IHSE Draco tera matrix: full access, view or private connections, lists, messages on the screen.

Switch on "LAN echo" at the matrix: it then tells every switch, those of its own OSD too, and that is what the driver reports.
Its makers publish no telegram that asks what is connected, so what was switched before the driver first connected shows as
nothing until it is switched again; across connections the driver remembers what it was told.
"""

from collections.abc import Mapping

from kvmctl.drivers import draco_telegrams as wire
from kvmctl.drivers.lines import number
from kvmctl.drivers.waiting import Sent, Waiting, What
from kvmctl.ports import (
    NOTHING,
    Acked,
    Busy,
    Channel,
    Command,
    DriverKind,
    Dumped,
    Event,
    Garbage,
    HangUp,
    Heard,
    Hold,
    OptionValue,
    Outward,
    Point,
    PointReported,
    Port,
    PortSeen,
    Received,
    Refresh,
    Refused,
    Route,
    ShowText,
    Side,
    Switch,
    Traits,
    Turn,
    Why,
)

ALIVE_S, REPLY_S = 25.0, 3.0
PAGES = 200
GRID, MASTER = 0x04, 0x08
CHANNELS = (Channel.VIDEO, Channel.AUDIO, Channel.USB)


class Draco:
    """One connection to a matrix."""

    def __init__(self, options: Mapping[str, OptionValue]) -> None:
        self.traits = Traits(channels=CHANNELS, batch=1, deadline_s=4.0, tick_s=0.5, shows_text=True)
        self._stream = wire.Stream()
        self._waiting = Waiting(REPLY_S)
        self._shown: dict[int, tuple[int, int]] = {}
        self._there: dict[int, dict[int, wire.Row]] = {wire.CPUS: {}, wire.CONS: {}}
        self._read: dict[int, dict[int, wire.Row]] = {}
        self._pages = 0
        self._heard = self._asked = 0.0

    def connect(self, now: float) -> Turn:
        self._stream.clear()
        self._waiting.clear()
        self._heard = self._asked = now
        return Turn(self._ask(wire.status(), What.ALIVE, now) + self._list(now))

    def feed(self, heard: Heard, now: float) -> Turn:
        if not isinstance(heard, Received):
            return NOTHING
        send: list[Outward] = []
        events: list[Event] = []
        for telegram in self._stream.feed(heard.data):
            self._heard = now
            self._hear(telegram, now, send, events)
        if self._stream.dropped:
            events.append(Garbage(size=self._stream.dropped, where="telegram"))
            self._stream.dropped = 0
        return Turn(tuple(send), tuple(events))

    def encode(self, command: Command, now: float) -> Turn:
        match command:
            case Refresh():
                return NOTHING if self._waiting.asks(What.REFRESH) else Turn(self._list(now))
            case Switch():
                return self._switch(command, now)
            case ShowText():
                con = 0 if command.rx is None else number(command.rx)
                if con is None or not command.text.isascii():
                    return NOTHING
                text = wire.message(con, command.text, round(command.seconds))
                return Turn(self._ask(text, What.ALIVE, now))
        return NOTHING

    def tick(self, now: float) -> Turn:
        if self._waiting.overdue(now):
            return Turn((HangUp(why="no reply"),))
        if self._stream.halfway and now - self._heard >= REPLY_S:
            self._stream.skip()
            return self.feed(Received(b""), now)
        if now - self._asked < ALIVE_S:
            return NOTHING
        self._asked = now
        return Turn(self._ask(wire.status(), What.ALIVE, now))

    # what the matrix says

    def _hear(self, telegram: wire.Telegram, now: float, send: list[Outward], events: list[Event]) -> None:
        if telegram.kind in wire.SINGLE:
            self._answered(telegram.kind, now, send, events)
        elif telegram.kind == wire.REQUEST:
            self._echo(telegram, events)
        elif telegram.command == wire.STATUS:
            flags = telegram.payload[1] if len(telegram.payload) > 1 else 0
            if flags & GRID and not flags & MASTER:
                send.append(HangUp(why="not the master of its grid", next_host=True))
            send.extend(self._waiting.answered(now)[1] if self._is_out(wire.status()) else ())
        elif telegram.command in (wire.CPUS, wire.CONS):
            self._listed(telegram, now, send, events)

    def _is_out(self, data: bytes) -> bool:
        out = self._waiting.out
        return out is not None and out.data == data

    def _answered(self, reply: int, now: float, send: list[Outward], events: list[Event]) -> None:
        out = self._waiting.out
        if out is None or out.what is What.REFRESH:
            events.append(Garbage(size=1, where="reply"))
            return
        if out.what is What.ALIVE and out.data == wire.status():
            events.append(Garbage(size=1, where="reply"))
            return
        send.extend(self._waiting.answered(now)[1])
        if out.what is not What.SWITCH:
            return
        if reply == wire.ACK:
            events.append(Acked(ref=out.ref))
        elif reply == wire.BEL:
            events.append(Busy(ref=out.ref))
        else:
            events.append(Refused(ref=out.ref, why=Why.FAILED, words="NAK"))

    def _echo(self, telegram: wire.Telegram, events: list[Event]) -> None:
        found = wire.switched(telegram)
        if found is None:
            return
        con, cpu, mode = found
        self._shown[con] = (cpu, mode)
        events.extend(PointReported(point=point) for point in self._points(con))

    def _listed(self, telegram: wire.Telegram, now: float, send: list[Outward], events: list[Event]) -> None:
        out = self._waiting.out
        if out is None or out.what is not What.REFRESH or out.data[2] != telegram.command:
            events.append(Garbage(size=len(telegram.payload), where="list"))
            return
        try:
            rows, first = wire.rows(telegram.payload)
        except ValueError:
            events.append(Garbage(size=len(telegram.payload), where="list"))
            rows, first = [], 0
        read = self._read.setdefault(telegram.command, {})
        fresh = {row.id: row for row in rows if row.id and row.id not in read}
        read |= fresh
        self._pages += 1
        if fresh and self._pages < PAGES:
            onward = Sent(what=What.REFRESH, data=wire.listing(telegram.command, first + len(rows)))
        elif telegram.command == wire.CPUS:
            onward = Sent(what=What.REFRESH, data=wire.listing(wire.CONS, 0))
        else:
            send.extend(self._waiting.answered(now)[1])
            self._there, self._read = {wire.CPUS: {}, wire.CONS: {}} | self._read, {}
            events.append(self._dump())
            return
        send.extend((*self._waiting.send((onward,), now), *self._waiting.answered(now)[1]))

    # what is shown

    def _dump(self) -> Dumped:
        ports = [
            PortSeen(side=side, port=Port(str(row.id)), name=row.name, online=row.online)
            for command, side in ((wire.CPUS, Side.TX), (wire.CONS, Side.RX))
            for row in self._there[command].values()
        ]
        points = tuple(point for con in self._there[wire.CONS] if con in self._shown for point in self._points(con))
        return Dumped(points=points, ports=tuple(ports))

    def _points(self, con: int) -> list[Point]:
        cpu, mode = self._shown[con]
        tx = Port(str(cpu)) if cpu else None
        works = None if mode == wire.VIDEO_ONLY else tx
        return [Point(channel, Port(str(con)), works if channel is Channel.USB else tx) for channel in CHANNELS]

    # what is asked of it

    def _ask(self, data: bytes, what: What, now: float) -> tuple[Outward, ...]:
        return self._waiting.send((Sent(what=what, data=data),), now)

    def _list(self, now: float) -> tuple[Outward, ...]:
        self._read, self._pages = {}, 0
        return self._ask(wire.listing(wire.CPUS, 0), What.REFRESH, now)

    def _switch(self, command: Switch, now: float) -> Turn:
        (route,) = command.routes
        telegram = self._telegram(route)
        if telegram is None:
            return Turn((), (Refused(ref=command.ref, why=Why.NO_PORT, receivers=(route.receiver,)),))
        return Turn(self._waiting.send((Sent(what=What.SWITCH, data=telegram, ref=command.ref),), now))

    def _telegram(self, route: Route) -> bytes | None:
        wanted = {point.channel: point for point in route.points}
        picture = wanted.get(Channel.VIDEO) or route.points[0]
        con = number(picture.rx)
        if con not in self._there[wire.CONS] or con is None:
            return None
        if picture.tx is None:
            return wire.view(con, 0)
        cpu = number(picture.tx)
        if cpu is None or cpu not in self._there[wire.CPUS]:
            return None
        works = wanted.get(Channel.USB)
        mode = wire.VIDEO_ONLY if works is None or works.tx is None else wire.FULL
        return wire.extended(cpu, con, wire.PRIVATE if route.hold is Hold.PRIVATE and mode == wire.FULL else mode)


KIND = DriverKind(name="draco", title="IHSE Draco tera", transport="tcp", port=5555, make=Draco)

"""Driver of the AdderLink Infinity Manager (and Black Box iPATH): HTTP requests, XML replies, nothing told unasked.

Receivers are connected to channels, so a transmitter's port is a channel's id. The manager tells of no change by itself: its
receivers are asked for every `poll_s` seconds. A token that has run out is renewed once; only a request that was refused for
want of a token, and so did nothing, is made again. The log-in stands in the address and is never logged.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from kvmctl.drivers import adder_pages as pages
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
    LogInRefused,
    Option,
    OptionValue,
    Outward,
    Point,
    PointReported,
    Port,
    PortReported,
    PortSeen,
    Refresh,
    Refused,
    Replied,
    Request,
    RequestFailed,
    Route,
    Side,
    Switch,
    Traits,
    Turn,
    Why,
)

CHANNELS = (Channel.VIDEO, Channel.AUDIO, Channel.USB)
NO_TOKEN, LOGGED_OUT = 10, 3
NOT_TO_BE_HAD = frozenset({231})
TOO_MANY = 429
PAGES = 100
LOST_POLLS = 3


class Ask(StrEnum):
    LOG_IN = "login"
    TX = "get_devices tx"
    CHANNELS = "get_channels"
    RX = "get_devices rx"
    SWITCH = "connect"


ROUND = (Ask.TX, Ask.CHANNELS, Ask.RX)


class _Out(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is out; `again` when it was made once more with a new token."""

    ask: Ask
    page: int = 1
    words: Mapping[str, str] = {}
    ref: int = 0
    receiver: str = ""
    again: bool = False


class Adder:
    """One manager."""

    def __init__(self, options: Mapping[str, OptionValue]) -> None:
        self._user, self._password = str(options["user"]), str(options["password"])
        self._force, self._poll_s = bool(options["force"]), float(str(options["poll_s"]))
        self._version = str(options["version"])
        self.traits = Traits(channels=CHANNELS, batch=1, deadline_s=6.0, tells=False, audit_s=60.0, tick_s=0.5)
        self._serial = 0
        self._forget(0.0)

    def _forget(self, now: float) -> None:
        self._token = ""
        self._out: dict[int, _Out] = {}
        self._waits: list[_Out] = []
        self._whole = False
        self._old = False
        """Whether what is being read may be older than a switch or than a wish to know."""
        self._dumped = False
        self._tx: dict[str, pages.Transmitter] = {}
        self._channels: dict[str, pages.Channel] = {}
        self._rx: dict[str, pages.Receiver] = {}
        self._read: dict[str, object] = {}
        self._polled, self._lost = now, 0

    def connect(self, now: float) -> Turn:
        self._forget(now)
        self._whole = True
        return Turn((self._log_in(),))

    def feed(self, heard: Heard, now: float) -> Turn:
        send: list[Outward] = []
        events: list[Event] = []
        if isinstance(heard, Replied | RequestFailed) and (out := self._out.pop(heard.id, None)) is not None:
            if isinstance(heard, Replied):
                self._replied(out, heard, now, send, events)
            else:
                self._failed(out, now, send)
        return Turn(tuple(send), tuple(events))

    def encode(self, command: Command, now: float) -> Turn:
        match command:
            case Refresh():
                self._whole = self._old = True
                return Turn(() if self._asking else self._begin(now))
            case Switch():
                return self._switch(command)
        return NOTHING

    def tick(self, now: float) -> Turn:
        if not self._token or self._asking or now - self._polled < self._poll_s:
            return NOTHING
        return Turn(self._begin(now))

    @property
    def _asking(self) -> bool:
        """Whether the state is being read already."""
        return any(out.ask in ROUND for out in self._out.values())

    # what the manager says

    def _replied(self, out: _Out, reply: Replied, now: float, send: list[Outward], events: list[Event]) -> None:
        if reply.status == TOO_MANY:
            self._polled = now + self._poll_s
            if out.ask is Ask.SWITCH:
                events.append(Busy(ref=out.ref))
            return
        try:
            tree = pages.read(reply.body)
        except pages.Unreadable:
            events.append(Garbage(size=len(reply.body), where=out.ask.value))
            self._failed(out, now, send)
            return
        except pages.Failed as why:
            self._refused(out, why, send, events)
            return
        self._lost = 0
        match out.ask:
            case Ask.LOG_IN:
                self._token = pages.token(tree)
                waits, self._waits = self._waits, []
                send.extend(self._send(msgspec.structs.replace(one, again=True)) for one in waits)
                if not self._asking:
                    send.extend(self._begin(now))
            case Ask.SWITCH:
                self._old = True
                events.append(Acked(ref=out.ref))
            case Ask.TX:
                self._page(out, {one.id: one for one in pages.transmitters(tree)}, now, send, events)
            case Ask.CHANNELS:
                self._page(out, {one.id: one for one in pages.channels(tree)}, now, send, events)
            case Ask.RX:
                self._page(out, {one.id: one for one in pages.receivers(tree)}, now, send, events)

    def _refused(self, out: _Out, why: pages.Failed, send: list[Outward], events: list[Event]) -> None:
        if out.ask is Ask.LOG_IN:
            events.append(LogInRefused(words=why.words))
            send.append(HangUp(why="log-in refused"))
        elif why.code in (NO_TOKEN, LOGGED_OUT) and not out.again:
            self._waits.append(out)
            if not any(one.ask is Ask.LOG_IN for one in self._out.values()):
                send.append(self._log_in())
        elif out.ask is Ask.SWITCH:
            reason = (
                Why.LOCKED if why.code in NOT_TO_BE_HAD else Why.NOT_ALLOWED if why.code == NO_TOKEN else Why.FAILED
            )
            events.append(Refused(ref=out.ref, why=reason, words=why.words, receivers=(out.receiver,)))
        else:
            send.append(HangUp(why=f"no dump: {why.code}"))

    def _failed(self, out: _Out, now: float, send: list[Outward]) -> None:
        """No reply that could be read. What became of a switch is unknown; a poll is made again in its turn."""
        self._lost += 1
        self._polled = now
        if out.ask is Ask.LOG_IN or self._lost >= LOST_POLLS:
            send.append(HangUp(why="no reply"))

    def _page(
        self, out: _Out, found: Mapping[str, object], now: float, send: list[Outward], events: list[Event]
    ) -> None:
        """One page of a list; another is asked for until one brings nothing new."""
        fresh = {id: row for id, row in found.items() if id and id not in self._read}
        self._read |= fresh
        if fresh and out.page < PAGES:
            send.append(self._list(out.ask, out.page + 1))
            return
        rows, self._read = self._read, {}
        match out.ask:
            case Ask.TX:
                self._tx = {id: row for id, row in rows.items() if isinstance(row, pages.Transmitter)}
                send.append(self._list(Ask.CHANNELS))
            case Ask.CHANNELS:
                self._channels = {id: row for id, row in rows.items() if isinstance(row, pages.Channel)}
                send.append(self._list(Ask.RX))
            case _ if self._old:
                send.extend(self._begin(now))
            case _:
                self._polled = now
                events.extend(self._seen({id: row for id, row in rows.items() if isinstance(row, pages.Receiver)}))

    def _seen(self, receivers: dict[str, pages.Receiver]) -> Iterable[Event]:
        was, self._rx = self._rx, receivers
        if self._whole or not self._dumped:
            self._whole, self._dumped = False, True
            return [self._dump()]
        events: list[Event] = []
        for id, row in receivers.items():
            before = was.get(id)
            if before is None or (before.name, before.online) != (row.name, row.online):
                events.append(PortReported(seen=self._receiver(row)))
            if before is None or (before.channel, before.works) != (row.channel, row.works):
                events.extend(PointReported(point=point) for point in self._points(row))
        gone = [was[id] for id in was.keys() - receivers.keys()]
        lost = [PortSeen(side=Side.RX, port=Port(row.id), name=row.name, online=False) for row in gone]
        return [*events, *(PortReported(seen=seen) for seen in lost)]

    # what is shown

    def _dump(self) -> Dumped:
        ports = [
            PortSeen(
                side=Side.TX,
                port=Port(channel.id),
                name=channel.name,
                online=all(self._tx[tx].online for tx in channel.video if tx in self._tx),
            )
            for channel in self._channels.values()
        ]
        points = tuple(point for row in self._rx.values() for point in self._points(row))
        return Dumped(points=points, ports=(*ports, *map(self._receiver, self._rx.values())))

    @staticmethod
    def _receiver(row: pages.Receiver) -> PortSeen:
        return PortSeen(side=Side.RX, port=Port(row.id), name=row.name, online=row.online)

    @staticmethod
    def _points(row: pages.Receiver) -> list[Point]:
        tx = Port(row.channel) if row.channel else None
        return [
            Point(channel, Port(row.id), tx if channel is not Channel.USB or row.works else None)
            for channel in CHANNELS
        ]

    # what is asked of it

    def _begin(self, now: float) -> tuple[Outward, ...]:
        """Read the state: all of it where that is wanted, else the receivers."""
        if not self._token:
            return ()
        self._read, self._polled, self._old = {}, now, False
        return (self._list(Ask.TX if self._whole else Ask.RX),)

    def _switch(self, command: Switch) -> Turn:
        (route,) = command.routes
        wanted = {point.channel: point for point in route.points}
        picture = wanted.get(Channel.VIDEO) or route.points[0]
        known = picture.rx in self._rx and (picture.tx is None or picture.tx in self._channels)
        if not known:
            return Turn((), (Refused(ref=command.ref, why=Why.NO_PORT, receivers=(route.receiver,)),))
        if picture.tx is None:
            words = {"method": "disconnect_channel", "rx_id": picture.rx, "force": str(int(self._force))}
        else:
            words = {
                "method": "connect_channel",
                "c_id": picture.tx,
                "rx_id": picture.rx,
                "mode": self._mode(route, wanted),
            }
        self._old = True
        return Turn((self._send(_Out(ask=Ask.SWITCH, words=words, ref=command.ref, receiver=route.receiver)),))

    @staticmethod
    def _mode(route: Route, wanted: Mapping[Channel, Point]) -> str:
        works = wanted.get(Channel.USB)
        if works is None or works.tx is None:
            return "v"
        return {Hold.SHARED: "s", Hold.EXCLUSIVE: "e", Hold.PRIVATE: "p"}[route.hold]

    def _list(self, ask: Ask, page: int = 1) -> Request:
        if ask is Ask.CHANNELS:
            words = {"method": "get_channels", "page": str(page)}
        else:
            words = {"method": "get_devices", "device_type": "tx" if ask is Ask.TX else "rx", "page": str(page)}
        return self._send(_Out(ask=ask, page=page, words=words))

    def _log_in(self) -> Request:
        self._token = ""
        words = {"method": "login", "username": self._user, "password": self._password}
        return self._send(_Out(ask=Ask.LOG_IN, words=words))

    def _send(self, out: _Out) -> Request:
        self._serial += 1
        self._out[self._serial] = out
        words = {"v": "1" if out.ask is Ask.LOG_IN else self._version, **out.words}
        if out.ask is not Ask.LOG_IN:
            words["token"] = self._token
        said = " ".join(
            ("/api", str(out.words["method"]), out.words.get("c_id", ""), out.words.get("rx_id", ""))
        ).rstrip()
        return Request(id=self._serial, method="GET", path=f"/api/?{urlencode(words)}", said=said)


KIND = DriverKind(
    name="adder",
    title="AdderLink Infinity Manager, Black Box iPATH",
    transport="http",
    port=80,
    options=(
        Option(name="user", about="Name of an API user of the manager."),
        Option(name="password", secret=True, about="Its password."),
        Option(name="force", kind="truth", default=False, about="Disconnect receivers others have connected, too."),
        Option(name="poll_s", kind="number", default=2.0, least=0.5, most=60.0, about="Seconds between two questions."),
        Option(name="version", default="5", about="Version of the API to speak, 5 or more."),
    ),
    make=Adder,
)

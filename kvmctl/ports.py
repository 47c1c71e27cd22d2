"""What the core asks of a driver, and what a driver may say: a codec without I/O for one device on one connection.

The edge owns sockets and the clock. It carries what a driver wants sent to the device, feeds it what the device said, and
ticks it. A driver of a stream (TCP) sends ``Bytes`` and hears ``Received`` in any segments. A driver of HTTP and
WebSockets sends ``Request`` and ``OpenSocket`` and hears ``Replied``, ``RequestFailed``, ``SocketHeard``. Both kinds answer
with a ``Turn``: what to send, in order, and what they have found out.

The rules every driver keeps:

- It never raises on what a device says; what it cannot read is ``Garbage``, and it finds its feet again.
- An acknowledgement is ``Acked`` and nothing more. State is only what the device reports: ``Dumped`` (the whole of it) or
  ``PointReported``.
- After ``connect`` it logs in where that is needed and asks for everything; its first ``Dumped`` says that it is ready,
  and until then the core sends no ``Switch``.
- ``Refresh`` is answered by a ``Dumped`` however the device says it (in pages, block by block, by polling).
- One ``Switch`` is under way at a time. It ends with one ``Acked``, ``Refused`` or ``Busy`` with its ``ref``; a device that
  says nothing lets the core's deadline pass, which makes the outcome unknown. A driver never sends a change again.
- Ports are what the device itself calls its connectors, as text: ``"7"`` on a Videohub, ``"3017"`` on a Draco, an id in NMOS.
- Passwords and tokens stand in ``Request.path`` at most; ``Request.said`` is what may be logged of it.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Literal, NewType, Protocol

import msgspec

Port = NewType("Port", str)
"""A connector as its device calls it."""


class Channel(StrEnum):
    __hash__ = str.__hash__  # Enum's own is a Python function, and every point is looked up by its channel
    VIDEO = "video"
    AUDIO = "audio"
    USB = "usb"
    """Keyboard and mouse: whose receiver has it works the transmitter."""


class Side(StrEnum):
    __hash__ = str.__hash__
    TX = "tx"
    RX = "rx"


class Hold(StrEnum):
    """How a receiver holds its transmitter."""

    SHARED = "shared"
    EXCLUSIVE = "exclusive"
    """Nobody else works it; others may look."""
    PRIVATE = "private"
    """Nobody else works it or looks."""


class Point(msgspec.Struct, frozen=True, gc=False):
    """A crosspoint: what the receiver's port shows on this channel, None for nothing."""

    channel: Channel
    rx: Port
    tx: Port | None


class PortSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A connector as the device reports it. `signal` None: the device does not say whether there is a picture.

    `channels` empty: those of the driver. `group` joins connectors of one unit and `head` counts them from 1."""

    side: Side
    port: Port
    name: str = ""
    online: bool = True
    signal: bool | None = None
    channels: tuple[Channel, ...] = ()
    group: str = ""
    head: int = 1


# what the core asks


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Anything the core asks of a device."""


class Route(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One receiver as it shall be: a point for every channel it has on this device, `changed` those that are not so yet.

    A device that switches channels apart sends those changed; one that switches all at once takes its mode from all."""

    receiver: str
    """The receiver's id in the core; for grouping only."""
    points: tuple[Point, ...]
    changed: frozenset[Channel]
    hold: Hold = Hold.SHARED


class Switch(Command, frozen=True, kw_only=True, gc=False):
    """Make these routes, in this order, `Traits.batch` at most; one is under way at a time."""

    ref: int
    routes: tuple[Route, ...]


class Refresh(Command, frozen=True, kw_only=True):
    """Say the whole state again."""


class ShowText(Command, frozen=True, kw_only=True):
    """Show a text on the screen of a receiver, None for all; a device that cannot ignores it."""

    rx: Port | None
    text: str
    seconds: float = 5.0


# what a driver finds out


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Anything a driver reports."""


class Introduced(Event, frozen=True, kw_only=True):
    """The device says what it is."""

    model: str = ""
    name: str = ""
    version: str = ""


class Dumped(Event, frozen=True, kw_only=True):
    """The whole state: a point that is not named is not connected, a port that is not named is not there."""

    points: tuple[Point, ...]
    ports: tuple[PortSeen, ...]


class PointReported(Event, frozen=True, kw_only=True, gc=False):
    """The device shows this now, whoever wanted it."""

    point: Point


class PortReported(Event, frozen=True, kw_only=True, gc=False):
    """A connector came, went or changed its name."""

    seen: PortSeen


class Acked(Event, frozen=True, kw_only=True, gc=False):
    """The device has taken the change; not that it has made it."""

    ref: int


class Why(StrEnum):
    """Why a device refused."""

    OFFLINE = "offline"
    NO_PORT = "no_port"
    LOCKED = "locked"
    NOT_ALLOWED = "not_allowed"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


class Refused(Event, frozen=True, kw_only=True):
    """The device has not made the change. `receivers` are those it concerns where only some were refused."""

    ref: int
    why: Why
    words: str = ""
    receivers: tuple[str, ...] = ()


class Busy(Event, frozen=True, kw_only=True):
    """The device has not looked at the change and can be asked again."""

    ref: int


class LogInRefused(Event, frozen=True, kw_only=True):
    """The device does not take our name and password; the edge waits long before it tries again."""

    words: str = ""


class Garbage(Event, frozen=True, kw_only=True):
    """What could not be read: how many bytes, and where in the protocol. Never the bytes themselves."""

    size: int
    where: str


# what goes over the wire


class Bytes(msgspec.Struct, frozen=True, gc=False):
    """To be written in one piece."""

    data: bytes


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request; answered by one Replied or RequestFailed with its `id`. `path` may be a whole URL.

    `said` is what logs show of it, without secrets; `path` up to its question mark when empty."""

    id: int
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = {}
    timeout_s: float = 5.0
    said: str = ""


class OpenSocket(msgspec.Struct, frozen=True, kw_only=True):
    """Open a WebSocket under that id."""

    id: int
    url: str


class SocketText(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    text: str


class CloseSocket(msgspec.Struct, frozen=True, kw_only=True):
    id: int


class HangUp(msgspec.Struct, frozen=True, kw_only=True):
    """Give this connection up; the edge connects again after a while. `next_host` tries another of its hosts first."""

    why: str
    next_host: bool = False


Outward = Bytes | Request | OpenSocket | SocketText | CloseSocket | HangUp


class Received(msgspec.Struct, frozen=True, gc=False):
    """Bytes of a stream, split and joined as the network liked."""

    data: bytes


class Replied(msgspec.Struct, frozen=True, kw_only=True):
    """`headers` by lower-case name."""

    id: int
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class RequestFailed(msgspec.Struct, frozen=True, kw_only=True):
    """No reply: what became of the request is unknown."""

    id: int
    why: str


class SocketOpened(msgspec.Struct, frozen=True, kw_only=True):
    id: int


class SocketHeard(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    text: str


class SocketClosed(msgspec.Struct, frozen=True, kw_only=True):
    """The WebSocket ended or could not be opened."""

    id: int
    why: str


Heard = Received | Replied | RequestFailed | SocketOpened | SocketHeard | SocketClosed


class Turn(msgspec.Struct, frozen=True, gc=False):
    """What a driver answers: what to send, in order, and what it has found out, in order."""

    send: tuple[Outward, ...] = ()
    events: tuple[Event, ...] = ()


NOTHING = Turn()


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What the core must know of a driver before it uses it."""

    channels: tuple[Channel, ...] = (Channel.VIDEO, Channel.AUDIO, Channel.USB)
    """What it switches. Channels of a device that has but one go with the video."""
    batch: int = 1
    """Most routes in one Switch."""
    deadline_s: float = 2.0
    """A Switch without an end after so long has an unknown outcome."""
    tells: bool = True
    """The device reports changes by itself; without that the core asks for the whole state after each change."""
    audit_s: float = 30.0
    """Seconds between two Refreshes of the core's own accord."""
    tick_s: float = 1.0
    shows_text: bool = False


class Driver(Protocol):
    """A codec for one device. Used again for each of its connections: `connect` forgets the one before."""

    @property
    def traits(self) -> Traits: ...

    def connect(self, now: float) -> Turn:
        """A connection is open (HTTP: may be tried): log in and ask for everything."""
        ...

    def feed(self, heard: Heard, now: float) -> Turn: ...

    def encode(self, command: Command, now: float) -> Turn: ...

    def tick(self, now: float) -> Turn:
        """Called about every `traits.tick_s` while connected: keep-alives, polls, what has waited too long."""
        ...


OptionValue = str | int | float | bool | list[str]


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of a driver's own, under ``options`` of its ``[[matrix]]``. `default` None: it must be given."""

    name: str
    about: str
    kind: Literal["text", "whole", "number", "truth", "list"] = "text"
    default: OptionValue | None = None
    secret: bool = False
    least: float | None = None
    most: float | None = None


class DriverKind(msgspec.Struct, frozen=True, kw_only=True):
    """A driver as ``[[matrix]] driver = NAME`` finds it. `make` gets every option, checked and filled in."""

    name: str
    title: str
    transport: Literal["tcp", "http"]
    port: int
    """The port its devices listen on."""
    options: tuple[Option, ...] = ()
    make: Callable[[Mapping[str, OptionValue]], Driver]

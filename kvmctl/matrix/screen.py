"""One receiver in the loop of its matrix: what is wanted of it, and how far that has come."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import msgspec

from kvmctl.matrix.plant import Receiver, TxId
from kvmctl.matrix.wishes import Said
from kvmctl.ports import Channel, Hold, Port


class Standing(StrEnum):
    FOLLOWS = "follows"
    """Nobody of ours wants anything here: what the device reports is right."""
    PENDING = "pending"
    """Wanted, not under way."""
    SENT = "sent"
    """In the change that is under way."""
    SETTLED = "settled"
    """Reported as it was wanted."""
    DRIFTED = "drifted"
    """Was settled; the device reports something else."""


class Want(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A receiver as somebody wants it: a port (None: nothing) for each of its channels."""

    tx: TxId | None
    ports: Mapping[Channel, Port | None]
    hold: Hold = Hold.SHARED


class Screen:
    """A receiver, what it was last wanted to show, and whose wish that is."""

    __slots__ = (
        "channels",
        "ports",
        "restored",
        "rx",
        "sent_ever",
        "settled",
        "since",
        "standing",
        "ticket",
        "tries",
        "want",
    )

    def __init__(self, rx: Receiver, channels: Collection[Channel]) -> None:
        """`channels` are those its matrix switches."""
        self.rx = rx
        self.channels = tuple(channel for channel in rx.ports if channel in channels)
        self.ports = tuple((channel, rx.ports[channel]) for channel in self.channels)
        self.standing = Standing.FOLLOWS
        self.want: Want | None = None
        self.settled: Want | None = None
        self.ticket: int | None = None
        self.since = 0.0
        self.tries = 0
        self.sent_ever = False
        self.restored: list[float] = []

    def __repr__(self) -> str:
        return f"<Screen {self.rx.id} {self.standing.value} wants {self.want.tx if self.want else '–'}>"

    def take(self, want: Want, ticket: int | None, now: float) -> None:
        self.want, self.ticket, self.since, self.tries = want, ticket, now, 0
        self.standing, self.sent_ever = Standing.PENDING, False

    def settle(self) -> None:
        self.standing, self.settled, self.ticket = Standing.SETTLED, self.want, None

    def follow(self) -> None:
        self.standing, self.want, self.settled, self.ticket = Standing.FOLLOWS, None, None, None


class Ended(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A receiver's part in a wish is over; `why` None when the device reports what was wanted."""

    screen: Screen
    ticket: int | None
    why: Said | None
    took_s: float


class Drifted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The device shows something else than was `wanted` and settled; `then` is what is done about it."""

    screen: Screen
    wanted: TxId | None
    then: str


class DriftOver(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    screen: Screen

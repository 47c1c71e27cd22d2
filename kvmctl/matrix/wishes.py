"""What people and rules may wish of the screens, and the words in which a wish is refused or ends."""

from enum import StrEnum

import msgspec

from kvmctl.matrix.plant import RxId, TxId
from kvmctl.ports import Hold


class Control(StrEnum):
    """What comes with the picture."""

    VIEW = "view"
    """Picture and sound."""
    FULL = "full"
    """Keyboard and mouse too."""


class Said(StrEnum):
    """Every answer there is; ``kvm.said.*`` of the catalogue is its text."""

    CONNECTED = "connected"
    CONNECT_FAILED = "connect_failed"
    PUSHED = "pushed"
    PUSH_FAILED = "push_failed"
    GOT = "got"
    GET_FAILED = "get_failed"
    DISCONNECTED = "disconnected"
    DISCONNECT_FAILED = "disconnect_failed"
    PRESET_MADE = "preset_made"
    PRESET_FAILED = "preset_failed"
    POINTED = "pointed"
    POINT_FAILED = "point_failed"
    CANCELLED = "cancelled"
    CANCEL_FAILED = "cancel_failed"
    TAKEN_OVER = "taken_over"
    TAKE_OVER_FAILED = "take_over_failed"
    OUT_OF_RANGE = "out_of_range"
    """The user's rights do not reach so far."""
    SAME_SOURCE = "same_source"
    NO_VIDEO = "no_video"
    OFFLINE = "offline"
    UNKNOWN_ID = "unknown_id"
    ONE_ONLY = "one_only"
    NOTHING_TYPED = "nothing_typed"
    IN_PRIVATE = "in_private"
    IN_USE = "in_use"
    OTHER_MATRIX = "other_matrix"
    MATRIX_DOWN = "matrix_down"
    NO_PUSH = "no_push"
    UNKNOWN_PRESET = "unknown_preset"
    UNKNOWN_SEAT = "unknown_seat"
    NOT_SIGNED_IN = "not_signed_in"
    SUPERSEDED = "superseded"
    STALE = "stale"
    UNKNOWN_OUTCOME = "unknown_outcome"
    DEVICE_REFUSED = "device_refused"
    SENT = "sent"
    """Under way; what it becomes is not known yet."""


class Wish(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`actor` is the user who wishes, "" the house itself (rules), which no right binds."""

    actor: str


class AtReceiver(Wish, frozen=True, kw_only=True):
    """A wish of somebody who sits at a receiver."""

    rx: RxId


class Connect(AtReceiver, frozen=True, kw_only=True):
    """Show a transmitter here, by one id or hotkey."""

    source: str
    control: Control = Control.FULL
    hold: Hold = Hold.SHARED
    force: bool = False


class Push(AtReceiver, frozen=True, kw_only=True):
    """Show what is here on others, too: ids and hotkeys with commas, or ``all``."""

    targets: str
    force: bool = False


class Get(AtReceiver, frozen=True, kw_only=True):
    """Show here what another receiver shows, by one id or hotkey."""

    other: str


class PointAt(AtReceiver, frozen=True, kw_only=True):
    """Put the unit's keyboard and mouse on the computer of one of its screens, counted from 1."""

    screen: int


class Disconnect(AtReceiver, frozen=True, kw_only=True):
    """Show nothing here."""


class CancelPush(AtReceiver, frozen=True, kw_only=True):
    """Take back what was pushed from here, to these targets or to all when empty: what was there before is restored."""

    targets: str = ""


class CallPreset(Wish, frozen=True, kw_only=True):
    name: str


class Salvo(Wish, frozen=True, kw_only=True):
    """Several connections at once, in this order."""

    pairs: tuple[tuple[RxId, TxId], ...]


class TakeOver(Wish, frozen=True, kw_only=True):
    """A spare seat takes the place of one that has failed."""

    failed: str
    spare: str


class Refusal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why not: `about` is the id it is about."""

    said: Said
    about: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One receiver of a plan: what it shall show; `tx` None for nothing."""

    rx: RxId
    tx: TxId | None
    control: Control = Control.FULL
    hold: Hold = Hold.SHARED
    usb: TxId | None = None
    """Whose keyboard and mouse it has, where that is not the transmitter shown."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a wish means, in the order in which it is carried out; `left_out` are targets that could not be served."""

    steps: tuple[Step, ...]
    left_out: tuple[Refusal, ...] = ()


DONE: dict[type[Wish], tuple[Said, Said]] = {
    Connect: (Said.CONNECTED, Said.CONNECT_FAILED),
    Push: (Said.PUSHED, Said.PUSH_FAILED),
    Get: (Said.GOT, Said.GET_FAILED),
    PointAt: (Said.POINTED, Said.POINT_FAILED),
    Disconnect: (Said.DISCONNECTED, Said.DISCONNECT_FAILED),
    CancelPush: (Said.CANCELLED, Said.CANCEL_FAILED),
    CallPreset: (Said.PRESET_MADE, Said.PRESET_FAILED),
    Salvo: (Said.PRESET_MADE, Said.PRESET_FAILED),
    TakeOver: (Said.TAKEN_OVER, Said.TAKE_OVER_FAILED),
}
"""What a wish of each kind ends with, well or badly."""

"""What the OSD shows from: devices as one user sees them at one receiver, and lines of styled text."""

from enum import StrEnum
from typing import NamedTuple

import msgspec


class Style(StrEnum):
    FIXED = "fixed"
    """Brown: what always stands there."""
    LIVE = "live"
    """White: what changes."""
    PROMPT = "prompt"
    """Yellow: what the operator is asked or told."""
    READY = "ready"
    """Grey: online and connectable."""
    JOINED = "joined"
    """Yellow: connected here, or the same signal."""
    OFF = "off"
    """Red: offline."""
    BARRED = "barred"
    """Dim: listed, but not for this user."""


class Span(NamedTuple):
    text: str
    style: Style


Line = tuple[Span, ...]
Screen = tuple[Line, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A device in the list."""

    id: str
    name: str
    style: Style
    hotkeys: tuple[str, ...] = ()


class Network(StrEnum):
    NORMAL = "normal"
    DOWN = "down"
    NO_SERVER = "no_server"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a receiver's OSD is drawn from; what the user may not know of is not in it."""

    receiver: str
    user: str = ""
    """"" when nobody is signed in."""
    network: Network = Network.NORMAL
    transmitters: tuple[Row, ...] = ()
    receivers: tuple[Row, ...] = ()
    heads: int = 1
    shows: str = ""
    pushed_from: str = ""
    """The receiver this picture was pushed from, with the user's name."""
    pushed_to: tuple[str, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of something: `good` closes the OSD after a second. `about` is an id, `more` says by id what is wrong there."""

    said: str
    good: bool = False
    about: str = ""
    more: dict[str, str] = {}

"""The screens as the desk sees them: what the API takes and gives, and who answers it."""

from typing import Annotated, Literal, Protocol

import msgspec

from desk.bodies import Body
from kvmctl.osd.show import Shown, Told

Id = Annotated[str, msgspec.Meta(max_length=40)]
Typed = Annotated[str, msgspec.Meta(max_length=400)]
Do = Literal["connect", "push", "get", "disconnect", "cancel_push", "preset", "salvo", "take_over", "give_back"]


class ScreenWish(Body, frozen=True, kw_only=True):
    """A wish: `rx` is the receiver it is made at; `text` one source, targets with commas or ``all``, or a preset's name."""

    do: Do
    rx: Id = ""
    text: Typed = ""
    control: Literal["view", "full"] = "full"
    hold: Literal["shared", "exclusive", "private"] = "shared"
    force: bool = False
    pairs: Annotated[dict[str, str], msgspec.Meta(max_length=1024)] = {}
    """For a salvo: transmitter by receiver, in this order."""
    failed: Id = ""
    spare: Id = ""


class SeatSignIn(Body, frozen=True, kw_only=True):
    user: Annotated[str, msgspec.Meta(max_length=80)]
    password: Annotated[str, msgspec.Meta(max_length=128)]


class SeatWish(Body, frozen=True, kw_only=True):
    """What an operator types at his receiver; `session` is what the sign-in gave."""

    session: Annotated[str, msgspec.Meta(max_length=80)]
    do: Literal["connect", "push", "get", "disconnect", "cancel_push", "point", "refresh", "sign_out"]
    text: Typed = ""


class DriftDecision(Body, frozen=True, kw_only=True):
    """restore: put back what was wished; adopt: what is shown is right."""

    then: Literal["restore", "adopt"]


class NewSettings(Body, frozen=True, kw_only=True):
    """The whole of a ``kvm.toml``; a password or secret of three stars keeps the one there is."""

    text: Annotated[str, msgspec.Meta(max_length=1_000_000)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """``kvm.toml`` with three stars for every password and secret; `pending` when the server runs with an older one."""

    text: str
    pending: bool


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A transmitter or receiver. `wanted` and `shows` are transmitters' ids, "" for nothing."""

    id: str
    name: str
    side: str
    matrix: str
    online: bool
    video: bool = True
    wanted: str = ""
    shows: str = ""
    control: str = ""
    standing: str = ""
    user: str = ""
    pushed_from: str = ""
    hotkeys: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    wall: str = ""


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    driver: str
    state: str
    model: str = ""
    why: str = ""
    """Why there is no connection, e.g. ``ConnectionRefusedError`` or ``log-in refused``."""


class SeatRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    receiver: str
    station: str
    agents: tuple[str, ...]
    spare: bool
    stands_in_for: str = ""


class PresetRow(msgspec.Struct, frozen=True, kw_only=True):
    """`active`: none, partial or full of it is shown."""

    name: str
    active: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A connector that no device of the settings has yet."""

    matrix: str
    side: str
    port: str
    name: str
    online: bool


class Screens(msgspec.Struct, frozen=True, kw_only=True):
    """All of the screens at one moment."""

    matrices: tuple[Matrix, ...]
    devices: tuple[Device, ...]
    seats: tuple[SeatRow, ...]
    presets: tuple[PresetRow, ...]
    walls: dict[str, tuple[str, ...]]
    found: tuple[Found, ...] = ()


class ScreenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a wish: `done` of `of` receivers show it; `left_out` says by id why the others do not."""

    said: str
    good: bool
    about: str = ""
    done: int = 0
    of: int = 0
    took_s: float = 0.0
    left_out: dict[str, str] = {}


class SeatSession(msgspec.Struct, frozen=True, kw_only=True):
    """`session` goes with every wish; "" when the sign-in was refused."""

    told: Told
    session: str = ""


class KvmRefused(Exception):
    """The wish cannot be taken; `code` is what the pages translate."""

    def __init__(self, status: int, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.words = status, code, words or {}


class KvmDesk(Protocol):
    """The screens behind the API. `house` says that the caller's token may steer all of them."""

    def screens(self) -> Screens: ...

    def known_user(self, name: str) -> bool: ...

    async def wish(self, said: ScreenWish, actor: str, *, house: bool) -> ScreenAnswer: ...

    async def settle_drift(self, rx: str, then: str, actor: str) -> None: ...

    def shown(self, rx: str, session: str) -> Shown: ...

    def settings(self) -> Settings: ...

    async def put_settings(self, text: str, actor: str, lang: str) -> None: ...

    async def sign_in(self, rx: str, said: SeatSignIn) -> SeatSession: ...

    async def at_seat(self, rx: str, said: SeatWish) -> Told: ...

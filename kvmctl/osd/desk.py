"""The OSD of one receiver as a machine of states: keys, answers and time in; wishes out.

Shift+O twice opens it. Without a key it closes after ten seconds, after a success within one; only the sign-in stays.
F7 and a digit put the pointer on a screen, whether it is open or not.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from kvmctl.osd.show import Shown, Told

OPEN_TWICE_S = 1.0
IDLE_S = 10.0
DONE_S = 1.0
PAGE = 8
LONGEST = 120


class State(StrEnum):
    CLOSED = "closed"
    SIGN_IN = "sign_in"
    CHECKING = "checking"
    """Name and password are being looked at."""
    LIST = "list"
    INPUT = "input"
    WAITING = "waiting"
    DONE = "done"
    POINTER = "pointer"


class Mode(StrEnum):
    CONNECT = "connect"
    PUSH = "push"
    GET = "get"


KEYS: dict[str, Mode] = {"f1": Mode.CONNECT, "f2": Mode.PUSH, "f3": Mode.GET}


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What the OSD asks for."""


class SignIn(Effect, frozen=True, kw_only=True):
    user: str
    password: str

    def __repr__(self) -> str:
        return f"SignIn(user={self.user!r})"


class SignOut(Effect, frozen=True, kw_only=True):
    pass


class Wished(Effect, frozen=True, kw_only=True):
    mode: Mode
    text: str


class Refreshed(Effect, frozen=True, kw_only=True):
    pass


class Pointed(Effect, frozen=True, kw_only=True):
    """The pointer is to go to that screen of the unit, counted from 1."""

    screen: int


class Desk:
    """One receiver's OSD. Keys are ``f1`` … ``f7``, ``up``, ``down``, ``enter``, ``esc``, ``tab``, ``backspace`` or a character."""

    def __init__(self) -> None:
        self.state = State.CLOSED
        self.mode = Mode.CONNECT
        self.typed = ""
        self.user_typed = ""
        self.at_password = False
        self.page = 0
        self.told: Told | None = None
        self._capital_at = float("-inf")
        self._key_at = 0.0
        self._back = State.CLOSED
        self._states: dict[State, Callable[[str, Shown], list[Effect]]] = {
            State.SIGN_IN: self._sign_in,
            State.LIST: self._list,
            State.INPUT: self._input,
            State.WAITING: self._waiting,
            State.CHECKING: self._waiting,
            State.DONE: self._waiting,
            State.POINTER: self._pointer,
        }

    def __repr__(self) -> str:
        return f"<Desk {self.state.value} {self.mode.value}>"

    @property
    def is_open(self) -> bool:
        return self.state is not State.CLOSED and not (self.state is State.POINTER and self._back is State.CLOSED)

    @property
    def due_at(self) -> float:
        match self.state:
            case State.CLOSED | State.SIGN_IN | State.CHECKING | State.WAITING:
                return float("inf")
            case State.DONE:
                return self._key_at + DONE_S
        return self._key_at + IDLE_S

    def due(self, now: float) -> None:
        """Close what has been left alone."""
        if now >= self.due_at:
            self.state = self._back if self.state is State.POINTER else State.CLOSED
            self.typed, self.told, self._key_at = "", None, now

    def press(self, key: str, shown: Shown, now: float) -> list[Effect]:
        self.due(now)
        if self.state is State.CLOSED:
            return self._closed(key, shown, now)
        self._key_at = now if self.state is not State.DONE else self._key_at
        if key == "f7" and self.state in (State.LIST, State.INPUT):
            self._back, self.state = self.state, State.POINTER
            return []
        return self._states[self.state](key, shown)

    def answered(self, told: Told, now: float) -> None:
        """What came of the wish or the sign-in under way; one that came too late changes nothing."""
        if self.state not in (State.WAITING, State.CHECKING):
            return
        self.told, self._key_at = told, now
        if self.state is State.CHECKING:
            self.state = State.LIST if told.good else State.SIGN_IN
            self.typed, self.at_password = "", not told.good and bool(self.user_typed)
            if told.good:
                self.told = None
            return
        self.state = State.DONE if told.good else State.INPUT
        self.typed = ""

    def signed_out(self) -> None:
        """The server knows the user no longer."""
        if self.state not in (State.CLOSED, State.SIGN_IN, State.CHECKING):
            self._to_sign_in()

    def pages(self, shown: Shown) -> int:
        return max(1, -(-len(self.rows(shown)) // PAGE))

    def rows(self, shown: Shown) -> tuple[object, ...]:
        """The list that stands there: receivers for a push and a get, else transmitters."""
        pushes = self.state in (State.INPUT, State.WAITING, State.DONE) and self.mode is not Mode.CONNECT
        return shown.receivers if pushes else shown.transmitters

    # the states

    def _closed(self, key: str, shown: Shown, now: float) -> list[Effect]:
        if key == "f7":
            self._back, self.state, self._key_at = State.CLOSED, State.POINTER, now
        elif key != "O":
            self._capital_at = float("-inf")
        elif now - self._capital_at > OPEN_TWICE_S:
            self._capital_at = now
        else:
            self._capital_at, self._key_at = float("-inf"), now
            self.page, self.typed, self.told = 0, "", None
            if shown.user:
                self.state = State.LIST
            else:
                self._to_sign_in()
        return []

    def _to_sign_in(self) -> None:
        self.state, self.typed, self.user_typed, self.at_password, self.told = State.SIGN_IN, "", "", False, None

    def _sign_in(self, key: str, shown: Shown) -> list[Effect]:
        match key:
            case "esc":
                self.state, self.typed, self.told = State.CLOSED, "", None
            case "enter" | "tab" if not self.at_password:
                self.user_typed, self.typed, self.at_password = self.typed.strip(), "", True
            case "tab":
                self.typed, self.at_password = self.user_typed, False
            case "enter":
                password, self.typed = self.typed, ""
                self.state, self.told = State.CHECKING, None
                return [SignIn(user=self.user_typed, password=password)]
            case _:
                self._type(key)
        return []

    def _list(self, key: str, shown: Shown) -> list[Effect]:
        if key == "esc":
            self.state = State.CLOSED
        elif key in KEYS:
            self._ask(KEYS[key])
        elif key == "f5":
            self.told = None
            return [Refreshed()]
        elif key == "f10":
            self._to_sign_in()
            return [SignOut()]
        else:
            self._turn(key, shown)
        return []

    def _input(self, key: str, shown: Shown) -> list[Effect]:
        match key:
            case "esc":
                self.state, self.typed, self.told, self.page = State.LIST, "", None, 0
            case "f1" | "f2" | "f3":
                self._ask(KEYS[key])
            case "f5":
                return [Refreshed()]
            case "up" | "down":
                self._turn(key, shown)
            case "enter":
                self.state, self.told = State.WAITING, None
                return [Wished(mode=self.mode, text=self.typed)]
            case _:
                self._type(key)
        return []

    def _waiting(self, key: str, shown: Shown) -> list[Effect]:
        if key == "esc":
            self.state = State.SIGN_IN if self.state is State.CHECKING else State.LIST
            self.typed, self.told = "", None
        return []

    def _pointer(self, key: str, shown: Shown) -> list[Effect]:
        self.state = self._back
        if len(key) == 1 and key in "12345678" and int(key) <= shown.heads:
            return [Pointed(screen=int(key))]
        return []

    def _ask(self, mode: Mode) -> None:
        self.state, self.mode, self.typed, self.told, self.page = State.INPUT, mode, "", None, 0

    def _turn(self, key: str, shown: Shown) -> None:
        if key == "down":
            self.page = min(self.page + 1, self.pages(shown) - 1)
        elif key == "up":
            self.page = max(self.page - 1, 0)

    def _type(self, key: str) -> None:
        if key == "backspace":
            self.typed = self.typed[:-1]
        elif len(key) == 1 and key.isprintable() and len(self.typed) < LONGEST:
            self.told = None
            self.typed += key

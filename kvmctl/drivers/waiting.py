"""Commands to a device that answers in their order: one is out at a time, the others wait, and none is sent twice."""

from collections import deque
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from kvmctl.ports import Bytes, HangUp, Outward

MOST = 64
"""Most that wait; the core never has so many, a driver that is stuck would."""


class What(StrEnum):
    SWITCH = "switch"
    REFRESH = "refresh"
    ALIVE = "alive"
    LOG_IN = "log_in"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A command: its bytes, and what a reply to it means. `last` marks the final one of a switch of several."""

    what: What
    data: bytes
    ref: int = 0
    last: bool = True


class Waiting:
    """What is out and what waits; `patience_s` without a reply and the replies' order is lost."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._out: Sent | None = None
        self._since = 0.0
        self._next: deque[Sent] = deque()

    def clear(self) -> None:
        self._out = None
        self._next.clear()

    @property
    def out(self) -> Sent | None:
        return self._out

    def send(self, commands: Sequence[Sent], now: float) -> tuple[Outward, ...]:
        """Send them as soon as those before are answered."""
        if len(self._next) + len(commands) > MOST:
            return (HangUp(why="no reply"),)
        self._next.extend(commands)
        return self._go_on(now)

    def answered(self, now: float, *, drop_ref: int | None = None) -> tuple[Sent | None, tuple[Outward, ...]]:
        """A reply has come: what it is to, and what is sent now. With `drop_ref` the rest of that switch is not sent."""
        was, self._out = self._out, None
        if drop_ref is not None:
            kept = [one for one in self._next if not (one.what is What.SWITCH and one.ref == drop_ref)]
            self._next = deque(kept)
        return was, self._go_on(now)

    def overdue(self, now: float) -> bool:
        return self._out is not None and now - self._since >= self._patience_s

    def asks(self, what: What) -> bool:
        """Whether such a command is out or waits."""
        return any(one.what is what for one in (*((self._out,) if self._out else ()), *self._next))

    def _go_on(self, now: float) -> tuple[Outward, ...]:
        if self._out is not None or not self._next:
            return ()
        self._out, self._since = self._next.popleft(), now
        return (Bytes(self._out.data),)

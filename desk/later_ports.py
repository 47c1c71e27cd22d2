"""Callbacks, promised calls and messages as the desk sees them: rows without a number, and where a message's sound is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol

import msgspec

from desk.bodies import Body, Note, Short


class Assign(Body, frozen=True, kw_only=True):
    """Who is to make a promised call, empty for the whole group, and when (epoch seconds; as promised when not given)."""

    agent: Annotated[str, msgspec.Meta(max_length=40)] = ""
    at: Annotated[float, msgspec.Meta(ge=0, le=1e11)] | None = None


class OneMessage(Body, frozen=True, kw_only=True):
    message: Short


class MessageDone(Body, frozen=True, kw_only=True):
    """What came of a message."""

    message: Short
    result: Short
    note: Note = ""


class CallbackRow(msgspec.Struct, frozen=True, kw_only=True):
    """A caller who is called back instead of waiting; instants in epoch seconds, `since` his place in the queue."""

    callback: str
    queue: str
    since: float
    state: str
    lead: int | None
    agent: str
    tries: int
    not_before: float | None
    why: str
    closed_at: float | None


class PromiseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A call an agent has promised; `agent` "" for the whole group, `due` when it can be made."""

    lead: int
    campaign: str
    promised_at: float
    due: float
    agent: str
    attempts: int
    overdue: bool


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message a caller left; `agent` whose it is, "" while it waits; `can_call` whether he can be called back."""

    message: str
    queue: str
    at: float
    seconds: float | None
    found: bool | None
    agent: str
    branch: str
    round: int | None
    can_call: bool
    dialled_at: float | None
    why: str
    result: str
    note: str
    done_at: float | None


class SoundPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where the sound of a message lies on the server's disk."""

    path: str


class LaterBooks(Protocol):
    """What the store knows of them, and what changes besides the floor."""

    async def callbacks(self, *, closed: bool, before: float | None, limit: int) -> Sequence[CallbackRow]: ...

    async def promises(self, *, campaign: str | None, limit: int) -> Sequence[PromiseRow]: ...

    async def change_promise(self, lead: int, *, at: float | None, agent: str | None, actor: str) -> bool:
        """Have another agent ("" anybody, None as it is) make the call at `at`, or call it off (both None); False where
        none was promised."""
        ...

    async def messages(
        self, *, done: bool, agent: str | None, before: float | None, limit: int
    ) -> Sequence[MessageRow]: ...

    async def sound(self, message: str, actor: str, *, own_only: bool) -> Path | None:
        """Where a message's sound is, in the audit trail before the answer; None where there is none, or where it is not
        his and he may hear his own only."""
        ...

"""What the desk asks of the store about live calls and their supervisors, and the rows it gives."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class LiveCallRow(msgspec.Struct, frozen=True, kw_only=True):
    """A call in progress. `campaign` is its campaign or queue, `stage` dialling, ringing, waiting or talking."""

    id: str
    campaign: str
    stage: str
    since: float
    agent: str | None
    supervisors: tuple[str, ...] = ()


class MarkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of a call: `kind` is the fact's name, `agent` whom it is about, `seconds` since the recording began."""

    at: float
    kind: str
    agent: str | None
    seconds: float | None


class SupervisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One supervision that was; instants in epoch seconds, `for_s` how long the ear was open."""

    supervisor: str
    call: str
    agent: str
    ear: str
    begun_at: float
    opened_at: float | None
    ended_at: float | None
    for_s: float | None
    why: str | None


class CallBooks(Protocol):
    """What the store knows of live calls."""

    async def marks(self, call: str) -> Sequence[MarkRow]:
        """The time line of a call, oldest first; empty when nobody knows it."""
        ...

    async def supervised(self, *, before: float | None, limit: int) -> Sequence[SupervisionRow]:
        """Supervisions begun before the instant `before`, newest first."""
        ...

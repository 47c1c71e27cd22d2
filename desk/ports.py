"""What the desk asks of the store, as a Protocol, and the rows it gets back: masked, ready for a page."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import msgspec


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. `number` is masked; times are seconds since the epoch, None when it never came so far."""

    id: str
    campaign: str
    lead: int
    number: str
    mode: str
    trunk: str
    server: str
    placed_at: float
    answered_at: float | None = None
    connected_at: float | None = None
    ended_at: float | None = None
    agent: str | None = None
    outcome: str | None = None
    disposition: str | None = None
    ring_s: float = 0.0
    talk_s: float = 0.0


class RecordingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One recording; `state` is asked, confirmed, missing or filed."""

    call: str
    agent: str
    campaign: str
    server: str
    name: str
    state: str
    started_at: float
    seconds: float | None = None
    bytes: int | None = None
    why: str = ""


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of the journal: its serial, its instant, its class name and its fields."""

    seq: int
    at: float
    kind: str
    fact: dict[str, Any]


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of an import that was not taken: its line in the file (the heading is 1) and a code for why."""

    line: int
    why: str


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an uploaded list. `rows` names the first rejected rows only; `rejected` counts all."""

    campaign: str
    accepted: int
    rejected: int
    rows: tuple[RejectedRow, ...] = ()


class ImportRefused(Exception):
    """The list cannot be read at all (no heading, not text); `code` is what the pages translate."""

    def __init__(self, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.words = words or {}


class DeskQueries(Protocol):
    """The store as the desk sees it. Newest rows first; `limit` is 1 to 1000."""

    async def calls(self, *, campaign: str | None, before: float | None, limit: int) -> Sequence[CallRow]:
        """Attempts placed before the instant `before`."""
        ...

    async def recordings(self, *, before: float | None, limit: int) -> Sequence[RecordingRow]:
        """Recordings started before the instant `before`."""
        ...

    async def journal(self, *, before: int | None, limit: int) -> Sequence[JournalRow]:
        """The tail of the journal, or what stands before the serial `before`."""
        ...

    async def import_leads(self, *, campaign: str, actor: str, chunks: AsyncIterator[bytes]) -> ImportReport:
        """Read a CSV file (UTF-8 or GB18030) as it arrives; raises ImportRefused when it is no list at all."""
        ...

"""What the desk asks of the store, as a Protocol, and the rows it gets back: masked, ready for a page."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import msgspec

from desk.books import Books
from desk.oncall_ports import PartRow, SurveyRow
from dialer.amd.report import AmdReport
from telephony.views import ContractView


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
    """A row of an import that was not taken: its line in the file (the heading is 1) and a code for why.

    `value` and `cells` are masked; `serial` is its place among all that was not taken."""

    line: int
    why: str
    value: str = ""
    cells: tuple[str, ...] = ()
    serial: int = 0


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """An imported list: rows = added + duplicates + rejected; `counts` has them by code.

    `state` is importing, open or closed; `position` is the line its import has come to."""

    id: str
    campaign: str
    file: str
    sheet: str
    state: str
    rows: int
    added: int
    duplicates: int
    rejected: int
    counts: dict[str, int]
    position: int
    created_at: float
    opened_at: float | None
    author: str


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an uploaded list. `rejected` counts all rows not taken, `rows` names the first of them only.

    `already` says that the same file was imported before, as this batch at `created_at`, and nothing was changed;
    `resumed_after` is the line after which a broken-off import of it went on; `counts` has all fates by code."""

    campaign: str
    accepted: int
    rejected: int
    rows: tuple[RejectedRow, ...] = ()
    batch: str = ""
    total: int = 0
    counts: dict[str, int] = {}
    already: bool = False
    dry_run: bool = False
    resumed_after: int = 0
    created_at: float = 0.0


class ListOrder(msgspec.Struct, frozen=True, kw_only=True):
    """How an uploaded list is to be taken in; empty texts leave it to the settings and to the file."""

    campaign: str
    actor: str
    batch: str = ""
    file: str = ""
    sheet: str = ""
    against: str = ""
    dry_run: bool = False


class ImportRefused(Exception):
    """The list cannot be read at all (no heading, not text); `code` is what the pages translate."""

    def __init__(self, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.words = words or {}


class DeskQueries(Books, Protocol):
    """The store as the desk sees it. Newest rows first; `limit` is 1 to 1000."""

    async def calls(self, *, campaign: str | None, before: float | None, limit: int) -> Sequence[CallRow]:
        """Attempts placed before the instant `before`."""
        ...

    async def contracts(self, *, campaign: str, at: float) -> Sequence[ContractView]:
        """A campaign's abandon contracts as they stood at that instant, recounted from the journal."""
        ...

    async def amd(self, *, campaign: str, since: float) -> AmdReport | None:
        """How detection of answering machines did on the campaign since an instant; None without such a campaign."""
        ...

    async def parts(self, call: str) -> Sequence[PartRow]: ...

    async def surveys(self, since: float) -> Sequence[SurveyRow]: ...

    async def recordings(self, *, before: float | None, limit: int) -> Sequence[RecordingRow]:
        """Recordings started before the instant `before`."""
        ...

    async def journal(self, *, before: int | None, limit: int) -> Sequence[JournalRow]:
        """The tail of the journal, or what stands before the serial `before`."""
        ...

    async def import_leads(self, order: ListOrder, chunks: AsyncIterator[bytes]) -> ImportReport:
        """Take in a CSV file or an Excel workbook; raises ImportRefused when it is no list at all."""
        ...

    async def batches(
        self, *, campaign: str | None, state: str | None, before: float | None, limit: int
    ) -> Sequence[BatchRow]:
        """Imported lists created before the instant `before`."""
        ...

    async def batch(self, id: str) -> BatchRow | None: ...

    async def batch_rejects(self, id: str, *, after: int, limit: int) -> Sequence[RejectedRow]:
        """What was not taken of a batch in the order of its lines, from the one after the serial `after`."""
        ...

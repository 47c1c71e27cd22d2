"""Takes a list of leads into the store: row by row, nothing lost without a word, the same file twice changes nothing."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from config.words import say
from store.intake import BATCH, NewLead, Taken
from switchroom.columns import Columns, columns_of
from switchroom.lead_rows import LeadRows, RowRefused
from switchroom.numbering import reads_as_number
from switchroom.sheet import Row, examine, rows
from telephony.ids import CampaignId
from telephony.numbers import PhoneNumber

REMEMBERED = 2_000_000
"""Numbers of one file remembered to find those that stand in it twice; beyond, the store finds them."""

AddLeads = Callable[[Sequence[NewLead]], Taken]
Progress = Callable[[int, int, int], None]
"""Called with (rows so far, bytes read, bytes of the file)."""


class Reject(msgspec.Struct, frozen=True):
    """A row that was not taken: its line in the file, why, and the cell at fault with its digits masked."""

    row: int
    code: str
    value: str = ""


class IntakeReport(msgspec.Struct, frozen=True, kw_only=True):
    """How it went: rows = added + duplicates (the campaign had them) + repeated (in the file) + rejected."""

    rows: int
    added: int
    duplicates: int
    repeated: int
    rejected: dict[str, int]
    encoding: str
    delimiter: str
    headed: bool
    ignored: tuple[str, ...]


def take_in(
    path: Path,
    *,
    campaign: CampaignId,
    batch: str,
    region: str,
    zone: str,
    add: AddLeads,
    number_key: Callable[[PhoneNumber], int],
    reject: Callable[[Reject], None] | None = None,
    progress: Progress | None = None,
) -> IntakeReport:
    """Read leads from a CSV file and add them in batches; raises SheetFault for a file that is no list of leads.

    `zone` stands in for numbers whose prefix tells none; `number_key` names customers the file does not name.
    What `add` raises ends the intake: batches before stay, and the file may be taken in again."""
    sheet = examine(path)
    read = 0

    def on_bytes(count: int) -> None:
        nonlocal read
        read = count

    leads = LeadRows(campaign, batch, region, zone, number_key)
    columns: Columns | None = None
    seen: set[int] = set()
    rejected: Counter[str] = Counter()
    count = added = duplicates = repeated = 0
    waiting: list[NewLead] = []

    def hand_over() -> None:
        nonlocal added, duplicates
        if waiting:
            taken = add(waiting)
            added += taken.added
            duplicates += taken.duplicates
            waiting.clear()
        if progress is not None:
            progress(count, read, sheet.size)

    for number, cells in _without_sep_line(rows(sheet, on_bytes)):
        if columns is None and not isinstance(cells, str):
            columns = columns_of(cells, lambda cell: reads_as_number(cell, region))
            if columns.headed:
                continue
        count += 1
        try:
            if isinstance(cells, str):
                raise RowRefused(cells)
            assert columns is not None
            lead = leads.read(cells, columns)
            key = lead.number.key(b"")
            if key in seen:
                raise RowRefused("repeated", lead.number.masked)
        except RowRefused as why:
            if why.code == "repeated":
                repeated += 1
            else:
                rejected[why.code] += 1
            if reject is not None:
                reject(Reject(number, why.code, why.value))
            continue
        if len(seen) < REMEMBERED:
            seen.add(key)
        waiting.append(lead)
        if len(waiting) >= BATCH:
            hand_over()
    hand_over()
    return IntakeReport(
        rows=count,
        added=added,
        duplicates=duplicates,
        repeated=repeated,
        rejected=dict(rejected),
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        headed=columns is not None and columns.headed,
        ignored=columns.ignored if columns is not None else (),
    )


class RejectsFile:
    """The rows that were not taken, as a CSV file that spreadsheets open: line, code, reason, masked value."""

    def __init__(self, path: Path, lang: str) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._lang = lang
        self._rows = csv.writer(self._file)
        self._rows.writerow([say(lang, f"intake.column_{column}") for column in ("row", "code", "reason", "value")])

    def __call__(self, reject: Reject) -> None:
        value = f"'{reject.value}" if reject.value[:1] in ("=", "+", "-", "@") else reject.value
        self._rows.writerow([reject.row, reject.code, say(self._lang, f"intake.{reject.code}"), value])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _without_sep_line(source: Iterator[Row]) -> Iterator[Row]:
    """Leave out the ``sep=;`` line some spreadsheets write first."""
    for number, cells in source:
        if number == 1 and not isinstance(cells, str) and cells[0].lower().lstrip("\ufeff").startswith("sep="):
            continue
        yield number, cells

"""An export as a file: CSV a spreadsheet takes for text and nothing else, or XLSX; written row by row."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from desk.masked import mask_digits
from store import export
from store.opening import Store

Form = Literal["csv", "xlsx"]
ROWS_A_SHEET = 1_000_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell must not begin: a spreadsheet would take it for a formula."""
INSTANTS = frozenset({"due", "placed_at", "answered_at", "connected_at", "ended_at", "started_at"})
OWN_WORDS = frozenset({"customer", "name", "extra", "note", "why"})
"""Text people wrote: a number in it is masked."""
WHAT: dict[str, tuple[Sequence[str], Callable[[Store, str | None, export.Sales | None], Iterator[tuple[Any, ...]]]]] = {
    "leads": (export.LEADS, export.leads_of),
    "attempts": (export.ATTEMPTS, export.attempts_of),
    "recordings": (export.RECORDINGS, export.recordings_of),
}


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What an export holds: rows below the heading, and the SHA-256 of the file."""

    rows: int
    sha256: str


def write(
    store: Store, path: Path, *, what: str, form: Form, campaign: str | None, sales: export.Sales | None, zone: str
) -> Written:
    """Write the file; instants in the site's zone. `sales` gives whole numbers where an order was concluded."""
    columns, rows_of = WHAT[what]
    rows = (_row(columns, row, ZoneInfo(zone)) for row in rows_of(store, campaign, sales))
    count = _csv(path, columns, rows) if form == "csv" else _xlsx(path, columns, rows)
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return Written(rows=count, sha256=digest.hexdigest())


def guarded(text: str) -> str:
    """The text so that a spreadsheet does not take it for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _row(columns: Sequence[str], row: Sequence[Any], zone: ZoneInfo) -> list[Any]:
    cells: list[Any] = []
    for name, value in zip(columns, row, strict=True):
        if name in INSTANTS and value is not None:
            value = datetime.fromtimestamp(value, zone).isoformat(timespec="seconds")
        elif name in OWN_WORDS and value:
            value = mask_digits(str(value))
        cells.append("" if value is None else value)
    return cells


def _csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
            count += 1
    return count


def _xlsx(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    book = Workbook(write_only=True)
    sheet: Any = None
    count = 0
    for row in rows:
        if count % ROWS_A_SHEET == 0:
            sheet = book.create_sheet()
            sheet.append(list(columns))
        sheet.append([_cell(sheet, cell) for cell in row])
        count += 1
    if sheet is None:
        book.create_sheet().append(list(columns))
    book.save(path)
    return count


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, guarded(ILLEGAL_CHARACTERS_RE.sub("", value)))
    cell.data_type = "s"
    return cell

"""An Excel workbook as numbered rows of cells: one sheet of it, the values its formulas had, in bounded memory."""

import datetime
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from config.faults import mask_digits
from switchroom.parts import Archive
from switchroom.sheet import CHUNK, LINE, Row, SheetFault

MOST_ROWS = 1_048_576
MOST_COLUMNS = 1000
NAMES_SHOWN = 10

_SHARED, _INLINE, _T = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "is", "t"))
_PLACE = re.compile(r"([A-Z]{1,3})[0-9]+\Z")

warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")


@dataclass(frozen=True)
class Workbook:
    """What was found out about a workbook before its rows are read; `size` is in bytes as unpacked."""

    path: Path
    size: int
    sheet: str
    part: str
    encoding: str = "xlsx"
    delimiter: str = ""
    padded: bool = True
    """Empty cells at the end of a row are left out in the file."""

    def rows(self, on_bytes: Callable[[int], None] | None = None) -> Iterator[Row]:
        """The rows that are not blank; raises SheetFault where the workbook turns out broken."""
        with _Reading(self.path) as reading:
            reading.archive.on_bytes = on_bytes
            yield from reading.rows(self.part)
            if on_bytes is not None:
                on_bytes(self.size)


def examine_workbook(path: Path, sheet: str = "") -> Workbook:
    """Find the named sheet, or the first one shown; raises SheetFault."""
    with _Reading(path) as reading:
        names = reading.sheets
        if not names:
            raise SheetFault("workbook_without_sheets")
        found = names.get(sheet) if sheet else next(iter(names.values()))
        if found is None:
            known = ", ".join(mask_digits(name) for name in list(names)[:NAMES_SHOWN])
            raise SheetFault("no_such_sheet", sheet=mask_digits(sheet), known=known)
        name = sheet or next(iter(names))
        return Workbook(path, reading.size_of(found), name, found)


def examine_compound(path: Path) -> SheetFault:
    """What to say of an OLE file: a workbook under a password, or one of before 2007."""
    mark, tail = "EncryptedPackage".encode("utf-16-le"), b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if mark in tail + chunk:
                return SheetFault("is_encrypted")
            tail = chunk[-len(mark) :]
    return SheetFault("is_xls")


class _Reading:
    """A workbook while it is open: openpyxl's reader over our bounded archive; its every fault is a SheetFault."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._reader: Any = None

    def __enter__(self) -> "_Reading":
        try:
            self.archive = self._said(lambda: Archive(self._file))
            self._said(self.archive.examine)
            self._reader = self._said(
                lambda: ExcelReader(self._file, read_only=True, keep_vba=False, data_only=True, keep_links=False)
            )
            self._reader.archive = self.archive
            self._said(self._reader.read_manifest)
            self._said(self._reader.read_workbook)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _said(self, step: Callable[[], Any]) -> Any:
        """Do a step; whatever a hostile file makes the library raise becomes one answer."""
        try:
            return step()
        except (SheetFault, MemoryError):
            raise
        except Exception as error:
            raise SheetFault("workbook_broken", why=type(error).__name__) from None

    @cached_property
    def sheets(self) -> dict[str, str]:
        """Names of the sheets with their parts, those shown before those hidden."""

        def found() -> dict[str, str]:
            parts = set(self.archive.namelist())
            both = [(s, r) for s, r in self._reader.parser.find_sheets() if "worksheet" in r.Type and r.target in parts]
            both.sort(key=lambda pair: (pair[0].state or "visible") != "visible")
            return {sheet.name: relation.target for sheet, relation in both}

        names: dict[str, str] = self._said(found)
        return names

    def size_of(self, part: str) -> int:
        strings = [info.file_size for info in self.archive.infolist() if "sharedStrings" in info.filename]
        size: int = sum(strings) + self.archive.getinfo(part).file_size
        return size

    def _read_strings(self) -> list[str]:
        found = self._reader.package.find(SHARED_STRINGS)
        if found is None:
            return []
        with self.archive.open(found.PartName[1:]) as source:
            return _strings(source)

    def rows(self, part: str) -> Iterator[Row]:
        strings = self._said(self._read_strings)
        self._said(lambda: apply_stylesheet(self.archive, self._reader.wb))
        source = self._said(lambda: self.archive.open(part))
        book = self._reader.wb
        parsed = _Parser(
            source,
            strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        ).parse()
        last = 0
        while (found := self._said(lambda: next(parsed, None))) is not None:
            number, cells = found
            last = number if last < number <= MOST_ROWS else last + 1
            if not cells or not any(cell["value"] not in (None, "") for cell in cells):
                continue
            yield last, _row(cells)


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """openpyxl's reader of one sheet; a cell it cannot read spoils its row only."""

    def __init__(self, *source: Any, **how: Any) -> None:
        super().__init__(*source, **how)
        self.row_dimensions = _Forgetful()

    def parse_cell(self, element: Any) -> dict[str, Any]:
        try:
            if element.get("t") == "inlineStr" and (place := _PLACE.match(element.get("r", ""))):
                self.col_counter = column_index_from_string(place[1])
                return {"column": self.col_counter, "value": _plain(element.find(_INLINE))}
            cell: dict[str, Any] = super().parse_cell(element)
        except (ValueError, IndexError, KeyError, TypeError, OverflowError, AttributeError):
            return {"column": self.col_counter, "value": _BROKEN}
        return cell

    def parse_row(self, row: Any) -> tuple[int, list[dict[str, Any]]]:
        if not row.get("r", "1").isdigit():
            row.set("r", str(self.row_counter + 1))
        found: tuple[int, list[dict[str, Any]]] = super().parse_row(row)
        return found


def _strings(source: Any) -> list[str]:
    """The texts cells refer to by their number."""
    found = []
    for _, node in iterparse(source):
        if node.tag == _SHARED:
            found.append(_plain(node))
            node.clear()
    return found


def _plain(node: Any) -> str:
    """The text of a cell without its fonts; the quick way is for the many that have none."""
    if node is None:
        return ""
    if len(node) == 1 and node[0].tag == _T:
        return node[0].text or ""
    return Text.from_tree(node).content or ""


class _Forgetful(dict[str, Any]):
    """Heights of rows, which nobody asks for."""

    def __setitem__(self, key: str, value: Any) -> None:
        return


_BROKEN = object()


def _row(found: list[dict[str, Any]]) -> list[str] | str:
    cells: list[str] = []
    size = 0
    for cell in found:
        column, value = cell["column"], cell["value"]
        if value is _BROKEN:
            return "broken_cell"
        if value is None:
            continue
        if not 1 <= column <= MOST_COLUMNS:
            return "line_too_long"
        if len(cells) < column:
            cells.extend([""] * (column - len(cells)))
        cells[column - 1] = text = _text(value)
        size += len(text)
    if size > LINE:
        return "line_too_long"
    return "nul" if any("\0" in cell for cell in cells) else cells


def _text(value: Any) -> str:
    """A cell as a CSV file would have it: whole numbers without a point, dates as ISO 8601."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime.datetime():
            plain = value.replace(microsecond=0, tzinfo=None)
            return plain.date().isoformat() if plain.time() == datetime.time.min else plain.isoformat(" ")
        case _:
            return str(value)

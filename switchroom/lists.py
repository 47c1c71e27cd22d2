"""A list of customers by what is in the file, not by its name: CSV text or an Excel workbook."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from switchroom.sheet import CHUNK, Row, Sheet, SheetFault, examine, rows
from switchroom.workbook import Workbook, examine_compound, examine_workbook

CustomerList = Sheet | Workbook


def examine_list(path: Path, sheet: str = "") -> CustomerList:
    """Tell what kind of list a file is; `sheet` names one of a workbook's. Raises SheetFault."""
    try:
        found = examine(path)
    except SheetFault as fault:
        if fault.code == "is_xlsx":
            return examine_workbook(path, sheet)
        if fault.code == "is_xls":
            raise examine_compound(path) from None
        raise
    if sheet:
        raise SheetFault("csv_has_no_sheets")
    return found


def rows_of(found: CustomerList, on_bytes: Callable[[int], None] | None = None) -> Iterator[Row]:
    """The numbered rows that are not blank."""
    return found.rows(on_bytes) if isinstance(found, Workbook) else rows(found, on_bytes)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(4 * CHUNK):
            digest.update(chunk)
    return digest.hexdigest()

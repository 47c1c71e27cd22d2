"""The rows of a batch that were not taken, as a CSV file: line, code, reason in words, value, the row's cells masked."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.words import say
from store.left_out import LeftOut

COLUMNS = ("row", "code", "reason", "value", "cells")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rejects_lines(rejects: Iterable[LeftOut], lang: str) -> Iterator[str]:
    """The lines of the file, the heading first; spreadsheets find no formula in them."""
    line = io.StringIO()
    rows = csv.writer(line)

    def said(cells: Iterable[object]) -> str:
        line.seek(0)
        line.truncate()
        rows.writerow(cells)
        return line.getvalue()

    yield said(say(lang, f"intake.column_{column}") for column in COLUMNS)
    for each in rejects:
        reason = say(lang, f"intake.{each.code}")
        yield said((each.row, each.code, reason, _plain(each.value), *(_plain(cell) for cell in each.cells)))


def write_rejects(path: Path, rejects: Iterable[LeftOut], lang: str) -> None:
    """Write the file so that spreadsheets read it; raises OSError."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.writelines(rejects_lines(rejects, lang))


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

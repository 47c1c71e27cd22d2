"""A roster as a CSV file: who is planned to work when; read at start, told about line by line when it is wrong."""

import csv
from collections.abc import Collection
from datetime import date
from pathlib import Path
from re import compile as pattern

from acd.roster import Line
from config.faults import Fault, SettingsError

COLUMNS = ("date", "begin", "end")
_CLOCK = pattern(r"([01]\d|2[0-3]):[0-5]\d")
LARGEST = 16 * 1024 * 1024


def read(path: Path, agents: Collection[str], groups: Collection[str]) -> list[Line]:
    """The file's lines; raises SettingsError with everything that is wrong with it.

    Columns: agent or group (one of them filled), date (YYYY-MM-DD), begin and end (HH:MM; both empty for a day off)."""
    try:
        if path.stat().st_size > LARGEST:
            raise SettingsError([Fault(str(path), None, "", "file_too_large", {"limit": "16 MB"})])
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing or not {"agent", "group"} & set(rows.fieldnames or ()):
                raise SettingsError([_fault(path, 1, "roster_columns")])
            faults: list[Fault] = []
            lines = [line for row in rows if (line := _line(row, path, rows.line_num, agents, groups, faults))]
    except FileNotFoundError:
        raise SettingsError([_fault(path, None, "roster_missing")]) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        words = {"why": type(error).__name__}
        raise SettingsError([Fault(str(path), None, "", "file_unreadable", words)]) from None
    if faults:
        raise SettingsError(faults)
    return lines


def _line(
    row: dict[str, str | None],
    path: Path,
    number: int,
    agents: Collection[str],
    groups: Collection[str],
    faults: list[Fault],
) -> Line | None:
    agent, group, day, begin, end = (
        (row.get(name) or "").strip() for name in ("agent", "group", "date", "begin", "end")
    )
    if not any((agent, group, day, begin, end)):
        return None
    if bool(agent) is bool(group) or (agent and agent not in agents) or (group and group not in groups):
        faults.append(_fault(path, number, "roster_who", agent or group))
        return None
    try:
        planned = date.fromisoformat(day)
    except ValueError:
        faults.append(_fault(path, number, "date_form", day))
        return None
    if bool(begin) is not bool(end) or any(time and not _CLOCK.fullmatch(time) for time in (begin, end)):
        faults.append(_fault(path, number, "time_form", begin or end))
        return None
    return Line(agent, group, planned, begin, end)


def _fault(path: Path, line: int | None, code: str, found: str = "") -> Fault:
    return Fault(str(path), line, "", code, {"found": repr(found[:40])})

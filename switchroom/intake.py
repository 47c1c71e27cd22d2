"""Takes a list of leads into the store: row by row, nothing lost without a word, the same file twice changes nothing."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import available_timezones

import msgspec

from config.faults import mask_digits
from config.words import say
from store.intake import BATCH, NewLead, Taken
from switchroom.columns import Columns, columns_of
from switchroom.numbering import read_number, reads_as_number
from switchroom.sheet import Row, examine, rows
from telephony.ids import CampaignId, CustomerId
from telephony.numbers import NumberFault, PhoneNumber, zones_of

REMEMBERED = 2_000_000
"""Numbers of one file remembered to find those that stand in it twice; beyond, the store finds them."""
NAME = 100
CUSTOMER = 64
PRIORITY = 1000
_SHOWN = 40
_NUMBER_DIGITS = 11

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


class _Refusal(Exception):
    def __init__(self, code: str, value: str = "") -> None:
        self.code = code
        self.value = value


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

    desk = _Desk(campaign, batch, region, zone, number_key)
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
                raise _Refusal(cells)
            assert columns is not None
            lead = desk.lead(cells, columns)
            key = lead.number.key(b"")
            if key in seen:
                raise _Refusal("repeated", lead.number.masked)
        except _Refusal as why:
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


class _Desk:
    """Makes a lead of a row, or refuses it."""

    def __init__(
        self, campaign: CampaignId, batch: str, region: str, zone: str, number_key: Callable[[PhoneNumber], int]
    ) -> None:
        self._campaign = campaign
        self._batch = batch
        self._region = region
        self._site_zone = (zone,)
        self._number_key = number_key

    def lead(self, cells: list[str], columns: Columns) -> NewLead:
        if len(cells) != columns.count:
            extra = cells[columns.count :]
            if len(cells) < columns.count or any(cell.strip() for cell in extra):
                raise _Refusal("column_count", str(len(cells)))
        number = self._number(cells, columns)
        name = "" if columns.name is None else _name(cells[columns.name])
        return NewLead(
            campaign=self._campaign,
            customer=self._customer(cells, columns, number),
            number=number,
            name=name,
            zones=self._zones(cells, columns, number),
            priority=0 if columns.priority is None else _priority(cells[columns.priority]),
            batch=self._batch,
        )

    def _number(self, cells: list[str], columns: Columns) -> PhoneNumber:
        text = cells[columns.numbers[0]]
        for place in columns.numbers[1:]:
            if text.strip():
                break
            text = cells[place]
        try:
            return read_number(text, self._region)
        except NumberFault as fault:
            raise _Refusal(f"number_{fault.why}", _masked(text)) from None

    def _customer(self, cells: list[str], columns: Columns, number: PhoneNumber) -> CustomerId:
        text = "" if columns.customer is None else _text(cells[columns.customer], CUSTOMER, "customer_too_long")
        known_by = self._number_in(text) if text else number
        return CustomerId(text if known_by is None else f"n{self._number_key(known_by):x}")

    def _number_in(self, text: str) -> PhoneNumber | None:
        """The telephone number a site names its customer by: it must not live on as an open text."""
        if len(text) < _NUMBER_DIGITS or sum(letter.isdigit() for letter in text) < _NUMBER_DIGITS:
            return None
        try:
            return read_number(text, self._region)
        except NumberFault:
            return None

    def _zones(self, cells: list[str], columns: Columns, number: PhoneNumber) -> tuple[str, ...]:
        text = "" if columns.zone is None else cells[columns.zone].strip()
        if not text:
            return zones_of(number) or self._site_zone
        if text not in _zone_names():
            raise _Refusal("zone_unknown", _masked(text))
        return (text,)


def _name(cell: str) -> str:
    """A name; a number somebody wrote beside it is masked."""
    text = _text(cell, NAME, "name_too_long")
    return text if text.isalpha() else mask_digits(text)


def _text(cell: str, longest: int, too_long: str) -> str:
    text = cell if cell.isalnum() else " ".join(cell.split())
    if len(text) > longest:
        raise _Refusal(too_long, _masked(text))
    if "\ufffd" in text:
        raise _Refusal("bad_encoding", _masked(text))
    if not text.isprintable():
        raise _Refusal("control_character", _masked(text))
    return text


def _priority(cell: str) -> int:
    text = cell.strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= PRIORITY):
        raise _Refusal("priority_form", _masked(text))
    return int(text)


def _masked(text: str) -> str:
    cut = mask_digits(text.strip())[:_SHOWN]
    return "".join(letter if letter.isprintable() else "·" for letter in cut)


def _without_sep_line(source: Iterator[Row]) -> Iterator[Row]:
    """Leave out the ``sep=;`` line some spreadsheets write first."""
    for number, cells in source:
        if number == 1 and not isinstance(cells, str) and cells[0].lower().lstrip("\ufeff").startswith("sep="):
            continue
        yield number, cells


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())

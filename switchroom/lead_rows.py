"""One row of a list becomes a lead, or is refused with a code and the cell at fault, its digits masked."""

from collections.abc import Callable
from functools import cache
from zoneinfo import available_timezones

from config.faults import mask_digits
from store.intake import NewLead
from switchroom.columns import Columns
from switchroom.numbering import read_number
from telephony.ids import CampaignId, CustomerId
from telephony.numbers import NumberFault, PhoneNumber, zones_of

NAME = 100
CUSTOMER = 64
PRIORITY = 1000
_SHOWN = 40
_NUMBER_DIGITS = 11


class RowRefused(Exception):
    """The row is no lead; `value` is safe to show."""

    def __init__(self, code: str, value: str = "") -> None:
        self.code = code
        self.value = value


class LeadRows:
    """Reads the rows of one list for one campaign."""

    def __init__(
        self, campaign: CampaignId, batch: str, region: str, zone: str, number_key: Callable[[PhoneNumber], int]
    ) -> None:
        self._campaign = campaign
        self._batch = batch
        self._region = region
        self._site_zone = (zone,)
        self._number_key = number_key

    def read(self, cells: list[str], columns: Columns) -> NewLead:
        """The lead in a row; raises RowRefused."""
        if len(cells) != columns.count:
            extra = cells[columns.count :]
            if len(cells) < columns.count or any(cell.strip() for cell in extra):
                raise RowRefused("column_count", str(len(cells)))
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
            raise RowRefused(f"number_{fault.why}", _masked(text)) from None

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
            raise RowRefused("zone_unknown", _masked(text))
        return (text,)


def _name(cell: str) -> str:
    """A name; a number somebody wrote beside it is masked."""
    text = _text(cell, NAME, "name_too_long")
    return text if text.isalpha() else mask_digits(text)


def _text(cell: str, longest: int, too_long: str) -> str:
    text = cell if cell.isalnum() else " ".join(cell.split())
    if len(text) > longest:
        raise RowRefused(too_long, _masked(text))
    if "\ufffd" in text:
        raise RowRefused("bad_encoding", _masked(text))
    if not text.isprintable():
        raise RowRefused("control_character", _masked(text))
    return text


def _priority(cell: str) -> int:
    text = cell.strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= PRIORITY):
        raise RowRefused("priority_form", _masked(text))
    return int(text)


def _masked(text: str) -> str:
    cut = mask_digits(text.strip())[:_SHOWN]
    return "".join(letter if letter.isprintable() else "·" for letter in cut)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())

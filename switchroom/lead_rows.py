"""One row of a list becomes the leads of a customer, or is refused with a code and the cell at fault, digits masked."""

from collections.abc import Callable, Collection
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from config.faults import mask_digits
from store.intake import NewLead
from switchroom.cells import instant, without_numbers
from switchroom.columns import Columns
from switchroom.numbering import read_number
from telephony.batches import EVERYBODY, group_holder
from telephony.ids import AgentId, CampaignId, CustomerId
from telephony.numbers import NumberFault, PhoneNumber, zones_of

NAME = 100
CUSTOMER = 64
PRIORITY = 1000
PROOF = 200
EXTRA = 500
"""Most characters of a cell nobody asked for; the rest is cut off."""
_SHOWN = 40
_NUMBER_DIGITS = 11


class RowRefused(Exception):
    """The row is no lead; `value` is safe to show."""

    def __init__(self, code: str, value: str = "") -> None:
        self.code = code
        self.value = value


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says: a lead for each of his numbers, and which of the further numbers could not be read, and why."""

    leads: tuple[NewLead, ...]
    unread: tuple[tuple[str, str], ...] = ()


class LeadRows:
    """Reads the rows of one list for one campaign; `agents` and `groups` are those a row may name, None for any.

    `share` is how much of the batch is released at once, `at` when it came in, epoch seconds."""

    def __init__(
        self,
        campaign: CampaignId,
        batch: str,
        region: str,
        zone: str,
        number_key: Callable[[PhoneNumber], int],
        agents: Collection[str] | None = None,
        groups: Collection[str] | None = None,
        *,
        share: float = 1.0,
        at: float | None = None,
    ) -> None:
        self._campaign = campaign
        self._batch = batch
        self._region = region
        self._zone = ZoneInfo(zone)
        self._site_zone = (zone,)
        self._number_key = number_key
        self._agents = agents
        self._groups = groups
        self._share = share
        self._at = at

    def read(self, cells: list[str], columns: Columns) -> Customer:
        """The customer in a row; raises RowRefused."""
        if len(cells) != columns.count:
            extra = cells[columns.count :]
            if len(cells) < columns.count or any(cell.strip() for cell in extra):
                raise RowRefused("column_count", str(len(cells)))
        number = self._number(cells, columns)
        fields = columns.fields
        name = _name(cells[fields["name"]]) if "name" in fields else ""
        customer = self._customer(cells, columns, number)
        zones = self._zones(cells, columns, number)
        first = NewLead(
            campaign=self._campaign,
            customer=customer,
            number=number,
            name=name,
            zones=zones,
            priority=_priority(cells[fields["priority"]]) if "priority" in fields else 0,
            due=self._instant(cells, fields.get("due"), "due_form"),
            agent=self._agent(cells[fields["agent"]]) if "agent" in fields else None,
            **self._consent(cells, fields),
            batch=self._batch,
            holder=self._holder(cells[fields["group"]]) if "group" in fields else EVERYBODY,
            share=self._share,
            at=self._at,
            extra=self._extra(cells, columns),
        )
        if not columns.further:
            return Customer(leads=(first,))
        return self._with_further(first, cells, columns)

    def _with_further(self, first: NewLead, cells: list[str], columns: Columns) -> Customer:
        """One lead for each number, all of one customer; a further number that cannot be read does not cost the row."""
        leads, unread = [first], []
        for place in columns.further:
            text = cells[place]
            if not text.strip():
                continue
            try:
                number = read_number(text, self._region)
            except NumberFault as fault:
                unread.append((f"number_{fault.why}", _masked(text)))
                continue
            if all(number != lead.number for lead in leads):
                zones = self._zones(cells, columns, number)
                leads.append(msgspec.structs.replace(first, number=number, zones=zones))
        return Customer(leads=tuple(leads), unread=tuple(unread))

    def _number(self, cells: list[str], columns: Columns) -> PhoneNumber:
        text = cells[columns.numbers[0]]
        for place in (*columns.numbers[1:], *columns.further):
            if text.strip():
                break
            text = cells[place]
        try:
            return read_number(text, self._region)
        except NumberFault as fault:
            raise RowRefused(f"number_{fault.why}", _masked(text)) from None

    def _customer(self, cells: list[str], columns: Columns, number: PhoneNumber) -> CustomerId:
        place = columns.place("customer")
        text = "" if place is None else _text(cells[place], CUSTOMER, "customer_too_long")
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
        place = columns.place("zone")
        text = "" if place is None else cells[place].strip()
        if not text:
            return zones_of(number) or self._site_zone
        if text not in _zone_names():
            raise RowRefused("zone_unknown", _masked(text))
        return (text,)

    def _instant(self, cells: list[str], place: int | None, code: str, **how: Any) -> float:
        text = "" if place is None else cells[place].strip()
        if not text:
            return 0.0
        try:
            return instant(text, self._zone, **how)
        except (ValueError, OverflowError):
            raise RowRefused(code, _masked(text)) from None

    def _consent(self, cells: list[str], fields: dict[str, int]) -> dict[str, Any]:
        """When consent was given, until when (a bare date to its end) and what proves it."""
        given = self._instant(cells, fields.get("consent_at"), "consent_form")
        until = self._instant(cells, fields.get("consent_until"), "consent_form", end_of_day=True)
        if until and (not given or until <= given):
            raise RowRefused("consent_order", _masked(cells[fields["consent_until"]]))
        place = fields.get("consent_proof")
        proof = "" if place is None else without_numbers(_text(cells[place], PROOF, "proof_too_long"), self._region)
        return {"consent_at": given or None, "consent_until": until or None, "consent_proof": proof or None}

    def _agent(self, cell: str) -> AgentId | None:
        text = cell.strip()
        if not text:
            return None
        if self._agents is not None and text not in self._agents:
            raise RowRefused("agent_unknown", _masked(text))
        return AgentId(text)

    def _holder(self, cell: str) -> str:
        text = cell.strip()
        if not text:
            return EVERYBODY
        if self._groups is not None and text not in self._groups:
            raise RowRefused("group_unknown", _masked(text))
        return group_holder(text)

    def _extra(self, cells: list[str], columns: Columns) -> dict[str, str]:
        kept: dict[str, str] = {}
        for place, heading in columns.extra:
            if (text := cells[place]) and not text.isspace():
                kept[heading] = without_numbers(_legible(text), self._region)
        return kept


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


def _legible(cell: str) -> str:
    """A remark on one line, cut to its length; what cannot be printed is a dot."""
    text = " ".join(cell.split())[:EXTRA]
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "·" for letter in text)


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

"""A portion of an imported list in one transaction: compared with what is there, taken in or told, its place noted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, and_, insert, or_, select, text

from config.faults import mask_digits
from store.barred import bars_among
from store.batches import Batch, BatchState, advance
from store.intake import NewLead, insert_leads
from store.opening import Store
from store.tables import batch_rejects, batches

DUPLICATES = (
    "repeated", "campaign_number", "campaign_customer", "live_number", "live_customer", "yesterday_number",
    "yesterday_customer",
)  # fmt: skip
"""Why a row is a duplicate: its number or its customer stands in the file before, in the campaign, in another
campaign's open batch, in a batch opened the day before."""
ASIDE = ("further_added", "further_left_out", "barred_for_now")
"""Counts of things that are not the fate of a row."""
CELL = 200
CELLS = 2000
INTAKE_LOCK = 0x5357_4955


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is compared with; `yesterday` is that day's first instant and its end, epoch seconds."""

    campaign: bool = True
    live: bool = True
    yesterday: tuple[float, float] | None = None


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A row that can be taken: its line in the file, a lead for each number, its cells (masked before they are kept)."""

    row: int
    leads: tuple[NewLead, ...]
    cells: Sequence[str] = ()


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A row, or with `aside` a part of one, that was not taken; `value` is safe to show, `cells` are not yet masked."""

    row: int
    code: str
    value: str = ""
    cells: Sequence[str] = ()
    aside: bool = False
    serial: int = 0
    """Its place among all that was not taken, once it is kept."""


def take_portion(
    store: Store,
    batch: Batch,
    arrivals: Sequence[Arrival],
    refused: Sequence[LeftOut],
    *,
    position: int,
    against: Against,
    now: float,
    opens: bool = False,
    write: bool = True,
) -> Batch:
    """Take rows of a list in, up to line `position`, and return the batch as it is then; `opens` when they are the last.

    Leads, what was not taken and the position are one transaction. Raises BatchMoved when somebody else imports it;
    with ``write=False`` nothing is changed and only the counts are right."""
    pen = store.pen if write else _Idle()
    with pen, (store.writing if write else store.reading).begin() as connection:
        if write and connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": INTAKE_LOCK})
        sorting = _Sorting(store, connection, batch, arrivals, against, now)
        counts, told = sorting.counts, [*refused, *sorting.told]
        for each in refused:
            counts["further_left_out" if each.aside else each.code] += 1
        added = sorting.rows_taken
        if write and sorting.taken:
            raced = len(sorting.taken) - insert_leads(store, connection, sorting.taken)
            counts["campaign_number"] += raced
            added -= raced
        after = _after(batch, counts, added, position)
        if opens:
            after = msgspec.structs.replace(after, state=BatchState.OPEN, opened_at=now)
        if write:
            if told:
                told.sort(key=lambda each: each.row)
                connection.execute(insert(batch_rejects), [_reject(batch.id, each) for each in told])
            advance(connection, batch, after)
    return after


def rejects_of(store: Store, batch: str, *, after: int = 0, limit: int | None = None) -> Iterator[LeftOut]:
    """What was not taken of a batch in the order of its lines, cells masked; from the one after serial `after`."""
    c = batch_rejects.c
    left = limit
    while left is None or left > 0:
        most = 1000 if left is None else min(1000, left)
        with store.reading.begin() as connection:
            query = select(batch_rejects).where(c.batch == batch, c.id > after).order_by(c.id).limit(most)
            rows = connection.execute(query).all()
        for row in rows:
            cells = msgspec.json.decode(row.cells or "[]", type=list[str])
            yield LeftOut(serial=row.id, row=row.row, code=row.code, value=row.value, cells=cells)
        if len(rows) < most:
            return
        after = rows[-1].id
        left = None if left is None else left - len(rows)


class _Sorting:
    """Decides the fate of each row of a portion."""

    def __init__(
        self,
        store: Store,
        connection: Connection,
        batch: Batch,
        arrivals: Sequence[Arrival],
        against: Against,
        now: float,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.told: list[LeftOut] = []
        self.taken: list[NewLead] = []
        self.rows_taken = 0
        self._here: set[int] = set()
        leads = [lead for arrival in arrivals for lead in arrival.leads]
        if not leads:
            return
        self._batch = batch
        self._against = against
        self._keys = {number: store.number_key(number) for number in {lead.number for lead in leads}}
        customers = sorted({lead.customer for lead in leads if lead.customer})
        every_key = sorted(set(self._keys.values()))
        self._bars = bars_among(connection, every_key, customers, campaign=batch.campaign, now=now)
        self._others = _others(connection, batch, against)
        campaigns = sorted({batch.campaign, *(other.campaign for other in self._others.values())})
        self._by_number = _standing(connection, _NUMBERS, campaigns, every_key)
        self._by_customer = _standing(connection, _CUSTOMERS, campaigns, customers)
        for arrival in arrivals:
            self._sort(arrival)

    def _sort(self, arrival: Arrival) -> None:
        fates = [(lead, self._fate(lead)) for lead in arrival.leads]
        taken = [self._rested(lead) for lead, fate in fates if fate is None]
        dropped = [(lead, fate) for lead, fate in fates if fate is not None]
        if not taken:
            lead, (code, where) = dropped[0]
            self.counts[code] += 1
            self.told.append(_told(arrival, lead, code, where))
            return
        self.rows_taken += 1
        self.taken.extend(taken)
        self._here.update(self._keys[lead.number] for lead in taken)
        self.counts["further_added"] += len(taken) - 1
        self.counts["further_left_out"] += len(dropped)
        self.told.extend(_told(arrival, lead, code, where) for lead, (code, where) in dropped)

    def _fate(self, lead: NewLead) -> tuple[str, str] | None:
        """Why a number is left out, and the batch that has it; None when it comes in."""
        key = self._keys[lead.number]
        numbers, customers = self._bars
        if numbers.get(key, 0.0) is None or customers.get(lead.customer, 0.0) is None:
            return "barred", ""
        if key in self._here:
            return "repeated", ""
        by_number = self._by_number.get(key, ())
        by_customer = self._by_customer.get(lead.customer, ())
        mine, name = self._batch.campaign, self._batch.id
        for standing in by_number:
            if standing.campaign == mine:
                return ("repeated", "") if standing.batch == name else ("campaign_number", standing.batch)
        if self._against.campaign:
            for standing in by_customer:
                if standing.campaign == mine and standing.batch != name:
                    return "campaign_customer", standing.batch
        for what in ("live", "yesterday"):
            for whose, found in (("number", by_number), ("customer", by_customer)):
                for standing in found:
                    other = self._others.get(standing.batch)
                    if other is not None and getattr(other, what):
                        return f"{what}_{whose}", standing.batch
        return None

    def _rested(self, lead: NewLead) -> NewLead:
        """The lead, due when its bar ends."""
        numbers, customers = self._bars
        until = max(numbers.get(self._keys[lead.number]) or 0.0, customers.get(lead.customer) or 0.0)
        if not until:
            return lead
        self.counts["barred_for_now"] += 1
        return msgspec.structs.replace(lead, due=max(lead.due, until))


class _Other(NamedTuple):
    """A batch a list is compared with."""

    campaign: str
    live: bool
    yesterday: bool


class _Standing(NamedTuple):
    """Where a number or a customer stands already."""

    campaign: str
    batch: str


def _others(connection: Connection, batch: Batch, against: Against) -> dict[str, _Other]:
    """The other batches to compare with, by name."""
    c = batches.c
    begin, end = against.yesterday or (0.0, 0.0)
    live = c.state.in_((BatchState.IMPORTING.value, BatchState.OPEN.value))
    wanted = []
    if against.live:
        wanted.append(and_(live, c.campaign != batch.campaign))
    if against.yesterday is not None:
        wanted.append(and_(c.opened_at >= begin, c.opened_at < end))
    if not wanted:
        return {}
    query = select(c.id, c.campaign, c.opened_at, live).where(or_(*wanted), c.id != batch.id)
    return {
        id: _Other(
            campaign,
            against.live and is_live and campaign != batch.campaign,
            against.yesterday is not None and opened_at is not None and begin <= opened_at < end,
        )
        for id, campaign, opened_at, is_live in connection.execute(query)
    }


_NUMBERS = ("number_key", "bigint")
_CUSTOMERS = ("customer", "text")


def _standing(
    connection: Connection, column: tuple[str, str], campaigns: Sequence[str], asked: Sequence[Any]
) -> dict[Any, list[_Standing]]:
    """Where these numbers or customers stand in the campaigns."""
    name, kind = column
    if connection.dialect.name == "postgresql":
        among, values = f"campaign = ANY(%s::text[]) AND {name} = ANY(%s::{kind}[])", (list(campaigns), list(asked))
    else:
        among = f"campaign IN (SELECT value FROM json_each(?)) AND {name} IN (SELECT value FROM json_each(?))"
        values = (msgspec.json.encode(campaigns).decode(), msgspec.json.encode(asked).decode())  # type: ignore[assignment]
    found: dict[Any, list[_Standing]] = {}
    rows = connection.exec_driver_sql(f"SELECT {name}, campaign, batch FROM leads WHERE {among} ORDER BY id", values)
    for whom, campaign, batch in rows:
        found.setdefault(whom, []).append(_Standing(campaign, batch))
    return found


def _after(batch: Batch, counts: Counter[str], added: int, position: int) -> Batch:
    fates = {code: count for code, count in counts.items() if code not in ASIDE}
    doubles = sum(fates.get(code, 0) for code in DUPLICATES)
    rejected = sum(fates.values()) - doubles
    total = Counter(batch.counts) + counts
    return msgspec.structs.replace(
        batch,
        rows=batch.rows + added + doubles + rejected,
        added=batch.added + added,
        duplicates=batch.duplicates + doubles,
        rejected=batch.rejected + rejected,
        position=position,
        counts=dict(sorted(total.items())),
    )


def _told(arrival: Arrival, lead: NewLead, code: str, where: str) -> LeftOut:
    value = f"{lead.number.masked} · {where}" if where else lead.number.masked
    return LeftOut(row=arrival.row, code=code, value=value, cells=arrival.cells)


def _reject(batch: str, refused: LeftOut) -> dict[str, Any]:
    cells = msgspec.json.encode(list(_masked(refused.cells))).decode()
    return {"batch": batch, "row": refused.row, "code": refused.code, "value": refused.value, "cells": cells}


def _masked(cells: Iterable[str]) -> Iterator[str]:
    """The cells as they may be kept: digits hidden, cut, nothing that cannot be printed."""
    left = CELLS
    for cell in cells:
        text = mask_digits(cell[: CELL * 2].strip())[: min(CELL, left)]
        left -= len(text)
        yield "".join(letter if letter.isprintable() else "·" for letter in text)
        if left <= 0:
            return


class _Idle:
    """A pen nobody needs to hold."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

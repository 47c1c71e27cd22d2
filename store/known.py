"""Who on a list is known already: in the campaign, on open lists of others, on yesterday's, or not to be called at all."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, and_, or_, select

from store.batches import Batch, BatchState
from store.intake import NewLead
from store.left_out import LeftOut
from store.opening import Store
from store.tables import batches

DUPLICATES = (
    "repeated", "campaign_number", "campaign_customer", "live_number", "live_customer", "yesterday_number",
    "yesterday_customer",
)  # fmt: skip
"""Why a row is a duplicate: its number or its customer stands in the file before, in the campaign, in another
campaign's open batch, in a batch opened the day before."""
ASIDE = ("further_added", "further_left_out", "barred_for_now")
"""Counts of things that are not the fate of a row."""


BarredUntil = Callable[[NewLead, int], float | None]
"""Asked with a lead and its number's fingerprint: until when it may not be called, 0 when it may, None for good."""


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


class Sorting:
    """Decides the fate of each row of a portion."""

    def __init__(
        self,
        store: Store,
        connection: Connection,
        batch: Batch,
        arrivals: Sequence[Arrival],
        against: Against,
        barred_until: BarredUntil,
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
        self._barred_until = barred_until
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
        if self._barred_until(lead, key) is None:
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
        until = self._barred_until(lead, self._keys[lead.number])
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


def _told(arrival: Arrival, lead: NewLead, code: str, where: str) -> LeftOut:
    value = f"{lead.number.masked} · {where}" if where else lead.number.masked
    return LeftOut(row=arrival.row, code=code, value=value, cells=arrival.cells)

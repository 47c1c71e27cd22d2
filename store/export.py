"""Customers and calls read from end to end for an export, a portion at a time, numbers masked unless an order was concluded."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from store.opening import Store
from store.sealing import EXTRA, NAME
from store.tables import attempts, leads, recordings

PORTION = 2000

LEADS = (
    *("lead", "campaign", "customer", "number", "name", "zones", "attempts", "last_outcome", "due"),
    *("priority", "agent", "batch", "extra"),
)
ATTEMPTS = (
    *("call", "campaign", "lead", "number", "mode", "agent", "placed_at", "answered_at", "connected_at", "ended_at"),
    *("outcome", "abandoned_by", "waited_s", "ring_s", "talk_s", "hold_s", "disposition", "note", "trunk", "server"),
)
RECORDINGS = ("name", "call", "agent", "server", "state", "why", "bytes", "seconds", "started_at")

Sales = Mapping[str, Collection[str]]
"""The dispositions of each campaign by which an order is concluded."""


def leads_of(store: Store, campaign: str | None, sales: Sales | None) -> Iterator[tuple[Any, ...]]:
    """Rows of ``LEADS``; whole numbers of those an order was concluded with when `sales` is given."""
    after = 0
    query = select(leads).order_by(leads.c.id).limit(PORTION)
    if campaign is not None:
        query = query.where(leads.c.campaign == campaign)
    while True:
        with store.reading.begin() as connection:
            rows = connection.execute(query.where(leads.c.id > after)).all()
            sold = _sold(connection, [row.id for row in rows], sales)
        for row in rows:
            extra = store.seal.opened(EXTRA, row.extra, row.number_key)
            yield (
                *(row.id, row.campaign, row.customer, _number(store, row, row.id in sold)),
                *(
                    store.seal.opened(NAME, row.name, row.number_key),
                    row.zones,
                    row.attempts,
                    row.last_outcome,
                    row.due,
                ),
                *(row.priority, row.agent, row.batch, _pairs(extra)),
            )
        if len(rows) < PORTION:
            return
        after = rows[-1].id


def attempts_of(store: Store, campaign: str | None, sales: Sales | None) -> Iterator[tuple[Any, ...]]:
    """Rows of ``ATTEMPTS`` in the order they were placed."""
    a = attempts.c
    query = select(attempts, leads.c.number, leads.c.number_key.label("key"), leads.c.id.label("known")).outerjoin(
        leads, leads.c.id == a.lead
    )
    if campaign is not None:
        query = query.where(a.campaign == campaign)
    last: tuple[float, str] | None = None
    while True:
        portion = query.order_by(a.placed_at, a.call).limit(PORTION)
        if last is not None:
            portion = portion.where((a.placed_at > last[0]) | ((a.placed_at == last[0]) & (a.call > last[1])))
        with store.reading.begin() as connection:
            rows = connection.execute(portion).all()
        for row in rows:
            sold = sales is not None and row.disposition in sales.get(row.campaign, ())
            number = ""
            if row.known is not None:
                opened = store.seal.number(row.number, row.key)
                number = opened.for_store() if sold and row.key == row.number_key else opened.masked
            yield (
                *(row.call, row.campaign, row.lead, number, row.mode, row.agent, row.placed_at, row.answered_at),
                *(row.connected_at, row.ended_at, row.outcome, row.abandoned_by, row.waited_s, row.ring_s, row.talk_s),
                *(row.hold_s, row.disposition, row.note, row.trunk, row.server),
            )
        if len(rows) < PORTION:
            return
        last = (rows[-1].placed_at, rows[-1].call)


def recordings_of(store: Store, campaign: str | None, sales: Sales | None) -> Iterator[tuple[Any, ...]]:
    """Rows of ``RECORDINGS`` by name."""
    after = ""
    query = select(*(recordings.c[name] for name in RECORDINGS)).order_by(recordings.c.name).limit(PORTION)
    if campaign is not None:
        query = query.join(attempts, attempts.c.call == recordings.c.call).where(attempts.c.campaign == campaign)
    while True:
        with store.reading.begin() as connection:
            rows = connection.execute(query.where(recordings.c.name > after)).all()
        yield from (tuple(row) for row in rows)
        if len(rows) < PORTION:
            return
        after = rows[-1].name


def _sold(connection: Connection, ids: list[int], sales: Sales | None) -> set[int]:
    """Which of these leads concluded an order, in a call to the number they have now."""
    if not sales or not ids:
        return set()
    a = attempts.c
    query = (
        select(a.lead, a.campaign, a.disposition)
        .select_from(leads)
        .join(attempts, (a.number_key == leads.c.number_key) & (a.lead == leads.c.id))
        .where(leads.c.id.in_(ids), a.disposition.is_not(None))
    )
    return {row.lead for row in connection.execute(query) if row.disposition in sales.get(row.campaign, ())}


def _number(store: Store, row: Any, whole: bool) -> str:
    number = store.seal.number(row.number, row.number_key)
    return number.for_store() if whole else number.masked


def _pairs(extra: str) -> str:
    return "; ".join(f"{name}={value}" for name, value in msgspec.json.decode(extra).items()) if extra else ""

"""Who holds how much: portions of groups and agents, and the leads of a batch to give out or to take back."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, select

from store.opening import Store
from store.sample import place
from store.tables import leads
from telephony.batches import CLOSED, EVERYBODY, HELD
from telephony.ids import CampaignId, LeadId

BY_HAND = (EVERYBODY, HELD)
"""Holders whose leads a manager may give to somebody."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How many leads of a batch a holder has: all, those still to be called, those never called yet."""

    holder: str
    leads: int
    open: int
    fresh: int


def portions_held(connection: Connection) -> tuple[tuple[CampaignId, str], ...]:
    """Every campaign and group or agent that holds open leads of it; a seek in the index for each."""
    found: list[tuple[CampaignId, str]] = []
    c = leads.c
    campaign = connection.execute(select(func.min(c.campaign)).where(c.due.is_not(None))).scalar()
    while campaign is not None:
        after = HELD
        while True:
            query = select(func.min(c.holder)).where(c.campaign == campaign, c.due.is_not(None), c.holder > after)
            holder = connection.execute(query).scalar()
            if holder is None:
                break
            found.append((CampaignId(campaign), holder))
            after = holder
        query = select(func.min(c.campaign)).where(c.due.is_not(None), c.campaign > campaign)
        campaign = connection.execute(query).scalar()
    return tuple(found)


def standings(store: Store, batch: str) -> list[Standing]:
    """Who holds how much of a batch."""
    c = leads.c
    fresh = func.count(c.due).filter(c.attempts == 0)
    query = select(c.holder, func.count().label("leads"), func.count(c.due).label("open"), fresh.label("fresh"))
    rows = _rows(store, query.where(c.batch == batch).group_by(c.holder).order_by(c.holder))
    return [Standing(holder=row.holder, leads=row.leads, open=row.open, fresh=row.fresh) for row in rows]


def in_order(store: Store, batch: str) -> list[tuple[float, LeadId]]:
    """All leads of a batch in the order in which it is released."""
    rows = _rows(store, select(leads.c.id, leads.c.number_key).where(leads.c.batch == batch))
    return sorted((place(store.secret, batch, row.number_key), LeadId(row.id)) for row in rows)


def held_back(store: Store, batch: str, share: float) -> list[LeadId]:
    """Leads held back that a release up to `share` makes everybody's, in their order."""
    c = leads.c
    rows = _rows(store, select(c.id, c.number_key).where(c.batch == batch, c.holder == HELD))
    due = sorted((place(store.secret, batch, row.number_key), LeadId(row.id)) for row in rows)
    return [lead for at, lead in due if at < share or share >= 1.0]


def to_allocate(store: Store, batch: str, *, order: str, held: bool) -> list[LeadId]:
    """Open leads nobody holds, `order` random, oldest (came in first) or fresh (fewest calls first).

    With `held` those held back too, after the released ones."""
    c = leads.c
    holders = BY_HAND if held else (EVERYBODY,)
    query = select(c.id, c.number_key, c.holder, c.attempts).where(
        c.batch == batch, c.due.is_not(None), c.holder.in_(holders)
    )
    keys = {
        "random": lambda row: (row.holder, place(store.secret, batch, row.number_key)),
        "oldest": lambda row: (row.holder, row.id),
        "fresh": lambda row: (row.holder, row.attempts, place(store.secret, batch, row.number_key)),
    }
    return [LeadId(row.id) for row in sorted(_rows(store, query), key=keys[order])]


def held_by(store: Store, batch: str, holders: Sequence[str]) -> dict[str, list[LeadId]]:
    """Open leads of a batch by who of these holds them."""
    c = leads.c
    query = select(c.id, c.holder).where(c.batch == batch, c.due.is_not(None), c.holder.in_(holders))
    found: dict[str, list[LeadId]] = {}
    for row in _rows(store, query.order_by(c.id)):
        found.setdefault(row.holder, []).append(LeadId(row.id))
    return found


def handed_before(store: Store, batch: str, instant: float) -> dict[str, list[LeadId]]:
    """Open leads of a batch handed out before an instant, by who holds them."""
    c = leads.c
    query = select(c.id, c.holder).where(
        and_(c.batch == batch, c.due.is_not(None), c.holder.not_in((HELD, CLOSED)), c.handed_at < instant)
    )
    found: dict[str, list[LeadId]] = {}
    for row in _rows(store, query.order_by(c.id)):
        found.setdefault(row.holder, []).append(LeadId(row.id))
    return found


def not_closed(store: Store, batch: str) -> list[LeadId]:
    """Leads of a batch that are not closed with it yet, those that would be dialled first first."""
    c = leads.c
    rows = _rows(store, select(c.id).where(c.batch == batch, c.holder != CLOSED).order_by(c.due, c.id))
    return [LeadId(row.id) for row in rows]


def _rows(store: Store, query: Any) -> Sequence[Any]:
    with store.reading.begin() as connection:
        return connection.execute(query).all()

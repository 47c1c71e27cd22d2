"""Who holds how much: portions of groups and agents, and the leads of a batch to give out or to take back."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, literal_column, not_, or_, select

from store.opening import Store
from store.sample import place
from store.tables import leads
from telephony.batches import CLOSED, EVERYBODY, HELD, is_held
from telephony.ids import CampaignId, LeadId

PAGE = 5000


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How many leads of a batch a holder has: all, those still to be called, those never called yet."""

    holder: str
    leads: int
    open: int
    fresh: int


def of_batch(batch: str) -> ColumnElement[bool]:
    """Leads of a batch, in the words of the partial index they are found by."""
    return and_(leads.c.batch == batch, leads.c.batch != literal_column("''"))


def _held() -> ColumnElement[bool]:
    return leads.c.holder.startswith(HELD)


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
            if not is_held(holder):
                found.append((CampaignId(campaign), holder))
            after = holder
        query = select(func.min(c.campaign)).where(c.due.is_not(None), c.campaign > campaign)
        campaign = connection.execute(query).scalar()
    return tuple(found)


def with_open_leads(store: Store) -> set[str]:
    """Batches that have leads somebody could still be handed; a walk through the open leads only."""
    query = select(leads.c.batch).where(leads.c.due.is_not(None), leads.c.holder != CLOSED).distinct()
    return {row.batch for row in _rows(store, query)}


def standings(store: Store, batch: str) -> list[Standing]:
    """Who holds how much of a batch; what is held back is one, whoever will have it."""
    c = leads.c
    still = and_(c.due.is_not(None), c.holder != CLOSED)
    whose = case((_held(), HELD), else_=c.holder).label("whose")
    query = select(
        whose,
        func.count().label("leads"),
        func.count().filter(still).label("open"),
        func.count().filter(still, c.attempts == 0).label("fresh"),
    )
    rows = _rows(store, query.where(of_batch(batch)).group_by(whose).order_by(whose))
    return [Standing(holder=row.whose, leads=row.leads, open=row.open, fresh=row.fresh) for row in rows]


def in_order(store: Store, batch: str) -> list[tuple[float, LeadId]]:
    """All leads of a batch in the order in which it is released."""
    rows = _rows(store, select(leads.c.id, leads.c.number_key).where(of_batch(batch)))
    return sorted((place(store.secret, batch, row.number_key), LeadId(row.id)) for row in rows)


def held_back(store: Store, batch: str, share: float) -> Iterator[tuple[str, list[LeadId]]]:
    """Leads never released that a release up to `share` lets go, and whose they are then."""
    c = leads.c
    for row in _rows(store, select(c.holder).where(of_batch(batch), _held()).distinct().order_by(c.holder)):
        free = _walk(store, batch, row.holder, lambda at, row: row.handed_at is None and (at < share or share >= 1.0))
        yield from ((row.holder.removeprefix(HELD), found) for found in free)


def beyond(store: Store, batch: str, share: float) -> Iterator[list[LeadId]]:
    """Everybody's leads that a release up to `share` leaves out."""
    if share >= 1.0:
        return iter(())
    return _walk(store, batch, EVERYBODY, lambda at, row: row.due is not None and at >= share)


def taken_back(store: Store, batch: str) -> list[LeadId]:
    """Open leads that were handed out and are held back now."""
    c = leads.c
    query = select(c.id).where(of_batch(batch), c.holder == HELD, c.due.is_not(None), c.handed_at.is_not(None))
    return [LeadId(row.id) for row in _rows(store, query.order_by(c.id))]


def to_allocate(store: Store, batch: str, *, order: str) -> list[LeadId]:
    """Open leads to give to somebody: everybody's and those taken back, not those never released.

    `order` is random, oldest (came in first) or fresh (fewest calls first)."""
    c = leads.c
    query = select(c.id, c.number_key, c.attempts).where(
        of_batch(batch),
        c.due.is_not(None),
        or_(c.holder == EVERYBODY, and_(c.holder == HELD, c.handed_at.is_not(None))),
    )
    keys: dict[str, Callable[[Any], Any]] = {
        "random": lambda row: place(store.secret, batch, row.number_key),
        "oldest": lambda row: row.id,
        "fresh": lambda row: (row.attempts, place(store.secret, batch, row.number_key)),
    }
    return [LeadId(row.id) for row in sorted(_rows(store, query), key=keys[order])]


def held_by(store: Store, batch: str, holder: str | None) -> dict[str, list[LeadId]]:
    """Open leads of a batch that a group or agent holds, by holder; of all of them when None."""
    c = leads.c
    whose = c.holder == holder if holder is not None else and_(c.holder.not_in((EVERYBODY, CLOSED)), not_(_held()))
    return _by_holder(store, select(c.id, c.holder).where(of_batch(batch), c.due.is_not(None), whose))


def handed_before(store: Store, batch: str, instant: float, opened: float) -> dict[str, list[LeadId]]:
    """Open leads of a batch handed out before an instant, by who has them; `opened` holds for those of no known hour."""
    c = leads.c
    since = func.coalesce(c.handed_at, opened)
    query = select(c.id, c.holder).where(of_batch(batch), c.due.is_not(None), c.holder != CLOSED, not_(_held()))
    return _by_holder(store, query.where(since < instant))


def not_closed(store: Store, batch: str) -> list[LeadId]:
    """Leads of a batch that are not closed with it yet, those that would be dialled first first."""
    c = leads.c
    rows = _rows(store, select(c.id).where(of_batch(batch), c.holder != CLOSED).order_by(c.due, c.id))
    return [LeadId(row.id) for row in rows]


def _walk(store: Store, batch: str, holder: str, wanted: Callable[[float, Any], bool]) -> Iterator[list[LeadId]]:
    """Leads of a batch and holder that are wanted, a page of the table at a time."""
    c = leads.c
    columns = (c.id, c.number_key, c.due, c.handed_at)
    after = 0
    while True:
        query = select(*columns).where(of_batch(batch), c.id > after, c.holder == holder)
        rows = _rows(store, query.order_by(c.id).limit(PAGE))
        found = [LeadId(row.id) for row in rows if wanted(place(store.secret, batch, row.number_key), row)]
        if found:
            yield found
        if len(rows) < PAGE:
            return
        after = rows[-1].id


def _by_holder(store: Store, query: Any) -> dict[str, list[LeadId]]:
    found: dict[str, list[LeadId]] = {}
    for row in _rows(store, query.order_by(leads.c.id)):
        found.setdefault(row.holder, []).append(LeadId(row.id))
    return found


def _rows(store: Store, query: Any) -> Sequence[Any]:
    with store.reading.begin() as connection:
        return connection.execute(query).all()

"""The do-not-call list on disk: entries are added and lifted, never deleted; what changed of late is told to whoever asks."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text, update

from store.opening import Store
from store.tables import dnc, leads
from telephony.donotcall import BarEntry, BarKind
from telephony.ids import CampaignId, CustomerId, LeadId
from telephony.numbers import PhoneNumber

PORTION = 500
LOOK_BACK_S = 30.0
"""How far clocks of servers on one database may differ, and how long a transaction may take."""
LOOK_BACK_IDS = 600
"""On PostgreSQL as many entries may have been numbered before and committed after the last one seen: a portion and more.
SQLite has one writer at a time, so there is none."""
RESTING = "leads.rested_for = 'do_not_call'"
"""As the index over such leads says it."""


class NewBar(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to be made: a number, a customer, a prefix (`low`) or a range (`low` to `high`), in E.164 digits."""

    kind: BarKind
    number: PhoneNumber | None = None
    number_key: int = 0
    customer: CustomerId = CustomerId("")
    low: int = 0
    high: int = 0
    campaign: str = ""
    owner: str = ""
    reason: str
    until: float | None = None


class ClosedLead(msgspec.Struct, frozen=True, kw_only=True):
    """A lead that rests because of the do-not-call list."""

    id: LeadId
    campaign: CampaignId
    customer: CustomerId
    number_key: int
    number: PhoneNumber


def bar(store: Store, entries: Iterable[NewBar], *, source: str, author: str, at: float) -> list[int]:
    """Make entries, in portions; returns their ids. One that is in force already is not made again."""
    made: list[int] = []
    waiting: list[NewBar] = []
    for entry in entries:
        waiting.append(entry)
        if len(waiting) == PORTION:
            made += _make(store, waiting, source, author, at)
            waiting.clear()
    if waiting:
        made += _make(store, waiting, source, author, at)
    return made


def lift(store: Store, ids: Collection[int], *, by: str, at: float) -> int:
    """Take entries off the list; they stay on record with who lifted them and when. Returns how many were in force."""
    wanted = sorted(set(ids))
    lifted = 0
    for first in range(0, len(wanted), PORTION):
        change = (
            update(dnc)
            .where(dnc.c.id.in_(wanted[first : first + PORTION]), dnc.c.lifted.is_(False))
            .values(lifted=True, lifted_at=at, lifted_by=by, changed_at=at)
        )
        with store.pen, store.writing.begin() as connection:
            lifted += connection.execute(change).rowcount
    return lifted


def in_force(store: Store, now: float) -> list[BarEntry]:
    """Every entry in force: what a gate begins with."""
    return _entries(store, _holds(now))


def changed(store: Store, *, since: float, after_id: int) -> list[BarEntry]:
    """Entries made or lifted since that instant and after that id; some of before come again, none is left out."""
    before = LOOK_BACK_IDS if store.writing.dialect.name == "postgresql" else 0
    found = {one.id: one for one in _entries(store, dnc.c.id > after_id - before)}
    found.update((one.id, one) for one in _entries(store, dnc.c.changed_at >= since - LOOK_BACK_S))
    return [found[id] for id in sorted(found)]


def listing(store: Store, *, limit: int = 100, before: int | None = None, lifted: bool = False) -> list[BarEntry]:
    """The newest entries first, those before the id `before`; lifted ones too when asked for."""
    where = [] if before is None else [dnc.c.id < before]
    if not lifted:
        where.append(dnc.c.lifted.is_(False))
    return _entries(store, and_(True, *where), newest=limit)


def entry_of(store: Store, id: int) -> BarEntry | None:
    found = _entries(store, dnc.c.id == id)
    return found[0] if found else None


def naming(
    store: Store,
    *,
    number_key: int = 0,
    customer: str = "",
    low: int = 0,
    high: int = 0,
    campaign: str = "",
    owner: str = "",
) -> list[BarEntry]:
    """Entries not lifted that name exactly this number, customer, prefix or range in exactly this scope."""
    what: ColumnElement[bool]
    if number_key:
        what = dnc.c.number_key == number_key
    elif customer:
        what = dnc.c.customer == customer
    else:
        what = and_(dnc.c.low == low, func.coalesce(dnc.c.high, 0) == high)
    return _entries(store, and_(what, dnc.c.campaign == campaign, dnc.c.owner == owner, dnc.c.lifted.is_(False)))


def known_of(
    store: Store, *, number_key: int = 0, customer: str = ""
) -> tuple[set[CustomerId], dict[int, PhoneNumber]]:
    """Whoever has this number or is this customer, with all their numbers by fingerprint, over all campaigns."""
    c = leads.c
    with store.reading.begin() as connection:
        customers = {CustomerId(customer)} if customer else set()
        same = and_(c.number_key == number_key, c.campaign.in_(_campaigns(connection)))
        if number_key:
            customers |= {
                CustomerId(name) for name in connection.execute(select(c.customer).where(same)).scalars() if name
            }
        numbers = connection.execute(select(c.number_key, c.number).where(c.customer.in_(customers))).all()
        if number_key:
            numbers = [*numbers, *connection.execute(select(c.number_key, c.number).where(same)).all()]
    return customers, {row[0]: store.seal.number(row[1], row[0]) for row in numbers}


def closed_leads(store: Store, campaign: CampaignId, now: float, *, after: int = 0) -> list[ClosedLead]:
    """Leads of the campaign, in portions by id, that rest because of the list and are not due."""
    c = leads.c
    query = (
        select(c.id, c.campaign, c.customer, c.number_key, c.number)
        .where(c.campaign == campaign, text(RESTING), c.id > after, or_(c.due.is_(None), c.due > now))
        .order_by(c.id)
        .limit(PORTION)
    )
    with store.reading.begin() as connection:
        rows = connection.execute(query).all()
    return [
        ClosedLead(
            id=LeadId(row.id),
            campaign=CampaignId(row.campaign),
            customer=CustomerId(row.customer),
            number_key=row.number_key,
            number=store.seal.number(row.number, row.number_key),
        )
        for row in rows
    ]


def barred_leads(connection: Connection, ids: Sequence[LeadId], *, now: float) -> dict[LeadId, float | None]:
    """Which of these leads an entry names by number or customer now, until when (None: for good); for the commit of an
    attempt on PostgreSQL. What holds for one list owner only, prefixes and ranges are asked of the gate alone."""
    among = "l.id = ANY(%s::bigint[]) AND d.campaign IN ('', l.campaign) AND d.owner = '' AND NOT d.lifted"
    asked = " UNION ALL ".join(
        f"SELECT l.id, d.until FROM leads l JOIN dnc d ON d.{column} = l.{column} "
        f"WHERE {among} AND (d.until IS NULL OR d.until > %s)"
        for column in ("number_key", "customer")
    )
    wanted = list(ids)
    found: dict[LeadId, float | None] = {}
    for lead, until in connection.exec_driver_sql(asked, (wanted, now, wanted, now)):
        last = found.get(lead, 0.0)
        found[lead] = None if last is None or until is None else max(last, until)
    return found


def _campaigns(connection: Connection) -> list[str]:
    """Every campaign that has leads: one seek in the index each."""
    found: list[str] = []
    query = select(func.min(leads.c.campaign))
    name = connection.execute(query).scalar()
    while name is not None:
        found.append(name)
        name = connection.execute(query.where(leads.c.campaign > name)).scalar()
    return found


def _holds(now: float) -> ColumnElement[bool]:
    return and_(dnc.c.lifted.is_(False), or_(dnc.c.until.is_(None), dnc.c.until > now))


def _make(store: Store, entries: Sequence[NewBar], source: str, author: str, at: float) -> list[int]:
    rows = [_row(store, entry, source, author, at) for entry in entries]
    with store.pen, store.writing.begin() as connection:
        known = set()
        keys = [row["number_key"] for row in rows if row["number_key"]]
        customers = [row["customer"] for row in rows if row["customer"]]
        lows = [row["low"] for row in rows if row["low"]]
        named = or_(dnc.c.number_key.in_(keys), dnc.c.customer.in_(customers), dnc.c.low.in_(lows))
        for row in connection.execute(select(dnc).where(named, _holds(at))).mappings():
            known.add(_sameness(row))
        fresh = []
        for one in rows:
            if _sameness(one) not in known:
                known.add(_sameness(one))
                fresh.append(one)
        if not fresh:
            return []
        return list(connection.execute(dnc.insert().returning(dnc.c.id), fresh).scalars())


def _sameness(row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("number_key", "customer", "low", "high", "campaign", "owner", "until"))


def _row(store: Store, entry: NewBar, source: str, author: str, at: float) -> dict[str, Any]:
    key = store.number_key(entry.number) if entry.number is not None else entry.number_key
    return {
        "kind": entry.kind.value,
        "number_key": key or None,
        "customer": entry.customer or None,
        "low": entry.low or None,
        "high": entry.high or None,
        "campaign": entry.campaign,
        "owner": entry.owner,
        "reason": entry.reason,
        "source": source,
        "author": author,
        "at": at,
        "until": entry.until,
        "shown": entry.number.masked if entry.number is not None else "",
        "lifted": False,
        "lifted_at": None,
        "lifted_by": None,
        "changed_at": at,
    }


def _entries(store: Store, where: ColumnElement[bool], newest: int | None = None) -> list[BarEntry]:
    query = select(dnc).where(where)
    if newest is not None:
        query = query.order_by(dnc.c.id.desc()).limit(newest)
    with store.reading.begin() as connection:
        rows = connection.execute(query).all()
    found = [
        BarEntry(
            id=row.id,
            kind=BarKind(row.kind),
            number_key=row.number_key or 0,
            customer=CustomerId(row.customer or ""),
            low=row.low or 0,
            high=row.high or 0,
            campaign=row.campaign,
            owner=row.owner,
            reason=row.reason,
            source=row.source,
            author=row.author,
            at=row.at,
            until=row.until,
            shown=row.shown,
            lifted_at=(row.lifted_at or row.changed_at) if row.lifted else None,
            lifted_by=row.lifted_by or "",
            changed_at=row.changed_at,
        )
        for row in rows
    ]
    return found if newest is not None else sorted(found, key=lambda one: one.id)

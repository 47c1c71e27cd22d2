"""The list of nuisance callers: numbers by their fingerprint and customers, with reason, author and an end."""

from typing import Any

import msgspec
from sqlalchemy import or_, select, update

from store.opening import Store
from store.tables import nuisance


class NuisanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry; `shown` is its number with the middle hidden, "" for a customer's. Instants in epoch seconds."""

    id: int
    number_key: int | None
    customer: str
    shown: str
    reason: str
    author: str
    at: float
    until: float | None
    lifted_at: float | None
    lifted_by: str


_COLUMNS = [nuisance.c[name] for name in NuisanceRow.__struct_fields__]


def matching(store: Store, number_key: int, customer: str, now: float) -> int:
    """The newest entry in force on the number or the customer, 0 for none."""
    n = nuisance.c
    who = [n.number_key == number_key] if number_key else []
    if customer:
        who.append(n.customer == customer)
    if not who:
        return 0
    query = select(n.id).where(or_(*who), n.lifted_at.is_(None), or_(n.until.is_(None), n.until > now))
    with store.reading.begin() as connection:
        return connection.execute(query.order_by(n.id.desc()).limit(1)).scalar() or 0


def add(
    connection: Any,
    *,
    number_key: int,
    customer: str,
    shown: str,
    reason: str,
    author: str,
    at: float,
    until: float | None,
) -> int:
    """Put an entry on the list, within the caller's transaction; returns its id."""
    made = connection.execute(
        nuisance.insert().values(
            number_key=number_key or None,
            customer=customer or None,
            shown=shown,
            reason=reason,
            author=author,
            at=at,
            until=until,
        )
    )
    return int(made.inserted_primary_key[0])


def lift(connection: Any, entry: int, *, author: str, at: float) -> bool:
    """Take an entry off the list, within the caller's transaction; False when it is not on it."""
    query = update(nuisance).where(nuisance.c.id == entry, nuisance.c.lifted_at.is_(None))
    return bool(connection.execute(query.values(lifted_at=at, lifted_by=author)).rowcount)


def entry(store: Store, id: int) -> NuisanceRow | None:
    """One entry, on the list or taken off."""
    with store.reading.begin() as connection:
        row = connection.execute(select(*_COLUMNS).where(nuisance.c.id == id)).first()
    return None if row is None else _row(row)


def listing(store: Store, *, limit: int = 100, lifted: bool = False) -> list[NuisanceRow]:
    """The newest entries first; with `lifted` those taken off too."""
    query = select(*_COLUMNS)
    if not lifted:
        query = query.where(nuisance.c.lifted_at.is_(None))
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(nuisance.c.id.desc()).limit(limit)).all()
    return [_row(row) for row in rows]


def _row(row: Any) -> NuisanceRow:
    return NuisanceRow(**{**row._mapping, "customer": row.customer or "", "lifted_by": row.lifted_by or ""})

"""The do-not-call list: who may not be called, on one campaign or on all; by the number's fingerprint or by customer."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from store.opening import Store
from store.projector import EVERYWHERE
from store.tables import dnc
from telephony.ids import CustomerId, LeadId
from telephony.numbers import PhoneNumber

PORTION = 500


class Barred(msgspec.Struct, frozen=True, kw_only=True):
    """Whom no campaign may ever call again: customers, and fingerprints of numbers."""

    customers: frozenset[CustomerId] = frozenset()
    numbers: frozenset[int] = frozenset()


def bar(
    store: Store,
    numbers: Sequence[PhoneNumber] = (),
    *,
    customers: Sequence[CustomerId] = (),
    reason: str,
    source: str,
    author: str,
    at: float,
    until: float | None = None,
    campaign: str = EVERYWHERE,
) -> None:
    """Put numbers and customers on the list; `until` (epoch seconds) None is for good."""
    entry = {
        "campaign": campaign,
        "reason": reason,
        "source": source,
        "author": author,
        "at": at,
        "until": until,
        "lifted": False,
    }
    rows: list[dict[str, Any]] = [
        {"number_key": store.number_key(number), "customer": None, **entry} for number in numbers
    ]
    rows += [{"number_key": None, "customer": customer, **entry} for customer in customers if customer]
    if rows:
        with store.pen, store.writing.begin() as connection:
            connection.execute(dnc.insert(), rows)


def lift(store: Store, number: PhoneNumber, *, campaign: str = EVERYWHERE) -> int:
    """Take a number off the list, with the customers its entries name; entries stay, marked as lifted.

    Returns how many. Leads that were closed meanwhile stay closed."""
    return _lift(store, and_(dnc.c.number_key == store.number_key(number), dnc.c.campaign == campaign))


def lift_customer(store: Store, customer: CustomerId, *, campaign: str = EVERYWHERE) -> int:
    """Take a customer off the list, with the numbers his entries name, as ``lift`` does."""
    return _lift(store, and_(dnc.c.customer == customer, dnc.c.campaign == campaign))


def barred(store: Store, number_keys: Sequence[int], *, campaign: str, now: float) -> frozenset[int]:
    """Which of these fingerprints may not be called on the campaign now."""
    found: set[int] = set()
    with store.reading.begin() as connection:
        for first in range(0, len(number_keys), PORTION):
            found.update(
                connection.execute(
                    select(dnc.c.number_key).where(
                        dnc.c.number_key.in_(number_keys[first : first + PORTION]),
                        dnc.c.campaign.in_((EVERYWHERE, campaign)),
                        _in_force(now),
                    )
                ).scalars()
            )
    return frozenset(found)


def barred_everywhere(store: Store) -> Barred:
    """Everybody barred for good on all campaigns: for a gate that keeps the list in memory."""
    whom = f"FROM dnc WHERE campaign = '{EVERYWHERE}' AND NOT lifted AND until IS NULL"
    with store.reading.begin() as connection:
        customers = connection.exec_driver_sql(f"SELECT customer {whom} AND customer IS NOT NULL").all()
        numbers = connection.exec_driver_sql(f"SELECT number_key {whom} AND number_key IS NOT NULL").all()
    return Barred(customers=frozenset(row[0] for row in customers), numbers=frozenset(row[0] for row in numbers))


def barred_leads(connection: Connection, ids: Sequence[LeadId], *, now: float) -> dict[LeadId, float | None]:
    """Which of these leads may not be called now, by number or customer, and until when (None: for good)."""
    postgres = connection.dialect.name == "postgresql"
    wanted: Any = list(ids) if postgres else msgspec.json.encode(ids).decode()
    found: dict[LeadId, float | None] = {}
    for lead, until in connection.exec_driver_sql(_question(postgres), (wanted, now, wanted, now)):
        last = found.get(lead, 0.0)
        found[lead] = None if last is None or until is None else max(last, until)
    return found


def bars_among(
    connection: Connection, number_keys: Sequence[int], customers: Sequence[str], *, campaign: str, now: float
) -> tuple[dict[int, float | None], dict[str, float | None]]:
    """Which of these fingerprints and customers may not be called on the campaign, and until when (None: for good)."""
    found: tuple[dict[Any, float | None], dict[Any, float | None]] = ({}, {})
    for column, asked, bars in ((dnc.c.number_key, number_keys, found[0]), (dnc.c.customer, customers, found[1])):
        for first in range(0, len(asked), PORTION):
            among = column.in_(asked[first : first + PORTION])
            query = select(column, dnc.c.until).where(among, dnc.c.campaign.in_((EVERYWHERE, campaign)), _in_force(now))
            for whom, until in connection.execute(query):
                last = bars.get(whom, 0.0)
                bars[whom] = None if last is None or until is None else max(last, until)
    return found


@lru_cache(maxsize=2)
def _question(postgres: bool) -> str:
    mark = "%s" if postgres else "?"
    among = "= ANY(%s::bigint[])" if postgres else "IN (SELECT value FROM json_each(?))"
    here = f"d.campaign IN ('{EVERYWHERE}', l.campaign) AND NOT d.lifted AND (d.until IS NULL OR d.until > {mark})"
    return " UNION ALL ".join(
        f"SELECT l.id, d.until FROM leads l JOIN dnc d ON d.{column} = l.{column} WHERE l.id {among} AND {here}"
        for column in ("number_key", "customer")
    )


def _in_force(now: float) -> ColumnElement[bool]:
    return and_(dnc.c.lifted.is_(False), or_(dnc.c.until.is_(None), dnc.c.until > now))


def _lift(store: Store, entries: ColumnElement[bool]) -> int:
    with store.pen, store.writing.begin() as connection:
        return connection.execute(update(dnc).where(entries, dnc.c.lifted.is_(False)).values(lifted=True)).rowcount

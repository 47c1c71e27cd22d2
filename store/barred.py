"""The do-not-call list: who may not be called, on one campaign or on all; kept by the number's fingerprint."""

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from store.opening import Store
from store.tables import dnc
from telephony.numbers import PhoneNumber

EVERYWHERE = ""
PORTION = 500


def bar(
    store: Store,
    numbers: Sequence[PhoneNumber],
    *,
    reason: str,
    source: str,
    author: str,
    at: float,
    until: float | None = None,
    campaign: str = EVERYWHERE,
) -> None:
    """Put numbers on the list; `until` (epoch seconds) None is for good."""
    rows = [
        {
            "number_key": store.number_key(number),
            "campaign": campaign,
            "reason": reason,
            "source": source,
            "author": author,
            "at": at,
            "until": until,
            "lifted": False,
        }
        for number in numbers
    ]
    if rows:
        with store.pen, store.writing.begin() as connection:
            connection.execute(dnc.insert(), rows)


def lift(store: Store, number: PhoneNumber, *, campaign: str = EVERYWHERE) -> int:
    """Take a number off the list; the entries stay, marked as lifted. Returns how many."""
    with store.pen, store.writing.begin() as connection:
        done = connection.execute(
            update(dnc)
            .where(dnc.c.number_key == store.number_key(number), dnc.c.campaign == campaign, dnc.c.lifted.is_(False))
            .values(lifted=True)
        )
    return done.rowcount


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
                        dnc.c.lifted.is_(False),
                        or_(dnc.c.until.is_(None), dnc.c.until > now),
                    )
                ).scalars()
            )
    return frozenset(found)


def barred_everywhere(store: Store, *, now: float) -> frozenset[int]:
    """Every fingerprint barred on all campaigns: for a gate that keeps the list in memory."""
    with store.reading.begin() as connection:
        return frozenset(
            connection.execute(
                select(dnc.c.number_key).where(
                    dnc.c.campaign == EVERYWHERE,
                    dnc.c.lifted.is_(False),
                    or_(dnc.c.until.is_(None), dnc.c.until > now),
                )
            ).scalars()
        )

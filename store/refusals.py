"""How often the gate refused, by rule: read from sums kept hour by hour, so that the answer is quick on any journal."""

import msgspec
from sqlalchemy import select

from store.opening import Store
from store.tables import refusals

HOUR_S = 3600


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's refusals of a span; instants in epoch seconds, `leads` are a few of them."""

    rule: str
    times: int
    first_at: float
    last_at: float
    campaigns: dict[str, int]
    leads: tuple[int, ...]


def refused(store: Store, *, since: float, campaign: str | None = None) -> list[Refused]:
    """Refusals by rule, the most frequent first, from the full hour `since` lies in."""
    c = refusals.c
    query = select(c.rule, c.campaign, c.times, c.first_at, c.last_at, c.leads).where(c.hour >= int(since // HOUR_S))
    if campaign is not None:
        query = query.where(c.campaign == campaign)
    found: dict[str, Refused] = {}
    with store.reading.begin() as connection:
        for row in connection.execute(query.order_by(c.hour)):
            was = found.get(row.rule) or Refused(
                rule=row.rule, times=0, first_at=row.first_at, last_at=row.last_at, campaigns={}, leads=()
            )
            few = tuple(dict.fromkeys([*was.leads, *(int(lead) for lead in row.leads.split(","))]))
            found[row.rule] = Refused(
                rule=row.rule,
                times=was.times + row.times,
                first_at=min(was.first_at, row.first_at),
                last_at=max(was.last_at, row.last_at),
                campaigns={**was.campaigns, row.campaign: was.campaigns.get(row.campaign, 0) + row.times},
                leads=few[:FEW],
            )
    return sorted(found.values(), key=lambda one: (-one.times, one.rule))


FEW = 5

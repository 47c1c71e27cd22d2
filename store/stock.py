"""What is left to dial: open leads by campaign and holder, counted in their index."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Integer, case, cast, func, select

from store.opening import Store
from store.tables import leads
from telephony.batches import CLOSED, is_held
from telephony.ids import CampaignId


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """What one holder has of a campaign: `ready` is due, `coming` comes due so many minutes later, in order."""

    ready: int
    coming: tuple[tuple[int, int], ...] = ()


def stock(store: Store, until: Mapping[CampaignId, float], now: float) -> dict[CampaignId, dict[str, Stock]]:
    """For each campaign what each holder has until its instant (epoch seconds), by the minute from `now` on."""
    found: dict[CampaignId, dict[str, Stock]] = {}
    c = leads.c
    with store.reading.begin() as connection:
        whole = func.floor if connection.dialect.name == "postgresql" else lambda value: value
        later = cast(whole((c.due - now) / 60.0), Integer) + 1
        minute = case((c.due <= now, 0), else_=later).label("minute")
        for campaign, instant in until.items():
            query = select(c.holder, minute, func.count().label("count"))
            query = query.where(c.campaign == campaign, c.due.is_not(None), c.due <= max(instant, now))
            held: dict[str, list[tuple[int, int]]] = {}
            for row in connection.execute(query.group_by(c.holder, minute).order_by(c.holder, minute)):
                if row.holder != CLOSED and not is_held(row.holder):
                    held.setdefault(row.holder, []).append((row.minute, row[2]))
            found[campaign] = {
                holder: Stock(
                    ready=sum(count for at, count in minutes if at == 0),
                    coming=tuple((at, count) for at, count in minutes if at),
                )
                for holder, minutes in held.items()
            }
    return found


def newest(store: Store, campaigns: Iterable[CampaignId]) -> dict[CampaignId, int]:
    """The newest lead of all, by campaign: another number when a list has come in meanwhile."""
    with store.reading.begin() as connection:
        last = connection.execute(select(func.max(leads.c.id))).scalar() or 0
    return dict.fromkeys(campaigns, last)

"""What is left to dial: open leads by campaign and holder, counted in their index."""

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from store.opening import Store
from store.tables import leads
from telephony.batches import CLOSED, HELD
from telephony.ids import CampaignId


def stock(store: Store, until: Mapping[CampaignId, float]) -> dict[CampaignId, dict[str, int]]:
    """For each campaign who holds how many leads that come due by its instant (epoch seconds)."""
    found: dict[CampaignId, dict[str, int]] = {}
    c = leads.c
    with store.reading.begin() as connection:
        for campaign, instant in until.items():
            query = select(c.holder, func.count()).where(c.campaign == campaign, c.due.is_not(None), c.due <= instant)
            rows = connection.execute(query.group_by(c.holder)).all()
            found[campaign] = {holder: count for holder, count in rows if holder not in (HELD, CLOSED)}
    return found


def newest(store: Store, campaigns: Iterable[CampaignId]) -> dict[CampaignId, int]:
    """The newest lead of all, by campaign: another number when a list has come in meanwhile."""
    with store.reading.begin() as connection:
        last = connection.execute(select(func.max(leads.c.id))).scalar() or 0
    return dict.fromkeys(campaigns, last)

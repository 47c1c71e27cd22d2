"""Who stands behind a number: its lead on a campaign, and the calls placed to it, whoever it belonged to."""

from sqlalchemy import select

from store.opening import Store
from store.tables import attempts, leads
from telephony.ids import CallId, CampaignId, CustomerId, LeadId
from telephony.leads import Contact
from telephony.outcomes import Outcome


def lead_under(store: Store, campaign: CampaignId, number_key: int) -> LeadId | None:
    """The campaign's lead of that number, None when it has none."""
    with store.reading.begin() as connection:
        query = select(leads.c.id).where(leads.c.campaign == campaign, leads.c.number_key == number_key)
        found = connection.execute(query).scalar()
    return None if found is None else LeadId(found)


def in_call(store: Store, lead: LeadId) -> bool:
    """Whether the lead has an attempt that has not ended."""
    with store.reading.begin() as connection:
        query = select(attempts.c.call).where(attempts.c.lead == lead, attempts.c.outcome.is_(None)).limit(1)
        return connection.execute(query).scalar() is not None


def calls_to(store: Store, number_key: int, *, since: float) -> tuple[Contact, ...]:
    """The calls placed to the number since then, oldest first; those that certainly never left are left out."""
    a = attempts.c
    query = select(a.placed_at, a.call, a.customer, a.campaign, a.answered_at, a.connected_at, a.outcome)
    query = query.where(a.number_key == number_key, a.placed_at > since).order_by(a.placed_at)
    with store.reading.begin() as connection:
        rows = connection.execute(query).all()
    return tuple(
        Contact(
            at=row.placed_at,
            call=CallId(row.call),
            customer=CustomerId(row.customer),
            number_key=number_key,
            campaign=CampaignId(row.campaign),
            answered=row.answered_at is not None,
            connected=row.connected_at is not None,
            outcome=row.outcome or "",
        )
        for row in rows
        if row.outcome != Outcome.REFUSED
    )

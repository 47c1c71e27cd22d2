"""Leads coming in: in batches, each a transaction; a number a campaign has already is counted, not taken twice."""

import time
from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec
from sqlalchemy import Connection, func, select

from store.changes import Change, Row, Verb, apply
from store.leads import LOOK_BACK_S, read_leads
from store.opening import Store
from store.resealing import keep_up
from store.sample import place
from store.sealing import EXTRA, NAME, NUMBER
from store.tables import leads
from telephony.batches import EVERYBODY, held_for
from telephony.ids import AgentId, CampaignId, CustomerId, LeadId
from telephony.leads import Lead
from telephony.numbers import PhoneNumber

BATCH = 1024
BREATH_S = 0.002
"""Between two batches, so that the ledger's commits come through."""

COMING_IN = Change(
    name="coming_in",
    table=leads,
    verb=Verb.INSERT,
    columns=(
        *("campaign", "customer", "number", "number_key", "name"),
        *("zones", "attempts", "last_outcome", "due", "priority", "agent", "batch", "extra"),
        *("holder", "handed_at"),
        *("consent_at", "consent_until", "consent_proof"),
    ),
)


class NewLead(msgspec.Struct, frozen=True, kw_only=True):
    """A customer to be called; `due` epoch seconds (0 at once), higher `priority` first, `extra` is the caller's own."""

    campaign: CampaignId
    customer: CustomerId
    number: PhoneNumber
    name: str = ""
    zones: tuple[str, ...] = ()
    due: float = 0.0
    priority: int = 0
    agent: AgentId | None = None
    batch: str = ""
    extra: dict[str, str] = {}
    holder: str = EVERYBODY
    """Who may be handed it once it is released, as `telephony.batches` writes it."""
    share: float = 1.0
    """How much of its batch may be dialled at once; the rest is held back until a manager releases it."""
    at: float | None = None
    """When it came in, epoch seconds; None when nobody need ever take it back."""
    consent_at: float | None = None
    consent_until: float | None = None
    consent_proof: str | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How an intake went; a duplicate is a number the campaign has already."""

    added: int
    duplicates: int


def add_leads(store: Store, rows: Iterable[NewLead]) -> Taken:
    """Put leads into the store; said again it adds nothing, so an import that broke off is simply repeated."""
    added = total = 0
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        sealed_by = store.seal.newest
        values = [lead_row(store, lead) for lead in batch]
        with store.pen, store.writing.begin() as connection:
            if keep_up(connection, store.seal, sealed_by):
                values = [lead_row(store, lead) for lead in batch]
            added += insert_rows(connection, values)
        total += len(batch)
        if len(batch) == BATCH:
            time.sleep(BREATH_S)
    return Taken(added=added, duplicates=total - added)


def insert_leads(store: Store, connection: Connection, rows: Sequence[NewLead]) -> int:
    """Put leads in within a transaction that has kept up with the key; how many were not in their campaign."""
    return insert_rows(connection, [lead_row(store, lead) for lead in rows])


def insert_rows(connection: Connection, rows: Sequence[Row]) -> int:
    """The same for rows made before."""
    return apply(connection, COMING_IN, rows)


def count_leads(store: Store, campaign: CampaignId | None = None) -> tuple[int, int]:
    """(all, still open) leads, of one campaign or of all; reads an index from end to end."""
    with store.reading.begin() as connection:
        query = select(func.count(), func.count(leads.c.due)).select_from(leads)
        if campaign is not None:
            query = query.where(leads.c.campaign == campaign)
        everyone, still_open = connection.execute(query).one()
    return everyone, still_open


def leads_of(
    store: Store,
    campaign: CampaignId,
    *,
    after: int = 0,
    limit: int = 100,
    look_back_s: float = LOOK_BACK_S,
    now: float,
) -> list[Lead]:
    """Leads of a campaign in the order they came in, from the one after id `after`; those in a call are left out."""
    with store.reading.begin() as connection:
        query = select(leads.c.id).where(leads.c.campaign == campaign, leads.c.id > after)
        ids = connection.execute(query.order_by(leads.c.id).limit(limit)).scalars().all()
        return read_leads(connection, store.seal, [LeadId(lead) for lead in ids], since=now - look_back_s)


def lead_of(store: Store, lead: LeadId, *, now: float, look_back_s: float = LOOK_BACK_S) -> Lead | None:
    """One lead, None when there is none or it is in a call."""
    with store.reading.begin() as connection:
        found = read_leads(connection, store.seal, [lead], since=now - look_back_s)
    return found[0] if found else None


def lead_row(store: Store, lead: NewLead) -> Row:
    """The lead as its row, sealed by the newest key; made before the pen is taken, because sealing takes its time."""
    key, seal = store.number_key(lead.number), store.seal
    extra = msgspec.json.encode(lead.extra).decode() if lead.extra else ""
    released = lead.share >= 1.0 or place(store.secret, lead.batch, key) < lead.share
    return (
        *(lead.campaign, lead.customer, seal.sealed(NUMBER, lead.number.for_store(), key), key),
        *(seal.sealed(NAME, lead.name, key), ",".join(lead.zones), 0, "", lead.due, lead.priority, lead.agent),
        *(lead.batch, seal.sealed(EXTRA, extra, key)),
        *(lead.holder if released else held_for(lead.holder), lead.at if released else None),
        *(lead.consent_at, lead.consent_until, lead.consent_proof),
    )

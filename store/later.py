"""Callbacks, messages and promised callbacks (appointments), read back; and the number of somebody who asked for a call.

A caller's number stands sealed in ``leads.number``, as a customer of the campaign he is called back on who is not due by
himself; the tables of callbacks and messages name that lead.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from store.intake import NewLead, insert_rows, lead_row
from store.leads import LOOK_BACK_S, read_leads
from store.opening import Store
from store.resealing import keep_up
from store.tables import callbacks, leads, messages
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId
from telephony.leads import Lead
from telephony.numbers import PhoneNumber, zones_of
from telephony.promises import CallbackState, KnownCallback, KnownMessage

ROTA = "rota"


class CallbackRow(msgspec.Struct, frozen=True, kw_only=True):
    """One callback; instants in epoch seconds, no number."""

    callback: str
    call: str
    queue: str
    server: str
    since: float
    state: str
    lead: int | None
    customer: str | None
    agent: str | None
    dialled: str | None
    dialled_at: float | None
    tries: int | None
    not_before: float | None
    why: str | None
    closed_at: float | None
    closed_by: str | None


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One message; instants in epoch seconds, no number."""

    message: str
    call: str
    queue: str
    server: str
    name: str
    at: float
    bytes: int | None
    seconds: float | None
    looked_at: float | None
    campaign: str | None
    lead: int | None
    customer: str | None
    agent: str | None
    branch: str | None
    round: int | None
    handed_by: str | None
    handed_at: float | None
    dialled: str | None
    dialled_at: float | None
    why: str | None
    result: str | None
    note: str | None
    done_at: float | None


class AppointmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A customer an agent has promised to call: `agent` "" for the whole group; instants in epoch seconds.

    `due` is when he can be called, which the gate may have put off."""

    lead: int
    campaign: str
    customer: str
    promised_at: float
    due: float
    agent: str
    attempts: int
    holder: str


_CALLBACK = [callbacks.c[name] for name in CallbackRow.__struct_fields__]
_MESSAGE = [messages.c[name] for name in MessageRow.__struct_fields__]


def file_callee(
    store: Store, campaign: CampaignId, number: PhoneNumber, customer: CustomerId
) -> tuple[LeadId, CustomerId, int]:
    """The campaign's lead of that number, put in not due if there was none; with whose number it is. Durable on return."""
    key, sealed_by = store.number_key(number), store.seal.newest
    new = NewLead(campaign=campaign, customer=customer, number=number, zones=zones_of(number))
    row = lead_row(store, new)
    with store.pen, store.writing.begin() as connection:
        if not customer:
            query = select(leads.c.customer).where(leads.c.number_key == key, leads.c.customer != "")
            customer = CustomerId(connection.execute(query.order_by(leads.c.id.desc()).limit(1)).scalar() or "")
        if keep_up(connection, store.seal, sealed_by) or customer != new.customer:
            row = lead_row(store, msgspec.structs.replace(new, customer=customer))
        if insert_rows(connection, [row]):
            asleep = update(leads).where(leads.c.campaign == campaign, leads.c.number_key == key)
            connection.execute(asleep.values(due=None))
        found = connection.execute(
            select(leads.c.id, leads.c.customer).where(leads.c.campaign == campaign, leads.c.number_key == key)
        ).one()
    return LeadId(found.id), CustomerId(found.customer), key


def read_callee(store: Store, lead: LeadId, *, now: float, look_back_s: float = LOOK_BACK_S) -> Lead | None:
    """The lead with its calls; None when it is gone or in a call."""
    with store.reading.begin() as connection:
        found = read_leads(connection, store.seal, [lead], since=now - look_back_s)
    return found[0] if found else None


def open_callbacks(connection: Connection, servers: frozenset[str] | None) -> tuple[KnownCallback, ...]:
    """Callbacks not closed, those of these servers (None: all), in the order in which their callers came."""
    query = select(callbacks).where(callbacks.c.closed_at.is_(None)).order_by(callbacks.c.since, callbacks.c.callback)
    return tuple(
        KnownCallback(
            callback=row.callback,
            call=CallId(row.call),
            queue=CampaignId(row.queue),
            server=ServerId(row.server),
            since=row.since,
            state=CallbackState(row.state),
            lead=LeadId(row.lead) if row.lead is not None else None,
            customer=CustomerId(row.customer or ""),
            number_key=row.number_key or 0,
            dialled=CallId(row.dialled) if row.dialled else None,
            tries=row.tries or 0,
            not_before=row.not_before or 0.0,
        )
        for row in connection.execute(query)
        if servers is None or row.server in servers
    )


def open_messages(connection: Connection, servers: frozenset[str] | None) -> tuple[KnownMessage, ...]:
    """Messages nobody has done with, those of these servers (None: all), oldest first."""
    query = select(messages).where(messages.c.done_at.is_(None)).order_by(messages.c.at, messages.c.message)
    return tuple(
        KnownMessage(
            message=row.message,
            call=CallId(row.call),
            queue=CampaignId(row.queue),
            server=ServerId(row.server),
            name=row.name,
            at=row.at,
            campaign=CampaignId(row.campaign or ""),
            lead=LeadId(row.lead) if row.lead is not None else None,
            agent=AgentId(row.agent) if row.agent else None,
            since=row.handed_at or row.at,
            found=row.looked_at is not None,
            dialled=CallId(row.dialled) if row.dialled else None,
        )
        for row in connection.execute(query)
        if servers is None or row.server in servers
    )


def last_handed(connection: Connection) -> tuple[tuple[str, AgentId], ...]:
    """Whom a round gave a message last, branch by branch."""
    c = messages.c
    query = select(c.branch, c.agent).where(c.handed_by == ROTA, c.branch.is_not(None), c.agent.is_not(None))
    found = {row.branch: AgentId(row.agent) for row in connection.execute(query.order_by(c.handed_at))}
    return tuple(sorted(found.items()))


def callback_rows(
    store: Store, *, limit: int = 100, before: float | None = None, all: bool = False
) -> list[CallbackRow]:
    """Callbacks, newest first, of callers who came before `before`; open ones only unless `all`."""
    query = select(*_CALLBACK)
    if before is not None:
        query = query.where(callbacks.c.since < before)
    if not all:
        query = query.where(callbacks.c.closed_at.is_(None))
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(callbacks.c.since.desc()).limit(limit)).all()
    return [CallbackRow(**row._mapping) for row in rows]


def message_rows(
    store: Store, *, limit: int = 100, before: float | None = None, all: bool = False, agent: str | None = None
) -> list[MessageRow]:
    """Messages, newest first; those not done with unless `all`, one agent's or everybody's."""
    query = select(*_MESSAGE)
    if before is not None:
        query = query.where(messages.c.at < before)
    if agent is not None:
        query = query.where(messages.c.agent == agent)
    if not all:
        query = query.where(messages.c.done_at.is_(None))
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(messages.c.at.desc()).limit(limit)).all()
    return [MessageRow(**row._mapping) for row in rows]


def message_row(store: Store, message: str) -> MessageRow | None:
    """One message, None when there is none of that name."""
    with store.reading.begin() as connection:
        row = connection.execute(select(*_MESSAGE).where(messages.c.message == message)).one_or_none()
    return MessageRow(**row._mapping) if row is not None else None


def appointment_of(store: Store, lead: LeadId) -> AppointmentRow | None:
    """The promise made to one customer, None when there is none."""
    return next(iter(_promised(store, leads.c.id == lead, 1)), None)


def appointments(store: Store, *, campaign: CampaignId | None = None, limit: int = 1000) -> list[AppointmentRow]:
    """Customers who were promised a call, the first due first."""
    return _promised(store, None if campaign is None else leads.c.campaign == campaign, limit)


def _promised(store: Store, which: Any, limit: int) -> list[AppointmentRow]:
    c = leads.c
    query = select(c.id, c.campaign, c.customer, c.promised_at, c.due, c.agent, c.attempts, c.holder)
    query = query.where(c.promised_at.is_not(None), c.due.is_not(None))
    if which is not None:
        query = query.where(which)
    with store.reading.begin() as connection:
        rows: Any = connection.execute(query.order_by(c.promised_at, c.id).limit(limit)).all()
    return [
        AppointmentRow(
            lead=row.id,
            campaign=row.campaign,
            customer=row.customer,
            promised_at=row.promised_at,
            due=row.due,
            agent=row.agent or "",
            attempts=row.attempts,
            holder=row.holder,
        )
        for row in rows
    ]

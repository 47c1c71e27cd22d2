"""Calls that came to us, read back: those not over when a run begins, lists for the desk, and whose number it is."""

from typing import Any

import msgspec
from sqlalchemy import exists, select, union_all

from store.opening import Store, insert_for
from store.sealing import NUMBER
from store.tables import attempts, callers, inbound, leads, recordings
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, ServerId
from telephony.inbound import OpenInbound
from telephony.numbers import PhoneNumber

UNDER_WAY = ("started", "confirmed")


class InboundRow(msgspec.Struct, frozen=True, kw_only=True):
    """One call that came to us; instants in epoch seconds, no number. `way` is how it left the queue otherwise than to
    an agent or by hanging up, `position` where the caller stood when he hung up, 0 for not in a queue."""

    call: str
    queue_first: str
    queue: str
    server: str
    customer: str
    number_key: int
    line: str
    arrived_at: float
    queued_at: float | None
    connected_at: float | None
    ended_at: float | None
    agent: str | None
    waited_s: float | None
    talk_s: float | None
    hold_s: float | None
    cause: int | None
    way: str | None
    way_to: str | None
    position: int | None
    nuisance: int | None
    disposition: str | None
    note: str | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a number that calls: the customer ("" nobody's), who talked to him last."""

    customer: CustomerId
    last_agent: AgentId | None


_ROW = [inbound.c[name] for name in InboundRow.__struct_fields__]


def open_inbound(connection: Any, servers: frozenset[str] | None) -> tuple[OpenInbound, ...]:
    """Callers whose calls were not over, in the order in which they came; on those servers only, None for all."""
    recording = exists().where(recordings.c.call == inbound.c.call, recordings.c.state.in_(UNDER_WAY))
    query = select(inbound, recording.label("recording")).where(inbound.c.ended_at.is_(None))
    rows = connection.execute(query.order_by(inbound.c.arrived_at, inbound.c.call)).all()
    return tuple(_open(row) for row in rows if servers is None or row.server in servers)


def _open(row: Any) -> OpenInbound:
    agent = row.agent if row.connected_at is not None else row.offered
    return OpenInbound(
        call=CallId(row.call),
        queue=CampaignId(row.queue),
        server=ServerId(row.server),
        customer=CustomerId(row.customer),
        number_key=row.number_key,
        line=row.line,
        arrived_at=row.arrived_at,
        queued_at=row.queued_at,
        connected_at=row.connected_at,
        agent=AgentId(agent) if agent else None,
        way=row.way or "",
        recording=bool(row.recording),
    )


def inbound_calls(
    store: Store,
    *,
    limit: int = 100,
    before: float | None = None,
    queue: CampaignId | None = None,
    abandoned: bool = False,
) -> list[InboundRow]:
    """The newest first, those that came before `before` (epoch seconds); `abandoned`: only callers who hung up unserved."""
    query = select(*_ROW)
    if before is not None:
        query = query.where(inbound.c.arrived_at < before)
    if queue is not None:
        query = query.where(inbound.c.queue == queue)
    if abandoned:
        query = query.where(inbound.c.ended_at.is_not(None), inbound.c.connected_at.is_(None), inbound.c.way.is_(None))
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(inbound.c.arrived_at.desc(), inbound.c.call).limit(limit)).all()
    return [InboundRow(**row._mapping) for row in rows]


def known_of(store: Store, number_key: int) -> Known:
    """Whose number it is, as the newest lead of it has it, and which agent talked last to whoever has it."""
    customer = select(leads.c.customer).where(leads.c.number_key == number_key).order_by(leads.c.id.desc()).limit(1)
    talked = union_all(
        *(
            select(table.c.connected_at, table.c.agent)
            .where(table.c.number_key == number_key, table.c.connected_at.is_not(None), table.c.agent.is_not(None))
            .order_by(came.desc())
            .limit(1)
            .subquery()
            .select()
            for table, came in ((attempts, attempts.c.placed_at), (inbound, inbound.c.arrived_at))
        )
    )
    with store.reading.begin() as connection:
        found = connection.execute(customer).scalar()
        last = max(connection.execute(talked).all(), default=None)
    return Known(customer=CustomerId(found or ""), last_agent=AgentId(last[1]) if last is not None else None)


def keep_number(store: Store, number: PhoneNumber) -> None:
    """Keep the number of somebody who called, sealed, so that he can be called back; once for each number."""
    key = store.number_key(number)
    with store.pen, store.writing.begin() as connection:
        row = insert_for(connection)(callers).values(
            number_key=key, number=store.seal.sealed(NUMBER, number.for_store(), key)
        )
        connection.execute(row.on_conflict_do_nothing())


def number_under(store: Store, number_key: int) -> PhoneNumber | None:
    """The whole number of somebody who called, None when it was never kept."""
    with store.reading.begin() as connection:
        found = connection.execute(select(callers.c.number).where(callers.c.number_key == number_key)).scalar()
    return None if found is None else store.seal.number(found, number_key)

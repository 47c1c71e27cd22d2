"""Supervisions and pauses of recordings as the store keeps them: what was open when a run ended, who was on calls."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, select

from store.opening import Store
from store.tables import recordings, supervisions
from telephony.ids import AgentId, CallId, LegId, ServerId
from telephony.leads import PausedRecording
from telephony.supervising import Ear, KnownSupervision


class SupervisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One supervision: instants in epoch seconds, `for_s` how long the ear was open."""

    supervisor: str
    call: str
    agent: str
    ear: str
    begun_at: float
    opened_at: float | None
    ended_at: float | None
    for_s: float | None
    why: str | None


def open_supervisions(connection: Connection, servers: Collection[str] | None) -> tuple[KnownSupervision, ...]:
    """Those not ended, oldest first; on these servers only, where they are given."""
    query = select(supervisions).where(supervisions.c.ended_at.is_(None)).order_by(supervisions.c.begun_at)
    return tuple(
        KnownSupervision(
            session=row.session,
            actor=row.actor,
            call=CallId(row.call),
            agent=AgentId(row.agent),
            ear=Ear(row.ear),
            leg=LegId(row.leg),
            server=ServerId(row.server),
            opened_at=row.opened_at,
        )
        for row in connection.execute(query)
        if servers is None or row.server in servers
    )


def paused_recordings(connection: Connection, servers: Collection[str] | None) -> tuple[PausedRecording, ...]:
    """Recordings that were silent when the run ended."""
    query = select(recordings).where(recordings.c.paused_until.is_not(None)).order_by(recordings.c.started_at)
    return tuple(
        PausedRecording(
            call=CallId(row.call),
            agent=AgentId(row.agent),
            server=ServerId(row.server),
            actor=row.paused_by or "",
            since=row.paused_at or 0.0,
            until=row.paused_until,
        )
        for row in connection.execute(query)
        if servers is None or row.server in servers
    )


def supervised(store: Store, *, limit: int, before: float | None = None) -> Sequence[SupervisionLine]:
    """Supervisions begun before the instant `before`, newest first."""
    query = select(supervisions).order_by(supervisions.c.begun_at.desc(), supervisions.c.session).limit(limit)
    if before is not None:
        query = query.where(supervisions.c.begun_at < before)
    with store.reading.begin() as connection:
        return [
            SupervisionLine(
                supervisor=row.actor,
                call=row.call,
                agent=row.agent,
                ear=row.ear,
                begun_at=row.begun_at,
                opened_at=row.opened_at,
                ended_at=row.ended_at,
                for_s=row.for_s,
                why=row.why,
            )
            for row in connection.execute(query)
        ]

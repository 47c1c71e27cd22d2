"""Small questions of the desk and the reports: recent attempts, tallies of a span, recordings, a call's history."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import case, func, select

from store.opening import Store
from store.recall import Entry, decode
from store.tables import attempts, journal, leads, recordings
from telephony.facts import AbandonedBy
from telephony.ids import CallId, CampaignId, LeadId
from telephony.numbers import PhoneNumber


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """One dialling as it stands in the store; instants in epoch seconds, no number."""

    call: str
    campaign: str
    lead: int
    customer: str
    trunk: str
    server: str
    caller_id: str
    mode: str
    agent: str | None
    placed_at: float
    rang_at: float | None
    answered_at: float | None
    connected_at: float | None
    ended_at: float | None
    outcome: str | None
    abandoned_by: str | None
    waited_s: float | None
    ring_s: float | None
    talk_s: float | None
    hold_s: float | None
    cause: int | None
    tech_cause: int | None
    disposition: str | None
    note: str | None
    callback_at: float | None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's attempts of one span; `abandoned` counts those against the ceiling, `gave_up` the customer's own."""

    campaign: CampaignId
    placed: int
    answered: int
    connected: int
    abandoned: int
    gave_up: int
    talk_s: float
    outcomes: dict[str, int]


class RecordingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A recording; `state` is started, confirmed, missing or filed."""

    name: str
    call: str
    agent: str
    server: str
    state: str
    why: str | None
    bytes: int | None
    seconds: float | None
    started_at: float


_ATTEMPT = [attempts.c[name] for name in AttemptRow.__struct_fields__]
_RECORDING = [recordings.c[name] for name in RecordingRow.__struct_fields__]


def recent_attempts(
    store: Store,
    *,
    limit: int = 100,
    before: float | None = None,
    campaign: CampaignId | None = None,
    agent: str | None = None,
) -> list[AttemptRow]:
    """The newest attempts first, those placed before `before` (epoch seconds)."""
    query = select(*_ATTEMPT)
    if before is not None:
        query = query.where(attempts.c.placed_at < before)
    if campaign is not None:
        query = query.where(attempts.c.campaign == campaign)
    if agent is not None:
        query = query.where(attempts.c.agent == agent)
    rows = _all(store, query.order_by(attempts.c.placed_at.desc(), attempts.c.call).limit(limit))
    return [AttemptRow(**row._mapping) for row in rows]


def attempt(store: Store, call: CallId) -> AttemptRow | None:
    rows = _all(store, select(*_ATTEMPT).where(attempts.c.call == call))
    return AttemptRow(**rows[0]._mapping) if rows else None


def tallies(store: Store, since: float, until: float) -> list[Tally]:
    """Each campaign's sums over attempts placed in [since, until): what today's counters begin with after a restart."""
    a = attempts.c
    rows = _all(
        store,
        select(
            a.campaign,
            a.outcome,
            func.count().label("placed"),
            func.count(a.answered_at).label("answered"),
            func.count(a.connected_at).label("connected"),
            func.sum(case((a.abandoned_by == AbandonedBy.SWITCHROOM.value, 1), else_=0)).label("abandoned"),
            func.sum(case((a.abandoned_by == AbandonedBy.CUSTOMER.value, 1), else_=0)).label("gave_up"),
            func.coalesce(func.sum(a.talk_s), 0.0).label("talk_s"),
        )
        .where(a.placed_at >= since, a.placed_at < until)
        .group_by(a.campaign, a.outcome),
    )
    by_campaign: dict[str, list[Any]] = {}
    for row in rows:
        by_campaign.setdefault(row.campaign, []).append(row)
    return [_tally(CampaignId(campaign), parts) for campaign, parts in sorted(by_campaign.items())]


def recordings_list(
    store: Store, *, limit: int = 100, before: float | None = None, state: str | None = None, call: CallId | None = None
) -> list[RecordingRow]:
    """The newest recordings first, those started before `before` (epoch seconds)."""
    query = select(*_RECORDING)
    if before is not None:
        query = query.where(recordings.c.started_at < before)
    if state is not None:
        query = query.where(recordings.c.state == state)
    if call is not None:
        query = query.where(recordings.c.call == call)
    rows = _all(store, query.order_by(recordings.c.started_at.desc(), recordings.c.name).limit(limit))
    return [RecordingRow(**row._mapping) for row in rows]


def numbers_of(store: Store, ids: Collection[LeadId]) -> dict[LeadId, PhoneNumber]:
    """The numbers of leads; ids nobody knows are left out."""
    rows = _all(store, select(leads.c.id, leads.c.number, leads.c.number_key).where(leads.c.id.in_(ids)))
    return {LeadId(row.id): store.seal.number(row.number, row.number_key) for row in rows}


def campaigns_of(store: Store, calls: Collection[str]) -> dict[str, str]:
    """The campaign of each call."""
    rows = _all(store, select(attempts.c.call, attempts.c.campaign).where(attempts.c.call.in_(calls)))
    return {row.call: row.campaign for row in rows}


def campaigns_between(store: Store, since: float, until: float) -> list[str]:
    """The campaigns that placed a call in [since, until], by name."""
    a = attempts.c
    rows = _all(store, select(a.campaign).where(a.placed_at >= since, a.placed_at <= until).distinct())
    return sorted(row.campaign for row in rows)


def journal_tail(
    store: Store, limit: int = 100, *, kinds: Sequence[str] = (), before: int | None = None
) -> list[Entry]:
    """The last lines of the journal (before the number `before`), oldest first; of some kinds only when given."""
    query = select(journal.c.seq, journal.c.at, journal.c.payload)
    if before is not None:
        query = query.where(journal.c.seq < before)
    if kinds:
        query = query.where(journal.c.kind.in_(kinds))
    return _entries(_all(store, query.order_by(journal.c.seq.desc()).limit(limit)))[::-1]


def history(store: Store, call: CallId, limit: int = 1000) -> list[Entry]:
    """Every line of the journal about one call, in order."""
    query = select(journal.c.seq, journal.c.at, journal.c.payload).where(journal.c.call == call)
    return _entries(_all(store, query.order_by(journal.c.seq).limit(limit)))


def _all(store: Store, query: Any) -> Sequence[Any]:
    with store.reading.begin() as connection:
        return connection.execute(query).all()


def _entries(rows: Sequence[Any]) -> list[Entry]:
    return [Entry(seq=row.seq, at=row.at, fact=decode(row.payload)) for row in rows]


def _tally(campaign: CampaignId, parts: list[Any]) -> Tally:
    return Tally(
        campaign=campaign,
        placed=sum(part.placed for part in parts),
        answered=sum(part.answered for part in parts),
        connected=sum(part.connected for part in parts),
        abandoned=sum(part.abandoned for part in parts),
        gave_up=sum(part.gave_up for part in parts),
        talk_s=sum(part.talk_s for part in parts),
        outcomes={part.outcome: part.placed for part in parts if part.outcome is not None},
    )

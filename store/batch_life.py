"""What managers have set for a batch: its share released, its end, its successor, its trial, its targets."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from store.batches import BatchState
from store.opening import Store
from store.tables import batches
from telephony.batches import BatchTimed
from telephony.ids import CampaignId


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch is expected to reach: shares of attempts connected and sold, calls an agent takes in an hour."""

    connect_rate: float
    success_rate: float
    calls_per_hour: float


class BatchLife(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as managers see it; `share` None is a batch of before stages: all of it. Instants in epoch seconds."""

    id: str
    campaign: CampaignId
    state: BatchState
    file: str
    rows: int
    added: int
    rejected: int
    created_at: float
    opened_at: float | None
    share: float | None
    close_at: float | None
    closed_at: float | None
    successor: str | None
    successor_share: float | None
    trial: float | None
    trial_at: float | None
    targets: Targets | None

    @property
    def released(self) -> float:
        """The share of it that may be dialled."""
        return 1.0 if self.share is None else self.share


_COLUMNS = [batches.c[name] for name in BatchLife.__struct_fields__]


def life_of(store: Store, batch: str) -> BatchLife | None:
    with store.reading.begin() as connection:
        row = connection.execute(select(*_COLUMNS).where(batches.c.id == batch)).mappings().first()
    return None if row is None else _life(row)


def lives(store: Store, *, campaign: CampaignId | None = None, limit: int = 10_000) -> list[BatchLife]:
    """Batches, newest first."""
    query = select(*_COLUMNS).order_by(batches.c.created_at.desc(), batches.c.id).limit(limit)
    if campaign is not None:
        query = query.where(batches.c.campaign == campaign)
    with store.reading.begin() as connection:
        return [_life(row) for row in connection.execute(query).mappings()]


def timed(connection: Connection) -> tuple[BatchTimed, ...]:
    """The ends that are still to come, or came while nobody was there."""
    c = batches.c
    query = select(*_COLUMNS).where(c.close_at.is_not(None), c.state != BatchState.CLOSED.value)
    return tuple(
        BatchTimed(
            batch=one.id,
            campaign=one.campaign,
            close_at=one.close_at,
            successor=one.successor or "",
            share=1.0 if one.successor_share is None else one.successor_share,
        )
        for one in map(_life, connection.execute(query.order_by(c.close_at, c.id)).mappings())
    )


def _life(row: Any) -> BatchLife:
    fields = dict(row)
    fields["state"] = BatchState(fields["state"])
    fields["targets"] = msgspec.json.decode(fields["targets"], type=Targets) if fields["targets"] else None
    return BatchLife(**fields)

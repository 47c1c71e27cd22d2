"""The books of imported lists: one row a batch, with what became of its rows and how far its import has come."""

from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from store.opening import Store
from store.tables import batches
from telephony.ids import CampaignId

MOST_LISTED = 1000
IMPORTED = ("rows", "added", "duplicates", "rejected", "counts", "state", "position", "opened_at")
"""What an import changes of its batch."""


class BatchState(StrEnum):
    """A batch is imported once; then its customers may be called until it is closed."""

    IMPORTING = "importing"
    OPEN = "open"
    CLOSED = "closed"


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """An imported list. `file` has its digits masked; `digest` is the SHA-256 of its bytes, in hex, "" when unknown.

    rows = added + duplicates + rejected counts customers' rows so far; `position` is the line up to which they are in
    the tables; `counts` says how many rows had which fate, by code. Instants are epoch seconds."""

    id: str
    campaign: CampaignId
    file: str
    digest: str
    created_at: float
    author: str
    sheet: str = ""
    state: BatchState = BatchState.IMPORTING
    rows: int = 0
    added: int = 0
    duplicates: int = 0
    rejected: int = 0
    position: int = 0
    opened_at: float | None = None
    counts: dict[str, int] = {}
    share: float | None = None
    """How much of it may be dialled so far; None is all."""


class BatchExists(Exception):
    """The name, or the file within the campaign, is another batch's already."""


class BatchMoved(Exception):
    """Somebody else took in rows of this batch, or ended its import, since it was read."""


def create_batch(store: Store, batch: Batch) -> None:
    """Enter a new batch; raises BatchExists."""
    try:
        with store.pen, store.writing.begin() as connection:
            connection.execute(insert(batches).values(_columns(batch)))
    except IntegrityError:
        raise BatchExists(batch.id) from None


def batch_of(store: Store, id: str) -> Batch | None:
    with store.reading.begin() as connection:
        row = connection.execute(select(batches).where(batches.c.id == id)).mappings().first()
    return None if row is None else _batch(row)


def batch_of_file(store: Store, campaign: CampaignId, digest: str, sheet: str = "") -> Batch | None:
    """The batch a file was imported as into this campaign, None when it never was."""
    c = batches.c
    with store.reading.begin() as connection:
        query = select(batches).where(c.campaign == campaign, c.digest == digest, c.sheet == sheet)
        row = connection.execute(query).mappings().first()
    return None if row is None else _batch(row)


def batches_list(
    store: Store,
    *,
    campaign: CampaignId | None = None,
    state: BatchState | None = None,
    before: float | None = None,
    limit: int = MOST_LISTED,
) -> list[Batch]:
    """Batches, newest first; `before` (epoch seconds) gives those created earlier."""
    c = batches.c
    query = select(batches).order_by(c.created_at.desc(), c.id).limit(limit)
    for condition in (
        None if campaign is None else c.campaign == campaign,
        None if state is None else c.state == state.value,
        None if before is None else c.created_at < before,
    ):
        if condition is not None:
            query = query.where(condition)
    with store.reading.begin() as connection:
        return [_batch(row) for row in connection.execute(query).mappings()]


def advance(connection: Connection, before: Batch, after: Batch) -> None:
    """Write how far an import has come, in the transaction of the rows it tells of; raises BatchMoved."""
    c = batches.c
    moved = connection.execute(
        update(batches)
        .where(c.id == before.id, c.state == BatchState.IMPORTING.value, c.position == before.position)
        .values({name: value for name, value in _columns(after).items() if name in IMPORTED})
    )
    if moved.rowcount != 1:
        raise BatchMoved(before.id)


def _columns(batch: Batch) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(batch),
        "state": batch.state.value,
        "counts": msgspec.json.encode(batch.counts, order="deterministic").decode(),
    }


def _batch(row: RowMapping) -> Batch:
    fields = {name: row[name] for name in Batch.__struct_fields__}
    fields["state"] = BatchState(row["state"])
    fields["counts"] = msgspec.json.decode(row["counts"] or "{}", type=dict[str, int])
    return Batch(**fields)

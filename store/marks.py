"""The time line of one call, read from the journal: who had it when, holds, pauses of its recording."""

import msgspec
from sqlalchemy import select

from store.opening import Store
from store.tables import journal

KINDS = (
    *("CallArrived", "CallAnswered", "CallConnected", "CallHeld", "CallResumed", "CallHandedOver", "CallLeft"),
    *("ConsultBegun", "ConsultJoined", "ConsultEnded", "ConferenceBegun", "CallEnded", "InboundEnded"),
    *("RecordingStarted", "RecordingPaused", "RecordingResumed", "RecordingNotPaused", "RecordingMissing"),
)
"""The facts that make a call's time line, by their names in the journal; who listens is not among them."""


def marks(store: Store, call: str) -> list[tuple[float, str, str | None]]:
    """Instant (epoch seconds), kind and agent of each, oldest first; empty for a call nobody knows."""
    query = select(journal.c.at, journal.c.kind, journal.c.payload).where(
        journal.c.call == call, journal.c.kind.in_(KINDS)
    )
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(journal.c.seq)).all()
    return [(row.at, row.kind, msgspec.json.decode(row.payload).get("agent")) for row in rows]

"""The journal and the audit trail as they are written: every commit ends with a stamp over its rows, in one transaction.

A chain belongs to a writer. Two processes that use one chain wait for one another at the head of it.
"""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from prometheus_client import Gauge
from sqlalchemy import Connection, select, text

from store.audited import Deed, deeds
from store.chains import (
    START,
    Act,
    Span,
    Stamp,
    act_hash,
    encoded,
    marks_of,
    stamp_digest,
    write_spans,
)
from store.changes import Change, Row, Verb, apply, put, spans_of
from store.projector import JOURNAL, Entry, project
from store.tables import audit, journal, stamps

STAMPS = Change(name="stamps", table=stamps, verb=Verb.INSERT, columns=Stamp.__struct_fields__)
ACTS = Change(name="acts", table=audit, verb=Verb.INSERT, columns=Act.__struct_fields__)
NUMBER = Gauge("switchroom_stamp_number", "Number of the last stamp of a chain.", ["chain"])
DIGEST = Gauge("switchroom_stamp_digest", "First 52 bits of the digest of a chain's last stamp.", ["chain"])
DIGEST_DIGITS = 13
UPGRADE = "upgrade"
UPGRADE_ROWS = 4096


Batch = Sequence[tuple[Change, Sequence[Row]]]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last link of a chain; `n` 0 before the first."""

    chain: str
    n: int
    digest: str


def write(connection: Connection, entries: Sequence[Entry], *, chain: str) -> None:
    """Put the facts into the journal and the tables, their acts into the audit trail, and stamp them."""
    carry_out(connection, project(entries), deeds(entries), chain=chain)


def carry_out(connection: Connection, batch: Batch, acts: Sequence[Deed], *, chain: str) -> None:
    """As ``write``, for facts that have been projected already."""
    for change, rows in batch:
        if change is JOURNAL:
            stamp(connection, put(connection, JOURNAL, rows), rows, acts, chain=chain)
        else:
            apply(connection, change, rows)


def stamp(
    connection: Connection, spans: Sequence[Span], rows: Sequence[Row], acts: Sequence[Deed], *, chain: str
) -> None:
    """Close over `rows` of the journal that stand at `spans`, and over the acts, as the next link of the chain."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        key = int.from_bytes(blake2b(chain.encode(), digest_size=8).digest()) >> 1
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
    head = head_of(connection, chain)
    lines = encoded(rows)
    one = Stamp(
        chain=chain,
        n=head.n + 1,
        at=float(rows[-1][0]),
        spans=write_spans(spans),
        marks=marks_of(lines),
        acts=_put_acts(connection, acts, chain),
    )
    one = msgspec.structs.replace(one, digest=stamp_digest(one, head.digest, lines))
    apply(connection, STAMPS, [msgspec.structs.astuple(one)])
    NUMBER.labels(chain).set(one.n)
    DIGEST.labels(chain).set(int(one.digest[:DIGEST_DIGITS], 16))


def head_of(connection: Connection, chain: str) -> Head:
    """The last stamp of a chain."""
    n, digest = _last(connection, stamps.name, "digest", chain)
    return Head(chain=chain, n=n, digest=digest)


def stamp_the_past(connection: Connection) -> int:
    """Stamp rows of a journal that was written before there were stamps; returns how many."""
    after = total = 0
    query = select(journal.c.seq, journal.c.at, journal.c.kind, journal.c.payload, journal.c.call)
    while rows := connection.execute(
        query.where(journal.c.seq > after).order_by(journal.c.seq).limit(UPGRADE_ROWS)
    ).all():
        spans = spans_of([row.seq for row in rows])
        stamp(connection, spans, [tuple(row)[1:] for row in rows], (), chain=UPGRADE)
        after = rows[-1].seq
        total += len(rows)
    return total


def _last(connection: Connection, table: str, column: str, chain: str) -> tuple[int, str]:
    """Number and digest of a chain's last link, asked in plain SQL: every commit waits for the answer."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    question = f"SELECT n, {column} FROM {table} WHERE chain = {mark} ORDER BY n DESC LIMIT 1"
    found = connection.exec_driver_sql(question, (chain,)).first()
    return (int(found[0]), str(found[1])) if found else (0, START)


def _put_acts(connection: Connection, acts: Sequence[Deed], chain: str) -> str:
    """Append the acts to the audit trail; returns ``number:hash`` of the last one, empty when there is none."""
    if not acts:
        return ""
    n, prev = _last(connection, "audit", "hash", chain)
    rows: list[Row] = []
    for deed in acts:
        n += 1
        act = Act(chain=chain, n=n, prev=prev, **deed._asdict())
        act = msgspec.structs.replace(act, at=float(act.at))
        prev = act_hash(act)
        rows.append(msgspec.structs.astuple(msgspec.structs.replace(act, hash=prev)))
    apply(connection, ACTS, rows)
    return f"{n}:{prev}"

"""Proving the books: every row of journal and audit trail is under its stamp, every stamp on the one before it.

Reads from end to end in portions; memory does not grow with the journal, except by a few bytes a stamp of several writers.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from store.chaining import Head
from store.chains import (
    MARK_DIGITS,
    START,
    Act,
    Span,
    Stamp,
    act_hash,
    encoded,
    marks_of,
    numbers_in,
    read_spans,
    stamp_digest,
)
from store.opening import Store
from store.tables import audit, journal, stamps

PORTION = 1000
ROWS_AT_ONCE = 20_000
CROWD = 4
"""A window with this many times the rows wanted is read span by span instead."""

Heads = dict[str, tuple[int, str]]


class Broken(Exception):
    """The first thing that does not fit: `table` and `row` name it, `why` is a code of the words."""

    def __init__(self, table: str, row: str, why: str) -> None:
        super().__init__(f"{table} {row}: {why}")
        self.table, self.row, self.why = table, row, why


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was proved: counts, and the head of every chain."""

    journal: int
    stamps: int
    acts: int
    heads: dict[str, Head]


def verify(
    store: Store, *, anchors: Sequence[Heads] = (), progress: Callable[[int, int], None] = lambda done, total: None
) -> Proof:
    """Check everything; raises Broken at the first row that is not as it was written.

    `anchors` are heads known from elsewhere: each must still be there. `progress` is told rows done and about how many there are."""
    with _still(store) as connection:
        total = connection.execute(select(func.max(journal.c.seq))).scalar() or 0
        ends = _acts(connection)
        wanted: dict[str, dict[int, str]] = {}
        for heads in anchors:
            for chain, (n, digest) in heads.items():
                wanted.setdefault(chain, {})[n] = digest
        covered = _Covered()
        found: dict[str, Head] = {}
        done = count = 0
        for chain in connection.execute(select(stamps.c.chain).distinct().order_by(stamps.c.chain)).scalars().all():
            anchored = wanted.pop(chain, {})
            head = Head(chain=chain, n=0, digest=START)
            last_act = (0, START)
            for portion in _portions(connection, chain):
                held = _rows(connection, portion)
                for stamp, spans in portion:
                    head = _stamp(stamp, spans, head, held)
                    covered.add(stamp, spans)
                    last_act = _acts_of(stamp, ends.get(chain, []), last_act)
                    if anchored.pop(stamp.n, stamp.digest) != stamp.digest:
                        raise Broken(stamps.name, f"{chain} {stamp.n}", "not_anchored")
                    done += stamp.rows
                    count += 1
                progress(done, total)
            if anchored:
                raise Broken(stamps.name, f"{chain} {min(anchored)}", "cut_off")
            if len(ends.get(chain, [])) != last_act[0]:
                raise Broken("audit", f"{chain} {last_act[0] + 1}", "unstamped")
            found[chain] = head
        for chain, missing in wanted.items():
            raise Broken(stamps.name, f"{chain} {min(missing)}", "cut_off")
        for chain in ends:
            if chain not in found:
                raise Broken("audit", f"{chain} 1", "unstamped")
        covered.all_of(connection)
    return Proof(journal=done, stamps=count, acts=sum(len(hashes) for hashes in ends.values()), heads=found)


def heads(store: Store) -> dict[str, Head]:
    """The last stamp of every chain."""
    last = select(stamps.c.chain, func.max(stamps.c.n).label("n")).group_by(stamps.c.chain).subquery()
    query = select(stamps.c.chain, stamps.c.n, stamps.c.digest).join(
        last, (last.c.chain == stamps.c.chain) & (last.c.n == stamps.c.n)
    )
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(stamps.c.chain)).all()
    return {row.chain: Head(chain=row.chain, n=row.n, digest=row.digest) for row in rows}


@contextmanager
def _still(store: Store) -> Iterator[Connection]:
    """The database as it stands at one instant, while others go on writing."""
    with store.reading.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def _acts(connection: Connection) -> dict[str, list[str]]:
    """The hashes of every chain of the audit trail, each act checked."""
    query = select(*(audit.c[name] for name in Act.__struct_fields__)).order_by(audit.c.chain, audit.c.n)
    hashes: dict[str, list[str]] = {}
    for row in connection.execution_options(yield_per=PORTION).execute(query):
        act = Act(**row._mapping)
        chain = hashes.setdefault(act.chain, [])
        if act.n != len(chain) + 1:
            raise Broken("audit", f"{act.chain} {len(chain) + 1}", "missing")
        if act.prev != (chain[-1] if chain else START) or act.hash != act_hash(act):
            raise Broken("audit", f"{act.chain} {act.n}", "changed")
        chain.append(act.hash)
    return hashes


def _acts_of(stamp: Stamp, hashes: list[str], last: tuple[int, str]) -> tuple[int, str]:
    """The last act a stamp closes over; it must be in the audit trail."""
    if not stamp.acts:
        return last
    number, _, digest = stamp.acts.partition(":")
    n = int(number)
    if n > len(hashes):
        raise Broken("audit", f"{stamp.chain} {len(hashes) + 1}", "missing")
    if hashes[n - 1] != digest:
        raise Broken("audit", f"{stamp.chain} {n}", "changed")
    return n, digest


def _portions(connection: Connection, chain: str) -> Iterator[list[tuple[Stamp, list[Span]]]]:
    """The stamps of a chain in order, some at a time."""
    query = select(*(stamps.c[name] for name in Stamp.__struct_fields__)).where(stamps.c.chain == chain)
    after = 0
    while True:
        rows = connection.execute(query.where(stamps.c.n > after).order_by(stamps.c.n).limit(PORTION)).all()
        portion: list[tuple[Stamp, list[Span]]] = []
        size = 0
        for row in rows:
            stamp = Stamp(**row._mapping)
            try:
                spans = read_spans(stamp.spans)
            except ValueError:
                raise Broken(stamps.name, f"{chain} {stamp.n}", "changed") from None
            portion.append((stamp, spans))
            size += stamp.rows
            if size >= ROWS_AT_ONCE:
                yield portion
                portion, size = [], 0
        if portion:
            yield portion
        if len(rows) < PORTION:
            return
        after = rows[-1].n


def _rows(connection: Connection, portion: list[tuple[Stamp, list[Span]]]) -> dict[int, Sequence[Any]]:
    """The rows of the journal that these stamps close over, by number."""
    query = select(journal.c.seq, journal.c.at, journal.c.kind, journal.c.payload, journal.c.call)
    windows = [span for _, spans in portion for span in spans]
    if not windows:
        return {}
    low, high = min(first for first, _ in windows), max(last for _, last in windows)
    if high - low < CROWD * sum(stamp.rows for stamp, _ in portion) + PORTION:
        windows = [(low, high)]
    held: dict[int, Sequence[Any]] = {}
    for first, last in windows:
        for row in connection.execute(query.where(journal.c.seq >= first, journal.c.seq <= last)):
            held[row.seq] = tuple(row)[1:]
    return held


def _stamp(stamp: Stamp, spans: list[Span], before: Head, held: dict[int, Sequence[Any]]) -> Head:
    """One stamp against the one before and against its rows; returns it as the head."""
    if stamp.n != before.n + 1:
        raise Broken(stamps.name, f"{stamp.chain} {before.n + 1}", "missing")
    if sum(last - first + 1 for first, last in spans) != stamp.rows:
        raise Broken(stamps.name, f"{stamp.chain} {stamp.n}", "changed")
    rows: list[Sequence[Any]] = []
    for number in numbers_in(spans):
        if number not in held:
            raise Broken("journal", str(number), "missing")
        rows.append(held[number])
    lines = encoded(rows)
    if stamp_digest(stamp, before.digest, lines) != stamp.digest:
        marks = marks_of(lines)
        for place, number in enumerate(numbers_in(spans)):
            at = place * MARK_DIGITS
            if marks[at : at + MARK_DIGITS] != stamp.marks[at : at + MARK_DIGITS]:
                raise Broken("journal", str(number), "changed")
        raise Broken(stamps.name, f"{stamp.chain} {stamp.n}", "changed")
    return Head(chain=stamp.chain, n=stamp.n, digest=stamp.digest)


class _Covered:
    """Which numbers of the journal are stamped, as few spans as they fit into."""

    def __init__(self) -> None:
        self._spans: list[Span] = []

    def add(self, stamp: Stamp, spans: list[Span]) -> None:
        for first, last in spans:
            place = bisect_left(self._spans, (first, first))
            before = self._spans[place - 1] if place else None
            after = self._spans[place] if place < len(self._spans) else None
            if (before is not None and before[1] >= first) or (after is not None and after[0] <= last):
                raise Broken(stamps.name, f"{stamp.chain} {stamp.n}", "overlapping")
            begin, end, low = first, last, place
            if before is not None and before[1] == first - 1:
                begin, low = before[0], place - 1
            if after is not None and after[0] == last + 1:
                end, place = after[1], place + 1
            self._spans[low:place] = [(begin, end)]

    def all_of(self, connection: Connection) -> None:
        """Raises Broken for a row of the journal that no stamp closes over."""
        after = -(2**62)
        for first, last in [*self._spans, (2**62, 2**62)]:
            query = select(func.min(journal.c.seq)).where(journal.c.seq > after, journal.c.seq < first)
            slipped_in = connection.execute(query).scalar()
            if slipped_in is not None:
                raise Broken("journal", str(slipped_in), "unstamped")
            after = last

"""Decided calls: how many of each step of time, for the windows of abandon contracts; and the journal from an instant on."""

from collections.abc import Collection, Iterator

from sqlalchemy import Integer, cast, func, select

from store.opening import Store
from store.recall import LINES_AT_ONCE, decode
from store.tables import attempts, journal
from telephony.facts import Fact


def decided_calls(
    store: Store, campaign: str, *, since: float, until: float, step_s: float, in_time_s: float
) -> list[tuple[int, str, bool, int]]:
    """Calls decided in [since, until]: slot (instant divided by the step; 0 for a step of 0), how they were decided,
    whether the customer had waited no longer than `in_time_s` after his answer, and how many."""
    a = attempts.c
    if step_s:
        slots = a.decided_at / step_s
        slot = cast(func.floor(slots) if store.reading.dialect.name == "postgresql" else slots, Integer)
    else:
        slot = cast(0, Integer)
    in_time = a.decided_s <= in_time_s
    within = (a.campaign == campaign, a.decided_at >= since, a.decided_at <= until)
    query = select(slot, a.decided, in_time, func.count()).where(*within).group_by(slot, a.decided, in_time)
    with store.reading.begin() as connection:
        return [(int(at), way, bool(soon), calls) for at, way, soon, calls in connection.execute(query)]


def facts_since(store: Store, at: float, until: float, kinds: Collection[str]) -> Iterator[tuple[float, Fact]]:
    """The journal's facts of these kinds submitted in [at, until], in the order of the journal."""
    query = (
        select(journal.c.at, journal.c.payload)
        .where(journal.c.seq >= _first_seq(store, at), journal.c.kind.in_(kinds), journal.c.at.between(at, until))
        .order_by(journal.c.seq)
    )
    with store.reading.connect().execution_options(stream_results=True, yield_per=LINES_AT_ONCE) as connection:
        for told_at, payload in connection.execute(query):
            yield told_at, decode(payload)


def _first_seq(store: Store, at: float) -> int:
    """A line of the journal before which none was submitted as late as `at`, found by halving."""
    with store.reading.begin() as connection:
        low, high = connection.execute(select(func.min(journal.c.seq), func.max(journal.c.seq))).one()
        low, high = low or 0, high or 0
        while low < high:
            middle = (low + high) // 2
            line = select(journal.c.at).where(journal.c.seq >= middle).order_by(journal.c.seq).limit(1)
            if (connection.execute(line).scalar() or 0.0) < at:
                low = middle + 1
            else:
                high = middle
    return int(low)

"""What a batch, or the sample of its trial, has brought: attempts, connections, sales, and agents' time."""

from collections import defaultdict
from datetime import datetime
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from store.allocation import of_batch
from store.opening import Store
from store.sample import place
from store.tables import attempts, leads
from telephony.outcomes import Outcome

SALE = "sale"
Z_95 = 1.959964
"""Of the normal distribution, for intervals that hold in 95 of 100 cases."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A share of `of` cases with its 95 % interval (Wilson); None of none."""

    count: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """`leads` in the sample and how many of them are `done` (called at least once, or closed); attempts that left.

    `calls_per_hour` is what one agent took in an hour at it: from his first such call of a day to the end of the last."""

    leads: int
    done: int
    attempts: int
    connect: Rate
    success: Rate
    agent_hours: float
    calls_per_hour: float | None


def rate(count: int, of: int) -> Rate:
    """The share with its Wilson interval, which stays within 0 and 1 and is honest for few cases."""
    if of <= 0:
        return Rate(count=0, of=0, rate=None, low=None, high=None)
    share, z2 = count / of, Z_95 * Z_95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return Rate(
        count=count, of=of, rate=share, low=max(0.0, middle - half), high=min(1.0, middle + half) if count < of else 1.0
    )


def measured(store: Store, batch: str, *, zone: str, share: float = 1.0, since: float = 0.0) -> Measures:
    """What came of the first `share` of the batch in its order, in attempts placed since an instant (epoch seconds)."""
    a, c = attempts.c, leads.c
    ours = select(c.id, c.number_key, c.attempts, c.due).where(of_batch(batch))
    calls = select(a.lead, a.agent, a.connected_at, a.ended_at, a.outcome, a.disposition).select_from(
        leads.join(attempts, (a.number_key == c.number_key) & (a.lead == c.id))
    )
    with store.reading.begin() as connection:
        sample = {
            row.id: row
            for row in connection.execute(ours)
            if share >= 1.0 or place(store.secret, batch, row.number_key) < share
        }
        placed = [
            row
            for row in connection.execute(calls.where(of_batch(batch), a.placed_at >= since))
            if row.lead in sample and row.outcome not in (None, Outcome.REFUSED.value)
        ]
    connected = [row for row in placed if row.connected_at is not None]
    hours = _agent_hours(connected, ZoneInfo(zone))
    return Measures(
        leads=len(sample),
        done=sum(row.attempts > 0 or row.due is None for row in sample.values()),
        attempts=len(placed),
        connect=rate(len(connected), len(placed)),
        success=rate(sum(row.disposition == SALE for row in placed), len(placed)),
        agent_hours=hours,
        calls_per_hour=len(connected) / hours if hours > 0 else None,
    )


def _agent_hours(connected: list[Any], zone: ZoneInfo) -> float:
    spans: dict[tuple[str, object], tuple[float, float]] = defaultdict(lambda: (float("inf"), 0.0))
    for row in connected:
        key = (row.agent or "", datetime.fromtimestamp(row.connected_at, zone).date())
        begin, end = spans[key]
        spans[key] = min(begin, row.connected_at), max(end, row.ended_at or row.connected_at)
    return sum(end - begin for begin, end in spans.values()) / 3600.0

"""Queues' figures read from the table of calls that came to us, the same as are counted live; and who gave up waiting."""

import msgspec
from sqlalchemy import Integer, case, cast, exists, func, select

from acd.servicelevel import ABANDONED, ANSWERED, QUARTER_S, Tally
from config.queues import QueueSettings
from store.decided import facts_since
from store.inbound import number_under
from store.opening import Store
from store.tables import attempts, inbound
from telephony.facts import CallSentOn, Way


class AbandonedCaller(msgspec.Struct, frozen=True, kw_only=True):
    """A caller who gave up. `number` is masked, "" when it was withheld; instants in epoch seconds.

    `called_at` is when he was last called since, `reached_at` when an agent had him since, then or because he called
    again himself (`came_again`); None and False when not."""

    call: str
    queue: str
    line: str
    customer: str
    number: str
    gone_at: float
    waited_s: float
    position: int
    called_at: float | None
    reached_at: float | None
    came_again: bool


def tallies(
    store: Store, queue: str, settings: QueueSettings, *, since: float, until: float, step_s: int = QUARTER_S
) -> dict[int, Tally]:
    """The queue's calls decided in [since, until], by slot: the instant divided by the step."""
    c = inbound.c
    slots = c.decided_at / step_s
    slot = cast(func.floor(slots) if store.reading.dialect.name == "postgresql" else slots, Integer).label("slot")
    answered, gone = c.decided == ANSWERED, c.decided == ABANDONED
    in_time, short = c.decided_s <= settings.service_level_s, c.decided_s <= settings.short_abandon_s

    query = (
        select(
            slot,
            func.sum(case((answered, 1), else_=0)).label("answered"),
            func.sum(case((answered & in_time, 1), else_=0)).label("answered_in"),
            func.sum(case((gone, 1), else_=0)).label("abandoned"),
            func.sum(case((gone & in_time, 1), else_=0)).label("abandoned_in"),
            func.sum(case((gone & short, 1), else_=0)).label("short"),
            func.count().label("offered"),
            func.sum(case((answered, c.decided_s), else_=0.0)).label("waited_s"),
            func.max(c.decided_s).label("longest_s"),
        )
        .where(c.decided_in == queue, c.decided_at >= since, c.decided_at <= until)
        .group_by(slot)
    )
    found: dict[int, Tally] = {}
    with store.reading.begin() as connection:
        for row in connection.execute(query):
            found[int(row.slot)] = Tally(
                answered=row.answered,
                answered_in=row.answered_in,
                abandoned=row.abandoned,
                abandoned_in=row.abandoned_in,
                short=row.short,
                sent_on=row.offered - row.answered - row.abandoned,
                waited_s=row.waited_s,
                longest_s=row.longest_s,
            )
    for at, fact in facts_since(store, since, until, (CallSentOn.__name__,)):
        if isinstance(fact, CallSentOn) and fact.way is Way.QUEUE and fact.queue == queue:
            found.setdefault(int(at // step_s), Tally()).overflowed += 1
    return found


def gave_up(
    store: Store, *, queue: str | None, since: float, until: float, limit: int, unreached: bool = False
) -> list[AbandonedCaller]:
    """Callers who gave up in [since, until], the newest first; `unreached` leaves out those an agent had since."""
    c, again = inbound.c, inbound.alias("again")
    known = c.number_key != 0
    called = (
        select(func.max(attempts.c.placed_at))
        .where(known, attempts.c.number_key == c.number_key, attempts.c.placed_at >= c.decided_at)
        .scalar_subquery()
    )
    reached = (
        select(func.max(attempts.c.connected_at))
        .where(known, attempts.c.number_key == c.number_key, attempts.c.connected_at >= c.decided_at)
        .scalar_subquery()
    )
    came = (
        select(func.max(again.c.connected_at))
        .where(known, again.c.number_key == c.number_key, again.c.arrived_at >= c.decided_at)
        .scalar_subquery()
    )
    query = select(inbound, called.label("called_at"), reached.label("reached_at"), came.label("came_at")).where(
        c.decided == ABANDONED, c.decided_at >= since, c.decided_at <= until
    )
    if queue is not None:
        query = query.where(c.decided_in == queue)
    if unreached:
        later = again.c.arrived_at >= c.decided_at
        query = query.where(
            ~(known & exists().where(attempts.c.number_key == c.number_key, attempts.c.connected_at >= c.decided_at)),
            ~(known & exists().where(again.c.number_key == c.number_key, later, again.c.connected_at.is_not(None))),
        )
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(c.decided_at.desc(), c.call).limit(limit)).all()
    return [
        AbandonedCaller(
            call=row.call,
            queue=row.decided_in,
            line=row.line,
            customer=row.customer,
            number=_masked(store, row.number_key),
            gone_at=row.decided_at,
            waited_s=row.decided_s,
            position=row.position or 0,
            called_at=row.called_at,
            reached_at=max((at for at in (row.reached_at, row.came_at) if at is not None), default=None),
            came_again=row.came_at is not None,
        )
        for row in rows
    ]


class GoneCaller(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call again: the fingerprint of his number (0: withheld), whose it is, and when he was called since."""

    queue: str
    number_key: int
    customer: str
    called_at: float | None


def gone_caller(store: Store, call: str) -> GoneCaller | None:
    """The caller who gave up in that call; None when it is not such a call."""
    c = inbound.c
    query = select(c.decided_in, c.number_key, c.customer, c.decided_at).where(c.call == call, c.decided == ABANDONED)
    with store.reading.begin() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        since = select(func.max(attempts.c.placed_at)).where(
            attempts.c.number_key == row.number_key, attempts.c.placed_at >= row.decided_at
        )
        called = connection.execute(since).scalar() if row.number_key else None
    return GoneCaller(queue=row.decided_in, number_key=row.number_key, customer=row.customer, called_at=called)


def _masked(store: Store, number_key: int) -> str:
    number = number_under(store, number_key) if number_key else None
    return number.masked if number is not None else ""

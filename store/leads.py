"""The lead book: which customers are due, best first, each handed out once until his attempt is over.

A lead handed out stays out in memory; what gives it back is a committed LeadRested or CallEnded, never an uncommitted
one, so that a row is not read before what happened to it is written.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, and_, func, or_, select, text

from store.faults import trouble_of
from store.opening import Store
from store.reservations import Reservations
from store.sealing import Seal
from store.tables import leads
from telephony.batches import MOVES, BatchClosed
from telephony.commands import FetchLeads
from telephony.facts import AbandonedBy, AttemptPlaced, CallEnded, Fact, LeadRested
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId
from telephony.later import AppointmentChanged
from telephony.leads import Contact, Lead, LeadsFetched
from telephony.outcomes import Outcome

log = logging.getLogger(__name__)

DAY_S = 86_400.0
LOOK_BACK_S = 400 * DAY_S
PORTION = 500
PAGE = 2000
BREATH_EVERY, BREATH_S = 25, 0.0002
"""The reading thread lets others have the interpreter after so many leads, for at least so long."""
COLUMNS = (
    *("id", "campaign", "customer", "number", "number_key"),
    *("zones", "attempts", "last_outcome", "due", "priority", "agent", "batch", "holder"),
    *("consent_at", "consent_until"),
)
IN_TIME_S = 2.0
"""A customer who hung up himself after waiting longer has found no agent in time all the same."""
AGAIN_S = 5.0
"""When to ask again after the database did not answer."""

Post = Callable[[Callable[[], None]], None]
Request = tuple[FetchLeads, float, Callable[[LeadsFetched], None]]


class LeadBook:
    """The LeadSource. With `post` it reads in a thread of its own and posts the answer; without, at once.

    Hand ``on_facts`` to the ledger as ``on_committed``; without a thread, hand the ledger's ``flush`` in as
    `before_read`. The `reservations` are the ledger's, where several servers share the database. `look_back_s` is as
    far back as the longest frequency rule looks; it follows a reload by ``look_back``."""

    def __init__(
        self,
        store: Store,
        *,
        post: Post | None = None,
        look_back_s: float = LOOK_BACK_S,
        before_read: Callable[[], None] | None = None,
        reservations: Reservations | None = None,
    ) -> None:
        self._store = store
        self._post = post
        self._look_back_s = look_back_s
        self._before_read = before_read
        self._reservations = reservations
        self._out: dict[LeadId, CampaignId] = {}
        self._news: deque[tuple[LeadId, CampaignId | None]] = deque()
        self._shut: set[str] = set()
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._breathe: Callable[[], None] = _at_once
        if post is not None:
            self._breathe = lambda: time.sleep(BREATH_S)
            self._thread = threading.Thread(target=self._run, name="store-leads", daemon=True)
            self._thread.start()

    def fetch(self, command: FetchLeads, now: float, deliver: Callable[[LeadsFetched], None]) -> None:
        """Deliver up to `command.limit` leads due at `now`, best first; none that is out already."""
        if self._thread is None:
            deliver(self._draw(command, now))
        else:
            self._requests.put((command, now, deliver))

    def on_facts(self, facts: Sequence[Fact]) -> None:
        """Take note of committed facts; may be called from any thread."""
        for fact in facts:
            kind = type(fact)
            if kind is AttemptPlaced:
                self._news.append((fact.lead, fact.campaign))  # type: ignore[attr-defined]
            elif kind is LeadRested or kind is CallEnded or kind is AppointmentChanged:
                self._news.append((fact.lead, None))  # type: ignore[attr-defined]
            elif kind in MOVES:
                self._news.extend((lead, None) for lead in fact.leads)  # type: ignore[attr-defined]
            elif kind is BatchClosed:
                self._shut.add(fact.batch)  # type: ignore[attr-defined]

    def release(self, given_back: Iterable[LeadId]) -> None:
        """Put leads back that were handed out and will not be dialled (a hopper emptied without facts)."""
        self._news.extend((lead, None) for lead in given_back)

    def shut(self, batch: str, *, swept: bool = False) -> None:
        """Hand out no lead of a closed batch; `swept` when all its leads are closed, so that none needs leaving out."""
        if swept:
            self._shut.discard(batch)
        else:
            self._shut.add(batch)

    def look_back(self, seconds: float) -> None:
        """Tell of calls so far back from now on."""
        self._look_back_s = seconds

    def close(self) -> None:
        """End the thread; what was asked and not answered stays unanswered."""
        if self._thread is not None:
            self._requests.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (request := self._requests.get()) is not None:
            command, now, deliver = request
            try:
                fetched = self._draw(command, now)
            except Exception as error:
                if trouble_of(error) is None:
                    log.exception("leads of %s could not be read", command.campaign)
                fetched = LeadsFetched(
                    campaign=command.campaign,
                    leads=(),
                    limit=command.limit,
                    next_due=now + AGAIN_S,
                    holders=command.holders,
                )
                time.sleep(0.05)
            self._deliver(deliver, fetched)

    def _deliver(self, deliver: Callable[[LeadsFetched], None], fetched: LeadsFetched) -> None:
        assert self._post is not None
        try:
            self._post(lambda: deliver(fetched))
        except RuntimeError:
            self.release(lead.id for lead in fetched.leads)

    def _draw(self, command: FetchLeads, now: float) -> LeadsFetched:
        if self._before_read is not None:
            self._before_read()
        self._read_news()
        with self._store.reading.begin() as connection:
            found: list[Lead] = []
            chosen = _due(connection, command, now, self._out, frozenset(self._shut))
            while len(found) < command.limit:
                ids = list(islice(chosen, min(PORTION, command.limit - len(found))))
                if not ids:
                    break
                found.extend(self._read(connection, ids, now, _at_once if command.hurry else self._breathe))
            next_due = None
            if len(found) < command.limit:
                next_due = _next_due(connection, command, now)
        self._out.update((lead.id, lead.campaign) for lead in found)
        return LeadsFetched(
            campaign=command.campaign,
            leads=tuple(found),
            limit=command.limit,
            next_due=next_due,
            holders=command.holders,
        )

    def _read(
        self, connection: Connection, ids: Sequence[LeadId], now: float, breathe: Callable[[], None]
    ) -> list[Lead]:
        since = now - self._look_back_s
        held = self._reservations
        if held is None:
            return read_leads(connection, self._store.seal, ids, since=since, breathe=breathe)
        turns = held.turns(connection, ids)
        found = read_leads(connection, self._store.seal, ids, since=since, breathe=breathe)
        held.hand_out(((lead.id, lead.customer, lead.number_key) for lead in found), turns)
        return found

    def _read_news(self) -> None:
        while self._news:
            lead, campaign = self._news.popleft()
            if campaign is None:
                self._out.pop(lead, None)
                if self._reservations is not None:
                    self._reservations.take_back((lead,))
            else:
                self._out[lead] = campaign


def _at_once() -> None:
    """No breath is taken."""


def read_leads(
    connection: Connection,
    seal: Seal,
    ids: Sequence[LeadId],
    *,
    since: float,
    breathe: Callable[[], None] = _at_once,
) -> list[Lead]:
    """The leads of these ids in this order, with the calls placed since; those in a call now are left out.

    `breathe` is called now and then."""
    postgres = connection.dialect.name == "postgresql"
    asked = _asked(postgres)
    wanted: Any = list(ids) if postgres else msgspec.json.encode(ids).decode()
    in_call = {row[0] for row in connection.exec_driver_sql(asked.in_call, (wanted,)).all()}
    placed: dict[LeadId, list[Contact]] = {}
    abandoned: dict[LeadId, float] = {}
    for lead, left_at, *call in connection.exec_driver_sql(asked.placed, (wanted, since, wanted, since)).all():
        placed.setdefault(lead, []).append(_contact(*call))
        if left_at is not None:
            abandoned[lead] = max(left_at, abandoned.get(lead, left_at))
    found: dict[LeadId, Any] = {row[0]: row for row in connection.exec_driver_sql(asked.leads, (wanted,)).all()}
    kept = [lead for lead in ids if lead in found and lead not in in_call]
    made: list[Lead] = []
    for first in range(0, len(kept), BREATH_EVERY):
        if first:
            breathe()
        for lead in kept[first : first + BREATH_EVERY]:
            history = tuple(sorted(placed[lead], key=_instant)) if lead in placed else ()
            made.append(_lead(seal, history, abandoned.get(lead), *found[lead]))
    return made


class _Asked(NamedTuple):
    """The questions about a portion of leads, said to the driver directly: one value holds all their ids."""

    in_call: str
    leads: str
    placed: str


@lru_cache(maxsize=2)
def _asked(postgres: bool) -> _Asked:
    """An attempt that certainly never left does not count as a call placed to the customer or to the number."""
    mark = "%s" if postgres else "?"
    among = "= ANY(%s::bigint[])" if postgres else "IN (SELECT value FROM json_each(?))"
    left = f"l.id {among} AND a.placed_at > {mark} AND (a.outcome IS NULL OR a.outcome <> '{Outcome.REFUSED.value}')"
    in_vain = (
        f"a.abandoned_by = '{AbandonedBy.SWITCHROOM.value}' OR a.abandoned_by IS NOT NULL AND a.waited_s > {IN_TIME_S}"
    )
    left_at = f"CASE WHEN {in_vain} THEN COALESCE(a.answered_at, a.placed_at) + a.waited_s END"
    told = "a.placed_at, a.call, a.customer, a.number_key, a.campaign, a.answered_at, a.connected_at, a.outcome"
    join = f"SELECT l.id, {left_at}, {told} FROM leads l JOIN attempts a ON"
    return _Asked(
        in_call=f"SELECT lead FROM attempts WHERE outcome IS NULL AND lead {among}",
        leads=f"SELECT {', '.join(COLUMNS)} FROM leads WHERE id {among}",
        placed=(
            f"{join} a.customer = l.customer WHERE {left} AND l.customer <> '' UNION ALL "
            f"{join} a.number_key = l.number_key WHERE {left} AND (a.customer <> l.customer OR l.customer = '')"
        ),
    )


def _due(
    connection: Connection, command: FetchLeads, now: float, out: dict[LeadId, CampaignId], shut: frozenset[str]
) -> Iterator[LeadId]:
    """Ids of due leads, best first whoever of the holders has them; none of the batches in `shut`."""
    page = min(PAGE, command.limit)
    left = _but(connection, out)
    each = [_ranked(connection, command.campaign, holder, now, left, shut, page) for holder in command.holders]
    for _, _, lead in each[0] if len(each) == 1 else merge(*each):
        yield lead


def _but(connection: Connection, out: Iterable[LeadId]) -> Any:
    """That a lead is not one of these, said so that the database leaves them out itself; None when there are none."""
    ids = list(out)
    if not ids:
        return None
    if connection.dialect.name == "postgresql":
        return text("leads.id <> ALL(CAST(:out AS bigint[]))").bindparams(out=ids)
    return text("leads.id NOT IN (SELECT value FROM json_each(:out))").bindparams(out=msgspec.json.encode(ids).decode())


def _ranked(
    connection: Connection,
    campaign: CampaignId,
    holder: str,
    now: float,
    left: Any,
    shut: frozenset[str],
    page: int,
) -> Iterator[tuple[int, float, LeadId]]:
    """A holder's due leads in their order: one range of the index for each priority there is, `page` rows at a time."""
    for priority in _priorities(connection, campaign, holder):
        after: tuple[float, int] | None = None
        while True:
            rows = connection.execute(_portion(campaign, holder, priority, now, after, left, shut, page)).all()
            yield from [(-priority, row[1], row[0]) for row in rows]
            if len(rows) < page:
                break
            after = (rows[-1].due, rows[-1].id)


def _portion(
    campaign: CampaignId,
    holder: str,
    priority: int,
    now: float,
    after: tuple[float, int] | None,
    left: Any,
    shut: frozenset[str],
    page: int,
) -> Any:
    c = leads.c
    query = select(c.id, c.due).where(c.campaign == campaign, c.holder == holder, c.priority == priority, c.due <= now)
    if after is not None:
        query = query.where(c.due >= after[0], or_(c.due > after[0], and_(c.due == after[0], c.id > after[1])))
    if left is not None:
        query = query.where(left)
    if shut:
        query = query.where(c.batch.not_in(shut))
    return query.order_by(c.due, c.id).limit(page)


def _priorities(connection: Connection, campaign: CampaignId, holder: str) -> Iterator[int]:
    """The priorities among a holder's open leads, highest first; one seek in the index each."""
    c = leads.c
    query = select(func.max(c.priority)).where(c.campaign == campaign, c.holder == holder, c.due.is_not(None))
    priority = connection.execute(query).scalar()
    while priority is not None:
        yield priority
        priority = connection.execute(query.where(c.priority < priority)).scalar()


def _next_due(connection: Connection, command: FetchLeads, now: float) -> float | None:
    c = leads.c
    firsts = [
        connection.execute(
            select(func.min(c.due)).where(
                c.campaign == command.campaign, c.holder == holder, c.priority == priority, c.due > now
            )
        ).scalar()
        for holder in command.holders
        for priority in _priorities(connection, command.campaign, holder)
    ]
    return min((due for due in firsts if due is not None), default=None)


def _contact(
    at: float,
    call: CallId,
    customer: CustomerId,
    number_key: int,
    campaign: CampaignId,
    answered_at: float | None,
    connected_at: float | None,
    outcome: str | None,
) -> Contact:
    return Contact(
        at=at,
        call=call,
        customer=customer,
        number_key=number_key,
        campaign=campaign,
        answered=answered_at is not None,
        connected=connected_at is not None,
        outcome=outcome or "",
    )


def _instant(call: Contact) -> float:
    return call.at


def _lead(
    seal: Seal,
    placed: tuple[Contact, ...],
    abandoned_at: float | None,
    id: LeadId,
    campaign: CampaignId,
    customer: CustomerId,
    number: str,
    number_key: int,
    zones: str,
    attempts: int,
    last_outcome: str,
    due: float | None,
    priority: int,
    agent: AgentId | None,
    batch: str,
    holder: str,
    consent_at: float | None,
    consent_until: float | None,
) -> Lead:
    return Lead(
        id=id,
        campaign=campaign,
        customer=customer,
        number=seal.number(number, number_key),
        number_key=number_key,
        zones=_zones(zones),
        attempts=attempts,
        last_outcome=last_outcome,
        due=due or 0.0,
        priority=priority,
        agent=agent or None,
        placed=placed,
        abandoned_at=abandoned_at,
        consent_at=consent_at,
        consent_until=consent_until,
        batch=batch,
        holder=holder,
    )


@lru_cache(maxsize=1024)
def _zones(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()

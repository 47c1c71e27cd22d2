"""Reservation at the commit, where several servers share one PostgreSQL: a call is placed on the history it was decided
on, or not at all.

Each customer and each number has a row with a turn, which every placing and every end of a call moves on, and the call
that holds it. A lead is handed out with the turns as they stood before its history was read. The commit of its attempt
locks both rows in the order of their keys and asks: do the turns still stand there, and is nobody in a call? If not, the
attempt is vetoed: it is not written and its Originate never leaves. So all calls to one customer stand in one order, and
each was decided on the history of all before it.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from store.barred import barred_leads
from store.changes import Change, Verb, apply
from store.projector import Entry
from store.tables import reservations
from telephony.facts import AttemptPlaced, CallEnded, Veto
from telephony.ids import CallId, LeadId

HELD_FOR_S = 86_400.0
"""No call lasts longer: a hold left behind by a server that never came back is void after it."""

LOCK = """
WITH wanted AS (
  SELECT value AS key FROM json_array_elements_text(%s::json) UNION SELECT key FROM reservations WHERE call = ANY(%s)
)
INSERT INTO reservations (key, turn) SELECT key, 0 FROM wanted ORDER BY key COLLATE "C"
ON CONFLICT (key) DO UPDATE SET turn = reservations.turn RETURNING key, turn, call, since
"""
TURNS = """
SELECT l.id, r.key, r.turn FROM leads l JOIN reservations r ON r.key = 'n:' || l.number_key WHERE l.id = ANY(%s::bigint[])
UNION ALL
SELECT l.id, r.key, r.turn FROM leads l JOIN reservations r ON r.key = 'k:' || l.customer WHERE l.id = ANY(%s::bigint[])
"""
MOVE = Change(name="reservation", table=reservations, verb=Verb.UPDATE, columns=("key", "turn", "call", "since"))

_encoder = msgspec.json.Encoder()
Turns = dict[str, int]


class _Row:
    """A locked row: its turn when it was locked, what the batch makes of it."""

    __slots__ = ("before", "call", "since", "turn")

    def __init__(self, turn: int, call: str | None, since: float | None) -> None:
        self.before = self.turn = turn
        self.call = call
        self.since = since


class Judged:
    """What one transaction found: the calls that may not leave, and the turns its own calls moved."""

    def __init__(self) -> None:
        self.vetoed: dict[CallId, Veto] = {}
        self.moved: dict[str, tuple[int, int]] = {}
        self.used: list[LeadId] = []

    def copy(self) -> "Judged":
        """The same so far, to be gone on with or dropped."""
        other = Judged()
        other.vetoed, other.moved, other.used = dict(self.vetoed), dict(self.moved), list(self.used)
        return other


class Reservations:
    """The turns of this server's leads at hand. The lead book tells what it hands out, the ledger asks at its commits;
    each in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[LeadId, Turns] = {}
        self._leads: dict[str, set[LeadId]] = {}

    def turns(self, connection: Connection, ids: Sequence[LeadId]) -> dict[LeadId, Turns]:
        """The turns of these leads' customers and numbers; to be read before their history is."""
        found: dict[LeadId, Turns] = {}
        wanted = list(ids)
        for lead, key, turn in connection.exec_driver_sql(TURNS, (wanted, wanted)).all():
            found.setdefault(lead, {})[key] = turn
        return found

    def hand_out(self, leads: Iterable[tuple[LeadId, str, int]], turns: Mapping[LeadId, Turns]) -> None:
        """Note the leads (id, customer, fingerprint) that go to the dialler, with the turns read before."""
        with self._lock:
            for lead, customer, number_key in leads:
                self._forget(lead)
                read = turns.get(lead, {})
                known = self._turns[lead] = {key: read.get(key, 0) for key in keys(customer, number_key)}
                for key in known:
                    self._leads.setdefault(key, set()).add(lead)

    def take_back(self, leads: Iterable[LeadId]) -> None:
        """Leads that are no longer at hand."""
        with self._lock:
            for lead in leads:
                self._forget(lead)

    def judge(self, connection: Connection, entries: Sequence[Entry], judged: Judged) -> None:
        """Lock what these attempts and ends touch, decide in their order, and write the reservations; `judged` is of
        the transaction and gathers what was found."""
        placed = [fact for _, fact in entries if type(fact) is AttemptPlaced]
        ended = [fact.call for _, fact in entries if type(fact) is CallEnded]
        if not placed and not ended:
            return
        wanted = sorted({key for fact in placed for key in keys(fact.customer, fact.number_key)})
        rows = {
            key: _Row(turn, call, since)
            for key, turn, call, since in connection.exec_driver_sql(LOCK, (_encoder.encode(wanted).decode(), ended))
        }
        held: dict[str, list[_Row]] = {}
        for row in rows.values():
            if row.call is not None:
                held.setdefault(row.call, []).append(row)
        barred = barred_leads(connection, [fact.lead for fact in placed], now=entries[-1][0]) if placed else {}
        for at, fact in entries:
            if type(fact) is AttemptPlaced:
                touched = {key: rows[key] for key in keys(fact.customer, fact.number_key)}
                why = Veto.DO_NOT_CALL if fact.lead in barred else self._objection(fact.lead, touched, at, judged)
                if why is not None:
                    judged.vetoed[fact.call] = why
                    continue
                judged.used.append(fact.lead)
                held[fact.call] = list(touched.values())
                for row in touched.values():
                    row.turn, row.call, row.since = row.turn + 1, fact.call, at
            elif type(fact) is CallEnded:
                for row in held.pop(fact.call, ()):
                    if row.call == fact.call:
                        row.turn, row.call, row.since = row.turn + 1, None, None
        moved = [(key, row) for key, row in rows.items() if row.turn != row.before]
        if moved:
            apply(connection, MOVE, [(key, row.turn, row.call, row.since) for key, row in moved])
        for key, row in moved:
            first = judged.moved.get(key, (row.before, row.before))
            judged.moved[key] = (first[0], row.turn)

    def settle(self, judged: Judged) -> None:
        """The transaction has held: what our own calls moved is no news to our other leads of the same customer, whom
        the gate in memory judges with those calls."""
        with self._lock:
            for lead in judged.used:
                self._forget(lead)
            for key, (before, after) in judged.moved.items():
                for lead in self._leads.get(key, ()):
                    if self._turns[lead][key] == before:
                        self._turns[lead][key] = after

    def _objection(self, lead: LeadId, touched: Mapping[str, _Row], at: float, judged: Judged) -> Veto | None:
        with self._lock:
            known = dict(self._turns.get(lead, {}))
        if any(row.call is not None and at - (row.since or at) < HELD_FOR_S for row in touched.values()):
            return Veto.IN_CALL
        for key, row in touched.items():
            before = judged.moved[key][0] if key in judged.moved else row.before
            if known.get(key) != before:
                return Veto.CHANGED
        return None

    def _forget(self, lead: LeadId) -> None:
        for key in self._turns.pop(lead, ()):
            leads = self._leads[key]
            leads.discard(lead)
            if not leads:
                del self._leads[key]


def keys(customer: str, number_key: int) -> Iterator[str]:
    """The rows a call to this customer under this number holds."""
    yield f"n:{number_key}"
    if customer:
        yield f"k:{customer}"


def not_written(connection: Connection, calls: Sequence[CallId]) -> Any:
    """Which of these calls have no attempt: those a commit vetoed whose word was lost on the way."""
    found = connection.exec_driver_sql("SELECT call FROM attempts WHERE call = ANY(%s)", (list(calls),))
    return set(calls) - {row[0] for row in found}

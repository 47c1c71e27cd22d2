"""Facts about calls that came to us, as changes of the table ``inbound``."""

from collections.abc import Callable
from typing import Any

from store import tables
from store.changes import Change, Row, Verb
from telephony import facts
from telephony.facts import Fact, Way
from telephony.ids import is_call

Rule = tuple[Change, Callable[[float, Any], Row | None]]
_FIRST = "COALESCE({old},{new})"
_KEPT = "COALESCE({new},{old})"


def _first(first: Row, second: Row) -> Row:
    """The first instant stands, all else is as last told."""
    return (second[0], first[1], *second[2:])


def _fill_in(first: Row, second: Row) -> Row:
    return tuple(old if new is None else new for old, new in zip(first, second, strict=True))


ARRIVED = Change(
    name="caller_arrived",
    table=tables.inbound,
    verb=Verb.INSERT,
    columns=("call", "queue_first", "queue", "server", "customer", "number_key", "line", "arrived_at"),
)
NAMED = Change(name="caller_named", table=tables.inbound, verb=Verb.UPDATE, columns=("call", "customer", "nuisance"))
QUEUED = Change(
    name="caller_queued",
    table=tables.inbound,
    verb=Verb.UPDATE,
    columns=("call", "queued_at", "queue", "way", "way_to"),
    how={"queued_at": _FIRST},
    merge=_first,
)
OFFERED = Change(name="caller_offered", table=tables.inbound, verb=Verb.UPDATE, columns=("call", "offered"))
CONNECTED = Change(
    name="caller_connected",
    table=tables.inbound,
    verb=Verb.UPDATE,
    columns=("call", "connected_at", "agent", "waited_s"),
    how={"connected_at": _FIRST, "waited_s": _FIRST},
    merge=lambda first, second: (first[0], first[1], second[2], first[3]),
)
SENT_ON = Change(
    name="caller_sent_on", table=tables.inbound, verb=Verb.UPDATE, columns=("call", "way", "way_to", "queue")
)
GONE = Change(name="caller_gone", table=tables.inbound, verb=Verb.UPDATE, columns=("call", "position", "waited_s"))
ENDED = Change(
    name="caller_ended",
    table=tables.inbound,
    verb=Verb.UPDATE,
    columns=("call", "ended_at", "agent", "waited_s", "talk_s", "hold_s", "cause", "offered"),
    how={"agent": _KEPT},
    merge=_fill_in,
)
DISPOSED = Change(
    name="caller_disposed", table=tables.inbound, verb=Verb.UPDATE, columns=("call", "disposition", "note")
)
DECIDED = Change(
    name="caller_decided",
    table=tables.inbound,
    verb=Verb.UPDATE,
    columns=("call", "decided_at", "decided", "decided_s", "decided_in"),
    how=dict.fromkeys(("decided_at", "decided", "decided_s", "decided_in"), _FIRST),
    merge=lambda first, second: first,
)

MARKED = Change(
    name="nuisance_marked",
    table=tables.nuisance,
    verb=Verb.INSERT,
    columns=("number_key", "customer", "reason", "author", "at", "until", "shown"),
)

ORDER: tuple[Change, ...] = (
    ARRIVED,
    NAMED,
    SENT_ON,
    QUEUED,
    OFFERED,
    CONNECTED,
    GONE,
    DECIDED,
    ENDED,
    DISPOSED,
    MARKED,
)


def _of_caller(row: Callable[[float, Any], Row]) -> Callable[[float, Any], Row | None]:
    """The same for facts that are told of our own attempts too, which are not in this table."""
    return lambda at, fact: None if is_call(fact.call) else row(at, fact)


RULES: dict[type[Fact], tuple[Rule, ...]] = {
    facts.CallArrived: (
        (ARRIVED, lambda at, f: (f.call, f.queue, f.queue, f.server, f.customer, f.number_key, f.line, _came(at, f))),
    ),
    facts.CallerNamed: ((NAMED, lambda at, f: (f.call, f.customer, f.nuisance or None)),),
    facts.NuisanceMarked: (
        (
            MARKED,
            lambda at, f: (f.number_key or None, f.customer or None, f.reason, f.actor, at, f.until, ""),
        ),
    ),
    facts.CallQueued: ((QUEUED, lambda at, f: (f.call, at, f.queue, None, None)),),
    facts.CallOffered: ((OFFERED, _of_caller(lambda at, f: (f.call, f.agent))),),
    facts.OfferFailed: ((OFFERED, _of_caller(lambda at, f: (f.call, None))),),
    facts.CallConnected: ((CONNECTED, _of_caller(lambda at, f: (f.call, at, f.agent, f.waited_s))),),
    facts.CallSentOn: (
        (
            SENT_ON,
            lambda at, f: (f.call, f.way.value, f.to or None, f.to if f.way is Way.QUEUE and f.to else f.queue),
        ),
    ),
    facts.CallerDecided: ((DECIDED, lambda at, f: (f.call, at, f.how, f.waited_s, f.queue)),),
    facts.CallerGone: ((GONE, lambda at, f: (f.call, f.position, f.waited_s)),),
    facts.InboundEnded: ((ENDED, lambda at, f: (f.call, at, f.agent, f.waited_s, f.talk_s, f.hold_s, f.cause, None)),),
    facts.CallDisposed: ((DISPOSED, _of_caller(lambda at, f: (f.call, f.disposition, f.note))),),
}


def _came(at: float, fact: facts.CallArrived) -> float:
    return at if fact.came_at is None else fact.came_at

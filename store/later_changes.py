"""Facts about callbacks and messages, as changes of their tables; the tables are the state machines on disk."""

from collections.abc import Callable
from typing import Any

from store import tables
from store.changes import Change, Row, Verb
from telephony import facts, later
from telephony.facts import Fact
from telephony.promises import CallbackState as S

Rule = tuple[Change, Callable[[float, Any], Row | None]]

ASKED = Change(
    name="callback_asked",
    table=tables.callbacks,
    verb=Verb.INSERT,
    columns=("callback", "call", "queue", "server", "since", "state"),
)
MOVED = Change(
    name="callback_moved",
    table=tables.callbacks,
    verb=Verb.UPDATE,
    columns=(
        *("callback", "state", "lead", "customer", "number_key", "agent", "dialled", "dialled_at"),
        *("tries", "not_before", "why", "closed_at", "closed_by"),
    ),
    how=dict.fromkeys(
        ("lead", "customer", "number_key", "agent", "dialled", "dialled_at", "tries", "why", "closed_at", "closed_by"),
        "COALESCE({new},{old})",
    ),
    merge=lambda first, second: (
        second[0],
        second[1],
        *(_later(a, b) for a, b in zip(first[2:], second[2:], strict=True)),
    ),
)
LEFT = Change(
    name="message_left",
    table=tables.messages,
    verb=Verb.INSERT,
    columns=("message", "call", "queue", "server", "name", "at"),
)
FILED = Change(
    name="message_filed",
    table=tables.messages,
    verb=Verb.UPDATE,
    columns=("message", "campaign", "lead", "customer", "number_key"),
)
FOUND = Change(
    name="message_found", table=tables.messages, verb=Verb.UPDATE, columns=("message", "bytes", "seconds", "looked_at")
)
HANDED = Change(
    name="message_handed",
    table=tables.messages,
    verb=Verb.UPDATE,
    columns=("message", "agent", "branch", "round", "handed_by", "handed_at"),
    how={"branch": "COALESCE({new},{old})", "round": "COALESCE({new},{old})"},
)
DIALLED = Change(
    name="message_dialled", table=tables.messages, verb=Verb.UPDATE, columns=("message", "dialled", "dialled_at", "why")
)
UNDIALLED = Change(name="message_undialled", table=tables.messages, verb=Verb.UPDATE, columns=("message", "why"))
DONE = Change(
    name="message_done", table=tables.messages, verb=Verb.UPDATE, columns=("message", "result", "note", "done_at")
)

PROMISED = Change(name="promised", table=tables.leads, verb=Verb.UPDATE, columns=("id", "promised_at"))
REPROMISED = Change(
    name="repromised", table=tables.leads, verb=Verb.UPDATE, columns=("id", "promised_at", "due", "agent", "rested_for")
)

ORDER: tuple[Change, ...] = (ASKED, MOVED, LEFT, FILED, FOUND, HANDED, DIALLED, UNDIALLED, DONE, PROMISED, REPROMISED)


def _later(first: Any, second: Any) -> Any:
    return first if second is None else second


def _moved(callback: str, state: S, **fields: Any) -> Row:
    names = MOVED.columns[2:]
    return (callback, state.value, *(fields.get(name) for name in names))


PROMISE = "callback"
"""Why a lead rests that an agent has promised to call."""
TOLD: dict[type[Fact], tuple[Rule, ...]] = {
    facts.CallEnded: ((PROMISED, lambda at, f: (f.lead, None)),),
    facts.LeadRested: ((PROMISED, lambda at, f: (f.lead, f.due) if f.why == PROMISE else None),),
}
"""What facts that have rules of their own tell of promises besides."""

RULES: dict[type[Fact], tuple[Rule, ...]] = {
    later.CallbackAsked: ((ASKED, lambda at, f: (f.callback, f.call, f.queue, f.server, f.since, S.ASKED.value)),),
    later.CallbackFiled: (
        (
            MOVED,
            lambda at, f: _moved(
                f.callback, S.WAITING, lead=f.lead, customer=f.customer, number_key=f.number_key, tries=0
            ),
        ),
    ),
    later.CallbackReserved: ((MOVED, lambda at, f: _moved(f.callback, S.RESERVED, agent=f.agent)),),
    later.CallbackDialled: (
        (MOVED, lambda at, f: _moved(f.callback, S.DIALLING, agent=f.agent, dialled=f.call, dialled_at=at)),
    ),
    later.CallbackPutOff: (
        (MOVED, lambda at, f: _moved(f.callback, S.WAITING, not_before=f.until, tries=f.tries, why=f.why)),
    ),
    later.CallbackClosed: (
        (MOVED, lambda at, f: _moved(f.callback, f.state, why=f.why, closed_at=at, closed_by=f.actor or None)),
    ),
    later.VoicemailLeft: ((LEFT, lambda at, f: (f.message, f.call, f.queue, f.server, f.name, at)),),
    later.VoicemailFiled: ((FILED, lambda at, f: (f.message, f.campaign, f.lead, f.customer, f.number_key)),),
    later.VoicemailFound: ((FOUND, lambda at, f: (f.message, f.bytes, f.seconds, at)),),
    later.VoicemailHandedOut: (
        (HANDED, lambda at, f: (f.message, f.agent, f.branch or None, f.round or None, f.by, at)),
    ),
    later.VoicemailReturned: ((HANDED, lambda at, f: (f.message, None, None, None, None, at)),),
    later.VoicemailDialled: ((DIALLED, lambda at, f: (f.message, f.call, at, None)),),
    later.VoicemailUndialled: ((UNDIALLED, lambda at, f: (f.message, f.rule)),),
    later.VoicemailDone: ((DONE, lambda at, f: (f.message, f.result, f.note or None, at)),),
    later.AppointmentChanged: (
        (REPROMISED, lambda at, f: (f.lead, f.due, f.due, f.agent or None, "callback" if f.due else "called_off")),
    ),
}

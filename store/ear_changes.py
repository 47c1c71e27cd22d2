"""Facts about supervisors on calls and paused recordings, as changes of the tables."""

from collections.abc import Callable
from typing import Any

from store import tables
from store.changes import Change, Row, Verb
from telephony import facts, supervising
from telephony.facts import Fact

Rule = tuple[Change, Callable[[float, Any], Row | None]]

BEGUN = Change(
    name="supervision",
    table=tables.supervisions,
    verb=Verb.INSERT,
    columns=("session", "actor", "call", "agent", "server", "leg", "ear", "begun_at"),
)
TURNED = Change(name="supervision_turned", table=tables.supervisions, verb=Verb.UPDATE, columns=("session", "ear"))
OPENED = Change(
    name="ear_opened",
    table=tables.supervisions,
    verb=Verb.UPDATE,
    columns=("session", "opened_at"),
    how={"opened_at": "COALESCE({old},{new})"},
    merge=lambda first, second: first,
)
ENDED = Change(
    name="supervision_ended",
    table=tables.supervisions,
    verb=Verb.UPDATE,
    columns=("session", "ended_at", "for_s", "why"),
)
PAUSED = Change(
    name="recording_paused",
    table=tables.recordings,
    verb=Verb.UPDATE,
    columns=("call", "paused_at", "paused_until", "paused_by"),
)

ORDER: tuple[Change, ...] = (BEGUN, TURNED, OPENED, ENDED, PAUSED)

RULES: dict[type[Fact], tuple[Rule, ...]] = {
    supervising.SupervisionBegun: (
        (BEGUN, lambda at, f: (f.session, f.actor, f.call, f.agent, f.server, f.leg, f.ear.value, at)),
    ),
    supervising.SupervisionTurned: ((TURNED, lambda at, f: (f.session, f.ear.value)),),
    supervising.EarOpened: ((OPENED, lambda at, f: (f.session, at)),),
    supervising.SupervisionEnded: ((ENDED, lambda at, f: (f.session, at, f.for_s, f.why)),),
    facts.RecordingPaused: ((PAUSED, lambda at, f: (f.call, at, f.until, f.actor)),),
    facts.RecordingResumed: ((PAUSED, lambda at, f: (f.call, None, None, None)),),
}

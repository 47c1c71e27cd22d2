"""Facts into row operations: pure, so that the journal read again gives the same tables.

Each kind of fact has its rules in ``RULES``; every fact has its journal row. An operation that touches a lead, a call or
an agent several times in one batch is joined into one, later facts over earlier.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from store import caller_changes, certificates, ear_changes, later_changes, tables
from store.changes import Change, Row, Verb
from telephony import batches, facts, oncall
from telephony.agents import AgentState, SeatMode
from telephony.detection import Then
from telephony.facts import Fact
from telephony.outcomes import Outcome

Entry = tuple[float, Fact]
"""A fact and the instant it was submitted at, in epoch seconds."""

UNRESTED_S = 86_400.0
"""A lead whose attempt has ended sleeps this long unless a LeadRested says otherwise: it is never redialled at once."""

EVERYWHERE = ""
"""In the do-not-call list: on all campaigns."""
FLOOR = "floor"
"""The source of an entry that was made during a call."""
HOUR_S = 3600
MOST_LEADS = 30
"""Characters after which no further lead is named in an hour's refusals by one rule."""
KEPT = "COALESCE({new},{old})"


def _lead_twice(first: Row, second: Row) -> Row:
    """Two things that befell one lead in one batch; what rested it stands unless a later end finds it still due."""
    lead, ends, outcome, due, agent, why, at, rested = second
    if not rested:
        rested = first[7]
        if first[3] is None or first[3] > at:
            due = first[3]
    return (
        *(lead, first[1] + ends, first[2] if outcome is None else outcome, due),
        *(first[4] if agent is None else agent, first[5] if why is None else why, at, rested),
    )


def _first_instant(first: Row, second: Row) -> Row:
    return (second[0], first[1], *second[2:])


def _seat_only(first: Row, second: Row) -> Row:
    return (*second[:2], *first[2:])


def _fill_in(first: Row, second: Row) -> Row:
    return tuple(old if new is None else new for old, new in zip(first, second, strict=True))


def _handed_twice(first: Row, second: Row) -> Row:
    """Two hands one lead went through in one batch: the later has it, and what either took from it is gone."""
    return (*second[:5], max(first[5], second[5]), max(first[6], second[6]), second[7])


def _refused_again(first: Row, second: Row) -> Row:
    leads = first[7] if len(first[7]) > MOST_LEADS else f"{first[7]},{second[7]}"
    return (*first[:4], first[4] + second[4], first[5], second[6], leads)


JOURNAL = Change(name="journal", table=tables.journal, verb=Verb.INSERT, columns=("at", "kind", "payload", "call"))
PLACED = Change(
    name="placed",
    table=tables.attempts,
    verb=Verb.INSERT,
    columns=(
        *("call", "campaign", "lead", "customer", "number_key", "trunk"),
        *("server", "caller_id", "mode", "agent", "placed_at"),
    ),
)
RANG = Change(name="rang", table=tables.attempts, verb=Verb.UPDATE, columns=("call", "rang_at"))
ANSWERED = Change(name="answered", table=tables.attempts, verb=Verb.UPDATE, columns=("call", "answered_at"))
CONNECTED = Change(
    name="connected",
    table=tables.attempts,
    verb=Verb.UPDATE,
    columns=("call", "connected_at", "agent", "waited_s"),
    how={"connected_at": "COALESCE({old},{new})"},
    merge=_first_instant,
)
ABANDONED = Change(
    name="abandoned", table=tables.attempts, verb=Verb.UPDATE, columns=("call", "abandoned_by", "waited_s")
)
JUDGED = Change(
    name="judged", table=tables.attempts, verb=Verb.UPDATE, columns=("call", "heard", "heard_s", "heard_why")
)
SCREENED = Change(name="screened", table=tables.attempts, verb=Verb.UPDATE, columns=("call", "screened"))
DECIDED = Change(
    name="decided",
    table=tables.attempts,
    verb=Verb.UPDATE,
    columns=("call", "decided_at", "decided", "decided_s"),
    how=dict.fromkeys(("decided_at", "decided", "decided_s"), "COALESCE({old},{new})"),
    merge=lambda first, second: first,
)
ENDED = Change(
    name="ended",
    table=tables.attempts,
    verb=Verb.UPDATE,
    columns=("call", "ended_at", "outcome", "agent", "ring_s", "talk_s", "hold_s", "cause", "tech_cause"),
    how={"agent": KEPT},
    merge=_fill_in,
)
DISPOSED = Change(
    name="disposed",
    table=tables.attempts,
    verb=Verb.UPDATE,
    columns=("call", "disposition", "note", "callback_at"),
)
LEAD = Change(
    name="lead",
    table=tables.leads,
    verb=Verb.UPDATE,
    columns=("id", "attempts", "last_outcome", "due", "agent", "rested_for"),
    extra=("double precision", "integer"),
    how={
        "attempts": "{old}+{new}",
        "last_outcome": KEPT,
        "due": "CASE WHEN {7}=1 OR {old}<={6} THEN {new} ELSE {old} END",
        "agent": KEPT,
        "rested_for": KEPT,
    },
    merge=_lead_twice,
)
AGENT = Change(
    name="agent",
    table=tables.agents,
    verb=Verb.UPSERT,
    columns=("agent", "state", "reason", "since", "mode", "server", "call"),
)
SPELL_ENDED = Change(
    name="spell_ended",
    table=tables.agent_spells,
    verb=Verb.UPDATE,
    columns=("open", "ended_at"),
    merge=lambda first, second: first,
    also=("open=NULL",),
)
SPELL = Change(
    name="spell",
    table=tables.agent_spells,
    verb=Verb.INSERT,
    columns=("agent", "state", "reason", "verb", "actor", "call", "server", "began_at", "ended_at", "open"),
)
BREAK = Change(
    name="break",
    table=tables.break_tokens,
    verb=Verb.UPSERT,
    columns=("agent", "state", "asked_at", "until"),
)
LEAVE = Change(name="leave", table=tables.agents, verb=Verb.UPDATE, columns=("agent", "leaves_at", "leaves_for"))
SEAT = Change(
    name="seat",
    table=tables.agents,
    verb=Verb.UPSERT,
    columns=("agent", "seat", "state", "reason", "since", "mode", "server"),
    how=dict.fromkeys(("state", "reason", "since", "mode", "server"), "{old}"),
    merge=_seat_only,
)
SKILLS = Change(
    name="skills",
    table=tables.agents,
    verb=Verb.UPSERT,
    columns=("agent", "skills", "state", "reason", "since", "mode", "server"),
    how=dict.fromkeys(("state", "reason", "since", "mode", "server"), "{old}"),
    merge=_seat_only,
)
CAMPAIGN = Change(name="campaign", table=tables.campaigns, verb=Verb.UPSERT, columns=("campaign", "state"))
RECORDING = Change(
    name="recording",
    table=tables.recordings,
    verb=Verb.UPSERT,
    columns=("name", "call", "agent", "server", "state", "started_at"),
)
BARRED = Change(
    name="barred",
    table=tables.dnc,
    verb=Verb.INSERT,
    columns=(
        *("kind", "number_key", "customer", "campaign", "owner", "reason"),
        *("source", "author", "at", "until", "shown", "lifted", "changed_at"),
    ),
)
HANDED = Change(
    name="handed",
    table=tables.leads,
    verb=Verb.UPDATE,
    columns=("id", "holder", "handed_at", "agent", "due"),
    extra=("integer", "integer", "integer"),
    how={
        "handed_at": "CASE WHEN {7}=1 THEN NULL ELSE COALESCE({new},{old}) END",
        "agent": "CASE WHEN {5}=1 THEN NULL ELSE {old} END",
        "due": "CASE WHEN {6}=1 THEN NULL ELSE {old} END",
    },
    merge=_handed_twice,
)
BATCH_SHARE = Change(name="batch_share", table=tables.batches, verb=Verb.UPDATE, columns=("id", "share"))
BATCH_TIMED = Change(
    name="batch_timed",
    table=tables.batches,
    verb=Verb.UPDATE,
    columns=("id", "close_at", "successor", "successor_share"),
)
BATCH_OPENED = Change(
    name="batch_opened",
    table=tables.batches,
    verb=Verb.UPDATE,
    columns=("id", "opened_at"),
    how={"opened_at": "COALESCE({old},{new})"},
)
BATCH_CLOSED = Change(name="batch_closed", table=tables.batches, verb=Verb.UPDATE, columns=("id", "state", "closed_at"))
BATCH_TRIAL = Change(name="batch_trial", table=tables.batches, verb=Verb.UPDATE, columns=("id", "trial", "trial_at"))
BATCH_TARGETS = Change(name="batch_targets", table=tables.batches, verb=Verb.UPDATE, columns=("id", "targets"))
REFUSED = Change(
    name="refused",
    table=tables.refusals,
    verb=Verb.UPSERT,
    columns=("slot", "hour", "campaign", "rule", "times", "first_at", "last_at", "leads"),
    how={
        "times": "{old}+{new}",
        "first_at": "{old}",
        "leads": f"CASE WHEN length({{old}})>{MOST_LEADS} THEN {{old}} ELSE {{old}}||','||{{new}} END",
    },
    merge=_refused_again,
)
RECORDING_STATE = Change(
    name="recording_state",
    table=tables.recordings,
    verb=Verb.UPDATE,
    columns=("call", "state", "why", "bytes", "seconds"),
    how={"why": KEPT, "bytes": KEPT, "seconds": KEPT},
    merge=_fill_in,
)

OF_BEFORE = -1
KEEP = "="
"""In a consultation's row: as it was."""
_ADDED = "{old}+{new}"


def _part_twice(first: Row, second: Row) -> Row:
    """What befell an agent's part in a call twice in one batch."""
    began = second[3] or first[3]
    still = first[4] if second[4] == OF_BEFORE else second[4]
    return (*first[:3], began, still, *(a + b for a, b in zip(first[5:], second[5:], strict=True)))


def _consult_twice(first: Row, second: Row) -> Row:
    """A consultation's next step in one batch; a new one takes the place of the old."""
    return second if second[2] != KEEP else (*first[:6], second[6], second[7])


PART = Change(
    name="part",
    table=tables.parts,
    verb=Verb.UPSERT,
    columns=("part", "call", "agent", "began_at", "open", "talk_s", "hold_s", "holds", "long_holds"),
    how={
        "began_at": "CASE WHEN {new}>0 THEN {new} ELSE {old} END",
        "open": "CASE WHEN {new}<0 THEN {old} ELSE {new} END",
        **dict.fromkeys(("talk_s", "hold_s", "holds", "long_holds"), _ADDED),
    },
    merge=_part_twice,
)
CONSULT = Change(
    name="consult",
    table=tables.consults,
    verb=Verb.UPSERT,
    columns=("call", "agent", "kind", "party", "target", "leg", "stage", "at"),
    how={
        name: f"CASE WHEN {{new}}='{KEEP}' THEN {{old}} ELSE {{new}} END"
        for name in ("agent", "kind", "party", "target", "leg")
    },
    merge=_consult_twice,
)
SURVEY = Change(
    name="survey",
    table=tables.surveys,
    verb=Verb.INSERT,
    columns=("call", "agent", "survey", "questions", "sent_at"),
)
SURVEY_ENDED = Change(name="survey_ended", table=tables.surveys, verb=Verb.UPDATE, columns=("call", "ended_at"))
SCORE = Change(name="score", table=tables.scores, verb=Verb.INSERT, columns=("id", "call", "question", "score"))

ORDER: tuple[Change, ...] = (
    *(PART, CONSULT, SURVEY, SURVEY_ENDED, SCORE),
    *(JOURNAL, PLACED, RANG, ANSWERED, JUDGED, SCREENED, CONNECTED, ABANDONED, DECIDED, ENDED, DISPOSED),
    *(
        LEAD,
        HANDED,
        AGENT,
        SPELL_ENDED,
        SPELL,
        BREAK,
        SEAT,
        SKILLS,
        LEAVE,
        CAMPAIGN,
        RECORDING,
        RECORDING_STATE,
        BARRED,
        REFUSED,
    ),
    *(BATCH_TRIAL, BATCH_SHARE, BATCH_TIMED, BATCH_OPENED, BATCH_CLOSED, BATCH_TARGETS),
    *caller_changes.ORDER,
    *later_changes.ORDER,
    *certificates.ORDER,
    *ear_changes.ORDER,
)
"""Within one transaction; rows are put in before they are changed."""


def _part(
    fact: Any,
    *,
    began_at: float = 0.0,
    still: int = OF_BEFORE,
    talk_s: float = 0.0,
    hold_s: float = 0.0,
    holds: int = 0,
    long_holds: int = 0,
) -> Row:
    """What is added to an agent's part in a call."""
    key = f"{fact.call} {fact.agent}"
    return (key, fact.call, fact.agent, began_at, still, talk_s, hold_s, holds, long_holds)


def _consult(fact: Any, stage: str, at: float) -> Row:
    return (fact.call, KEEP, KEEP, KEEP, KEEP, KEEP, stage, at)


_UNSEEN = (AgentState.LOGGED_OUT.value, "")
_MODE = SeatMode.NAILED_UP.value

Rule = tuple[Change, Callable[[float, Any], Row | None]]

_OWN: dict[type[Fact], tuple[Rule, ...]] = {
    facts.AttemptPlaced: (
        (
            PLACED,
            lambda at, f: (
                *(f.call, f.campaign, f.lead, f.customer, f.number_key, f.trunk),
                *(f.server, f.caller_id, f.mode, f.agent, at),
            ),
        ),
    ),
    facts.CallRang: ((RANG, lambda at, f: (f.call, at)),),
    facts.CallAnswered: ((ANSWERED, lambda at, f: (f.call, at)),),
    facts.CallJudged: ((JUDGED, lambda at, f: (f.call, f.heard.value, f.took_s, f.why or None)),),
    facts.CallScreened: (
        (SCREENED, lambda at, f: (f.call, f.then.value)),
        (DECIDED, lambda at, f: (f.call, at, Outcome.MACHINE.value, 0.0) if f.then is Then.SAMPLE else None),
    ),
    facts.CallConnected: (
        (CONNECTED, lambda at, f: (f.call, at, f.agent, f.waited_s)),
        (DECIDED, lambda at, f: (f.call, at, "connected", f.waited_s)),
        (PART, lambda at, f: _part(f, began_at=at, still=1)),
    ),
    facts.CallLeft: ((PART, lambda at, f: _part(f, still=0, talk_s=f.talk_s, hold_s=f.hold_s)),),
    facts.CallHeld: ((PART, lambda at, f: _part(f, holds=1)),),
    oncall.HoldOverdue: ((PART, lambda at, f: _part(f, long_holds=1)),),
    oncall.ConsultBegun: (
        (
            CONSULT,
            lambda at, f: (f.call, f.agent, f.kind.value, f.to, f.target or "", f.leg or "", "calling", at),
        ),
    ),
    oncall.OutsidePlaced: (
        (CONSULT, lambda at, f: (f.call, f.agent, "number", "", "", f.leg, "outside", at) if f.blind else None),
    ),
    oncall.ConsultJoined: ((CONSULT, lambda at, f: _consult(f, "talking", at)),),
    oncall.ConsultSwapped: ((CONSULT, lambda at, f: _consult(f, "aside" if f.aside else "talking", at)),),
    oncall.ConferenceBegun: ((CONSULT, lambda at, f: _consult(f, "three", at)),),
    oncall.ConsultEnded: (
        (
            CONSULT,
            lambda at, f: _consult(f, "outside" if f.why == "transferred" and f.target is None else "", at),
        ),
    ),
    oncall.SurveySent: ((SURVEY, lambda at, f: (f.call, f.agent, f.survey, f.questions, at)),),
    oncall.SurveyAnswered: ((SCORE, lambda at, f: (f"{f.call} {f.question}", f.call, f.question, f.score)),),
    oncall.SurveyEnded: ((SURVEY_ENDED, lambda at, f: (f.call, at)),),
    facts.CallAbandoned: (
        (ABANDONED, lambda at, f: (f.call, f.by.value, f.waited_s)),
        (DECIDED, lambda at, f: (f.call, at, f.by.value, f.waited_s)),
    ),
    facts.CallEnded: (
        (
            ENDED,
            lambda at, f: (
                *(f.call, at, f.outcome.value, f.agent, f.ring_s, f.talk_s, f.hold_s),
                *(f.cause, f.tech_cause),
            ),
        ),
        (LEAD, lambda at, f: (f.lead, 1, f.outcome.value, at + UNRESTED_S, None, None, at, 0)),
        (DECIDED, lambda at, f: (f.call, at, f.outcome.value, 0.0) if f.outcome is Outcome.MACHINE else None),
    ),
    facts.CallDisposed: ((DISPOSED, lambda at, f: (f.call, f.disposition, f.note, f.callback_at)),),
    facts.LeadRested: ((LEAD, lambda at, f: (f.lead, 0, None, f.due, f.agent, f.why, at, 1)),),
    facts.AgentChanged: (
        (AGENT, lambda at, f: (f.agent, f.now.value, f.reason, at, f.mode.value, f.server, f.call)),
        (SPELL_ENDED, lambda at, f: (f.agent, at)),
        (
            SPELL,
            lambda at, f: (f.agent, f.now.value, f.reason, f.verb, f.actor, f.call, f.server, at, None, f.agent),
        ),
    ),
    facts.SkillsAdjusted: ((SKILLS, lambda at, f: (f.agent, _skills(f), *_UNSEEN, at, _MODE, "")),),
    facts.BreakChanged: ((BREAK, lambda at, f: (f.agent, f.now.value, f.asked_at, f.until)),),
    facts.LeaveAnnounced: ((LEAVE, lambda at, f: (f.agent, f.at, f.reason)),),
    facts.LeaveWithdrawn: ((LEAVE, lambda at, f: (f.agent, None, None)),),
    facts.LeaveTaken: ((LEAVE, lambda at, f: (f.agent, None, None)),),
    facts.SeatTaken: ((SEAT, lambda at, f: (f.agent, f.leg, *_UNSEEN, at, _MODE, f.server)),),
    facts.SeatLeft: ((SEAT, lambda at, f: (f.agent, None, *_UNSEEN, at, _MODE, "")),),
    facts.CampaignChanged: ((CAMPAIGN, lambda at, f: (f.campaign, f.state)),),
    facts.CustomerBarred: (
        (
            BARRED,
            lambda at, f: (
                *("customer" if f.customer else "number", f.number_key or None, f.customer or None),
                *(EVERYWHERE, "", f.why, FLOOR, f.actor, at, None, "", False, at),
            ),
        ),
    ),
    batches.BatchReleased: ((BATCH_SHARE, lambda at, f: (f.batch, f.share)),),
    batches.BatchTimed: ((BATCH_TIMED, lambda at, f: (f.batch, f.close_at, f.successor or None, f.share)),),
    batches.BatchOpened: ((BATCH_OPENED, lambda at, f: (f.batch, at)),),
    batches.BatchClosed: ((BATCH_CLOSED, lambda at, f: (f.batch, "closed", at)),),
    batches.TrialBegun: (
        (BATCH_TRIAL, lambda at, f: (f.batch, f.share, at)),
        (BATCH_SHARE, lambda at, f: (f.batch, f.share)),
    ),
    batches.TargetsSet: ((BATCH_TARGETS, lambda at, f: (f.batch, _targets(f))),),
    facts.DialRefused: (
        (
            REFUSED,
            lambda at, f: (
                *(f"{int(at // HOUR_S)} {f.campaign} {f.rule}", int(at // HOUR_S), f.campaign, f.rule),
                *(1, at, at, str(f.lead)),
            ),
        ),
    ),
    facts.RecordingStarted: ((RECORDING, lambda at, f: (f.name, f.call, f.agent, f.server, "started", at)),),
    facts.RecordingConfirmed: ((RECORDING_STATE, lambda at, f: (f.call, "confirmed", None, None, None)),),
    facts.RecordingMissing: ((RECORDING_STATE, lambda at, f: (f.call, "missing", f.why, None, None)),),
    facts.RecordingFiled: ((RECORDING_STATE, lambda at, f: (f.call, "filed", None, f.bytes, f.seconds)),),
}

_TOLD = (
    *(_OWN, caller_changes.RULES, later_changes.RULES, later_changes.TOLD, certificates.RULES),
    ear_changes.RULES,
)
RULES: dict[type[Fact], tuple[Rule, ...]] = {
    kind: tuple(rule for each in _TOLD for rule in each.get(kind, ())) for each in _TOLD for kind in each
}

_encoder = msgspec.json.Encoder()


def _skills(fact: facts.SkillsAdjusted) -> str | None:
    return _encoder.encode(fact.skills).decode() if fact.skills else None


def _targets(fact: batches.TargetsSet) -> str:
    wanted = {name: getattr(fact, name) for name in ("connect_rate", "success_rate", "calls_per_hour")}
    return _encoder.encode(wanted).decode()


def _moved(at: float, fact: batches.LeadsMoved) -> list[Row]:
    """One row a lead: whose it is now, handed out when; recovered it is promised to nobody, closed it is never due."""
    to = fact.to
    handed_at = None if to in (batches.HELD, batches.CLOSED) else at
    back, shut = int(to == batches.HELD), int(to == batches.CLOSED)
    unreleased = int(isinstance(fact, batches.LeadsRecovered) and fact.why == batches.UNRELEASED)
    return [(lead, to, handed_at, None, None, back, shut, unreleased) for lead in fact.leads]


def _spells(rows: list[Row]) -> list[Row]:
    """Spells that begin in one batch, each ended by the next of its agent: one of an agent at most stays open."""
    ends: dict[Any, float] = {}
    out: list[Row] = []
    for row in reversed(rows):
        end = ends.get(row[0])
        out.append(row if end is None else (*row[:8], end, None))
        ends[row[0]] = row[7]
    return out[::-1]


def project(entries: Sequence[Entry], *, journal: bool = True) -> list[tuple[Change, list[Row]]]:
    """The row operations of these facts in the order to carry them out; at most one a change and key."""
    rows: dict[Change, list[Row]] = {}
    keyed: dict[Change, dict[Any, Row]] = {}
    encode = _encoder.encode
    if journal:
        rows[JOURNAL] = [
            (at, type(fact).__name__, encode(fact).decode(), getattr(fact, "call", None)) for at, fact in entries
        ]
    for at, fact in entries:
        rules = RULES.get(type(fact))
        if rules is None:
            if isinstance(fact, batches.LeadsMoved):
                known = keyed.setdefault(HANDED, {})
                for row in _moved(at, fact):
                    known[row[0]] = _handed_twice(known[row[0]], row) if row[0] in known else row
            continue
        for change, row_of in rules:
            made = row_of(at, fact)
            if made is None:
                continue
            row = made
            if change.verb is Verb.INSERT:
                rows.setdefault(change, []).append(row)
                continue
            known = keyed.setdefault(change, {})
            if change.merge is not None and row[0] in known:
                row = change.merge(known[row[0]], row)
            known[row[0]] = row
    if SPELL in rows:
        rows[SPELL] = _spells(rows[SPELL])
    rows.update((change, list(known.values())) for change, known in keyed.items())
    return [(change, rows[change]) for change in ORDER if rows.get(change)]

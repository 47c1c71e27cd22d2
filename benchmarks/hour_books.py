"""Two books of the same calls laid side by side: what the carrier noted, and what our journal says; every difference named."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from telephony.outcomes import Outcome

if TYPE_CHECKING:
    from tests.asterisk.rig.party import Note


class End(StrEnum):
    """How a call went, as the abandon contract sees it."""

    UNANSWERED = "not answered"
    MACHINE = "machine"
    IN_TIME = "agent in time"
    LATE = "agent too late"
    ABANDONED = "abandoned"
    LEFT = "left before the time was over"
    CUT = "hung up on without a message"


LIVE = (End.IN_TIME, End.LATE, End.ABANDONED, End.CUT)
"""The denominator: people who answered, but for those who hung up before their time was over."""


class Told(msgspec.Struct, kw_only=True):
    """One attempt as the journal tells it; instants in epoch seconds, waits in seconds since the answer."""

    call: str
    lead: int
    placed_at: float
    answered_at: float | None = None
    waiting_at: float | None = None
    waited_s: float | None = None
    given_up_s: float | None = None
    given_up_by: str = ""
    queued: bool = False
    outcome: str = ""


class Journal(msgspec.Struct, kw_only=True):
    """The attempts by call, and every change of an agent's state: instant, agent, new state."""

    calls: dict[str, Told] = {}
    agents: list[tuple[float, str, str]] = []
    anomalies: Counter[str] = msgspec.field(default_factory=Counter)
    alarms: Counter[str] = msgspec.field(default_factory=Counter)


def read_journal(database: Path) -> Journal:
    """The whole journal of an SQLite database, read beside the product."""
    found = Journal()
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        for at, payload in opened.execute("SELECT at, payload FROM journal ORDER BY seq"):
            _take(found, at, msgspec.json.decode(payload))
    opened.close()
    return found


def _take(found: Journal, at: float, fact: dict[str, Any]) -> None:
    kind = fact["type"]
    if kind == "AttemptPlaced":
        found.calls[fact["call"]] = Told(call=fact["call"], lead=fact["lead"], placed_at=at)
    elif kind == "AttemptVetoed":
        found.calls.pop(fact["call"], None)
    elif kind == "AgentChanged":
        found.agents.append((at, fact["agent"], fact["now"]))
    elif kind == "Anomaly":
        found.anomalies[f"{fact['where']}: {fact['what']}"] += 1
    elif kind == "AlarmRaised":
        found.alarms[fact["alarm"]] += 1
    told = found.calls.get(fact.get("call") or "")
    if told is None:
        return
    if kind == "CallAnswered" and told.answered_at is None:
        told.answered_at = at
    elif kind == "CallWaiting" and told.waiting_at is None:
        told.waiting_at = at
    elif kind == "CallOffered":
        told.queued = not fact["why"].startswith("longest idle")
    elif kind == "CallConnected" and told.waited_s is None:
        told.waited_s = fact["waited_s"]
    elif kind == "CallAbandoned":
        told.given_up_s, told.given_up_by = fact["waited_s"], fact["by"]
    elif kind == "CallEnded":
        told.outcome = fact["outcome"]


def by_journal(told: Told, patience_s: float) -> End:
    """How the call went by our own books."""
    if told.waited_s is not None:
        return End.LATE if told.waited_s > patience_s else End.IN_TIME
    if told.given_up_s is not None and not (told.given_up_by == "customer" and told.given_up_s <= patience_s):
        return End.ABANDONED
    if told.outcome == Outcome.MACHINE:
        return End.MACHINE
    return End.UNANSWERED if told.answered_at is None else End.LEFT


def by_carrier(note: "Note", patience_s: float) -> End:
    """How the call went by what the customer's end of the line heard."""
    if note.answered_at is None:
        return End.UNANSWERED
    if note.machine:
        return End.MACHINE
    if note.agent_at is not None:
        return End.LATE if note.agent_at - note.answered_at > patience_s else End.IN_TIME
    if note.message_at is not None:
        return End.ABANDONED
    if note.ended_by != "customer":
        return End.CUT
    return End.LEFT if (note.ended_at or 0.0) - note.answered_at <= patience_s else End.ABANDONED


class Comparison(msgspec.Struct, kw_only=True):
    """The counts of both books and each call they tell differently, in words without numbers."""

    carrier: Counter[End]
    ours: Counter[End]
    differences: list[str]
    pairs: int
    only_carrier: int
    only_journal: int

    @property
    def agree(self) -> bool:
        return not (self.differences or self.only_carrier or self.only_journal)


def abandon_rate(counts: Mapping[End, int]) -> float:
    """Abandoned of the live answers, as a share; 0 when nobody answered."""
    live = sum(counts[end] for end in LIVE)
    return (counts[End.ABANDONED] + counts[End.CUT]) / live if live else 0.0


def compare(
    notes: Sequence["Note"], journal: Iterable[Told], numbers: Mapping[int, str], patience_s: float
) -> tuple[Comparison, list[tuple["Note", Told]]]:
    """Lay the books side by side; `numbers` gives each lead's digits. A number's calls are paired in their order."""
    notes_of: defaultdict[str, list[Note]] = defaultdict(list)
    for note in notes:
        notes_of[note.number].append(note)
    told_of: defaultdict[str, list[Told]] = defaultdict(list)
    for told in journal:
        if told.outcome != Outcome.REFUSED:
            told_of[numbers[told.lead]].append(told)
    pairs: list[tuple[Note, Told]] = []
    only_carrier = only_journal = 0
    for number in notes_of.keys() | told_of.keys():
        heard = sorted(notes_of[number], key=lambda note: note.invited_at)
        said = sorted(told_of[number], key=lambda told: told.placed_at)
        pairs += zip(heard, said, strict=False)
        only_carrier += max(0, len(heard) - len(said))
        only_journal += max(0, len(said) - len(heard))
    carrier: Counter[End] = Counter(by_carrier(note, patience_s) for note in notes)
    ours: Counter[End] = Counter(by_journal(told, patience_s) for many in told_of.values() for told in many)
    differences = [
        f"{told.call}: {theirs.value} at the carrier, {own.value} in our journal ({_times(note, told)})"
        for note, told in pairs
        if (theirs := by_carrier(note, patience_s)) is not (own := by_journal(told, patience_s))
    ]
    found = Comparison(
        carrier=carrier,
        ours=ours,
        differences=differences,
        pairs=len(pairs),
        only_carrier=only_carrier,
        only_journal=only_journal,
    )
    return found, pairs


def _times(note: "Note", told: Told) -> str:
    began = note.answered_at
    heard = {"agent": note.agent_at, "message": note.message_at, f"ended by {note.ended_by}": note.ended_at}
    theirs = [f"{what} {at - began:.3f} s" for what, at in heard.items() if at is not None and began is not None]
    own = {"connected": told.waited_s, "given up": told.given_up_s}
    said = [f"{what} {wait:.3f} s" for what, wait in own.items() if wait is not None]
    return f"carrier: {', '.join(theirs) or 'no answer'}; journal: {', '.join((*said, told.outcome))}"

"""Two books of the same calls laid side by side: what the carrier noted, and what our journal says; every difference named."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from benchmarks.carrier_note import CUSTOMER, PBX, Note
from benchmarks.hour_journal import Told
from store.intake import leads_of
from store.opening import Store
from telephony.facts import AbandonedBy
from telephony.ids import CampaignId
from telephony.outcomes import Outcome

BORDER_S, CROSSED_S = 0.3, 0.1


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


def by_journal(told: Told, patience_s: float) -> End:
    """How the call went by our own books; a sample of what was taken for machines is a machine."""
    if told.sampled:
        return End.MACHINE
    if told.waited_s is not None:
        return End.LATE if told.waited_s > patience_s else End.IN_TIME
    if told.given_up_s is not None and not (told.given_up_by == AbandonedBy.CUSTOMER and told.given_up_s <= patience_s):
        return End.ABANDONED
    if told.outcome == Outcome.MACHINE:
        return End.MACHINE
    return End.UNANSWERED if told.answered_at is None else End.LEFT


def by_carrier(note: Note, patience_s: float) -> End:
    """How the call went by what the customer's end of the line heard."""
    if note.answered_at is None:
        return End.UNANSWERED
    if note.machine:
        return End.MACHINE
    if note.agent_at is not None:
        return End.LATE if note.agent_at - note.answered_at > patience_s else End.IN_TIME
    if note.message_at is not None:
        return End.ABANDONED
    if note.ended_by != CUSTOMER:
        return End.CUT
    return End.LEFT if (note.ended_at or 0.0) - note.answered_at <= patience_s else End.ABANDONED


LET_THROUGH = frozenset({*LIVE, End.LEFT})


class Difference(msgspec.Struct, kw_only=True):
    """A call the books tell differently, in words without its number."""

    carrier: End
    ours: End
    words: str
    by_s: float | None
    """How far the farther of the two instants they judge by lies from the threshold; None when no instant decides."""
    crossed: bool = False
    """The answer and our end of the ringing met on the wire: the PBX hung up at once and never saw it."""

    def named(self, border_s: float = BORDER_S) -> str:
        """Why, empty when it cannot be said. Sound takes some hundredths of a second to come down the line, so one end may
        see the threshold passed; and a detector takes a machine for a person, or a person for a machine."""
        pair = {self.carrier, self.ours}
        one_instant = pair == {End.IN_TIME, End.LATE} or pair == {End.LEFT, End.ABANDONED}
        if one_instant and self.by_s is not None and self.by_s <= border_s:
            return "at the border"
        if self.crossed and self.ours is End.UNANSWERED:
            return "answered as ringing was given up"
        if self.carrier is End.MACHINE and self.ours in LET_THROUGH:
            return "machine not detected"
        return "person taken for a machine" if pair == {End.CUT, End.MACHINE} else ""


class Comparison(msgspec.Struct, kw_only=True):
    """The counts of both books and each call they tell differently."""

    carrier: Counter[End]
    ours: Counter[End]
    differences: list[Difference]
    pairs: int
    only_carrier: int
    only_journal: int

    @property
    def agree(self) -> bool:
        return not (self.differences or self.only_carrier or self.only_journal)

    def unexplained(self, border_s: float = BORDER_S) -> list[str]:
        """Differences no name can be given, and calls in one book only."""
        found = [one.words for one in self.differences if not one.named(border_s)]
        for where, count in (("at the carrier", self.only_carrier), ("in the journal", self.only_journal)):
            if count:
                found.append(f"{count} calls only {where}")
        return found

    @property
    def names(self) -> Counter[str]:
        """How many differences of each name; unnamed ones under the empty name."""
        return Counter(one.named() for one in self.differences)


def abandon_rate(counts: Mapping[End, int]) -> float:
    """Abandoned of the live answers, as a share; 0 when nobody answered."""
    live = sum(counts[end] for end in LIVE)
    return (counts[End.ABANDONED] + counts[End.CUT]) / live if live else 0.0


def compare(
    notes: Sequence[Note], journal: Iterable[Told], numbers: Mapping[int, str], patience_s: float
) -> tuple[Comparison, list[tuple[Note, Told]]]:
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
        _difference(note, told, theirs, own, patience_s)
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


def numbers_of(opened: Store, campaign: str, most: int = 1_000_000) -> dict[int, str]:
    """The digits the carrier is asked for, by lead."""
    found = leads_of(opened, CampaignId(campaign), limit=most, now=time.time())
    return {lead.id: lead.number.for_exchange("{digits}") for lead in found}


def _difference(note: Note, told: Told, theirs: End, own: End, patience_s: float) -> Difference:
    began, heard = note.answered_at, note.agent_at if note.agent_at is not None else note.ended_at
    theirs_s = heard - began if heard is not None and began is not None else None
    ours_s = told.waited_s if told.waited_s is not None else told.given_up_s
    waits = [wait for wait in (theirs_s, ours_s) if wait is not None]
    return Difference(
        carrier=theirs,
        ours=own,
        words=f"{told.call}: {theirs.value} at the carrier, {own.value} in our journal ({_times(note, told)})",
        by_s=max((abs(wait - patience_s) for wait in waits), default=None),
        crossed=theirs is not End.IN_TIME and note.ended_by == PBX and theirs_s is not None and theirs_s < CROSSED_S,
    )


def _times(note: Note, told: Told) -> str:
    began = note.answered_at
    heard = {"agent": note.agent_at, "message": note.message_at, f"ended by {note.ended_by}": note.ended_at}
    theirs = [f"{what} {at - began:.3f} s" for what, at in heard.items() if at is not None and began is not None]
    own = {"connected": told.waited_s, "given up": told.given_up_s}
    said = [f"{what} {wait:.3f} s" for what, wait in own.items() if wait is not None]
    return f"carrier: {', '.join(theirs) or 'no answer'}; journal: {', '.join((*said, told.outcome))}"

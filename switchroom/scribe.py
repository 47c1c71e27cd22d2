"""The scribe of a virtual shift: a second process that writes the books while the first one plays.

It is dictated batches over a pipe, writes tables and journal, watches the invariants and counts, and reads leads when it
is asked to, which is answered by a frame. Run as ``python -m switchroom.scribe``; nobody but ``switchroom.dictation`` talks to it.
"""

import csv
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

import store
from dialer.hopper import LARGEST_FETCH
from simulator.invariants import Invariants, Note
from simulator.scenario import Scenario
from store.audited import deeds
from store.chaining import carry_out
from store.inline import CHAIN
from store.intake import NewLead, insert_leads
from store.leads import LeadBook
from store.projector import JOURNAL, Entry, project
from store.queries import recordings_list
from store.recall import kinds
from switchroom.leadpipe import encoded
from switchroom.tape import Tape
from switchroom.worlds import new_leads
from telephony.commands import FetchLeads
from telephony.facts import Fact
from telephony.ids import LeadId
from telephony.leads import LeadsFetched

LEADS_AT_ONCE = 256
HEAD = 4
"""Bytes of a frame's length, which comes before it."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The first frame: which world is played, where it is kept."""

    scenario: str
    hours: float
    folder: str
    key: bytes


Told = tuple[float, Sequence[Fact]]
"""Facts submitted together, and when (epoch seconds)."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Leads to be read as of `at`, once all that was told before is written; `back` were read and not taken."""

    ask: FetchLeads
    at: float
    back: Sequence[LeadId] = ()


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Facts in their order, and what was seen beside them. The last batch carries the instant of the end."""

    told: Sequence[Told]
    notes: list[Note]
    wanted: Wanted | None = None
    ended_at: float | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to the last batch."""

    checked: int
    violations: list[str]
    counts: dict[str, int]
    outcomes: dict[str, int]
    refusals: dict[str, int]
    seconds: dict[str, float]
    digest: str


def frame(content: bytes) -> bytes:
    return len(content).to_bytes(HEAD) + content


class Scribe:
    """Keeps the books of one shift."""

    def __init__(self, opened: store.Store, folder: Path, journal: BinaryIO, leads: Iterator[NewLead]) -> None:
        self._store = opened
        self._folder = folder
        self._journal = journal
        self._connection = opened.writing.connect()
        self._leads = leads
        self._loaded: Counter[str] = Counter()
        self._wanted: Counter[str] = Counter()
        self._watch = Invariants()
        self._tape = Tape()
        self._fingerprint = hashlib.sha256()
        self._book = LeadBook(opened)
        self._uncommitted: list[Fact] = []

    def keep_ahead(self, campaign: str, more: int) -> None:
        """So many leads of the campaign have been asked for: have enough others in the tables after the next commit
        that reading finds what it would find were they all in."""
        self._wanted[campaign] += more
        while self._wanted[campaign] > self._loaded[campaign] and (batch := list(islice(self._leads, LEADS_AT_ONCE))):
            insert_leads(self._store, self._connection, batch)
            for lead in batch:
                self._loaded[lead.campaign] += 1

    def take(self, told: Sequence[Told], notes: Sequence[Note]) -> None:
        """Write a batch, to be seen by others after the next ``commit``, and look at it."""
        entries: list[Entry] = [(at, fact) for at, facts in told for fact in facts]
        batch = project(entries)
        carry_out(self._connection, batch, deeds(entries), chain=CHAIN)
        for change, rows in batch:
            if change is JOURNAL:
                lines = "".join([f"{row[0]:.6f} {row[2]}\n" for row in rows]).encode()
                self._fingerprint.update(lines)
                self._journal.write(lines)
        self._watch.read(told, notes)
        self._tape.on_entries(entries)
        self._uncommitted += [fact for _, fact in entries]

    def commit(self) -> None:
        self._connection.commit()
        self._book.on_facts(self._uncommitted)
        self._uncommitted = []

    def read(self, wanted: Wanted) -> LeadsFetched:
        """The leads wanted, of all there would be if the whole list were in the tables."""
        self._book.release(wanted.back)
        self.keep_ahead(wanted.ask.campaign, wanted.ask.limit)
        self.commit()
        found: list[LeadsFetched] = []
        self._book.fetch(wanted.ask, wanted.at, found.append)
        return found[0]

    def close(self) -> None:
        self._connection.close()

    def finish(self, now: float) -> Report:
        """Look at what is left, list the recordings, and say how it went."""
        self._watch.finish(now)
        with (self._folder / "recordings.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["call", "agent", "server", "state", "started_at"])
            rows.writerows(
                [r.call, r.agent, r.server, r.state, r.started_at]
                for r in recordings_list(self._store, limit=10_000_000)
            )
        return Report(
            checked=self._watch.checked,
            violations=[str(violation) for violation in self._watch.violations],
            counts=dict(self._tape.counts),
            outcomes={outcome.value: count for outcome, count in self._tape.outcomes.items()},
            refusals=dict(self._tape.refusals),
            seconds=dict(self._tape.seconds),
            digest=self._fingerprint.hexdigest(),
        )


def write(read: Callable[[int], bytes], answer: Callable[[bytes], object]) -> None:
    """Serve one dictation from its task to its report."""

    def next_frame() -> bytes:
        return read(int.from_bytes(read(HEAD)))

    task = msgspec.msgpack.decode(next_frame(), type=Task)
    folder = Path(task.folder)
    scenario = Scenario.model_validate_json(task.scenario)
    opened = store.open(f"sqlite:///{folder / 'switchroom.db'}", durable=False, key=task.key)
    try:
        batches = msgspec.msgpack.Decoder(_batch_type())
        with (folder / "journal.jsonl").open("wb") as journal:
            scribe = Scribe(opened, folder, journal, new_leads(scenario, task.hours))
            for line in scenario.campaign:
                scribe.keep_ahead(line.name, 2 * LARGEST_FETCH)
            ended_at = None
            while ended_at is None:
                batch = batches.decode(next_frame())
                scribe.take(batch.told, batch.notes)
                if batch.wanted is not None:
                    answer(frame(encoded(scribe.read(batch.wanted))))
                ended_at = batch.ended_at
            scribe.commit()
            scribe.close()
        answer(frame(msgspec.msgpack.encode(scribe.finish(ended_at))))
    finally:
        opened.close()


def _batch_type() -> Any:
    """A Batch whose facts are decoded as the kinds they are."""
    known: Any = Fact
    for number, kind in enumerate(kinds()):
        known = known | kind if number else kind
    told: Any = tuple[float, list[known]]
    return msgspec.defstruct(
        "DecodedBatch",
        [
            ("told", list[told]),
            ("notes", list[Note]),
            ("wanted", Wanted | None, None),
            ("ended_at", float | None, None),
        ],
    )


def main() -> None:
    """Read from standard input, answer on standard output."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr

    def read(size: int) -> bytes:
        content = source.read(size)
        if len(content) < size:
            raise SystemExit("the dictation broke off")
        return content

    def answer(content: bytes) -> None:
        target.write(content)
        target.flush()

    write(read, answer)


if __name__ == "__main__":
    main()

"""Dictating a virtual shift to its scribe: a Ledger whose facts are written by a second process, and the eyes beside it.

What can be read when depends on the facts and reads alone, never on how fast the scribe is, so a shift repeats to the
bit.
"""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from simulator.invariants import CONNECTS, GONE, HANGS_UP, LEG, ORIGINATES, SNAPSHOT, Note
from simulator.scenario import Scenario
from store.leads import LeadBook
from store.opening import Store
from switchroom.scribe import HEAD, Batch, Report, Task, Told, frame
from telephony.commands import ConnectToSeat, FetchLeads, HangUp, Originate, PbxCommand, RingAgent
from telephony.events import LegCreated, LegEnded, PbxEvent, PbxSnapshot
from telephony.facts import Fact
from telephony.ids import ServerId
from telephony.leads import LeadsFetched
from telephony.ports import Exchange

AT_ONCE = 1024
"""Facts handed over at a time; they are committed at the next read."""
PIPE_BYTES = 1 << 20
SET_PIPE_SIZE = 1031
"""Linux's F_SETPIPE_SZ."""


class ScribeLost(RuntimeError):
    """The second process ended before its work was done; its own words are on standard error."""


class Dictation:
    """The Ledger of a virtual shift, and its LeadSource: a read sees what was handed over by the read before it."""

    def __init__(self) -> None:
        """Starts the second process; give it its task with ``begin``."""
        self._book: LeadBook | None = None
        self._told: list[Told] = []
        self._facts = 0
        self._notes: list[Note] = []
        self._handed_over: list[Told] = []
        self._being_committed: list[Told] | None = None
        self._encode = msgspec.msgpack.Encoder().encode
        self._scribe = subprocess.Popen(
            [sys.executable, "-m", "switchroom.scribe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._scribe.stdin is not None
        assert self._scribe.stdout is not None
        self._to, self._from = self._scribe.stdin, self._scribe.stdout
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            fcntl.fcntl(self._to, SET_PIPE_SIZE, PIPE_BYTES)

    def begin(self, scenario: Scenario, opened: Store, *, hours: float, folder: Path, key: bytes) -> None:
        """Have the scenario's leads put into the database of `folder`, which is `opened`, as they are
        asked for; returns when the first are in."""
        task = Task(scenario=scenario.model_dump_json(), hours=hours, folder=str(folder.resolve()), key=key)
        self._send(msgspec.msgpack.encode(task))
        self._read(1)
        self._book = LeadBook(opened)

    def submit(self, facts: Sequence[Fact], now: float, on_durable: Callable[[], None] | None = None) -> None:
        """Take the facts; they are in the tables after ``finish`` at the latest."""
        self._told.append((now, facts))
        self._facts += len(facts)
        if self._facts >= AT_ONCE:
            self._hand_over()
        if on_durable is not None:
            on_durable()

    @property
    def healthy(self) -> bool:
        return True

    def fetch(self, command: FetchLeads, now: float, deliver: Callable[[LeadsFetched], None]) -> None:
        """Read leads as of the fetch before; nothing is committed while they are being read."""
        assert self._book is not None, "the dictation has not begun"
        self._settle()
        self._book.fetch(command, now, deliver)
        self._hand_over(commit=True, asked=(command.campaign, command.limit))

    def around(self, exchange: Exchange, clock: Callable[[], float]) -> Exchange:
        """The exchange with the scribe told of what passes."""
        return _Overheard(exchange, self._note, clock)

    def finish(self, now: float) -> Report:
        """The shift is over at `now`: everything is written, and here is how it went."""
        self._settle()
        self._hand_over(commit=True, ended_at=now)
        self._settle()
        report = msgspec.msgpack.decode(self._read(int.from_bytes(self._read(HEAD))), type=Report)
        if self._scribe.wait() != 0:
            raise ScribeLost
        return report

    def close(self) -> None:
        """End the second process, whatever it is doing."""
        with contextlib.suppress(OSError):
            self._to.close()
        self._from.close()
        if self._scribe.poll() is None:
            self._scribe.kill()
        self._scribe.wait()

    def _note(self, at: float, kind: str, about: str, other: str) -> None:
        self._notes.append((len(self._told), at, kind, about, other))

    def _hand_over(
        self, *, commit: bool = False, asked: tuple[str, int] | None = None, ended_at: float | None = None
    ) -> None:
        told, self._told, self._facts = self._told, [], 0
        notes, self._notes = self._notes, []
        self._handed_over += told
        if commit:
            self._being_committed, self._handed_over = self._handed_over, []
        self._send(self._encode(Batch(told=told, notes=notes, commit=commit, asked=asked, ended_at=ended_at)))

    def _settle(self) -> None:
        """Wait for the commit that is due, and let the lead book know of it."""
        if self._being_committed is None:
            return
        self._read(1)
        committed, self._being_committed = self._being_committed, None
        assert self._book is not None
        self._book.on_facts([fact for _, facts in committed for fact in facts])

    def _send(self, content: bytes) -> None:
        try:
            self._to.write(frame(content))
            self._to.flush()
        except BrokenPipeError:
            raise ScribeLost from None

    def _read(self, size: int) -> bytes:
        content = self._from.read(size)
        if len(content) < size:
            raise ScribeLost
        return content


class _Overheard:
    """An exchange somebody takes notes of."""

    def __init__(
        self, exchange: Exchange, note: Callable[[float, str, str, str], None], clock: Callable[[], float]
    ) -> None:
        self._exchange = exchange
        self._perform = exchange.perform
        self._note = note
        self._clock = clock

    @property
    def server(self) -> ServerId:
        return self._exchange.server

    def perform(self, command: PbxCommand) -> None:
        kind = type(command)
        if kind is Originate:
            self._note(self._clock(), ORIGINATES, command.call, "")  # type: ignore[attr-defined]
        elif kind is ConnectToSeat or kind is RingAgent:
            self._note(self._clock(), CONNECTS, command.agent, command.call)  # type: ignore[attr-defined]
        elif kind is HangUp:
            self._note(self._clock(), HANGS_UP, command.leg, "")  # type: ignore[attr-defined]
        self._perform(command)

    def subscribe(self, on_event: Callable[[PbxEvent], None]) -> None:
        note, clock = self._note, self._clock

        def look_and_pass(event: PbxEvent) -> None:
            kind = type(event)
            if kind is LegCreated:
                note(clock(), LEG, event.leg, event.server)  # type: ignore[attr-defined]
            elif kind is LegEnded:
                note(clock(), GONE, event.leg, "")  # type: ignore[attr-defined]
            elif kind is PbxSnapshot:
                note(clock(), SNAPSHOT, event.server, "")
                for row in event.legs:  # type: ignore[attr-defined]
                    note(clock(), LEG, row.leg, event.server)
            on_event(event)

        self._exchange.subscribe(look_and_pass)

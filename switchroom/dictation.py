"""Dictating a virtual shift to its scribe: a Ledger whose facts are written by a second process, and the eyes beside it.

What can be read when depends on the facts and reads alone, never on how fast the scribe is, so a shift repeats to the
bit.
"""

import contextlib
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from simulator.invariants import CONNECTS, GONE, HANGS_UP, LEG, ORIGINATES, SNAPSHOT, Note
from simulator.scenario import Scenario
from switchroom.leadpipe import decoded
from switchroom.scribe import HEAD, Batch, Report, Task, Told, Wanted, frame
from telephony.commands import ConnectToSeat, FetchLeads, HangUp, Originate, PbxCommand, RingAgent
from telephony.events import LegCreated, LegEnded, PbxEvent, PbxSnapshot
from telephony.facts import Fact
from telephony.ids import CampaignId, LeadId, ServerId
from telephony.leads import LeadsFetched
from telephony.ports import Exchange

AT_ONCE = 1024
"""Facts handed over at a time; they are committed before leads are next read."""
PIPE_BYTES = 1 << 20
MOST_AHEAD = 1000
"""Leads read ahead that surely fit into the pipe, so that the scribe never waits to be listened to."""
SET_PIPE_SIZE = 1031
"""Linux's F_SETPIPE_SZ."""


class ScribeLost(RuntimeError):
    """The second process ended before its work was done; its own words are on standard error."""


class Dictation:
    """The Ledger of a virtual shift, and its LeadSource: leads are read ahead, as of the question before."""

    def __init__(self) -> None:
        """Starts the second process; give it its task with ``begin``."""
        self._told: list[Told] = []
        self._facts = 0
        self._notes: list[Note] = []
        self._coming: deque[CampaignId] = deque()
        """Whose leads are being read, in the order of the answers."""
        self._read_ahead: dict[CampaignId, LeadsFetched] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._scribe = subprocess.Popen(
            [sys.executable, "-m", "switchroom.scribe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._scribe.stdin is not None
        assert self._scribe.stdout is not None
        self._to, self._from = self._scribe.stdin, self._scribe.stdout
        self._most_ahead = 0
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            fcntl.fcntl(self._to, SET_PIPE_SIZE, PIPE_BYTES)
            fcntl.fcntl(self._from, SET_PIPE_SIZE, PIPE_BYTES)
            self._most_ahead = MOST_AHEAD

    def begin(self, scenario: Scenario, *, hours: float, folder: Path, key: bytes) -> None:
        """Have a database made in `folder`, and the scenario's leads put into it as they are asked for."""
        task = Task(scenario=scenario.model_dump_json(), hours=hours, folder=str(folder.resolve()), key=key)
        self._send(msgspec.msgpack.encode(task))

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
        """Deliver what was read ahead when the campaign asked before, if that was as much as it asked for; else what
        there is now. So it depends on facts and questions alone what is read."""
        back: tuple[LeadId, ...] = ()
        ready = self._ready(command.campaign)
        if ready is not None and ready.holders == command.holders and len(ready.leads) == ready.limit:
            limit = min(command.limit, ready.limit)
            back = tuple(lead.id for lead in ready.leads[limit:])
            ready = msgspec.structs.replace(ready, leads=ready.leads[:limit], limit=limit)
        else:
            if ready is not None:
                back = tuple(lead.id for lead in ready.leads)
            self._want(command, now, back)
            ready, back = self._ready(command.campaign), ()
            assert ready is not None
        deliver(ready)
        if limit := min(command.limit, self._most_ahead // (1 + len(self._coming))):
            self._want(msgspec.structs.replace(command, limit=limit), now, back)

    def around(self, exchange: Exchange, clock: Callable[[], float]) -> Exchange:
        """The exchange with the scribe told of what passes."""
        return _Overheard(exchange, self._note, clock)

    def finish(self, now: float) -> Report:
        """The shift is over at `now`: everything is written, and here is how it went."""
        self._hand_over(ended_at=now)
        while self._coming:
            self._next_portion()
        report = msgspec.msgpack.decode(self._frame(), type=Report)
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

    def _want(self, ask: FetchLeads, now: float, back: Sequence[LeadId]) -> None:
        self._hand_over(wanted=Wanted(ask=ask, at=now, back=back))
        self._coming.append(ask.campaign)

    def _ready(self, campaign: CampaignId) -> LeadsFetched | None:
        """The campaign's leads that were wanted last and not taken yet, if any were."""
        while campaign in self._coming:
            self._next_portion()
        return self._read_ahead.pop(campaign, None)

    def _next_portion(self) -> None:
        self._read_ahead[self._coming.popleft()] = decoded(self._frame())

    def _hand_over(self, *, wanted: Wanted | None = None, ended_at: float | None = None) -> None:
        told, self._told, self._facts = self._told, [], 0
        notes, self._notes = self._notes, []
        self._send(self._encode(Batch(told=told, notes=notes, wanted=wanted, ended_at=ended_at)))

    def _frame(self) -> bytes:
        return self._read(int.from_bytes(self._read(HEAD)))

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

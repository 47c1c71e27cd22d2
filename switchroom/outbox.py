"""The outbox: makes facts durable, then lets commands out. An Originate waits until its attempt is on disk, what a
supervisor does on a call until it is in the audit trail; everything else leaves at once, because nobody may wait between an
answer and a bridge for a disk.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import Counter

from switchroom.timers import Timers
from telephony.commands import (
    AfterLedger,
    Audited,
    CallSupervisor,
    CancelTimer,
    CheckRecording,
    Command,
    DialOutside,
    FetchLeads,
    HangUp,
    LookUpCaller,
    MoveSupervisor,
    Originate,
    PbxCommand,
    SendHome,
    SetTimer,
    WriteQueueLog,
)
from telephony.events import ActionFailed, OriginateRefused, TimerFired
from telephony.facts import AttemptVetoed, Fact
from telephony.ids import LegId, ServerId
from telephony.inbound import CallerFound
from telephony.later import FileCallee, LookForMessage, ReadCallee, TellCallback
from telephony.leads import LeadsFetched
from telephony.ports import Exchange, LeadSource, Ledger

log = logging.getLogger(__name__)

STALE_S = 2.0
"""An Originate whose intent took longer than this to become durable is withdrawn: its agent has gone elsewhere."""

WITHDRAWN = Counter("switchroom_originates_withdrawn_total", "Originates held back for good", ["why"])

HELD_BACK: frozenset[type[Command]] = frozenset({Originate, DialOutside, CallSupervisor, MoveSupervisor})
"""What leaves only when the facts before it are durable."""

Watcher = Callable[[float, Sequence[Fact]], None]


class Outbox:
    """Carries out what the switchboard decided."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        leads: LeadSource,
        exchanges: Mapping[ServerId, Exchange],
        timers: Timers,
        clock: Callable[[], float],
        feed: Callable[[object], None],
        look: Callable[[CheckRecording], None],
        later: Callable[[FileCallee | ReadCallee | LookForMessage], None] = lambda _: None,
        find: Callable[[LookUpCaller], None] | None = None,
        log_queue: Callable[[WriteQueueLog], None] = lambda _: None,
    ) -> None:
        """`feed` puts an event back to the switchboard, after the drain at hand; `look` checks a recording's file,
        `later` asks the store and the disk about whoever is served later, `find` whose number it is that calls (None:
        nobody's), `log_queue` writes a line of the queue log."""
        self._ledger = ledger
        self._leads = leads
        self._exchanges = exchanges
        self._timers = timers
        self._clock = clock
        self._feed = feed
        self._look = look
        self._later = later
        self._log_queue = log_queue
        self._held: dict[LegId, tuple[Originate | DialOutside | Audited, float]] = {}
        self._find = find or (lambda command: feed(CallerFound(call=command.call)))
        self._watchers: tuple[Watcher, ...] = ()

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Have all facts shown to `watcher`; returns the way to stop."""
        self._watchers = (*self._watchers, watcher)

        def stop() -> None:
            kept = list(self._watchers)
            kept.remove(watcher)
            self._watchers = tuple(kept)

        return stop

    @property
    def held(self) -> int:
        """Commands waiting for the disk."""
        return len(self._held)

    def take(self, facts: Sequence[Fact], commands: Sequence[Command], now: float) -> None:
        """Journal the facts and carry out the commands of one drain."""
        on_durable = None
        promises: list[TellCallback | AfterLedger] = []
        if commands:
            waiting: list[tuple[LegId, Command]] = []
            for command in commands:
                if type(command) in HELD_BACK:
                    leg = _leg(command)  # type: ignore[arg-type]
                    self._held[leg] = (command, now)  # type: ignore[assignment]
                    waiting.append((leg, command))
                elif (type(command) is TellCallback and command.noted) or type(command) is AfterLedger:
                    promises.append(command)
            if waiting or promises:
                on_durable = lambda: self._release(waiting, promises)  # noqa: E731
        if facts or on_durable is not None:
            self._ledger.submit(facts, now, on_durable)
        for command in commands:
            kind = type(command)
            if kind is SetTimer:
                self._timers.set(command.key, command.at)  # type: ignore[attr-defined]
            elif kind is CancelTimer:
                self._timers.cancel(command.key)  # type: ignore[attr-defined]
            elif kind not in HELD_BACK and command not in promises:
                self._carry_out(command, now)
        if facts:
            for watcher in self._watchers:
                watcher(now, facts)

    def veto(self, fact: AttemptVetoed) -> None:
        """The ledger did not take an attempt: its Originate never leaves, and the parts are told."""
        if self._held.pop(LegId(fact.call), None) is not None:
            WITHDRAWN.labels("vetoed").inc()
        self._feed(fact)

    def _release(
        self, waiting: Sequence[tuple[LegId, Command]], promises: Sequence[TellCallback | AfterLedger] = ()
    ) -> None:
        """What was waiting for the disk leaves: calls that are not stale, and what callers are promised."""
        now = self._clock()
        for promise in promises:
            if isinstance(promise, AfterLedger):
                self._feed(TimerFired(promise.key))
            else:
                self._perform(promise)
        for leg, command in waiting:
            held = self._held.get(leg)
            if held is None or held[0] is not command:
                continue
            del self._held[leg]
            if now - held[1] > STALE_S:
                self._withdraw(held[0], "stale")
            else:
                self._perform(held[0])

    def _withdraw(self, command: Originate | DialOutside | Audited, why: str) -> None:
        WITHDRAWN.labels(why).inc()
        leg = _leg(command)
        if isinstance(command, Originate | DialOutside | CallSupervisor):
            self._feed(OriginateRefused(server=command.server, leg=leg, why=why))
        else:
            self._feed(ActionFailed(server=command.server, leg=leg, what=type(command).__name__, why=why))

    def _carry_out(self, command: Command, now: float) -> None:
        if isinstance(command, HangUp | SendHome) and command.leg in self._held:
            held, _ = self._held.pop(command.leg)
            self._withdraw(held, "withdrawn")
            if isinstance(held, Originate | DialOutside | CallSupervisor):
                return
        if isinstance(command, PbxCommand):
            self._perform(command)
        elif isinstance(command, FetchLeads):
            self._leads.fetch(command, now, self._deliver)
        elif isinstance(command, CheckRecording):
            self._look(command)
        elif isinstance(command, (FileCallee, ReadCallee, LookForMessage)):
            self._later(command)
        elif isinstance(command, LookUpCaller):
            self._find(command)
        elif isinstance(command, WriteQueueLog):
            self._log_queue(command)
        else:
            log.error("no way to carry out %s", type(command).__name__)

    def _deliver(self, fetched: LeadsFetched) -> None:
        self._feed(fetched)

    def _perform(self, command: PbxCommand) -> None:
        exchange = self._exchanges.get(command.server)
        if exchange is not None:
            exchange.perform(command)
        elif isinstance(command, Originate | DialOutside | Audited):
            self._withdraw(command, "no such server")
        else:
            self._feed(ActionFailed(server=command.server, leg=None, what=type(command).__name__, why="no such server"))


def _leg(command: Originate | DialOutside | Audited) -> LegId:
    return LegId(command.call) if isinstance(command, Originate) else command.leg

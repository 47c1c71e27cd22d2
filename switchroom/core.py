"""The running core: events go in one after another, each is drained, its facts kept and its commands carried out.

It has no loop and no clock of its own, so the same core runs a live floor and a virtual shift.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

from switchroom.outbox import Outbox
from switchroom.switchboard import Switchboard
from switchroom.timers import Timers
from telephony.agents import Ask, Refused
from telephony.commands import Command
from telephony.events import TimerFired
from telephony.facts import AskRefused, Fact

T = TypeVar("T")


class Core:
    """Feeds the switchboard. `on_idle` is called after the last event of a burst, e.g. to arm the next timer."""

    def __init__(
        self,
        *,
        board: Switchboard,
        timers: Timers,
        clock: Callable[[], float],
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self.board = board
        self.timers = timers
        self.handled = 0
        self._clock = clock
        self._on_idle = on_idle
        self._outbox: Outbox | None = None
        self._inbox: deque[object] = deque()
        self._draining = False
        self._closed = False

    def connect(self, outbox: Outbox) -> None:
        """Give the core its outbox, which in turn feeds the core."""
        self._outbox = outbox

    def close(self) -> None:
        """Take nothing more: whatever happens from now on is for the next run to find out."""
        self._closed = True

    def feed(self, event: object) -> None:
        """Handle an event now, or after the one at hand when called from within a drain."""
        if self._closed or not self.board.concerns(type(event)):
            return
        if self._draining:
            self._inbox.append(event)
            return
        self._settle(self.board.handle, event)
        self._drain()

    def ask(self, ask: Ask) -> Refused | None:
        """Handle a person's wish at once; None when granted, else why not."""
        if self._closed:
            return Refused(code="closing")
        facts = self._settle(self.board.handle, ask)
        self._drain()
        for fact in facts:
            if isinstance(fact, AskRefused):
                return Refused(code=fact.code, words=fact.words)
        return None

    def carry(self, decided: Iterable[Fact | Command]) -> None:
        """Take facts and commands that a part decided outside a drain, e.g. on new settings."""
        self._settle(self.board.carry, decided)
        self._drain()

    def fire_due(self, now: float) -> None:
        """Fire every timer due by now."""
        while (key := self.timers.due(now)) is not None:
            self.feed(TimerFired(key))

    def _drain(self) -> None:
        while self._inbox:
            self._settle(self.board.handle, self._inbox.popleft())
        self._on_idle()

    def _settle(self, drain: Callable[[T, float], tuple[list[Fact], list[Command]]], what: T) -> list[Fact]:
        """Let the switchboard drain and the outbox carry out what came of it."""
        assert self._outbox is not None, "the core has no outbox"
        now = self._clock()
        self.handled += 1
        was, self._draining = self._draining, True
        try:
            facts, commands = drain(what, now)
            self._outbox.take(facts, commands, now)
        finally:
            self._draining = was
        return facts

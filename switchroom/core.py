"""The running core: events go in one after another, each is drained, its facts kept and its commands carried out.

It has no loop and no clock of its own, so the same core runs a live floor and a virtual shift.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

from prometheus_client import Histogram

from switchroom.outbox import Outbox
from switchroom.switchboard import Switchboard
from switchroom.timers import Timers
from telephony.agents import Ask, Refused
from telephony.commands import Command
from telephony.events import TimerFired
from telephony.facts import AskRefused, CallOffered, Fact

MATCH = Histogram(
    "acd_match_duration_seconds",
    "From an event to the decision that gives a call to an agent, all parts together.",
    buckets=(0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05),
)


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
        self._routes, self._drain = board.routes, board.drain
        self._take: Callable[[Sequence[Fact], Sequence[Command], float], None] = _nowhere
        self._inbox: deque[object] = deque()
        self._draining = False
        self._closed = False

    def connect(self, outbox: Outbox) -> None:
        """Give the core its outbox, which in turn feeds the core."""
        self._take = outbox.take

    def close(self) -> None:
        """Take nothing more: whatever happens from now on is for the next run to find out."""
        self._closed = True

    def feed(self, event: object) -> None:
        """Handle an event now, or after the one at hand when called from within a drain."""
        journalled, rules = self._routes[type(event)]
        if not (journalled or rules) or self._closed:
            return
        if self._draining:
            self._inbox.append(event)
            return
        self._draining = True
        try:
            self._settle(event)
            while self._inbox:
                self._settle(self._inbox.popleft())
        finally:
            self._draining = False
        self._on_idle()

    def ask(self, ask: Ask) -> Refused | None:
        """Handle a person's wish at once; None when granted, else why not."""
        if self._closed:
            return Refused(code="closing")
        facts = self._at_once(lambda now: self.board.handle(ask, now))
        for fact in facts:
            if isinstance(fact, AskRefused):
                return Refused(code=fact.code, words=fact.words)
        return None

    def carry(self, decided: Iterable[Fact | Command]) -> None:
        """Take facts and commands that a part decided outside a drain, e.g. on new settings."""
        self._at_once(lambda now: self.board.carry(decided, now))

    def fire_due(self, now: float) -> None:
        """Fire every timer due by now."""
        while (key := self.timers.due(now)) is not None:
            self.feed(TimerFired(key))

    def _settle(self, event: object) -> None:
        """Let the switchboard drain the event and the outbox carry out what came of it."""
        now = self._clock()
        self.handled += 1
        began = perf_counter()
        facts, commands = self._drain([event], [], now)
        if facts or commands:
            for fact in facts:
                if type(fact) is CallOffered:
                    MATCH.observe(perf_counter() - began)
                    break
            self._take(facts, commands, now)

    def _at_once(self, drained: Callable[[float], tuple[list[Fact], list[Command]]]) -> list[Fact]:
        """Carry out a drain even from within another, then whatever was fed meanwhile."""
        was, self._draining = self._draining, True
        try:
            now = self._clock()
            self.handled += 1
            facts, commands = drained(now)
            self._take(facts, commands, now)
            while self._inbox:
                self._settle(self._inbox.popleft())
        finally:
            self._draining = was
        self._on_idle()
        return facts


def _nowhere(facts: Sequence[Fact], commands: Sequence[Command], now: float) -> None:
    raise AssertionError("the core has no outbox")

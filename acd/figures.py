"""The ACD's figures as one part of the switchboard: it hears facts, keeps service levels, expected waits and counters,
and says when a caller's wait is decided."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from acd.counters import Counters
from acd.expected import ExpectedWait
from acd.servicelevel import QUARTER_S, Levels, Tally, levels
from config.model import AgentSettings
from config.queues import QueueSettings
from telephony.facts import Fact
from telephony.ids import AgentId
from telephony.surge import SurgeChanged
from telephony.views import QueueView

RECENT_S = float(QUARTER_S)
Rule = Callable[[Any, float], list[Fact] | None]


class Figures:
    """Service levels, expected waits and counters of all queues."""

    def __init__(self, agents: Sequence[AgentSettings], queues: Mapping[str, QueueSettings]) -> None:
        self.queues = queues
        self.levels = Levels(queues)
        self.expected = ExpectedWait(
            {AgentId(one.id): (q for q in one.queues if q in queues) for one in agents},
            {name: one.priority for name, one in queues.items()},
        )
        self.counters = Counters(one.service_level_s for one in queues.values())
        self._agents = {AgentId(one.id): one for one in agents}
        together: dict[type, list[Rule]] = {SurgeChanged: [self._surge]}
        for part in (self.expected, self.counters, self.levels):
            for kind, rule in part.rules.items():
                together.setdefault(kind, []).append(rule)
        self.rules = {kind: rules[0] if len(rules) == 1 else _all(tuple(rules)) for kind, rules in together.items()}
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> list[Fact]:
        hear = self.rules.get(type(event))
        return (hear(event, now) or []) if hear is not None else []

    def _surge(self, fact: SurgeChanged, now: float) -> None:
        """The reserves serve more queues, or no longer."""
        called = "reserves" in fact.actions
        for name, one in self._agents.items():
            if one.reserve_queues:
                queues = [*one.queues, *(one.reserve_queues if called else ())]
                self.expected.joins(name, (queue for queue in queues if queue in self.queues), now)

    def views(self, now: float, day: float) -> tuple[QueueView, ...]:
        """All queues as they stand; `day` is when it began (epoch seconds)."""
        return tuple(self._view(name, one, now, day) for name, one in self.queues.items())

    def _view(self, name: str, settings: QueueSettings, now: float, day: float) -> QueueView:
        today, recent = self.levels.over(name, day, now), self.levels.over(name, now - RECENT_S, now)
        waiting = self.expected.waiting(name)
        return QueueView(
            id=name,
            title=settings.title or name,
            waiting=waiting,
            longest_s=self.expected.longest_s(name, now),
            expected_s=self.expected.expected_s(name, waiting + 1, now),
            threshold_s=settings.service_level_s,
            ready=self.expected.ready(name),
            busy=self.expected.busy(name),
            **figures(today),
            service_levels=levels(today),
            recent_service_levels=levels(recent),
        )


def figures(tally: Tally) -> dict[str, Any]:
    """The counts and means people are shown."""
    return {
        "offered": tally.offered,
        "answered": tally.answered,
        "answered_in": tally.answered_in,
        "abandoned": tally.abandoned,
        "abandoned_in": tally.abandoned_in,
        "short": tally.short,
        "sent_on": tally.sent_on,
        "overflowed": tally.overflowed,
        "asa_s": tally.asa_s,
        "abandonment": tally.abandonment,
        "longest_waited_s": tally.longest_s,
    }


def _all(rules: tuple[Rule, ...]) -> Rule:
    def hear(event: Any, now: float) -> list[Fact] | None:
        out: list[Fact] | None = None
        for rule in rules:
            out = rule(event, now) or out
        return out

    return hear

"""The switchboard: one ordered, synchronous drain from an event to the facts and commands that follow from it.

Parts are asked in a fixed order: the call table finds out what happened, the recorder comes before the router so that a
recording runs before anything is bridged, the router before the dialler so that the dialler counts agents as they are.
Derived facts join the same queue; nothing in a drain waits.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from telephony.calltable import CallTable
from telephony.commands import Command, HangUp
from telephony.facts import Anomaly, Fact

log = logging.getLogger(__name__)

DRAIN_LIMIT = 100_000
"""More facts than this from one event is a loop between parts; the drain stops with an anomaly."""


Rule = Callable[[Any, float], Iterable[Fact | Command] | None]
"""What a part does on an event of one class; None when nothing follows."""


class Part(Protocol):
    """Anything that hears events and answers with facts and commands.

    A part that keeps a table of its rules by class may show it as `rules`; the switchboard then asks them directly."""

    hears: frozenset[type]

    def on(self, event: object, now: float) -> Iterable[Fact | Command]: ...


class Route(NamedTuple):
    """What becomes of events of one class: whether they are facts for the journal, and whom to ask, in order."""

    journalled: bool
    rules: tuple[Rule, ...]


class Routes(dict[type, Route]):
    """What becomes of events by class, found out when the first of a class comes."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def __missing__(self, kind: type) -> Route:
        rules: list[Rule] = []
        for part in self._parts:
            if kind in part.hears:
                shown: Mapping[type, Rule] = getattr(part, "rules", {})
                rules.append(shown.get(kind, part.on))
        route = self[kind] = Route(issubclass(kind, Fact), tuple(rules))
        return route


class Switchboard:
    """The parts in their order; `drain` and `carry` are the only ways in."""

    def __init__(self, *, calls: CallTable, parts: Sequence[Part]) -> None:
        self.calls = calls
        self.routes = Routes((calls, *parts))

    def handle(self, event: object, now: float) -> tuple[list[Fact], list[Command]]:
        """Drain one event; returns the facts to journal and the commands to carry out, both in order."""
        return self.drain([event], [], now)

    def carry(self, decided: Iterable[Fact | Command], now: float) -> tuple[list[Fact], list[Command]]:
        """Drain what a part decided outside a drain, as if an event had led to it."""
        queue: list[object] = []
        commands: list[Command] = []
        for each in decided:
            if isinstance(each, Fact):
                queue.append(each)
            else:
                self.calls.sent(each, now)
                commands.append(each)
        return self.drain(queue, commands, now)

    def drain(self, queue: list[object], commands: list[Command], now: float) -> tuple[list[Fact], list[Command]]:
        """Drain the events queued, after the commands decided before; both lists are the drain's own from now on."""
        facts: list[Fact] = []
        routes = self.routes
        for heard in queue:
            kind = type(heard)
            journalled, rules = routes[kind]
            if journalled:
                facts.append(heard)  # type: ignore[arg-type]
                if len(facts) > DRAIN_LIMIT:
                    log.error("a drain gave more than %d facts; stopped", DRAIN_LIMIT)
                    facts.append(Anomaly(where="switchboard", what="endless drain"))
                    break
            for rule in rules:
                try:
                    derived = rule(heard, now)
                    if not derived:
                        continue
                    if type(derived) is not list:
                        derived = tuple(derived)
                except Exception:
                    derived = (self._failed(rule, kind),)
                for each in derived:
                    made = type(each)
                    if routes[made][0]:
                        queue.append(each)
                    else:
                        if made is HangUp:
                            self.calls.sent(each, now)  # type: ignore[arg-type]
                        commands.append(each)  # type: ignore[arg-type]
        return facts, commands

    def _failed(self, rule: Rule, kind: type) -> Fact:
        """A rule that raises is a defect: it is logged with the event's class only, and the others go on."""
        where = type(getattr(rule, "__self__", rule)).__name__
        log.exception("%s failed on %s", where, kind.__name__)
        return Anomaly(where=where, what=f"raised on {kind.__name__}")

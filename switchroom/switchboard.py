"""The switchboard: one ordered, synchronous drain from an event to the facts and commands that follow from it.

Parts are asked in a fixed order: the call table finds out what happened, the recorder comes before the router so that a
recording runs before anything is bridged, the router before the dialler so that the dialler counts agents as they are.
Derived facts join the same queue; nothing in a drain waits.
"""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

from telephony.calltable import CallTable
from telephony.commands import Command
from telephony.facts import Anomaly, Fact

log = logging.getLogger(__name__)

DRAIN_LIMIT = 100_000
"""More facts than this from one event is a loop between parts; the drain stops with an anomaly."""


class Part(Protocol):
    """Anything that hears events and answers with facts and commands."""

    hears: frozenset[type]

    def on(self, event: object, now: float) -> Iterable[Fact | Command]: ...


class Switchboard:
    """The parts in their order; `handle` and `carry` are the only ways in."""

    def __init__(self, *, calls: CallTable, parts: Sequence[Part]) -> None:
        self.calls = calls
        self._routes: dict[type, tuple[Part, ...]] = {}
        self._parts: tuple[Part, ...] = (calls, *parts)

    def concerns(self, kind: type) -> bool:
        """Whether anything follows from events of this class: a part hears them, or they are facts for the journal."""
        return bool(self._parts_for(kind)) or issubclass(kind, Fact)

    def _parts_for(self, kind: type) -> tuple[Part, ...]:
        parts = self._routes.get(kind)
        if parts is None:
            parts = self._routes[kind] = tuple(p for p in self._parts if kind in p.hears)
        return parts

    def handle(self, event: object, now: float) -> tuple[list[Fact], list[Command]]:
        """Drain one event; returns the facts to journal and the commands to carry out, both in order."""
        return self._drain(deque((event,)), [], now)

    def carry(self, decided: Iterable[Fact | Command], now: float) -> tuple[list[Fact], list[Command]]:
        """Drain what a part decided outside a drain, as if an event had led to it."""
        queue: deque[object] = deque()
        commands: list[Command] = []
        for each in decided:
            if isinstance(each, Fact):
                queue.append(each)
            else:
                self.calls.sent(each, now)
                commands.append(each)
        return self._drain(queue, commands, now)

    def _drain(self, queue: deque[object], commands: list[Command], now: float) -> tuple[list[Fact], list[Command]]:
        facts: list[Fact] = []
        parts_for, ask, sent = self._parts_for, self._ask, self.calls.sent
        while queue:
            heard = queue.popleft()
            if isinstance(heard, Fact):
                facts.append(heard)
                if len(facts) > DRAIN_LIMIT:
                    log.error("a drain gave more than %d facts; stopped", DRAIN_LIMIT)
                    facts.append(Anomaly(where="switchboard", what="endless drain"))
                    break
            for part in parts_for(type(heard)):
                for derived in ask(part, heard, now):
                    if isinstance(derived, Fact):
                        queue.append(derived)
                    else:
                        sent(derived, now)
                        commands.append(derived)
        return facts, commands

    def _ask(self, part: Part, event: object, now: float) -> Sequence[Fact | Command]:
        """A part that raises has a defect: it is logged with its type only, and the others go on."""
        try:
            answer = part.on(event, now)
            return answer if type(answer) is list else tuple(answer)
        except Exception:
            log.exception("%s failed on %s", type(part).__name__, type(event).__name__)
            return (Anomaly(where=type(part).__name__, what=f"raised on {type(event).__name__}"),)

"""The tape of a virtual shift: counts what happened, from the facts alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from telephony.agents import AgentState
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    AttemptPlaced,
    CallAbandoned,
    CallArrived,
    CallConnected,
    CallEnded,
    CallerGone,
    DialRefused,
    Fact,
)
from telephony.ids import is_call
from telephony.outcomes import Outcome

SPENT = {
    AgentState.TALKING: "talk",
    AgentState.HOLD: "talk",
    AgentState.CONSULTING: "talk",
    AgentState.WRAP_UP: "wrap",
    AgentState.READY: "idle",
    AgentState.RESERVED: "idle",
    AgentState.RINGING: "idle",
    AgentState.AUX: "aux",
}


class Tape:
    """Counts what a shift did."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.outcomes: Counter[Outcome] = Counter()
        self.seconds: dict[str, float] = defaultdict(float)
        self.refusals: Counter[str] = Counter()
        self._rules: dict[type[Fact], Callable[[Any], None]] = {
            AttemptPlaced: self._placed,
            CallConnected: self._connected,
            CallArrived: self._arrived,
            CallerGone: self._gone,
            CallEnded: self._ended,
            CallAbandoned: self._abandoned,
            DialRefused: self._refused,
            AgentChanged: self._changed,
        }

    def on_entries(self, entries: Iterable[tuple[float, Fact]]) -> None:
        rules = self._rules
        for _, fact in entries:
            count = rules.get(type(fact))
            if count is not None:
                count(fact)

    def _placed(self, fact: AttemptPlaced) -> None:
        self.counts["placed"] += 1

    def _connected(self, fact: CallConnected) -> None:
        self.counts["connected" if is_call(fact.call) else "callers_served"] += 1

    def _arrived(self, fact: CallArrived) -> None:
        self.counts["callers"] += 1

    def _gone(self, fact: CallerGone) -> None:
        self.counts["callers_gone"] += 1

    def _ended(self, fact: CallEnded) -> None:
        self.outcomes[fact.outcome] += 1

    def _abandoned(self, fact: CallAbandoned) -> None:
        self.counts["abandoned" if fact.by is AbandonedBy.SWITCHROOM else "gave_up"] += 1

    def _refused(self, fact: DialRefused) -> None:
        self.counts["refused"] += 1
        self.refusals[fact.rule] += 1

    def _changed(self, fact: AgentChanged) -> None:
        self.spend(fact.was, fact.for_s)

    def spend(self, state: AgentState, seconds: float) -> None:
        name = SPENT.get(state)
        if name is not None:
            self.seconds[name] += seconds

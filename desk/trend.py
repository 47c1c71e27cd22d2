"""Fifteen minutes of the floor in steps of five seconds: calls a minute, abandon rate, utilisation."""

from collections import deque
from collections.abc import Sequence

import msgspec

from telephony.agents import AgentState
from telephony.facts import AbandonedBy, AttemptPlaced, CallAbandoned, CallConnected, Fact
from telephony.ids import is_call
from telephony.views import FloorView

STEP_S = 5.0
STEPS = 180
STEPS_A_MINUTE = 12
FEWEST_ANSWERS = 20
"""Below this many live answers a share of them says nothing."""
_BUSY = {AgentState.RINGING, AgentState.TALKING, AgentState.HOLD, AgentState.CONSULTING, AgentState.WRAP_UP}
_AWAY = {AgentState.LOGGED_OUT, AgentState.AUX}


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `calls_per_min` over the last minute, `abandon_rate` over the last fifteen; shares or None."""

    at: float
    calls_per_min: int
    abandon_rate: float | None
    utilisation: float | None


class Trend:
    """Counts facts and closes a step when told to."""

    def __init__(self) -> None:
        self._placed = self._connected = self._abandoned = self._gave_up = 0
        self._steps: deque[tuple[int, int, int, int]] = deque(maxlen=STEPS)
        self.points: deque[TrendPoint] = deque(maxlen=STEPS)

    def count(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            match fact:
                case AttemptPlaced():
                    self._placed += 1
                case CallConnected(call=call):
                    self._connected += is_call(call)
                case CallAbandoned(by=AbandonedBy.SWITCHROOM):
                    self._abandoned += 1
                case CallAbandoned():
                    self._gave_up += 1

    def close_step(self, view: FloorView, now: float) -> TrendPoint:
        """End the running step and return its point."""
        self._steps.append((self._placed, self._connected, self._abandoned, self._gave_up))
        self._placed = self._connected = self._abandoned = self._gave_up = 0
        minute = list(self._steps)[-STEPS_A_MINUTE:]
        _, connected, abandoned, gave_up = (sum(column) for column in zip(*self._steps, strict=True))
        answered = connected + abandoned + gave_up
        here = [agent.state for agent in view.agents if agent.state not in _AWAY]
        point = TrendPoint(
            at=now,
            calls_per_min=sum(step[0] for step in minute),
            abandon_rate=abandoned / answered if answered >= FEWEST_ANSWERS else None,
            utilisation=sum(state in _BUSY for state in here) / len(here) if here else None,
        )
        self.points.append(point)
        return point

"""What is put to the router and what it answers: a call's request, and the match of a call with an agent."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from config.demands import ANYBODY, Demand

NO_TRAITS: Mapping[str, str] = {}


class Step(NamedTuple):
    """From `after_s` seconds of waiting on, this demand takes the place of the one before."""

    after_s: float
    demand: Demand


ANY_AGENT = (Step(0.0, ANYBODY),)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A call that wants an agent on its PBX, waiting since `entered` (epoch seconds).

    Its precedence after w seconds is `priority` + `pace` · w, at most `cap`. `wanted` alone may take it until
    `wanted_until`, for ever when that is None; `last` is the agent he spoke with before, worth `last_worth` points."""

    call: str
    server: str
    entered: float
    steps: tuple[Step, ...] = ANY_AGENT
    priority: float = 0.0
    pace: float = 1.0
    cap: float = float("inf")
    traits: Mapping[str, str] = NO_TRAITS
    wanted: str | None = None
    wanted_until: float | None = None
    last: str | None = None
    last_worth: float = 0.0

    def precedence(self, now: float) -> float:
        return min(self.cap, self.priority + self.pace * (now - self.entered))


class Match(NamedTuple):
    """The agent takes the call; both have left the router. `points` are what the rules gave him for it, the last agent's
    among them; `step` counts the widenings from 0; `rivals` were free for it beside him."""

    call: str
    agent: str
    idle_s: float
    waited_s: float
    points: float
    step: int
    wanted: bool
    last: bool
    rivals: int
    demand: Demand
    request: Request

"""One decision of the look-ahead at 5 to 2,000 agents and 300 calls out, and how many it places in random states.

Each decision is timed by itself. Then as many random states as asked are put to it: agents, calls out, waiting customers,
lines and debts drawn at random; counted are decisions that place more than the lines carry, or anything when nobody is
signed in."""

import random
import time

from benchmarks.result import Result, percentile
from config.model import PacingSettings
from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.pacing import PaceView, Predictive

CREWS = (5, 20, 100, 500, 1000, 2000)
BAR_AT, P99_US = 500, 400.0
PENDING = 300
DECISIONS = 4000
TARGET = 0.0297


def learned(rng: random.Random) -> Forecast:
    """A forecast that has seen two thousand outcomes."""
    forecast = Forecast(25.0)
    for n in range(2000):
        if rng.random() < 0.35:
            forecast.human(rng.uniform(4.0, 24.0), n * 0.1)
        else:
            forecast.other(rng.choice((2.0, 12.0, 27.0)), n * 0.1)
    return forecast


def state(rng: random.Random, now: float, agents: int, pending: int, room: int) -> PaceView:
    """That many agents, mostly busy, and calls of every age."""
    free = rng.randint(0, max(0, agents // 10))
    wrapping = rng.randint(0, max(0, (agents - free) // 4))
    return PaceView(
        now=now,
        free=free,
        talking=agents - free - wrapping,
        wrapping=wrapping,
        pending=[now - rng.uniform(0.0, 27.0) for _ in range(pending)],
        waiting=rng.randint(0, 3),
        room=room,
    )


def timed(agents: int) -> list[float]:
    """Microseconds of processor time of each decision, a tick apart, forecasts renewed as in service."""
    rng = random.Random(agents)
    rule = Predictive(PacingSettings(target_abandon=TARGET), learned(rng), Budget(TARGET))
    asked = [state(rng, 1000.0 + n * 0.5, agents, PENDING, 5000) for n in range(DECISIONS)]
    took = []
    for view in asked:
        began = time.thread_time_ns()
        rule.place(view)
        took.append((time.thread_time_ns() - began) / 1000.0)
    return took[DECISIONS // 10 :]


def beyond_room(states: int, seed: int = 1) -> int:
    """In how many of that many random states more is placed than the lines carry, or anything for nobody."""
    rng = random.Random(seed)
    forecast, wrong, now = learned(rng), 0, 1000.0
    rule = Predictive(PacingSettings(target_abandon=TARGET), forecast, Budget(TARGET))
    for n in range(states):
        if n % 500 == 0:
            budget = Budget(rng.choice((0.005, 0.0297, 0.1)), live=200, abandoned=rng.randint(0, 40))
            rule = Predictive(PacingSettings(target_abandon=TARGET, max_ratio=rng.uniform(1.0, 20.0)), forecast, budget)
        now += 0.5
        agents = rng.choice((0, 1, 3, 10, 60, 500))
        view = state(rng, now, agents, rng.choice((0, 1, 5, 30)), rng.choice((0, 1, 4, 40, 1000)))
        count = rule.place(view).count
        wrong += not 0 <= count <= view.room or (agents == 0 and count > 0)
    return wrong


def run(states: int = 100_000) -> Result:
    """The 99th percentile at 500 agents, and the random states."""
    all_took = {agents: timed(agents) for agents in CREWS}
    at_bar = all_took[BAR_AT]
    p99, wrong = percentile(at_bar, 0.99), beyond_room(states)
    notes: dict[str, float | str] = {
        f"{agents} agents, p50 / p99 µs": f"{percentile(took, 0.5):.0f} / {percentile(took, 0.99):.0f}"
        for agents, took in all_took.items()
    }
    return Result(
        name="pacing_decision",
        unit=f"µs (p99, {BAR_AT} agents, {PENDING} calls out)",
        value=round(p99, 1),
        p50=round(percentile(at_bar, 0.5), 1),
        p99=round(p99, 1),
        p_unit="µs",
        limit=f"p99 ≤ {P99_US:g} µs, never more than the lines carry",
        met=p99 <= P99_US and wrong == 0,
        notes=notes | {"random states": states, "beyond the lines": wrong},
    )

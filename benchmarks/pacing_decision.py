"""One decision of the look-ahead at 5 to 2,000 agents, and how many it places in random states.

Each decision of a steady campaign in the lab is timed by itself, where 500 agents have some 300 calls out. Then as many random states as asked are put to it: agents, calls out, waiting customers,
lines and debts drawn at random; counted are decisions that place more than the lines carry, or anything when nobody is
signed in."""

import gc
import random
import time

from benchmarks.result import Result, percentile
from config.model import PacingSettings
from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.pacing import PaceView, Predictive
from simulator.lab.laws import Laws
from simulator.lab.rules import Ours
from simulator.lab.scenarios import scenario
from simulator.lab.world import Scene, World

CREWS = (5, 20, 100, 500, 1000, 2000)
BAR_AT, P99_US = 500, 400.0
WARM_S = 600.0
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


class Watched(Ours):
    """Our rule in the lab, each of its decisions timed after the warm-up: microseconds of processor time, and by the wall."""

    def __init__(self, laws: Laws) -> None:
        super().__init__("predictive", TARGET, laws)
        self.took: list[float] = []
        self.by_the_wall: list[float] = []
        self.out: list[int] = []

    def place(self, scene: Scene) -> int:
        view = self._seen(scene)
        wall, began = time.perf_counter_ns(), time.thread_time_ns()
        count = self._pacer.place(view).count
        took, passed = time.thread_time_ns() - began, time.perf_counter_ns() - wall
        if scene.now >= WARM_S:
            self.took.append(took / 1000.0)
            self.by_the_wall.append(passed / 1000.0)
            self.out.append(len(scene.pending))
        return count


def timed(agents: int) -> Watched:
    """The decisions of a steady campaign in the lab, a tick apart, forecasts renewed as in service."""
    plan = scenario("stationary")
    rule = Watched(plan.laws)
    gc.collect()
    World(plan.laws, plan.course(agents), rule, seed=agents).run(WARM_S + DECISIONS * 0.5)
    return rule


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
    found = {agents: timed(agents) for agents in CREWS}
    at_bar = found[BAR_AT].took
    p99, wrong = percentile(at_bar, 0.99), beyond_room(states)
    notes: dict[str, float | str] = {
        f"{agents} agents, {sum(rule.out) // len(rule.out)} calls out, p50 / p99 µs (by the wall)": (
            f"{percentile(rule.took, 0.5):.0f} / {percentile(rule.took, 0.99):.0f} "
            f"({percentile(rule.by_the_wall, 0.5):.0f} / {percentile(rule.by_the_wall, 0.99):.0f})"
        )
        for agents, rule in found.items()
    }
    return Result(
        name="pacing_decision",
        unit=f"µs (p99, {BAR_AT} agents in the lab)",
        value=round(p99, 1),
        p50=round(percentile(at_bar, 0.5), 1),
        p99=round(p99, 1),
        p_unit="µs",
        limit=f"p99 ≤ {P99_US:g} µs, never more than the lines carry",
        met=p99 <= P99_US and wrong == 0,
        notes=notes | {"random states": states, "beyond the lines": wrong},
    )

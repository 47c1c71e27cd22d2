"""One event to its decision in the ACD: 10,000 agents, 1,000 waiting calls, 64 skills, demands with levels and brackets.

Two floors are played: a full one, where 1,000 calls wait and each agent who ends a call is given the next, and a slack one,
where a tenth of the agents are free and each call is given one. Every event is timed by itself. Beside it, in the same
run: a plain scan of all agents or calls, and a poll like app_queue's, each waiting caller looking at every member once a
second."""

import gc
import random
import time
from collections.abc import Callable
from math import log

from acd.routing import Request, Router, Step, Values
from benchmarks.result import Result, percentile
from config.demands import ANYBODY, Demand, demand

AGENTS, WAITING, SKILLS = 10_000, 1_000, 64
CREWS = (100, 1_000, 10_000)
P99_US = 200.0
VALUES = Values(level=30.0)
SERVER = "pbx1"


class Floor:
    """Agents with random skills, calls with random demands; `took` are microseconds of processor time of each decision."""

    def __init__(self, agents: int, seed: int = 1) -> None:
        self.rng = random.Random(seed)
        self.router = Router(VALUES)
        self.router.open(SERVER, 0.0)
        self.skills = [f"s{n}" for n in range(SKILLS)]
        self.levels = {f"a{n}": self._some() for n in range(agents)}
        self.demands = [self._asked() for _ in range(160)]
        for agent, levels in self.levels.items():
            self.router.enrol(agent, SERVER, levels, 0.0)
        self.now = 0.0
        self.calls = 0
        self.busy: list[str] = []
        self.took: list[float] = []
        self.by_the_wall: list[float] = []

    def _some(self) -> dict[str, int]:
        return {skill: self.rng.randint(1, 5) for skill in self.rng.sample(self.skills, self.rng.randint(1, 6))}

    def _asked(self) -> Demand:
        one, two, three = self.rng.sample(self.skills, 3)
        form = self.rng.choice(("{0}", "{0}>=2", "{0}>=3", "{0} or {1}", "{0}>=2 or ({1}>=3 and not {2})"))
        return demand(form.format(one, two, three))

    def request(self) -> Request:
        self.calls += 1
        asked = self.rng.choice(self.demands)
        return Request(
            call=f"c{self.calls}", server=SERVER, entered=self.now, steps=(Step(0.0, asked), Step(600.0, ANYBODY))
        )

    def timed(self, what: Callable[[], object]) -> object:
        wall, began = time.perf_counter_ns(), time.thread_time_ns()
        found = what()
        took, passed = time.thread_time_ns() - began, time.perf_counter_ns() - wall
        self.took.append(took / 1000.0)
        self.by_the_wall.append(passed / 1000.0)
        return found

    def full(self, events: int, waiting: int = WAITING) -> None:
        """So many calls wait; agents end calls one after another, and calls come."""
        while len(self.router) < waiting:
            self.router.ask(self.request(), self.now)
        agents = list(self.levels)
        for n in range(events):
            self.now += 0.05
            if len(self.router) < waiting:
                request = self.request()
                if self.timed(lambda r=request: self.router.ask(r, self.now)) is not None:  # type: ignore[misc]
                    continue
            agent = agents[n * 7919 % len(agents)]
            self.router.busy(agent)
            self.timed(lambda a=agent: self.router.free(a, self.now, self.now))  # type: ignore[misc]

    def slack(self, events: int, share: float = 0.1) -> None:
        """A tenth of the agents are free; each call takes one, and another comes free."""
        agents = list(self.levels)
        if not self.busy:
            self.busy = agents[: int(len(agents) * (1 - share))]
            for agent in agents[len(self.busy) :]:
                self.router.free(agent, self.now, self.now)
        busy = self.busy
        for _ in range(events):
            self.now += 0.05
            request = self.request()
            match = self.timed(lambda r=request: self.router.ask(r, self.now))  # type: ignore[misc]
            if match is None:
                self.router.withdraw(request.call)
                continue
            busy.append(match.agent)  # type: ignore[attr-defined]
            n = self.rng.randrange(len(busy))
            busy[n], busy[-1] = busy[-1], busy[n]
            back = busy.pop()
            self.timed(lambda a=back: self.router.free(a, self.now, self.now))  # type: ignore[misc]


def scan(agents: int, decisions: int = 60) -> float:
    """Microseconds of a decision by looking at every free agent (a tenth) or every waiting call."""
    floor = Floor(agents)
    free = {agent: floor.rng.random() for agent in list(floor.levels)[: max(1, agents // 10)]}
    waiting = [(floor.rng.choice(floor.demands), floor.rng.random()) for _ in range(WAITING)]
    began = time.thread_time_ns()
    for n in range(decisions):
        best = float("-inf")
        if n % 2:
            asked = floor.rng.choice(floor.demands)
            for agent, since in free.items():
                levels = floor.levels[agent]
                if asked.meets(levels):
                    best = max(best, VALUES.level * sum(levels.get(skill, 0) for skill in asked.asks) - since)
        else:
            levels = floor.levels[f"a{n}"]
            for asked, since in waiting:
                if asked.meets(levels):
                    best = max(best, VALUES.level * sum(levels.get(skill, 0) for skill in asked.asks) - since)
    return (time.thread_time_ns() - began) / 1000.0 / decisions


def poll(agents: int, callers: int = 10) -> float:
    """Microseconds of processor time one second of polling costs at so many waiting callers, from a few callers' scans."""
    floor = Floor(agents)
    busy = dict.fromkeys(floor.levels, True)
    began = time.thread_time_ns()
    for _ in range(callers):
        asked = floor.rng.choice(floor.demands)
        for agent, levels in floor.levels.items():
            if asked.meets(levels) and not busy[agent]:
                break
    return (time.thread_time_ns() - began) / 1000.0 / callers * WAITING


def played(agents: int, events: int) -> tuple[Floor, Floor]:
    full, slack = Floor(agents), Floor(agents)
    for floor, play in ((full, full.full), (slack, slack.slack)):
        play(events // 5)
        floor.took.clear()
        floor.by_the_wall.clear()
        gc.collect()
        play(events)
    return full, slack


def run(events: int = 20_000) -> Result:
    """The greater 99th percentile of the two floors at 10,000 agents, and how the median grows with the crew."""
    notes: dict[str, float | str] = {}
    medians: dict[int, float] = {}
    worst = p50 = 0.0
    for agents in CREWS:
        floors = dict(zip(("full", "slack"), played(agents, events), strict=True))
        for name, floor in floors.items():
            notes[f"{agents} agents, {name}: p50 / p99 / most µs (p99 by the wall)"] = (
                f"{percentile(floor.took, 0.5):.1f} / {percentile(floor.took, 0.99):.1f} / {max(floor.took):.0f} "
                f"({percentile(floor.by_the_wall, 0.99):.1f})"
            )
        medians[agents] = max(percentile(floor.took, 0.5) for floor in floors.values())
        if agents == AGENTS:
            worst = max(percentile(floor.took, 0.99) for floor in floors.values())
            p50 = medians[agents]
    growth = log(medians[CREWS[-1]] / medians[CREWS[0]]) / log(CREWS[-1] / CREWS[0])
    peers = {f"scan of all, {agents} agents, µs": round(scan(agents), 1) for agents in CREWS}
    peers["polling once a second, µs of each second"] = round(poll(AGENTS), 0)
    return Result(
        name="acd_match",
        unit=f"µs (p99 of one event, {AGENTS:,} agents, {WAITING:,} waiting)",
        value=round(worst, 1),
        p50=round(p50, 1),
        p99=round(worst, 1),
        p_unit="µs",
        peers=peers,
        limit=f"p99 ≤ {P99_US:g} µs, growth with agents below linear",
        met=worst <= P99_US and growth < 1.0,
        notes=notes | {"growth: exponent of agents": round(growth, 2), "skills": SKILLS, "demands": 160},
    )

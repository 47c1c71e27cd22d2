"""A little flexibility goes a long way: six kinds of calls, ninety agents, one to six skills each, 84 erlangs.

Played by the ACD's own router, and by plain rules beside it (primary skill first, then longest idle; an agent who comes
free looks at his primary queue first) on the same calls, and held against Wallace and Whitt (2005) and, for full
flexibility, against M/M/90/120. Then a shift of equal agents: how far their utilisations are apart."""

import random
from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import combinations
from math import sqrt
from typing import Protocol

from acd.routing import Request, Router, Step, Values
from benchmarks.result import Result
from config.demands import demand
from config.routing import RoutingSettings

KINDS, AGENTS, PLACES, ERLANGS, TALK_S = 6, 90, 30, 84.0, 600.0
IN_TIME_S = 20.0
BATCHES = 20
PUBLISHED = {1: (0.0378, 0.556, 2.44), 2: (0.0042, 0.422, 0.58), 3: (0.0032, 0.380, 0.46), 6: (0.0036, 0.378, 0.447)}
"""By skills per agent: blocked, probability of waiting, mean wait in minutes."""
ASKS = tuple((Step(0.0, demand(f"k{kind}")),) for kind in range(KINDS))
LEVEL = RoutingSettings().level
"""Points for a level, as the house has them when nothing else is set."""
ROUNDING = (0.00005, 0.0005, 0.005)


def skills_of(each: int) -> list[tuple[int, ...]]:
    """Each agent's skills, the primary first; secondaries are spread evenly."""
    found: list[tuple[int, ...]] = []
    for primary in range(KINDS):
        others = [kind for kind in range(KINDS) if kind != primary]
        sets = list(combinations(others, each - 1))
        found += [(primary, *sets[n % len(sets)]) for n in range(AGENTS // KINDS)]
    return found


class Matching(Protocol):
    """Who takes which call: the agent for a call that comes (else it waits, if it may), the call for an agent."""

    def ask(self, call: int, kind: int, now: float, may_wait: bool) -> int | None: ...

    def free(self, agent: int, now: float) -> int | None: ...


class Ours:
    """The ACD's router with the house's values: levels 2 and 1, points for a level, longest wait, longest idle."""

    def __init__(self, skills: list[tuple[int, ...]], level: float) -> None:
        self._router = Router(Values(level=level))
        for agent, kinds in enumerate(skills):
            self._router.enrol(str(agent), "", {f"k{kind}": 2 if n == 0 else 1 for n, kind in enumerate(kinds)}, 0.0)
        self._router.open("", 0.0)
        for agent in range(len(skills)):
            self._router.free(str(agent), 0.0, 0.0)

    def ask(self, call: int, kind: int, now: float, may_wait: bool) -> int | None:
        match = self._router.ask(Request(call=str(call), server="", entered=now, steps=ASKS[kind]), now)
        if match is None and not may_wait:
            self._router.withdraw(str(call))
        return int(match.agent) if match is not None else None

    def free(self, agent: int, now: float) -> int | None:
        match = self._router.free(str(agent), now, now)
        return int(match.call) if match is not None else None


class PrimaryFirst:
    """The rule of the paper, plainly."""

    def __init__(self, skills: list[tuple[int, ...]]) -> None:
        self._skills = skills
        self._idle = {agent: 0.0 for agent in range(len(skills))}
        self._queues: list[deque[tuple[float, int]]] = [deque() for _ in range(KINDS)]

    def ask(self, call: int, kind: int, now: float, may_wait: bool) -> int | None:
        able = [(self._skills[a][0] != kind, since, a) for a, since in self._idle.items() if kind in self._skills[a]]
        if not able:
            if may_wait:
                self._queues[kind].append((now, call))
            return None
        agent = min(able)[2]
        del self._idle[agent]
        return agent

    def free(self, agent: int, now: float) -> int | None:
        primary, *others = self._skills[agent]
        if self._queues[primary]:
            return self._queues[primary].popleft()[1]
        waiting = [(self._queues[kind][0], kind) for kind in others if self._queues[kind]]
        if not waiting:
            self._idle[agent] = now
            return None
        return self._queues[min(waiting)[1]].popleft()[1]


class Batch:
    """What became of the calls of one batch."""

    __slots__ = ("blocked", "calls", "in_time", "taken", "waited", "waited_s")

    def __init__(self) -> None:
        self.calls = self.blocked = self.taken = self.waited = self.in_time = 0
        self.waited_s = 0.0

    def figures(self) -> tuple[float, float, float, float]:
        """Share blocked; of those taken the share that waited and the mean wait in minutes; share answered in time."""
        taken = max(1, self.taken)
        return (
            self.blocked / self.calls,
            self.waited / taken,
            self.waited_s / taken / 60.0,
            self.in_time / self.calls,
        )


class Floor:
    """Calls come at random, wait in their places, talk and go; `warm` calls are played before any is counted."""

    def __init__(
        self, matching: Matching, *, talk_s: float = TALK_S, erlangs: float = ERLANGS, kinds: int = KINDS
    ) -> None:
        self._matching, self._talk_s, self._rate, self._kinds = matching, talk_s, erlangs / talk_s, kinds
        self._ends: list[tuple[float, int]] = []
        self._waiting: dict[int, tuple[float, float, Batch]] = {}
        self.now = 0.0
        self.busy_s = [0.0] * AGENTS

    def play(self, calls: int, seed: int, warm: int) -> list[Batch]:
        """The same seed brings the same calls to any matching."""
        rng = random.Random(seed)
        size = max(1, calls // BATCHES)
        batches, before = [Batch() for _ in range(BATCHES)], Batch()
        arrival = self.now
        for number in range(warm + size * BATCHES):
            arrival += rng.expovariate(self._rate)
            kind, talk = rng.randrange(self._kinds), rng.expovariate(1.0 / self._talk_s)
            self._until(arrival)
            if number == warm:
                self.busy_s = [0.0] * AGENTS
                for end, talking in self._ends:
                    self.busy_s[talking] = end - arrival
            batch = batches[(number - warm) // size] if number >= warm else before
            batch.calls += 1
            may_wait = len(self._waiting) < PLACES
            agent = self._matching.ask(number, kind, arrival, may_wait)
            if agent is not None:
                self._starts(agent, (arrival, talk, batch))
            elif may_wait:
                self._waiting[number] = (arrival, talk, batch)
            else:
                batch.blocked += 1
        for end, talking in self._ends:
            self.busy_s[talking] -= max(0.0, end - self.now)
        return batches

    def _until(self, instant: float) -> None:
        while self._ends and self._ends[0][0] <= instant:
            self.now, agent = heappop(self._ends)
            call = self._matching.free(agent, self.now)
            if call is not None:
                self._starts(agent, self._waiting.pop(call))
        self.now = instant

    def _starts(self, agent: int, call: tuple[float, float, Batch]) -> None:
        arrived, talk, batch = call
        wait = self.now - arrived
        batch.taken += 1
        batch.waited += wait > 0
        batch.waited_s += wait
        batch.in_time += wait <= IN_TIME_S
        self.busy_s[agent] += talk
        heappush(self._ends, (self.now + talk, agent))


def mean(values: Sequence[float]) -> tuple[float, float]:
    """The mean of batches and the half-width of its 95 % interval (Student, 19 degrees of freedom)."""
    middle = sum(values) / len(values)
    spread = sqrt(sum((value - middle) ** 2 for value in values) / (len(values) - 1) / len(values))
    return middle, 2.093 * spread


def columns(batches: Sequence[Batch]) -> list[list[float]]:
    return [list(column) for column in zip(*(batch.figures() for batch in batches), strict=True)]


def agrees(batches: Sequence[Batch], published: tuple[float, float, float]) -> bool:
    """Whether the figures are the published ones within the intervals; those of the paper are taken to be as wide."""
    return all(
        abs(middle - there) <= sqrt(2.0) * half + rounding
        for (middle, half), there, rounding in zip(
            (mean(column) for column in columns(batches)[:3]), published, ROUNDING, strict=True
        )
    )


def fairness(seed: int, hours: float = 8.0, talk_s: float = 180.0) -> tuple[float, float]:
    """Utilisation of ninety equal agents over a shift: its standard deviation, and the greatest less the least."""
    floor = Floor(Ours([(0,)] * AGENTS, LEVEL), talk_s=talk_s, kinds=1)
    floor.play(2_000, seed, 0)
    began = floor.now
    floor.play(int(hours * 3600.0 * ERLANGS / talk_s), seed + 1000, 0)
    shares = [busy / (floor.now - began) for busy in floor.busy_s]
    middle = sum(shares) / len(shares)
    return sqrt(sum((share - middle) ** 2 for share in shares) / len(shares)), max(shares) - min(shares)


def run(calls: int = 400_000, level: float = LEVEL) -> Result:
    """The gain in mean wait by two skills, as a share of what full flexibility gains."""
    notes: dict[str, float | str] = {}
    good, minutes = True, {}
    for each, published in PUBLISHED.items():
        skills = skills_of(each)
        plain = Floor(PrimaryFirst(skills)).play(calls, each, 20_000)
        ours = Floor(Ours(skills, level)).play(calls, each, 20_000)
        for name, batches in (("primary first", plain), ("ours", ours)):
            notes[f"{each} skills, {name}: blocked, waited, minutes, in time"] = ", ".join(
                f"{middle:.4f} ± {half:.4f}" for middle, half in map(mean, columns(batches))
            )
        gain, half = mean([a - b for a, b in zip(columns(ours)[3], columns(plain)[3], strict=True)])
        notes[f"{each} skills, ours in time beyond primary first"] = f"{gain:+.5f} ± {half:.5f}"
        notes[f"{each} skills, as published"] = "yes" if agrees(plain, published) else "no"
        good = good and agrees(plain, published) and gain + half >= 0.0
        minutes[each] = mean(columns(ours)[2])[0]
    spreads = [fairness(seed) for seed in range(1, 6)]
    worst = max(spread for spread, _ in spreads)
    notes["utilisation of equal agents over 8 h, standard deviation / greatest less least (worst of 5)"] = (
        f"{worst:.4f} / {max(apart for _, apart in spreads):.4f}"
    )
    share = (minutes[1] - minutes[2]) / (minutes[1] - minutes[6])
    return Result(
        name="acd_flexibility",
        unit="share of full flexibility's gain in mean wait that two skills bring",
        value=round(share, 3),
        limit="as published, ours no worse than primary first, utilisation within 2 %",
        met=good and worst <= 0.02,
        notes=notes,
    )

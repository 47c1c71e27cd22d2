"""Plays rules in scenarios over several seeds on all cores, and sums up what they came to."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from math import sqrt
from time import process_time

import msgspec

from simulator.lab.rules import RULES
from simulator.lab.scenarios import scenario
from simulator.lab.world import Counted, World

STUDENT = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 8: 2.36, 16: 2.13}
HOUR_S = 3600.0
MINUTE_S = 60.0
LEAST_ANSWERS = 30


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One question to the lab: a rule, a scenario, a number of agents, a target."""

    rule: str
    scenario: str
    agents: int
    target: float = 0.0297
    hours: float = 0.0
    """0 takes the scenario's own."""
    answer: float = 0.0
    """0 takes the scenario's own."""
    tick_s: float = 0.5


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What one seed came to; shares as fractions, times in seconds."""

    cell: Cell
    seed: int
    utilisation: float
    abandonment: float
    wait_s: float
    worst_hour: float
    hours_above: float
    first_quarter: float
    """Share abandoned in the first 15 minutes."""
    placed: int
    cpu_s: float
    after_leaving: float = 0.0
    """Share abandoned in the minutes that follow a fall of the number of agents."""
    timeline: tuple[tuple[float, int, int], ...] = ()
    """For each minute: when it began, live answers, abandoned."""
    connected: int = 0
    present_s: float = 0.0
    """Agent-seconds signed in."""


class Summed(msgspec.Struct, frozen=True, kw_only=True):
    """A cell over its seeds; `within` is half the 95 % interval of the utilisation (Student's t)."""

    cell: Cell
    utilisation: float
    within: float
    abandonment: float
    wait_s: float
    worst_hour: float
    hours_above: float
    first_quarter: float
    seeds: int
    after_leaving: float = 0.0
    connected_per_hour: float = 0.0
    """Conversations an agent-hour."""
    placed_per_hour: float = 0.0
    """Calls placed an agent-hour."""


def play(cell: Cell, seed: int) -> Played:
    """One cell with one seed."""
    began = process_time()
    plan = scenario(cell.scenario)
    if cell.answer:
        plan = msgspec.structs.replace(plan, answer=cell.answer, **_others(cell.answer))
    hours = cell.hours or plan.hours
    world = World(
        plan.laws, plan.course(cell.agents), RULES[cell.rule](cell.target, plan.laws), seed=seed, tick_s=cell.tick_s
    )
    counted = world.run(plan.warm_up_s + hours * HOUR_S, warm_up_s=plan.warm_up_s)
    lost = _after_leaving(counted.answers, plan.course(cell.agents).agents)
    return played(cell, seed, counted, process_time() - began, after_leaving=lost)


def played(cell: Cell, seed: int, counted: Counted, cpu_s: float, *, after_leaving: float = 0.0) -> Played:
    """What a run came to."""
    worst, above = _rolling_hours(counted.answers)
    early = [late for at, late in counted.answers if at < 900.0]
    return Played(
        cell=cell,
        seed=seed,
        utilisation=counted.utilisation,
        abandonment=counted.abandonment,
        wait_s=counted.wait_s,
        worst_hour=worst,
        hours_above=above,
        first_quarter=sum(early) / len(early) if early else 0.0,
        placed=counted.placed,
        after_leaving=after_leaving,
        cpu_s=cpu_s,
        timeline=_minutes(counted.answers),
        connected=counted.connected,
        present_s=counted.signed_in_s,
    )


def play_all(cells: Sequence[Cell], seeds: Sequence[int], *, processes: int | None = None) -> Iterator[Played]:
    """All cells with all seeds, as they are done; the longest are begun first."""
    asked = sorted(((cell, seed) for cell in cells for seed in seeds), key=lambda one: -one[0].agents)
    return play_each(asked, processes=processes)


def play_each(asked: Sequence[tuple[Cell, int]], *, processes: int | None = None) -> Iterator[Played]:
    """Each cell with its seed, begun in this order, as they are done."""
    with ProcessPoolExecutor(processes or os.cpu_count() or 1) as pool:
        for done in as_completed([pool.submit(play, cell, seed) for cell, seed in asked]):
            yield done.result()


def summed(played: Sequence[Played]) -> list[Summed]:
    """The seeds of each cell together, in the order the cells first appear."""
    cells: dict[bytes, list[Played]] = {}
    for one in played:
        cells.setdefault(msgspec.json.encode(one.cell), []).append(one)
    return [_sum(rows) for rows in cells.values()]


def _sum(rows: list[Played]) -> Summed:
    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    utilisations = [row.utilisation for row in rows]
    middle, count = mean(utilisations), len(rows)
    spread = sqrt(sum((value - middle) ** 2 for value in utilisations) / max(1, count - 1))
    return Summed(
        cell=rows[0].cell,
        utilisation=middle,
        within=STUDENT.get(count, 2.0) * spread / sqrt(count) if count > 1 else 0.0,
        abandonment=mean([row.abandonment for row in rows]),
        wait_s=mean([row.wait_s for row in rows]),
        worst_hour=mean([row.worst_hour for row in rows]),
        hours_above=mean([row.hours_above for row in rows]),
        first_quarter=max(row.first_quarter for row in rows),
        seeds=count,
        after_leaving=mean([row.after_leaving for row in rows]),
        connected_per_hour=_per_hour(rows, "connected"),
        placed_per_hour=_per_hour(rows, "placed"),
    )


def _per_hour(rows: list[Played], what: str) -> float:
    present_h = sum(row.present_s for row in rows) / HOUR_S
    return sum(getattr(row, what) for row in rows) / present_h if present_h else 0.0


def _others(answer: float) -> dict[str, float]:
    """Busy and machine shares that go with an answer rate (20, 35 and 60 % measured, between them in proportion)."""
    known = ((0.20, 0.10, 0.20), (0.35, 0.08, 0.20), (0.60, 0.05, 0.12))
    nearest = min(known, key=lambda row: abs(row[0] - answer))
    return {"busy": nearest[1], "machine": nearest[2]}


def _rolling_hours(answers: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """The worst rolling hour's share of abandoned answers, and the share of rolling hours above 3 %, by the minute."""
    minutes = _minutes(answers)
    worst, above, looked = 0.0, 0, 0
    for end in range(60, len(minutes) + 1):
        live = sum(row[1] for row in minutes[end - 60 : end])
        late = sum(row[2] for row in minutes[end - 60 : end])
        if live >= LEAST_ANSWERS:
            looked += 1
            worst = max(worst, late / live)
            above += late > 0.03 * live
    return worst, above / looked if looked else 0.0


def _after_leaving(answers: Sequence[tuple[float, bool]], agents: Callable[[float], int]) -> float:
    """The share abandoned of the answers that came less than a minute after agents had left."""
    after = [late for at, late in answers if at >= MINUTE_S and agents(at - MINUTE_S) > agents(at)]
    return sum(after) / len(after) if after else 0.0


def _minutes(answers: Sequence[tuple[float, bool]]) -> tuple[tuple[float, int, int], ...]:
    if not answers:
        return ()
    first, last = int(answers[0][0] // 60), int(answers[-1][0] // 60)
    live, late = [0] * (last - first + 1), [0] * (last - first + 1)
    for at, abandoned in answers:
        live[int(at // 60) - first] += 1
        late[int(at // 60) - first] += abandoned
    return tuple((60.0 * (first + n), live[n], late[n]) for n in range(len(live)))

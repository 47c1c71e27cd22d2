"""What other targets would bring a campaign from now on: a few hours of the lab with its own laws and its agents of now."""

from collections.abc import Sequence
from math import log, sqrt
from time import monotonic

import msgspec

from simulator.lab.learned import Learned
from simulator.lab.play import Cell
from simulator.lab.replay import Terms, run, steady_course
from simulator.lab.world import Counted, Course

WARM_UP_S = 600.0
TRIAL_S = 300.0
LEAST_S, MOST_S = 1200.0, 36_000.0
SEEDS = 2
TWO_SIDED = 2.8
"""Standard errors in half a 95 % interval, with the few points there are."""
STEADIED = ("utilisation", "wait_s", "talk_s", "calls", "conversations")
FITTED = (0.005, 0.12)
"""Targets between which talk is a straight line of the target's logarithm, to a fifth of a point."""


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """One rule and target: shares, seconds, and sums of all agents an hour; `change_s` of talk an agent-hour against the
    campaign's own, known to `within_s` (95 %)."""

    rule: str
    target: float
    own: bool
    utilisation: float
    abandonment: float
    wait_s: float
    talk_s: float
    calls: float
    conversations: float
    change_s: float = 0.0
    within_s: float = 0.0


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """All rows, the campaign's own first, and how many hours each was played for."""

    agents: int
    answer_rate: float
    attempts: int
    hours: float
    rows: tuple[Foreseen, ...]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The campaign's own rule and target, the targets to compare, for so many agents, within so many seconds."""

    rule: str
    target: float
    targets: tuple[float, ...]
    agents: int
    seconds: float


def foresee(day: Learned, terms: Terms, asked: Asked) -> Sight:
    """Play every target as long as the time allows; raises TooLittle."""
    began = monotonic()
    course = steady_course(day, terms, asked.agents)
    cells = dict.fromkeys([(asked.rule, asked.target), *(("predictive", one) for one in asked.targets)])
    _run(day, terms, course, asked, ("predictive", max(cells)[1]), 1, TRIAL_S)
    cost = (monotonic() - began) / (TRIAL_S + WARM_UP_S)
    share = asked.seconds / (len(cells) * SEEDS * max(1e-9, cost)) - WARM_UP_S
    length = min(MOST_S, max(LEAST_S, share))
    counted: dict[tuple[str, float], list[Counted]] = {cell: [] for cell in cells}
    for seed in range(1, SEEDS + 1):
        for cell in cells if seed == 1 or monotonic() - began < asked.seconds * 0.6 else ():
            counted[cell].append(_run(day, terms, course, asked, cell, seed, length))
    talk_s = sum(day.talk_s) / len(day.talk_s)
    rows = [_row(cell, runs, asked, talk_s) for cell, runs in counted.items()]
    fate = course.fate(0.0)
    return Sight(
        agents=asked.agents,
        answer_rate=fate.human / max(1e-9, 1.0 - fate.failed),
        attempts=day.outcomes,
        hours=round(length * len(counted[asked.rule, asked.target]) / 3600.0, 1),
        rows=tuple(_compared(rows)),
    )


def _run(
    day: Learned, terms: Terms, course: Course, asked: Asked, cell: tuple[str, float], seed: int, length: float
) -> Counted:
    rule, target = cell
    one = Cell(rule=rule, scenario="now", agents=asked.agents, target=target)
    return run(day, terms, one, seed, course, length, warm_up_s=WARM_UP_S)


def _row(cell: tuple[str, float], runs: list[Counted], asked: Asked, talk_s: float) -> Foreseen:
    present_h = sum(one.signed_in_s for one in runs) / 3600.0 or 1.0
    connected = sum(one.connected for one in runs)
    abandoned = sum(one.abandoned for one in runs)
    idle_s = sum(one.signed_in_s - one.busy_s for one in runs)
    return Foreseen(
        rule=cell[0],
        target=cell[1],
        own=cell == (asked.rule, asked.target),
        utilisation=1.0 - idle_s / (3600.0 * present_h),
        abandonment=abandoned / max(1, connected + abandoned),
        wait_s=idle_s / max(1, connected),
        talk_s=talk_s * connected / present_h,
        calls=sum(one.placed for one in runs) * asked.agents / present_h,
        conversations=connected * asked.agents / present_h,
    )


def _compared(rows: Sequence[Foreseen]) -> list[Foreseen]:
    """Each against the campaign's own; neighbouring targets steady one another, since chance moves each by itself."""
    fitted = [row for row in rows if row.rule == "predictive" and FITTED[0] <= row.target <= FITTED[1]]
    noise = 0.0
    if len(fitted) >= 4:
        lines = {name: _Line([(log(row.target), getattr(row, name)) for row in fitted]) for name in STEADIED}
        noise = lines["talk_s"].noise
        rows = [
            msgspec.structs.replace(row, **{name: line.at(log(row.target)) for name, line in lines.items()})
            if row in fitted
            else row
            for row in rows
        ]
    own = rows[0]
    return [
        msgspec.structs.replace(
            row,
            change_s=row.talk_s - own.talk_s,
            within_s=TWO_SIDED * noise * abs(log(row.target / own.target)) if row.target > 0.0 < own.target else 0.0,
        )
        for row in rows
    ]


class _Line:
    """The straight line nearest to the points; `noise` is the standard error of its slope."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        self._x = sum(x for x, _ in points) / len(points)
        self._y = sum(y for _, y in points) / len(points)
        spread = sum((x - self._x) ** 2 for x, _ in points)
        self._slope = sum((x - self._x) * y for x, y in points) / spread
        off = sum((y - self.at(x)) ** 2 for x, y in points)
        self.noise = sqrt(off / max(1, len(points) - 2) / spread)

    def at(self, x: float) -> float:
        return self._y + self._slope * (x - self._x)

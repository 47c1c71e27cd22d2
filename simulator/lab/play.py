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
        connected_per_hour=_per_hour(rows, "connected"),
        placed_per_hour=_per_hour(rows, "placed"),

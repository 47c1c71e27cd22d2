"""Erlang's formulas: blocking (B), waiting (C) and waiting with impatience (A), in forms that stay exact for large crews.

Load `a` is in erlangs, times in seconds. Formulas: Erlang B by its recursion; A by the birth and death weights outward
from the likeliest state, the virtual wait by its density (Zeltyn and Mandelbaum, 2005).
"""

from math import exp, log
from typing import NamedTuple

import numpy as np

LEAST = 1e-18
"""States less likely than this, against the likeliest, are left out."""
PANELS = 2000


class Wait(NamedTuple):
    """What callers find: the share that waits, the share answered within the threshold (of those offered), the mean
    wait of all in seconds, the share that gives up."""

    waits: float
    in_time: float
    mean_s: float
    abandons: float = 0.0


def blocked(a: float, agents: int) -> float:
    """Erlang B: the share of calls that finds all `agents` busy when nobody may wait."""
    if a <= 0.0:
        return 0.0 if agents else 1.0
    inverse = 1.0
    for k in range(1, agents + 1):
        inverse = 1.0 + inverse * k / a
    return 1.0 / inverse


def patient(a: float, agents: int, handling_s: float, threshold_s: float) -> Wait:
    """Erlang C: everybody waits as long as it takes. With as much load as agents or more the queue grows for ever."""
    if a >= agents:
        return Wait(1.0, 0.0, float("inf"))
    lost = blocked(a, agents)
    waits = lost / (1.0 - a / agents * (1.0 - lost))
    spare = agents - a
    return Wait(waits, 1.0 - waits * exp(-spare * threshold_s / handling_s), waits * handling_s / spare)


def impatient(a: float, agents: int, handling_s: float, patience_s: float, threshold_s: float) -> Wait:
    """Erlang A: a caller gives up after an exponential time of mean `patience_s`."""
    if a <= 0.0 or agents <= 0:
        return Wait(0.0, 1.0, 0.0) if agents else Wait(1.0, 0.0, patience_s, 1.0)
    weights, last_free = _weights(a, agents, handling_s / patience_s)
    total = sum(weights.values())
    waits = sum(weight for state, weight in weights.items() if state >= agents) / total
    queued = sum((state - agents) * weight for state, weight in weights.items() if state > agents) / total
    rate, leaving = a / handling_s, 1.0 / patience_s
    in_time = 1.0 - waits + _served_within(threshold_s, rate, agents / handling_s, leaving, last_free - log(total))
    return Wait(waits, in_time, queued / rate, leaving * queued / rate)


def _weights(a: float, agents: int, giving_up: float) -> tuple[dict[int, float], float]:
    """States by weight, the likeliest 1, and the logarithm of the weight of the state with one agent free.

    `giving_up` is how many callers in the queue leave in the time of one conversation, each."""

    def leaves(state: int) -> float:
        return min(state, agents) + max(0, state - agents) * giving_up

    likeliest = int(a) if a < agents else int(agents + (a - agents) / giving_up)
    weights = {likeliest: 1.0}
    weight, state = 1.0, likeliest
    while weight > LEAST:
        weight *= a / leaves(state + 1)
        state += 1
        weights[state] = weight
    weight, state = 1.0, likeliest
    while weight > LEAST and state > 0:
        weight *= leaves(state) / a
        state -= 1
        weights[state] = weight
    one_free = agents - 1
    if one_free in weights:
        return weights, log(weights[one_free])
    below, above = sorted((likeliest, one_free))
    steps = sum(log(leaves(state) / a) for state in range(below + 1, above + 1))
    return weights, steps if one_free < likeliest else -steps


def _served_within(threshold_s: float, rate: float, serving: float, leaving: float, one_free: float) -> float:
    """The share of all callers who wait, are still there when their turn comes, and get it within the threshold.

    `one_free` is the logarithm of the chance that one agent is free; the virtual wait x has the density
    rate * p * exp(rate/leaving * (1 - exp(-leaving*x)) - serving*x), and exp(-leaving*x) have patience for it."""
    panels = 2 * max(PANELS, int(threshold_s * serving * 10))
    x = np.linspace(0.0, threshold_s, panels + 1)
    height = np.exp(log(rate) + one_free - rate / leaving * np.expm1(-leaving * x) - (serving + leaving) * x)
    return float((height[0] + 4.0 * height[1::2].sum() + 2.0 * height[2:-1:2].sum() + height[-1]) * threshold_s) / (
        3.0 * panels
    )

"""Campaigns that share agents: each counts the other's calls by what they are worth, and each keeps its own target."""

from collections import deque
from heapq import heappop, heappush
from random import Random

import pytest

from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.pacing import PaceView, pacer_for
from dialer.pacing.rivals import Rival, answers

from .floor import NOON, campaign, pacing
from .small_floor import _lognormal as lognormal

PATIENCE_S = 2.0


class Line:
    """One campaign on the shared floor."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.forecast, self.budget = Forecast(25.0), Budget(0.028)
        self.pacer = pacer_for(campaign("predictive", pacing=pacing()), self.forecast, self.budget)
        self.pending: dict[int, float] = {}
        self.waiting = self.connected = self.abandoned = 0

    @property
    def share(self) -> float:
        return self.abandoned / (self.abandoned + self.connected)


def work(lines: list[Line], *, agents: int, hours: float, seed: int, warm_s: float = 1200.0) -> float:
    """Let all campaigns dial for the same agents; returns how busy they were."""
    dice, heap = Random(seed), []
    queue: deque[tuple[float, int, Line]] = deque()
    free, talking, wrapping, serial, busy_s = agents, 0, 0, 0, 0.0
    whose: dict[int, Line] = {}

    def later(at: float, what: str, which: int) -> None:
        heappush(heap, (at, len(heap), dice.random(), what, which))

    def connect(now: float, line: Line) -> None:
        nonlocal free, talking, busy_s
        free, talking = free - 1, talking + 1
        line.budget.connected(now)
        line.connected += now > warm_s
        talk = lognormal(dice, 12.0, 0.6) if dice.random() < 0.6 else lognormal(dice, 120.0, 0.8)
        wrap = dice.gammavariate(1 / 0.36, 15.0 * 0.36)
        line.forecast.talked(talk)
        line.forecast.wrapped(wrap)
        busy_s += talk + wrap if now > warm_s else 0.0
        later(now + talk, "wrap", 0)
        later(now + talk + wrap, "free", 0)

    later(0.0, "tick", 0)
    while heap[0][0] < hours * 3600.0:
        now, _, _, what, which = heappop(heap)
        line = whose.get(which, lines[0])
        if what == "tick":
            later(now + 1.0, "tick", 0)
            for one in lines:
                others = [Rival(o.forecast, o.pending.values(), (), o.waiting, 1.0) for o in lines if o is not one]
                seen = PaceView(
                    now=now, free=free, talking=talking, wrapping=wrapping, pending=one.pending.values(),
                    waiting=one.waiting, room=10_000, shared=sum(len(o.pending) + o.waiting for o in lines if o is not one),
                    rivals=answers(others, now),
                )  # fmt: skip
                for _ in range(one.pacer.place(seen).count):
                    serial += 1
                    one.pending[serial], whose[serial] = now, one
                    fate, ring = dice.random(), lognormal(dice, 9.0, 0.6)
                    if fate < one.rate and ring < 25:
                        later(now + lognormal(dice, 2.0, 0.4) + ring, "answer", serial)
                    else:
                        later(now + 2.0 + (2.0 if fate < one.rate + 0.08 else 25.0), "other", serial)
        elif what == "answer":
            line.forecast.human(now - line.pending.pop(which), now)
            if free:
                connect(now, line)
            else:
                queue.append((now, which, line))
                line.waiting += 1
                later(now + PATIENCE_S, "gone", which)
        elif what == "other":
            line.forecast.other(now - line.pending.pop(which), now)
        elif what == "gone":
            if queue and queue[0][1] == which:
                queue.popleft()
                line.waiting -= 1
                line.budget.abandoned(now)
                line.abandoned += now > warm_s
        elif what == "wrap":
            talking, wrapping = talking - 1, wrapping + 1
        else:
            wrapping, free = wrapping - 1, free + 1
            if queue:
                _, _, first = queue.popleft()
                first.waiting -= 1
                connect(now, first)
    return busy_s / (agents * (hours * 3600.0 - warm_s))


def test_two_campaigns_with_the_same_agents_both_keep_their_targets() -> None:
    lines = [Line(0.2), Line(0.5)]
    busy = work(lines, agents=20, hours=3.0, seed=7)
    for line in lines:
        assert line.share < 0.04
        assert line.connected > 150
    assert busy > 0.75


def test_agents_another_campaign_is_about_to_take_are_not_counted_twice() -> None:
    other = Forecast(25.0)
    pacer = pacer_for(campaign("predictive"), Forecast(25.0), Budget(0.028))
    seen = dict(now=NOON, free=5, talking=40, wrapping=10, pending=(), waiting=0, room=1000)
    alone = pacer.place(PaceView(**seen)).count
    rivals = answers([Rival(other, [NOON - 8.0] * 30, (), 2, 1.0)], NOON)
    assert pacer.place(PaceView(**seen, shared=32, rivals=rivals)).count < alone


def test_rivals_calls_count_by_their_own_answer_rate_and_by_the_share_that_comes_here() -> None:
    eager, dull = Forecast(25.0), Forecast(25.0)
    for turn in range(600):
        (eager.human if turn % 2 else eager.other)(10.0, NOON + turn)
        (dull.human if turn % 20 == 0 else dull.other)(10.0, NOON + turn)
    now = NOON + 600.0
    out = [now - 2.0] * 10
    much, little = (answers([Rival(one, out, (), 0, 1.0)], now)[0][-1] for one in (eager, dull))
    assert much > 4 * little
    assert answers([Rival(eager, out, (), 0, 0.5)], now)[0][-1] == pytest.approx(much / 2)
    assert answers([], now) is None

"""A small floor to try a pacer on: calls with a law of ringing, agents who talk and wrap up, a seeded dice.

Set-up lognormal of mean 2 s, ringing lognormal of mean 9 s given up after 25 s, two talks in five long (120 s), the
others short (12 s), wrap-up gamma of mean 15 s, customers who wait 2 s: the model the published figures were made with.
"""

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from math import log, sqrt
from random import Random

from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.pacing import Pacer, PaceView

TICK_S = 1.0
PATIENCE_S = 2.0


@dataclass
class Shift:
    """What came of it, after the warm-up."""

    utilisation: float
    abandoned: int
    connected: int
    placed: int

    @property
    def abandonment(self) -> float:
        return self.abandoned / max(1, self.abandoned + self.connected)


def _lognormal(dice: Random, mean: float, cv: float) -> float:
    spread = sqrt(log(1 + cv * cv))
    return dice.lognormvariate(log(mean) - spread * spread / 2, spread)


def work(
    pacer: Pacer,
    forecast: Forecast,
    budget: Budget,
    *,
    agents: int,
    rate: float,
    hours: float,
    warm_s: float,
    seed: int,
) -> Shift:
    """Let the pacer dial for a floor of `agents` whose customers answer at `rate`."""
    dice = Random(seed)
    heap: list[tuple[float, int, str, int]] = []
    serial = 0
    free, talking, wrapping = agents, 0, 0
    pending: dict[int, float] = {}
    queue: deque[tuple[float, int]] = deque()
    busy_s = 0.0
    shift = Shift(0.0, 0, 0, 0)
    end = hours * 3600.0

    def later(at: float, what: str, which: int) -> None:
        nonlocal serial
        serial += 1
        heappush(heap, (at, serial, what, which))

    def connect(now: float) -> None:
        nonlocal free, talking, busy_s
        free -= 1
        talking += 1
        budget.connected(now)
        talk = _lognormal(dice, 12.0, 0.6) if dice.random() < 0.6 else _lognormal(dice, 120.0, 0.8)
        wrap = dice.gammavariate(1 / 0.36, 15.0 * 0.36)
        forecast.talked(talk)
        forecast.wrapped(wrap)
        later(now + talk, "wrap", 0)
        later(now + talk + wrap, "free", 0)
        if now > warm_s:
            shift.connected += 1
            busy_s += min(talk + wrap, end - now)

    later(0.0, "tick", 0)
    while heap and heap[0][0] < end:
        now, _, what, which = heappop(heap)
        if what == "tick":
            later(now + TICK_S, "tick", 0)
            view = PaceView(
                now=now,
                free=free,
                talking=talking,
                wrapping=wrapping,
                pending=pending.values(),
                waiting=len(queue),
                room=10_000,
            )
            for _ in range(pacer.place(view).count):
                serial += 1
                pending[serial] = now
                shift.placed += now > warm_s
                fate, setup = dice.random(), _lognormal(dice, 2.0, 0.4)
                ring = _lognormal(dice, 9.0, 0.6)
                if fate < rate and ring < 25:
                    later(now + setup + ring, "answer", serial)
                elif fate < rate + 0.08:
                    later(now + setup + 2, "other", serial)
                else:
                    later(now + setup + 25, "other", serial)
        elif what == "answer":
            forecast.human(now - pending.pop(which), now)
            if free:
                connect(now)
            else:
                queue.append((now, which))
                later(now + PATIENCE_S, "gone", which)
        elif what == "other":
            forecast.other(now - pending.pop(which), now)
        elif what == "gone":
            if queue and queue[0][1] == which:
                queue.popleft()
                budget.abandoned(now)
                shift.abandoned += now > warm_s
        elif what == "wrap":
            talking -= 1
            wrapping += 1
        else:
            wrapping -= 1
            free += 1
            if queue:
                queue.popleft()
                connect(now)
    shift.utilisation = busy_s / (agents * (end - warm_s))
    return shift

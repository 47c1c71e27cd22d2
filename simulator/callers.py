"""People who call us: Poisson arrivals for each queue of a scenario, each caller with his patience and his talk.

Patience is what a caller waits for anybody to speak; some are gone before they have heard the first bar of music.
"""

import random
from collections.abc import Sequence
from math import inf

from pydantic import Field

from config.fields import Line as Text
from config.fields import Name, Section, Share
from simulator.exchange import VirtualExchange
from simulator.legs import Ending, Fate
from simulator.population import PREFIXES, LogNormal
from telephony.numbers import PhoneNumber


class CallersLine(Section):
    """One queue of the scenario. Times in seconds."""

    name: Name = Field(description="Name of the queue.")
    title: str = Field("", description="Name shown to people.")
    line: Text = Field("", description="What its callers dial; its place in the list (9001, 9002 …) when not given.")
    per_hour: float = Field(gt=0, description="Callers an hour, at random.")
    share: Share = Field(0.5, description="Share of agents who serve it beside their campaign, the first of each PBX.")
    patience_mean_s: float = Field(120.0, gt=0, description="Mean wait before a caller gives up (exponential).")
    talk_mean_s: float = Field(120.0, gt=0, description="Mean talk.")
    talk_cv: float = Field(0.8, gt=0, description="Its coefficient of variation (lognormal).")
    withheld: Share = Field(0.05, description="Share of callers who withhold their number.")
    hasty: Share = Field(0.02, description="Share of callers who hang up within a second, whatever is going on.")
    wrap_up_s: float = Field(30.0, ge=0, description="Longest wrap-up after its calls.")
    announce_s: float = Field(45.0, ge=0, description="How often a waiting caller is told his place; 0 never.")
    service_level_s: float = Field(20.0, gt=0, description="Answered within this time is in time.")


class CallersAtWork:
    """The callers of one PBX: one heap entry a queue, each arrival plans the next; until `end` (epoch seconds)."""

    def __init__(
        self,
        exchange: VirtualExchange,
        lines: Sequence[CallersLine],
        dialled: Sequence[str],
        *,
        part: float,
        seed: str,
        end: float = inf,
    ) -> None:
        """`dialled` is each line's number, `part` this PBX's share of the callers."""
        self._exchange = exchange
        self._end = end
        for serial, (line, number) in enumerate(zip(lines, dialled, strict=True)):
            rng = random.Random(f"callers:{seed}:{exchange.server}:{serial}")
            self._plan((line, number, rng, part * line.per_hour / 3600, LogNormal.of(line.talk_mean_s, line.talk_cv)))

    def _plan(self, queue: tuple[CallersLine, str, random.Random, float, LogNormal]) -> None:
        self._exchange.later(queue[2].expovariate(queue[3]), self._calls, queue)

    def _calls(self, queue: tuple[CallersLine, str, random.Random, float, LogNormal]) -> None:
        line, dialled, rng, _, talk = queue
        if self._exchange.at >= self._end:
            return
        number = None if rng.random() < line.withheld else made_up_number(rng)
        fate = Fate(
            Ending.ANSWERS,
            patience_s=rng.expovariate(1 / line.patience_mean_s),
            talk_s=rng.lognormvariate(*talk),
            ended_by=16 if rng.random() < 0.5 else None,
        )
        hangs_up_s = rng.random() if rng.random() < line.hasty else inf
        self._exchange.call_in(number, dialled, fate, hangs_up_s=hangs_up_s)
        self._plan(queue)


def made_up_number(rng: random.Random) -> PhoneNumber:
    return PhoneNumber(f"+86{rng.choice(PREFIXES)}{rng.randrange(10**8):08d}")

"""Customers as a seeded population: who answers, after how long, how long he waits and talks.

The laws are those of the checked pacing model: set-up lognormal mean 2 s, ring lognormal mean 9 s truncated at 25 s, no
answer rings 25 s; a talk is a refusal (60 %, mean 12 s) or a conversation (40 %, mean 120 s).
"""

import math
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from simulator.legs import Ending, Fate
from simulator.odds import Odds
from telephony.numbers import PhoneNumber

FATES_BY_TAIL: dict[str, str] = {
    "01": "human",
    "02": "machine",
    "03": "busy",
    "04": "rings_out",
    "05": "congestion",
    "06": "silent",
    "07": "invalid",
}
"""The last two digits of a number that always does the same."""

PREFIXES = (
    "130",
    "131",
    "132",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "152",
    "158",
    "159",
    "177",
    "186",
    "188",
)


class LogNormal(NamedTuple):
    """A lognormal law by the mean and coefficient of variation people speak of."""

    mu: float
    sigma: float

    @classmethod
    def of(cls, mean: float, cv: float) -> "LogNormal":
        variance = math.log1p(cv * cv)
        return cls(math.log(mean) - variance / 2, math.sqrt(variance))


class Customers:
    """``simulator.legs.Population`` drawn from odds; the same seed and the same calls give the same fates.

    `season(now)` gives the share of humans and the scale of talk times at an instant (epoch seconds); None keeps the
    odds' own all day."""

    def __init__(
        self, odds: Odds, rng: random.Random, season: Callable[[float], tuple[float, float]] | None = None
    ) -> None:
        self.odds = odds
        self.rng = rng
        self.season = season
        self._setup = LogNormal.of(odds.setup_mean_s, odds.setup_cv)
        self._ring = LogNormal.of(odds.ring_mean_s, odds.ring_cv)
        self._refusal = LogNormal.of(odds.refusal_mean_s, odds.refusal_cv)
        self._conversation = LogNormal.of(odds.conversation_mean_s, odds.conversation_cv)

    def fate(self, digits: str, now: float) -> Fate:
        human, talk_scale = (self.odds.human, 1.0) if self.season is None else self.season(now)
        kind = FATES_BY_TAIL.get(digits[-2:]) or self._kind(human)
        rng = self.rng
        setup_s = rng.lognormvariate(*self._setup)
        if kind == "human":
            return self._human(setup_s, talk_scale)
        if kind == "rings_out":
            return Fate(Ending.RINGS_OUT, setup_s)
        if kind == "machine":
            missed = rng.random() < self.odds.amd_misses
            return Fate(
                Ending.ANSWERS,
                setup_s,
                self._ring_s(),
                patience_s=rng.uniform(20.0, 60.0),
                talk_s=rng.uniform(6.0, 20.0),
                amd="HUMAN" if missed else "MACHINE",
                amd_s=rng.uniform(*self.odds.amd_machine_s),
            )
        if kind == "busy":
            return Fate(Ending.BUSY, rng.expovariate(1 / self.odds.busy_mean_s) + 0.05, 0.0)
        if kind == "silent":
            return Fate(Ending.ANSWERS, setup_s, self._ring_s(), patience_s=30.0, talk_s=15.0, amd="NOTSURE", amd_s=2.5)
        return Fate(ENDINGS[kind], setup_s, self._ring_s() if kind == "declines" else 0.0)

    def _kind(self, human: float) -> str:
        odds = self.odds
        left = self.rng.random() - human
        if left < 0:
            return "human"
        scale = (1 - human) / max(1 - odds.human, 1e-9)
        for kind, share in odds.others:
            left -= share * scale
            if left < 0:
                return kind
        return "rings_out"

    def _human(self, setup_s: float, talk_scale: float) -> Fate:
        rng, odds = self.rng, self.odds
        talk_s = rng.lognormvariate(*(self._refusal if rng.random() < odds.refusal_share else self._conversation))
        wrongly_machine = rng.random() < odds.amd_mistakes
        return Fate(
            Ending.ANSWERS,
            setup_s,
            self._ring_s(),
            patience_s=odds.patience_min_s + rng.expovariate(1 / odds.patience_mean_s),
            talk_s=talk_s * talk_scale,
            amd="MACHINE" if wrongly_machine else "HUMAN",
            amd_s=rng.uniform(*odds.amd_machine_s) if wrongly_machine else rng.uniform(*odds.amd_person_s),
            ended_by=16 if rng.random() < odds.says_cause else None,
            opts_out=rng.random() < odds.opts_out,
        )

    def _ring_s(self) -> float:
        """A lognormal truncated at the longest ring (drawn again, so no lump at the end)."""
        longest = self.odds.ring_longest_s
        for _ in range(20):
            ring_s = self.rng.lognormvariate(*self._ring)
            if ring_s <= longest:
                return ring_s
        return longest


ENDINGS: dict[str, Ending] = {
    "congestion": Ending.CONGESTED,
    "invalid": Ending.NOT_ASSIGNED,
    "unavailable": Ending.UNAVAILABLE,
    "declines": Ending.DECLINES,
    "early_media_busy": Ending.EARLY_MEDIA_THEN_BUSY,
}


class MadeUpLead(NamedTuple):
    """A customer of the closed world."""

    id: int
    campaign: str
    customer: str
    number: PhoneNumber
    name: str


def make_leads(n: int, seed: int, campaign: str, *, first_id: int = 1, tails: bool = False) -> Iterator[MadeUpLead]:
    """`n` leads with distinct Chinese mobile numbers; the tails 01 to 07, whose fate is fixed, only with `tails`."""
    rng = random.Random(f"leads:{seed}:{campaign}")
    stride, block = 7_919, 10**8 // len(PREFIXES)
    offset = rng.randrange(block)
    made = 0
    for turn in range(10 * n + 1000):
        if made >= n:
            return
        prefix = PREFIXES[turn % len(PREFIXES)]
        subscriber = (offset + (turn // len(PREFIXES)) * stride) % 10**8
        digits = f"{prefix}{subscriber:08d}"
        if not tails and digits[-2:] in FATES_BY_TAIL:
            continue
        identity = first_id + made
        made += 1
        name = rng.choice(FAMILY_NAMES) + rng.choice(GIVEN_NAMES)
        yield MadeUpLead(identity, campaign, f"{campaign}{identity}", PhoneNumber(f"+86{digits}"), name)


FAMILY_NAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
GIVEN_NAMES = (
    "伟",
    "芳",
    "娜",
    "秀英",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "兰",
    "霞",
)

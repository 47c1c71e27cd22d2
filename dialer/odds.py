"""The probability that one lead is answered by a human, from what is known when it is dialled, learned call by call.

A logistic regression on traits (the hour of the customer's day, what his last attempts came to, his list, his region),
each weight a normal law that begins at nothing and narrows with evidence. What all leads have in common is not learned
here: it is the campaign's level, which the forecast keeps; here is only how one lead differs.
"""

from math import exp, log, pi, sqrt

import msgspec

from dialer.level import USUAL

Trait = tuple[str, str]
"""A kind of knowledge, and what is known, e.g. ("hour", "18")."""
Traits = tuple[Trait, ...]

DOUBT = {"history": 0.6, "hour": 0.35, "weekday": 0.15, "line": 0.35, "list": 0.4, "area": 0.35, "rest": 0.25}
"""How far a trait of each kind is thought to matter at first: a standard deviation in log-odds."""
MEMORY = 20_000.0
"""After so many calls with a trait half of what was known of it is from since then."""
FADING = 1.0 + 1.0 / MEMORY
MOST_TRAITS = 5000
JUDGED_OVER = 2000.0
KEPT = 1.0 - 1.0 / JUDGED_OVER
TRUSTED_AFTER = 300
NEAR, FAR = 1e-3, 1.0 - 1e-3
_STARTS = {kind: doubt * doubt for kind, doubt in DOUBT.items()}
_USUAL_ODDS = USUAL / (1.0 - USUAL)


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one trait: `weight` in log-odds, `spread` its standard deviation, `calls` that taught it."""

    kind: str
    value: str
    weight: float
    spread: float
    calls: int


class Skill(msgspec.Struct, frozen=True, kw_only=True):
    """How well chances were told of late, beside telling everybody's rate of each: mean squared error (Brier) and mean
    logarithmic loss in nats, of the chances and of the plain rate."""

    calls: int
    brier: float
    brier_plain: float
    loss: float
    loss_plain: float


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """All that was learned, as it is put away."""

    traits: tuple[Learned, ...] = ()
    score: tuple[float, ...] = ()
    seen: int = 0


class Odds:
    """The chances of one campaign's leads."""

    def __init__(self) -> None:
        self._known: dict[Trait, list[float]] = {}
        """Weight, variance, calls, and the variance it began with."""
        self._score = [0.0] * 5
        self._seen = 0

    @property
    def trusted(self) -> bool:
        """Whether what it tells has lately been better than the plain rate."""
        return self._seen >= TRUSTED_AFTER and self._score[3] < self._score[4]

    def chance(self, traits: Traits) -> float:
        """What is told of a lead before the campaign's level is applied; the usual chance while nothing is known."""
        if not self.trusted:
            return USUAL
        get, lean, doubt = self._known.get, 0.0, 0.0
        for trait in traits:
            one = get(trait)
            if one is None:
                doubt += _start(trait[0])
            else:
                lean += one[0]
                doubt += one[1]
        return _of(_USUAL_ODDS * exp(_wary(lean, doubt)))

    def learn(self, traits: Traits, human: bool, level: float, rate: float) -> None:
        """A call came to its outcome; `level` is the campaign's of the time, `rate` its plain answer rate."""
        known, doubt, lean = self._known, 0.0, 0.0
        get, mine = known.get, list[list[float]]()
        for trait in traits:
            one = get(trait)
            if one is None:
                start = _start(trait[0])
                one = [0.0, start, 0.0, start]
                if len(known) < MOST_TRAITS:
                    known[trait] = one
            lean += one[0]
            doubt += one[1]
            mine.append(one)
        usual = _USUAL_ODDS * level
        self._judge(_of(usual * exp(_wary(lean, doubt))), rate, human)
        chance = _of(usual * exp(max(-8.0, min(8.0, lean))))
        slope = chance * (1.0 - chance)
        scale = 1.0 / (1.0 + slope * doubt)
        missed = (human - chance) * scale
        slope *= scale
        for one in mine:
            spread = one[1]
            one[0] += spread * missed
            spread = (spread - spread * spread * slope) * FADING
            one[1] = spread if spread < one[3] else one[3]
            one[2] += 1.0

    def learned(self) -> tuple[Learned, ...]:
        """Every trait and what is known of it, the kinds together, what matters most first."""
        rows = (
            Learned(kind=kind, value=value, weight=weight, spread=sqrt(spread), calls=int(calls))
            for (kind, value), (weight, spread, calls, _) in self._known.items()
        )
        return tuple(sorted(rows, key=lambda row: (row.kind, -abs(row.weight), row.value)))

    def skill(self) -> Skill | None:
        """None before the first outcome."""
        weight, *sums = self._score
        if weight <= 0.0:
            return None
        brier, plain, loss, plain_loss = (one / weight for one in sums)
        return Skill(calls=self._seen, brier=brier, brier_plain=plain, loss=loss, loss_plain=plain_loss)

    def memory(self) -> Memory:
        """What to put away so that the next run knows it."""
        return Memory(traits=self.learned(), score=tuple(self._score), seen=self._seen)

    def remember(self, memory: Memory) -> None:
        """Know what an earlier run has learned."""
        self._known = {
            (one.kind, one.value): [one.weight, one.spread**2, float(one.calls), _start(one.kind)]
            for one in memory.traits[:MOST_TRAITS]
        }
        if len(memory.score) == len(self._score):
            self._score, self._seen = list(memory.score), memory.seen

    def _judge(self, chance: float, rate: float, human: bool) -> None:
        rate = min(FAR, max(NEAR, rate))
        missed, plainly = human - chance, human - rate
        loss = -log(chance if human else 1.0 - chance)
        plain = -log(rate if human else 1.0 - rate)
        weight, brier, brier_plain, losses, plain_losses = self._score
        self._score = [
            weight * KEPT + 1.0,
            brier * KEPT + missed * missed,
            brier_plain * KEPT + plainly * plainly,
            losses * KEPT + loss,
            plain_losses * KEPT + plain,
        ]
        self._seen += 1


def _start(kind: str) -> float:
    return _STARTS.get(kind, 0.09)


def _wary(lean: float, doubt: float) -> float:
    """The lean that gives the mean chance of one that is in doubt (MacKay 1992)."""
    return lean / sqrt(1.0 + pi / 8.0 * doubt)


def _of(odds: float) -> float:
    return min(FAR, max(NEAR, odds / (1.0 + odds)))

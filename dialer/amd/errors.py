"""How often a detector errs, estimated from what agents said of the calls they were given: rates with their intervals.

Of calls taken for machines only the sample is known; of calls taken for people those an agent spoke of. Intervals are
Wilson's; a rate made of two proportions has the corners of both their intervals at 97.5 % each, so that it holds at least
95 % of the time (Bonferroni).
"""

from collections.abc import Callable
from math import sqrt

import msgspec

Z95, Z975 = 1.959964, 2.241403


class Proportion(msgspec.Struct, frozen=True):
    """`hits` of `trials`."""

    hits: int = 0
    trials: int = 0

    @property
    def share(self) -> float | None:
        return self.hits / self.trials if self.trials else None

    def between(self, z: float = Z95) -> tuple[float, float]:
        """Wilson's interval at `z` standard deviations; (0, 1) when nothing was tried."""
        n = self.trials
        if n <= 0:
            return 0.0, 1.0
        share, square = self.hits / n, z * z
        middle = (share + square / (2 * n)) / (1 + square / n)
        half = z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
        low = 0.0 if self.hits == 0 else max(0.0, middle - half)
        high = 1.0 if self.hits == n else min(1.0, middle + half)
        return low, high


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A figure and the interval that holds it with 95 %; None where nothing is known."""

    value: float | None
    low: float
    high: float


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted of a campaign's calls under detection.

    `away` were hung up on, or left a message, for machines; `sampled` were given to an agent although taken for
    machines, who spoke of `checked` and found people in `checked_people`. `passed` went to agents as people, who spoke
    of `spoken` and found machines in `spoken_machines`."""

    heard_human: int = 0
    heard_machine: int = 0
    heard_unsure: int = 0
    away: int = 0
    sampled: int = 0
    checked: int = 0
    checked_people: int = 0
    passed: int = 0
    spoken: int = 0
    spoken_machines: int = 0

    @property
    def judged(self) -> int:
        return self.heard_human + self.heard_machine + self.heard_unsure


class Errors(msgspec.Struct, frozen=True, kw_only=True):
    """How a detector errs. `people_lost` is the number of people hung up on for machines, which the abandonment rule
    counts as abandoned; `false_positive` their share of all people, `false_negative` the share of machines let through."""

    wrong_of_away: Estimate
    people_lost: Estimate
    false_positive: Estimate
    false_negative: Estimate


def estimate(counted: Counted) -> Errors:
    """The rates that follow from the counts."""
    wrong = Proportion(counted.checked_people, counted.checked)
    missed = Proportion(counted.spoken_machines, counted.spoken)
    taken, passed = counted.away + counted.sampled, counted.passed
    low, high = wrong.between()
    share = wrong.share if counted.away else 0.0

    def false_positive(wrong: float, missed: float) -> float:
        people = wrong * taken + (1.0 - missed) * passed
        return wrong * taken / people if people > 0 else 0.0

    def false_negative(wrong: float, missed: float) -> float:
        machines = (1.0 - wrong) * taken + missed * passed
        return missed * passed / machines if machines > 0 else 0.0

    return Errors(
        wrong_of_away=Estimate(value=wrong.share, low=low, high=high),
        people_lost=Estimate(
            value=share * counted.away if share is not None else None, low=low * counted.away, high=high * counted.away
        ),
        false_positive=_of_two(false_positive, wrong, missed, taken, passed),
        false_negative=_of_two(false_negative, wrong, missed, taken, passed),
    )


def _of_two(
    rate: Callable[[float, float], float], wrong: Proportion, missed: Proportion, taken: int, passed: int
) -> Estimate:
    """A rate that rises or falls with each of two proportions; one nobody was counted under does not matter."""
    first = wrong.share if taken else 0.0
    second = missed.share if passed else 0.0
    corners = [rate(w, m) for w in wrong.between(Z975) for m in missed.between(Z975)]
    value = rate(first, second) if first is not None and second is not None and taken + passed else None
    return Estimate(value=value, low=min(corners), high=max(corners))

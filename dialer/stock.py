"""How long the customers of a campaign or group last today: what is left, how fast it goes, when it runs dry."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import msgspec

WINDOW_S = 3600.0
"""Consumption is measured over the last hour."""
LEAST_S = 300.0
"""Less dialling than this says nothing about how fast customers go."""
MINUTE_S = 60.0
CALM = 1.5
"""An alarm is cleared when the customers last so many times the horizon that raised it."""

Hours = Sequence[tuple[float, float]]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What was left at an instant; `mark` changes when customers came or went by other ways than dialling."""

    at: float
    left: int
    mark: int = 0
    dialling: bool = True


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """`left` can be dialled today; `per_hour` goes in an hour of dialling, None when not known yet.

    `dry_at` is when nobody is left, None when they last through today's calling hours."""

    left: int
    per_hour: float | None
    dry_at: float | None


def recent(samples: Iterable[Sample], now: float) -> list[Sample]:
    """The samples that still count."""
    return [sample for sample in samples if sample.at >= now - WINDOW_S]


def consumption(samples: Sequence[Sample]) -> float | None:
    """Customers gone in an hour of dialling, net of those who came due again; None when too little was seen."""
    gone, seen_s = 0, 0.0
    for before, after in pairwise(samples):
        if before.mark == after.mark and before.dialling and after.dialling:
            gone += before.left - after.left
            seen_s += after.at - before.at
    if seen_s < LEAST_S:
        return None
    return max(0.0, gone * 3600.0 / seen_s)


def outlook(samples: Sequence[Sample], hours: Hours, now: float) -> Outlook:
    """The forecast from the samples (newest last) and today's calling hours (epoch seconds, in order)."""
    left = samples[-1].left if samples else 0
    per_hour = consumption(recent(samples, now))
    open_hours = [(max(begin, now), end) for begin, end in hours if end > now]
    if not open_hours:
        return Outlook(left=left, per_hour=per_hour, dry_at=None)
    if left <= 0:
        return Outlook(left=0, per_hour=per_hour, dry_at=open_hours[0][0])
    if not per_hour:
        return Outlook(left=left, per_hour=per_hour, dry_at=None)
    needed_s = left / per_hour * 3600.0
    for begin, end in open_hours:
        if needed_s <= end - begin:
            return Outlook(left=left, per_hour=per_hour, dry_at=begin + needed_s)
        needed_s -= end - begin
    return Outlook(left=left, per_hour=per_hour, dry_at=None)


def hours_left(opens: Callable[[float], float], now: float, midnight: float) -> list[tuple[float, float]]:
    """The calling hours from now until midnight, by the minute; `opens` gives 0.0 at an instant that is open."""
    found: list[tuple[float, float]] = []
    at = now
    while at < midnight:
        end = min((at // MINUTE_S + 1) * MINUTE_S, midnight)
        if opens(at) == 0.0:
            if found and found[-1][1] == at:
                found[-1] = found[-1][0], end
            else:
                found.append((at, end))
        at = end
    return found


def alarmed(was: bool, dry_at: float | None, now: float, horizon_s: float) -> bool:
    """Whether there should be an alarm: raised within the horizon, cleared when well beyond it."""
    if dry_at is None:
        return False
    return dry_at - now <= horizon_s * (CALM if was else 1.0)

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
Coming = Sequence[tuple[float, int]]
"""When how many customers come due."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What was there at an instant: `ready` to be dialled, `soon` due within a minute.

    `mark` changes when customers came or went by other ways than dialling; `dialling` says whether calls were placed."""

    at: float
    ready: int
    soon: int = 0
    mark: int = 0
    dialling: bool = True


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """`left` can be dialled today; `per_hour` goes in an hour of dialling, None when not known yet.

    `dry_at` is when nobody is left to dial, be it that some come due again later; None when that is not today."""

    left: int
    per_hour: float | None
    dry_at: float | None


def recent(samples: Iterable[Sample], now: float) -> list[Sample]:
    """The samples that still count."""
    return [sample for sample in samples if sample.at >= now - WINDOW_S]


def consumption(samples: Sequence[Sample]) -> float | None:
    """Customers dialled in an hour of dialling; None when too little was seen."""
    gone, seen_s = 0, 0.0
    for before, after in pairwise(samples):
        if before.mark == after.mark and before.dialling and after.dialling:
            gone += before.ready + before.soon - after.ready
            seen_s += after.at - before.at
    if seen_s < LEAST_S:
        return None
    return max(0.0, gone * 3600.0 / seen_s)


def outlook(samples: Sequence[Sample], coming: Coming, hours: Hours, now: float) -> Outlook:
    """The forecast from the samples (newest last), who comes due when, and today's calling hours, all in order."""
    ready = samples[-1].ready if samples else 0
    per_hour = consumption(recent(samples, now))
    last = max((end for _, end in hours), default=now)
    left = ready + sum(count for at, count in coming if at <= last)
    return Outlook(left=left, per_hour=per_hour, dry_at=_dry_at(ready, per_hour, coming, hours, now))


def _dry_at(ready: float, per_hour: float | None, coming: Coming, hours: Hours, now: float) -> float | None:
    """Walk from one arrival to the next: the first instant of calling hours at which nobody is there."""
    if not per_hour and ready > 0:
        return None
    pace = (per_hour or 0.0) / 3600.0
    arrivals = list(coming)
    for begin, end in hours:
        at = max(begin, now)
        if end <= at:
            continue
        while True:
            while arrivals and arrivals[0][0] <= at:
                ready += arrivals.pop(0)[1]
            if ready <= 0:
                return at
            until = min(end, arrivals[0][0]) if arrivals else end
            if pace * (until - at) >= ready:
                return at + ready / pace
            ready -= pace * (until - at)
            at = until
            if at >= end:
                break
    return None


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

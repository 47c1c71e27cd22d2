"""The answers to calls of other campaigns that take agents of this one: each by its own age, answer rate and share."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from dialer.forecast import HORIZON, Forecast
from dialer.pacing.view import Sums


class Rival(NamedTuple):
    """Another campaign: when its pending calls were placed and what is told of each lead, its customers who wait, and what share of them goes to
    agents who serve this campaign too."""

    forecast: Forecast
    pending: Collection[float]
    chances: Collection[float]
    waiting: int
    share: float


def answers(rivals: Iterable[Rival], now: float) -> Sums | None:
    """Mean, variance and third moment of how many of them take these agents within k + 1 seconds; None for nobody."""
    found: Sums | None = None
    for rival in rivals:
        if not rival.pending and not rival.waiting:
            continue
        s, forecast = rival.share, rival.forecast
        one, two, three = forecast.answers(forecast.look(rival.pending, now, rival.chances))
        mean, spread = s * one + s * rival.waiting, s * one - s * s * two
        skew = s * one - 3.0 * s * s * two + 2.0 * s**3 * three
        if found is None:
            found = np.zeros(HORIZON), np.zeros(HORIZON), np.zeros(HORIZON)
        found = found[0] + mean, found[1] + spread, found[2] + skew
    return found

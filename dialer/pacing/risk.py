"""The risk that one more call finds no agent: a sum of independent Bernoulli trials, its tail by a refined normal law."""

from math import erfc, pi

import numpy as np

from dialer.forecast import Floats, Forecast, Held
from dialer.pacing.demand import Demand
from dialer.pacing.supply import Supply
from dialer.pacing.view import PaceView

_NEAR = np.arange(72, dtype=np.float64)
FEW, AGENTS_FOR_ONE = 12, 25
"""Most decisions end among so many, and one more for so many agents, in one evaluation."""
_GALLOP = np.array([13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584], dtype=np.float64)
_FINE = 1024.0
_MIDDLE = int(8 * _FINE)
_Z = np.arange(-_MIDDLE, _MIDDLE + 1) / _FINE
_NORMAL = np.array([0.5 * erfc(-z / 2**0.5) for z in _Z])
_SKEWED = (_Z**2 - 1.0) * np.exp(-0.5 * _Z**2) / (6.0 * (2.0 * pi) ** 0.5)
"""The standard normal distribution function and its correction for a unit of skewness, at the nearest of their points;
the step is 1/1024, so that a risk is right to 1 in 5000."""


class Risk:
    """The risk that one more call finds no agent, as a function of how many are placed before it."""

    def __init__(self, view: PaceView, held: Held, forecast: Forecast, supply: Supply) -> None:
        self._demand = demand = Demand(view, held, forecast)
        self._law = forecast.law
        self._supply = supply
        self._few = FEW + view.signed_in // AGENTS_FOR_ONE
        out, there = demand.out, supply.there
        mean, spread, skew = out.mean + view.waiting, out.spread, out.skew
        self._pending = demand.pending
        if supply.keeps is not None:
            mean, spread, skew = supply.left_of(mean), supply.left_of(spread), supply.left_of(skew)
            self._pending = supply.left_of(demand.pending)
        short = mean + 0.5 - there.mean
        var, third = spread + there.spread, there.skew - skew
        self._short, self._var, self._third = short, var, third

    def of(self, counts: Floats) -> Floats:
        """For each number of new calls, the risk of the call after them."""
        came, spread, tail = self._demand.new(counts)
        if self._supply.keeps is not None:
            came, spread, tail = (self._supply.left_of(one) for one in (came, spread, tail))
        var = came + self._pending
        var *= var
        var *= self._demand.doubt
        var += self._var
        var += spread
        np.maximum(var, 1e-9, out=var)
        sigma = np.sqrt(var)
        came += self._short
        came /= sigma
        came *= _FINE
        came += _MIDDLE + 0.5
        at = came.astype(np.intp)
        tail -= self._third
        sigma *= var
        tail /= sigma
        tail *= _SKEWED.take(at, mode="clip")
        tail += _NORMAL.take(at, mode="clip")
        np.minimum(np.maximum(tail, 0.0, out=tail), 1.0, out=tail)
        if self._supply.keeps is None:
            tail = np.maximum.accumulate(tail[:, ::-1], axis=1)[:, ::-1]
        found: Floats = tail @ self._law
        return found

    def first_above(self, cap: float, least: int, most: int) -> int:
        """The smallest number of calls after which the next would exceed `cap`, within [least, most]."""
        if most <= least:
            return least
        near = least + _NEAR[: min(most - least, self._few)]
        above = np.flatnonzero(self.of(near) > cap)
        if above.size:
            return int(near[above[0]])
        if most - least <= near.size:
            return most
        steps = least + _GALLOP[(near.size <= _GALLOP) & (most - least > _GALLOP)]
        above = np.flatnonzero(self.of(steps) > cap) if steps.size else above
        if above.size == 0:
            low, high = int(steps[-1]) if steps.size else int(near[-1]), most
        else:
            low, high = int(steps[above[0] - 1]) if above[0] else int(near[-1]), int(steps[above[0]])
        while high - low > 1:
            stride = max(1, (high - low - 1) // 12)
            inner = np.arange(low + stride, high, stride, dtype=np.float64)
            above = np.flatnonzero(self.of(inner) > cap)
            if above.size == 0:
                low = int(inner[-1])
            else:
                high = int(inner[above[0]])
                low = int(inner[above[0] - 1]) if above[0] else low
        return high

"""How many customers will have answered within each second ahead: of the calls still out, and of calls placed now."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dialer.forecast import SURE, Floats, Forecast, Held
from dialer.pacing.view import PaceView


class Moments(NamedTuple):
    """Of a sum of independent Bernoulli trials: mean, variance and third central moment."""

    mean: Floats
    spread: Floats
    skew: Floats


class Demand:
    """The answers to expect within k + 1 seconds."""

    def __init__(self, view: PaceView, held: Held, forecast: Forecast) -> None:
        g1, g2, g3 = forecast.answers(held)
        self._new = forecast.new
        self.doubt = forecast.doubt
        """Squared relative error of the answer rate, which is common to all calls."""
        self.pending = g1
        """Expected answers of the campaign's own calls out."""
        self.out = Moments(g1, g1 - g2, g1 - 3.0 * g2 + 2.0 * g3)
        """Answers of all calls out that may take these agents."""
        if view.rivals is not None:
            self._add(*view.rivals)
        elif view.shared:
            mean, spread, skew = self.out
            new = self._new
            self.out = Moments(
                mean + view.shared * new.share, spread + view.shared * new.spread, skew + view.shared * new.skew
            )

        self._coming = _Coming(forecast, view.next) if view.next else None

        if view.listening:
            ask = np.fromiter(view.listening, dtype=np.float64)
            spread = ask * (1.0 - ask)
            self._add(float(ask.sum()), float(spread.sum()), float((spread * (1.0 - 2.0 * ask)).sum()))

    def _add(self, mean: Floats | float, spread: Floats | float, skew: Floats | float) -> None:
        self.out = Moments(self.out.mean + mean, self.out.spread + spread, self.out.skew + skew)

    def new(self, counts: Floats) -> Moments:
        """Answers of that many calls placed now, a row for each count; the rows are the caller's own."""
        if self._coming is not None:
            return self._coming.first(counts)
        n, new = counts[:, None], self._new
        return Moments(n * new.share, n * new.spread, n * new.skew)


class _Coming:
    """The answers of the next leads in dialling order, each with its own chance; those beyond answer as all do."""

    def __init__(self, forecast: Forecast, told: Sequence[float]) -> None:
        chance = np.array(told, dtype=np.float64).clip(SURE, 1.0 - SURE)
        odds = forecast.level * chance
        chance = odds / (1.0 + odds - chance)
        rate, one = forecast.rate, forecast.soon
        self._known = len(told)
        self._sums = np.zeros((3, self._known + 1))
        power = chance
        for row in self._sums:
            np.cumsum(power, out=row[1:])
            power = power * chance
        self._beyond = np.array((rate, rate * rate, rate**3))[:, None]
        self._one, self._two, self._three = one, one * one, one**3

    def first(self, counts: Floats) -> Moments:
        """Of that many of them."""
        sums = self._sums.take(counts.astype(np.intp), axis=1, mode="clip")
        if counts[-1] > self._known:
            sums += self._beyond * np.maximum(0.0, counts - self._known)
        one = sums[0][:, None] * self._one
        two = sums[1][:, None] * self._two
        three = sums[2][:, None] * self._three
        skew = one - 3.0 * two
        three *= 2.0
        skew += three
        return Moments(one, one - two, skew)

"""How many customers will have answered within each second ahead: of the calls still out, and of calls placed now."""

from typing import NamedTuple

from dialer.forecast import Floats, Forecast
from dialer.pacing.view import PaceView


class Moments(NamedTuple):
    """Of a sum of independent Bernoulli trials: mean, variance and third central moment."""

    mean: Floats
    spread: Floats
    skew: Floats


class Demand:
    """The answers to expect within k + 1 seconds."""

    def __init__(self, view: PaceView, held: Floats, forecast: Forecast) -> None:
        g1, g2, g3 = forecast.answers(held)
        self._new = forecast.new
        self.doubt = forecast.doubt
        """Squared relative error of the answer rate, which is common to all calls."""
        self.pending = g1
        """Expected answers of the campaign's own calls out."""
        self.out = Moments(g1, g1 - g2, g1 - 3.0 * g2 + 2.0 * g3)
        """Answers of all calls out that may take these agents."""
        if view.shared:
            mean, spread, skew = self.out
            new = self._new
            self.out = Moments(
                mean + view.shared * new.share, spread + view.shared * new.spread, skew + view.shared * new.skew
            )

    def new(self, counts: Floats) -> Moments:
        """Answers of that many calls placed now, a row for each count; the rows are the caller's own."""
        n, new = counts[:, None], self._new
        return Moments(n * new.share, n * new.spread, n * new.skew)

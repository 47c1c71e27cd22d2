"""How many agents will be there for an answer at each second ahead: free now or freed by then, and not gone by then."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dialer.forecast import HORIZON, Chances, Floats
from dialer.pacing.demand import Moments
from dialer.pacing.view import PaceView


class Supply(NamedTuple):
    """`there` counts agents; `keeps` is what an answer of second j still takes of those there at k: [j, k], None when
    nobody leaves."""

    there: Moments
    keeps: Floats | None = None

    def left_of(self, answers: Floats) -> Floats:
        """Answers counted up second by second, as far as they take agents who would still be there: those that leaving
        agents take cost nobody who stays."""
        if self.keeps is None:
            return answers
        kept: Floats = np.diff(answers, prepend=0.0) @ self.keeps
        return kept


def agents_there(view: PaceView, talk: Chances, wrap: Chances, patience_s: float) -> Supply:
    """Those free now and those who come free within k + 1 seconds and the patience, without those who leave before."""
    supply = _who_stay(view, talk, wrap, patience_s) if view.leaving else _all_stay(view, talk, wrap, patience_s)
    if view.taken_per_s <= 0.0:
        return supply
    mean, spread, skew = supply.there
    taken = np.minimum(view.taken_per_s * np.arange(1, HORIZON + 1), mean)
    return supply._replace(there=Moments(mean - taken, spread + taken, skew - taken))


def _all_stay(view: PaceView, talk: Chances, wrap: Chances, patience_s: float) -> Supply:
    mean, spread, skew = np.full(HORIZON, float(view.free)), np.zeros(HORIZON), np.zeros(HORIZON)
    if view.talking:
        mean += view.talking * talk.share
        spread += view.talking * talk.spread
        skew += view.talking * talk.skew
    if view.wrapping:
        sure = _surely_done(view, patience_s)
        unsure = view.wrapping - sure
        mean += sure + unsure * wrap.share
        spread += unsure * wrap.spread
        skew += unsure * wrap.skew
    return Supply(Moments(mean, spread, skew))


def _surely_done(view: PaceView, patience_s: float) -> Floats | float:
    """How many wrap-ups will have reached their end by each second and the patience."""
    if not view.wrap_ends:
        return 0.0
    ends = np.fromiter(view.wrap_ends, dtype=np.float64)
    done = np.cumsum(np.bincount(_seconds(ends - patience_s, view.now), minlength=HORIZON + 1))[:HORIZON]
    found: Floats = np.minimum(done, view.wrapping).astype(np.float64)
    return found


def _who_stay(view: PaceView, talk: Chances, wrap: Chances, patience_s: float) -> Supply:
    """The same while some leave: at each second those count whose instant is later, or who never leave."""
    free, talking, wrapping = (
        _staying(total, going, view.now)
        for total, going in zip((view.free, view.talking, view.wrapping), view.leaving, strict=True)
    )
    sure = _surely_done(view, patience_s) / max(1, view.wrapping)
    done = sure + (1.0 - sure) * wrap.share
    unsure = wrapping * (1.0 - sure)
    mean = free + talking * talk.share + wrapping * done
    there = Moments(
        mean,
        talking * talk.spread + unsure * wrap.spread,
        talking * talk.skew + unsure * wrap.skew,
    )
    share_done = np.broadcast_to(done, (HORIZON,))
    to_k = free[None, :] + talk.share[:, None] * talking[None, :] + share_done[:, None] * wrapping[None, :]
    return Supply(there, np.triu(to_k / np.maximum(1e-9, mean)[:, None]))


def _staying(total: int, going: npt.ArrayLike, now: float) -> Floats:
    """Of `total` agents, how many of whom have not reached the instant they leave at by each second."""
    instants = np.asarray(going, dtype=np.float64)
    gone = np.cumsum(np.bincount(_seconds(instants, now), minlength=HORIZON + 1))[:HORIZON]
    left: Floats = np.maximum(0.0, total - gone)
    return left


def _seconds(instants: Floats, now: float) -> npt.NDArray[np.intp]:
    """The index of the second ahead that an instant falls into; HORIZON for all beyond it."""
    ahead = np.minimum(np.maximum(np.floor(instants - now), 0.0), HORIZON)
    return ahead.astype(np.intp)

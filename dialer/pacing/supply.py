"""How many agents will be there for an answer at each second ahead."""

import numpy as np

from dialer.forecast import HORIZON, Chances
from dialer.pacing.demand import Moments
from dialer.pacing.view import PaceView


def agents_there(view: PaceView, talk: Chances, wrap: Chances) -> Moments:
    """The agents free now and those who come free within k + 1 seconds and the patience."""
    mean, spread, skew = np.full(HORIZON, float(view.free)), np.zeros(HORIZON), np.zeros(HORIZON)
    for agents, freed in ((view.talking, talk), (view.wrapping, wrap)):
        if agents:
            mean += agents * freed.share
            spread += agents * freed.spread
            skew += agents * freed.skew
    return Moments(mean, spread, skew)

"""Look-ahead: place calls until the next one would run too high a risk of finding no agent."""

from config.model import PacingSettings
from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.pacing.risk import Risk
from dialer.pacing.supply import agents_there
from dialer.pacing.view import PaceView, Placement, within


class Predictive:
    """Looks one call ahead: places calls until the next one's risk of finding no agent exceeds the budget's cap.

    The agents free at the moment of each possible answer, and the calls before it that answer, are a sum of
    independent Bernoulli variables; its tail is a normal with a correction for skewness."""

    def __init__(self, settings: PacingSettings, forecast: Forecast, budget: Budget) -> None:
        self._settings = settings
        self._forecast = forecast
        self._budget = budget

    def place(self, view: PaceView) -> Placement:
        budget, forecast = self._budget, self._forecast
        held = forecast.look(view.pending, view.now, view.chances)
        safe = max(0, view.open_agents)
        talk, wrap = forecast.freed(self._settings.patience_s)
        soon = view.free + float(view.talking * talk.share[9] + view.wrapping * wrap.share[9])
        most = min(int(self._settings.max_ratio * max(1.0, soon)), 3 * view.signed_in + 10 + safe)
        most = max(safe, most - len(view.pending) - view.shared)
        count = safe
        if most > safe and budget.cap > 4e-4 and view.signed_in:
            risk = Risk(view, held, forecast, agents_there(view, talk, wrap))
            count = risk.first_above(budget.cap, safe, most)
        words = {
            "free": str(view.free),
            "pending": str(len(view.pending)),
            "answer": f"{forecast.rate:.0%}",
            "risk": f"{budget.cap:.1%}",
            "budget": f"{budget.target:.1%}",
        }
        placement = within(view, count, "pace.predictive", words)
        budget.binding = placement.code == "pace.predictive" and count < most
        return placement

"""Ratio with budget: the fallback that predicts nothing but the answer rate."""

from config.model import PacingSettings
from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.pacing.plain import sure
from dialer.pacing.view import PaceView, Placement, within


class RatioWithBudget:
    """Calls for each free agent in inverse proportion to the answer rate, the factor steered by the budget alone."""

    def __init__(self, settings: PacingSettings, forecast: Forecast, budget: Budget) -> None:
        self._most = settings.max_ratio
        self._forecast = forecast
        self._budget = budget

    def place(self, view: PaceView) -> Placement:
        self._forecast.look(view.pending, view.now, view.chances)
        if self._budget.sure_only:
            return sure(view, self._budget)
        ratio = min(self._most, max(1.0, 5.0 * self._budget.cap**0.5 / self._forecast.rate))
        wish = int(ratio * view.free) - view.waiting - len(view.pending) - len(view.listening) - view.shared
        placement = within(view, wish, "pace.ratio", {"ratio": f"{ratio:.1f}", "budget": self._budget.said})
        self._budget.binding = placement.code == "pace.ratio" and ratio < self._most
        return placement

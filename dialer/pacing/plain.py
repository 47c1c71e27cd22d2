"""Rules that need no forecast: by hand, one call for each free agent, a fixed ratio."""

from dialer.abandonment import Budget
from dialer.pacing.view import PaceView, Placement, within


class ByHand:
    """Manual and preview: agents dial themselves."""

    def place(self, view: PaceView) -> Placement:
        return Placement(0, "pace.by_hand")


class Progressive:
    """One call for each free agent."""

    def place(self, view: PaceView) -> Placement:
        return within(view, view.open_agents, "pace.progressive", {})


class Power:
    """A fixed ratio of calls to free agents."""

    def __init__(self, ratio: float, budget: Budget | None = None) -> None:
        self._ratio = ratio
        self._budget = budget

    def place(self, view: PaceView) -> Placement:
        if self._budget is not None and self._budget.sure_only:
            return sure(view, self._budget)
        wish = int(self._ratio * view.free) - view.waiting - len(view.pending) - len(view.listening) - view.shared
        return within(view, wish, "pace.power", {"ratio": f"{self._ratio:g}"})


def sure(view: PaceView, budget: Budget) -> Placement:
    """One call for each free agent no call is out for, because the contract that decides allows no more."""
    budget.binding = False
    words = {
        "free": str(view.free),
        "pending": str(len(view.pending)),
        "contract": budget.contract,
        "limit": f"{budget.limit:.1%}",
        "rate": "–" if budget.rate is None else f"{budget.rate:.2%}",
    }
    return within(view, view.open_agents, "pace.contract" if budget.limit > 0.0 else "pace.zero", words)

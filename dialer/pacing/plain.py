"""Rules that need no forecast: by hand, one call for each free agent, a fixed ratio."""

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

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def place(self, view: PaceView) -> Placement:
        wish = int(self._ratio * view.free) - view.waiting - len(view.pending) - view.shared
        return within(view, wish, "pace.power", {"ratio": f"{self._ratio:g}"})

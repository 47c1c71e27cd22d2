"""Customers who hang up before the time the contract gives us is over: how many of those who wait do so a second."""

from math import exp

MEMORY_S = 5000.0
"""Customers' seconds of waiting after which what was seen weighs a third."""
PRIOR_S = 60.0


class Impatience:
    """Learns from how each wait ended."""

    def __init__(self) -> None:
        self._hung_up = 0.0
        self._waited_s = PRIOR_S

    def waited(self, for_s: float, *, hung_up: bool) -> None:
        """A customer waited so long for an agent; `hung_up` when he did not wait for the end."""
        keep = exp(-max(0.0, for_s) / MEMORY_S)
        self._hung_up = keep * self._hung_up + hung_up
        self._waited_s = keep * self._waited_s + max(0.0, for_s)

    def within(self, patience_s: float) -> float:
        """How long a customer waits on average when his wait is cut off at `patience_s`."""
        rate = self._hung_up / self._waited_s
        return patience_s if rate * patience_s < 1e-3 else (1.0 - exp(-rate * patience_s)) / rate

"""Abandonment: how many live-answered customers found no agent in time, and the budget that steers the pace by it.

The rate is abandoned / (abandoned + connected), never over calls placed (16 CFR 310.4(b)(4)(i)).
"""

from math import exp, log, sqrt

import msgspec

from config.model import DAILY_CONTRACT
from telephony.ids import CampaignId

START = 0.01
LEAST, MOST = 3e-4, 0.5
DEBT = 3.0
"""How far below the least cap the budget remembers what it owes, in e-folds."""
TEN_MINUTES_S = 600.0
STEP, QUIET, LEAST_STEP = 0.15, 150.0, 0.05
"""How far a lost customer moves the cap, in e-folds, while at most QUIET are live in ten minutes; less with the root of
the traffic, down to LEAST_STEP, so that many small corrections do not add up to a swing."""
FIRST_STEP, FIRST_CALLS = 0.3, 100.0
"""The same for a campaign's first call, halved by the hundredth."""
FIRST_QUARTER_S, PRUDENCE = 900.0, 0.7
"""For that long a new campaign, which knows little of its customers, aims at this share of its target."""


class Totals(msgspec.Struct, kw_only=True):
    """Counts of a campaign since its window began; `late` were connected after the customer's patience had ended."""

    placed: int = 0
    answered: int = 0
    connected: int = 0
    abandoned: int = 0
    late: int = 0
    refused: int = 0
    outcomes: dict[str, int] = {}

    @property
    def abandon_rate(self) -> float | None:
        live = self.connected + self.abandoned
        return self.abandoned / live if live else None

    @property
    def answer_rate(self) -> float | None:
        ended = sum(self.outcomes.values())
        return self.outcomes.get("answered", 0) / ended if ended else None


TotalsByCampaign = dict[CampaignId, Totals]


class Budget:
    """The cap on the abandonment probability of the next call, moved so that the rate ends at its target.

    log cap += step · (target · live − abandoned). The cap is clamped, the debt beneath it is remembered and repaid,
    and nothing is earned while something else than the cap held the pace back."""

    def __init__(self, target: float, *, live: int = 0, abandoned: int = 0) -> None:
        self.target = self.limit = target
        self.contract = ""
        self.rate: float | None = None
        self.binding = True
        owed = min(0.0, 0.1 * (target * live - abandoned))
        self._log = max(log(START) + owed, log(LEAST) - DEBT)
        self._live = live
        self._recent = 0.0
        self._recent_at = 0.0
        self._prudent_until: float | None = None if live < FIRST_CALLS else 0.0

    @property
    def cap(self) -> float:
        """The abandonment probability the next call may have; a target of 0 allows only calls that are sure of an agent."""
        return max(LEAST, exp(self._log)) if self.target > 0 else LEAST

    @property
    def sure_only(self) -> bool:
        """Only calls that are sure of an agent may be placed: none may be abandoned, or none more."""
        return self.target <= 0.0

    @property
    def remembered(self) -> float:
        """How many abandoned calls too many the cap still knows of when it stands lowest."""
        return (log(START) - log(LEAST) + DEBT) / self._step

    @property
    def said(self) -> str:
        """The share aimed at and the contract it is for."""
        return f"{self.target:.1%}" + (f" ({self.contract})" if self.contract not in ("", DAILY_CONTRACT) else "")

    def obey(self, contract: str, limit: float, target: float, rate: float | None) -> None:
        """The contract that decides now, its ceiling, the share aimed at for its sake and its rate so far."""
        self.contract, self.limit, self.target, self.rate = contract, limit, target, rate

    def owe(self, calls: float) -> None:
        """Begin with that many abandoned calls too many; nothing once calls have been counted."""
        if not self._recent_at:
            self._log = max(min(self._log, log(START) - 0.1 * calls), log(LEAST) - DEBT)

    def connected(self, now: float) -> None:
        """A live customer got an agent in time."""
        self._move(self.target, now)

    def abandoned(self, now: float) -> None:
        """A live customer did not."""
        self._move(self.target - 1.0, now)

    def mistaken(self, share: float, now: float) -> None:
        """A call was ended as a machine's, of which that share are customers."""
        self._move(share * (self.target - 1.0), now)

    @property
    def _step(self) -> float:
        return max(
            LEAST_STEP, STEP * sqrt(QUIET / max(QUIET, self._recent)), FIRST_STEP / (1.0 + self._live / FIRST_CALLS)
        )

    def _move(self, earned: float, now: float) -> None:
        self._recent = self._recent * exp(-max(0.0, now - self._recent_at) / TEN_MINUTES_S) + 1.0
        self._recent_at = now
        self._live += 1
        if self._prudent_until is None:
            self._prudent_until = now + FIRST_QUARTER_S
        if now < self._prudent_until:
            earned -= (1.0 - PRUDENCE) * self.target
        if earned > 0 and not self.binding:
            return
        self._log = min(log(MOST), max(log(LEAST) - DEBT, self._log + self._step * earned))

"""Detection on one campaign as it runs: what was heard, how long it took, what agents said of it, and what is to be
expected of the calls that are being listened to now."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dialer.amd.errors import Counted
from dialer.metrics import AMD_CHECKED, AMD_HEARD, AMD_SECONDS, AMD_THEN
from telephony.detection import TAKEN_FOR_MACHINE, Heard, Then
from telephony.ids import CallId, CampaignId

Value = TypeVar("Value")
Floats = npt.NDArray[np.float64]

STEP_S = 0.1
STEPS = 64
PRIOR_CALLS = 10.0
PRIOR_PEOPLE = 0.7
MEMORY = 2000.0
KEPT = 5000
_MIDDLES = STEP_S * (np.arange(STEPS) + 0.5)


class Screening:
    """Counts since the process began; the figures of longer spans come from the store."""

    def __init__(self, campaign: CampaignId) -> None:
        self._campaign = campaign
        self._heard = dict.fromkeys(Heard, 0)
        self._then = dict.fromkeys(Then, 0)
        self._said: dict[tuple[bool, bool], int] = {}
        self._with_agent: dict[CallId, tuple[bool, bool | None]] = {}
        spread = np.ones(STEPS)
        spread[int(2.0 / STEP_S) :] = 0.0
        self._people_at = PRIOR_CALLS * PRIOR_PEOPLE * spread / spread.sum()
        self._others_at = PRIOR_CALLS * (1.0 - PRIOR_PEOPLE) * spread / spread.sum()
        self._odds: Floats | None = None
        self._ages: dict[CallId, float] = {}

    def judged(self, call: CallId, heard: Heard, took_s: float) -> None:
        """A detector has spoken `took_s` after the answer."""
        self._heard[heard] += 1
        AMD_HEARD.labels(self._campaign, heard.value).inc()
        AMD_SECONDS.labels(self._campaign).observe(took_s)
        if heard is Heard.HUMAN:
            self._with(call, Then.AGENT)
            self._learn(self._people_at, took_s)
        else:
            self._keep(self._ages, call, took_s)

    def screened(self, call: CallId, then: Then) -> None:
        """What becomes of a call that was not heard to be a person's."""
        took_s = self._ages.pop(call, 0.0)
        self._learn(self._people_at if then is Then.AGENT else self._others_at, took_s)
        if then in TAKEN_FOR_MACHINE:
            self._then[then] += 1
            AMD_THEN.labels(self._campaign, then.value).inc()
        else:
            self._with(call, then)

    def disposed(self, call: CallId, *, machine: bool) -> None:
        """What the agent said of it; a later word of his takes the place of an earlier one."""
        known = self._with_agent.get(call)
        if known is None:
            return
        sampled, before = known
        if before is not None:
            self._said[sampled, before] -= 1
        self._with_agent[call] = sampled, machine
        self._said[sampled, machine] = self._said.get((sampled, machine), 0) + 1
        if before is None:
            taken = "machine" if sampled else "person"
            AMD_CHECKED.labels(self._campaign, taken, "machine" if machine else "person").inc()

    @property
    def counted(self) -> Counted:
        """The counts the error rates follow from."""
        said = self._said.get
        return Counted(
            heard_human=self._heard[Heard.HUMAN],
            heard_machine=self._heard[Heard.MACHINE],
            heard_unsure=self._heard[Heard.UNSURE],
            away=self._then[Then.HANG_UP] + self._then[Then.MESSAGE],
            sampled=self._then[Then.SAMPLE],
            checked=said((True, True), 0) + said((True, False), 0),
            checked_people=said((True, False), 0),
            passed=self._then[Then.AGENT],
            spoken=said((False, True), 0) + said((False, False), 0),
            spoken_machines=said((False, True), 0),
        )

    def odds(self, answered_at: Iterable[float], now: float) -> Floats:
        """Of each call under detection, answered at those instants: the probability that it will ask for an agent,
        given that the detector has not spoken yet."""
        ages = np.fromiter(answered_at, dtype=np.float64)
        steps = np.clip((now - ages) / STEP_S, 0, STEPS - 1).astype(np.intp)
        if self._odds is None:
            people, others = _left(self._people_at), _left(self._others_at)
            self._odds = people / np.maximum(1e-9, people + others)
        return self._odds[steps]

    @property
    def people_wait_s(self) -> float:
        """How long a customer is listened to on average before he asks for an agent, in seconds."""
        return float(self._people_at @ _MIDDLES / self._people_at.sum())

    def _with(self, call: CallId, then: Then) -> None:
        self._then[then] += 1
        AMD_THEN.labels(self._campaign, then.value).inc()
        self._keep(self._with_agent, call, (then is Then.SAMPLE, None))

    def _learn(self, counts: Floats, took_s: float) -> None:
        fade = 1.0 - 1.0 / MEMORY
        self._people_at *= fade
        self._others_at *= fade
        counts[min(STEPS - 1, max(0, int(took_s / STEP_S)))] += 1.0
        self._odds = None

    @staticmethod
    def _keep(book: dict[CallId, Value], call: CallId, value: Value) -> None:
        book[call] = value
        if len(book) > KEPT:
            del book[next(iter(book))]


def _left(counts: Floats) -> Floats:
    """How many last at least to each step."""
    left: Floats = np.cumsum(counts[::-1])[::-1]
    return np.maximum(1e-6, left)

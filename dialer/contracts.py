"""Abandon contracts: what a decided call counts as, and each contract's count over its window, O(1) a call.

A call is decided once, at the moment its customer is connected, given up, gone, or known as a machine, and counts in the
windows that hold that moment. A rolling window moves on by whole steps and is never shorter than its name says.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from math import ceil, floor, inf, sqrt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.model import AbandonContract
from config.spans import DAY_S, span
from telephony.facts import AbandonedBy
from telephony.views import ContractView

STEP_S, LONG_STEP_S = 60.0, 900.0
"""Steps of windows of at most a day, and of longer and calendar windows: a midnight is a whole quarter of an hour."""
ROUNDING = 1e-9


class Way(StrEnum):
    """How a call was decided."""

    CONNECTED = "connected"
    GIVEN_UP = "switchroom"
    HUNG_UP = "customer"
    MACHINE = "machine"


WAY_OF = {AbandonedBy.SWITCHROOM: Way.GIVEN_UP, AbandonedBy.CUSTOMER: Way.HUNG_UP}


class Decided(NamedTuple):
    """One call, decided at `at` (epoch seconds), `waited_s` after the answer and `heard_s` after the PBX handed the
    customer on, None when it never did."""

    at: float
    way: Way
    waited_s: float = 0.0
    heard_s: float | None = None


class As(IntEnum):
    """What a contract counts a call as."""

    CONNECTED = 0
    ABANDONED = 1
    LEFT_OUT = 2
    MACHINE = 3


_AS = {"connected": As.CONNECTED, "abandoned": As.ABANDONED, "left_out": As.LEFT_OUT}


def counts_as(contract: AbandonContract, call: Decided) -> As:
    """What the contract counts the call as; the wait is measured from the contract's clock start."""
    if call.way is Way.MACHINE:
        return As.MACHINE
    if call.way is Way.GIVEN_UP:
        return As.ABANDONED
    waited = call.waited_s if contract.clock == "answer" else call.heard_s or 0.0
    in_time = waited <= contract.threshold_s
    if call.way is Way.CONNECTED:
        return As.CONNECTED if in_time else _AS[contract.late]
    return _AS[contract.early] if in_time else As.ABANDONED


def figures(contract: AbandonContract, sums: Sequence[int], begins: float, at: float) -> ContractView:
    """What these counts, in the order of ``As``, come to under the contract."""
    abandoned, counted = shares(contract, sums)
    return ContractView(
        name=contract.label,
        window=contract.window,
        target=contract.target,
        begins=begins,
        at=at,
        abandoned=abandoned,
        counted=counted,
        rate=abandoned / counted if counted else None,
        left=floor(contract.target * counted - abandoned + ROUNDING),
    )


def shares(contract: AbandonContract, sums: Sequence[int]) -> tuple[int, int]:
    """Numerator and denominator."""
    connected, abandoned, left_out, machines = sums
    mistaken = ceil(contract.machine_errors * machines - ROUNDING)
    people = connected + abandoned + mistaken
    return abandoned + mistaken, people if contract.of == "people" else connected + abandoned + left_out + machines


def step_s(window: str) -> float:
    """By how much the window moves on; 0 when it does not."""
    length = length_s(window)
    return 0.0 if length == inf else STEP_S if length is not None and length <= DAY_S else LONG_STEP_S


@lru_cache(maxsize=64)
def length_s(window: str) -> float | None:
    """How long a rolling window is; None for one on the calendar, inf for ever."""
    if window in ("day", "month"):
        return None
    if window == "campaign":
        return inf
    length = span(window)
    return length.seconds + length.days * DAY_S


def bounds(window: str, zone: str, at: float) -> tuple[float, float]:
    """When the window of that instant begins, and until which instant it still begins there."""
    length = length_s(window)
    if length == inf:
        return 0.0, inf
    if length is not None:
        step = step_s(window)
        slot = floor((at - length) / step)
        return slot * step, (slot + 1) * step + length
    place = ZoneInfo(zone)
    first = datetime.fromtimestamp(at, place).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if window == "month":
        first = first.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
    else:
        after = first + timedelta(days=1)
    return first.timestamp(), after.timestamp()


class Count:
    """One contract's count, kept in slots of its step so that each call and each instant costs O(1)."""

    def __init__(self, contract: AbandonContract, zone: str) -> None:
        self.contract = contract
        self.whole = False
        """Whether the calls of before are in."""
        self._zone = zone
        self._step = step_s(contract.window)
        self._slots: deque[tuple[int, list[int]]] = deque()
        self._sums = [0, 0, 0, 0]
        self._begins = self._until = -inf

    def add(self, at: float, counted_as: As) -> None:
        """One more call, decided at that instant."""
        self.put(self._slot(at), counted_as, 1)

    def put(self, slot: int, counted_as: As, calls: int) -> None:
        """Calls of one slot, numbered by the window's step."""
        if self._begins > -inf and self._step and slot * self._step < self._begins:
            return
        self._sums[counted_as] += calls
        self._row(slot)[counted_as] += calls

    def sums(self, now: float) -> list[int]:
        """The counts of the window of now, in the order of ``As``."""
        if not self._begins <= now < self._until:
            self._begins, self._until = bounds(self.contract.window, self._zone, now)
        slots = self._slots
        while slots and slots[0][0] * self._step < self._begins:
            for kind, calls in enumerate(slots.popleft()[1]):
                self._sums[kind] -= calls
        return self._sums

    def figures(self, now: float) -> ContractView:
        sums = self.sums(now)
        return figures(self.contract, sums, self._begins, now)

    def per_window(self, now: float) -> float:
        """How many calls a whole window comes to at the pace of the one at hand; inf for one that does not roll."""
        length = length_s(self.contract.window)
        counted = shares(self.contract, self.sums(now))[1]
        if length is None or length == inf:
            return inf
        since = self._slots[0][0] * self._step if self._slots else now
        return counted * length / min(length, max(FEWEST_S, now - since))

    def _slot(self, at: float) -> int:
        return int(at // self._step) if self._step else 0

    def _row(self, slot: int) -> list[int]:
        slots = self._slots
        if slots and slots[-1][0] == slot:
            return slots[-1][1]
        at = len(slots)
        while at and slots[at - 1][0] > slot:
            at -= 1
        if at and slots[at - 1][0] == slot:
            return slots[at - 1][1]
        row = [0, 0, 0, 0]
        slots.insert(at, (slot, row))
        return row


FEWEST_S = 600.0
SCATTER = 0.86
"""By how many times the standard error of a window's rate a rolling contract is undercut, so that its windows keep it
and not only their mean: 2.0 % at 5 agents for an hour's 3 %, 2.5 % at 20, 2.8 % at 200 (measured in the lab)."""
FEWEST_COUNTED = 60.0
REPAY_CALLS, REPAY_SHARE = 500.0, 0.1
"""A debt greater than the budget itself remembers is repaid within so many calls, or that share of the window's."""


class Aim(NamedTuple):
    """The count of the contract that decides, and the share of abandoned calls to aim at for its sake: at 0 no room is
    left and only calls that are sure of an agent may be placed."""

    of: Count
    target: float


class Contracts:
    """All abandon contracts of one campaign."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.counts: tuple[Count, ...] = ()

    def changed(self, contracts: Sequence[AbandonContract]) -> tuple[AbandonContract, ...]:
        """Take other contracts; returns those whose calls of before must be put in, because they were not counted."""
        kept = {_counting(count.contract): count for count in self.counts}
        taken: list[Count] = []
        fresh: list[AbandonContract] = []
        for one in contracts:
            count = kept.pop(_counting(one), None)
            if count is None:
                count = Count(one, self.zone)
                fresh.append(one)
            count.contract = one
            taken.append(count)
        self.counts = tuple(taken)
        return tuple(fresh)

    def put(self, contract: AbandonContract, slots: Iterable[tuple[int, As, int]]) -> None:
        """Add the calls of before to a contract's count; nothing when the contract is not kept any more."""
        for count in self.counts:
            if not count.whole and _counting(count.contract) == _counting(contract):
                count.whole = True
                for slot, counted_as, calls in slots:
                    count.put(slot, counted_as, calls)
                return

    def decided(self, call: Decided) -> None:
        """Count one more call under every contract."""
        for count in self.counts:
            count.add(call.at, counts_as(count.contract, call))

    def aim(self, now: float, remembered: float) -> Aim:
        """The tightest contract; `remembered` is the debt, in calls, that the budget repays by itself."""
        return min((_aim(count, now, remembered) for count in self.counts), key=lambda one: one.target)

    def debt(self, now: float) -> float:
        """How many calls too many were abandoned under the contract that is most in debt; 0 when none is."""
        return max([0.0, *(-_balance(count, now) for count in self.counts)])

    def figures(self, now: float) -> tuple[ContractView, ...]:
        return tuple(count.figures(now) for count in self.counts)


def _counting(contract: AbandonContract) -> AbandonContract:
    """The contract without what does not change what it counts."""
    return contract.model_copy(update={"name": "", "target": 0.0, "of": "people", "machine_errors": 0.0})


def _balance(count: Count, now: float) -> float:
    abandoned, counted = shares(count.contract, count.sums(now))
    return count.contract.target * counted - abandoned


def _aim(count: Count, now: float, remembered: float) -> Aim:
    contract = count.contract
    target = contract.target
    if target <= 0.0 or target >= 1.0:
        return Aim(count, target)
    window = count.per_window(now)
    if window < inf:
        target *= 1.0 - min(1.0, SCATTER / sqrt(contract.target * max(FEWEST_COUNTED, window)))
    debt = -_balance(count, now) - remembered
    if debt > 0.0:
        target -= debt / max(REPAY_CALLS, REPAY_SHARE * shares(contract, count.sums(now))[1])
    return Aim(count, max(0.0, target))

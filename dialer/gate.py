"""The gate every lead passes on entering the hopper and again at the moment of dialling: may this customer be called?

Reserving is part of dialling: what `GateState.reserve` has counted in memory binds every campaign at once, before the
attempt is durable and until the store tells of it with a fresh lead.
"""

from enum import StrEnum

import msgspec

from config.model import CampaignSettings
from config.spans import span
from dialer.windows import CallingHours
from telephony.ids import CustomerId
from telephony.leads import Lead

DAY_S = 86_400.0
SAME_CALL_S = 0.002
"""Two instants this close are the same call, once counted in memory and once told by the store."""
REMEMBERED_S = 2 * 3600.0
BUSY_RETRY_S = 600.0
AUTOMATIC = frozenset({"progressive", "power", "predictive"})


class Rule(StrEnum):
    DO_NOT_CALL = "do_not_call"
    IN_CALL = "in_call"
    FREQUENCY = "frequency"
    WINDOW = "window"
    ABANDON_REST = "abandon_rest"
    PREFIX = "prefix"


class Verdict(msgspec.Struct, frozen=True):
    """Passed when `rule` is None; else refused by it until an instant, or for good when `until` is None."""

    rule: Rule | None = None
    until: float | None = None

    @property
    def passed(self) -> bool:
        return self.rule is None

    @staticmethod
    def ok() -> "Verdict":
        return _OK

    @staticmethod
    def refused(rule: Rule, until: float | None) -> "Verdict":
        return Verdict(rule, until)


_OK = Verdict()


class GateRules:
    """What a campaign's settings demand, prepared for being asked a hundred times a second."""

    def __init__(self, settings: CampaignSettings) -> None:
        self.hours = CallingHours(settings.windows)
        self.frequency = tuple(
            (rule.calls, _length_s(rule.within), _length_s(rule.rest)) for rule in settings.frequency
        )
        self.abandon_rest_s = settings.pacing.abandon_rest_h * 3600.0 if settings.mode in AUTOMATIC else 0.0


class GateState:
    """What is known in memory of all campaigns: barred customers, calls in progress, calls placed of late."""

    def __init__(self) -> None:
        self.barred: set[int | CustomerId] = set()
        self.in_call: set[int | CustomerId] = set()
        self.placed: dict[int | CustomerId, tuple[float, ...]] = {}
        self.abandoned: dict[int | CustomerId, float] = {}
        self._swept = 0.0

    def reserve(self, customer: CustomerId, number_key: int, now: float) -> None:
        """Count a call to this customer and number, and hold both until `release`."""
        placed = self.placed
        placed[number_key] = (*placed.get(number_key, ()), now)
        self.in_call.add(number_key)
        if customer:
            placed[customer] = (*placed.get(customer, ()), now)
            self.in_call.add(customer)
        if now - self._swept > REMEMBERED_S / 4:
            self._sweep(now)

    def release(self, customer: CustomerId, number_key: int) -> None:
        self.in_call.discard(number_key)
        self.in_call.discard(customer)

    def withdraw(self, customer: CustomerId, number_key: int, at: float) -> None:
        """A call reserved at `at` never left: it is as if it had not been."""
        self.release(customer, number_key)
        for key in (number_key, customer):
            if key in self.placed:
                left = tuple(one for one in self.placed[key] if one != at)
                if left:
                    self.placed[key] = left
                else:
                    del self.placed[key]

    def left_waiting(self, customer: CustomerId, number_key: int, now: float) -> None:
        """The customer found no agent in time: his rest begins."""
        for key in (customer, number_key):
            if key:
                self.abandoned[key] = now

    def _sweep(self, now: float) -> None:
        self._swept = now
        before = now - REMEMBERED_S
        self.placed = {key: times for key, times in self.placed.items() if times[-1] > before}


def may_dial(lead: Lead, rules: GateRules, state: GateState, now: float) -> Verdict:
    """Whether the lead may be called at `now`; the first rule that objects is named."""
    key, customer = lead.number_key, lead.customer
    if key in state.barred or customer in state.barred:
        return Verdict(Rule.DO_NOT_CALL, None)
    if key in state.in_call or customer in state.in_call:
        return Verdict(Rule.IN_CALL, now + BUSY_RETRY_S)
    opens = rules.hours.opens(lead.zones, now)
    if opens:
        return Verdict(Rule.WINDOW, min(opens, now + DAY_S))
    placed = lead.placed
    by_number, by_customer = state.placed.get(key), state.placed.get(customer)
    if by_number or by_customer:
        placed = _together(placed, (by_number or ()) + (by_customer or ()))
    if placed:
        until = _frequency(placed, rules.frequency, now)
        if until > now:
            return Verdict(Rule.FREQUENCY, until)
    if rules.abandon_rest_s and (state.abandoned or lead.abandoned_at):
        last = max(state.abandoned.get(key, 0.0), state.abandoned.get(customer, 0.0), lead.abandoned_at or 0.0)
        if last and now < last + rules.abandon_rest_s:
            return Verdict(Rule.ABANDON_REST, last + rules.abandon_rest_s)
    return _OK


def _length_s(text: str) -> float:
    length = span(text)
    return length.months * 30 * DAY_S + length.days * DAY_S + length.seconds


def _together(told: tuple[float, ...], counted: tuple[float, ...]) -> tuple[float, ...]:
    fresh = {at for at in counted if not any(abs(at - known) <= SAME_CALL_S for known in told)}
    return tuple(sorted((*told, *fresh))) if fresh else told


def _frequency(placed: tuple[float, ...], rules: tuple[tuple[int, float, float], ...], now: float) -> float:
    """The instant from which all rules allow a call again (S0 一.3: two a month, then three months' rest)."""
    until = 0.0
    for calls, within, rest in rules:
        if len(placed) < calls:
            continue
        until = max(until, placed[-calls] + within)
        for last in range(len(placed) - 1, calls - 2, -1):
            if placed[last] - placed[last - calls + 1] < within:
                until = max(until, placed[last] + rest)
                break
    return until

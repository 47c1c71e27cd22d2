"""The one question every call passes, on entering the hopper and again at the moment of dialling: may this customer be
called on this campaign now, and if not, by which rule and from when?"""

from collections.abc import Sequence
from math import inf

import msgspec

from dialer.gate.rules import GateRules
from dialer.gate.state import GateState
from dialer.gate.verdict import OK, Rule, Verdict
from dialer.walltime import zones_named
from telephony.ids import CustomerId
from telephony.leads import Contact, Lead
from telephony.numbers import PhoneNumber

DAY_S = 86_400.0
BUSY_RETRY_S = 600.0
MOST_STEPS = 64
"""After so many rules have taken turns in objecting, the instant reached is named; the lead is asked again then."""


class Callee(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to be called who is no lead: a number an agent dials or transfers to. Fields as in ``Lead``."""

    number: PhoneNumber
    number_key: int
    zones: tuple[str, ...]
    customer: CustomerId = CustomerId("")
    placed: tuple[Contact, ...] = ()
    abandoned_at: float | None = None
    consent_at: float | None = None
    consent_until: float | None = None


def may_dial(lead: Lead | Callee, rules: GateRules, state: GateState, now: float) -> Verdict:
    """Whether the lead may be called at `now`; the first rule that objects is named, with the earliest instant at which
    none would."""
    first = _objection(lead, rules, state, now, ahead=False)
    if first is None:
        return OK
    reached, until = now, first.until
    for _ in range(MOST_STEPS):
        if until is None:
            break
        if until == inf:
            until = reached + DAY_S
            break
        reached = until
        later = _objection(lead, rules, state, reached, ahead=True)
        if later is None:
            break
        until = later.until
    return Verdict(first.rule, until)


def _objection(lead: Lead | Callee, rules: GateRules, state: GateState, at: float, *, ahead: bool) -> Verdict | None:
    """The first rule that objects, with the earliest instant it alone would not; `ahead` asks about an instant to come,
    when calls of now will be over."""
    key, customer = lead.number_key, lead.customer
    bar = state.bars.objection(lead.number, key, customer, rules.campaign, rules.owner, at)
    if bar is not None:
        return Verdict(Rule.DO_NOT_CALL, bar.until)
    if not ahead and (key in state.in_call or customer in state.in_call):
        return Verdict(Rule.IN_CALL, at + BUSY_RETRY_S)
    if rules.consent and (refused := _consent(lead, at)) is not None:
        return refused
    opens = rules.hours.opens(lead.zones, at)
    if opens:
        return Verdict(Rule.HOLIDAY if rules.hours.on_holiday(lead.zones, at) else Rule.WINDOW, opens)
    placed: Sequence[Contact] = lead.placed
    if state.calls.knows(key, customer):
        placed = state.calls.together(placed, key, customer)
    if placed:
        zones, until = zones_named(lead.zones), 0.0
        for rule in rules.frequency:
            until = max(until, rule.until(placed, key, zones, at))
        if until:
            return Verdict(Rule.FREQUENCY, until)
    if rules.abandon_rest_s and (state.abandoned or lead.abandoned_at):
        last = max(state.abandoned.get(key, 0.0), state.abandoned.get(customer, 0.0), lead.abandoned_at or 0.0)
        if last and at < last + rules.abandon_rest_s:
            return Verdict(Rule.ABANDON_REST, last + rules.abandon_rest_s)
    return None


def _consent(lead: Lead | Callee, at: float) -> Verdict | None:
    """Silence is refusal: without a consent on record, or past its end, nobody is called as things stand."""
    given, ends = lead.consent_at, lead.consent_until
    if given is None or (ends is not None and ends <= max(at, given)):
        return Verdict(Rule.CONSENT, None)
    return Verdict(Rule.CONSENT, given) if at < given else None

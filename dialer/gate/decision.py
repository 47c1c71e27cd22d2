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
    none would.

    All rules but the calling hours and a consent's end, once they let pass, go on doing so. So the instant is where the
    hours next open after the last of the others has let go. Nobody can say when a consent will be given, or when a
    window opens if none does within two months: then it is a day on, to ask again."""
    key, customer, until = lead.number_key, lead.customer, now
    first: Rule | None = None
    bar = state.bars.objection(lead.number, key, customer, rules.campaign, rules.owner, now)
    if bar is not None:
        if bar.until is None:
            return Verdict(Rule.DO_NOT_CALL, None)
        first, until = Rule.DO_NOT_CALL, bar.until
    if key in state.in_call or customer in state.in_call:
        first, until = first or Rule.IN_CALL, max(until, now + BUSY_RETRY_S)
    if rules.consent:
        given = lead.consent_at
        if given is None or not _lasts(lead, max(now, given)):
            return Verdict(first or Rule.CONSENT, now + DAY_S)
        if given > now:
            first, until = first or Rule.CONSENT, max(until, given)
    if rules.hours.opens(lead.zones, now):
        first = first or (Rule.HOLIDAY if rules.hours.on_holiday(lead.zones, now) else Rule.WINDOW)
    placed: Sequence[Contact] = lead.placed
    calls = state.calls
    young, old = calls.young.last, calls.old.last
    known = key in young or customer in young or key in old or customer in old
    if (known or placed) and rules.frequency:
        zones, plain, times = zones_named(lead.zones), rules.plain, list[float]()
        if plain:
            times = calls.instants(placed, key, customer)
        elif known:
            placed = calls.together(placed, key, customer)
        for rule in rules.frequency:
            allows = rule.rests(times, zones, now) if plain else rule.until(placed, key, zones, now)
            if allows > now:
                first, until = first or Rule.FREQUENCY, max(until, allows)
    if rules.abandon_rest_s and (state.abandoned or lead.abandoned_at):
        last = max(state.abandoned.get(key, 0.0), state.abandoned.get(customer, 0.0), lead.abandoned_at or 0.0)
        if last and last + rules.abandon_rest_s > now:
            first, until = first or Rule.ABANDON_REST, max(until, last + rules.abandon_rest_s)
    if first is None:
        return OK
    opens = rules.hours.opens_ahead(lead.zones, until) or until
    opens = until + DAY_S if opens == inf else opens
    return Verdict(first, opens if not rules.consent or _lasts(lead, opens) else now + DAY_S)


def _lasts(lead: Lead | Callee, at: float) -> bool:
    """Whether a consent on record has not run out by then."""
    return lead.consent_until is None or at < lead.consent_until

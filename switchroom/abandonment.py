"""Abandon contracts and the store: what was counted before a start or a change of settings, and the auditor's recount."""

from collections import Counter
from collections.abc import Sequence

from config.model import AbandonContract
from dialer.contracts import As, Decided, Way, bounds, counts_as, step_s
from dialer.recount import KINDS, LONGEST_CALL_S, decided_calls, facts_from, recounted
from store import decided as rows
from store.opening import Store
from telephony.views import ContractView

Slots = list[tuple[int, As, int]]


def counted_before(store: Store, campaign: str, contract: AbandonContract, zone: str, until: float) -> Slots:
    """How many calls of each step of the contract's window count as what, up to `until`."""
    since, step = bounds(contract.window, zone, until)[0], step_s(contract.window)
    found: Counter[tuple[int, As]] = Counter()
    if contract.clock == "answer":
        lines = rows.decided_calls(
            store, campaign, since=since, until=until, step_s=step, in_time_s=contract.threshold_s
        )
        for slot, way, soon, calls in lines:
            call = Decided(0.0, Way(way), 0.0 if soon else contract.threshold_s + 1.0)
            found[slot, counts_as(contract, call)] += calls
    else:
        for of, call in decided_calls(rows.facts_since(store, since - LONGEST_CALL_S, until, KINDS)):
            if of == campaign and call.at >= since:
                found[int(call.at // step) if step else 0, counts_as(contract, call)] += 1
    return [(slot, counted_as, calls) for (slot, counted_as), calls in found.items()]


def audited(
    store: Store, campaign: str, contracts: Sequence[AbandonContract], zone: str, at: float
) -> tuple[ContractView, ...]:
    """The contracts as they stood at that instant, counted from the journal and nothing else."""
    facts = rows.facts_since(store, facts_from(contracts, zone, at), at, KINDS)
    return recounted(contracts, zone, campaign, facts, at)

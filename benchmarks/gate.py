"""One decision of the gate when ten million customers have a history: may this one be called now, and if not, from when?

The gate is the product's own (`dialer.gate.may_dial`) over its own book of calls, filled through the door every call goes
in by; the campaign keeps two calls a calendar month and three months' rest after the second, in calling windows. Each
decision is timed by itself, for customers drawn at random. Peers answer the same question with the same calendar: SQLite
with an index on customer and on number, and a plain dict of lists.
"""

import gc
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from benchmarks.result import Result, percentile
from config.model import CampaignSettings
from dialer.gate import GateRules, GateState, look_back_s, may_dial
from dialer.gate.frequency import Frequency
from telephony.ids import CallId, CampaignId, CustomerId, LeadId
from telephony.leads import Contact, Lead
from telephony.numbers import PhoneNumber

P99_US = 50.0
CUSTOMERS = 10_000_000
PEER_CUSTOMERS = 1_000_000
DECISIONS = 200_000
PEER_DECISIONS = 50_000
MOST_GB = 6.0
ZONES = ("Asia/Shanghai",)
NOW = datetime(2026, 5, 29, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
BACK_S = 120 * 86_400
CAMPAIGN = CampaignId("spring")
OUTCOMES = ("no_answer", "busy", "answered", "unavailable")
SPREAD = 0x9E3779B97F4A7C15
DIGITS63 = (1 << 63) - 1

Decide = Callable[[Lead], bool]


def calls_of(customer: int) -> list[Contact]:
    """One to four calls of the last four months, to one or two numbers of his; the same for the same customer."""
    seed = (customer * SPREAD) & DIGITS63
    name = CustomerId(f"k{customer}")
    found = []
    for n in range(1 + seed % 3 + (seed >> 9) % 2):
        seed = (seed * 6364136223846793005 + 1442695040888963407) & DIGITS63
        outcome = OUTCOMES[seed >> 40 & 3]
        answered = outcome == "answered"
        found.append(
            Contact(
                at=NOW - (seed >> 13) % BACK_S - 1,
                call=CallId(f"c-{customer}-{n}"),
                customer=name,
                number_key=number_key(customer, seed >> 50 & 3 == 0),
                campaign=CAMPAIGN,
                answered=answered,
                connected=answered,
                outcome=outcome,
            )
        )
    found.sort(key=lambda call: call.at)
    return found


def number_key(customer: int, other: bool = False) -> int:
    """The fingerprint of his first number or of his other one."""
    return ((2 * customer + other + 1) * SPREAD) & DIGITS63


def asked(customer: int) -> Lead:
    """The customer as the hopper holds him; his history is in the gate's own book."""
    return Lead(
        id=LeadId(customer),
        campaign=CAMPAIGN,
        customer=CustomerId(f"k{customer}"),
        number=PhoneNumber(f"+86138{customer % 10**8:08d}"),
        number_key=number_key(customer),
        zones=ZONES,
    )


def filled(customers: int) -> GateState:
    """A gate that has placed all these calls."""
    state = GateState()
    for customer in range(customers):
        for call in calls_of(customer):
            state.calls.enter(call)
    return state


def timed(
    leads: list[Lead], decide: Decide, clock: Callable[[], int] = time.perf_counter_ns
) -> tuple[list[float], int]:
    """Microseconds of each decision, and how many were refused."""
    took, refused = [], 0
    for lead in leads:
        began = clock()
        passed = decide(lead)
        took.append((clock() - began) / 1000.0)
        refused += not passed
    return took, refused


def drawn(customers: int, count: int) -> list[Lead]:
    chosen = random.Random(1)
    return [asked(chosen.randrange(customers)) for _ in range(count)]


def in_a_dict(customers: int) -> Decide:
    """A dict of lists of (instant, number, customer), by customer and by number, asked with the rule's own calendar."""
    by_key: dict[int | str, list[Contact]] = {}
    for customer in range(customers):
        for call in calls_of(customer):
            by_key.setdefault(call.customer, []).append(call)
            by_key.setdefault(call.number_key, []).append(call)
    rule, zones = _rule(), (ZoneInfo(ZONES[0]),)

    def decide(lead: Lead) -> bool:
        placed = {call.call: call for key in (lead.customer, lead.number_key) for call in by_key.get(key, ())}
        calls = sorted(placed.values(), key=lambda call: call.at)
        return not rule.until(calls, lead.number_key, zones, NOW)

    return decide


def in_sqlite(customers: int, folder: Path) -> tuple[Decide, sqlite3.Connection]:
    """A table of attempts with its two indexes, in the page cache."""
    table = sqlite3.connect(folder / "attempts.db", isolation_level=None)
    table.execute("PRAGMA journal_mode=OFF")
    table.execute("PRAGMA synchronous=OFF")
    table.execute("PRAGMA cache_size=-1000000")
    table.execute("CREATE TABLE attempts (call TEXT, customer TEXT, number_key INTEGER, at REAL, outcome TEXT)")
    table.execute("BEGIN")
    table.executemany("INSERT INTO attempts VALUES (?, ?, ?, ?, ?)", _rows(customers))
    table.execute("COMMIT")
    table.execute("CREATE INDEX of_customer ON attempts (customer, at)")
    table.execute("CREATE INDEX of_number ON attempts (number_key, at)")
    rule, zones = _rule(), (ZoneInfo(ZONES[0]),)
    since = NOW - look_back_s([CampaignSettings()])
    question = (
        "SELECT call, number_key, at, outcome FROM attempts WHERE customer = ? AND at > ? "
        "UNION SELECT call, number_key, at, outcome FROM attempts WHERE number_key = ? AND at > ? ORDER BY at"
    )

    def decide(lead: Lead) -> bool:
        rows = table.execute(question, (lead.customer, since, lead.number_key, since)).fetchall()
        calls = [
            Contact(at=at, call=call, customer=lead.customer, number_key=key, campaign=CAMPAIGN, outcome=outcome)
            for call, key, at, outcome in rows
        ]
        return not rule.until(calls, lead.number_key, zones, NOW)

    return decide, table


def run(customers: int = CUSTOMERS, decisions: int = DECISIONS) -> Result:
    """The gate at full size, then its peers at a tenth of it, which favours them."""
    rules, before = GateRules(CampaignSettings(), CAMPAIGN), _resident_gb()
    began = time.perf_counter()
    state = filled(customers)
    filling_s = time.perf_counter() - began
    taken_gb = _resident_gb() - before
    gc.collect()
    gc.freeze()

    def decide(lead: Lead) -> bool:
        return may_dial(lead, rules, state, NOW).rule is None

    leads = drawn(customers, decisions)
    timed(leads[: decisions // 10], decide)
    took, refused = timed(leads, decide)
    processor, _ = timed(leads, decide, time.thread_time_ns)
    state = GateState()
    few = min(customers, PEER_CUSTOMERS)
    peers, agree = _peers(few, min(decisions, PEER_DECISIONS))
    p99 = percentile(took, 0.99)
    return Result(
        name="gate",
        unit="decisions/s",
        value=round(1e6 * len(took) / sum(took)),
        p50=round(percentile(took, 0.5), 2),
        p99=round(p99, 2),
        p_unit="µs a decision, frequency included",
        peers=peers,
        limit=f"p99 ≤ {P99_US:g} µs, memory ≤ {MOST_GB:g} GB",
        met=p99 <= P99_US and taken_gb <= MOST_GB,
        notes={
            "customers with history": customers,
            "memory GB": round(taken_gb, 2),
            "filled in s": round(filling_s),
            "processor time p50 µs": round(percentile(processor, 0.5), 2),
            "processor time p99 µs": round(percentile(processor, 0.99), 2),
            "refused": f"{refused / len(took):.0%}",
            "customers of the peers": few,
            "peers that decide alike": agree,
        },
    )


def _peers(customers: int, decisions: int) -> tuple[dict[str, float], str]:
    leads = drawn(customers, decisions)
    ours, rules = filled(customers), GateRules(CampaignSettings(), CAMPAIGN)
    right = [may_dial(lead, rules, ours, NOW).rule is None for lead in leads]
    del ours
    peers: dict[str, float] = {}
    alike = 0
    plain = in_a_dict(customers)
    took, _ = timed(leads, plain)
    peers |= _spread("dict of lists", took)
    alike += [plain(lead) for lead in leads] == right
    del plain
    with tempfile.TemporaryDirectory(prefix="switchroom-gate-") as folder:
        asking, table = in_sqlite(customers, Path(folder))
        took, _ = timed(leads, asking)
        alike += [asking(lead) for lead in leads] == right
        table.close()
    peers |= _spread("SQLite", took)
    return peers, f"{alike} of 2"


def _spread(name: str, took: list[float]) -> dict[str, float]:
    return {f"{name} p50 µs": round(percentile(took, 0.5), 2), f"{name} p99 µs": round(percentile(took, 0.99), 2)}


def _rows(customers: int) -> Iterator[tuple[str, str, int, float, str]]:
    for customer in range(customers):
        for call in calls_of(customer):
            yield call.call, call.customer, call.number_key, call.at, call.outcome


def _rule() -> Frequency:
    return Frequency(CampaignSettings().frequency[0], CAMPAIGN)


def _resident_gb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e9


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(run())).decode())

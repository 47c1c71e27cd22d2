"""A virtual shift: the whole product on virtual time, without sockets or threads; the same to the bit for a seed.

Everything the run writes is kept in one folder: database, journal, log, metrics, catalogue of recordings, summary.
"""

import csv
import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from prometheus_client import REGISTRY, generate_latest

import store
from simulator.clock import SetClock
from simulator.exchange import VirtualExchange
from simulator.invariants import Invariants
from simulator.scenario import Scenario
from store.inline import InlineLedger
from store.intake import add_leads
from store.leads import LeadBook
from store.queries import recordings_list
from switchroom.house import House, build
from switchroom.worlds import new_leads
from telephony.agents import AgentState, CampaignAction, CampaignAsked
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    AttemptPlaced,
    CallAbandoned,
    CallConnected,
    CallEnded,
    DialRefused,
    Fact,
)
from telephony.ids import CampaignId
from telephony.leads import Restored
from telephony.outcomes import Outcome

TAIL_S = 900.0
"""How long after the shift's end calls may still end."""

SPENT = {
    AgentState.TALKING: "talk",
    AgentState.HOLD: "talk",
    AgentState.WRAP_UP: "wrap",
    AgentState.READY: "idle",
    AgentState.RESERVED: "idle",
    AgentState.RINGING: "idle",
    AgentState.AUX: "aux",
}


class Tape:
    """Counts and fingerprints everything a shift did."""

    def __init__(self, journal: Path) -> None:
        self._hash = hashlib.sha256()
        self._encode = msgspec.json.Encoder().encode
        self._file = journal.open("wb")
        self.counts: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.seconds: dict[str, float] = defaultdict(float)
        self.refusals: Counter[str] = Counter()

    def on_facts(self, now: float, facts: Sequence[Fact]) -> None:
        lines = []
        for fact in facts:
            kind = type(fact)
            if kind is AttemptPlaced:
                self.counts["placed"] += 1
                fact = msgspec.structs.replace(fact, number_key=0)
            elif kind is CallEnded:
                outcome = fact.outcome  # type: ignore[attr-defined]
                self.outcomes[outcome.value] += 1
                self.counts["answered_human"] += outcome is Outcome.ANSWERED
            elif kind is CallConnected:
                self.counts["connected"] += 1
            elif kind is CallAbandoned:
                self.counts["abandoned" if fact.by is AbandonedBy.SWITCHROOM else "gave_up"] += 1  # type: ignore[attr-defined]
            elif kind is AgentChanged:
                self.spend(fact.was, fact.for_s)  # type: ignore[attr-defined]
            elif kind is DialRefused:
                self.counts["refused"] += 1
                self.refusals[fact.rule] += 1  # type: ignore[attr-defined]
            lines.append(b"%.6f %s\n" % (now, self._encode(fact)))
        text = b"".join(lines)
        self._hash.update(text)
        self._file.write(text)

    def spend(self, state: AgentState, seconds: float) -> None:
        name = SPENT.get(state)
        if name is not None:
            self.seconds[name] += seconds

    def close(self) -> str:
        """The digest of the shift."""
        self._file.close()
        return self._hash.hexdigest()


def run(
    scenario: Scenario,
    *,
    hours: float,
    out: Path,
    progress: Callable[[float], None] = lambda _: None,
) -> dict[str, object]:
    """Play `hours` of the scenario, everything random drawn from its seed; returns the summary.

    `progress` is called with the share done, 0 to 1. Raises OSError when `out` cannot be written."""
    began = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    database = out / "switchroom.db"
    for stale in (database, out / "switchroom.db-wal", out / "switchroom.db-shm"):
        stale.unlink(missing_ok=True)
    clock = SetClock(scenario.starts_at)
    settings = scenario.settings(out)
    opened = store.open(f"sqlite:///{database}", durable=False)
    try:
        add_leads(opened, new_leads(scenario, hours))
        tape = Tape(out / "journal.jsonl")
        watch = Invariants()
        exchanges = scenario.exchanges(clock)
        ledger = InlineLedger(opened, on_committed=lambda facts: leads.on_facts(facts))
        leads = LeadBook(opened, before_read=ledger.flush)
        house = build(
            server=settings.server,
            campaigns=settings.campaigns,
            ledger=ledger,
            leads=leads,
            exchanges={e.server: watch.around(e, clock.now) for e in exchanges},
            clock=clock.now,
        )
        house.outbox.watch(watch.on_facts)
        house.outbox.watch(tape.on_facts)
        play(scenario, house, clock, exchanges, hours, progress)
        watch.finish(clock.now())
        for agent in house.acd.agents.values():
            tape.spend(agent.state, clock.now() - agent.since)
        ledger.flush()
        with (out / "recordings.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["call", "agent", "server", "state", "started_at"])
            rows.writerows(
                [r.call, r.agent, r.server, r.state, r.started_at] for r in recordings_list(opened, limit=10_000_000)
            )
        (out / "metrics.prom").write_bytes(generate_latest(REGISTRY))
    finally:
        opened.close()
    summary: dict[str, object] = {
        "scenario": scenario.title["en"],
        "hours": hours,
        "seed": scenario.seed,
        "agents": scenario.agents,
        **{
            name: tape.counts[name]
            for name in ("placed", "answered_human", "connected", "abandoned", "gave_up", "refused")
        },
        "agent_seconds": {name: round(tape.seconds[name], 3) for name in ("talk", "wrap", "idle", "aux")},
        "outcomes": dict(sorted(tape.outcomes.items())),
        "refusals": dict(sorted(tape.refusals.items())),
        "events": house.core.handled,
        "invariants_checked": watch.checked,
        "violations": len(watch.violations),
        "digest": tape.close(),
        "wall_s": round(time.perf_counter() - began, 3),
    }
    (out / "summary.json").write_bytes(msgspec.json.format(msgspec.json.encode(summary)))
    return summary


def play(
    scenario: Scenario,
    house: House,
    clock: SetClock,
    exchanges: Sequence[VirtualExchange],
    hours: float,
    progress: Callable[[float], None],
) -> None:
    """Move the clock from event to event until the shift is over and its last call has ended."""
    core, start = house.core, clock.now()
    end = start + hours * 3600
    people = scenario.people_at_work(start, hours)
    house.outbox.watch(lambda now, facts: people.on_facts(facts, now))
    core.feed(Restored())
    for exchange in exchanges:
        exchange.open()
    names = [CampaignId(line.name) for line in scenario.campaign]
    for name in names:
        core.ask(CampaignAsked(actor="simulator", campaign=name, action=CampaignAction.START))
    draining, shown = False, start
    sources = (core.timers.next_at, people.next_at, *(exchange.next_at for exchange in exchanges))
    while True:
        at = min((due for source in sources if (due := source()) is not None), default=end + TAIL_S)
        if at >= end and not draining:
            draining = True
            clock.to(end)
            for name in names:
                core.ask(CampaignAsked(actor="simulator", campaign=name, action=CampaignAction.DRAIN))
            continue
        if at >= end + TAIL_S or (draining and not house.calls.calls and at >= end + 60.0):
            break
        clock.to(at)
        for exchange in exchanges:
            exchange.advance(at)
        core.fire_due(at)
        for ask in people.due(at):
            core.ask(ask)
        if at - shown >= 60.0:
            shown = at
            progress(min(1.0, (at - start) / (end - start)))
    progress(1.0)

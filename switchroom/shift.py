"""A virtual shift: the whole product on virtual time, without sockets or threads; the same to the bit for a seed.

Everything the run writes is kept in one folder: database, journal, log, metrics, catalogue of recordings, summary.
"""

import csv
import gc
import hashlib
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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
from store.recall import journal_lines
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

log = logging.getLogger(__name__)

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
    """Counts what a shift did."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.outcomes: Counter[Outcome] = Counter()
        self.seconds: dict[str, float] = defaultdict(float)
        self.refusals: Counter[str] = Counter()
        self._rules: dict[type[Fact], Callable[[Any], None]] = {
            AttemptPlaced: self._placed,
            CallConnected: self._connected,
            CallEnded: self._ended,
            CallAbandoned: self._abandoned,
            DialRefused: self._refused,
            AgentChanged: self._changed,
        }

    def on_facts(self, now: float, facts: Sequence[Fact]) -> None:
        for fact in facts:
            count = self._rules.get(type(fact))
            if count is not None:
                count(fact)

    def _placed(self, fact: AttemptPlaced) -> None:
        self.counts["placed"] += 1

    def _connected(self, fact: CallConnected) -> None:
        self.counts["connected"] += 1

    def _ended(self, fact: CallEnded) -> None:
        self.outcomes[fact.outcome] += 1

    def _abandoned(self, fact: CallAbandoned) -> None:
        self.counts["abandoned" if fact.by is AbandonedBy.SWITCHROOM else "gave_up"] += 1

    def _refused(self, fact: DialRefused) -> None:
        self.counts["refused"] += 1
        self.refusals[fact.rule] += 1

    def _changed(self, fact: AgentChanged) -> None:
        self.spend(fact.was, fact.for_s)

    def spend(self, state: AgentState, seconds: float) -> None:
        name = SPENT.get(state)
        if name is not None:
            self.seconds[name] += seconds


def export_journal(opened: store.Store, path: Path) -> str:
    """Write the journal to a file, one line a fact, and return its fingerprint: the same for the same shift."""
    fingerprint = hashlib.sha256()
    with path.open("wb") as file:
        for line in journal_lines(opened):
            fingerprint.update(line)
            file.write(line)
    return fingerprint.hexdigest()


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
    log.info("playing %s: %g h, seed %d, %d agents", scenario.title["en"], hours, scenario.seed, scenario.agents)
    out.mkdir(parents=True, exist_ok=True)
    database = out / "switchroom.db"
    for stale in (database, out / "switchroom.db-wal", out / "switchroom.db-shm"):
        stale.unlink(missing_ok=True)
    clock = SetClock(scenario.starts_at)
    settings = scenario.settings(out)
    opened = store.open(f"sqlite:///{database}", durable=False, secret=b"%032d" % scenario.seed)
    try:
        add_leads(opened, new_leads(scenario, hours))
        tape = Tape()
        watch = Invariants()
        exchanges = scenario.exchanges(clock)
        ledger = InlineLedger(opened, beside=True, on_committed=lambda facts: leads.on_facts(facts))
        leads = LeadBook(opened, before_read=ledger.before_read)
        watched = {e.server: watch.around(e, clock.now) for e in exchanges}
        house = build(
            server=settings.server,
            campaigns=settings.campaigns,
            ledger=ledger,
            leads=leads,
            exchanges=watched,
            clock=clock.now,
        )
        for exchange in watched.values():
            exchange.subscribe(house.core.feed)
        house.outbox.watch(watch.on_facts)
        house.outbox.watch(tape.on_facts)
        gc.freeze()
        play(scenario, house, clock, exchanges, hours, progress)
        watch.finish(clock.now())
        for agent in house.acd.agents.values():
            tape.spend(agent.state, clock.now() - agent.since)
        ledger.close()
        digest = export_journal(opened, out / "journal.jsonl")
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
        "placed": tape.counts["placed"],
        "answered_human": tape.outcomes[Outcome.ANSWERED],
        **{name: tape.counts[name] for name in ("connected", "abandoned", "gave_up", "refused")},
        "agent_seconds": {name: round(tape.seconds[name], 3) for name in ("talk", "wrap", "idle", "aux")},
        "outcomes": {outcome.value: count for outcome, count in sorted(tape.outcomes.items())},
        "refusals": dict(sorted(tape.refusals.items())),
        "events": house.core.handled,
        "invariants_checked": watch.checked,
        "violations": len(watch.violations),
        "digest": digest,
        "wall_s": round(time.perf_counter() - began, 3),
    }
    log.info("done in %.1f s: %d events, digest %s", summary["wall_s"], summary["events"], digest)
    for violation in watch.violations:
        log.error("violation: %s", violation)
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
    next_timer, next_wish = core.timers.next_at, people.next_at
    pbxs = [(exchange.next_at, exchange.advance) for exchange in exchanges]
    last = end + TAIL_S
    while True:
        timer, wish = next_timer(), next_wish()
        at = last if timer is None else timer
        if wish is not None and wish < at:
            at = wish
        for next_event, _ in pbxs:
            event = next_event()
            if event is not None and event < at:
                at = event
        if at >= end and not draining:
            draining = True
            clock.to(end)
            for name in names:
                core.ask(CampaignAsked(actor="simulator", campaign=name, action=CampaignAction.DRAIN))
            continue
        if at >= last or (draining and not house.calls.calls and at >= end + 60.0):
            break
        clock.to(at)
        for _, advance in pbxs:
            advance(at)
        if timer is not None and timer <= at:
            core.fire_due(at)
        if wish is not None and wish <= at:
            for ask in people.due(at):
                core.ask(ask)
        if at - shown >= 60.0:
            shown = at
            progress(min(1.0, (at - start) / (end - start)))
    progress(1.0)

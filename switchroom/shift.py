"""A virtual shift: the whole product on virtual time, without sockets or threads; the same to the bit for a seed.

Everything the run writes is kept in one folder: database, journal, log, metrics, catalogue of recordings, summary.
"""

import contextlib
import gc
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from prometheus_client import REGISTRY, generate_latest

from simulator.clock import SetClock
from simulator.exchange import VirtualExchange
from simulator.scenario import Scenario
from store.opening import KEY_NAME
from switchroom.dictation import Dictation
from switchroom.house import House, build
from switchroom.tape import SPENT
from telephony.agents import CampaignAction, CampaignAsked
from telephony.ids import CampaignId
from telephony.leads import Restored
from telephony.outcomes import Outcome

log = logging.getLogger(__name__)

TAIL_S = 900.0
"""How long after the shift's end calls may still end."""


def run(
    scenario: Scenario,
    *,
    hours: float,
    out: Path,
    progress: Callable[[float], None] = lambda _: None,
    kind: type[VirtualExchange] = VirtualExchange,
) -> dict[str, object]:
    """Play `hours` of the scenario, everything random drawn from its seed; returns the summary.

    `progress` is called with the share done, 0 to 1. Raises OSError when `out` cannot be written."""
    began = time.perf_counter()
    log.info("playing %s: %g h, seed %d, %d agents", scenario.title["en"], hours, scenario.seed, scenario.agents)
    out.mkdir(parents=True, exist_ok=True)
    database = out / "switchroom.db"
    for stale in (database, *(out / name for name in ("switchroom.db-wal", "switchroom.db-shm", KEY_NAME))):
        stale.unlink(missing_ok=True)
    clock = SetClock(scenario.starts_at)
    settings = scenario.settings(out)
    key = b"%032d" % scenario.seed
    with contextlib.ExitStack() as open_things:
        dictation = open_things.enter_context(contextlib.closing(Dictation()))
        dictation.begin(scenario, hours=hours, folder=out, key=key)
        exchanges = scenario.exchanges(clock, kind=kind, hours=hours)
        overheard = {e.server: dictation.around(e, clock.now) for e in exchanges}
        house = build(
            server=settings.server,
            campaigns=settings.campaigns,
            ledger=dictation,
            leads=dictation,
            exchanges=overheard,
            clock=clock.now,
        )
        for exchange in overheard.values():
            exchange.subscribe(house.core.feed)
        gc.freeze()
        play(scenario, house, clock, exchanges, hours, progress)
        report = dictation.finish(clock.now())
        (out / "metrics.prom").write_bytes(generate_latest(REGISTRY))
    seconds = defaultdict(float, report.seconds)
    for agent in house.acd.agents.values():
        seconds[SPENT.get(agent.state, "")] += clock.now() - agent.since
    summary: dict[str, object] = {
        "scenario": scenario.title["en"],
        "hours": hours,
        "seed": scenario.seed,
        "agents": scenario.agents,
        "placed": report.counts.get("placed", 0),
        "answered_human": report.outcomes.get(Outcome.ANSWERED.value, 0),
        **{name: report.counts.get(name, 0) for name in ("connected", "abandoned", "gave_up", "refused")},
        **{
            name: report.counts[name] for name in ("callers", "callers_served", "callers_gone") if name in report.counts
        },
        "agent_seconds": {name: round(seconds[name], 3) for name in ("talk", "wrap", "idle", "aux")},
        "outcomes": dict(sorted(report.outcomes.items())),
        "refusals": dict(sorted(report.refusals.items())),
        "events": house.core.handled,
        "invariants_checked": report.checked,
        "violations": len(report.violations),
        "digest": report.digest,
        "wall_s": round(time.perf_counter() - began, 3),
    }
    log.info("done in %.1f s: %d events, digest %s", summary["wall_s"], summary["events"], report.digest)
    for violation in report.violations:
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
    house.outbox.watch(people.hear)
    core.feed(Restored())
    for exchange in exchanges:
        exchange.open()
    names = [CampaignId(line.name) for line in scenario.campaign]
    for name in names:
        core.ask(CampaignAsked(actor="simulator", campaign=name, action=CampaignAction.START))
    draining, shown = False, start
    next_timer, fire_due, ask, to = core.timers.next_at, core.fire_due, core.ask, clock.to
    wishes = people.agenda
    pbxs = [(exchange.agenda, exchange.advance) for exchange in exchanges]
    last = end + TAIL_S
    while True:
        timer = next_timer()
        at = timer if timer is not None and timer < last else last
        if wishes and wishes[0][0] < at:
            at = wishes[0][0]
        for agenda, _ in pbxs:
            if agenda and agenda[0][0] < at:
                at = agenda[0][0]
        if at >= end:
            if not draining:
                draining = True
                to(end)
                for name in names:
                    ask(CampaignAsked(actor="simulator", campaign=name, action=CampaignAction.DRAIN))
                continue
            if at >= last or (not house.calls.calls and at >= end + 60.0):
                break
        to(at)
        for agenda, advance in pbxs:
            if agenda and agenda[0][0] <= at:
                advance(at)
        if timer is not None and timer <= at:
            fire_due(at)
        if wishes and wishes[0][0] <= at:
            for wish in people.due(at):
                ask(wish)
        if at - shown >= 60.0:
            shown = at
            progress(min(1.0, (at - start) / (end - start)))
    progress(1.0)

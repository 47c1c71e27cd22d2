"""A long virtual run of callers: hours of people calling in, agents who miss, hold, break and go, every invariant watched.

``python -m benchmarks.acd_callers --hours 24``. In memory, without store and outbound: only the matching and the calls.
"""

import argparse
import json
import time
from pathlib import Path

from config.callers import OverflowSettings, WayOut
from simulator.clock import SetClock
from simulator.invariants import Invariants
from simulator.scenario import Scenario
from switchroom.house import build
from telephony.commands import FetchLeads
from telephony.facts import CallArrived, CallConnected, CallerGone, CallSentOn, Fact, InboundEnded, OfferFailed
from telephony.ids import CallId
from telephony.leads import LeadsFetched, Restored

COUNTED = (CallArrived, CallConnected, CallerGone, CallSentOn, InboundEnded, OfferFailed)
TAIL_S = 3600.0


class NoBooks:
    """Writes nothing and has no leads; shows facts to the invariants before any command of theirs leaves."""

    healthy = True

    def __init__(self, watch: Invariants) -> None:
        self._watch = watch

    def submit(self, facts, now, on_durable=None):  # type: ignore[no-untyped-def]
        self._watch.on_facts(now, facts)
        if on_durable is not None:
            on_durable()

    def fetch(self, command: FetchLeads, now: float, deliver) -> None:  # type: ignore[no-untyped-def]
        deliver(LeadsFetched(campaign=command.campaign, leads=(), limit=command.limit))


def scenario(agents: int, seed: int) -> Scenario:
    """Four lines, one always short of agents, three agents in ten on phones that ring, one phone in twenty never taken."""
    lines = [
        {"name": "service", "per_hour": agents * 12, "share": 0.8, "patience_mean_s": 90},
        {"name": "sales", "per_hour": agents * 4, "share": 0.5, "patience_mean_s": 60, "talk_mean_s": 90},
        {"name": "help", "per_hour": agents * 3, "share": 0.3, "patience_mean_s": 200, "talk_mean_s": 200},
        {"name": "short", "per_hour": agents * 2, "share": 0.04, "patience_mean_s": 150},
    ]
    return Scenario.model_validate(
        {
            "title": {"zh": "来电", "en": "Callers"},
            "seed": seed,
            "start": "2026-03-02T00:00:00+08:00",
            "agents": agents,
            "servers": 2,
            "ring_each_call": 0.3,
            "campaign": [{"name": "none"}],
            "queue": lines,
            "people": {"ignores_share": 0.05, "hold_share": 0.1, "wrap_mean_s": 15, "break_every_s": 5400},
        }
    )


def run(hours: float, agents: int, seed: int) -> dict[str, object]:
    began = time.perf_counter()
    world = scenario(agents, seed)
    clock = SetClock(world.starts_at)
    settings = world.settings(Path("/nonexistent"))
    queues = dict(settings.server.queue)
    over = OverflowSettings(after_s=120.0, then=WayOut(way="queue", to="service"), most_waiting=200)
    queues["short"] = queues["short"].model_copy(update={"overflow": over})
    server = settings.server.model_copy(update={"queue": queues})
    watch = Invariants()
    books = NoBooks(watch)
    exchanges = world.exchanges(clock, hours=hours)
    watched = {pbx.server: watch.around(pbx, clock.now) for pbx in exchanges}
    house = build(server=server, campaigns={}, ledger=books, leads=books, exchanges=watched, clock=clock.now)
    for pbx in watched.values():
        pbx.subscribe(house.core.feed)
    counts = {kind.__name__: 0 for kind in COUNTED}

    def count(now: float, facts: list[Fact]) -> None:
        for fact in facts:
            name = type(fact).__name__
            if name in counts:
                counts[name] += 1

    house.outbox.watch(count)  # type: ignore[arg-type]
    people = world.people_at_work(clock.now(), hours)
    house.outbox.watch(people.hear)
    house.core.feed(Restored())
    for exchange in exchanges:
        exchange.open()
    end = clock.now() + hours * 3600
    while True:
        due = [house.core.timers.next_at(), people.next_at(), *(pbx.next_at() for pbx in exchanges)]
        at = min((each for each in due if each is not None), default=end + TAIL_S)
        if at >= end + TAIL_S or (at > end + 60 and not house.calls.calls):
            break
        clock.to(at)
        for exchange in exchanges:
            exchange.advance(at)
        house.core.fire_due(at)
        for wish in people.due(at):
            house.core.ask(wish)
    watch.finish(clock.now())
    waiting = [CallId(call) for call in house.inbound.callers]
    return {
        "hours": hours,
        "agents": agents,
        "seed": seed,
        "events": house.core.handled,
        "facts": counts,
        "checked": watch.checked,
        "violations": [str(one) for one in watch.violations[:20]],
        "violated": len(watch.violations),
        "left_over": len(waiting),
        "wall_s": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--agents", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(json.dumps(run(asked.hours, asked.agents, asked.seed), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()

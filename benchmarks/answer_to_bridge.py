"""How long an answered customer waits for us: from the parked UserEvent on the wire to the Redirect on the wire.

The simulated Asterisk runs in this process, the product (``switchroom serve``, recording, journal, desk and all) in
another, over TCP on loopback. The clock starts when the simulator has written the UserEvent to the socket and stops
when it has read the Redirect into an agent's seat. 50 customers a second answer, seven agents in ten are busy.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.floor import CAMPAIGN, SECRET, SERVER, Plan, Product, free_port, put_leads, write_settings
from benchmarks.result import Result, percentile
from simulator.amiserver import AmiServer
from simulator.exchange import VirtualExchange
from simulator.legs import Ending, Fate
from switchroom.clock import WallClock
from telephony.events import LegParked, PbxEvent
from telephony.ids import LegId, ServerId

ANSWERS_S = 50.0
BUSY_SHARE = 0.7
WRAP_UP_S = 0.3
WARM_UP_S = 5.0
FOR_S = 20.0
P99_MS = 20.0
JUDGED_AT = 500


class Answering:
    """A population in which everybody answers soon and talks for about the same while."""

    def __init__(self, talk_s: float, dice: Random) -> None:
        self._talk_s = talk_s
        self._dice = dice

    def fate(self, digits: str, now: float) -> Fate:
        dice = self._dice
        return Fate(
            Ending.ANSWERS,
            setup_s=dice.uniform(0.1, 0.4),
            ring_s=dice.uniform(0.1, 1.0),
            patience_s=30.0,
            talk_s=self._talk_s * dice.uniform(0.8, 1.2),
        )


class TimedExchange(VirtualExchange):
    """Notes when a Redirect into a seat arrived."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.redirected: dict[LegId, float] = {}

    def redirect(self, id: LegId, context: str, exten: str) -> str | None:
        if context == "switchroom-seat":
            self.redirected.setdefault(id, time.perf_counter())
        return super().redirect(id, context, exten)


class TimedServer(AmiServer):
    """Notes when the parked UserEvent of a leg was handed to the socket."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.parked: dict[LegId, float] = {}
        self._fresh: list[LegId] = []

    def _on_event(self, event: PbxEvent) -> None:
        super()._on_event(event)
        if type(event) is LegParked:
            self._fresh.append(event.leg)

    def flush(self) -> None:
        super().flush()
        if self._fresh:
            now = time.perf_counter()
            for leg in self._fresh:
                self.parked.setdefault(leg, now)
            self._fresh.clear()


async def measure(folder: Path, agents: int, for_s: float, *, warm_up_s: float = WARM_UP_S) -> tuple[list[float], int]:
    """Milliseconds for each customer who reached a seat, and how many answered and did not."""
    talk_s = max(0.3, BUSY_SHARE * agents / ANSWERS_S - WRAP_UP_S)
    plan = Plan(
        agents=agents, ratio=10.0, cps=ANSWERS_S, channels=5000, wrap_up_s=WRAP_UP_S, patience_s=10.0, hopper=1000
    )
    put_leads(folder, int(ANSWERS_S * (for_s + warm_up_s + 60)) + 1000, seed=1)
    clock = WallClock()
    exchange = TimedExchange(ServerId(SERVER), Answering(talk_s, Random(1)), Random(2), clock)
    for agent in plan.agent_ids():
        exchange.add_phone(f"PJSIP/{agent}", answers_after_s=0.05)
    pbx = TimedServer(exchange, clock, users={"switchroom": SECRET})
    await pbx.start()
    api_port = free_port()
    product = Product(write_settings(folder, plan, pbx.port, api_port), api_port)
    try:
        await product.start()
        await product.up()
        await product.agents_to_work(plan.agent_ids())
        await asyncio.sleep(warm_up_s)
        began = time.perf_counter()
        await asyncio.sleep(for_s)
        ended = time.perf_counter()
        await product.post(f"/campaigns/{CAMPAIGN}/pause")
        await asyncio.sleep(1.0)
    finally:
        await product.close()
        await pbx.close()
    answered = {leg: at for leg, at in pbx.parked.items() if began <= at < ended}
    took = [(exchange.redirected[leg] - at) * 1000 for leg, at in answered.items() if leg in exchange.redirected]
    return took, len(answered) - len(took)


def run(agents: Sequence[int] = (100, 500, 1000), for_s: float = FOR_S) -> Result:
    """The floor the bar is for; the other sizes stand in the notes. The largest one when that size was not asked for."""
    import uvloop

    found: dict[int, tuple[list[float], int]] = {}
    for count in agents:
        with tempfile.TemporaryDirectory(prefix="switchroom-bridge-") as folder:
            found[count] = uvloop.run(measure(Path(folder), count, for_s))
    judged = JUDGED_AT if JUDGED_AT in found else max(found)
    took, unserved = found[judged]
    p99 = percentile(took, 0.99)
    return Result(
        name="answer_to_bridge",
        unit=f"ms (p99, {judged} agents)",
        value=round(p99, 2),
        p50=round(percentile(took, 0.5), 2),
        p99=round(p99, 2),
        p_unit="ms",
        limit=f"p99 ≤ {P99_MS:g} ms",
        met=p99 <= P99_MS,
        notes={
            "customers": len(took),
            "answers a second": round((len(took) + unserved) / for_s, 1),
            "answered and not bridged": sum(missed for _, missed in found.values()),
            "worst ms": round(max(took), 1),
            **{
                f"{count} agents, p50 / p99 ms": f"{percentile(ms, 0.5):.2f} / {percentile(ms, 0.99):.2f}"
                for count, (ms, _) in found.items()
                if count != judged
            },
        },
    )

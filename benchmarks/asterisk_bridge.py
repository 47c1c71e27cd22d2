"""From the customer's answer to customer and agent in one bridge, on a real Asterisk over loopback.

Agents sit in their seats. Calls are placed open loop; each answered customer is recorded and moved into the next free
seat as soon as he is parked, and hung up half a second later. The instants are those at which our link delivers the
events, so the figure holds everything but the pacing and routing decision. Needs a checkout (the rig is in tests/).
"""

import asyncio
import contextlib
import time
from typing import Any

import numpy as np

from benchmarks.result import Result, Unmeasurable
from telephony.commands import ConnectToSeat, HangUp, StartRecording
from telephony.events import BridgeEntered, LegAnswered, LegEnded, LegParked, PbxEvent
from telephony.ids import AgentId, CallId, call_leg

AGENTS = 20
TALK_S = 0.5
P99_MS = 100.0


async def measure(calls: int, per_second: float) -> dict[str, Any]:
    """Place `calls` calls at `per_second`; milliseconds by step. Raises Unavailable without an Asterisk."""
    from tests.asterisk.rig.floor import Rig
    from tests.asterisk.rig.install import installation
    from tests.contracts.asterisk_stage import AsteriskStage
    from tests.contracts.stage import Fate, Phone

    rig = Rig(installation())
    try:
        rig.start()
        stage = AsteriskStage(rig)
        await stage.open()
        free: list[AgentId] = []
        for _ in range(AGENTS):
            agent, endpoint = stage.phone(Phone.ANSWERS)
            await stage.sees(BridgeEntered, leg=stage.seat(agent, endpoint))
            free.append(agent)
        seats = len(free)
        answered: dict[str, float] = {}
        parked: dict[str, float] = {}
        bridged: dict[str, float] = {}
        seated: dict[str, AgentId] = {}
        ended: set[str] = set()
        all_ended = asyncio.Event()
        unserved = 0
        loop = asyncio.get_running_loop()

        def see(event: PbxEvent) -> None:
            nonlocal unserved
            leg = getattr(event, "leg", None)
            if leg is None or not leg.startswith("c-"):
                return
            now = time.perf_counter()
            call = CallId(leg)
            match event:
                case LegAnswered():
                    answered[leg] = now
                case LegParked() if free:
                    parked[leg] = now
                    seated[leg] = free.pop(0)
                    stage.exchange.perform(StartRecording(server=stage.server, call=call, name=leg))
                    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=seated[leg]))
                case LegParked():
                    unserved += 1
                    stage.exchange.perform(HangUp(server=stage.server, leg=call_leg(call)))
                case BridgeEntered():
                    bridged[leg] = now
                    loop.call_later(
                        TALK_S, lambda: stage.exchange.perform(HangUp(server=stage.server, leg=call_leg(call)))
                    )
                case LegEnded():
                    ended.add(leg)
                    if len(ended) == calls:
                        all_ended.set()
                    if leg in seated:
                        free.append(seated[leg])

        stage.link.subscribe(see)
        began = loop.time()
        for n in range(calls):
            await asyncio.sleep(max(0.0, began + n / per_second - loop.time()))
            stage.dial(Fate.ANSWERS, ring_s=0.3)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(all_ended.wait(), 20.0)
        await stage.close()
    finally:
        rig.close()
    return {
        "calls": calls,
        "per_second": per_second,
        "agents": seats,
        "bridged": len(bridged),
        "unserved": unserved,
        "lost": calls - len(ended),
        "answered_to_parked_ms": _percentiles([parked[leg] - answered[leg] for leg in bridged]),
        "parked_to_bridge_ms": _percentiles([bridged[leg] - parked[leg] for leg in bridged]),
        "answered_to_bridge_ms": _percentiles([bridged[leg] - answered[leg] for leg in bridged]),
    }


def _percentiles(seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {}
    values = np.array(seconds) * 1000
    return {f"p{p}": round(float(np.percentile(values, p)), 2) for p in (50, 95, 99, 100)}


def run(calls: int = 300, per_second: float = 10.0) -> Result:
    """From the customer's answer to both in one bridge, recording begun in between, on a real Asterisk.

    Raises Unmeasurable where there is no Asterisk to be had."""
    from tests.asterisk.rig.install import Unavailable

    try:
        found = asyncio.run(measure(calls, per_second))
    except Unavailable as why:
        raise Unmeasurable(f"no real Asterisk: {why}") from None
    bridge = found["answered_to_bridge_ms"]
    return Result(
        name="asterisk_bridge",
        unit="ms (p99)",
        value=bridge["p99"],
        p50=bridge["p50"],
        p99=bridge["p99"],
        p_unit="ms",
        limit=f"p99 ≤ {P99_MS:g} ms",
        met=bridge["p99"] <= P99_MS and not found["lost"],
        notes={
            "calls": calls,
            "calls a second": per_second,
            "bridged": found["bridged"],
            "no agent free": found["unserved"],
            "lost": found["lost"],
            "worst ms": bridge["p100"],
        },
    )

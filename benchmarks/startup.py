"""How soon the product is at work with a million leads in its database: ``switchroom serve``, from its start.

The link to the PBX comes up at once (the simulated Asterisk is here); the campaign was left running, so the hopper is
filled as soon as the database is open. Peers: the bare interpreter, and the same start with an empty database.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from random import Random

import store
from benchmarks.floor import (
    CAMPAIGN,
    SECRET,
    SERVER,
    NotInTime,
    Plan,
    Product,
    free_port,
    new_leads,
    store_url,
    write_settings,
)
from benchmarks.result import Result
from simulator.amiserver import AmiServer
from simulator.exchange import VirtualExchange
from simulator.odds import Odds
from simulator.population import Customers
from store.inline import InlineLedger
from store.intake import insert_leads
from switchroom.clock import WallClock
from telephony.facts import CampaignChanged
from telephony.ids import CampaignId, ServerId

LEADS = 1_000_000
CHUNK = 8192
PLAN = Plan(agents=20)
GIVES_UP_S = 120.0


def build(folder: Path, leads: int) -> None:
    """A database with so many leads and a running campaign, written in one go."""
    opened = store.open(store_url(folder), durable=False)
    try:
        with opened.writing.begin() as connection:
            source = iter(new_leads(leads, seed=1))
            while chunk := list(islice(source, CHUNK)):
                insert_leads(opened, connection, chunk)
        ledger = InlineLedger(opened)
        ledger.submit([CampaignChanged(campaign=CampaignId(CAMPAIGN), state="running", actor="bench")], time.time())
        ledger.close()
    finally:
        opened.close()


async def start_once(folder: Path) -> tuple[float, float]:
    """Seconds from the start of the process to /healthz, and to the first lead in the hopper."""
    clock = WallClock()
    exchange = VirtualExchange(ServerId(SERVER), Customers(Odds(), Random(1)), Random(2), clock)
    pbx = AmiServer(exchange, clock, users={"switchroom": SECRET})
    await pbx.start()
    api_port = free_port()
    product = Product(write_settings(folder, PLAN, pbx.port, api_port), api_port)
    healthy = 0.0
    try:
        began = time.perf_counter()
        await product.start()
        while time.perf_counter() - began < GIVES_UP_S:
            if not healthy and await product.get("/healthz") is not None:
                healthy = time.perf_counter() - began
            if healthy:
                campaign = await product.get(f"/api/v1/campaigns/{CAMPAIGN}")
                if campaign is not None and campaign["hopper"]:
                    return healthy, time.perf_counter() - began
            await asyncio.sleep(0.01)
    finally:
        await product.close()
        await pbx.close()
    raise NotInTime("the first lead in the hopper")


def bare_python() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began


def run(leads: int = LEADS) -> Result:
    """Three starts, the middle one counts; after a first that is not counted."""
    with tempfile.TemporaryDirectory(prefix="switchroom-start-") as folder:
        empty, full = Path(folder) / "empty", Path(folder) / "full"
        build(empty, 1)
        began = time.perf_counter()
        build(full, leads)
        built = time.perf_counter() - began
        alone = sorted(asyncio.run(start_once(empty)) for _ in range(4))[1]
        starts = [asyncio.run(start_once(full)) for _ in range(4)][1:]
        healthy = sorted(h for h, _ in starts)
        hopper = sorted(h for _, h in starts)
    return Result(
        name="startup",
        unit="s to the first lead in the hopper",
        value=round(hopper[1], 2),
        p50=round(hopper[1], 2),
        p99=round(hopper[-1], 2),
        p_unit="s",
        peers={"bare interpreter": round(bare_python(), 3), "with one lead": round(alone[1], 2)},
        notes={
            "leads": leads,
            "s to /healthz": round(healthy[1], 2),
            "s to build the database": round(built, 1),
        },
    )

"""An hour of predictive dialling on a real Asterisk: ``switchroom serve`` with twenty SIP agents, and a carrier that
counts the abandoned by what its customers heard. Needs a checkout (the rig is in tests/).
"""

import asyncio
import contextlib
import os
import random
import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

import store
from benchmarks.floor import CAMPAIGN, NotInTime, Product, free_port, store_url
from benchmarks.hour_books import compare, numbers_of
from benchmarks.hour_desk import Desks
from benchmarks.hour_floor import ODDS, PATIENCE_S, Hour, agents_of, habits, write_settings
from benchmarks.hour_journal import Told, read_journal, utilisation
from benchmarks.hour_result import Found, result
from benchmarks.result import Result, Unmeasurable
from simulator.people import People
from simulator.population import Customers
from telephony.ids import AgentId

SETTLES_WITHIN_S = 60.0
DRAINS_WITHIN_S = 180.0
CLOSES_AFTER_S = 40.0
"""So long after the last call was placed, less where times are shortened, the agents end the talks there still are."""
LOOK_S = 1.0


async def play(hour: Hour, folder: Path) -> Found:
    """Play it and lay the books side by side. Raises Unavailable without an Asterisk, NotInTime when it stalls."""
    from tests.asterisk.rig.counting import CountingCarrier
    from tests.asterisk.rig.floor import Rig
    from tests.asterisk.rig.hearing import MESSAGE_HZ
    from tests.asterisk.rig.install import installation
    from tests.asterisk.rig.sipp import tone

    rig = Rig(installation(), carrier=False)
    product: Product | None = None
    try:
        tone(rig.run / "pbx/data/sounds/switchroom-abandoned.ulaw", MESSAGE_HZ, 4.0)
        rig.start()
        agents = agents_of(rig, hour)
        settings = write_settings(folder, rig, hour, agents, port := free_port())
        product = Product(settings, port)
        customers = Customers(ODDS, random.Random(f"customers:{hour.seed}"))
        async with CountingCarrier(rig.carrier.host, customers, shortened=hour.shortened) as carrier:
            await product.start()
            await product.up()
            dice = random.Random(f"people:{hour.seed}")
            never = time.time() + 10 * 86_400
            people = People(
                [(AgentId(agent), None) for agent in agents], habits(hour), dice, start=time.time(), end=never
            )
            async with Desks(product, people) as desks:
                began, ended = await _work(product, carrier, desks, hour)
                api = await product.get(f"/api/v1/campaigns/{CAMPAIGN}")
                cpu = {"product": _seconds(product.process.pid if product.process else 0), "carrier": _own()}
                cpu["asterisk"] = _seconds(rig.pbx.pid)
            journal = read_journal(folder / "switchroom.db")
            with contextlib.closing(store.open(store_url(folder))) as opened:
                numbers = numbers_of(opened, CAMPAIGN)
            comparison, pairs = compare(carrier.notes, journal.calls.values(), numbers, PATIENCE_S)
            _keep("".join(f"{line}\n" for line in map(_line, pairs)), folder / "calls.jsonl")
            served = [(note, told) for note, told in pairs if note.agent_at is not None and not note.machine]
            return Found(
                hour=hour,
                comparison=comparison,
                answer_to_agent_s=[(n.agent_at or 0.0) - (n.answered_at or 0.0) for n, _ in served],
                parked_to_agent_s=[
                    (note.agent_at or 0.0) - told.waiting_at
                    for note, told in served
                    if told.waiting_at is not None and not told.queued
                ],
                utilisation=utilisation(journal, began, ended),
                connected=api["connected"],
                abandoned=api["abandoned"],
                rate=api["abandon_rate"] or 0.0,
                contracts={one["name"]: (one["abandoned"], one["counted"]) for one in api["contracts"]},
                journal=journal,
                strange=carrier.strange,
                refused=desks.refused,
                skipped=desks.skipped,
                cpu=cpu,
            )
    finally:
        if product is not None:
            await product.close()
        _keep(rig.pbx.log, folder / "asterisk.log")
        rig.close()


async def _work(product: Product, carrier: Any, desks: Desks, hour: Hour) -> tuple[float, float]:
    """Start the campaign once all are ready, let it run, drain it; when dialling began and when it ended."""
    await _until(lambda: _ready(product, hour.agents), SETTLES_WITHIN_S, "every agent is ready")
    began = time.time()
    await product.post(f"/campaigns/{CAMPAIGN}/start")
    while time.time() < began + 60.0 * hour.minutes:
        await asyncio.sleep(LOOK_S)
        desks.must_work()
    ended = time.time()
    await product.post(f"/campaigns/{CAMPAIGN}/drain")

    async def over() -> bool:
        desks.must_work()
        if time.time() > ended + CLOSES_AFTER_S / hour.shortened:
            await desks.close_talks()
        campaign = await product.get(f"/api/v1/campaigns/{CAMPAIGN}")
        busy = any(campaign["stages"].values()) or carrier.in_progress
        return bool(campaign["state"] == "stopped" and not busy)

    await _until(over, DRAINS_WITHIN_S, "the last call has ended")
    await asyncio.sleep(LOOK_S)
    return began, ended


async def _ready(product: Product, agents: int) -> bool:
    rows = await product.get("/api/v1/agents", missing=[])
    return len([row for row in rows if row["state"] == "ready"]) >= agents


async def _until(done: Any, within_s: float, what: str) -> None:
    deadline = time.monotonic() + within_s
    while not await done():
        if time.monotonic() > deadline:
            raise NotInTime(f"not within {within_s:g} s: {what}")
        await asyncio.sleep(LOOK_S / 2)


def _line(pair: tuple[Any, Told]) -> str:
    """One call in both books, without its number."""
    note, told = pair
    heard = {name: value for name, value in msgspec.to_builtins(note).items() if name != "number"}
    return msgspec.json.encode({"carrier": heard, "journal": told}).decode()


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _seconds(pid: int) -> float:
    """Processor seconds a process has used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _keep(text: str, path: Path) -> None:
    with contextlib.suppress(OSError):
        path.write_text(text, encoding="utf-8")


def run(minutes: float = 60.0, keep: Path | None = None) -> Result:
    """Play so many minutes; `keep` is a new folder in which database and logs are left.

    Raises Unmeasurable where there is no Asterisk to be had, or the folder is there already."""
    from tests.asterisk.rig.install import Unavailable

    if keep is not None and keep.exists():
        raise Unmeasurable(f"{keep} is there already; name a new folder")
    folder = keep.resolve() if keep is not None else Path(tempfile.mkdtemp(prefix="switchroom-hour-"))
    try:
        found = asyncio.run(play(Hour(minutes=minutes), folder))
    except Unavailable as why:
        raise Unmeasurable(f"no real Asterisk: {why}") from None
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return result("predictive_hour", found)

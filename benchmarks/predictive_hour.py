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
from benchmarks.hour_books import Comparison, End, Journal, Told, abandon_rate, compare, read_journal
from benchmarks.hour_desk import Desks
from benchmarks.hour_floor import PATIENCE_S, Hour, agents_of, write_settings
from benchmarks.result import Result, Unmeasurable, percentile
from simulator.habits import Habits
from simulator.odds import Odds
from simulator.people import People
from simulator.population import Customers
from store.intake import leads_of
from telephony.ids import AgentId, CampaignId

SETTLES_WITHIN_S = 60.0
DRAINS_WITHIN_S = 180.0
CLOSES_AFTER_S = 40.0
"""So long after the last call was placed the agents end the talks there still are."""
LOOK_S = 1.0
WORKING = frozenset({"talking", "hold", "wrap_up"})
SIGNED_IN = WORKING | {"ready", "reserved", "ringing"}
ODDS = Odds(
    human=0.35, machine=0.20, busy=0.08, congestion=0.0, invalid=0.0, unavailable=0.0, declines=0.0,
    early_media_busy=0.0, silent=0.0, amd_mistakes=0.0, amd_misses=0.0,
)  # fmt: skip
"""The checked pacing model at an answer rate of 35 %; what is left rings out."""
AMD = "[general]\ntotal_analysis_time = 5000\nsilence_threshold = 256\nafter_greeting_silence = 400\n"
"""Asterisk's own detection, quick to know a person: a verdict about 0.7 s after the answer."""


class Found(msgspec.Struct, kw_only=True):
    """What an hour came to."""

    hour: Hour
    comparison: Comparison
    answer_to_agent_s: list[float]
    parked_to_agent_s: list[float]
    utilisation: float
    api: dict[str, Any]
    journal: Journal
    strange: list[str]
    refused: dict[str, int]
    skipped: int
    cpu: dict[str, float]
    first_minutes: Comparison | None = None


def habits(hour: Hour) -> Habits:
    """The model's wrap-up; some talks are ended by the agent, some customers put on hold; no breaks."""
    return Habits(
        sign_in_spread_s=min(20.0, 12.0 * hour.minutes),
        wrap_mean_s=15.0 / hour.shortened,
        ends_mean_s=90.0 / hour.shortened,
        hold_mean_s=15.0 / hour.shortened,
        break_every_s=0.0,
    )


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
        rig.pbx.write("amd.conf", AMD)
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
            numbers = _numbers(folder, hour.leads)
            comparison, pairs = compare(carrier.notes, journal.calls.values(), numbers, PATIENCE_S)
            _keep("".join(f"{line}\n" for line in map(_line, pairs)), folder / "calls.jsonl")
            served = [(note, told) for note, told in pairs if note.agent_at is not None and not note.machine]
            return Found(
                hour=hour,
                comparison=comparison,
                answer_to_agent_s=[(n.agent_at or 0.0) - (n.answered_at or 0.0) for n, _ in served],
                parked_to_agent_s=[(n.agent_at or 0.0) - _parked(told) for n, told in served if not told.queued],
                utilisation=utilisation(journal, began, ended),
                api=api,
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
        if time.time() > ended + CLOSES_AFTER_S:
            await desks.close_talks()
        campaign = await product.get(f"/api/v1/campaigns/{CAMPAIGN}")
        busy = any(campaign["stages"].values()) or carrier.in_progress
        return campaign["state"] == "stopped" and not busy

    await _until(over, DRAINS_WITHIN_S, "the last call has ended")
    await asyncio.sleep(LOOK_S)
    return began, ended


async def _ready(product: Product, agents: int) -> bool:
    rows = await product.get("/api/v1/agents", missing=[])
    return sum(row["state"] == "ready" for row in rows) >= agents


async def _until(done: Any, within_s: float, what: str) -> None:
    deadline = time.monotonic() + within_s
    while not await done():
        if time.monotonic() > deadline:
            raise NotInTime(f"not within {within_s:g} s: {what}")
        await asyncio.sleep(LOOK_S / 2)


def utilisation(journal: Journal, began: float, ended: float) -> float:
    """Share of the agents' time between two instants in which they talked or wrapped up."""
    worked = there = 0.0
    last: dict[str, tuple[float, str]] = {}
    changes = [*journal.agents, *((ended, agent, "") for agent in {one for _, one, _ in journal.agents})]
    for at, agent, state in sorted(changes):
        since, was = last.get(agent, (at, ""))
        lasted = max(0.0, min(at, ended) - max(since, began))
        there += lasted * (was in SIGNED_IN)
        worked += lasted * (was in WORKING)
        last[agent] = (at, state)
    return worked / there if there else 0.0


def _line(pair: tuple[Any, Told]) -> str:
    """One call in both books, without its number."""
    note, told = pair
    heard = {name: value for name, value in msgspec.to_builtins(note).items() if name != "number"}
    return msgspec.json.encode({"carrier": heard, "journal": told}).decode()


def _parked(told: Told) -> float:
    return told.waiting_at if told.waiting_at is not None else told.placed_at


def _numbers(folder: Path, most: int) -> dict[int, str]:
    with contextlib.closing(store.open(store_url(folder))) as opened:
        leads = leads_of(opened, CampaignId(CAMPAIGN), limit=most + 1, now=time.time())
    return {lead.id: lead.number.for_exchange("{digits}") for lead in leads}


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
    return result(found)


def result(found: Found) -> Result:
    """The figures of an hour: the abandon rate at the carrier, and whether both books agree."""
    both, api = found.comparison, found.api
    theirs = abandon_rate(both.carrier)
    heard = [1000 * wait for wait in found.answer_to_agent_s] or [0.0]
    direct = [1000 * wait for wait in found.parked_to_agent_s] or [0.0]
    notes: dict[str, float | str] = {
        "minutes": found.hour.minutes,
        "agents": found.hour.agents,
        "calls": both.pairs,
        "utilisation %": round(100 * found.utilisation, 1),
        "abandoned at the carrier %": round(100 * theirs, 3),
        "by our journal %": round(100 * abandon_rate(both.ours), 3),
        "by our API %": round(100 * (api["abandon_rate"] or 0.0), 3),
        "target %": 100 * found.hour.target,
        "API connected": api["connected"],
        "API abandoned": api["abandoned"],
    }
    for end in End:
        notes[f"{end.value} (carrier / journal)"] = f"{both.carrier[end]} / {both.ours[end]}"
    notes |= {
        "calls told differently": len(both.differences),
        "calls in one book only": both.only_carrier + both.only_journal,
        "differences": "; ".join(both.differences) or "none",
        "parked to agent heard, ms p50 / p99": f"{percentile(direct, 0.5):.0f} / {percentile(direct, 0.99):.0f}",
        "processor s": "; ".join(f"{who} {spent:.0f}" for who, spent in found.cpu.items()),
        "anomalies": "; ".join(f"{what} ×{times}" for what, times in found.journal.anomalies.items()) or "none",
        "alarms": "; ".join(f"{what} ×{times}" for what, times in found.journal.alarms.items()) or "none",
        "strange SIP": "; ".join(found.strange[:5]) or "none",
        "wishes refused": "; ".join(f"{what} ×{times}" for what, times in found.refused.items()) or "none",
    }
    return Result(
        name="predictive_hour",
        unit="% abandoned of live answers, counted at the carrier",
        value=round(100 * theirs, 3),
        p50=round(percentile(heard, 0.5), 1),
        p99=round(percentile(heard, 0.99), 1),
        p_unit="ms from the answer to the agent heard",
        limit="both books tell every call alike, ≤ 3 %",
        met=both.agree and theirs <= 0.03,
        notes=notes,
    )

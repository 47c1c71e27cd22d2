"""The hot dialling path on one core: lead → gate → durable reservation → the bytes of the Originate.

Everything is the product's own: leads are read from the store by the lead book, the dialler's engine decides, the switch-
board drains, the outbox holds the Originate until the writer's commit is on the disk (SQLite, ``synchronous=FULL``).
Only the PBX is replaced: by a sink that encodes the action. Two phases: closed loop, as fast as it goes; and open loop,
where an agent gets ready every 5 ms and each makes one call, timed from the instant he was due to get ready.
"""

import asyncio
import contextlib
import gc
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

import store
from benchmarks.floor import CAMPAIGN, SERVER, new_leads
from benchmarks.result import Result, percentile
from config.model import (
    AgentSettings,
    CallingWindow,
    CampaignSettings,
    PacingSettings,
    ServerSettings,
    TrunkSettings,
)
from store.intake import add_leads
from store.leads import LeadBook
from store.opening import Store
from store.writer import Writer
from switchroom.clock import WallClock
from switchroom.house import House, build
from telephony.agents import AgentState, CampaignAction, CampaignAsked, ReadyAsked, SeatMode
from telephony.ami.actions import actions_for, encode
from telephony.commands import Originate, PbxCommand
from telephony.events import LegSeen, LinkUp, PbxEvent, PbxSnapshot
from telephony.facts import AttemptPlaced, Fact
from telephony.ids import AgentId, CampaignId, CustomerId, LeadId, LegId, ServerId, TrunkId
from telephony.leads import KnownAgent, Restored

AT_LEAST_S = 15_000
P99_MS = 5.0
ATTEMPTS = 60_000
A_ROUND = 10_000
"""Attempts on the same floor; calls do not end here, and a floor has no more in the air."""
RATIO = 10.0
OPEN_PER_S = 200.0
OPEN_FOR_S = 10.0
COMMIT_WAIT_MS = 2.0
PBX = ServerId(SERVER)
GIVES_UP_S = 120.0
OPEN_GIVES_UP_S = 10.0

T = TypeVar("T")


class Sink:
    """An Exchange that turns each Originate into its bytes and drops them."""

    def __init__(self) -> None:
        self.sent = 0
        self.octets = 0
        self.on_bytes: Callable[[], None] = lambda: None

    @property
    def server(self) -> ServerId:
        return PBX

    def perform(self, command: PbxCommand) -> None:
        for action in actions_for(command, lambda leg: leg):
            self.octets += len(encode(action))
        if type(command) is Originate:
            self.sent += 1
            self.on_bytes()

    def subscribe(self, on_event: Callable[[PbxEvent], None]) -> None:
        """Nothing ever comes back from this PBX."""


class DialPath:
    """The parts of the path, put together by ``switchroom.house`` as in the product."""

    def __init__(self, opened: Store, *, agents: int, ratio: float, hopper: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._opened = opened
        self.clock = WallClock()
        self.sink = Sink()
        self.leads = LeadBook(opened, post=self._post)
        self.writer = Writer(opened, post=self._post, commit_wait_ms=COMMIT_WAIT_MS, on_committed=self.leads.on_facts)
        self.agents = [AgentId(str(1001 + n)) for n in range(agents)]
        self._timer: asyncio.TimerHandle | None = None
        self.house: House = build(
            server=ServerSettings(
                trunk=[_unlimited_trunk()],
                agent=[
                    AgentSettings(id=a, asterisk=SERVER, endpoint=f"PJSIP/{a}", campaigns=[CAMPAIGN])
                    for a in self.agents
                ],
            ),
            campaigns={
                CAMPAIGN: CampaignSettings(
                    mode="power",
                    hopper=hopper,
                    pacing=PacingSettings(ratio=ratio, tick_s=0.1),
                    windows=[CallingWindow(begin="00:00", end="24:00")],
                )
            },
            ledger=self.writer,
            leads=self.leads,
            exchanges={PBX: self.sink},
            clock=self.clock.now,
            on_idle=self._arm,
        )

    def open(self, state: AgentState) -> None:
        """Every agent sits in his seat in that state, the link is up, the campaign runs."""
        now = self.clock.now()
        feed = self.house.core.feed
        seats = {agent: LegId(f"s-{agent}-0") for agent in self.agents}
        feed(
            Restored(
                agents=tuple(
                    KnownAgent(
                        agent=agent,
                        state=state,
                        reason="",
                        since=now,
                        mode=SeatMode.NAILED_UP,
                        server=PBX,
                        seat=seat,
                        call=None,
                    )
                    for agent, seat in seats.items()
                )
            )
        )
        feed(LinkUp(server=PBX))
        feed(PbxSnapshot(server=PBX, legs=tuple(_seat_row(seat) for seat in seats.values())))
        self.house.core.ask(CampaignAsked(actor="bench", campaign=CampaignId(CAMPAIGN), action=CampaignAction.START))

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.to_thread(self.leads.close)
        await asyncio.to_thread(self.writer.close)

    def _post(self, act: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(act)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self.house.core.timers.next_at()
        if at is not None:
            self._timer = self._loop.call_later(max(0.0, at - self.clock.now()), self._fire)

    def _fire(self) -> None:
        self.house.core.fire_due(self.clock.now())
        self._arm()


def _unlimited_trunk() -> TrunkSettings:
    return TrunkSettings.model_construct(
        name="trunk1",
        asterisk=SERVER,
        dial="PJSIP/{digits}@carrier",
        priority=1,
        channels=10**6,
        cps=1e6,
        caller_ids=["4001234567"],
        allowed_prefixes=["+86"],
    )


def _seat_row(seat: LegId) -> LegSeen:
    return LegSeen(leg=seat, linked=seat, channel=f"PJSIP/{seat}", up=True, ringing=False, bridge=None)


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Every thread of this process on one processor."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextlib.contextmanager
def database(leads: int) -> Iterator[Store]:
    """A durable database with so many leads in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="switchroom-dial-") as folder:
        url = f"sqlite:///{Path(folder) / 'switchroom.db'}"
        filling = store.open(url, durable=False)
        add_leads(filling, new_leads(leads, seed=1))
        filling.close()
        opened = store.open(url)
        try:
            yield opened
        finally:
            opened.close()


def settle() -> None:
    """What ``serve`` does once it has started."""
    gc.collect()
    gc.freeze()


async def closed_loop(opened: Store, attempts: int) -> tuple[float, DialPath]:
    """Attempts a second until `attempts` are out, each durable before its bytes."""
    agents = int(attempts / RATIO)
    path = DialPath(opened, agents=agents, ratio=RATIO, hopper=2000)
    wanted = int(RATIO * agents)
    done = asyncio.Event()

    def count() -> None:
        if path.sink.sent >= wanted:
            done.set()

    path.sink.on_bytes = count
    settle()
    began = time.perf_counter()
    path.open(AgentState.READY)
    try:
        await asyncio.wait_for(done.wait(), GIVES_UP_S)
        took = time.perf_counter() - began
    finally:
        await path.close()
    return wanted / took, path


async def open_loop(opened: Store, per_s: float, for_s: float) -> list[float]:
    """Milliseconds from the instant each agent was due to get ready to the bytes of his call."""
    count = int(per_s * for_s)
    path = DialPath(opened, agents=count, ratio=1.0, hopper=500)
    path.open(AgentState.AUX)
    due: list[float] = []
    took: list[float] = []
    all_out = asyncio.Event()

    def note() -> None:
        took.append(time.perf_counter() - due[len(took)])
        if len(took) == count:
            all_out.set()

    path.sink.on_bytes = note
    try:
        await asyncio.sleep(1.0)  # the first leads are in the hopper
        settle()
        began = time.perf_counter()
        for n, agent in enumerate(path.agents):
            at = began + n / per_s
            if (wait := at - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            due.append(at)
            path.house.core.ask(ReadyAsked(actor="bench", agent=agent))
        await asyncio.wait_for(all_out.wait(), OPEN_GIVES_UP_S)
    finally:
        await path.close()
    return [seconds * 1000 for seconds in took]


def raw_inserts(seconds: float = 3.0, per_s: float | None = None) -> tuple[float, list[float]]:
    """One SQLite INSERT and one commit for each attempt, as a script would write it: how many a second, and the
    milliseconds of each; back to back, or `per_s` of them."""
    took: list[float] = []
    with tempfile.TemporaryDirectory(prefix="switchroom-raw-") as folder:
        plain = sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)
        plain.execute("PRAGMA journal_mode=WAL")
        plain.execute("PRAGMA synchronous=FULL")
        plain.execute("CREATE TABLE attempts (call TEXT PRIMARY KEY, lead INTEGER, customer TEXT, at REAL)")
        began = time.perf_counter()
        while (at := time.perf_counter()) - began < seconds:
            if per_s is not None and (wait := began + len(took) / per_s - at) > 0:
                time.sleep(wait)
                at = time.perf_counter()
            count = len(took)
            plain.execute("INSERT INTO attempts VALUES (?, ?, ?, ?)", (f"c-raw-{count}", count, f"k{count}", 0.0))
            took.append((time.perf_counter() - at) * 1000)
        whole = time.perf_counter() - began
        plain.close()
    return len(took) / whole, took


def writer_alone(opened: Store, attempts: int) -> float:
    """Attempts a second through the writer when nothing else runs: the ceiling of the path."""
    acts: list[Callable[[], None]] = []
    writer = Writer(opened, post=acts.append, commit_wait_ms=COMMIT_WAIT_MS)
    facts: list[Fact] = [
        AttemptPlaced(
            call=f"c-alone-{n}",  # type: ignore[arg-type]
            campaign=CampaignId(CAMPAIGN),
            lead=LeadId(n),
            customer=CustomerId(f"alone{n}"),
            number_key=n,
            trunk=TrunkId("trunk1"),
            server=PBX,
            caller_id="4001234567",
            mode="power",
            reason="pace.power",
        )
        for n in range(attempts)
    ]
    began = time.perf_counter()
    for first in range(0, attempts, 500):
        writer.submit(facts[first : first + 500], 0.0, lambda: None)
    unwritten = writer.close(GIVES_UP_S)
    took = time.perf_counter() - began
    return (attempts - unwritten) / took


def run(attempts: int = ATTEMPTS, open_for_s: float = OPEN_FOR_S) -> Result:
    """Both phases and the peers, on one core."""
    with one_core():
        rates, commits = [], 0
        for number in range(1 + max(1, attempts // A_ROUND)):
            with database(min(attempts, A_ROUND)) as opened:
                rate, path = _loop(closed_loop(opened, min(attempts, A_ROUND)))
            if number:  # the first round warms up
                rates.append(rate)
                commits += path.writer.batches
        rate = len(rates) / sum(1 / one for one in rates)
        count = int(OPEN_PER_S * open_for_s)
        with database(count + 2000) as opened:
            waits = _loop(open_loop(opened, OPEN_PER_S, open_for_s))
        with database(1) as opened:
            alone = writer_alone(opened, attempts)
        raw, _ = raw_inserts()
        _, commits_ms = raw_inserts(per_s=OPEN_PER_S)
    p99 = percentile(waits, 0.99)
    return Result(
        name="dial_path",
        unit="durable attempts/s",
        value=round(rate),
        p50=round(percentile(waits, 0.5), 2),
        p99=round(p99, 2),
        p_unit=f"ms from decision to bytes at {OPEN_PER_S:.0f}/s",
        peers={"raw SQLite, a commit each": round(raw), "writer alone": round(alone)},
        limit=f"≥ {AT_LEAST_S}/s, p99 ≤ {P99_MS:g} ms",
        met=rate >= AT_LEAST_S and p99 <= P99_MS,
        notes={
            "share of the writer alone": f"{rate / alone:.0%}",
            "attempts": attempts,
            "commits": commits,
            "slowest round": round(min(rates)),
            "worst ms": round(max(waits), 2),
            "a raw commit at the same pace, ms p50": round(percentile(commits_ms, 0.5), 2),
            "p99": round(percentile(commits_ms, 0.99), 2),
        },
    )


def _loop(main: Coroutine[Any, Any, T]) -> T:
    import uvloop

    return uvloop.run(main)


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(run())).decode())

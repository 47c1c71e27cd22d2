"""The restart drill: the product is killed at random moments with calls in the air, and nothing may be repeated,
uncounted or stuck.

The simulated Asterisk lives in this process and outlives the product, as a real one does. It looks into the database
itself whenever an Originate arrives, and notes whatever the product does to people who are talking.
"""

import asyncio
import contextlib
import sqlite3
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from benchmarks.floor import CAMPAIGN, SECRET, SERVER, NotInTime, Plan, Product, free_port, put_leads, write_settings
from benchmarks.result import Result
from simulator.amiserver import AmiServer
from simulator.exchange import VirtualExchange
from simulator.odds import Odds
from simulator.population import Customers
from switchroom.clock import WallClock
from telephony.ids import LegId, ServerId, is_call

PLAN = Plan(agents=120, ratio=2.0, cps=80.0, wrap_up_s=1.0, ring_s=8.0)
LEADS_A_ROUND = 1500
SETTLES_WITHIN_S = 90.0
DRAINS_WITHIN_S = 180.0
ODDS = Odds(
    human=0.5,
    machine=0.0,
    silent=0.0,
    busy=0.15,
    setup_mean_s=0.6,
    ring_mean_s=2.5,
    ring_longest_s=8.0,
    busy_mean_s=1.0,
    refusal_share=0.4,
    refusal_mean_s=3.0,
    refusal_cv=0.3,
    conversation_mean_s=7.0,
    conversation_cv=0.3,
    patience_mean_s=10.0,
)


class Findings(msgspec.Struct, kw_only=True):
    """What the drill counted; the first five must be nought."""

    repeated: int = 0
    """Originates for a call or a number the exchange had been asked to dial before."""
    lost: int = 0
    """Originates without a durable attempt, and attempts that did not end with exactly one outcome."""
    stuck: int = 0
    """Agents whose state did not come to agree with the exchange."""
    torn: int = 0
    """Conversations the product ended or moved."""
    leaked: int = 0
    """Customers' legs left in the exchange after the last call had ended."""
    attempts: int = 0
    talking_at_kill: int = 0
    in_the_air_at_kill: int = 0
    most_in_the_air: int = 0
    rounds: int = 0
    back_s: list[float] = []
    outcomes: dict[str, int] = {}
    words: list[str] = []
    """The first few things found, in words."""

    @property
    def clean(self) -> bool:
        return not (self.repeated or self.lost or self.stuck or self.torn or self.leaked)

    def note(self, words: str) -> None:
        if len(self.words) < 40:
            self.words.append(words)


class LookedAtExchange(VirtualExchange):
    """A simulated Asterisk that remembers what it was asked to dial and what was done to people talking."""

    def __init__(self, *given: Any, database: Path, findings: Findings, **named: Any) -> None:
        super().__init__(*given, **named)
        self._database = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)
        self.findings = findings
        self.dialled: dict[str, str] = {}
        self._numbers: set[str] = set()
        self.off = False

    def originate(self, id: LegId, channel: str, *given: Any, **named: Any) -> str | None:
        if is_call(id):
            self._look(id, channel)
        return super().originate(id, channel, *given, **named)

    def redirect(self, id: LegId, context: str, exten: str) -> str | None:
        self._must_not_talk(id, f"redirected to {context}")
        return super().redirect(id, context, exten)

    def hang_up(self, id: LegId, cause: int = 16) -> str | None:
        self._must_not_talk(id, "hung up")
        return super().hang_up(id, cause)

    def talking(self) -> dict[str, str]:
        """Agents in conversation and with whose leg."""
        found: dict[str, str] = {}
        for name, bridge in self.seats.items():
            customers = [leg.id for leg in bridge.legs if leg.is_customer]
            if customers and len(bridge.legs) > 1:
                found[name.removeprefix("seat-")] = customers[0]
        return found

    def in_the_air(self) -> int:
        """Customers' legs, dialling, ringing, waiting or talking."""
        return sum(1 for leg in self.legs.values() if leg.is_customer)

    def _look(self, id: LegId, channel: str) -> None:
        found = self.findings
        if id in self.dialled or channel in self._numbers:
            found.repeated += 1
            found.note(f"dialled again: {id}")
        self.dialled[id] = channel
        self._numbers.add(channel)
        if self._database.execute("SELECT 1 FROM attempts WHERE call = ?", (id,)).fetchone() is None:
            found.lost += 1
            found.note(f"not durable when its Originate arrived: {id}")

    def _must_not_talk(self, id: LegId, what: str) -> None:
        leg = self.legs.get(id)
        if leg is not None and leg.bridge is not None and len(leg.bridge.legs) > 1:
            self.findings.torn += 1
            self.findings.note(f"a conversation was {what}: {id}")


class Drill:
    """One floor to be hurt; ``open`` starts it, every blow is a method, ``close`` counts and ends it."""

    def __init__(self, folder: Path, *, seed: int, rounds: int, plan: Plan = PLAN) -> None:
        self.plan = plan
        self.dice = Random(f"drill:{seed}")
        self.findings = Findings()
        self._folder = folder
        put_leads(folder, LEADS_A_ROUND * (rounds + 2), seed)
        self.clock = WallClock()
        self.exchange = LookedAtExchange(
            ServerId(SERVER),
            Customers(ODDS, Random(f"customers:{seed}")),
            Random(f"exchange:{seed}"),
            self.clock,
            database=folder / "switchroom.db",
            findings=self.findings,
        )
        for agent in plan.agent_ids():
            self.exchange.add_phone(f"PJSIP/{agent}")
        self.pbx = AmiServer(self.exchange, self.clock, users={"switchroom": SECRET})

    async def open(self) -> None:
        """Everything runs and calls are in the air; raises NotInTime."""
        await self.pbx.start()
        api_port = free_port()
        self.product = Product(write_settings(self._folder, self.plan, self.pbx.port, api_port), api_port)
        await self.product.start()
        await self.product.up()
        await self.product.agents_to_work(self.plan.agent_ids())
        await self._busy()

    async def kill_and_start(self, *, while_starting: bool = False) -> None:
        """SIGKILL, a pause, a start on the same database; with `while_starting` it is killed once more on the way."""
        self._note_kill()
        self.product.kill()
        await asyncio.sleep(self.dice.uniform(0.0, 2.0))
        began = self.clock.now()
        await self.product.start()
        if while_starting:
            await asyncio.sleep(self.dice.uniform(0.5, 4.0))
            self._note_kill()
            self.product.kill()
            began = self.clock.now()
            await self.product.start()
        await self.product.up()
        self.findings.back_s.append(round(self.clock.now() - began, 2))
        self.findings.rounds += 1

    async def cut_link(self) -> None:
        """Every AMI connection is cut; the calls go on."""
        self._note_kill()
        self.pbx.drop_clients()
        await self._link("lost")
        await self.product.up()
        self.findings.rounds += 1

    async def pbx_restarts(self) -> None:
        """Asterisk dies and is back at once, empty."""
        self._note_kill()
        await self.pbx.restart()
        await self._link("lost")
        await self.product.up()
        self.findings.rounds += 1

    async def pbx_dies(self, for_s: float = 2.0) -> None:
        """Asterisk dies and stays away for a while."""
        self._note_kill()
        await self.pbx.kill()
        await self._link("lost")
        await asyncio.sleep(for_s)
        await self.pbx.start()
        await self.product.up()
        self.findings.rounds += 1

    async def settle(self) -> None:
        """Every agent has come to agree with the exchange, or is counted as stuck."""
        doubtful = set(self.plan.agent_ids())
        last: dict[str, str] = {}
        end = self.clock.now() + SETTLES_WITHIN_S
        while doubtful and self.clock.now() < end:
            shown = await self.product.get("/api/v1/agents", missing=[])
            talking = self.exchange.talking()
            for agent in shown:
                if agent["id"] in doubtful:
                    last[agent["id"]] = f"{agent['state']} {agent['reason']}"
                    if self._agrees(agent, talking):
                        doubtful.discard(agent["id"])
            await asyncio.sleep(0.1)
        self.findings.stuck += len(doubtful)
        for agent in sorted(doubtful)[:5]:
            legs = [leg for leg in self.exchange.legs if leg.startswith(f"s-{agent}-")]
            self.findings.note(f"stuck: {agent} {last.get(agent)}, talks to {talking.get(agent)}, legs {legs}")

    async def close(self) -> Findings:
        """Let the last call end, count, and end everything."""
        try:
            await self.settle()
            await self._drain()
            await self.settle()
            await self._count()
        finally:
            await self.abort()
        return self.findings

    async def abort(self) -> None:
        """End the processes, whatever the state."""
        await self.product.close()
        await self.pbx.close()

    def _agrees(self, agent: dict[str, Any], talking: dict[str, str]) -> bool:
        state, id = agent["state"], agent["id"]
        seat = any(leg.startswith(f"s-{id}-") and one.up for leg, one in self.exchange.legs.items())
        if state == "talking":
            return bool(talking.get(id) == agent["call"])
        return seat and state in ("ready", "wrap_up") and id not in talking

    def _note_kill(self) -> None:
        found = self.findings
        found.talking_at_kill += len(self.exchange.talking())
        found.in_the_air_at_kill += self.exchange.in_the_air()
        found.most_in_the_air = max(found.most_in_the_air, self.exchange.in_the_air())

    async def work(self, least_s: float = 0.5, most_s: float = 4.0) -> None:
        """Let the floor work for a random while."""
        await asyncio.sleep(self.dice.uniform(least_s, most_s))

    async def _busy(self) -> None:
        """Until at least a third of the agents talk."""
        end = self.clock.now() + SETTLES_WITHIN_S
        while len(self.exchange.talking()) < self.plan.agents // 3:
            if self.clock.now() > end:
                raise NotInTime("the floor did not get busy")
            await asyncio.sleep(0.1)

    async def _link(self, state: str) -> None:
        end = self.clock.now() + SETTLES_WITHIN_S
        while not any(one["state"] == state for one in await self.product.get("/api/v1/servers", missing=[])):
            if self.clock.now() > end:
                raise NotInTime(f"the link did not become {state}")
            await asyncio.sleep(0.02)

    async def _drain(self) -> None:
        """No new calls, until the last has ended in the exchange and in the books."""
        await self.product.post(f"/campaigns/{CAMPAIGN}/drain")
        end = self.clock.now() + DRAINS_WITHIN_S
        while self.exchange.in_the_air() or self._open_attempts():
            if self.clock.now() > end:
                break
            await asyncio.sleep(0.2)
        self.findings.leaked = self.exchange.in_the_air()

    def _open_attempts(self) -> int:
        with contextlib.closing(self._database()) as database:
            found: int = database.execute("SELECT count(*) FROM attempts WHERE outcome IS NULL").fetchone()[0]
        return found

    async def _count(self) -> None:
        found = self.findings
        with contextlib.closing(self._database()) as database:
            rows = dict(database.execute("SELECT call, outcome FROM attempts").fetchall())
            ends = Counter(call for (call,) in database.execute("SELECT call FROM journal WHERE kind = 'CallEnded'"))
        found.attempts = len(rows)
        found.outcomes = dict(Counter(str(outcome) for outcome in rows.values()))
        for call, outcome in rows.items():
            if outcome is None or ends[call] != 1:
                found.lost += 1
                found.note(f"{call} ended {ends[call]} times, outcome {outcome}")
        for call in self.exchange.dialled:
            if call not in rows:
                found.lost += 1
                found.note(f"{call} was dialled and has no attempt")

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._folder / 'switchroom.db'}?mode=ro", uri=True)


@contextlib.asynccontextmanager
async def drilled(folder: Path, *, seed: int, rounds: int, plan: Plan = PLAN) -> AsyncIterator[Drill]:
    """A busy floor; its processes are ended whatever happens."""
    drill = Drill(folder, seed=seed, rounds=rounds, plan=plan)
    try:
        await drill.open()
        yield drill
    finally:
        await drill.abort()


async def kills(folder: Path, *, seed: int, rounds: int, plan: Plan = PLAN) -> Findings:
    """So many kills of the product, every fourth also while it starts."""
    async with drilled(folder, seed=seed, rounds=rounds, plan=plan) as drill:
        for number in range(rounds):
            await drill.work()
            await drill.kill_and_start(while_starting=number % 4 == 3)
        return await drill.close()


def run(rounds: int = 20, seed: int = 1) -> Result:
    """Kill the product `rounds` times; the value is how many things went wrong."""
    with tempfile.TemporaryDirectory(prefix="switchroom-drill-") as folder:
        found = asyncio.run(kills(Path(folder), seed=seed, rounds=rounds))
    wrong = found.repeated + found.lost + found.stuck + found.torn + found.leaked
    back = sorted(found.back_s)
    return Result(
        name="restart_drill",
        unit="faults",
        value=wrong,
        p50=back[len(back) // 2],
        p99=back[-1],
        p_unit="s from start to link up",
        limit="0 repeated, 0 lost, 0 stuck, 0 torn",
        met=wrong == 0,
        notes={
            "kills": rounds,
            "repeated": found.repeated,
            "lost": found.lost,
            "stuck": found.stuck,
            "conversations torn": found.torn,
            "attempts": found.attempts,
            "most calls in the air at a kill": found.most_in_the_air,
            "talking at the kills": found.talking_at_kill,
            **({"found": " | ".join(found.words)} if found.words else {}),
        },
    )

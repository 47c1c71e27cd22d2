"""The crash drill: the product is killed at random instants while it dials two hundred times a second, and no customer may
be called beyond his rule by the log of the carrier.

The carrier is the simulated Asterisk in this process: it outlives every kill, writes each number it is asked to dial into
a file of its own, and looks into the database for the attempt at that instant. Customers are few, with several numbers
and a lead in every campaign, so that the rule bites all the time; the clock is moved on by days between two starts.
"""

import asyncio
import contextlib
import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psycopg
from sqlalchemy import text

import store
from benchmarks import carrier_log, crash_child
from benchmarks.carrier_log import CarrierLog
from benchmarks.postgres import private_postgres
from benchmarks.result import Result
from simulator.amiserver import AmiServer
from simulator.exchange import VirtualExchange
from simulator.odds import Odds
from simulator.population import Customers
from store.intake import NewLead, add_leads
from store.opening import KEY_NAME
from switchroom.clock import WallClock
from telephony.ids import CampaignId, CustomerId, LegId, ServerId, is_call
from telephony.numbers import PhoneNumber

SQLITE, POSTGRES, TWO_ON_POSTGRES = "sqlite", "postgres", "two on postgres"
CAMPAIGNS = ("spring", "autumn")
NUMBERS_EACH = 2
CUSTOMERS = 2000
AGENTS = 120
"""Of all servers together: so many that calls which ended unseen at a kill, and are looked for twice, hold nobody up."""
CPS = 200.0
STARTS_WITHIN_S = 120.0
DIALS_WITHIN_S = 1.5
ENDS_WITHIN_S = 180.0
LONGEST_ROUND_S = 1.2
LONG_ROUND_EVERY, SETTLES_S = 8, 5.0
"""Now and then the product lives long enough to close the calls that ended while it was dead."""
SEVERAL_NEED_IT_EVERY = 6
"""Of so many kills one falls while the product starts; of two servers both are killed, and time moves."""
HOUR_S, DAY_S = 3600.0, 86_400.0
LEAPS_S = (HOUR_S, DAY_S, 12 * DAY_S, 31 * DAY_S, 91 * DAY_S)
SLACK = 60
"""A round with fewer calls than this has run out of customers who may be called: time moves on by a season."""
ODDS = Odds(
    human=0.12,
    machine=0.0,
    silent=0.0,
    invalid=0.0,
    busy=0.3,
    setup_mean_s=0.05,
    ring_mean_s=0.2,
    ring_longest_s=0.4,
    busy_mean_s=0.05,
    refusal_mean_s=0.3,
    conversation_mean_s=0.5,
    patience_mean_s=1.0,
    opts_out=0.0,
)
OPEN = "SELECT count(*) FROM attempts WHERE outcome IS NULL"
SECRET = "simulated"
TOKEN = "a-token-of-the-drill-only-1234"


class Findings(msgspec.Struct, kw_only=True):
    """What the drill counted; everything up to `failed_starts` must be nought."""

    beyond: int = 0
    """Calls beyond the customer's rule, by the carrier's log."""
    repeated: int = 0
    """Call ids the carrier was asked to dial twice."""
    not_durable: int = 0
    """Calls that reached the carrier without an attempt in the database."""
    left_open: int = 0
    """Attempts without an outcome at the end."""
    failed_starts: int = 0
    """Starts after which the link did not come up."""
    kills: int = 0
    attempts: int = 0
    refusals: int = 0
    vetoes: int = 0
    per_s: list[float] = []
    back_s: list[float] = []
    words: list[str] = []

    @property
    def wrong(self) -> int:
        return self.beyond + self.repeated + self.not_durable + self.left_open + self.failed_starts

    def note(self, words: str) -> None:
        if len(self.words) < 20:
            self.words.append(words)


class LoggedExchange(VirtualExchange):
    """A simulated Asterisk whose carrier keeps a log."""

    def __init__(self, *given: Any, heard: Callable[[str, str, str], None], **named: Any) -> None:
        super().__init__(*given, **named)
        self._heard = heard

    def originate(self, id: LegId, channel: str, *given: Any, **named: Any) -> str | None:
        why = super().originate(id, channel, *given, **named)
        if is_call(id):
            self._heard(self.server, id, channel.partition("/")[2].partition("@")[0])
        return why


class Server:
    """One product: its settings, its Asterisk, its process."""

    def __init__(self, drill: "Drill", serial: int, campaigns: tuple[str, ...]) -> None:
        self.drill = drill
        self.name = f"server{serial}"
        self.pbx_name = f"pbx{serial}"
        self.campaigns = campaigns
        dice = Random(f"{drill.seed} {serial}")
        self.clock = WallClock()
        exchange = LoggedExchange(ServerId(self.pbx_name), Customers(ODDS, dice), dice, self.clock, heard=drill.heard)
        self.agents = [f"{serial}{n:03}" for n in range(AGENTS // drill.shares)]
        for agent in self.agents:
            exchange.add_phone(f"PJSIP/{agent}", 0.02)
        self.pbx = AmiServer(exchange, self.clock, users={"switchroom": SECRET})
        self.process: Any = None
        self._told: Connection | None = None

    def settings(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "data": str(self.drill.folder),
            "store": {"url": self.drill.url, "free_mb": 0},
            "floor": {"wrap_up_s": 0.0},
            "api": {"port": 0, "tokens": {"drill": TOKEN}},
            "asterisk": [{"name": self.pbx_name, "port": self.pbx.port, "secret": SECRET}],
            "trunk": [
                {
                    "name": f"trunk{self.name}",
                    "asterisk": self.pbx_name,
                    "dial": "PJSIP/{digits}@carrier",
                    "channels": 10_000,
                    "cps": self.drill.cps,
                }
            ],
            "agent": [
                {"id": id, "asterisk": self.pbx_name, "endpoint": f"PJSIP/{id}", "campaigns": list(self.campaigns)}
                for id in self.agents
            ],
        }

    def lines(self) -> dict[str, Any]:
        return {name: _campaign() for name in self.campaigns}

    def start(self) -> None:
        """Returns at once."""
        self._told, telling = self.drill.fork.Pipe()
        self.process = self.drill.fork.Process(
            target=crash_child.run,
            args=(self.settings(), self.lines(), self.drill.clock_file, telling, self.drill.fault),
            daemon=True,
        )
        self.process.start()
        telling.close()
        self.began = time.monotonic()

    def kill(self) -> None:
        """SIGKILL, at this instant."""
        self.process.kill()
        self.process.join()
        if self._told is not None:
            self._told.close()

    async def up(self) -> None:
        """Until the link is up; counted when it does not come about."""
        found, told = self.drill.findings, self._told
        assert told is not None
        while time.monotonic() - self.began < STARTS_WITHIN_S:
            if told.poll():
                word = told.recv() if self.process.is_alive() else self._last_word(told)
                if word == crash_child.UP:
                    found.back_s.append(round(time.monotonic() - self.began, 2))
                    return
                found.note(f"{self.name} ended: {word}")
                break
            await asyncio.sleep(0.005)
        found.failed_starts += 1
        found.note(f"{self.name} did not come up")

    @staticmethod
    def _last_word(told: Connection) -> str:
        try:
            return str(told.recv())
        except EOFError:
            return "without a word"

    def drain(self) -> None:
        assert self._told is not None
        self._told.send("drain")

    async def deserted(self) -> None:
        """Until the PBX has read all that the dead process had sent."""
        await _until(lambda: not self.pbx.sessions, 5.0)


class Drill:
    """Servers on one database, the carrier beside them; ``kills`` hurts them, ``end`` counts."""

    def __init__(
        self,
        folder: Path,
        kind: str,
        url: str,
        *,
        seed: int,
        customers: int,
        longest_s: float,
        settles_s: float,
        fault: str,
    ) -> None:
        self.longest_s, self.settles_s = longest_s, settles_s
        self.folder, self.kind, self.url, self.seed, self.fault = folder, kind, url, seed, fault
        self.findings = Findings()
        self.dice = Random(f"drill {seed}")
        self.clock_file = folder / "clock"
        self.clock = crash_child.make_clock(self.clock_file)
        self.log = CarrierLog(folder / "carrier.jsonl")
        self.fork = multiprocessing.get_context("forkserver")
        self.fork.set_forkserver_preload(["benchmarks.crash_child", "uvloop", "psycopg", "store.migrations"])
        self.owners: dict[str, str] = {}
        self.opened = store.open(url, key_file=folder / KEY_NAME)
        add_leads(self.opened, self._leads(customers))
        self._look = _looker(kind, folder, url)
        shares = [(name,) for name in CAMPAIGNS] if kind == TWO_ON_POSTGRES else [CAMPAIGNS]
        self.shares = len(shares)
        self.cps = CPS / self.shares
        self.servers = [Server(self, n + 1, share) for n, share in enumerate(shares)]

    def heard(self, server: str, call: str, digits: str) -> None:
        """The carrier is asked to dial."""
        self.log.dialled(self.clock.now(), server, call, digits)
        if not self._look(call):
            self.findings.not_durable += 1
            self.findings.note(f"dialled and not in the database: {call}")

    async def open(self) -> None:
        for server in self.servers:
            await server.pbx.start()
            server.start()
        for server in self.servers:
            await server.up()

    async def kills(self, rounds: int) -> None:
        """So many kills, each at a random instant."""
        found = self.findings
        while found.kills < rounds:
            turn = found.kills // len(self.servers) if len(self.servers) > 1 else found.kills
            many = len(self.servers) > 1 and self.dice.randrange(SEVERAL_NEED_IT_EVERY) == 0
            starting = self.dice.randrange(SEVERAL_NEED_IT_EVERY) == 0
            hurt = self.servers if many else [self.servers[self.dice.randrange(len(self.servers))]]
            began, before = time.monotonic(), self.log.count
            await _until(lambda before=before: self.log.count > before, DIALS_WITHIN_S)  # type: ignore[misc]
            least, most = (
                (0.0, self.longest_s)
                if self.dice.randrange(LONG_ROUND_EVERY)
                else (0.8 * self.settles_s, self.settles_s)
            )
            await asyncio.sleep(self.dice.uniform(least, most))
            lasted, dialled = time.monotonic() - began, self.log.count - before
            found.per_s.append(round(dialled / lasted, 1))
            hurt = self.servers if dialled < SLACK else hurt
            for server in hurt:
                server.kill()
            found.kills += len(hurt)
            if len(hurt) == len(self.servers):
                await self._leap(91 * DAY_S if dialled < SLACK else self.dice.choice(LEAPS_S))
            for server in hurt:
                server.start()
            if starting:
                await asyncio.sleep(self.dice.uniform(0.0, 0.6))
                hurt[0].kill()
                found.kills += 1
                hurt[0].start()
            for server in hurt:
                await server.up()
            if turn % 20 == 19:
                self._reopen()

    async def end(self) -> Findings:
        """Let the last calls end, and count."""
        found = self.findings
        for server in self.servers:
            server.drain()
        await _until(lambda: not self._count(OPEN), ENDS_WITHIN_S, 0.1)
        await self.close()
        found.left_open = self._count(OPEN)
        found.refusals = self._count("SELECT count(*) FROM journal WHERE kind = 'DialRefused'")
        found.vetoes = self._count("SELECT count(*) FROM journal WHERE kind = 'AttemptVetoed'")
        log = carrier_log.read(self.log.path)
        found.attempts = len(log)
        beyond, repeated = carrier_log.violations(log, self.owners), carrier_log.repeated(log)
        found.beyond, found.repeated = len(beyond), len(repeated)
        for words in (*beyond, *repeated):
            found.note(words)
        return found

    async def close(self) -> None:
        """End the processes, whatever the state."""
        for server in self.servers:
            if server.process is not None and server.process.is_alive():
                server.kill()
        for server in self.servers:
            await server.pbx.close()

    async def _leap(self, seconds: float) -> None:
        """Move every clock, while nobody dials."""
        for server in self.servers:
            await server.deserted()
        self.clock.move(seconds)

    def _reopen(self) -> None:
        """Leads closed by their outcome come back, as in a list loaded anew."""
        with self.opened.writing.begin() as connection:
            connection.execute(text("UPDATE leads SET due = 0, attempts = 0 WHERE due IS NULL"))

    def _count(self, question: str) -> int:
        with self.opened.reading.begin() as connection:
            return int(connection.execute(text(question)).scalar_one())

    def _leads(self, customers: int) -> Iterator[NewLead]:
        """In no order, so that a customer's numbers lie apart in the hopper and his first call is long over when his
        second number comes up."""
        numbers = list(range(customers * NUMBERS_EACH))
        for name in CAMPAIGNS:
            self.dice.shuffle(numbers)
            for n in numbers:
                number = PhoneNumber(f"+86138{n:06}88")
                owner = f"customer{n // NUMBERS_EACH}"
                self.owners[number.for_exchange("{digits}")] = owner
                yield NewLead(
                    campaign=CampaignId(name), customer=CustomerId(owner), number=number, zones=("Asia/Shanghai",)
                )


def _campaign() -> dict[str, Any]:
    return {
        "mode": "power",
        "ring_s": 15.0,
        "hopper": 400,
        "record": False,
        "windows": [{"begin": "00:00", "end": "24:00"}],
        "pacing": {"ratio": 10.0, "target_abandon": 1.0, "tick_s": 0.1, "abandon_rest_h": 0.0},
        "frequency": [{"calls": carrier_log.CALLS, "within": "720 hours", "rest": "2160 hours"}],
        "retry": {
            outcome: {"after_s": 2.0, "times": 100}
            for outcome in (
                *("busy", "no_answer", "declined", "unavailable", "congestion", "trunk_down", "cancelled", "refused"),
                *("unknown", "abandoned"),
            )
        },
    }


def _looker(kind: str, folder: Path, url: str) -> Callable[[str], bool]:
    """Whether an attempt is in the database, asked over a connection of the carrier's own."""
    if kind == SQLITE:
        lite = sqlite3.connect(f"file:{folder / 'switchroom.db'}?mode=ro", uri=True, isolation_level=None)
        return lambda call: lite.execute("SELECT 1 FROM attempts WHERE call = ?", (call,)).fetchone() is not None
    great = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
    return lambda call: great.execute("SELECT 1 FROM attempts WHERE call = %s", (call,)).fetchone() is not None


async def _until(true: Callable[[], bool], within_s: float, look_s: float = 0.005) -> None:
    """Wait until it is so, but no longer."""
    end = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end:
            return
        await asyncio.sleep(look_s)


async def drilled(
    folder: Path,
    kind: str,
    url: str,
    *,
    kills: int,
    seed: int = 1,
    customers: int = CUSTOMERS,
    longest_s: float = LONGEST_ROUND_S,
    settles_s: float = SETTLES_S,
    fault: str = "",
) -> Findings:
    """One drill from the first start to the last count."""
    drill = Drill(
        folder, kind, url, seed=seed, customers=customers, longest_s=longest_s, settles_s=settles_s, fault=fault
    )
    try:
        await drill.open()
        await drill.kills(kills)
        return await drill.end()
    finally:
        await drill.close()
        drill.log.close()
        drill.opened.close()


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of that kind that is really on the disk; raises Unmeasurable."""
    if kind == SQLITE:
        yield f"sqlite:///{folder / 'switchroom.db'}"
    else:
        with private_postgres() as url:
            yield url


def run(kills: int = 500, seed: int = 1) -> Result:
    """`kills` on each of the three; the value is how many things went wrong."""
    found: dict[str, Findings] = {}
    for kind in (SQLITE, POSTGRES, TWO_ON_POSTGRES):
        with tempfile.TemporaryDirectory(prefix="switchroom-crash-") as folder, database(kind, Path(folder)) as url:
            found[kind] = asyncio.run(drilled(Path(folder), kind, url, kills=kills, seed=seed))
    wrong = sum(one.wrong for one in found.values())
    back = sorted(seconds for one in found.values() for seconds in one.back_s)
    return Result(
        name="crash",
        unit="faults",
        value=wrong,
        p50=back[len(back) // 2],
        p99=back[int(len(back) * 0.99)],
        p_unit="s from start to link up",
        limit="0 calls beyond the rule by the carrier's log, 0 without a durable attempt",
        met=wrong == 0,
        notes={
            "kills": sum(one.kills for one in found.values()),
            "customers": CUSTOMERS,
            "violations": sum(one.beyond for one in found.values()),
            **{f"{kind}: {name}": value for kind, one in found.items() for name, value in _notes(one).items()},
        },
    )


def _notes(found: Findings) -> dict[str, float | str]:
    per_s = sorted(found.per_s)
    return {
        "kills": found.kills,
        "attempts at the carrier": found.attempts,
        "beyond the rule": found.beyond,
        "repeated": found.repeated,
        "not durable": found.not_durable,
        "left open": found.left_open,
        "failed starts": found.failed_starts,
        "refusals": found.refusals,
        "vetoes": found.vetoes,
        "attempts/s while up, median of the rounds": per_s[len(per_s) // 2],
        **({"found": " | ".join(found.words)} if found.words else {}),
    }

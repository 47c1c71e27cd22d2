"""The product as its users run it, ``switchroom serve`` in a process of its own beside a simulated Asterisk.

The settings are written as files, leads are put into the database before the first start, people ask over the API.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

import store
from simulator.population import make_leads
from store.intake import NewLead, add_leads
from telephony.ids import CampaignId, CustomerId

SERVER = "pbx1"
CAMPAIGN = "drill"
SECRET = "simulated"
TOKEN = "a-token-of-the-benchmarks-only"
STARTS_WITHIN_S = 120.0


class NotInTime(Exception):
    """What was waited for did not come about; the message says what."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings of the floor are made of; times in seconds."""

    agents: int
    mode: str = "power"
    ratio: float = 2.0
    cps: float = 100.0
    channels: int = 1000
    hopper: int = 500
    tick_s: float = 0.1
    wrap_up_s: float = 1.0
    ring_s: float = 20.0
    patience_s: float = 2.0
    record: bool = True

    def agent_ids(self) -> list[str]:
        return [str(1001 + n) for n in range(self.agents)]


def free_port() -> int:
    """A port of this machine nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write_settings(folder: Path, plan: Plan, ami_port: int, api_port: int) -> Path:
    """``server.toml`` and ``campaigns.toml`` in `folder`; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f'data = "{folder}"',
        f'store = {{ url = "{store_url(folder)}", free_mb = 0 }}',
        f'log = {{ level = "warning", file = "{folder / "switchroom.log"}" }}',
        f"floor = {{ wrap_up_s = {plan.wrap_up_s} }}",
        f'api = {{ port = {api_port}, tokens = {{ bench = "{TOKEN}" }} }}',
        'policy = { default = "none" }',
        "[[asterisk]]",
        f'name = "{SERVER}"',
        f"port = {ami_port}",
        f'secret = "{SECRET}"',
        "ping_s = 2.0",
        "[[trunk]]",
        'name = "trunk1"',
        f'asterisk = "{SERVER}"',
        'dial = "PJSIP/{digits}@carrier"',
        f"channels = {plan.channels}",
        f"cps = {plan.cps}",
        'caller_ids = ["4001234567"]',
    ]
    for agent in plan.agent_ids():
        lines += [
            "[[agent]]",
            f'id = "{agent}"',
            f'asterisk = "{SERVER}"',
            f'endpoint = "PJSIP/{agent}"',
            f'campaigns = ["{CAMPAIGN}"]',
        ]
    path = folder / "server.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "campaigns.toml").write_text(
        f"""[campaign.{CAMPAIGN}]
mode = "{plan.mode}"
ring_s = {plan.ring_s}
hopper = {plan.hopper}
record = {str(plan.record).lower()}
windows = [{{ begin = "00:00", end = "24:00" }}]
pacing = {{ ratio = {plan.ratio}, tick_s = {plan.tick_s}, patience_s = {plan.patience_s} }}
""",
        encoding="utf-8",
    )
    return path


def store_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'switchroom.db'}"


def put_leads(folder: Path, count: int, seed: int) -> None:
    """Create the database with so many leads, each with a number of its own."""
    opened = store.open(store_url(folder), durable=False)
    try:
        add_leads(opened, new_leads(count, seed))
    finally:
        opened.close()


def new_leads(count: int, seed: int) -> Iterable[NewLead]:
    for lead in make_leads(count, seed, CAMPAIGN):
        yield NewLead(
            campaign=CampaignId(CAMPAIGN),
            customer=CustomerId(lead.customer),
            number=lead.number,
            name=lead.name,
            zones=("Asia/Shanghai",),
        )


class Product:
    """``switchroom serve`` as a child process and its API; ``kill`` is SIGKILL."""

    def __init__(self, settings: Path, api_port: int) -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{api_port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._http: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Start the process; returns at once."""
        if self._http is None:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            self._http = aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=60))
        self.process = self._spawn()

    async def up(self, within_s: float = STARTS_WITHIN_S) -> None:
        """Wait until the link to the PBX is up; raises NotInTime."""
        async with _within(within_s, "the product is up"):
            while True:
                servers = await self.get("/api/v1/servers", missing=[])
                if any(one["state"] == "up" for one in servers):
                    return
                await asyncio.sleep(0.05)

    async def get(self, path: str, missing: Any = None) -> Any:
        """A GET; `missing` when the product does not answer."""
        assert self._http is not None
        try:
            async with self._http.get(self.url + path) as answer:
                return await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError):
            self._must_run()
            return missing

    async def post(self, path: str, body: Any = None) -> int:
        """A POST; returns the status."""
        assert self._http is not None
        async with self._http.post(f"{self.url}/api/v1{path}", json=body or {}) as answer:
            await answer.read()
            return answer.status

    async def agents_to_work(self, agents: Iterable[str]) -> None:
        """Sign everybody in and have them ready, then start the campaign."""
        for agent in agents:
            for verb in ("sign-in", "ready"):
                status = await self.post(f"/agents/{agent}/{verb}")
                if status != 200:
                    raise NotInTime(f"{verb} of an agent was answered {status}")
        await self.post(f"/campaigns/{CAMPAIGN}/start")

    def kill(self) -> None:
        """SIGKILL, at this instant."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    async def close(self) -> None:
        """End the process in order, within ten seconds."""
        if self._http is not None:
            await self._http.close()
            self._http = None
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(self.process.wait, 10.0)
            except subprocess.TimeoutExpired:
                self.kill()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        command = [sys.executable, "-m", "switchroom", "serve", "--config", str(self.settings)]
        with (self.settings.parent / "serve.out").open("ab") as out:
            return subprocess.Popen(command, stdout=out, stderr=out, env=environment)

    def _must_run(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            said = (self.settings.parent / "serve.out").read_text(encoding="utf-8", errors="replace")[-2000:]
            raise NotInTime(f"the product ended by itself: {said}")


def _within(seconds: float, what: str) -> "_Deadline":
    return _Deadline(seconds, what)


class _Deadline:
    """A bounded wait whose failure says what did not come about."""

    def __init__(self, seconds: float, what: str) -> None:
        self._timeout = asyncio.timeout(seconds)
        self._what = what

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            raise NotInTime(f"not within time: {self._what}") from None

"""``serve`` beside a simulated Asterisk, seen and steered from other terminals, ended by a signal."""

import asyncio
import json
import random
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.amiserver import AmiServer
from simulator.carrier import ScriptedCarrier
from simulator.clock import PacedClock
from simulator.exchange import VirtualExchange
from telephony.ids import ServerId
from tests.ports import free_port
from tests.switchroom.terminal import CHINESE, LIMIT_S, TOKEN, Said, Server, Terminal, settings


@pytest.fixture
async def asterisk() -> AsyncIterator[AmiServer]:
    clock = PacedClock()
    exchange = VirtualExchange(ServerId("pbx1"), ScriptedCarrier(), random.Random(1), clock)
    for endpoint in ("PJSIP/1001", "PJSIP/1002"):
        exchange.add_phone(endpoint)
    server = AmiServer(exchange, clock)
    await server.start()
    yield server
    await server.kill()


class Site:
    """A served site and the terminal beside it."""

    def __init__(self, terminal: Terminal, server: Server) -> None:
        self.terminal = terminal
        self.server = server

    async def each(self, *commands: tuple[str, ...]) -> list[Said]:
        """Commands of another terminal in the same folder, which reads address and token from the settings."""
        return await asyncio.to_thread(self.terminal.each, *commands)

    async def json(self, *words: str) -> Any:
        (said,) = await self.each((*words, "--json"))
        assert said.code == 0, said.err
        return json.loads(said.out)

    async def log_says(self, told: Callable[[str], bool]) -> str:
        """Wait until the log says it."""
        async with asyncio.timeout(LIMIT_S):
            while not told(text := self.server.said_aside()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return text


@pytest.fixture(params=["en", "zh-CN"])
async def site(request: pytest.FixtureRequest, tmp_path: Path, asterisk: AmiServer) -> AsyncIterator[Site]:
    port = free_port()
    settings(tmp_path, asterisk_port=asterisk.port, port=port)
    terminal = Terminal(tmp_path, request.param)
    server = await asyncio.to_thread(Server, terminal)
    site = Site(terminal, server)
    await site.log_says(lambda log: "link to pbx1 is up" in log)
    yield site
    await asyncio.to_thread(server.close)


async def test_a_served_floor_is_seen_and_steered_from_the_terminal_and_ends_cleanly(site: Site) -> None:
    verbs = ("start", "pause", "start", "stop", "start", "drain")
    shown = await site.each(
        ("status",),
        ("agents",),
        ("campaign", "list"),
        *(("campaign", verb, "spring") for verb in verbs),
        ("status", "--json"),
        ("agents", "--json"),
        ("status", "--url", site.server.url, "--token", TOKEN),
        ("campaign", "start", "spring", "--json"),
        ("campaign", "start", "spring"),
        ("campaign", "start", "autumn"),
        ("campaign", "start", "春季/.."),
        ("status", "--token", "wrong-" + TOKEN),
        ("status", "--url", site.server.url),
    )
    assert all(said.clean for said in shown)
    assert [said.code for said in shown] == [0] * 13 + [1] * 5
    chinese = site.terminal.lang == "zh-CN"
    told = [*shown[3:9], *shown[13:]]
    assert [bool(CHINESE.search((said.out + said.err).replace("春季", ""))) for said in told] == [chinese] * len(told)
    assert "林 Lin" in shown[1].out
    assert "春季回访" in shown[2].out
    assert "cli." not in "".join(said.out + said.err for said in shown)
    left = await site.each(
        ("agent", "leave", "--campaign", "spring"),
        ("agent", "leave", "1001", "--in", "5"),
        ("agent", "stay", "1001"),
        ("agent", "leave", "9999"),
        ("agent", "leave"),
    )
    assert [said.code for said in left] == [0, 1, 1, 1, 2], "nobody is at work to leave"
    assert all(said.clean for said in left)
    assert "cli." not in "".join(said.out + said.err for said in left)
    status, agents = json.loads(shown[9].out), json.loads(shown[10].out)
    assert status["actor"] == "admin"
    assert status["agents"] == {"logged_out": 2}
    assert {agent["id"] for agent in agents} == {"1001", "1002"}

    ended = await asyncio.to_thread(site.server.end, signal.SIGTERM)
    assert (ended.code, ended.clean) == (0, True)
    assert bool(CHINESE.search(ended.out)) == chinese
    (gone,) = await site.each(("status",))
    assert site.server.url in gone.one_error(1)


async def test_the_token_is_read_from_the_settings_beside(site: Site) -> None:
    assert (
        await site.json(
            "status",
        )
    )["actor"] == "admin"


async def test_campaigns_read_again_take_force_and_a_bad_file_is_refused_in_the_readers_language(site: Site) -> None:
    file = site.terminal.folder / "campaigns.toml"
    good = file.read_text("utf-8")
    file.write_text(good + 'mode = "predictive"\n', encoding="utf-8")
    site.server.process.send_signal(signal.SIGHUP)
    log = await site.log_says(lambda log: "campaigns.toml" in log)
    assert bool(CHINESE.search(log)) == (site.terminal.lang == "zh-CN")
    assert [one["mode"] for one in await site.json("campaign", "list")] == ["predictive"]

    file.write_text(good + 'mode = "loud"\n', encoding="utf-8")
    site.server.process.send_signal(signal.SIGHUP)
    log = await site.log_says(lambda log: "loud" in log)
    assert "Traceback" not in log
    assert bool(CHINESE.search(log.splitlines()[-1])) == (site.terminal.lang == "zh-CN")
    assert [one["mode"] for one in await site.json("campaign", "list")] == ["predictive"]

    file.unlink()
    site.server.process.send_signal(signal.SIGHUP)
    await site.log_says(lambda log: log.count("campaigns.toml") >= 3)
    assert [one["mode"] for one in await site.json("campaign", "list")] == ["predictive"]
    assert (await asyncio.to_thread(site.server.end, signal.SIGINT)).code == 0


async def test_a_taken_port_is_one_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        settings(tmp_path, port=port)
        said = await asyncio.to_thread(Terminal(tmp_path).run, "serve")
    assert f"127.0.0.1:{port}" in said.one_error(1)
    assert "api.port" in said.err


async def test_the_log_goes_to_its_file_whose_folder_is_made(tmp_path: Path) -> None:
    settings(tmp_path)
    with (tmp_path / "server.toml").open("a", encoding="utf-8") as file:
        file.write('[log]\nfile = "var/log/switchroom.log"\n')
    server = await asyncio.to_thread(Server, Terminal(tmp_path))
    try:
        ended = await asyncio.to_thread(server.end)
        assert (ended.code, ended.err) == (0, "")
        assert "the desk is at" in (tmp_path / "var" / "log" / "switchroom.log").read_text("utf-8")
    finally:
        server.close()


async def test_a_served_floor_ends_cleanly_while_its_asterisk_cannot_be_reached(tmp_path: Path) -> None:
    settings(tmp_path, asterisk_port=1)
    server = await asyncio.to_thread(Server, Terminal(tmp_path))
    try:
        ended = await asyncio.to_thread(server.end)
        assert (ended.code, ended.clean) == (0, True)
    finally:
        server.close()

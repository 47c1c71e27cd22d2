"""A whole shift with known numbers, and then every byte the product wrote or sent is searched for them."""

import asyncio
import contextlib
import io
import json
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from config.model import LogSettings
from config.rights import Right
from desk.route import PREFIX, Route
from desk.routes import ROUTES
from simulator.scenario import load_scenario
from switchroom.closed_world import ClosedWorld
from switchroom.logbook import start_log
from switchroom.shift import run
from telephony.facts import AttemptPlaced, CallEnded
from tests.privacy.search import Search, files
from tests.switchroom.terminal import Said, Terminal, settings
from tests.unsealed import column

QUICK = """
title = { zh = "快", en = "Quick" }
start = 2026-03-02T09:00:00+08:00
seed = 11
agents = 8
leads = 300
[[campaign]]
name = "quick"
mode = "power"
[people]
sign_in_spread_s = 0.5
settle_s = 1.0
wrap_mean_s = 1.0
break_every_s = 0
[odds]
human = 0.6
machine = 0.1
busy = 0.1
invalid = 0.1
unavailable = 0.0
declines = 0.05
setup_mean_s = 0.2
ring_mean_s = 0.4
refusal_mean_s = 1.0
conversation_mean_s = 2.0
busy_mean_s = 0.2
opts_out = 0.5
"""
CALLS = 40
EXPORTS = ("leads", "attempts", "recordings")
SHOWS_WHOLE = frozenset({Right.NUMBER_REVEAL})
"""Routes whose purpose is to show one whole number to somebody with the right."""
LINES = ("number,name,note", "{0},Wang {1},ring {1}", "{1}x,,", "{0} {0},{0},", '"{0}', "0{0},tel {0},", "+1{0},,")


@pytest.fixture
def out_of_the_ordinary(tmp_path: Path) -> Iterator[Path]:
    """The product's log at level debug, as ``serve`` would write it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    path = tmp_path / "switchroom.log"
    start_log(LogSettings(file=path, level="debug"))
    yield path
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def paths(route: Route, batch: str) -> list[str]:
    """The route's path for each thing it could be about."""
    if "{" not in route.path:
        return [PREFIX + route.path]
    ids = {"agents": "1001", "campaigns": "quick", "batches": batch}
    first = route.path.split("/")[1]
    return [PREFIX + re.sub(r"\{[^}]*\}", ids.get(first, "1"), route.path)]


def bodies(number: str) -> list[Any]:
    """Wishes with a number wherever somebody could put one."""
    names = ("reason", "note", "words", "disposition", "number", "customer", "campaign", "call", "lead", "mode", "why")
    return [
        {},
        dict.fromkeys(names, number),
        {"reason": f"ring {number[3:]}"},
        {"number": number},
        {"call": number, "disposition": number, "note": number, "done": False},
        {number: number},
        [number],
        number,
    ]


async def frames_of(socket: aiohttp.ClientWebSocketResponse, kept: list[str]) -> None:
    with contextlib.suppress(TypeError):
        async for frame in socket:
            kept.append(str(frame.data))  # noqa: PERF401


@contextlib.asynccontextmanager
async def played(folder: Path) -> AsyncIterator[ClosedWorld]:
    (folder / "quick.toml").write_text(QUICK, encoding="utf-8")
    world = ClosedWorld(load_scenario(str(folder / "quick.toml")), folder / "data")
    await world.start()
    try:
        yield world
    finally:
        await world.close()


async def ask_everything(http: aiohttp.ClientSession, whole: str) -> list[tuple[str, bytes]]:
    """Every route of the API, every page and the metrics, asked for with numbers in whatever may be said."""
    heard: list[tuple[str, bytes]] = []

    async def ask(method: str, path: str, **said: Any) -> None:
        async with http.request(method, path, **said) as answer:
            place = f"{method} {path.replace(whole[3:], '…')} {answer.status}"
            heard.append((place, await answer.read() + repr(answer.headers).encode()))

    page = await (await http.get("/")).text()
    assets = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    for path in ("/", "/metrics", "/healthz", f"{PREFIX}/openapi.json", *assets):
        await ask("GET", path)
    known = await (await http.get(f"{PREFIX}/batches")).json()
    batch = str(known[0]["id"])
    for route in sorted(ROUTES, key=lambda one: one.name == "ask_campaign"):
        if route.right in SHOWS_WHOLE:
            continue
        for path in paths(route, batch):
            if route.method == "GET":
                for query in ("", "?limit=1000", f"?campaign={whole[1:]}", f"?limit={whole[1:]}"):
                    await ask("GET", path + query)
            elif route.takes == "csv":
                text = "\n".join(LINES).format(whole[3:], whole)
                await ask("POST", path, data=text.encode(), headers={"Content-Type": "text/csv"})
                await ask("POST", path, data=whole.encode(), headers={"Content-Type": "text/csv"})
            else:
                for body in bodies(whole):
                    await ask("POST", path, json=body)
                await ask("POST", path, data=whole.encode(), headers={"Content-Type": "application/json"})
                await ask("POST", path + whole[3:], json={})
    return heard


def at_the_terminal(folder: Path, world: ClosedWorld, numbers: Sequence[str]) -> list[tuple[str, bytes]]:
    """What the command line says and writes beside the running floor."""
    data = world.data
    terminal = Terminal(folder / "terminal")
    terminal.folder.mkdir()
    settings(terminal.folder, store=f'sqlite:///{data}/switchroom.db"\nkey_file = "{data}/number.key')
    rows = [line.format(number[3:], number) for number in numbers for line in LINES[1:]]
    (terminal.folder / "list.csv").write_text("\n".join([LINES[0], *rows]), encoding="utf-8")
    url = ("--url", world.url)
    commands: list[tuple[str, ...]] = [
        ("status", *url),
        ("status", *url, "--json"),
        ("agents", *url),
        ("agents", *url, "--json"),
        ("campaign", "list", *url),
        ("campaign", "list", *url, "--json"),
        ("campaign", "start", numbers[0], *url),
        ("leads", "import", "list.csv", "--campaign", "spring", "--rejects", "rejects.csv"),
        ("leads", "import", "list.csv", "--campaign", "spring", "--json"),
        ("leads", "import", "list.csv", "--campaign", numbers[0]),
        ("leads", "batches"),
        ("leads", "rejects", "list"),
        *(("export", what, "--out", f"{what}.{kind}", *url) for what in EXPORTS for kind in ("csv", "xlsx")),
        ("refusals", *url),
        ("requests", "list", "--state", "all", *url),
        ("audit", "list"),
        ("audit", "verify"),
        ("key", "check"),
        ("doctor",),
    ]
    said: list[Said] = terminal.each(*commands)
    assert said[0].code == said[2].code == said[4].code == 0, said
    assert said[7].code == 0, said[7]
    assert {f"{what}.{kind}" for what in EXPORTS for kind in ("csv", "xlsx")} <= {
        path.name for path in terminal.folder.iterdir()
    }, said
    (terminal.folder / "list.csv").unlink()
    shown = [
        (" ".join(words[:2]), (one.out + one.err).encode().replace(numbers[0].encode(), b""))
        for words, one in zip(commands, said, strict=True)
    ]
    return [*shown, *files(terminal.folder)]


async def test_nothing_a_live_floor_writes_or_sends_gives_a_number_away(
    tmp_path: Path, out_of_the_ordinary: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    placed: list[AttemptPlaced] = []
    ended: list[CallEnded] = []
    frames: list[str] = []

    def hear(_: float, facts: Any) -> None:
        placed.extend(fact for fact in facts if isinstance(fact, AttemptPlaced))
        ended.extend(fact for fact in facts if isinstance(fact, CallEnded))

    async with played(tmp_path) as world:
        numbers = column(world.data / "switchroom.db", "number")
        names = column(world.data / "switchroom.db", "name")
        assert len(numbers) == 300
        world.floor.watch(hear)
        async with aiohttp.ClientSession(world.url) as http, http.ws_connect(f"{PREFIX}/live") as socket:
            listening = asyncio.create_task(frames_of(socket, frames))
            async with asyncio.timeout(60):
                while len(ended) < CALLS:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            revealed = await http.post(f"{PREFIX}/leads/1/reveal", json={"reason": "order"})
            assert (await revealed.json())["number"] == numbers[0]
            asked = await http.post(f"{PREFIX}/leads/2/changes", json={"number": numbers[2], "name": numbers[3]})
            assert asked.status == 200
            beside = await asyncio.to_thread(at_the_terminal, tmp_path, world, numbers[:20])
            answers = await ask_everything(http, numbers[0])
            listening.cancel()
        kept = list(files(world.data))
    kept += files(world.data)
    search = Search(numbers)
    spoken = capfd.readouterr()
    places: list[tuple[str, bytes]] = [
        *kept,
        *beside,
        *answers,
        *(("frame", frame.encode()) for frame in frames),
        ("log", out_of_the_ordinary.read_bytes()),
        ("out", spoken.out.encode()),
        ("err", spoken.err.encode()),
    ]
    found = search.leaks(places)
    assert not found, "\n".join(found)
    assert len(placed) >= CALLS
    assert any("AttemptPlaced" in frame for frame in frames)
    assert any("-wal" in place for place, _ in places)
    assert any("GET" in place and b"****" in data for place, data in places)
    assert any(place == "rejects.csv" and b"****" in data for place, data in places)
    assert any("POST" in place and b"rejected" in data for place, data in places)
    assert list((world.data / "monitor").rglob("*.wav"))
    assert out_of_the_ordinary.stat().st_size > 500
    raw = b"".join(data for place, data in kept if place.startswith("switchroom.db"))
    assert not any(name.encode() in raw for name in names if name)


def test_the_same_search_finds_one_row_that_was_not_sealed(tmp_path: Path) -> None:
    summary = run(load_scenario("smoke"), hours=0.02, out=tmp_path)
    assert int(str(summary["placed"])) > 10
    numbers = column(tmp_path / "switchroom.db", "number")
    search = Search(numbers)
    assert search.leaks(files(tmp_path)) == []
    with closing(sqlite3.connect(tmp_path / "switchroom.db")) as database, database:
        database.execute("UPDATE leads SET extra = ? WHERE id = 3", (json.dumps({"office": numbers[7][3:]}),))
    assert search.leaks(files(tmp_path)) == ["switchroom.db: digits"]


def test_a_library_that_prints_is_found(capfd: pytest.CaptureFixture[str]) -> None:
    print("DialString: 13800138000@gw", file=io.StringIO())
    assert Search(["+8613800138000"]).leaks([("err", capfd.readouterr().err)]) == []
    print("DialString: 13800138000@gw")
    assert Search(["+8613800138000"]).leaks([("out", capfd.readouterr().out)]) == ["out: digits"]

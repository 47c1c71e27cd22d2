"""A whole phone number stands in what the PBX is sent; in nothing else the product ever wrote."""

import asyncio
import json
import logging
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from simulator.scenario import load_scenario
from switchroom.closed_world import ClosedWorld
from switchroom.shift import run
from telephony.ami.actions import actions_for, encode
from telephony.commands import Originate
from telephony.facts import AttemptPlaced, CallEnded
from telephony.ids import CallId, CampaignId, LegId, ServerId, TrunkId
from telephony.numbers import PhoneNumber
from tests.scenarios.open_floor import campaign, open_floor
from tests.unsealed import column

PATHS = (
    *("/api/v1/status", "/api/v1/agents", "/api/v1/campaigns", "/api/v1/campaigns/{campaign}", "/api/v1/trunks"),
    *("/api/v1/servers", "/api/v1/alarms", "/api/v1/calls?limit=1000", "/api/v1/recordings?limit=1000"),
    *("/api/v1/events?limit=1000", "/api/v1/openapi.json", "/metrics", "/healthz", "/"),
)
QUICK = """
title = { zh = "快", en = "Quick" }
start = 2026-03-02T09:00:00+08:00
seed = 11
agents = 6
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
human = 0.7
machine = 0.0
busy = 0.1
invalid = 0.1
unavailable = 0.0
declines = 0.05
setup_mean_s = 0.2
ring_mean_s = 0.4
refusal_mean_s = 1.0
conversation_mean_s = 2.0
busy_mean_s = 0.2
opts_out = 1.0
"""


class Secrets:
    """Numbers nobody may find; `found` lists where they are, by name of the place."""

    def __init__(self, numbers: Iterable[str]) -> None:
        """`numbers` in E.164; searched for by their national digits, which every written form contains."""
        self.numbers = frozenset(numbers)
        assert self.numbers
        assert all(number.startswith("+86") for number in self.numbers)
        self._national = frozenset(number[3:] for number in self.numbers)
        self._digits = re.compile(r"(?=(1\d{10}))")

    def shows(self, text: str) -> bool:
        return any(match.group(1) in self._national for match in self._digits.finditer(text))

    def found(self, places: Iterable[tuple[str, str]]) -> list[str]:
        return [name for name, text in places if self.shows(text) or self.shows(re.sub(r"[\s\-().]", "", text))]


def tables(database: Path) -> Iterator[tuple[str, str]]:
    """Every cell of every table by table and column."""
    with closing(sqlite3.connect(database)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in names:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                for column, cell in zip(columns, row, strict=True):
                    yield f"{table}.{column}", str(cell)


def files(folder: Path, *, but: str) -> Iterator[tuple[str, str]]:
    """Every file's name and content, but for the database's."""
    for path in sorted(folder.rglob("*")):
        yield f"name of {path.name}", path.name
        if path.is_file() and not path.name.startswith(but) and path.suffix != ".wav":
            yield path.name, path.read_text("utf-8", errors="replace")


def numbers_of(database: Path) -> list[str]:
    return column(database, "number")


def test_the_search_finds_a_number_in_every_form_it_could_be_written() -> None:
    secrets = Secrets(["+8613800138000"])
    for text in ("+8613800138000", "8613800138000", "PJSIP/13800138000@gw", "0138-0013-8000 138 0013 8000"):
        assert secrets.found([("here", text)]) == ["here"]
    for text in ("+86138****8000", "13800138001", "c-13800", "1380013800"):
        assert secrets.found([("here", text)]) == []


async def test_a_live_floor_writes_and_shows_no_whole_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "quick.toml").write_text(QUICK, encoding="utf-8")
    data = tmp_path / "data"
    world = ClosedWorld(load_scenario(str(tmp_path / "quick.toml")), data)
    placed: list[AttemptPlaced] = []
    ended: list[CallEnded] = []
    frames: list[str] = []
    answers: list[tuple[str, str]] = []
    await world.start()
    try:
        secrets = Secrets(numbers_of(data / "switchroom.db"))

        def hear(_: float, facts: object) -> None:
            assert isinstance(facts, list | tuple)
            placed.extend(fact for fact in facts if isinstance(fact, AttemptPlaced))
            ended.extend(fact for fact in facts if isinstance(fact, CallEnded))

        world.floor.watch(hear)
        async with aiohttp.ClientSession(world.url) as http, http.ws_connect("/api/v1/live") as socket:
            async with asyncio.timeout(60):
                while len(ended) < 25:
                    frames.append(str((await socket.receive()).data))
            page = await (await http.get("/")).text()
            assets = re.findall(r'(?:src|href)="(/[^"]+)"', page)
            for path in (*(path.format(campaign="quick") for path in PATHS), *assets):
                async with http.get(path) as answer:
                    assert answer.status == 200, path
                    answers.append((path, await answer.text(errors="replace")))
            called = next(iter(secrets.numbers))
            async with asyncio.timeout(30):
                while not (talking := [agent for agent in world.floor.view().agents if agent.call is not None]):
                    frames.append(str((await socket.receive()).data))
            for path, body in (
                ("/api/v1/agents/1001/not-ready", {"reason": called}),
                *(
                    (f"/api/v1/agents/{agent.id}/disposition", {"call": agent.call, **said})
                    for agent in talking
                    for said in (
                        {"disposition": "sale", "note": f"ring {called[3:]} instead", "done": False},
                        {"disposition": called, "done": False},
                    )
                ),
                ("/api/v1/campaigns/quick/start", {"note": called}),
            ):
                async with http.post(path, json=body) as answer:
                    answers.append((path, await answer.text()))
    finally:
        await world.close()
    assert len(placed) >= 25
    assert len(frames) > 5
    assert any("AttemptPlaced" in frame for frame in frames)
    assert any(path.startswith("/api/v1/calls") and "****" in text for path, text in answers)
    cells = list(tables(data / "switchroom.db"))
    assert {name for name, text in cells if secrets.shows(text)} == set()
    assert any(name == "journal.payload" for name, _ in cells)
    assert any(name == "attempts.note" and text.startswith("ring ") for name, text in cells)
    assert secrets.found(answers) == []
    assert secrets.found(("frame", frame) for frame in frames) == []
    assert secrets.found([("log", caplog.text), *zip(("out", "err"), capfd.readouterr(), strict=True)]) == []
    assert secrets.found(files(data, but="switchroom.db")) == []
    assert list((data / "monitor").glob("*.wav"))


def test_a_virtual_shift_keeps_no_whole_number_in_anything_it_leaves(tmp_path: Path) -> None:
    summary = run(load_scenario("smoke"), hours=0.05, out=tmp_path)
    assert int(str(summary["placed"])) > 50
    secrets = Secrets(numbers_of(tmp_path / "switchroom.db"))
    assert {name for name, text in tables(tmp_path / "switchroom.db") if secrets.shows(text)} == set()
    assert secrets.found(files(tmp_path, but="switchroom.db")) == []
    assert (tmp_path / "journal.jsonl").stat().st_size > 10_000


@pytest.mark.parametrize(
    "dial",
    [
        "PJSIP/{digits}@carrier\r\nAction: Command",
        "PJSIP/{e164}@carrier\n",
        "{national}\0",
        "PJSIP/{digits}@carrier" + "x" * 2000,
    ],
)
def test_a_dial_string_that_is_refused_takes_no_number_into_the_exception(dial: str) -> None:
    secrets = Secrets(["+8613800138000"])
    command = Originate(
        server=ServerId("pbx1"),
        call=CallId("c-1-1"),
        campaign=CampaignId("spring"),
        number=PhoneNumber("+8613800138000"),
        trunk=TrunkId("gw"),
        dial=dial,
        caller_id="400",
        ring_s=25.0,
    )

    def channel_of(leg: LegId) -> str:
        return leg

    with pytest.raises(Exception) as refused:
        b"".join(map(encode, actions_for(command, channel_of, "/monitor")))
    error: BaseException | None = refused.value
    while error is not None:
        assert secrets.found([("exception", repr(error) + str(error) + repr(error.args))]) == []
        error = error.__cause__ or error.__context__
    assert secrets.found([("command", repr(command) + str(command))]) == []


async def test_an_originate_the_link_refuses_to_send_leaves_no_number_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    numbers = [PhoneNumber(f"+861380013{n:04}") for n in range(8000, 8020)]
    secrets = Secrets([number.for_store() for number in numbers])
    spring = campaign(caller_ids=["400"])
    async with open_floor(tmp_path, {"spring": spring}, leads={"spring": numbers}) as floor:
        for trunk in floor.floor.house.dialer._outgoing.trunks._trunks.values():
            trunk.settings = trunk.settings.model_copy(update={"dial": "PJSIP/{digits}@carrier\r\nX: {e164}"})
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: len(floor.told(CallEnded)) >= 2, "the calls are refused")
        assert {fact.outcome.value for fact in floor.told(CallEnded)} == {"refused"}
        facts = [("fact", json.dumps(str(fact))) for _, fact in floor.facts]
        assert secrets.found(facts) == []
        await floor.until(lambda: floor.floor.writer.waiting == 0, "all is written")
    assert {name for name, text in tables(tmp_path / "switchroom.db") if secrets.shows(text)} == set()
    assert secrets.found([("log", caplog.text)]) == []

"""Several servers on one PostgreSQL: each runs its own, and what two would both run is said before anybody dials."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr

import store
from benchmarks.postgres import private_postgres
from benchmarks.result import Unmeasurable
from config.model import AgentSettings, ApiSettings, AsteriskSettings, ServerSettings, StoreSettings, TrunkSettings
from store.writer import Writer
from switchroom.live import LiveFloor
from switchroom.opening import StoreFault
from telephony.agents import CampaignAction, CampaignAsked
from telephony.facts import AttemptPlaced
from telephony.ids import CampaignId, ServerId
from tests.scenarios.open_floor import campaign
from tests.store.trade import NOON, placed

pytestmark = pytest.mark.postgres
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    try:
        with private_postgres() as made:
            yield made
    except Unmeasurable as why:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the key of the shared database lies."""
    return tmp_path_factory.mktemp("site")


async def eventually(done: Callable[[], bool], what: str) -> None:
    """Wait for it, a minute at most."""
    for _ in range(6000):
        if done():
            return
        await asyncio.sleep(0.01)
    pytest.fail(what)


def call(n: int) -> AttemptPlaced:
    return msgspec.structs.replace(placed(f"c-{n}", lead=n, customer=f"k{n}", number_key=n), server=ServerId(f"pbx{n}"))


def server(url: str, folder: Path, name: str, n: int, **changes: object) -> ServerSettings:
    """A server with an Asterisk nobody answers for."""
    values: dict[str, object] = {
        "name": name,
        "data": folder,
        "store": StoreSettings(url=url, free_mb=0),
        "api": ApiSettings(port=0, tokens={"boss": SecretStr(TOKEN)}),
        "asterisk": [AsteriskSettings(name=f"pbx{n}", port=9, secret=SecretStr("none"))],
        "trunk": [TrunkSettings(name=f"trunk{n}", asterisk=f"pbx{n}", dial="PJSIP/{digits}@carrier")],
        "agent": [AgentSettings(id=f"{n}001", asterisk=f"pbx{n}", endpoint=f"PJSIP/{n}001")],
        **changes,
    }
    return ServerSettings.model_validate(values)


async def test_what_another_server_runs_is_refused_in_words(url: str, folder: Path) -> None:
    east = LiveFloor(server(url, folder, "east", 1), {"spring": campaign()})
    await east.start()
    try:
        for changed, what in (
            (LiveFloor(server(url, folder, "east", 2), {}), "name east"),
            (LiveFloor(server(url, folder, "west", 2), {"spring": campaign()}), "campaign spring"),
            (LiveFloor(server(url, folder, "west", 1), {}), "agent 1001, asterisk pbx1"),
        ):
            with pytest.raises(StoreFault) as refused:
                await changed.start()
            for lang in ("en", "zh-CN"):
                assert what in refused.value.say(lang)
                assert "server.toml" in refused.value.say(lang)
    finally:
        await east.close()


async def test_each_server_takes_up_its_own_calls_agents_and_campaigns(url: str, folder: Path) -> None:
    with closing(store.open(url, key_file=folder / "number.key")) as opened:
        writer = Writer(opened, post=lambda what: what())
        writer.submit([call(1), call(2)], NOON)
        writer.close()
    east = LiveFloor(server(url, folder, "east", 1), {"spring": campaign()})
    west = LiveFloor(server(url, folder, "west", 2), {"autumn": campaign()})
    await east.start()
    await west.start()
    try:
        east.ask(CampaignAsked(actor="boss", campaign=CampaignId("spring"), action=CampaignAction.START))
        await eventually(lambda: east.writer.waiting == 0, "the start is written")
        assert [call.id for call in east.view().calls] == ["c-1"]
        assert [call.id for call in west.view().calls] == ["c-2"]
        assert [agent.id for agent in west.view().agents] == ["2001"]
    finally:
        await east.close()
        await west.close()
    again = LiveFloor(server(url, folder, "west", 2), {"autumn": campaign()})
    await again.start()
    assert [(one.id, one.state) for one in again.view().campaigns] == [("autumn", "stopped")]
    await again.close()


async def test_a_campaign_moves_from_one_server_to_the_other_while_both_run(
    url: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    both = {"spring": campaign(), "autumn": campaign()}
    east = LiveFloor(server(url, folder, "east", 3), {"spring": campaign()})
    west = LiveFloor(server(url, folder, "west", 4), {"autumn": campaign()})
    await east.start()
    await west.start()
    try:
        with caplog.at_level(logging.ERROR):
            west.reload(both)
            await eventually(lambda: "campaign spring" in caplog.text, "west is told that spring is east's")
        assert [one.id for one in west.view().campaigns] == ["autumn"]
        east.reload({})
        assert east.view().campaigns == ()

        def retried() -> bool:
            if "spring" not in west.campaigns:
                west.reload(both)
            return {one.id for one in west.view().campaigns} == set(both)

        await eventually(retried, "west runs spring")
    finally:
        await east.close()
        await west.close()

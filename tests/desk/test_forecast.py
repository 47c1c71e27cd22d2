"""A campaign's hour by the minute, and its forecast over the API: asked in plain figures, refused in plain words."""

import msgspec
import pytest

from desk.hour import Hours
from tests.desk.conftest import Office
from tests.desk.fake_floor import FakeFloor


async def test_the_usual_targets_are_compared_when_none_are_named(office: Office) -> None:
    async with office.client.get("/api/v1/campaigns/spring/forecast") as response:
        told = await response.json()
    assert response.status == 200
    assert [row["target"] for row in told["rows"]] == [0.028, 0.0, 0.01, 0.02, 0.03, 0.05]
    assert told["rows"][0]["own"] is True
    assert told["rows"][3]["change_s"] < 0 < told["rows"][5]["change_s"]


async def test_targets_and_agents_may_be_named(office: Office) -> None:
    path = "/api/v1/campaigns/renewal/forecast?targets=0.05,0.015&agents=30"
    async with office.client.get(path) as response:
        told = await response.json()
    assert [row["target"] for row in told["rows"]] == [0.028, 0.015, 0.05]
    assert told["agents"] == 30


@pytest.mark.parametrize(
    "query",
    [
        "targets=much",
        "targets=0.5",
        "targets=-0.1",
        "targets=nan",
        "agents=0",
        "agents=x",
        "targets=" + ",".join([f"0.0{n}" for n in range(1, 10)]),
    ],
)
async def test_targets_and_agents_that_make_no_sense_are_refused_by_name(office: Office, query: str) -> None:
    async with office.client.get(f"/api/v1/campaigns/spring/forecast?{query}") as response:
        told = await response.json()
    assert response.status == 422
    assert told["words"]["where"] == query.partition("=")[0]


async def test_a_campaign_without_agents_is_not_foreseen_and_an_unknown_one_not_found(office: Office) -> None:
    headers = {"Accept-Language": "zh-CN"}
    async with office.client.get("/api/v1/campaigns/renewal/forecast", headers=headers) as response:
        assert response.status == 409
        assert "没有坐席" in (await response.json())["message"]
    async with office.client.get("/api/v1/campaigns/nobody/forecast") as response:
        assert response.status == 404


def test_a_minute_counts_what_happened_in_it_and_how_busy_agents_were() -> None:
    floor, hours = FakeFloor(agents=4), Hours()
    at = 1_790_000_040.0
    before = floor.campaigns[0]
    assert not hours.look(floor.view(), at)
    floor.campaigns[0] = msgspec.structs.replace(
        before, connected=before.connected + 19, abandoned=before.abandoned + 1, placed=before.placed + 50
    )
    assert not hours.look(floor.view(), at + 30.0)
    assert hours.look(floor.view(), at + 60.0)
    told = msgspec.json.decode(hours.frame())["campaigns"]
    (minute,) = told["spring"]
    assert (minute["live"], minute["abandoned"], minute["placed"]) == (20, 1, 50)
    working = [agent for agent in floor.agents if agent.state not in ("logged_out", "aux")]
    busy = [agent for agent in working if agent.state in ("ringing", "talking", "hold", "wrap_up")]
    assert minute["utilisation"] == pytest.approx(len(busy) / len(working))
    assert told["renewal"][0]["live"] == 0


def test_counts_that_began_anew_at_midnight_are_not_taken_for_a_loss() -> None:
    floor, hours = FakeFloor(), Hours()
    hours.look(floor.view(), 1_790_000_040.0)
    floor.campaigns[0] = msgspec.structs.replace(floor.campaigns[0], connected=3, abandoned=1, placed=9)
    hours.look(floor.view(), 1_790_000_100.0)
    (minute,) = msgspec.json.decode(hours.frame())["campaigns"]["spring"]
    assert (minute["live"], minute["abandoned"], minute["placed"]) == (4, 1, 9)


def test_an_hour_is_kept_and_no_more() -> None:
    floor, hours = FakeFloor(), Hours()
    for minute in range(70):
        hours.look(floor.view(), 1_790_000_040.0 + 60.0 * minute)
    assert len(msgspec.json.decode(hours.frame())["campaigns"]["spring"]) == 60

"""Queues, abandoned callers and the surge plan over the API: what is asked, what is refused."""

import pytest

from telephony.agents import Refused
from telephony.surge import SurgeAsked
from tests.desk.conftest import Office


async def test_queues_and_their_report_are_read(office: Office) -> None:
    async with office.client.get("/api/v1/queues") as response:
        queues = await response.json()
    name = queues[0]["id"]
    async with office.client.get(f"/api/v1/queues/report?queue={name}&by=quarter") as response:
        (row,) = await response.json()
    assert (row["queue"], row["offered"]) == (name, 10)
    async with office.client.get("/api/v1/queues/abandoned?unreached=1") as response:
        (gone,) = await response.json()
    assert "*" in gone["number"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/queues/report?queue=nowhere", 404, "unknown_queue"),
        ("/queues/report?by=week", 422, "wrong_field"),
        ("/queues/abandoned?limit=0", 422, "wrong_field"),
    ],
)
async def test_what_is_not_there_is_refused_with_a_code(office: Office, path: str, status: int, code: str) -> None:
    async with office.client.get(f"/api/v1{path}") as response:
        assert (response.status, (await response.json())["code"]) == (status, code)


async def test_a_leader_puts_the_plan_on_a_level_and_gives_it_back(office: Office) -> None:
    async with office.client.post("/api/v1/surge/enter", json={"level": 3}) as response:
        assert response.status == 200
    async with office.client.post("/api/v1/surge/leave") as response:
        assert response.status == 200
    assert [ask.level for ask in office.floor.asked if isinstance(ask, SurgeAsked)] == [3, None]
    office.floor.refusal = Refused(code="no_surge")
    async with office.client.post("/api/v1/surge/leave") as response:
        assert (response.status, (await response.json())["code"]) == (409, "no_surge")


async def test_a_caller_is_called_again_by_the_id_of_his_call(office: Office) -> None:
    async with office.client.post("/api/v1/queues/abandoned/1750.3/again") as response:
        assert response.status == 200
    async with office.client.post("/api/v1/queues/abandoned/nobody/again") as response:
        assert (response.status, (await response.json())["code"]) == (404, "unknown_caller")

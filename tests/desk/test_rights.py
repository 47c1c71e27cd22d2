"""Which role may call which route, and what the others are told."""

from collections.abc import Awaitable, Callable
from typing import get_args

import pytest

from config.model import Role
from config.rights import ROLES, UNNAMED, Right
from desk.openapi import operation_id
from desk.route import PREFIX, Route
from desk.routes import ROUTES
from tests.desk.conftest import TOKEN, Office

HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept-Language": "en"}
Open = Callable[..., Awaitable[Office]]


def _url(route: Route) -> str:
    known = {"agents": "1001", "campaigns": "spring", "batches": "spring"}
    return PREFIX + route.path.replace("{id}", known.get(route.path.split("/")[1], "7"))


def test_the_settings_know_every_role_and_no_other() -> None:
    assert set(get_args(Role)) == set(ROLES)


def test_a_token_without_a_role_neither_approves_nor_exports_nor_reveals_nor_sets_screens_up() -> None:
    assert set(Right) - ROLES[UNNAMED] == {
        Right.DATA_APPROVE,
        Right.DATA_EXPORT,
        Right.NUMBER_REVEAL,
        Right.KVM_SETUP,
    }


def test_an_agent_cannot_change_data_nor_export_nor_reveal_nor_read_the_trail() -> None:
    screens = {Right.KVM_SEE, Right.KVM_OWN, Right.KVM_SEAT}
    assert (
        ROLES["agent"]
        == {Right.FLOOR_SEE, Right.DNC_READ, Right.AGENT_OWN, Right.DATA_ASK, Right.VOICEMAIL_HEAR} | screens
    )


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_every_route_refuses_who_lacks_its_right(opened: Open, role: str) -> None:
    office = await opened(simulated=False, roles={"wang": role})
    for route in ROUTES:
        async with office.client.request(route.method, _url(route), headers=HEADERS) as response:
            if route.right in ROLES[role]:
                continue
            assert response.status == 403, operation_id(route)
            fault = await response.json()
            assert (fault["code"], fault["words"]) == ("no_right", {"right": route.right.value, "actor": "wang"})
            assert route.right.value in fault["message"]


async def test_an_agent_acts_for_himself_and_for_nobody_else(opened: Open) -> None:
    office = await opened(simulated=False, tokens={"1001": TOKEN}, roles={"1001": "agent"})
    async with office.client.post("/api/v1/agents/1001/ready", headers=HEADERS) as response:
        assert response.status == 200
    async with office.client.post("/api/v1/agents/1002/ready", headers=HEADERS) as response:
        assert response.status == 403
        assert (await response.json())["words"]["right"] == "agent.any"
    assert [ask.actor for ask in office.floor.asked] == ["1001"]


async def test_the_refusal_is_said_in_chinese_too(opened: Open) -> None:
    office = await opened(simulated=False, roles={"wang": "auditor"})
    headers = HEADERS | {"Accept-Language": "zh-CN"}
    async with office.client.post("/api/v1/campaigns/spring/pause", headers=headers) as response:
        assert "没有权限 floor.steer" in (await response.json())["message"]


async def test_a_simulated_floor_gives_a_token_its_role_and_nobody_all(opened: Open) -> None:
    office = await opened(simulated=True, roles={"wang": "auditor"})
    async with office.client.post("/api/v1/campaigns/spring/pause", headers=HEADERS) as response:
        assert response.status == 403
    async with office.client.post("/api/v1/campaigns/spring/pause") as response:
        assert response.status == 200


async def test_the_document_names_the_right_of_every_route(office: Office) -> None:
    async with office.client.get("/api/v1/openapi.json") as response:
        paths = (await response.json())["paths"]
    for route in ROUTES:
        operation = paths[PREFIX + route.path][route.method.lower()]
        assert operation["security"][0] == {"bearer": [route.right.value]}
        assert route.right.value in operation["description"]
        assert "403" in operation["responses"]

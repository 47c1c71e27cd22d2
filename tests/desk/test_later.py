"""Callbacks, promised calls and messages over the API: who may hear, and what is asked of the floor."""

from collections.abc import Awaitable, Callable

from telephony.agents import Refused
from telephony.later import CallbackCancelAsked, MessageDialAsked
from tests.desk.conftest import TOKEN, Office

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
Open = Callable[..., Awaitable[Office]]


async def test_an_agent_hears_his_own_messages_and_a_leader_all(opened: Open) -> None:
    for role, own_only, status in (("agent", True, 404), ("leader", False, 200), ("auditor", None, 403)):
        office = await opened(simulated=False, roles={"wang": role})
        async with office.client.post("/api/v1/messages/7/path", headers=HEADERS) as response:
            assert response.status == status, role
        assert [heard[2] for heard in office.later.heard] == ([] if own_only is None else [own_only])


async def test_a_callback_is_called_off_and_an_unknown_one_is_not_found(office: Office) -> None:
    async with office.client.post("/api/v1/callbacks/cb-7/cancel") as response:
        assert response.status == 200
    assert [(ask.callback, ask.actor) for ask in office.floor.asked if isinstance(ask, CallbackCancelAsked)] == [
        ("cb-7", "simulate")
    ]
    office.floor.refusal = Refused(code="callback_unknown", words={"callback": "cb-8"})
    async with office.client.post("/api/v1/callbacks/cb-8/cancel") as response:
        assert response.status == 404


async def test_a_promised_call_is_given_to_another_agent_who_must_be_there(office: Office) -> None:
    async with office.client.post("/api/v1/promises/7/assign", json={"agent": "1002"}) as response:
        assert response.status == 200
    async with office.client.post("/api/v1/promises/7/assign", json={"agent": "nobody"}) as response:
        assert response.status == 409
    async with office.client.post("/api/v1/promises/8/cancel") as response:
        assert response.status == 404
    assert [change[:3] for change in office.later.changed] == [(7, None, "1002"), (8, None, None)]


async def test_an_agent_calls_back_by_the_messages_name(office: Office) -> None:
    async with office.client.post("/api/v1/agents/1001/call-back", json={"message": "vm-1"}) as response:
        assert response.status == 200
    (ask,) = [ask for ask in office.floor.asked if isinstance(ask, MessageDialAsked)]
    assert (ask.agent, ask.message) == ("1001", "vm-1")

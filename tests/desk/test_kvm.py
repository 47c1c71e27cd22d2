"""The screens over the API: who may switch what, and what is said without any."""

from collections.abc import Awaitable, Callable

from tests.desk.conftest import TOKEN, Office

Open = Callable[..., Awaitable[Office]]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
WISH = {"do": "connect", "rx": "7", "text": "7"}


async def test_whoever_may_steer_is_the_house_and_others_are_bound_by_their_own_rights(opened: Open) -> None:
    for role, house in (("leader", True), ("agent", False)):
        office = await opened(simulated=False, roles={"wang": role})
        async with office.client.post("/api/v1/kvm/wishes", json=WISH, headers=HEADERS) as response:
            assert response.status == 200, await response.text()
        assert office.kvm.asked == [("connect", "wang", house)]


async def test_a_token_of_nobodys_name_switches_nothing(opened: Open) -> None:
    office = await opened(simulated=False, tokens={"li": TOKEN}, roles={"li": "agent"})
    async with office.client.post("/api/v1/kvm/wishes", json=WISH, headers=HEADERS) as response:
        assert response.status == 403
        assert (await response.json())["code"] == "kvm_no_user"
    assert office.kvm.asked == []


async def test_an_unknown_receiver_is_said(opened: Open) -> None:
    office = await opened(simulated=True)
    async with office.client.get("/api/v1/kvm/receivers/99/osd", headers={"Accept-Language": "zh-CN"}) as response:
        assert response.status == 404
        assert (await response.json())["message"] == "没有接收端 99。"


async def test_a_wish_with_what_is_not_there_to_wish_is_refused(opened: Open) -> None:
    office = await opened(simulated=True)
    for wrong in ({"do": "explode"}, {"do": "connect", "rx": "7", "text": "x" * 500}, {"do": "push", "colour": "red"}):
        async with office.client.post("/api/v1/kvm/wishes", json=wrong) as response:
            assert response.status == 422


async def test_a_server_without_kvm_toml_says_that_it_controls_no_screens(opened: Open) -> None:
    office = await opened(simulated=True, kvm=False)
    async with office.client.get("/api/v1/kvm", headers={"Accept-Language": "en"}) as response:
        assert response.status == 404
        assert "kvm.toml" in (await response.json())["message"]

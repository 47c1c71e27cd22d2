"""Who is let in: tokens, and other people's pages where there are none."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from config.model import ApiSettings
from desk.server import Desk
from desk.tokens import MOST_WAITING, Tokens
from tests.desk.conftest import TOKEN, Office
from tests.desk.fake_callers import FakeCallers
from tests.desk.fake_floor import FakeBatches, FakeDoNotCall, FakeFloor, FakeForecaster, FakeQueries
from tests.desk.fake_routing import FakeRouting

RIGHT = {"Authorization": f"Bearer {TOKEN}"}


async def test_token_is_needed_and_its_holder_is_the_actor(guarded: Office) -> None:
    async with guarded.client.post("/api/v1/campaigns/spring/pause", headers=RIGHT) as response:
        assert response.status == 200
    assert guarded.floor.asked[0].actor == "wang"


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic " + TOKEN, "Bearer " + TOKEN + "x"])
async def test_without_the_right_token_nobody_reads_or_asks(guarded: Office, header: str | None) -> None:
    headers = {"Accept-Language": "en"} | ({"Authorization": header} if header else {})
    for method, path in (("GET", "/api/v1/agents"), ("POST", "/api/v1/agents/1001/ready"), ("GET", "/api/v1/x")):
        async with guarded.client.request(method, path, headers=headers) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            assert "access token" in (await response.json())["message"]
    assert guarded.floor.asked == []


async def test_no_token_message_is_chinese_by_default(guarded: Office) -> None:
    async with guarded.client.get("/api/v1/agents") as response:
        assert "令牌" in (await response.json())["message"]


async def test_wrong_tokens_wait_longer_each_time_and_a_right_one_never(guarded: Office) -> None:
    for _ in range(7):
        async with guarded.client.get("/api/v1/agents", headers={"Authorization": "Bearer wrong"}) as response:
            assert response.status == 401
    assert guarded.waits == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    async with guarded.client.get("/api/v1/agents", headers=RIGHT) as response:
        assert response.status == 200
    assert len(guarded.waits) == 7


async def test_a_crowd_of_guessers_does_not_pile_up() -> None:
    gate = asyncio.Event()
    waiting = 0

    async def wait(_seconds: float) -> None:
        nonlocal waiting
        waiting += 1
        await gate.wait()

    tokens = Tokens({"wang": SecretStr(TOKEN)}, wait)
    guesses = [asyncio.create_task(tokens.check("wrong", f"10.0.0.{n}")) for n in range(MOST_WAITING + 5)]
    await asyncio.sleep(0)
    assert waiting == MOST_WAITING
    gate.set()
    assert await asyncio.gather(*guesses) == [None] * len(guesses)


async def test_short_tokens_are_not_accepted(caplog: pytest.LogCaptureFixture) -> None:
    tokens = Tokens({"li": SecretStr("too-short")})
    assert tokens.holder("too-short") is None
    assert "li" in caplog.text
    assert "too-short" not in caplog.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "", "["])
async def test_a_rebound_name_is_refused_where_no_token_is_needed(office: Office, host: str) -> None:
    headers = {"Host": host.format(port=office.port)}
    for method, path in (("GET", "/api/v1/agents"), ("GET", "/"), ("POST", "/api/v1/campaigns/spring/stop")):
        async with office.client.request(method, path, headers=headers) as response:
            assert response.status == 403
            assert (await response.json())["code"] == "foreign_host"
    assert office.floor.asked == []


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
async def test_our_own_names_are_served(office: Office, host: str) -> None:
    async with office.client.get("/api/v1/agents", headers={"Host": host.format(port=office.port)}) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
async def test_another_sites_page_cannot_steer_the_simulation(office: Office, headers: dict[str, str]) -> None:
    async with office.client.post("/api/v1/campaigns/spring/stop", headers=headers) as response:
        assert response.status == 403
        assert (await response.json())["code"] == "foreign_origin"
    assert office.floor.asked == []


async def test_a_form_of_any_site_cannot_post(office: Office) -> None:
    async with office.client.post("/api/v1/campaigns/spring/stop", data={"a": "b"}) as response:
        assert response.status == 415
    assert office.floor.asked == []


async def test_a_link_from_elsewhere_may_open_the_page(office: Office) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    async with office.client.get("/", headers=headers) as response:
        assert response.status == 200


async def test_our_own_page_may_ask(office: Office) -> None:
    headers = {"Origin": office.url, "Sec-Fetch-Site": "same-origin"}
    async with office.client.post("/api/v1/campaigns/spring/pause", headers=headers) as response:
        assert response.status == 200


async def test_behind_tokens_metrics_are_open_on_loopback_but_not_to_rebound_names(guarded: Office) -> None:
    async with guarded.client.get("/metrics") as response:
        assert response.status == 200
    async with guarded.client.get("/metrics", headers={"Host": "evil.example"}) as response:
        assert response.status == 403


async def test_listening_beyond_loopback_warns_and_puts_metrics_behind_the_token(
    opened: Callable[..., Awaitable[Office]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        office = await opened(simulated=False, host="0.0.0.0")
    assert "NOT ON LOOPBACK" in caplog.text
    async with office.client.get("/metrics") as response:
        assert response.status == 401


async def test_a_taken_port_is_an_error_at_start(office: Office) -> None:
    floor = FakeFloor()
    settings = ApiSettings(port=office.port)
    desk = Desk(
        floor,
        settings,
        simulated=True,
        queries=FakeQueries(),
        batches=FakeBatches(),
        do_not_call=FakeDoNotCall(),
        forecaster=FakeForecaster(),
        callers=FakeCallers(),
        routing=FakeRouting(),
        clock=floor.clock,
    )
    with pytest.raises(OSError):
        await desk.start()
    await desk.close()

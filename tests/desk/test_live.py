"""The live socket: views, facts, trend, tokens, and readers who do not read."""

import asyncio

import aiohttp
import msgspec
import pytest

from desk.live import MOST_FACTS, Page
from desk.trend import STEPS, Trend
from telephony.agents import AgentState
from telephony.facts import AbandonedBy, Anomaly, AttemptPlaced, CallAbandoned, CallConnected
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.views import FloorView
from tests.desk.conftest import TOKEN, Office
from tests.desk.fake_floor import A_NUMBER, FakeFloor

LIVE = "/api/v1/live"


async def _next(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict:
    for _ in range(50):
        frame = await socket.receive_json(timeout=60)
        if frame["type"] == kind:
            return frame
    raise AssertionError(f"no {kind} came")


async def test_a_page_gets_the_view_and_the_trend_at_once(office: Office) -> None:
    office.desk.live.step()
    async with office.client.ws_connect(LIVE) as socket:
        view = await _next(socket, "view")
        assert view.pop("type") == "view"
        assert msgspec.convert(view, FloorView) == office.floor.view()
        trend = await _next(socket, "trend")
        assert trend["whole"] is True
        assert len(trend["points"]) == 1


async def test_facts_come_masked_and_the_view_follows(office: Office) -> None:
    async with office.client.ws_connect(LIVE) as socket:
        await _next(socket, "view")
        office.floor.put("1001", AgentState.AUX, "lunch")
        office.floor.tell(Anomaly(where="wire", what=f"odd caller {A_NUMBER}"))
        office.desk.live.tick()
        view = await _next(socket, "view")
        facts = await _next(socket, "facts")
    assert next(agent for agent in view["agents"] if agent["id"] == "1001")["reason"] == "lunch"
    changed, odd = facts["facts"]
    assert (changed["kind"], changed["now"], changed["at"]) == ("AgentChanged", "aux", office.floor.clock.now())
    assert odd["what"] == "odd caller +86138****8000"


async def test_the_token_may_come_as_first_message_or_as_protocol(guarded: Office) -> None:
    async with guarded.client.ws_connect(LIVE) as socket:
        await socket.send_json({"token": TOKEN})
        assert (await socket.receive_json(timeout=60))["type"] == "view"
    async with guarded.client.ws_connect(LIVE, protocols=("switchroom.v1", f"bearer.{TOKEN}")) as socket:
        assert socket.protocol == "switchroom.v1"
        assert (await socket.receive_json(timeout=60))["type"] == "view"


@pytest.mark.parametrize("first", ['{"token": "wrong"}', "garbage", "[]", '{"token": 5}', "{}"])
async def test_without_the_right_token_the_socket_closes_unseen(guarded: Office, first: str) -> None:
    async with guarded.client.ws_connect(LIVE) as socket:
        await socket.send_str(first)
        message = await socket.receive(timeout=60)
        assert message.type == aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4401


async def test_a_foreign_page_cannot_open_the_socket(office: Office) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await office.client.ws_connect(LIVE, origin="http://evil.example")
    assert refused.value.status == 403


async def test_a_page_that_talks_too_much_is_closed_and_others_stay(office: Office) -> None:
    async with office.client.ws_connect(LIVE) as quiet, office.client.ws_connect(LIVE) as loud:
        await loud.send_str("x" * 10_000)
        for _ in range(10):
            message = await loud.receive(timeout=60)
            if message.type == aiohttp.WSMsgType.CLOSE:
                break
        assert loud.close_code == 1009
        office.floor.put("1001", AgentState.READY)
        office.desk.live.tick()
        assert (await _next(quiet, "view"))["type"] == "view"


def test_a_reader_who_does_not_read_loses_frames_and_not_our_memory() -> None:
    page = Page(None)  # type: ignore[arg-type]
    for n in range(1000):
        page.show(b"view %d" % n)
        page.plot(b"point %d" % n)
        page.tell([{"n": n}])
    view, facts, *points = page.frames()
    assert view == b"view 999"
    told = msgspec.json.decode(facts)
    assert len(told["facts"]) == MOST_FACTS
    assert told["skipped"] == 1000 - MOST_FACTS
    assert told["facts"][-1] == {"n": 999}
    assert len(points) == 4
    assert page.frames() == []


def test_trend_counts_a_minute_of_calls_and_the_share_abandoned_by_us() -> None:
    floor, trend = FakeFloor(), Trend()
    placed = AttemptPlaced(
        call=CallId("c-1"), campaign=CampaignId("a"), lead=LeadId(1), customer=CustomerId("k"), number_key=1,
        trunk=TrunkId("t"), server=ServerId("s"), caller_id="", mode="power",
    )  # fmt: skip
    taken = CallConnected(call=CallId("c-1"), agent=AgentId("1"), waited_s=0.1)
    lost = CallAbandoned(call=CallId("c-1"), campaign=CampaignId("a"), by=AbandonedBy.SWITCHROOM, waited_s=2)
    assert trend.close_step(floor.view(), 0).abandon_rate is None
    for _ in range(12):
        trend.count([placed, placed, taken, taken, taken, lost])
        point = trend.close_step(floor.view(), 5)
    assert point.calls_per_min == 24
    assert point.abandon_rate == 0.25
    for _ in range(STEPS):
        point = trend.close_step(floor.view(), 10)
    assert (point.calls_per_min, point.abandon_rate) == (0, None)
    assert len(trend.points) == STEPS


async def test_open_pages_are_told_goodbye_when_the_desk_closes(office: Office) -> None:
    async with office.client.ws_connect(LIVE) as socket:
        await _next(socket, "view")
        closing = asyncio.create_task(office.desk.close())
        async for _frame in socket:
            pass
        await closing
        assert socket.close_code == 1001


async def test_a_still_floor_is_shown_again_so_that_the_page_knows_it_is_live(office: Office) -> None:
    async with office.client.ws_connect(LIVE) as socket:
        for _ in range(3):
            await _next(socket, "view")
            for _ in range(4):
                office.desk.live.tick()

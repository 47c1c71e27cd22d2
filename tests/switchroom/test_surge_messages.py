"""Messages of the surge plan: signed, tried again, nothing secret in them; one that is not taken is an alarm."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pydantic import SecretStr

from config.surge import WebhookSettings
from switchroom.surge_messages import SurgeMessages
from telephony.facts import AlarmCleared, AlarmRaised
from telephony.surge import SurgeChanged

SECRET = "a line of letters nobody guesses"


class Receiver:
    """A web server on this machine that takes messages, or refuses the first few."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.refusals = 0
        self.asked = 0
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=503)
        self.taken.append((dict(request.headers), await request.read()))
        return web.Response(status=204)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made, app = Receiver(), web.Application()
    app.router.add_post("/surge", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/surge"
    yield made
    await runner.cleanup()


class Desk:
    """The messages of a plan, and the alarms they gave."""

    def __init__(self, url: str, tries: int = 4) -> None:
        settings = WebhookSettings(url=url, secret=SecretStr(SECRET), tries=tries)
        self.alarms: list[object] = []
        self.messages = SurgeMessages(
            settings, "main", feed=self.alarms.append, now=lambda: 1_750_000_000.0, first_pause_s=0.01
        )

    async def says(self, level: int, *actions: str, why: str = "load") -> None:
        """The plan changes; returns when every message has been taken or given up."""
        fact = SurgeChanged(was=0, level=level, why=why, actions=actions, load={"waiting_per_agent": 2.5})
        self.messages.on_facts(1_750_000_000.0, [fact])
        async with asyncio.timeout(60):
            await asyncio.gather(*self.messages._sending)


async def test_off_shift_staff_and_the_support_team_are_told_once_each_and_when_it_is_over(receiver: Receiver) -> None:
    desk = Desk(receiver.url)
    await desk.says(3, "reserves", "off_shift")
    await desk.says(4, "reserves", "off_shift", "support")
    await desk.says(2, "reserves")
    told = [json.loads(body) for _, body in receiver.taken]
    assert [(one["action"], one["on"], one["level"]) for one in told[:2]] == [
        ("off_shift", True, 3),
        ("support", True, 4),
    ]
    assert {(one["action"], one["on"]) for one in told[2:]} == {("off_shift", False), ("support", False)}
    assert told[0]["load"] == {"waiting_per_agent": 2.5}
    assert desk.alarms == []


async def test_a_message_is_signed_over_its_time_and_body_and_holds_no_secret(receiver: Receiver) -> None:
    await Desk(receiver.url).says(3, "off_shift")
    ((headers, body),) = receiver.taken
    wanted = hmac.new(SECRET.encode(), headers["X-Switchroom-Time"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Switchroom-Signature"] == f"sha256={wanted}"
    assert SECRET not in repr(headers)
    assert SECRET.encode() not in body


async def test_a_receiver_that_fails_is_asked_again_until_it_takes_the_message(receiver: Receiver) -> None:
    receiver.refusals = 3
    desk = Desk(receiver.url)
    await desk.says(3, "off_shift")
    assert (receiver.asked, len(receiver.taken), desk.alarms) == (4, 1, [])


async def test_a_message_that_is_never_taken_is_an_alarm_until_one_is(receiver: Receiver) -> None:
    receiver.refusals = 4
    desk = Desk(receiver.url)
    await desk.says(3, "off_shift")
    (alarm,) = desk.alarms
    assert isinstance(alarm, AlarmRaised)
    assert (alarm.alarm, alarm.about, alarm.words) == ("surge_message", "off_shift", {"why": "HTTP 503"})
    await desk.says(2)
    assert isinstance(desk.alarms[-1], AlarmCleared)


async def test_without_an_address_nothing_is_sent_and_after_a_restart_it_is_said_again(receiver: Receiver) -> None:
    await Desk("").says(4, "off_shift", "support")
    await Desk(receiver.url).says(3, "off_shift", why="restart")
    assert [json.loads(body)["again"] for _, body in receiver.taken] == [True]


@pytest.mark.parametrize("url", ["http://example.com/hook", "ftp://127.0.0.1/", "hook"])
def test_an_address_that_would_carry_messages_in_the_open_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="neither https"):
        WebhookSettings(url=url)

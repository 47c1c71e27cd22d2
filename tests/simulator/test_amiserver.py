"""The simulated Asterisk on the wire, seen by a client that speaks plain AMI."""

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator

import pytest

from simulator.amiserver import AmiServer
from simulator.amiusers import EventFilter, ManagerUser
from simulator.carrier import ScriptedCarrier
from simulator.clock import PacedClock
from simulator.exchange import VirtualExchange
from telephony.ids import ServerId

DEADLINE_S = 60.0
SPEED = 5.0


class Client:
    """A bare AMI client: every message as headers, with a deadline on every read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, server: AmiServer) -> "Client":
        client = cls(*await asyncio.open_connection(server.host, server.port))
        banner = await asyncio.wait_for(client.reader.readline(), DEADLINE_S)
        assert banner == b"Asterisk Call Manager/11.0.0\r\n"
        return client

    @classmethod
    async def logged_in(cls, server: AmiServer, user: str = "switchroom", events: str = "on") -> "Client":
        client = await cls.connect(server)
        reply = await client.ask(f"Action: Login\r\nUsername: {user}\r\nSecret: simulated\r\nEvents: {events}")
        assert reply == {"Response": "Success", "Message": "Authentication accepted"}
        return client

    async def message(self) -> dict[str, str]:
        block = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
        lines = block.decode().rstrip("\r\n").split("\r\n")
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}

    def send(self, action: str) -> None:
        self.writer.write(action.encode() + b"\r\n\r\n")

    async def ask(self, action: str) -> dict[str, str]:
        self.send(action)
        while True:
            message = await self.message()
            if "Response" in message and "Event" not in message:
                return message

    async def event(self, name: str, **headers: str) -> dict[str, str]:
        while True:
            message = await self.message()
            if message.get("Event") == name and all(message.get(k) == v for k, v in headers.items()):
                return message

    async def until_closed(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), DEADLINE_S)

    async def until_cut(self) -> None:
        """Read what is left until the other side is gone, cleanly or not."""
        with contextlib.suppress(ConnectionError):
            await self.until_closed()

    def originate(self, digits: str = "1050000001", leg: str = "c-1", action: str = "o:c-1") -> None:
        self.send(
            f"Action: Originate\r\nActionID: {action}\r\nChannel: PJSIP/{digits}@carrier\r\nChannelId: {leg}\r\n"
            "Context: switchroom-answered\r\nExten: s\r\nPriority: 1\r\nTimeout: 20000\r\nAsync: true"
        )


@pytest.fixture
async def server() -> AsyncIterator[AmiServer]:
    clock = PacedClock(SPEED)
    exchange = VirtualExchange(ServerId("pbx1"), ScriptedCarrier(), random.Random(1), clock)
    users = {
        "switchroom": ManagerUser(),
        "curious": ManagerUser("curious", read=frozenset({"system", "call", "user", "dialplan", "reporting"})),
        "poor": ManagerUser("poor", read=frozenset({"call"}), write=frozenset({"call"})),
        "picky": ManagerUser("picky", filters=("action(include),name(Hangup)",)),
        "slow": ManagerUser("slow", write_timeout_s=0.2),
    }
    server = AmiServer(exchange, clock, users=users, speed=SPEED)
    await server.start()
    yield server
    await server.close()


async def test_login_is_followed_by_fully_booted(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    assert (await client.event("FullyBooted"))["Status"] == "Fully Booted"


async def test_user_without_class_system_never_hears_fully_booted(server: AmiServer) -> None:
    client = await Client.logged_in(server, "poor")
    assert (await client.ask("Action: Ping"))["Ping"] == "Pong"


async def test_wrong_password_is_refused_and_the_connection_closed(server: AmiServer) -> None:
    client = await Client.connect(server)
    reply = await client.ask("Action: Login\r\nUsername: switchroom\r\nSecret: wrong")
    assert reply == {"Response": "Error", "Message": "Authentication failed"}
    assert await client.until_closed() == b""


async def test_challenge_lets_in_without_the_password_on_the_wire(server: AmiServer) -> None:
    client = await Client.connect(server)
    challenge = (await client.ask("Action: Challenge\r\nAuthType: MD5"))["Challenge"]
    key = hashlib.md5(f"{challenge}simulated".encode(), usedforsecurity=False).hexdigest()
    reply = await client.ask(f"Action: Login\r\nAuthType: MD5\r\nUsername: switchroom\r\nKey: {key}")
    assert reply["Response"] == "Success"


async def test_nothing_is_done_before_login(server: AmiServer) -> None:
    client = await Client.connect(server)
    assert (await client.ask("Action: CoreShowChannels"))["Message"] == "Permission denied"


async def test_action_outside_the_write_classes_is_denied(server: AmiServer) -> None:
    client = await Client.logged_in(server, "poor")
    client.originate()
    assert (await client.message())["Message"] == "Permission denied"


async def test_unknown_action_is_an_error(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    reply = await client.ask("Action: Sing\r\nActionID: 7")
    assert (reply["Response"], reply["ActionID"]) == ("Error", "7")
    assert "Sing" in reply["Message"]


async def test_line_that_is_too_long_is_refused_and_the_next_action_works(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    reply = await client.ask(f"Action: Ping\r\nFill: {'x' * 1100}")
    assert reply["Message"] == "Failed to parse message: line too long"
    assert (await client.ask("Action: Ping"))["Response"] == "Success"


async def test_originate_is_queued_and_its_end_repeats_the_action_id(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    await client.event("FullyBooted")
    client.originate()
    queued = await client.message()
    assert (queued["ActionID"], queued["Message"]) == ("o:c-1", "Originate successfully queued")
    ended = await client.event("OriginateResponse")
    assert (ended["ActionID"], ended["Uniqueid"], ended["Reason"]) == ("o:c-1", "c-1", "4")
    assert ended["Channel"].startswith("PJSIP/carrier-")


async def test_unknown_extension_is_an_error_at_once(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    reply = await client.ask(
        "Action: Originate\r\nChannel: PJSIP/1050000001@carrier\r\nContext: nowhere\r\nExten: s\r\nAsync: true"
    )
    assert reply["Message"] == "Extension does not exist."


async def test_channel_is_found_by_its_name_and_by_its_id(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    client.originate()
    parked = await client.event("UserEvent")
    assert parked["UserEvent"] == "SwitchroomParked"
    by_name = f"Action: Setvar\r\nChannel: {parked['Channel']}\r\nVariable: A\r\nValue: 1"
    assert (await client.ask(by_name))["Message"] == "Variable Set"
    assert (await client.ask("Action: Getvar\r\nChannel: c-1\r\nVariable: A"))["Value"] == "1"
    assert (await client.ask("Action: Hangup\r\nChannel: c-1"))["Message"] == "Channel Hungup"
    await client.event("Hangup", Uniqueid="c-1")
    assert (await client.ask("Action: Hangup\r\nChannel: c-1"))["Message"] == "No such channel"


async def test_lists_end_with_their_count(server: AmiServer) -> None:
    server.exchange.add_phone("PJSIP/1001")
    client = await Client.logged_in(server)
    client.originate()
    await client.event("UserEvent")
    for action, complete, items in (
        ("CoreShowChannels", "CoreShowChannelsComplete", "1"),
        ("PJSIPShowEndpoints", "EndpointListComplete", "2"),
        ("ShowDialPlan\r\nContext: switchroom-hold", "ShowDialPlanComplete", "3"),
    ):
        reply = await client.ask(f"Action: {action}\r\nActionID: l")
        assert reply["EventList"] == "start"
        assert (await client.event(complete, ActionID="l"))["ListItems"] == items
    refused = await client.ask("Action: ShowDialPlan\r\nContext: nowhere")
    assert refused["Response"] == "Error"


async def test_noise_reaches_only_who_may_read_it(server: AmiServer) -> None:
    plain, curious = await Client.logged_in(server), await Client.logged_in(server, "curious")
    plain.originate("2020000001")

    async def heard(client: Client) -> set[str]:
        names: set[str] = set()
        while "OriginateResponse" not in names or "Hangup" not in names:
            names.add((await client.message()).get("Event", ""))
        return names

    assert not {"Newexten", "VarSet", "TestEvent"} & await heard(plain)
    assert {"Newexten", "TestEvent"} <= await heard(curious)


async def test_filter_of_the_user_lets_only_named_events_through(server: AmiServer) -> None:
    client = await Client.logged_in(server, "picky")
    assert (await client.message())["Event"] == "FullyBooted"
    client.originate("2020000001")
    assert (await client.message())["Message"] == "Originate successfully queued"
    assert (await client.message())["Event"] == "Hangup"


async def test_filter_added_while_running_works_from_then_on(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    await client.event("FullyBooted")
    reply = await client.ask("Action: Filter\r\nOperation: Add\r\nFilter: ^Event: (Hangup|DialEnd)[[:space:]]")
    assert reply["Response"] == "Success"
    client.originate("2020000001")
    names = [(await client.message()).get("Event", "") for _ in range(3)]
    assert names == ["", "DialEnd", "Hangup"]


@pytest.mark.parametrize(
    ("rule", "passes", "stops"),
    [
        ("Event: Hangup", "HangupRequest", "Newstate"),
        ("action(include),name(Hangup)", "Hangup", "HangupRequest"),
        ("!Event: VarSet", "Hangup", "VarSet"),
        ("action(exclude),name(VarSet)", "VarSetter", "VarSet"),
    ],
)
def test_filters_in_both_of_asterisks_forms(rule: str, passes: str, stops: str) -> None:
    wanted = EventFilter([rule])
    assert wanted.passes(passes)
    assert not wanted.passes(stops)


async def test_client_without_events_hears_replies_only(server: AmiServer) -> None:
    quiet = await Client.logged_in(server, events="off")
    loud = await Client.logged_in(server)
    quiet.originate("2020000001")
    assert (await quiet.message())["Message"] == "Originate successfully queued"
    await loud.event("Hangup")
    quiet.send("Action: Ping")
    assert (await quiet.message())["Ping"] == "Pong"


async def test_calls_go_on_when_their_client_is_gone(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    client.originate()
    await client.event("UserEvent")
    server.drop_clients()
    await client.until_cut()
    again = await Client.logged_in(server)
    again.send("Action: CoreShowChannels\r\nActionID: l")
    row = await again.event("CoreShowChannel")
    assert (row["Uniqueid"], row["Context"], row["Application"]) == ("c-1", "switchroom-answered", "MusicOnHold")


async def test_restarted_pbx_comes_back_on_its_port_without_calls(server: AmiServer) -> None:
    client = await Client.logged_in(server)
    client.originate()
    await client.event("UserEvent")
    port = server.port
    await server.restart()
    assert server.port == port
    again = await Client.logged_in(server)
    again.send("Action: CoreShowChannels\r\nActionID: l")
    assert (await again.event("CoreShowChannelsComplete"))["ListItems"] == "0"


async def test_client_that_does_not_read_is_cut_off(server: AmiServer) -> None:
    slow = await Client.logged_in(server, "slow")
    slow.writer.transport.pause_reading()
    session = server.sessions[0]
    filling = b"Event: Filler\r\nFill: " + b"x" * 60_000 + b"\r\n\r\n"
    for _ in range(400):
        session.write(filling)
        session.flush()
    await asyncio.wait_for(session.ended.wait(), DEADLINE_S)
    slow.writer.transport.resume_reading()
    await slow.until_cut()
    assert session.closed
    assert session not in server.sessions

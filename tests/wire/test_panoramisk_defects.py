"""The defects of panoramisk 1.4 that a dialler cannot live with, one test each: plain shows it, ours does not."""

from pathlib import Path

import pytest
from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.call_manager import CallManager

from telephony.ami.backoff import Delays
from telephony.ami.faults import LinkDown, UnsafeValue
from telephony.ami.link import LinkState
from telephony.ami.protocol import MOST_UNPARSED, WireProtocol
from telephony.events import (
    LegCreated,
    LinkLost,
    LinkUp,
    OriginateAccepted,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxSnapshot,
)
from telephony.ids import LegId
from tests.wire.conftest import PBX1, MakeLink, MakePlain, dial, retire
from tests.wire.fake_pbx import FakePbx, Headers, Line, hang_up_the_line, originate, silence, until

ORIGINATE = {"Action": "Originate", "ActionID": "o:c-1", "Channel": "PJSIP/1@carrier", "Async": "true"}


def plain_reads(*reads: bytes) -> tuple[list[dict[str, str]], AMIProtocol]:
    """What panoramisk's listener hears of these reads."""
    heard: list[dict[str, str]] = []
    manager = Manager()
    manager.register_event("*", lambda _manager, event: heard.append(dict(event)))
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.encoding = manager, "utf8"
    for read in reads:
        protocol.data_received(read)
    return heard, protocol


def our_reads(*reads: bytes) -> tuple[list[dict[str, str]], list[str], WireProtocol]:
    """What our protocol tells of these reads: messages, and why it ended."""
    heard: list[dict[str, str]] = []
    ends: list[str] = []
    protocol = WireProtocol(on_message=heard.append, on_lost=ends.append)
    for read in reads:
        protocol.data_received(read)
    return heard, ends, protocol


async def plain_up(pbx: FakePbx, manager: Manager) -> None:
    await until(lambda: manager.authenticated and pbx.lines[-1].logged_in, "panoramisk to log in")


def test_01_chinese_name_split_over_two_reads_arrives_whole() -> None:
    name = "张三李四"
    data = f"Event: Newchannel\r\nCallerIDName: {name}\r\n\r\n".encode()
    cut = data.index("三".encode()) + 1
    assert plain_reads(data[:cut], data[cut:])[0][0]["CallerIDName"] == "张李四"
    assert our_reads(data[:cut], data[cut:])[0] == [{"Event": "Newchannel", "CallerIDName": name}]


async def test_02_customer_is_not_dialled_twice_when_the_link_drops_before_the_reply(
    pbx: FakePbx, ours: MakeLink, plain: MakePlain
) -> None:
    pbx.answers["Originate"] = hang_up_the_line
    manager = plain()
    await plain_up(pbx, manager)
    manager.send_action(dict(ORIGINATE))
    await until(lambda: len(pbx.named("Originate")) >= 2)
    assert {asked["ActionID"] for asked in pbx.named("Originate")} == {"o:c-1"}
    retire(manager)

    async with FakePbx() as second:
        second.answers["Originate"] = hang_up_the_line
        side = ours(second)
        await side.up()
        side.link.perform(dial())
        await side.hear_of(OriginateLost)
        await side.up(snapshots=2)
        await side.link.request({"Action": "Ping"})
        assert len(second.named("Originate")) == 1
        await side.link.close()


async def test_03_attempt_whose_link_dropped_after_queued_does_not_wait_for_ever(
    pbx: FakePbx, ours: MakeLink, plain: MakePlain
) -> None:
    def queue_then_drop(line: Line, asked: Headers) -> None:
        originate(line, asked)
        line.writer.close()

    pbx.answers["Originate"] = queue_then_drop
    manager = plain()
    await plain_up(pbx, manager)
    future = manager.send_action(dict(ORIGINATE))
    await until(lambda: len(pbx.lines) >= 2 and pbx.lines[1].logged_in)
    await manager.send_action({"Action": "Ping"})
    assert not future.done()
    assert future not in [action.future for action in manager.protocol.responses.values()]

    side = ours()
    await side.up()
    side.link.perform(dial())
    await side.up(snapshots=2)
    assert [type(event) for event in side.story[2:]] == [OriginateAccepted, LinkLost, LinkUp, PbxSnapshot]
    await side.link.request({"Action": "Ping"})
    assert [name for name in side.link._actions._pending if name.startswith("o:")] == []  # type: ignore[union-attr]


async def test_04_calls_asked_for_while_the_link_was_down_are_not_placed_later(
    pbx: FakePbx, ours: MakeLink, plain: MakePlain
) -> None:
    first = FakePbx()
    async with first:
        manager, side = plain(first), ours(first)
        await plain_up(first, manager)
        await side.up()
    await until(lambda: manager.protocol.closed and side.link.state is not LinkState.UP)
    for serial in range(5):
        manager.send_action(ORIGINATE | {"ActionID": f"stale-{serial}"})
        side.link.perform(dial(f"c-{serial}"))
    again = FakePbx()
    again.port = first.port
    async with again:
        await side.up(snapshots=2)
        await until(lambda: len(again.named("Originate")) >= 5)
        await side.link.request({"Action": "Ping"})
        assert sorted(asked["ActionID"] for asked in again.named("Originate")) == [f"stale-{n}" for n in range(5)]
        assert [event.leg for event in side.of(OriginateRefused)] == [f"c-{n}" for n in range(5)]  # type: ignore[attr-defined]
        await side.link.close()
        retire(manager)


async def test_05_error_in_a_listener_costs_neither_the_link_nor_the_next_event(
    pbx: FakePbx, ours: MakeLink, plain: MakePlain
) -> None:
    five = "\n\n".join(f"Event: Newchannel\nUniqueid: c-{n}\nLinkedid: c-{n}" for n in range(1, 6))
    heard: list[str] = []

    def fails_at_two(_manager: object, event: dict[str, str]) -> None:
        heard.append(event["Uniqueid"])
        if event["Uniqueid"] == "c-2":
            raise ValueError("a listener's own fault")

    manager = plain()
    manager.register_event("Newchannel", fails_at_two)
    await plain_up(pbx, manager)
    pbx.lines[0].send(five)
    await until(lambda: len(pbx.lines) >= 2)
    assert heard == ["c-1", "c-2"]
    retire(manager)

    side = ours()
    await side.up()
    hear = side.hear

    def hear_and_fail_at_two(event: object) -> None:
        hear(event)  # type: ignore[arg-type]
        if isinstance(event, LegCreated) and event.leg == "c-2":
            raise ValueError("a listener's own fault")

    side.link.subscribe(hear_and_fail_at_two)
    pbx.events_line.send(five)
    legs = await side.hear_of(LegCreated, 5)
    assert [event.leg for event in legs] == [f"c-{n}" for n in range(1, 6)]  # type: ignore[attr-defined]
    assert side.link.counts["listener_failures"] == 1
    assert side.link.state is LinkState.UP


async def test_06_line_break_in_a_customers_name_is_no_second_action(
    pbx: FakePbx, ours: MakeLink, plain: MakePlain
) -> None:
    evil = "x\r\n\r\nAction: DBPut\r\nActionID: evil\r\nFamily: f\r\nKey: k\r\nVal: v"
    manager = plain()
    await plain_up(pbx, manager)
    manager.send_action({"Action": "Setvar", "Variable": "CustomerName", "Value": evil})
    await until(lambda: pbx.named("DBPut"))
    retire(manager)

    async with FakePbx() as second:
        side = ours(second)
        await side.up()
        with pytest.raises(UnsafeValue) as refused:
            await side.link.request({"Action": "Setvar", "Variable": "CustomerName", "Value": evil})
        assert str(refused.value) == "unsafe value in Value"
        await side.link.request({"Action": "Ping"})
        assert not second.named("DBPut")
        assert not second.named("Setvar")
        await side.link.close()


async def test_07_half_open_link_is_noticed(pbx: FakePbx, ours: MakeLink, plain: MakePlain) -> None:
    pbx.answers["Ping"] = silence
    manager = plain(ping_delay=0, ping_interval=0)
    await plain_up(pbx, manager)
    await until(lambda: len(pbx.named("Ping")) >= 5)
    assert not manager.protocol.closed
    assert len([action for action in manager.protocol.responses.values() if action["Action"] == "Ping"]) >= 5
    retire(manager)

    side = ours(ping_s=0.01)
    await side.link.start()
    assert (await side.hear_of(LinkLost))[0] == LinkLost(server=PBX1, why="3 pings missed")


async def test_08_end_of_an_originate_reaches_the_listener_and_queued_is_told_at_once(
    pbx: FakePbx, ours: MakeLink, plain: MakePlain
) -> None:
    end = "Event: OriginateResponse\nActionID: o:c-1\nResponse: Failure\nReason: 3\nUniqueid: c-1"
    barrier = "Event: Newchannel\nUniqueid: c-9\nLinkedid: c-9"
    heard: list[str] = []
    manager = plain()
    manager.register_event("*", lambda _manager, event: heard.append(event["Event"]))
    await plain_up(pbx, manager)
    future = manager.send_action(dict(ORIGINATE))
    await until(lambda: len(manager.protocol.responses["o:c-1"].responses) == 1)
    assert not future.done()
    pbx.lines[0].send(end + "\n\n" + barrier)
    await until(lambda: "Newchannel" in heard)
    assert "OriginateResponse" not in heard
    retire(manager)

    side = ours()
    await side.up()
    side.link.perform(dial())
    await side.hear_of(OriginateAccepted)
    pbx.events_line.send(end)
    assert await side.hear_of(OriginateEnded) == [OriginateEnded(server=PBX1, leg=LegId("c-1"), ok=False, reason=3)]


async def test_09_five_channels_of_one_second_are_five_legs(pbx: FakePbx, ours: MakeLink) -> None:
    second = "\n\n".join(f"Event: Newchannel\nUniqueid: 1795287520.{n}\nLinkedid: 1795287520.{n}" for n in range(5))
    calls = CallManager()
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory = calls
    protocol.data_received(second.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert list(calls.calls_queues) == ["1795287520"]

    side = ours()
    await side.up()
    pbx.events_line.send(second)
    assert len({event.leg for event in await side.hear_of(LegCreated, 5)}) == 5  # type: ignore[attr-defined]


async def test_10_wrong_password_is_told_and_the_pbx_is_not_hammered(
    pbx: FakePbx, ours: MakeLink, plain: MakePlain
) -> None:
    told: list[object] = []
    async with FakePbx() as second:
        waits = Delays()
        side = ours(second, secret="wrong", first_auth_retry=waits.first_auth_retry)
        await side.link.start()
        assert await side.hear_of(LinkLost) == [LinkLost(server=PBX1, why="auth: Authentication failed")]
        manager = plain(secret="wrong", on_login=told.append)
        manager.register_event("*", lambda *heard: told.append(heard))
        await until(lambda: len(pbx.lines) >= 4)
        assert not told
        retire(manager)
        assert len(second.lines) == 1
        await side.link.close()


async def test_11_recording_the_stream_to_a_file_does_not_kill_the_link(
    pbx: FakePbx, ours: MakeLink, plain: MakePlain, tmp_path: Path
) -> None:
    manager = plain(save_stream=str(tmp_path / "plain.txt"))
    await until(lambda: len(pbx.lines) >= 3)
    assert not manager.authenticated
    retire(manager)

    capture = tmp_path / "ours.txt"
    async with FakePbx() as second:
        side = ours(second)
        await side.up()
        with capture.open("wb", buffering=0) as file:
            side.link.tap = file.write  # type: ignore[assignment]
            second.events_line.send("Event: Newchannel\nUniqueid: c-1\nLinkedid: c-1")
            await side.hear_of(LegCreated)
        second.events_line.send("Event: Newchannel\nUniqueid: c-2\nLinkedid: c-2")
        await side.hear_of(LegCreated, 2)
        captured = capture.read_bytes()
        assert captured.count(b"Event: Newchannel\r\nUniqueid: c-1\r\nLinkedid: c-1\r\n\r\n") == 1
        assert b"c-2" not in captured
        assert side.link.state is LinkState.UP
        await side.link.close()


@pytest.mark.parametrize(
    "repeated", ["Event: Newchannel\r\nEvent: Hangup", "Response: Success\r\nMessage: a\r\nMessage: b"]
)
def test_12_header_given_twice_is_no_death_of_the_link(repeated: str) -> None:
    data = f"{repeated}\r\nActionID: a-1\r\nUniqueid: c-1\r\n\r\n".encode()
    manager = Manager()
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.transport = manager, Sink()
    if repeated.startswith("Response"):
        from panoramisk.actions import Action

        protocol.responses["a-1"] = Action.__new__(Action)
        protocol.responses["a-1"].__dict__ |= {"as_list": None, "responses": [], "_store": {}}
    with pytest.raises(AttributeError):
        protocol.data_received(data)

    heard, ends, _ = our_reads(data)
    first = repeated.split("\r\n")[-2].split(": ")
    assert heard[0][first[0]] == first[1]
    assert not ends


class Sink:
    def write(self, data: bytes) -> None:
        """Nowhere."""

    def close(self) -> None:
        """Nothing."""


def test_13_last_header_without_a_value_is_kept() -> None:
    data = b"Event: VarSet\r\nVariable: CAMPAIGN\r\nValue: \r\n\r\n"
    assert plain_reads(data)[0] == [{"Event": "VarSet", "Variable": "CAMPAIGN", "content": ""}]
    assert our_reads(data)[0] == [{"Event": "VarSet", "Variable": "CAMPAIGN", "Value": ""}]


async def test_14_command_before_the_first_connection_is_refused_in_the_trades_words(ours: MakeLink) -> None:
    with pytest.raises(AttributeError):
        Manager().send_action(dict(ORIGINATE))
    side = ours()
    side.link.perform(dial())
    assert await side.hear_of(OriginateRefused) == [OriginateRefused(server=PBX1, leg=LegId("c-1"), why="link down")]
    with pytest.raises(LinkDown):
        await side.link.request({"Action": "Ping"})


def test_15_peer_that_never_ends_a_message_is_cut_off_at_a_bound() -> None:
    endless = [b"Asterisk Call Manager/11.0.0\r\n", *[b"x" * 65536] * 64]
    _, plain_protocol = plain_reads(*endless)
    assert sum(map(len, plain_protocol.queue)) > 4_000_000

    _, ends, protocol = our_reads(*endless)
    assert ends == ["1 MiB without a blank line"]
    assert protocol.closed
    assert len(protocol._rest) <= MOST_UNPARSED


async def test_16_without_fully_booted_nothing_waits_for_ever(pbx: FakePbx, ours: MakeLink, plain: MakePlain) -> None:
    def login_only(line: Line, asked: Headers) -> None:
        line.logged_in, line.events_on = True, asked["Events"] == "on"
        line.reply(asked, "Response: Success\nMessage: Authentication accepted")

    pbx.answers["Login"] = login_only
    pbx.answers["Originate"] = hang_up_the_line
    manager = plain()
    await plain_up(pbx, manager)
    manager.send_action(dict(ORIGINATE))
    await until(lambda: len(pbx.lines) >= 2 and pbx.lines[1].logged_in)
    await manager.send_action({"Action": "Ping"})
    assert len(manager.awaiting_actions) == 1
    retire(manager)

    side = ours(booted=0.02)
    await side.up()
    side.link.perform(dial())
    assert await side.hear_of(OriginateLost)


async def test_17_event_in_the_same_read_as_the_greeting_is_heard(pbx: FakePbx) -> None:
    greeting = b"Asterisk Call Manager/11.0.0\r\nEvent: Newchannel\r\nUniqueid: c-1\r\n\r\n"
    protocol = AMIProtocol()
    protocol.connection_made(None)
    with pytest.raises(AttributeError):
        protocol.data_received(greeting)
    heard, _, ours_ = our_reads(greeting)
    assert heard == [{"Event": "Newchannel", "Uniqueid": "c-1"}]
    assert ours_.version == "11.0.0"

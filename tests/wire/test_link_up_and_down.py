"""The link's own story: up, down, refused, silent, again."""

import asyncio
import logging

import pytest

from telephony.ami.link import STEPS, LinkState
from telephony.commands import TakeSnapshot
from telephony.events import (
    LegCreated,
    LinkLost,
    LinkUp,
    OriginateLost,
    PbxSnapshot,
    Pong,
)
from telephony.ids import LegId
from tests.wire.conftest import PBX1, MakeLink, dial
from tests.wire.fake_pbx import FakePbx, hang_up_the_line, refuse, silence, until


async def test_link_comes_up_with_version_and_snapshot_on_two_connections(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()
    assert side.story == [LinkUp(server=PBX1, version="22.10.1"), PbxSnapshot(server=PBX1, legs=())]
    assert [line.events_on for line in pbx.lines] == [True, False]


async def test_states_follow_the_table_up_and_down(
    pbx: FakePbx, ours: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    side = ours()
    with caplog.at_level(logging.DEBUG, "telephony.ami"):
        await side.up()
        pbx.drop_all()
        await side.up(snapshots=2)
        await side.link.close()
    walked = [record.message.split(": ")[1].split(" -> ") for record in caplog.records if " -> " in record.message]
    once = ["down", "connecting", "login", "connecting", "login", "booting", "up"]
    assert [was for was, _ in walked] == once * 2
    assert {(LinkState(was), LinkState(now)) for was, now in walked} <= {
        (was, now) for was, following in STEPS.items() for now in following
    }


async def test_pbx_that_does_not_tell_its_version_is_served_all_the_same(pbx: FakePbx, ours: MakeLink) -> None:
    pbx.answers["CoreSettings"] = refuse("Permission denied")
    side = ours()
    await side.up()
    assert side.of(LinkUp) == [LinkUp(server=PBX1, version="AMI 11.0.0")]


async def test_link_dies_comes_back_and_dies_again(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    for round_ in (1, 2, 3):
        await side.up(snapshots=round_)
        pbx.drop_all()
        await side.hear_of(LinkLost, round_)
    await side.up(snapshots=4)
    kinds = [type(event) for event in side.story]
    assert kinds == [LinkUp, PbxSnapshot, LinkLost] * 3 + [LinkUp, PbxSnapshot]


@pytest.mark.parametrize("which", ["events_line", "actions_line"])
async def test_losing_one_connection_drops_both_and_is_one_loss(pbx: FakePbx, ours: MakeLink, which: str) -> None:
    side = ours()
    await side.up()
    getattr(pbx, which).drop()
    await side.up(snapshots=2)
    assert len(side.of(LinkLost)) == 1
    assert len(pbx.lines) == 4


async def test_shutdown_of_the_pbx_is_named_as_the_reason(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()
    pbx.events_line.send("Event: Shutdown\nPrivilege: system,all\nShutdown: Cleanly\nRestart: False")
    pbx.events_line.writer.close()
    assert await side.hear_of(LinkLost) == [LinkLost(server=PBX1, why="PBX shut down")]


async def test_wrong_password_is_one_error_one_loss_and_no_hammering(
    pbx: FakePbx, ours: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    side = ours(secret="wrong", first_auth_retry=0.01, longest_auth_retry=0.02)
    with caplog.at_level(logging.DEBUG, "telephony.ami"):
        await side.link.start()
        await until(lambda: len(pbx.lines) >= 6)
    assert side.story == [LinkLost(server=PBX1, why="auth: Authentication failed")]
    assert [record.levelname for record in caplog.records if "refuses user" in record.message] == ["ERROR"]
    assert "wrong" not in caplog.text


async def test_first_failure_to_connect_is_a_warning_and_the_next_ones_are_not(
    pbx: FakePbx, ours: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    pbx.answers["Login"] = hang_up_the_line
    side = ours()
    with caplog.at_level(logging.DEBUG, "telephony.ami"):
        await side.link.start()
        await until(lambda: len(pbx.lines) >= 8)
    levels = [record.levelname for record in caplog.records if "lost" in record.message]
    assert levels[:2] == ["WARNING", "DEBUG"]
    assert levels.count("WARNING") == 1
    assert len(side.story) == 1


async def test_pbx_that_dies_and_stays_away_for_a_while_is_lost_once(pbx: FakePbx, ours: MakeLink) -> None:
    first = FakePbx()
    async with first:
        side = ours(first)
        await side.up()
    tries = side.link.tries
    await until(lambda: side.link.tries >= tries + 3)
    again = FakePbx()
    again.port = first.port
    async with again:
        await side.up(snapshots=2)
        assert len(side.of(LinkLost)) == 1
        await side.link.close()


async def test_password_that_became_wrong_while_the_pbx_was_away_is_told(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours(first_auth_retry=0.01, longest_auth_retry=0.01)
    await side.up()
    pbx.answers["Login"] = refuse("Authentication failed")
    pbx.drop_all()
    whys = [event.why for event in await side.hear_of(LinkLost, 2)]  # type: ignore[attr-defined]
    assert whys[1:] == ["auth: Authentication failed"]
    assert side.link.tries >= 2


async def test_three_missed_pings_end_a_half_open_link(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours(ping_s=0.1)
    await side.up()
    await side.hear_of(Pong, 2)
    pbx.answers["Ping"] = silence
    assert await side.hear_of(LinkLost) == [LinkLost(server=PBX1, why="3 pings missed")]


async def test_user_without_class_system_waits_a_while_for_fully_booted_and_goes_on(
    pbx: FakePbx, ours: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    def login_only(line: object, asked: dict[str, str]) -> None:
        line.logged_in, line.events_on = True, asked["Events"] == "on"  # type: ignore[attr-defined]
        line.reply(asked)  # type: ignore[attr-defined]

    pbx.answers["Login"] = login_only
    side = ours(booted=0.02)
    await side.up()
    assert "FullyBooted" in caplog.text


async def test_garbage_on_the_wire_costs_nothing_but_itself(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()
    garbage = [
        b"\x00\xff\xfe\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"Event: Hangup\r\n\r\n",
        b"Event: Hangup\r\nCause\r\n\r\n",
    ]
    garbage += [
        b": \r\n: \r\n\r\n",
        b"Response: \r\nActionID: nobody\r\n\r\n",
        b"Event: Rename\r\n\r\n",
        b"Event: \r\n\r\n",
    ]
    garbage += [b"Event: CoreShowChannel\r\nActionID: x:1\r\n\r\n", b"Response: Success\r\n\r\n"]
    for piece in garbage:
        pbx.events_line.send(piece)
        pbx.actions_line.send(piece)
    pbx.events_line.send("Event: Newchannel\nChannel: X\nUniqueid: c-1\nLinkedid: c-1")
    await side.hear_of(LegCreated)
    assert await side.link.request({"Action": "Ping"})
    assert [type(event) for event in side.story] == [LinkUp, PbxSnapshot, LegCreated]
    assert side.link.counts["unmatched"] == 4


async def test_second_snapshot_on_request_holds_what_the_pbx_holds_now(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()

    def two_legs(line: object, asked: dict[str, str]) -> None:
        head = f"ActionID: {asked['ActionID']}"
        line.reply(asked, "Response: Success\nEventList: start\nMessage: Channels will follow")  # type: ignore[attr-defined]
        row = "Event: CoreShowChannel\n{}\nChannel: X-{}\nChannelState: 6\nUniqueid: c-{}\nLinkedid: c-1\nDuration: 00:01:04"
        line.send(row.format(head, 1, 1))  # type: ignore[attr-defined]
        line.send("Event: Hangup\nUniqueid: c-1\nCause: 16")  # type: ignore[attr-defined]
        line.send("Event: Newchannel\nChannel: X-3\nUniqueid: c-3\nLinkedid: c-3")  # type: ignore[attr-defined]
        line.send("Event: Newstate\nChannelState: 6\nUniqueid: c-3\nLinkedid: c-3")  # type: ignore[attr-defined]
        line.send(row.format(head, 2, 2))  # type: ignore[attr-defined]
        line.send(f"Event: CoreShowChannelsComplete\n{head}\nEventList: Complete\nListItems: 2")  # type: ignore[attr-defined]

    pbx.answers["CoreShowChannels"] = two_legs
    side.link.perform(TakeSnapshot(server=PBX1))
    snapshot = (await side.hear_of(PbxSnapshot, 2))[1]
    assert isinstance(snapshot, PbxSnapshot)
    assert [(seen.leg, seen.channel, seen.up, seen.duration_s) for seen in snapshot.legs] == [
        ("c-2", "X-2", True, 64.0),
        ("c-3", "X-3", True, 0.0),
    ]
    assert side.link.counts["channels"] == 2


async def test_pbx_that_refuses_the_snapshot_is_not_dialled_on(pbx: FakePbx, ours: MakeLink) -> None:
    pbx.answers["CoreShowChannels"] = refuse("Permission denied")
    side = ours()
    await side.link.start()
    assert (await side.hear_of(LinkLost))[0] == LinkLost(server=PBX1, why="snapshot: Permission denied")


async def test_two_asterisk_servers_in_one_process_keep_their_legs_apart(pbx: FakePbx, ours: MakeLink) -> None:
    async with FakePbx() as second:
        a, b = ours(), ours(second, name="pbx2")
        await asyncio.gather(a.up(), b.up())
        pbx.events_line.send("Event: Newchannel\nChannel: X\nUniqueid: c-1\nLinkedid: c-1")
        second.events_line.send("Event: Newchannel\nChannel: Y\nUniqueid: c-1\nLinkedid: c-1")
        await a.hear_of(LegCreated)
        await b.hear_of(LegCreated)
        second.drop_all()
        await b.hear_of(LinkLost)
        assert a.link.state is LinkState.UP
        assert [(event.server, event.channel) for event in a.of(LegCreated) + b.of(LegCreated)] == [  # type: ignore[attr-defined]
            ("pbx1", "X"),
            ("pbx2", "Y"),
        ]
        await b.link.close()


async def test_closing_ends_what_is_pending_and_stays_closed(pbx: FakePbx, ours: MakeLink) -> None:
    pbx.answers["Originate"] = silence
    side = ours()
    await side.up()
    side.link.perform(dial())
    await side.link.close()
    assert side.of(OriginateLost) == [OriginateLost(server=PBX1, leg=LegId("c-1"), why="closed by us")]
    assert side.story[-1] == LinkLost(server=PBX1, why="closed by us")
    assert side.link.state is LinkState.DOWN

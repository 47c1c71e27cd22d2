"""The link's own story: up, down, refused, silent, again."""

import asyncio
import logging

import pytest

from telephony.ami.faults import ActionRefused, LinkDown, NoReply, UnsafeValue
from telephony.ami.link import STEPS, LinkState
from telephony.commands import HangUp, Originate, TakeSnapshot
from telephony.events import (
    ActionFailed,
    LegCreated,
    LinkLost,
    LinkUp,
    OriginateAccepted,
    OriginateLost,
    OriginateRefused,
    PbxSnapshot,
    Pong,
)
from telephony.ids import CallId, CampaignId, LegId, ServerId, TrunkId
from telephony.numbers import PhoneNumber
from tests.wire.conftest import MakeLink
from tests.wire.fake_pbx import FakePbx, hang_up_the_line, originate, refuse, silence, until

PBX1 = ServerId("pbx1")


def dial(call: str = "c-1") -> Originate:
    return Originate(
        server=PBX1,
        call=CallId(call),
        campaign=CampaignId("demo"),
        number=PhoneNumber("+8613800138000"),
        trunk=TrunkId("t1"),
        dial="PJSIP/{digits}@carrier",
        caller_id="4001234567",
        ring_s=25.0,
    )


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


async def test_originate_is_accepted_refused_or_lost_and_never_silent(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()
    side.link.perform(dial("c-1"))
    assert await side.hear_of(OriginateAccepted) == [OriginateAccepted(server=PBX1, leg=LegId("c-1"))]
    pbx.answers["Originate"] = refuse("Extension does not exist.")
    side.link.perform(dial("c-2"))
    assert await side.hear_of(OriginateRefused) == [
        OriginateRefused(server=PBX1, leg=LegId("c-2"), why="Extension does not exist.")
    ]
    pbx.answers["Originate"] = silence
    impatient = ours(action_timeout_s=0.05)
    await impatient.up()
    impatient.link.perform(dial("c-3"))
    assert await impatient.hear_of(OriginateLost) == [
        OriginateLost(server=PBX1, leg=LegId("c-3"), why="no reply in time")
    ]
    assert impatient.link.counts["pending"] <= 2  # pings only


async def test_originates_pending_when_the_link_dies_are_lost_and_never_sent_again(
    pbx: FakePbx, ours: MakeLink
) -> None:
    side = ours()
    await side.up()
    pbx.answers["Originate"] = silence
    for serial in range(20):
        side.link.perform(dial(f"c-{serial}"))
    await until(lambda: len(pbx.named("Originate")) == 20)
    pbx.drop_all()
    await side.up(snapshots=2)
    assert {event.leg for event in side.of(OriginateLost)} == {f"c-{serial}" for serial in range(20)}  # type: ignore[attr-defined]
    pbx.answers["Originate"] = originate
    side.link.perform(dial("c-after"))
    await side.hear_of(OriginateAccepted)
    assert len(pbx.named("Originate")) == 21
    assert side.story.index(side.of(OriginateLost)[-1]) < side.story.index(side.of(LinkLost)[0])


async def test_commands_given_while_down_are_refused_at_once_and_never_leave(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    side.link.perform(dial())
    side.link.perform(HangUp(server=PBX1, leg=LegId("s-1001-a")))
    side.link.perform(TakeSnapshot(server=PBX1))
    await until(lambda: len(side.story) == 3)
    assert side.story == [
        OriginateRefused(server=PBX1, leg=LegId("c-1"), why="link down"),
        ActionFailed(server=PBX1, leg=LegId("s-1001-a"), what="HangUp", why="link down"),
        ActionFailed(server=PBX1, leg=None, what="TakeSnapshot", why="link down"),
    ]
    await side.up()
    await side.link.request({"Action": "Ping"})
    assert not pbx.named("Originate")
    assert not pbx.named("Hangup")


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


async def test_slow_pbx_fills_a_bounded_queue_and_then_refuses(
    pbx: FakePbx, ours: MakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.ami.session.MOST_WAITING", 10)
    side = ours()
    await side.up()
    session = side.link._actions
    assert session is not None
    session.protocol.pause_writing()
    for serial in range(15):
        side.link.perform(dial(f"c-{serial}"))
    refused = await side.hear_of(OriginateRefused, 5)
    assert {event.why for event in refused} == {"the PBX reads too slowly"}  # type: ignore[attr-defined]
    session.protocol.resume_writing()
    await side.hear_of(OriginateAccepted, 10)
    assert len(pbx.named("Originate")) == 10


async def test_originate_still_in_our_queue_when_the_link_dies_certainly_never_left(
    pbx: FakePbx, ours: MakeLink
) -> None:
    side = ours()
    await side.up()
    session = side.link._actions
    assert session is not None
    session.protocol.pause_writing()
    side.link.perform(dial())
    pbx.drop_all()
    await side.hear_of(LinkLost)
    assert [type(event) for event in side.story[2:4]] == [OriginateRefused, LinkLost]
    await side.up(snapshots=2)
    assert not pbx.named("Originate")


async def test_same_originate_asked_twice_is_sent_once_and_the_first_is_not_called_refused(
    pbx: FakePbx, ours: MakeLink
) -> None:
    side = ours()
    await side.up()
    side.link.perform(dial())
    side.link.perform(dial())
    await side.hear_of(OriginateAccepted)
    assert await side.hear_of(ActionFailed) == [
        ActionFailed(server=PBX1, leg=LegId("c-1"), what="Originate", why="already asked")
    ]
    assert not side.of(OriginateRefused)
    assert len(pbx.named("Originate")) == 1


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


async def test_number_on_the_wire_is_whole_and_its_refusal_tells_nothing(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()
    side.link.perform(dial())
    await side.hear_of(OriginateAccepted)
    assert pbx.named("Originate")[0]["Channel"] == "PJSIP/8613800138000@carrier"
    side.link.perform(msgspec_replace(dial("c-2"), caller_id="400\r\nAction: Command"))
    assert await side.hear_of(OriginateRefused) == [
        OriginateRefused(server=PBX1, leg=LegId("c-2"), why="unsafe value in CallerID")
    ]
    assert len(pbx.named("Originate")) == 1
    assert not pbx.named("Command")


def msgspec_replace(command: Originate, **changes: object) -> Originate:
    import msgspec

    return msgspec.structs.replace(command, **changes)


async def test_channel_names_come_from_events_and_snapshots_and_go_with_the_leg(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()
    pbx.events_line.send("Event: Newchannel\nChannel: PJSIP/carrier-1\nUniqueid: c-1\nLinkedid: c-1")
    await side.hear_of(LegCreated)
    side.link.perform(HangUp(server=PBX1, leg=LegId("c-1")))
    await until(lambda: len(pbx.named("Hangup")) == 1)
    assert pbx.named("Hangup")[0]["Channel"] == "PJSIP/carrier-1"
    pbx.events_line.send("Event: Rename\nChannel: PJSIP/carrier-1\nNewname: PJSIP/carrier-1b\nUniqueid: c-1")
    pbx.events_line.send("Event: Newchannel\nChannel: PJSIP/carrier-2\nUniqueid: c-2\nLinkedid: c-2")
    await side.hear_of(LegCreated, 2)
    side.link.perform(HangUp(server=PBX1, leg=LegId("c-1")))
    await until(lambda: len(pbx.named("Hangup")) == 2)
    assert pbx.named("Hangup")[1]["Channel"] == "PJSIP/carrier-1b"
    pbx.events_line.send("Event: Hangup\nUniqueid: c-1\nCause: 16")
    await until(lambda: side.link.counts["channels"] == 1)


async def test_refused_command_is_one_failure_with_the_leg_and_the_reason(pbx: FakePbx, ours: MakeLink) -> None:
    pbx.answers |= {"Setvar": refuse("No such channel"), "Redirect": refuse("No such channel")}
    from telephony.commands import RingAgent
    from telephony.ids import AgentId

    side = ours()
    await side.up()
    side.link.perform(
        RingAgent(
            server=PBX1,
            call=CallId("c-1"),
            agent=AgentId("1001"),
            endpoint="PJSIP/1001",
            ring_s=15,
            auto_answer=True,
        )
    )
    await until(lambda: len(pbx.named("Redirect")) == 1)
    await side.link.request({"Action": "Ping"})
    assert side.of(ActionFailed) == [
        ActionFailed(server=PBX1, leg=LegId("c-1"), what="RingAgent", why="No such channel")
    ]


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


async def test_doctor_asks_and_gets_rows_errors_or_a_deadline(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    with pytest.raises(LinkDown):
        await side.link.request({"Action": "ListCommands"})
    await side.up()

    def endpoints(line: object, asked: dict[str, str]) -> None:
        line.reply(asked, "Response: Success\nEventList: start\nMessage: A listing of Endpoints follows")  # type: ignore[attr-defined]
        for name in ("1001", "carrier"):
            line.send(f"Event: EndpointList\nActionID: {asked['ActionID']}\nObjectName: {name}")  # type: ignore[attr-defined]
        line.send(f"Event: EndpointListComplete\nActionID: {asked['ActionID']}\nEventList: Complete\nListItems: 2")  # type: ignore[attr-defined]

    pbx.answers["PJSIPShowEndpoints"] = endpoints
    rows = await side.link.request({"Action": "PJSIPShowEndpoints"})
    assert [row.get("ObjectName") for row in rows] == [None, "1001", "carrier"]
    pbx.answers["ShowDialPlan"] = refuse("Did not find context x")
    with pytest.raises(ActionRefused, match="Did not find context x"):
        await side.link.request([("Action", "ShowDialPlan"), ("Context", "x")])
    pbx.answers["CoreSettings"] = silence
    with pytest.raises(NoReply):
        await side.link.request({"Action": "CoreSettings"}, timeout_s=0.02)
    with pytest.raises(UnsafeValue):
        await side.link.request({"Action": "Command", "Command": "x\r\nAction: Originate"})
    assert side.link.state is LinkState.UP


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

"""What is asked over the link: each command leaves at most once and never stays without a word."""

import msgspec
import pytest

from telephony.ami.faults import ActionRefused, LinkDown, NoReply, UnsafeValue
from telephony.ami.link import LinkState
from telephony.commands import HangUp, RingAgent, TakeSnapshot
from telephony.events import (
    ActionFailed,
    LegCreated,
    LinkLost,
    OriginateAccepted,
    OriginateLost,
    OriginateRefused,
)
from telephony.ids import AgentId, CallId, LegId
from tests.wire.conftest import PBX1, MakeLink, dial
from tests.wire.fake_pbx import FakePbx, originate, refuse, silence, until


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


async def test_number_on_the_wire_is_whole_and_its_refusal_tells_nothing(pbx: FakePbx, ours: MakeLink) -> None:
    side = ours()
    await side.up()
    side.link.perform(dial())
    await side.hear_of(OriginateAccepted)
    assert pbx.named("Originate")[0]["Channel"] == "PJSIP/8613800138000@carrier"
    side.link.perform(msgspec.structs.replace(dial("c-2"), caller_id="400\r\nAction: Command"))
    assert await side.hear_of(OriginateRefused) == [
        OriginateRefused(server=PBX1, leg=LegId("c-2"), why="unsafe value in CallerID")
    ]
    assert len(pbx.named("Originate")) == 1
    assert not pbx.named("Command")


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

"""Commands become exactly the actions the dialplan expects, and nothing else can be made of their values."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.ami.actions import LONGEST_LINE, MAKINGS, Action, actions_for, encode
from telephony.ami.faults import AmiFault, LineTooLong, UnsafeValue
from telephony.commands import (
    ConnectToSeat,
    HangUp,
    HoldCustomer,
    LeaveMessage,
    Listen,
    Park,
    PbxCommand,
    PlayAbandonMessage,
    RingAgent,
    SeatAgent,
    StartRecording,
    StopRecording,
    TakeSnapshot,
)
from telephony.ids import AgentId, CallId, LegId
from tests.wire.conftest import PBX1, dial

CALL, AGENT = CallId("c-1"), AgentId("1001")
CHANNELS = {"c-1": "PJSIP/carrier-00000001"}


def channel_of(leg: LegId) -> str:
    return CHANNELS.get(leg, leg)


def made(command: PbxCommand) -> list[dict[str, str]]:
    return [dict(action) for action in actions_for(command, channel_of, "/var/spool/asterisk/monitor")]


def redirect(context: str, exten: str) -> dict[str, str]:
    return {
        "Action": "Redirect",
        "Channel": "PJSIP/carrier-00000001",
        "Context": context,
        "Exten": exten,
        "Priority": "1",
    }


def test_customer_is_originated_under_his_call_id_and_asynchronously() -> None:
    assert encode(actions_for(dial(), channel_of)[0]) == (
        b"Action: Originate\r\nActionID: o:c-1\r\nChannel: PJSIP/8613800138000@carrier\r\nChannelId: c-1\r\n"
        b"Context: switchroom-answered\r\nExten: s\r\nPriority: 1\r\nTimeout: 25000\r\nAsync: true\r\n"
        b"CallerID: 4001234567\r\n\r\n"
    )


def test_detector_and_missing_caller_id() -> None:
    listen = Listen(most_s=1.8, arguments=(2500, 1500, 800, 1800))
    action = made(msgspec.structs.replace(dial(), listen=listen, caller_id=""))[0]
    assert (action["Context"], action["Exten"]) == ("switchroom-amd", "s")
    assert action["Variable"] == 'SWITCHROOM_AMD="2500,1500,800,1800"'
    assert "CallerID" not in action


def test_detector_of_the_operators_own_is_named_and_told_its_time() -> None:
    own = msgspec.structs.replace(dial(), listen=Listen(most_s=1.8, context="my-detector"))
    lines = [f"{name}: {value}" for name, value in actions_for(own, lambda leg: leg)[0]]
    assert "Exten: own" in lines
    assert {"Variable: SWITCHROOM_DETECTOR=my-detector", "Variable: SWITCHROOM_LISTEN_MS=1800"} <= set(lines)


def test_detector_with_a_name_that_is_none_is_refused() -> None:
    own = msgspec.structs.replace(dial(), listen=Listen(context="my-detector,s,1"))
    with pytest.raises(UnsafeValue):
        actions_for(own, lambda leg: leg)


def test_machine_is_left_the_campaigns_message() -> None:
    said = made(LeaveMessage(server=PBX1, call=CallId("c-1"), message="spring-machine"))
    assert (said[0]["Variable"], said[0]["Value"]) == ("SWITCHROOM_MESSAGE", "spring-machine")
    assert (said[1]["Context"], said[1]["Exten"]) == ("switchroom-machine", "s")


def test_agents_phone_is_seated_and_asked_to_answer_by_itself() -> None:
    seat = SeatAgent(
        server=PBX1, agent=AGENT, leg=LegId("s-1001-a"), endpoint="PJSIP/1001", ring_s=15, auto_answer=True
    )
    action = actions_for(seat, channel_of)[0]
    assert dict(action) | {"Variable": ""} == {
        "Action": "Originate",
        "ActionID": "o:s-1001-a",
        "Channel": "PJSIP/1001",
        "ChannelId": "s-1001-a",
        "Context": "switchroom-agent",
        "Exten": "1001",
        "Priority": "1",
        "Timeout": "15000",
        "Async": "true",
        "Variable": "",
    }
    assert [value.split("=")[0] for name, value in action if name == "Variable"] == [
        "PJSIP_HEADER(add,Call-Info)",
        "PJSIP_HEADER(add,Alert-Info)",
    ]
    assert "Variable" not in made(msgspec.structs.replace(seat, auto_answer=False))[0]


def test_ringing_an_agent_sets_three_variables_and_then_redirects() -> None:
    command = RingAgent(server=PBX1, call=CALL, agent=AGENT, endpoint="PJSIP/1001", ring_s=15.0, auto_answer=False)
    *variables, last = made(command)
    assert [(action["Variable"], action["Value"]) for action in variables] == [
        ("SWITCHROOM_ENDPOINT", "PJSIP/1001"),
        ("SWITCHROOM_RING_S", "15"),
        ("SWITCHROOM_AUTO", "0"),
    ]
    assert last == redirect("switchroom-ring", "1001")


@pytest.mark.parametrize(
    ("command", "context", "exten"),
    [
        (ConnectToSeat(server=PBX1, call=CALL, agent=AGENT), "switchroom-seat", "1001"),
        (Park(server=PBX1, call=CALL), "switchroom-answered", "s"),
        (HoldCustomer(server=PBX1, call=CALL), "switchroom-hold", "s"),
    ],
)
def test_customer_is_moved_by_redirect(command: PbxCommand, context: str, exten: str) -> None:
    assert made(command) == [redirect(context, exten)]


def test_a_customer_nobody_could_take_is_moved_with_his_message_and_his_key() -> None:
    *variables, last = made(PlayAbandonMessage(server=PBX1, call=CALL, message="acme/sorry", opt_out_key="*"))
    assert [(action["Variable"], action["Value"]) for action in variables] == [
        ("SWITCHROOM_MESSAGE", "acme/sorry"),
        ("SWITCHROOM_OPT_OUT", "*"),
    ]
    assert last == redirect("switchroom-abandoned", "s")


def test_recording_is_mixed_and_both_sides_apart() -> None:
    stem = "/var/spool/asterisk/monitor/2026-11-21/c-1"
    assert made(StartRecording(server=PBX1, call=CALL, name="2026-11-21/c-1")) == [
        {
            "Action": "MixMonitor",
            "Channel": "PJSIP/carrier-00000001",
            "File": f"{stem}.wav",
            "Options": f"r({stem}-rx.wav)t({stem}-tx.wav)",
        }
    ]
    assert made(StopRecording(server=PBX1, call=CALL))[0]["Action"] == "StopMixMonitor"


def test_hang_up_names_the_channel_or_for_a_leg_not_seen_yet_its_id() -> None:
    assert made(HangUp(server=PBX1, leg=LegId("c-1"))) == [
        {"Action": "Hangup", "Channel": "PJSIP/carrier-00000001", "Cause": "16"}
    ]
    assert made(HangUp(server=PBX1, leg=LegId("c-2"), cause=17))[0]["Channel"] == "c-2"


def test_every_command_to_a_pbx_has_its_making() -> None:
    assert set(MAKINGS) == set(PbxCommand.__subclasses__())
    assert made(TakeSnapshot(server=PBX1)) == [{"Action": "CoreShowChannels"}]
    with pytest.raises(AmiFault, match="no such command"):
        actions_for(PbxCommand(server=PBX1), channel_of)


@pytest.mark.parametrize("name", ["a,b", "a)b", "../a", "a b", "a;b", "a|b", "a\r\nb", ""])
def test_name_of_a_recording_cannot_reach_the_shell_of_the_pbx(name: str) -> None:
    with pytest.raises(UnsafeValue):
        encode(actions_for(StartRecording(server=PBX1, call=CALL, name=name or "\0"), channel_of, "/m")[0])


@pytest.mark.parametrize("evil", ["1\r\nAction: x", "1\nx", "1\rx", "1\0x", "1\ud800x"])
@pytest.mark.parametrize("at", range(10))
def test_no_line_break_gets_to_the_wire_in_any_header(evil: str, at: int) -> None:
    action = list(actions_for(dial(), channel_of)[0])
    name, _ = action[at]
    action[at] = (name, evil)
    with pytest.raises(UnsafeValue, match=f"^unsafe value in {name}$"):
        encode(tuple(action))
    action[at] = (evil, "x")
    with pytest.raises(UnsafeValue, match=r"^unsafe value in a header's name$"):
        encode(tuple(action))


def test_line_over_a_thousand_bytes_is_refused_and_one_of_a_thousand_is_not() -> None:
    fits = "x" * (LONGEST_LINE - len("Variable: "))
    assert encode((("Action", "Setvar"), ("Variable", fits), ("Value", "v")))
    for long in (fits + "x", "张" * 331):
        with pytest.raises(LineTooLong, match=r"^line too long in Variable$") as refused:
            encode((("Action", "Setvar"), ("Variable", long)))
        assert "xx" not in str(refused.value)


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=30)), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_what_is_encoded_is_read_back_as_the_same_headers(headers: list[tuple[str, str]]) -> None:
    action: Action = tuple(headers)
    try:
        data = encode(action)
    except AmiFault:
        return
    assert data.endswith(b"\r\n\r\n")
    lines = data.decode()[:-4].split("\r\n")
    assert [tuple(line.split(": ", 1)) for line in lines] == headers
    assert data.count(b"\r\n\r\n") == 1

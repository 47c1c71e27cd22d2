"""Every recorded stream of a real Asterisk 22 and 16 becomes the events of the trade."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

from telephony.ami.headers import RENDERINGS, Translation, leg_seen, translate
from telephony.ami.parse import parse
from telephony.events import (
    BridgeEntered,
    BridgeLeft,
    DeviceChanged,
    DialEnded,
    HangupRequested,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    LegProgressed,
    LegRinging,
    LegSeen,
    OptOutPressed,
    OriginateEnded,
    PbxEvent,
    RecordingBegan,
    RecordingStopped,
)
from telephony.ids import BridgeId, LegId, ServerId
from telephony.outcomes import Evidence, Outcome, judge

TESTS = Path(__file__).parents[1]
CAPTURES = TESTS / "captures"
STREAMS = sorted(CAPTURES.rglob("*.txt"))
PBX1 = ServerId("pbx1")


def messages(stream: bytes) -> list[dict[str, str]]:
    return [parse(block) for block in stream.split(b"\r\n\r\n") if block]


def events(name: str) -> list[PbxEvent]:
    return [
        event
        for message in messages((CAPTURES / f"{name}.txt").read_bytes())
        if (event := translate(message, PBX1)) is not None
    ]


def story(name: str, leg: str) -> list[PbxEvent]:
    return [event for event in events(name) if getattr(event, "leg", None) == leg]


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: str(path.relative_to(CAPTURES)))
def test_every_message_we_act_on_translates(path: Path) -> None:
    for message in messages(path.read_bytes()):
        name = message.get("Event", "")
        event = translate(message, PBX1)
        means_nothing = (
            (name == "Newstate" and message["ChannelState"] not in "56")
            or (name == "DialState" and message["DialStatus"] != "PROGRESS")
            or (name == "UserEvent" and not message["UserEvent"].startswith("Switchroom"))
        )
        assert (event is not None) == (name in RENDERINGS and not means_nothing), message
        if event is not None:
            assert event.server == PBX1


def test_both_versions_are_among_the_streams() -> None:
    assert len(STREAMS) >= 36
    assert sum(path.parent.name == "v16" for path in STREAMS) == 11


def test_answered_call_is_created_rings_answers_and_ends() -> None:
    leg = LegId("att-success-1")
    assert [type(event) for event in story("success", leg)] == [
        LegCreated,
        LegRinging,
        LegAnswered,
        OriginateEnded,
        DialEnded,
        LegEnded,
    ]
    assert LegEnded(server=PBX1, leg=leg, cause=16, tech_cause=None) in events("success")
    assert DialEnded(server=PBX1, leg=leg, caller=None, status="ANSWER") in events("success")


def test_busy_call_carries_the_sip_code_on_22_and_the_cause_on_16() -> None:
    leg = LegId("att-busy-1")
    assert LegEnded(server=PBX1, leg=leg, cause=17, tech_cause=486) in events("busy")
    old = [event for event in events("v16/busy") if isinstance(event, LegEnded)]
    assert [(event.cause, event.tech_cause) for event in old] == [(17, None)]


def test_early_media_is_progress_and_no_ringing() -> None:
    kinds = [type(event) for event in events("early183busy")]
    assert LegProgressed in kinds
    assert LegRinging not in kinds


def test_customer_hanging_up_asks_first() -> None:
    leg = LegId("att-abandoned-1")
    asked = [event for event in story("abandoned", leg) if isinstance(event, HangupRequested)]
    assert asked == [HangupRequested(server=PBX1, leg=leg, cause=None)]
    assert isinstance(story("abandoned", leg)[-1], LegEnded)


@pytest.mark.parametrize("version", ["", "v16/"])
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("success", Outcome.ANSWERED),
        ("abandoned", Outcome.ANSWERED),
        ("busy", Outcome.BUSY),
        ("noanswer", Outcome.NO_ANSWER),
        ("congested503", Outcome.CONGESTION),
        ("notfound404", Outcome.INVALID),
        ("unavail480", Outcome.UNAVAILABLE),
        ("decline603", Outcome.DECLINED),
        ("early183busy", Outcome.BUSY),
        ("badtrunk", Outcome.TRUNK_DOWN),
    ],
)
def test_recorded_attempt_is_judged_as_what_the_carrier_did(version: str, name: str, outcome: Outcome) -> None:
    seen = Evidence()
    for event in events(version + name):
        match event:
            case LegCreated():
                seen.leg_seen = True
            case LegRinging() | LegProgressed():
                seen.rang = True
            case LegAnswered():
                seen.answered = True
            case DialEnded(status=status):
                seen.dial_status = status
            case OriginateEnded(ok=ok, reason=reason):
                seen.originate_ended, seen.originate_ok, seen.reason = True, ok, reason
            case LegEnded(cause=cause, tech_cause=tech_cause):
                seen.ended, seen.cause, seen.tech_cause = True, cause, tech_cause
    assert seen.complete
    assert judge(seen) is outcome


def test_500_recorded_calls_are_all_there() -> None:
    stream = gzip.decompress((TESTS.parent / "benchmarks" / "data" / "load500.bin.gz").read_bytes())
    found = Counter(type(event) for message in messages(stream) if (event := translate(message, PBX1)) is not None)
    assert found == {
        LegCreated: 500,
        LegRinging: 400,
        LegAnswered: 300,
        DialEnded: 500,
        OriginateEnded: 500,
        HangupRequested: 200,
        LegEnded: 500,
        DeviceChanged: 749,
    }


def test_our_originate_is_known_by_its_action_and_a_duplicate_id_is_foreign() -> None:
    head = {"Event": "OriginateResponse", "Response": "Failure", "Reason": "0"}
    same = head | {"ActionID": "o:c-1", "Uniqueid": "c-1"}
    other = head | {"ActionID": "o:c-1", "Uniqueid": "pbx1-17.3"}
    assert translate(same, PBX1) == OriginateEnded(server=PBX1, leg=LegId("c-1"), ok=False, reason=0)
    assert translate(other, PBX1) == OriginateEnded(server=PBX1, leg=LegId("c-1"), ok=False, reason=0, foreign=True)
    for nobody in ({}, {"Uniqueid": "<null>"}, {"Uniqueid": ""}):
        assert translate(head | {"ActionID": "o:c-1"} | nobody, PBX1) == OriginateEnded(
            server=PBX1, leg=LegId("c-1"), ok=False, reason=0
        )
    assert translate(head | {"ActionID": "a3", "Uniqueid": "dup1"}, PBX1) == OriginateEnded(
        server=PBX1, leg=LegId("dup1"), ok=False, reason=0
    )
    assert translate(head | {"ActionID": "o:"}, PBX1) is None


def test_dialled_agent_and_the_customer_who_dials_are_told_apart() -> None:
    ended = [event for event in events("redirect") if isinstance(event, DialEnded) and event.caller is not None]
    assert len(ended) == 1
    assert ended[0].leg != ended[0].caller
    assert ended[0].status == "ANSWER"


def test_seat_conference_is_entered_and_left_by_both() -> None:
    conf = events("conf")
    entered = [event.leg for event in conf if isinstance(event, BridgeEntered)]
    left = [event.leg for event in conf if isinstance(event, BridgeLeft)]
    assert "agent-conf" in entered
    assert sorted(entered) == sorted(left)
    assert any(isinstance(event, RecordingBegan) for event in conf)


@pytest.mark.parametrize(
    ("amd", "word"), [("HUMAN", "HUMAN"), ("machine", "MACHINE"), ("NOTSURE", "NOTSURE"), ("HANGUP", ""), ("", "")]
)
def test_parked_customer_tells_what_the_detector_heard(amd: str, word: str) -> None:
    message = {"Event": "UserEvent", "UserEvent": "SwitchroomParked", "Uniqueid": "c-1", "Amd": amd}
    assert translate(message, PBX1) == LegParked(server=PBX1, leg=LegId("c-1"), amd=word)


def test_customer_parked_again_tells_why_the_agent_did_not_take_him() -> None:
    message = {"Event": "UserEvent", "UserEvent": "SwitchroomParked", "Uniqueid": "c-1", "Amd": "", "Dial": "NOANSWER"}
    assert translate(message, PBX1) == LegParked(server=PBX1, leg=LegId("c-1"), dial="NOANSWER")


def test_opt_out_key_and_end_of_recording() -> None:
    pressed = {"Event": "UserEvent", "UserEvent": "SwitchroomOptOut", "Uniqueid": "c-1"}
    assert translate(pressed, PBX1) == OptOutPressed(server=PBX1, leg=LegId("c-1"))
    assert translate({"Event": "MixMonitorStop", "Uniqueid": "c-1"}, PBX1) == RecordingStopped(
        server=PBX1, leg=LegId("c-1")
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [("486", 486), ("SIP 486 Busy", 486), ("SIP/2.0 503", 503), ("", None), ("none", None), ("4864", None)],
)
def test_sip_code_is_found_in_what_the_pbx_writes(text: str, code: int | None) -> None:
    event = translate({"Event": "Hangup", "Uniqueid": "c-1", "Cause": "17", "TechCause": text}, PBX1)
    assert event == LegEnded(server=PBX1, leg=LegId("c-1"), cause=17, tech_cause=code)


def test_row_of_a_snapshot_is_a_leg_seen() -> None:
    rows = [
        row
        for message in messages((CAPTURES / "conf.txt").read_bytes())
        if message.get("Event") == "CoreShowChannel" and (row := leg_seen(message)) is not None
    ]
    assert rows == [
        LegSeen(
            leg=LegId("agent-conf"),
            linked=LegId("agent-conf"),
            channel="PJSIP/agent1001-00000021",
            up=True,
            ringing=False,
            bridge=BridgeId("4d0aeae1-5dad-4853-9063-46540a2cd356"),
            application="ConfBridge",
            data="seat-1001",
            context="agent-seat",
            exten="conf",
            duration_s=4.0,
        )
    ]


def test_headers_as_pairs_translate_like_a_mapping_and_the_first_of_two_counts() -> None:
    pairs = [("Event", "Hangup"), ("Uniqueid", "c-1"), ("Cause", "16"), ("Uniqueid", "c-2")]
    assert translate(pairs, PBX1) == LegEnded(server=PBX1, leg=LegId("c-1"), cause=16)


def test_what_means_nothing_is_counted_by_name_within_a_bound() -> None:
    translation = Translation(PBX1)
    assert translation.translate({"Event": "VarSet"}) is None
    assert translation.translate({"Event": "VarSet"}) is None
    assert translation.translate({"Event": "Hangup"}) is None
    assert translation.translate({"Event": "Hangup", "Uniqueid": "c-1"}) is not None
    assert translation.untranslated == {"VarSet": 2, "Hangup": 1}
    for number in range(1000):
        translation.translate({"Event": f"Invented{number}"})
    assert len(translation.untranslated) <= 257
    assert sum(translation.untranslated.values()) == 1003
    assert translation.translated == 1

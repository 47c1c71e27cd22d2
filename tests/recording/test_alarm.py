"""Missing recordings: each is a fact, the alarm is one for the PBX and ends when it records again."""

import pytest

from config.model import CampaignSettings
from recording.engine import RecordingEngine
from telephony.commands import CheckRecording, SetTimer
from telephony.events import RecordingBegan, RecordingLooked, TimerFired
from telephony.facts import (
    AlarmCleared,
    AlarmRaised,
    CallConnected,
    CallEnded,
    CallOffered,
    Fact,
    RecordingFiled,
    RecordingMissing,
)
from telephony.ids import AgentId, CallId, CampaignId, LeadId, LegId, ServerId, TrunkId
from telephony.outcomes import Outcome

PBX, AGENT, SPRING = ServerId("pbx1"), AgentId("1001"), CampaignId("spring")


def engine(*, seen: bool) -> RecordingEngine:
    return RecordingEngine(campaigns={"spring": CampaignSettings()}, visible=frozenset({"pbx1"} if seen else ()))


def ended(call: CallId) -> CallEnded:
    return CallEnded(
        call=call,
        campaign=SPRING,
        lead=LeadId(1),
        trunk=TrunkId("gw"),
        server=PBX,
        outcome=Outcome.ANSWERED,
        agent=AGENT,
        rang=True,
        ring_s=1.0,
        talk_s=9.0,
        hold_s=0.0,
        cause=16,
        tech_cause=None,
    )


def talk(recorder: RecordingEngine, call: str, *, confirmed: bool, file: int | None = None) -> list[Fact]:
    """One recorded conversation from the offer to the look at its file; the facts that came of it."""
    known, told = CallId(call), list[object]()
    told += recorder.on(CallOffered(call=known, campaign=SPRING, agent=AGENT, server=PBX, why=""), 0.0)
    told += recorder.on(CallConnected(call=known, agent=AGENT, waited_s=0.1), 0.1)
    if confirmed:
        told += recorder.on(RecordingBegan(server=PBX, leg=LegId(call)), 0.2)
    told += recorder.on(TimerFired(("recording", call)), 3.1)
    for command in list(recorder.on(ended(known), 10.0)):
        assert isinstance(command, SetTimer)
        (check,) = recorder.on(TimerFired(command.key), 12.0)
        assert isinstance(check, CheckRecording)
        told += recorder.on(RecordingLooked(server=PBX, call=check.call, bytes=file), 12.0)
    return [fact for fact in told if isinstance(fact, AlarmRaised | AlarmCleared | RecordingMissing | RecordingFiled)]


def kinds(facts: list[Fact]) -> list[type[Fact]]:
    return [type(fact) for fact in facts]


def test_many_missing_recordings_are_as_many_facts_and_one_alarm() -> None:
    recorder = engine(seen=True)
    facts = [fact for n in range(50) for fact in talk(recorder, f"c-{n}", confirmed=True)]
    assert kinds(facts) == [RecordingMissing, AlarmRaised, *[RecordingMissing] * 49]
    assert facts[1] == AlarmRaised(alarm="recording_missing", about="pbx1", words={"why": "no file", "call": "c-0"})


def test_the_alarm_ends_with_the_next_file_that_is_found() -> None:
    recorder = engine(seen=True)
    talk(recorder, "c-1", confirmed=True)
    assert kinds(talk(recorder, "c-2", confirmed=True, file=4096)) == [RecordingFiled, AlarmCleared]
    assert kinds(talk(recorder, "c-3", confirmed=True, file=4096)) == [RecordingFiled]


def test_where_no_file_can_be_seen_the_pbxs_word_ends_the_alarm() -> None:
    recorder = engine(seen=False)
    assert kinds(talk(recorder, "c-1", confirmed=False)) == [RecordingMissing, AlarmRaised]
    assert kinds(talk(recorder, "c-2", confirmed=True)) == [AlarmCleared]


@pytest.mark.parametrize("seen", [True, False])
def test_a_recording_that_is_there_says_nothing_of_alarms(seen: bool) -> None:
    facts = talk(engine(seen=seen), "c-1", confirmed=True, file=4096)
    assert kinds(facts) == ([RecordingFiled] if seen else [])

"""The switchboard: one ordered drain, and one part's defect is not the others' end."""

import pytest

from switchroom.switchboard import Part as PartProtocol
from switchroom.switchboard import Switchboard
from telephony.calltable import CallTable
from telephony.commands import ConnectToSeat, SetTimer, StartRecording
from telephony.events import LegAnswered, LegCreated, LegParked, OriginateAccepted, Pong, TimerFired
from telephony.facts import Anomaly, CallAnswered, CallOffered, CallRang, CallWaiting
from telephony.ids import AgentId, CallId, CampaignId, LegId
from tests.switchroom.fakes import PBX, Part, originate, placed

CALL = CallId("c-1-1")
OFFER = CallOffered(call=CALL, campaign=CampaignId("spring"), agent=AgentId("1001"), server=PBX, why="")
TICK = TimerFired(("tick", "spring"))


def board(*parts: PartProtocol) -> Switchboard:
    return Switchboard(calls=CallTable(), parts=parts)


def test_the_recorder_is_asked_before_the_router_so_that_recording_runs_before_the_bridge() -> None:
    record = StartRecording(server=PBX, call=CALL, name=CALL)
    bridge = ConnectToSeat(server=PBX, call=CALL, agent=AgentId("1001"))
    recorder, router = Part({CallOffered: lambda: [record]}), Part({CallOffered: lambda: [bridge]})
    facts, commands = board(recorder, router).handle(OFFER, 0.0)
    assert facts == [OFFER]
    assert commands == [record, bridge]


def test_derived_facts_come_after_the_fact_that_made_them_and_every_part_hears_them() -> None:
    rang, first = CallRang(call=CALL), CallRang(call=CallId("c-1-2"))
    log: list[str] = []
    one = Part({TimerFired: lambda: [first, rang], CallRang: list}, log).called("one")
    two = Part({TimerFired: list, CallRang: list}, log).called("two")
    facts, _ = board(one, two).handle(TICK, 0.0)
    assert facts == [first, rang]
    assert two.heard == [TICK, first, rang]
    assert log == ["one", "two"] * 3


def test_a_fact_fed_from_outside_is_journalled() -> None:
    assert board().handle(OFFER, 0.0)[0] == [OFFER]


def test_an_event_of_the_pbx_is_not_journalled() -> None:
    assert board().handle(Pong(server=PBX, lag_s=0.001), 0.0) == ([], [])


def test_a_part_is_not_asked_about_what_it_does_not_hear() -> None:
    part = Part({CallRang: list})
    board(part).handle(TICK, 0.0)
    assert part.heard == []


def test_a_part_that_raises_leaves_an_anomaly_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> list[CallRang]:
        raise ZeroDivisionError

    timer = SetTimer(key=("tick", "spring"), at=1.0)
    sound = Part({TimerFired: lambda: [timer]})
    table = board(Part({TimerFired: broken}), sound)
    for _ in range(2):
        facts, commands = table.handle(TICK, 0.0)
        assert facts == [Anomaly(where="Part", what="raised on TimerFired")]
        assert commands == [timer]
    assert "failed on TimerFired" in caplog.text


def test_a_part_that_raises_while_it_answers_lazily_is_caught_too() -> None:
    facts, _ = board(Part({TimerFired: lambda: (1 / 0 for _ in [0])})).handle(TICK, 0.0)  # type: ignore[misc]
    assert facts == [Anomaly(where="Part", what="raised on TimerFired")]


def test_parts_that_answer_one_another_for_ever_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchroom.switchboard.DRAIN_LIMIT", 50)
    endless = Part({CallRang: lambda: [CallRang(call=CALL)]})
    facts, _ = board(endless).handle(CallRang(call=CALL), 0.0)
    assert facts[-1] == Anomaly(where="switchboard", what="endless drain")
    assert len(facts) == 52


def test_a_call_is_followed_from_the_attempt_to_the_customer_who_waits() -> None:
    dialler = Part({TimerFired: lambda: [placed(CALL), originate(CALL)]})
    table, leg = board(dialler), LegId(CALL)
    table.handle(TICK, 0.0)
    seen = []
    for at, event in enumerate(
        (
            OriginateAccepted(server=PBX, leg=leg),
            LegCreated(server=PBX, leg=leg, linked=leg, channel="PJSIP/gw-00000001"),
            LegAnswered(server=PBX, leg=leg),
            LegParked(server=PBX, leg=leg),
        )
    ):
        seen += [type(fact) for fact in table.handle(event, float(at))[0]]
    assert seen == [CallAnswered, CallWaiting]

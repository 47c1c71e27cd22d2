"""Callers: their queue, their place, what they hear, who gets them, and every way out."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.model import CalendarSettings
from simulator.clock import SetClock
from telephony.agents import AgentState
from telephony.commands import Announce, GreetCaller, HangUp, PutThrough, RingAgent, TurnAway
from telephony.facts import (
    AlarmRaised,
    Anomaly,
    CallArrived,
    CallConnected,
    CallerGone,
    CallerNamed,
    CallOffered,
    CallSentOn,
    InboundEnded,
    OfferFailed,
    RecordingStarted,
    Way,
)
from telephony.ids import AgentId, CustomerId
from telephony.inbound import CallerFound, OpenInbound
from telephony.leads import Restored
from tests.acd.callers_floor import PBX, START, CallersFloor

SERVICE = {"service": {"lines": ["100"]}}
TWO = {"service": {"lines": ["100"]}, "help": {"lines": ["200"]}}


def test_caller_is_given_the_agent_who_is_free_and_leaves_wrap_up_behind() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.at_work()
    call = floor.call(talk_s=30.0)
    floor.run(5.0)
    assert floor.state("1001") is AgentState.TALKING
    arrived = floor.of(CallArrived, call=call)[0]
    assert (arrived.queue, arrived.line) == ("service", "100")
    assert arrived.number_key
    assert floor.positions(call) == [("service", 1)]
    assert floor.of(CallConnected, call=call)[0].waited_s < 0.1
    assert floor.of(RecordingStarted, call=call)
    floor.run(30.0)
    ended = floor.of(InboundEnded)
    assert [(fact.call, fact.agent, fact.way) for fact in ended] == [(call, "1001", "")]
    assert ended[0].talk_s == pytest.approx(30.0, abs=0.1)
    assert floor.state("1001") is AgentState.WRAP_UP
    floor.run(6.0)
    assert floor.state("1001") is AgentState.READY
    assert not floor.of(CallerGone)
    assert not floor.of(Anomaly)
    floor.watch.finish(floor.clock.at)
    floor.sound()


def test_callers_are_served_in_the_order_in_which_they_came() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.open()
    calls = []
    for _ in range(5):
        calls.append(floor.call(talk_s=10.0))
        floor.run(1.0)
    assert [floor.positions(call)[0][1] for call in calls] == [1, 2, 3, 4, 5]
    floor.sign_in("1001")
    floor.run(120.0)
    assert [fact.call for fact in floor.of(CallConnected)] == calls
    floor.sound()


def test_caller_whose_agent_misses_the_ring_keeps_his_place() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]}, mode="ring_each_call")
    floor.pbx.phones["PJSIP/1001"].answers_after_s = None
    floor.at_work()
    first = floor.call()
    floor.run(1.0)
    second = floor.call()
    floor.run(20.0)
    assert floor.of(OfferFailed, call=first)
    assert floor.positions(first)[1] == ("service", 1)
    assert floor.house.inbound.place_of(first) == 1
    assert floor.house.inbound.place_of(second) == 2
    floor.sound()


def test_caller_who_hangs_up_in_the_queue_is_gone_with_his_place() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.open()
    floor.call()
    call = floor.call(patience_s=20.0)
    floor.run(25.0)
    gone = floor.of(CallerGone)
    assert [(fact.call, fact.position) for fact in gone] == [(call, 2)]
    assert gone[0].waited_s == pytest.approx(20.0, abs=0.1)
    assert [fact.call for fact in floor.of(InboundEnded)] == [call]
    floor.sound()


@pytest.mark.parametrize("after_s", [0.0002, 0.0012, 0.0025, 0.004, 0.03, 0.5, 9.99, 10.0, 10.001, 10.02])
@pytest.mark.parametrize("mode", ["nailed_up", "ring_each_call"])
def test_caller_may_hang_up_at_any_instant(after_s: float, mode: str) -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]}, mode=mode)
    if mode == "ring_each_call":
        floor.pbx.phones["PJSIP/1001"].answers_after_s = None
    floor.at_work()
    call = floor.call(hangs_up_s=after_s)
    floor.run(60.0)
    assert [fact.call for fact in floor.of(InboundEnded)] == [call] or after_s < 0.001
    assert floor.state("1001") in (AgentState.READY, AgentState.AUX, AgentState.WRAP_UP)
    assert floor.house.calls.calls == {}
    assert floor.house.inbound.callers == {}
    floor.watch.finish(floor.clock.at)
    floor.sound()


def test_phone_that_rings_for_a_caller_who_hangs_up_stops_and_the_agent_is_free() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]}, mode="ring_each_call")
    floor.pbx.phones["PJSIP/1001"].answers_after_s = None
    floor.at_work()
    floor.call(hangs_up_s=3.0)
    floor.run(2.0)
    assert floor.state("1001") is AgentState.RINGING
    floor.run(1.1)
    assert floor.state("1001") is AgentState.READY
    assert not floor.pbx.legs
    assert len(floor.sent(RingAgent)) == 1
    floor.sound()


def test_unknown_line_is_turned_down_and_a_supervisor_told_once() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.at_work()
    for _ in range(2):
        floor.call("999")
        floor.run(1.0)
    assert [fact.way for fact in floor.of(InboundEnded)] == [Way.CLOSED, Way.CLOSED]
    assert len(floor.of(AlarmRaised, alarm="line_unknown")) == 1
    assert not floor.sent(GreetCaller)
    floor.sound()


def test_a_star_takes_every_line_no_other_queue_names() -> None:
    floor = CallersFloor({**SERVICE, "rest": {"lines": ["*"]}}, {"1001": ["rest"]})
    floor.at_work()
    call = floor.call("999")
    floor.run(1.0)
    assert floor.of(CallArrived, call=call)[0].queue == "rest"
    assert floor.state("1001") is AgentState.TALKING


def test_caller_whose_number_nobody_can_look_up_is_served_within_half_a_second() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]}, look=lambda command: None)
    floor.at_work()
    call = floor.call()
    floor.run(1.0)
    assert 0.5 <= floor.of(CallConnected, call=call)[0].waited_s < 0.6
    floor.sound()


def test_caller_is_named_and_his_last_agent_known() -> None:
    found = {"customer": CustomerId("k7"), "last_agent": AgentId("1001")}
    floor = CallersFloor(SERVICE, {"1001": ["service"]}, look=lambda command: CallerFound(call=command.call, **found))
    floor.open()
    call = floor.call()
    floor.run(1.0)
    assert floor.of(CallerNamed, call=call)[0].customer == "k7"
    waiting = floor.house.acd.floor.queue.get(call)
    assert waiting is not None
    assert waiting.traits["last_agent"] == "1001"


def test_withheld_number_is_served_at_once_without_a_look() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]}, look=lambda command: pytest.fail("looked up"))
    floor.at_work()
    call = floor.call(number=None)
    floor.run(1.0)
    assert floor.of(CallArrived, call=call)[0].number_key == 0
    assert floor.of(CallConnected, call=call)


def test_queue_that_does_not_answer_leaves_it_to_the_agent() -> None:
    floor = CallersFloor(
        {"service": {"lines": ["100"], "answer": False, "music": "jazz", "language": "zh"}}, {"1001": ["service"]}
    )
    floor.open()
    call = floor.call()
    floor.run(5.0)
    assert not floor.pbx.legs[call].up
    greeting = floor.sent(GreetCaller)[0]
    assert (greeting.answer, greeting.music, greeting.language) == (False, "jazz", "zh")


def test_waiting_callers_hear_their_place_again_and_again_and_stay_in_line() -> None:
    queue = {"service": {"lines": ["100"], "announce": {"every_s": 30.0, "greeting": "welcome"}}}
    floor = CallersFloor(queue, {"1001": ["service"]})
    floor.open()
    floor.call(patience_s=45.0)
    second = floor.call()
    floor.run(100.0)
    told = [(one.greeting, one.position) for one in floor.sent(Announce) if one.call == second]
    assert told == [("welcome", 2), ("", 2), ("", 1), ("", 1)]
    assert len(floor.positions(second)) == 1


def test_caller_overflows_after_his_wait_and_keeps_the_time_he_has_waited() -> None:
    queues = {
        "service": {"lines": ["100"], "overflow": {"after_s": 20.0, "then": {"way": "queue", "to": "help"}}},
        "help": {"lines": ["200"], "overflow": {"after_s": 5.0, "then": {"way": "queue", "to": "service"}}},
    }
    floor = CallersFloor(queues, {"1001": ["help"]})
    floor.open()
    call = floor.call()
    floor.run(15.0)
    late = floor.call("200")
    floor.run(10.0)
    sent = floor.of(CallSentOn, call=call)
    assert [(one.queue, one.way, one.to, one.why) for one in sent] == [("service", Way.QUEUE, "help", "wait")]
    assert floor.positions(call) == [("service", 1), ("help", 1)]
    assert floor.positions(late) == [("help", 1), ("service", 1)]
    floor.run(60.0)
    assert len(floor.of(CallSentOn, call=call)) == 1
    floor.sound()


def test_queue_with_so_many_waiting_sends_the_next_elsewhere_at_once() -> None:
    queues = {**TWO, "service": {"lines": ["100"], "overflow": {"length": 2, "then": {"way": "queue", "to": "help"}}}}
    floor = CallersFloor(queues, {"1001": ["help"]})
    floor.open()
    for _ in range(3):
        last = floor.call()
        floor.run(1.0)
    assert [(one.call, one.to, one.why) for one in floor.of(CallSentOn)] == [(last, "help", "length")]
    assert floor.positions(last) == [("help", 1)]
    floor.sound()


def test_full_queue_says_so_and_hangs_up() -> None:
    queues = {
        "service": {
            "lines": ["100"],
            "overflow": {"most_waiting": 1, "full": {"way": "closed", "message": "tt-allbusy"}},
        }
    }
    floor = CallersFloor(queues, {"1001": ["service"]})
    floor.open()
    floor.call()
    floor.run(1.0)
    second = floor.call()
    floor.run(20.0)
    assert [(one.call, one.way, one.why) for one in floor.of(CallSentOn)] == [(second, Way.FULL, "full")]
    assert [one.message for one in floor.sent(TurnAway)] == ["tt-allbusy"]
    assert [(one.call, one.way) for one in floor.of(InboundEnded)] == [(second, "full")]
    assert not floor.of(CallerGone)
    floor.sound()


def test_with_nobody_signed_in_callers_are_sent_on_where_the_queue_says_so() -> None:
    queues = {**TWO, "service": {"lines": ["100"], "overflow": {"nobody": {"way": "queue", "to": "help"}}}}
    floor = CallersFloor(queues, {"1001": ["service"], "1002": ["help"]})
    floor.at_work("1002")
    call = floor.call()
    floor.run(1.0)
    sent = floor.of(CallSentOn, call=call)
    assert [(one.way, one.why) for one in sent] == [(Way.QUEUE, "nobody")]
    assert [fact.agent for fact in floor.of(CallConnected, call=call)] == ["1002"]


def test_overflow_to_a_number_outside_goes_through_a_trunk() -> None:
    queues = {
        "service": {"lines": ["100"], "overflow": {"after_s": 10.0, "then": {"way": "outside", "to": "010-6552 9988"}}}
    }
    floor = CallersFloor(queues, {"1001": ["service"]})
    floor.open()
    call = floor.call(talk_s=5.0)
    floor.run(30.0)
    through = floor.sent(PutThrough)[0]
    assert (through.dial, through.caller_id) == ("PJSIP/{digits}@carrier", "4001234567")
    assert through.number.begins("+8610")
    ended = floor.of(InboundEnded, call=call)[0]
    assert (ended.way, ended.agent) == ("outside", None)
    assert "6552" not in repr(floor.facts)


@pytest.mark.parametrize(
    ("hour", "day", "served"),
    [(8, 2, False), (9, 2, True), (17, 2, True), (18, 2, False), (12, 7, False), (12, 1, False)],
)
def test_hours_by_weekday_in_the_sites_zone_and_holidays(hour: int, day: int, served: bool) -> None:
    """2 March 2026 is a Monday, 7 March a Saturday, 1 May a holiday in China."""
    month = 5 if day == 1 else 3
    start = datetime(2026, month, day, hour, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    week = [{"days": [1, 2, 3, 4, 5], "begin": "09:00", "end": "18:00"}]
    queues = {"service": {"lines": ["100"], "hours": {"open": week, "holidays": "cn"}}}
    floor = CallersFloor(
        queues,
        {"1001": ["service"]},
        start=start,
        clock=SetClock(start),
        calendars={"cn": CalendarSettings(country="CN")},
    )
    floor.at_work()
    call = floor.call()
    floor.run(20.0)
    assert bool(floor.of(CallConnected, call=call)) is served
    assert [one.way for one in floor.of(CallSentOn, call=call)] == ([] if served else [Way.CLOSED])
    floor.sound()


@pytest.mark.parametrize("then", ["mark", "queue", "refuse"])
def test_caller_on_the_list_of_nuisance_callers(then: str) -> None:
    floor = CallersFloor(
        TWO,
        {"1001": ["service"], "1002": ["help"]},
        look=lambda command: CallerFound(call=command.call, nuisance=4),
        nuisance={"then": then, "queue": "help"},
    )
    floor.at_work()
    call = floor.call(talk_s=3.0)
    floor.run(20.0)
    assert floor.of(CallerNamed, call=call)[0].nuisance == 4
    talked = [fact.agent for fact in floor.of(CallConnected, call=call)]
    assert talked == {"mark": ["1001"], "queue": ["1002"], "refuse": []}[then]
    assert floor.of(InboundEnded, call=call)[0].way == ("nuisance" if then == "refuse" else "")
    floor.sound()


def test_callers_keep_their_places_over_a_restart_of_the_server() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.open()
    calls = [floor.call() for _ in range(3)]
    floor.run(10.0)
    known = tuple(
        OpenInbound(
            call=call,
            queue=floor.of(CallArrived, call=call)[0].queue,
            server=PBX,
            customer=CustomerId(""),
            number_key=1,
            line="100",
            arrived_at=START + n,
            queued_at=START + n,
        )
        for n, call in enumerate(calls)
    )
    floor.pbx.cut()
    floor.run(5.0)
    again = CallersFloor(SERVICE, {"1001": ["service"]}, pbx=floor.pbx, clock=floor.clock)
    again.open(Restored(inbound=known))
    assert [again.house.inbound.place_of(call) for call in calls] == [1, 2, 3]
    assert not again.sent(HangUp)
    assert all(floor.pbx.legs[call].application == "MusicOnHold" for call in calls)


def test_callers_nobody_remembers_are_asked_who_they_are_and_queue_in_their_order() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.open()
    calls = []
    for _ in range(3):
        calls.append(floor.call())
        floor.run(2.0)
    floor.pbx.cut()
    floor.run(5.0)
    again = CallersFloor(SERVICE, {"1001": ["service"]}, pbx=floor.pbx, clock=floor.clock)
    again.open()
    again.run(1.0)
    assert [again.house.inbound.place_of(call) for call in calls] == [1, 2, 3]
    assert not again.sent(HangUp)
    assert again.of(CallArrived, call=calls[0])[0].came_at == pytest.approx(START, abs=2.0)


def test_callers_who_came_while_the_server_was_away_are_taken_in_when_it_is_back() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.open()
    floor.pbx.cut()
    early, late = floor.call(), None
    floor.run(30.0)
    late = floor.call()
    floor.run(1.0)
    floor.pbx.open()
    floor.run(1.0)
    assert floor.house.inbound.place_of(early) == 1
    assert floor.house.inbound.place_of(late) == 2
    floor.sound()


def test_caller_who_hung_up_while_the_link_was_cut_has_his_end() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.open()
    call = floor.call(patience_s=10.0)
    stays = floor.call()
    floor.run(5.0)
    floor.pbx.cut()
    floor.run(20.0)
    floor.pbx.open()
    floor.run(1.0)
    assert [fact.call for fact in floor.of(CallerGone)] == [call]
    assert [fact.call for fact in floor.of(InboundEnded)] == [call]
    assert floor.house.inbound.place_of(stays) == 1
    floor.sound()


def test_caller_whose_agent_loses_his_seat_waits_again_first_in_line() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.at_work()
    call = floor.call(talk_s=None)
    floor.run(5.0)
    floor.call()
    floor.run(1.0)
    floor.pbx.phone_hangs_up("PJSIP/1001")
    floor.run(1.0)
    assert floor.house.inbound.place_of(call) == 1
    assert not floor.of(InboundEnded)
    offered = floor.of(CallOffered)
    assert [one.call for one in offered] == [call]
    floor.sound()


def test_pbx_that_dies_ends_every_caller_once() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.at_work()
    calls = [floor.call(talk_s=None) for _ in range(3)]
    floor.run(5.0)
    floor.pbx.crash()
    floor.pbx.cut()
    floor.pbx.open()
    floor.run(60.0)
    assert sorted(fact.call for fact in floor.of(InboundEnded)) == sorted(calls)
    assert floor.house.inbound.callers == {}
    floor.sound()

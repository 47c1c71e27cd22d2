"""What hurts callers elsewhere, one test each, by its number in the list of pains."""

from telephony.agents import AgentState
from telephony.commands import ConnectToSeat, RingAgent
from telephony.facts import CallConnected, InboundEnded
from tests.acd.callers_floor import CallersFloor

SERVICE = {"service": {"lines": ["100"], "wrap_up_s": 8.0}}


def test_pain_2_wrap_up_after_a_caller_is_the_queues_and_is_never_lost() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.at_work()
    floor.call(talk_s=10.0)
    floor.run(5.0)
    floor.call()
    floor.run(6.0)
    assert floor.state("1001") is AgentState.WRAP_UP
    floor.run(6.0)
    assert floor.state("1001") is AgentState.WRAP_UP
    floor.run(2.0)
    assert floor.state("1001") is AgentState.TALKING
    floor.sound()


def test_pain_7_callers_are_served_in_order_though_agents_miss_them() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"], "1002": ["service"]}, mode="ring_each_call")
    floor.pbx.phones["PJSIP/1001"].answers_after_s = None
    floor.at_work()
    calls = []
    for _ in range(6):
        calls.append(floor.call(talk_s=20.0))
        floor.run(0.5)
    floor.run(400.0)
    talked = [fact.call for fact in floor.of(CallConnected)]
    assert sorted(talked) == sorted(calls)
    assert talked[2:] == [call for call in calls if call in talked[2:]]
    floor.sound()


def test_pain_8_no_agent_is_rung_for_a_caller_who_has_left() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]})
    floor.open()
    gone = floor.call(hangs_up_s=5.0)
    stays = floor.call()
    floor.run(10.0)
    floor.sign_in("1001")
    floor.run(5.0)
    rung = [one.call for one in floor.commands if isinstance(one, ConnectToSeat | RingAgent)]
    assert rung == [stays]
    assert [fact.call for fact in floor.of(InboundEnded)] == [gone]
    floor.sound()


def test_pain_12_a_store_that_does_not_answer_keeps_no_caller_waiting() -> None:
    floor = CallersFloor(SERVICE, {"1001": ["service"]}, look=lambda command: None)
    floor.at_work()
    call = floor.call()
    floor.run(2.0)
    assert floor.of(CallConnected, call=call)[0].waited_s < 0.6
    floor.sound()

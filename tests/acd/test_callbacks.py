"""Callers who have themselves called back instead of waiting: the place kept, the gate asked, nobody called twice."""

import msgspec
import pytest

from acd.callbacks import STALE_S, TABLE, Step
from config.model import CallingWindow, FrequencyRule
from telephony.agents import AgentState
from telephony.facts import AttemptPlaced, CallConnected, CallSentOn, CustomerBarred, DialRefused, LeadRested, Way
from telephony.ids import AgentId, CallId
from telephony.later import (
    CallbackAsked,
    CallbackCancelAsked,
    CallbackClosed,
    CallbackDialled,
    CallbackFiled,
    CallbackPutOff,
    CallbackReserved,
    CallbackWanted,
    TellCallback,
    callback_of,
)
from telephony.promises import OPEN, CallbackState
from tests.switchroom.fakes import PBX

from .later_hall import BACK, NOON, Hall, contact

S = AgentState
ANN = AgentId("1001")


def waiting(n: int = 7, **changes: object) -> tuple[Hall, CallId]:
    """A hall with nobody free in which customer `n` has asked to be called back and hung up."""
    hall = Hall(1, ready=0, **changes)  # type: ignore[arg-type]
    call = hall.calls(n)
    hall.wants_callback(call, n)
    hall.commit()
    hall.leaves(call)
    return hall, call


def test_a_caller_who_asks_for_it_is_told_so_when_it_is_on_disk_and_not_before() -> None:
    hall = Hall(1, ready=0)
    call = hall.calls(7)
    hall.wants_callback(call, 7)
    assert len(hall.facts(CallbackFiled)) == 1
    assert hall.told(TellCallback) == []
    hall.commit()
    assert hall.told(TellCallback) == [TellCallback(server=PBX, call=call, noted=True)]
    assert [(fact.way, fact.to) for fact in hall.facts(CallSentOn)] == [(Way.CALLBACK, callback_of(call))]


def test_when_an_agent_is_free_he_is_reserved_the_customer_is_dialled_and_they_talk() -> None:
    hall, _ = waiting()
    hall.now += 60
    hall.sign_in(ANN)
    (placed,) = hall.facts(AttemptPlaced)
    (originate,) = hall.dialled
    assert (placed.agent, placed.campaign, placed.mode) == (ANN, BACK, "manual")
    assert originate.call == placed.call
    assert hall.state(ANN) is S.RESERVED
    hall.customer_answers(placed.call)
    assert hall.state(ANN) is S.TALKING
    assert [(fact.call, fact.agent) for fact in hall.facts(CallConnected)] == [(placed.call, ANN)]
    assert [(fact.state, fact.why) for fact in hall.facts(CallbackClosed)] == [(CallbackState.DONE, "answered")]
    hall.hangs_up(placed.call)
    assert hall.state(ANN) is S.READY
    hall.passes(86_400)
    assert len(hall.dialled) == 1


def test_the_place_is_kept_between_those_who_wait_on_the_line() -> None:
    hall = Hall(1, ready=0)
    first = hall.calls(1)
    hall.now += 10
    second = hall.calls(2)
    hall.now += 10
    hall.calls(3)
    hall.wants_callback(second, 2)
    hall.commit()
    hall.leaves(second)
    waits = hall.house.acd.floor.queue.of("service", hall.now)
    assert [one.call for one in waits] == [first, callback_of(second), waits[2].call]
    assert waits[1].answered_at == NOON + 10


def test_not_answered_he_is_tried_again_after_a_while_and_closed_with_a_note_in_the_end() -> None:
    hall, _ = waiting(callback={"times": 2, "after_s": 600})
    hall.sign_in(ANN)
    hall.nobody_answers(hall.dialled[0].call)
    assert hall.state(ANN) is S.READY
    assert [(fact.tries, fact.why) for fact in hall.facts(CallbackPutOff)] == [(1, "no_answer")]
    hall.passes(590)
    assert len(hall.dialled) == 1
    hall.passes(10)
    assert len(hall.dialled) == 2
    hall.nobody_answers(hall.dialled[1].call)
    assert [(fact.state, fact.why) for fact in hall.facts(CallbackClosed)] == [(CallbackState.FAILED, "no_answer")]
    hall.passes(86_400)
    assert len(hall.dialled) == 2


def test_what_becomes_of_it_is_not_said_by_the_campaigns_retry_rules() -> None:
    hall, _ = waiting()
    hall.sign_in(ANN)
    hall.nobody_answers(hall.dialled[0].call)
    assert hall.facts(LeadRested) == []


def test_the_calling_hours_hold_for_a_callback_too() -> None:
    evening = [CallingWindow(begin="19:00", end="20:00")]
    hall, _ = waiting(campaign={"windows": evening})
    hall.sign_in(ANN)
    assert hall.dialled == []
    assert hall.state(ANN) is S.READY
    assert [(fact.rule, fact.until) for fact in hall.facts(DialRefused)] == [("window", NOON + 6 * 3600)]
    hall.passes(6 * 3600 + 1)
    assert len(hall.dialled) == 1


def test_who_is_on_the_do_not_call_list_is_not_called_even_if_he_asked() -> None:
    hall, _ = waiting()
    hall.feed(
        CustomerBarred(customer=hall.leads[next(iter(hall.leads))].customer, number_key=0, why="complaint", actor="x")
    )
    hall.sign_in(ANN)
    assert hall.dialled == []
    assert [(fact.state, fact.why) for fact in hall.facts(CallbackClosed)] == [(CallbackState.FAILED, "do_not_call")]


@pytest.mark.parametrize(("waived", "calls"), [(False, 0), (True, 1)])
def test_frequency_rules_hold_unless_the_queue_waives_them(waived: bool, calls: int) -> None:
    rule = FrequencyRule(calls=1, within="1 month", rest="0 days")
    hall, _ = waiting(callback={"waive_frequency": waived}, campaign={"frequency": [rule]})
    (lead,) = hall.leads.values()
    hall.leads[lead.id] = msgspec.structs.replace(lead, placed=(contact(NOON - 86_400, 7),))
    hall.passes(STALE_S + 1)
    hall.sign_in(ANN)
    assert len(hall.dialled) == calls
    assert [fact.rule for fact in hall.facts(DialRefused)] == ["frequency"] * (1 - calls)


def test_two_wishes_of_one_call_or_of_one_number_are_one_callback() -> None:
    hall, call = waiting()
    again = hall.calls(7)
    hall.wants_callback(again, 7)
    hall.wants_callback(again, 7)
    hall.commit()
    hall.leaves(again)
    assert [fact.why for fact in hall.facts(CallbackClosed)] == ["asked_before"]
    assert [command.noted for command in hall.told(TellCallback)] == [True, True]
    hall.sign_in(ANN)
    assert [fact.callback for fact in hall.facts(CallbackDialled)] == [callback_of(call)]
    hall.customer_answers(hall.dialled[0].call)
    hall.hangs_up(hall.dialled[0].call)
    hall.passes(86_400)
    assert len(hall.dialled) == 1


def test_who_calls_in_again_and_is_answered_is_not_called_back() -> None:
    hall, call = waiting()
    again = hall.calls(7)
    hall.sign_in(ANN)
    assert hall.dialled == []
    hall.carry([CallConnected(call=again, agent=ANN, waited_s=1.0)])
    closed = hall.facts(CallbackClosed)
    assert [(fact.callback, fact.state, fact.why) for fact in closed] == [
        (callback_of(call), CallbackState.CANCELLED, "called_again")
    ]


def test_a_callback_called_off_is_not_dialled_and_one_being_dialled_is_hung_up() -> None:
    hall, call = waiting()
    assert hall.ask(CallbackCancelAsked(actor="boss", callback="cb-nobody")).code == "callback_unknown"
    hall.sign_in(ANN)
    (originate,) = hall.dialled
    assert hall.ask(CallbackCancelAsked(actor="boss", callback=callback_of(call))) is None
    assert [(fact.state, fact.actor) for fact in hall.facts(CallbackClosed)] == [(CallbackState.CANCELLED, "boss")]
    hall.nobody_answers(originate.call)
    assert hall.state(ANN) is S.READY


def test_a_campaign_that_does_not_run_keeps_the_callback_for_later() -> None:
    hall, _ = waiting(start=False)
    hall.sign_in(ANN)
    assert hall.dialled == []
    assert [fact.why for fact in hall.facts(CallbackPutOff)] == ["campaign_not_running"]
    assert hall.state(ANN) is S.READY


def test_a_number_that_is_none_is_not_promised_anything() -> None:
    hall = Hall(1, ready=0)
    call = hall.calls(7)
    hall.feed(CallbackWanted(server=PBX, leg=call, number=None))
    hall.commit()
    assert hall.facts(CallbackAsked) == []
    assert [command.noted for command in hall.told(TellCallback)] == [False]


def test_one_too_old_is_closed_with_a_note() -> None:
    hall, _ = waiting(callback={"keep_h": 1})
    hall.passes(3601)
    assert [(fact.state, fact.why) for fact in hall.facts(CallbackClosed)] == [(CallbackState.FAILED, "too_old")]
    hall.sign_in(ANN)
    assert hall.dialled == []


def test_the_table_leads_every_open_state_to_an_end_and_out_of_no_closed_one() -> None:
    ends = {CallbackState.DONE, CallbackState.FAILED, CallbackState.CANCELLED}
    for state in CallbackState:
        reached, fresh = {state}, [state]
        while fresh:
            fresh = [to for at in fresh for to in TABLE[at].values() if to not in reached and not reached.add(to)]  # type: ignore[func-returns-value]
        assert (state in OPEN) == bool(reached & ends - {state})
        assert all(TABLE[state].get(step) is None for step in Step) == (state in ends)


def test_the_reservation_is_said_before_anything_is_dialled() -> None:
    hall, _ = waiting()
    hall.sign_in(ANN)
    order = [type(fact) for fact in hall.disk.submitted]
    assert order.index(CallbackReserved) < order.index(AttemptPlaced) < order.index(CallbackDialled)

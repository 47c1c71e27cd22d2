"""The invariants notice what must never happen, and nothing else."""

import pytest

from simulator.invariants import Invariants
from telephony.agents import AgentState, SeatMode
from telephony.commands import ConnectToSeat, Originate
from telephony.events import LegCreated, LegEnded
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    AttemptPlaced,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallEnded,
    CallLeft,
    CallOffered,
    Fact,
    OfferFailed,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, LegId, ServerId, TrunkId
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome

PBX, SALES, TRUNK = ServerId("pbx1"), CampaignId("sales"), TrunkId("t1")
ONE, TWO = CallId("c-1"), CallId("c-2")
ANNA, BERT = AgentId("1001"), AgentId("1002")


def placed(call: CallId) -> AttemptPlaced:
    return AttemptPlaced(
        call=call,
        campaign=SALES,
        lead=LeadId(1),
        customer=CustomerId("x"),
        number_key=1,
        trunk=TRUNK,
        server=PBX,
        caller_id="",
        mode="predictive",
    )


def answered(call: CallId) -> CallAnswered:
    return CallAnswered(call=call, campaign=SALES, server=PBX)


def offered(call: CallId, agent: AgentId) -> CallOffered:
    return CallOffered(call=call, campaign=SALES, agent=agent, server=PBX, why="longest idle")


def connected(call: CallId, agent: AgentId) -> CallConnected:
    return CallConnected(call=call, agent=agent, waited_s=0.1)


def abandoned(call: CallId) -> CallAbandoned:
    return CallAbandoned(call=call, campaign=SALES, by=AbandonedBy.SWITCHROOM, waited_s=2.0)


def ended(call: CallId, outcome: Outcome = Outcome.ANSWERED) -> CallEnded:
    return CallEnded(
        call=call,
        campaign=SALES,
        lead=LeadId(1),
        trunk=TRUNK,
        server=PBX,
        outcome=outcome,
        agent=None,
        rang=True,
        ring_s=1.0,
        talk_s=0.0,
        hold_s=0.0,
        cause=16,
        tech_cause=None,
    )


def changed(agent: AgentId, was: AgentState, now: AgentState, call: CallId | None = None) -> AgentChanged:
    return AgentChanged(
        agent=agent,
        was=was,
        now=now,
        reason="",
        verb="x",
        for_s=1.0,
        call=call,
        mode=SeatMode.NAILED_UP,
        server=PBX,
    )


def originate(call: CallId) -> Originate:
    return Originate(
        server=PBX,
        call=call,
        campaign=SALES,
        number=PhoneNumber("+8613800138000"),
        trunk=TRUNK,
        dial="PJSIP/{digits}@carrier",
        caller_id="",
        ring_s=25.0,
    )


def broken(*facts: Fact) -> set[str]:
    watch = Invariants()
    for at, fact in enumerate(facts):
        watch.on_facts(float(at), [fact])
    return {violation.rule for violation in watch.violations}


def test_ordinary_call_breaks_nothing() -> None:
    watch = Invariants()
    watch.on_durable([placed(ONE)])
    watch.on_facts(0.0, [placed(ONE)])
    watch.on_command(originate(ONE), 0.1)
    watch.on_event(LegCreated(server=PBX, leg=LegId(ONE), linked=LegId(ONE), channel="PJSIP/carrier-1"))
    watch.on_facts(
        9.0,
        [
            answered(ONE),
            offered(ONE, ANNA),
            changed(ANNA, AgentState.READY, AgentState.RESERVED, ONE),
            connected(ONE, ANNA),
            changed(ANNA, AgentState.RESERVED, AgentState.TALKING, ONE),
            CallLeft(call=ONE, agent=ANNA),
            changed(ANNA, AgentState.TALKING, AgentState.WRAP_UP),
            ended(ONE),
        ],
    )
    watch.on_event(LegEnded(server=PBX, leg=LegId(ONE), cause=16))
    watch.finish(60.0)
    assert watch.violations == []
    assert watch.checked > 15


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("two_outcomes", [placed(ONE), ended(ONE, Outcome.BUSY), ended(ONE, Outcome.BUSY)]),
        ("abandoned_twice", [placed(ONE), answered(ONE), abandoned(ONE), abandoned(ONE)]),
        ("abandoned_before_answer", [placed(ONE), abandoned(ONE)]),
        (
            "abandoned_after_connect",
            [placed(ONE), answered(ONE), offered(ONE, ANNA), connected(ONE, ANNA), abandoned(ONE)],
        ),
        ("connected_after_abandon", [placed(ONE), answered(ONE), abandoned(ONE), connected(ONE, ANNA)]),
        (
            "two_calls_for_one_agent",
            [placed(ONE), placed(TWO), answered(ONE), answered(TWO), offered(ONE, ANNA), offered(TWO, ANNA)],
        ),
        ("offered_to_two_agents", [placed(ONE), answered(ONE), offered(ONE, ANNA), offered(ONE, BERT)]),
        (
            "offered_to_agent_not_ready",
            [placed(ONE), answered(ONE), changed(ANNA, AgentState.READY, AgentState.AUX), offered(ONE, ANNA)],
        ),
        ("answered_but_no_answer", [placed(ONE), answered(ONE), ended(ONE, Outcome.NO_ANSWER)]),
        ("answered_without_attempt", [answered(ONE)]),
        ("talking_without_call", [changed(ANNA, AgentState.RESERVED, AgentState.TALKING)]),
        (
            "talking_on_ended_call",
            [placed(ONE), ended(ONE, Outcome.BUSY), changed(ANNA, AgentState.RESERVED, AgentState.TALKING, ONE)],
        ),
        (
            "state_jumped",
            [changed(ANNA, AgentState.LOGGED_OUT, AgentState.AUX), changed(ANNA, AgentState.READY, AgentState.AUX)],
        ),
    ],
)
def test_breach_is_noticed(rule: str, facts: list[Fact]) -> None:
    assert broken(*facts) == {rule}


def test_agent_who_missed_one_call_may_be_offered_another() -> None:
    missed = OfferFailed(call=ONE, agent=ANNA, why="no answer")
    facts = [placed(ONE), placed(TWO), answered(ONE), answered(TWO), offered(ONE, ANNA), missed, offered(TWO, ANNA)]
    assert broken(*facts, offered(ONE, BERT)) == set()


def test_originate_without_a_durable_attempt_is_noticed() -> None:
    watch = Invariants()
    watch.on_durable([])
    watch.on_command(originate(ONE), 0.0)
    assert [violation.rule for violation in watch.violations] == ["originated_before_durable"]


def test_originate_sent_twice_is_noticed() -> None:
    watch = Invariants()
    watch.on_command(originate(ONE), 0.0)
    watch.on_command(originate(ONE), 1.0)
    watch.on_facts(2.0, [placed(ONE)])
    assert "originated_twice" in {violation.rule for violation in watch.violations}


def test_bridge_to_an_agent_with_another_call_is_noticed() -> None:
    watch = Invariants()
    watch.on_facts(0.0, [placed(ONE), answered(ONE), offered(ONE, ANNA)])
    watch.on_command(ConnectToSeat(server=PBX, call=TWO, agent=ANNA), 1.0)
    assert [violation.rule for violation in watch.violations] == ["second_call_to_agent"]


def test_what_is_left_at_the_end_is_noticed() -> None:
    watch = Invariants()
    watch.on_facts(0.0, [placed(ONE), answered(ONE), offered(ONE, ANNA)])
    watch.on_facts(1.0, [changed(ANNA, AgentState.RESERVED, AgentState.TALKING, ONE)])
    for leg in ("c-1", "s-1001-a"):
        watch.on_event(LegCreated(server=PBX, leg=LegId(leg), linked=LegId(leg), channel="x"))
    watch.finish(100.0)
    rules = {(violation.rule, violation.about) for violation in watch.violations}
    assert rules == {("attempt_without_outcome", ONE), ("leg_leaked", "c-1"), ("agent_left_in_a_call", ANNA)}

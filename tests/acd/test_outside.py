"""Numbers outside that agents consult and transfer to: through the gate, to the party, and what becomes of the customer."""

import pytest

from config.oncall import TransferSettings
from telephony.agents import AgentState
from telephony.facts import Anomaly
from telephony.ids import CallId
from telephony.numbers import PhoneNumber
from telephony.oncall import ConsultAsked, ConsultEnded, ConsultJoined, Kind, OutsideBarred, OutsidePlaced, Party
from telephony.oncall import TransferAsked as Transfer
from tests.acd.callers_floor import CallersFloor
from tests.acd.test_oncall import A, context, ends, talking
from tests.scenarios.open_floor import campaign

ANSWERS, BUSY = "+1050000001", "+2050000001"


def floor_with(windows: bool = True) -> tuple[CallersFloor, CallId]:
    floor, call = talking(transfer=TransferSettings(campaign="out"))
    settings = campaign() if windows else campaign(windows=[{"begin": "01:00", "end": "01:30"}])
    floor.house.core.carry(floor.house.dialer.reload({"out": settings}, floor.clock.now()))
    return floor, call


def number(text: str) -> Party:
    return Party(kind=Kind.NUMBER, number=PhoneNumber(text))


def test_party_outside_is_consulted_and_has_the_customer_after_an_attended_transfer() -> None:
    floor, call = floor_with()
    floor.ask(ConsultAsked(actor=A, agent=A, to=number(ANSWERS)))
    floor.run(3.0)
    assert len(floor.of(OutsidePlaced)) == len(floor.of(ConsultJoined)) == 1
    assert floor.state(A) is AgentState.CONSULTING
    floor.ask(Transfer(actor=A, agent=A))
    floor.run(2.0)
    assert floor.state(A) is AgentState.WRAP_UP
    assert context(floor, call) == "switchroom-together"
    assert ends(floor, call).agent == A
    floor.run(5.0)
    assert not [leg for leg in floor.pbx.legs if leg.startswith("x-")]
    assert not floor.of(Anomaly)


@pytest.mark.parametrize(("text", "reached"), [(ANSWERS, True), (BUSY, False)])
def test_blind_transfer_outside_connects_or_gives_the_customer_to_an_agent(text: str, reached: bool) -> None:
    floor, call = floor_with()
    floor.ask(Transfer(actor=A, agent=A, to=number(text)))
    floor.run(4.0)
    assert (context(floor, call) == "switchroom-together") is reached
    floor.run(10.0)
    assert (floor.state(A) is AgentState.READY) is reached
    ends(floor, call)


def test_busy_party_leaves_the_customer_on_hold_with_his_agent() -> None:
    floor, call = floor_with()
    floor.ask(ConsultAsked(actor=A, agent=A, to=number(BUSY)))
    floor.run(4.0)
    assert [fact.why for fact in floor.of(ConsultEnded)] == ["no_answer"]
    assert floor.state(A) is AgentState.HOLD
    ends(floor, call)


def test_number_the_gate_bars_is_refused_and_nothing_changes_for_the_customer() -> None:
    floor, call = floor_with(windows=False)
    refused = floor.house.core.ask(ConsultAsked(actor=A, agent=A, to=number(ANSWERS)))
    assert refused is not None
    assert refused.code == "gate.window"
    assert [fact.rule for fact in floor.of(OutsideBarred)] == ["gate.window"]
    assert floor.state(A) is AgentState.TALKING
    assert all(text not in str(fact) for _, fact in floor.facts for text in (ANSWERS, ANSWERS[1:]))
    ends(floor, call)

"""Messages from the caller's hang-up to the noted result: handed out in rounds, called back through the gate, by name."""

from telephony.agents import AgentState
from telephony.facts import AttemptPlaced, CallSentOn, Way
from telephony.ids import AgentId, CallId
from telephony.later import (
    MessageDialAsked,
    MessageDoneAsked,
    MessageLeft,
    MessageReturnAsked,
    MessageTakeAsked,
    TakeMessage,
    VoicemailDialled,
    VoicemailDone,
    VoicemailFound,
    VoicemailHandedOut,
    VoicemailReturned,
    VoicemailUndialled,
)
from tests.switchroom.fakes import PBX

from .later_hall import NOON, SERVICE, Hall, number

ANN, BOB = AgentId("1001"), AgentId("1002")
BEFORE_ROUNDS = NOON - 3.5 * 3600
"""09:30 in Shanghai."""


def left(hall: Hall, n: int = 7, *, known: bool = True) -> str:
    """Customer `n` leaves a message; its name."""
    call = hall.calls(n)
    name = f"vm-{call}"
    hall.feed(MessageLeft(server=PBX, leg=CallId(call), name=name, queue=SERVICE, number=number(n) if known else None))
    hall.gives_up(call)
    hall.passes(3)
    return name


def test_a_caller_sent_to_the_mailbox_hears_its_greeting_and_no_name_has_a_number_in_it() -> None:
    hall = Hall(1, ready=0, voicemail={"greeting": "sorry", "longest_s": 60.0})
    call = hall.calls(7)
    hall.carry([CallSentOn(call=call, queue=SERVICE, way=Way.VOICEMAIL)])
    (take,) = hall.told(TakeMessage)
    assert (take.call, take.queue, take.name, take.greeting, take.longest_s) == (
        call,
        SERVICE,
        f"vm-{call}",
        "sorry",
        60,
    )
    assert "138" not in take.name


def test_it_goes_out_in_the_next_round_to_who_is_there_and_is_answered_through_the_gate() -> None:
    hall = Hall(2, ready=1, now=BEFORE_ROUNDS)
    message = left(hall)
    assert [fact.bytes for fact in hall.facts(VoicemailFound)] == [16_044]
    hall.passes(29 * 60)
    assert hall.facts(VoicemailHandedOut) == []
    hall.passes(60)
    (handed,) = hall.facts(VoicemailHandedOut)
    assert (handed.message, handed.agent, handed.branch, handed.round) == (message, ANN, "b01", 1)
    assert hall.ask(MessageDialAsked(actor=BOB, agent=BOB, message=message)).code == "message_not_yours"
    assert hall.ask(MessageDialAsked(actor=ANN, agent=ANN, message=message)) is None
    hall.commit()
    (placed,) = hall.facts(AttemptPlaced)
    assert (placed.agent, [fact.call for fact in hall.facts(VoicemailDialled)]) == (ANN, [placed.call])
    hall.customer_answers(placed.call)
    assert hall.state(ANN) is AgentState.TALKING
    assert hall.ask(MessageDoneAsked(actor=ANN, agent=ANN, message=message, result="nonsense")).code == "message_result"
    assert hall.ask(MessageDoneAsked(actor=ANN, agent=ANN, message=message, result="solved", note="ok")) is None
    assert [(fact.result, fact.note) for fact in hall.facts(VoicemailDone)] == [("solved", "ok")]


def test_what_nobody_answers_in_time_goes_into_the_next_round() -> None:
    hall = Hall(1, ready=1, now=BEFORE_ROUNDS, rounds={"return_after_s": 1800.0})
    left(hall)
    hall.passes(3600 + 1)
    assert [fact.why for fact in hall.facts(VoicemailReturned)] == ["in_time"]
    hall.passes(2 * 3600)
    assert [fact.round for fact in hall.facts(VoicemailHandedOut)] == [1, 1]


def test_a_gate_that_says_no_is_told_and_the_agent_is_free() -> None:
    hall = Hall(1, campaign={"windows": [{"begin": "20:00", "end": "21:00"}]})
    message = left(hall)
    assert hall.ask(MessageTakeAsked(actor=ANN, agent=ANN, message=message)) is None
    assert hall.ask(MessageDialAsked(actor=ANN, agent=ANN, message=message)) is None
    assert [fact.rule for fact in hall.facts(VoicemailUndialled)] == ["window"]
    assert hall.dialled == []
    assert hall.state(ANN) is AgentState.READY


def test_a_withheld_number_can_be_heard_and_noted_but_not_called_back() -> None:
    hall = Hall(1)
    message = left(hall, known=False)
    hall.ask(MessageTakeAsked(actor=ANN, agent=ANN, message=message))
    assert hall.ask(MessageDialAsked(actor=ANN, agent=ANN, message=message)).code == "message_no_number"
    assert hall.ask(MessageReturnAsked(actor=ANN, agent=ANN, message=message)) is None
    assert hall.ask(MessageTakeAsked(actor=BOB, agent=AgentId("nobody"), message=message)).code == "agent_unknown"

"""What an agent does with a caller he has: hold, consult, swap, three-way, transfer, survey, and every way they end."""

import pytest

from config.oncall import NodeSettings, SurveySettings
from telephony.agents import AgentState, HangUpAsked, HoldAsked, ResumeAsked, SignOutAsked
from telephony.facts import (
    AlarmCleared,
    AlarmRaised,
    Anomaly,
    CallConnected,
    CallHeld,
    CallLeft,
    InboundEnded,
    RecordingStarted,
)
from telephony.ids import AgentId, CallId, call_leg
from telephony.oncall import (
    CallHandedOver,
    ConferenceAsked,
    ConferenceBegun,
    ConsultAsked,
    ConsultEndAsked,
    ConsultEnded,
    ConsultJoined,
    HoldOverdue,
    HoldReturned,
    HoldWarned,
    How,
    Kind,
    Party,
    SurveyAnswered,
    SurveyAsked,
    SurveyEnded,
    SurveySent,
    SwapAsked,
    TransferAsked,
)
from tests.acd.callers_floor import CallersFloor

S = AgentState
A, B = AgentId("1001"), AgentId("1002")
TO_B = Party(kind=Kind.AGENT, name="1002")
MODES = pytest.mark.parametrize("mode", ["nailed_up", "ring_each_call"])
SURVEY = {
    "care": SurveySettings.model_validate({"question": [{"sound": "q1"}, {"sound": "q2", "digits": "12"}], "tries": 1})
}


def talking(mode: str = "nailed_up", **more: object) -> tuple[CallersFloor, CallId]:
    """A caller talks to 1001; 1002 is ready."""
    settings = more.pop("queues", {"service": {"lines": ["100"]}, "help": {"lines": ["200"]}})
    floor = CallersFloor(settings, {"1001": ["service"], "1002": ["help"]}, mode=mode, **more)  # type: ignore[arg-type]
    floor.at_work()
    call = floor.call(talk_s=None)
    floor.run(5.0)
    assert floor.state(A) is S.TALKING
    return floor, call


def clean(floor: CallersFloor) -> None:
    """No agent is left in a state, no leg where it does not belong, and nothing strange was seen."""
    floor.run(700.0)
    assert not floor.of(Anomaly)
    for agent in (A, B):
        assert floor.state(agent) in (S.READY, S.LOGGED_OUT, S.AUX), (agent, floor.state(agent))


def ends(floor: CallersFloor, call: CallId) -> InboundEnded:
    floor.pbx.hang_up(call_leg(call))
    floor.run(2.0)
    ended = floor.of(InboundEnded)
    assert len(ended) == 1
    return ended[0]


def context(floor: CallersFloor, call: CallId) -> str:
    return floor.pbx.legs[call_leg(call)].context


@MODES
def test_hold_and_resume_of_seats_and_of_phones_that_ring(mode: str) -> None:
    floor, call = talking(mode)
    floor.ask(HoldAsked(actor=A, agent=A))
    floor.run(5.0)
    assert (floor.state(A), context(floor, call)) == (S.HOLD, "switchroom-hold")
    floor.ask(ResumeAsked(actor=A, agent=A))
    floor.run(5.0)
    assert floor.state(A) is S.TALKING
    assert len(floor.pbx.legs[call_leg(call)].bridge.legs) == 2  # type: ignore[union-attr]
    ended = ends(floor, call)
    assert ended.agent == A
    assert 4.5 < ended.hold_s < 5.5
    clean(floor)
    assert all(not leg.is_customer for leg in floor.pbx.legs.values())


def test_forgotten_hold_is_warned_of_alarmed_counted_once_and_given_back() -> None:
    floor, call = talking()
    floor.ask(HoldAsked(actor=A, agent=A))
    floor.run(21.0)
    assert [round(f.left_s) for f in floor.of(HoldWarned)] == [10]
    floor.run(10.0)
    assert [f.agent for f in floor.of(HoldOverdue)] == [A]
    assert [f.alarm for f in floor.of(AlarmRaised)] == ["hold_long"]
    floor.run(300.0)
    assert len(floor.of(HoldReturned)) == 1
    assert floor.state(A) is S.TALKING
    assert [f.about for f in floor.of(AlarmCleared)] == [A]
    ends(floor, call)
    clean(floor)


@MODES
def test_agent_whose_phone_is_lost_on_hold_leaves_no_caller_in_music_for_ever(mode: str) -> None:
    floor, call = talking(mode)
    floor.ask(HoldAsked(actor=A, agent=A))
    floor.run(3.0)
    floor.pbx.register("PJSIP/1001", False)
    floor.pbx.phone_hangs_up("PJSIP/1001")
    floor.run(3.0)
    assert context(floor, call) != "switchroom-hold"
    assert floor.state(A) is not S.HOLD
    ends(floor, call)
    clean(floor)


def test_agent_who_signs_out_on_hold_is_signed_out_after_the_call() -> None:
    floor, call = talking()
    floor.ask(HoldAsked(actor=A, agent=A))
    floor.ask(SignOutAsked(actor=A, agent=A))
    floor.run(301.0)
    assert floor.state(A) is S.TALKING
    ends(floor, call)
    floor.run(20.0)
    assert floor.state(A) is S.LOGGED_OUT


@MODES
def test_attended_transfer_charges_each_agent_his_own_time_and_gives_each_his_wrap_up(mode: str) -> None:
    floor, call = talking(mode)
    floor.run(10.0)
    floor.ask(ConsultAsked(actor=A, agent=A, to=TO_B))
    floor.run(8.0)
    assert (floor.state(A), floor.state(B)) == (S.CONSULTING, S.TALKING)
    assert [f.target for f in floor.of(ConsultJoined)] == [B]
    floor.ask(TransferAsked(actor=A, agent=A))
    floor.run(2.0)
    assert (floor.state(A), floor.state(B)) == (S.WRAP_UP, S.TALKING)
    handed = floor.of(CallHandedOver)
    assert [(f.agent, f.target, f.how) for f in handed] == [(A, B, How.ATTENDED)]
    floor.run(20.0)
    ended = ends(floor, call)
    parts = floor.of(CallLeft)
    assert [f.agent for f in parts] == [A, B]
    assert [f.agent for f in floor.of(CallConnected)] == [A, B]
    assert 20.0 < parts[1].talk_s < 24.0
    assert 7.0 < parts[0].hold_s < 9.0
    assert ended.agent == B
    assert abs(ended.talk_s - sum(f.talk_s for f in parts)) < 0.01
    assert floor.state(B) is S.WRAP_UP
    clean(floor)


@MODES
def test_swap_conference_and_leave(mode: str) -> None:
    floor, call = talking(mode)
    floor.ask(ConsultAsked(actor=A, agent=A, to=TO_B))
    floor.run(2.0)
    floor.ask(SwapAsked(actor=A, agent=A))
    floor.run(2.0)
    assert (floor.state(A), floor.state(B)) == (S.TALKING, S.TALKING)
    assert len(floor.pbx.legs[call_leg(call)].bridge.legs) == 2  # type: ignore[union-attr]
    floor.ask(SwapAsked(actor=A, agent=A))
    floor.run(2.0)
    assert (floor.state(A), context(floor, call)) == (S.CONSULTING, "switchroom-hold")
    floor.ask(ConferenceAsked(actor=A, agent=A))
    floor.run(2.0)
    assert len(floor.pbx.legs[call_leg(call)].bridge.legs) == 3  # type: ignore[union-attr]
    assert floor.state(A) is S.TALKING
    assert len(floor.of(ConferenceBegun)) == 1
    floor.ask(TransferAsked(actor=A, agent=A))
    floor.run(2.0)
    assert (floor.state(A), floor.state(B)) == (S.WRAP_UP, S.TALKING)
    assert len(floor.pbx.legs[call_leg(call)].bridge.legs) == 2  # type: ignore[union-attr]
    assert ends(floor, call).agent == B
    clean(floor)


@MODES
def test_party_dropped_from_three_leaves_customer_and_agent_together(mode: str) -> None:
    floor, call = talking(mode)
    floor.ask(ConsultAsked(actor=A, agent=A, to=TO_B))
    floor.run(2.0)
    floor.ask(ConferenceAsked(actor=A, agent=A))
    floor.run(2.0)
    floor.ask(ConsultEndAsked(actor=A, agent=A))
    floor.run(2.0)
    assert floor.state(A) is S.TALKING
    assert floor.state(B) is S.READY
    assert len(floor.pbx.legs[call_leg(call)].bridge.legs) == 2  # type: ignore[union-attr]
    assert ends(floor, call).agent == A
    clean(floor)


@MODES
@pytest.mark.parametrize("who", ["customer", "colleague", "agent"])
@pytest.mark.parametrize("three", [False, True])
def test_whoever_hangs_up_in_a_consultation_nobody_is_left_over(mode: str, who: str, three: bool) -> None:
    floor, call = talking(mode)
    floor.ask(ConsultAsked(actor=A, agent=A, to=TO_B))
    floor.run(2.0)
    if three:
        floor.ask(ConferenceAsked(actor=A, agent=A))
        floor.run(2.0)
    if who == "customer":
        floor.pbx.hang_up(call_leg(call))
    else:
        floor.pbx.phone_hangs_up("PJSIP/1001" if who == "agent" else "PJSIP/1002")
    floor.run(3.0)
    assert len(floor.of(ConsultEnded)) == 1
    if who == "colleague":
        assert floor.state(A) is (S.TALKING if three else S.HOLD)
    if who == "agent":
        assert [f.how for f in floor.of(CallHandedOver)] == [How.AGENT_GONE]
        assert floor.of(CallConnected)[-1].agent == B
    if call_leg(call) in floor.pbx.legs:
        assert ends(floor, call).agent == (B if who == "agent" else A)
    clean(floor)


def test_colleague_who_does_not_answer_leaves_the_customer_on_hold() -> None:
    floor, call = talking("ring_each_call")
    floor.pbx.phones["PJSIP/1002"].answers_after_s = None
    floor.ask(ConsultAsked(actor=A, agent=A, to=TO_B))
    floor.run(3.0)
    assert floor.state(B) is S.RINGING
    floor.run(12.0)
    assert [f.why for f in floor.of(ConsultEnded)] == ["no_answer"]
    assert floor.state(A) is S.HOLD
    ends(floor, call)
    clean(floor)


@MODES
def test_blind_transfer_to_a_colleague_and_to_a_queue(mode: str) -> None:
    for to in (TO_B, Party(kind=Kind.QUEUE, name="help")):
        floor, call = talking(mode)
        floor.ask(TransferAsked(actor=A, agent=A, to=to))
        floor.run(3.0)
        assert (floor.state(A), floor.state(B)) == (S.WRAP_UP, S.TALKING)
        assert [f.agent for f in floor.of(CallConnected)] == [A, B]
        assert ends(floor, call).agent == B
        clean(floor)


def test_refusals_name_what_is_wrong() -> None:
    floor, call = talking()
    core = floor.house.core

    def code(to: Party) -> str:
        refused = core.ask(ConsultAsked(actor=A, agent=A, to=to))
        return refused.code if refused is not None else ""

    assert code(Party(kind=Kind.AGENT, name="1001")) == "party_self"
    assert code(Party(kind=Kind.AGENT, name="9999")) == "agent_unknown"
    assert code(Party(kind=Kind.QUEUE, name="nowhere")) == "queue_unknown"
    assert code(Party(kind=Kind.LEADER)) == "leader_none"
    assert code(Party(kind=Kind.NODE, name="menu")) == "party_kind"
    refused = core.ask(TransferAsked(actor=A, agent=A, to=Party(kind=Kind.NODE, name="menu")))
    assert refused is not None
    assert refused.code == "node_unknown"
    floor.ask(ConsultAsked(actor=A, agent=A, to=TO_B))
    assert code(TO_B) == "consulting"
    refused = core.ask(HoldAsked(actor=B, agent=B))
    assert refused is not None
    assert refused.code == "consulted"
    ends(floor, call)
    clean(floor)


def test_node_of_the_house_takes_the_customer_and_the_agent_wraps_up() -> None:
    floor, call = talking(node={"menu": NodeSettings(context="own", exten="s", announcement="please-wait")})
    floor.ask(TransferAsked(actor=A, agent=A, to=Party(kind=Kind.NODE, name="menu")))
    floor.run(1.0)
    assert (floor.state(A), context(floor, call)) == (S.WRAP_UP, "switchroom-node")
    floor.run(5.0)
    assert [f.agent for f in floor.of(InboundEnded)] == [A]
    clean(floor)


def test_survey_keeps_the_customers_scores_for_his_agent() -> None:
    floor, call = talking(survey=SURVEY)
    floor.ask(SurveyAsked(actor=A, agent=A, survey="care"))
    floor.run(1.0)
    assert floor.state(A) is S.WRAP_UP
    assert [(f.agent, f.questions) for f in floor.of(SurveySent)] == [(A, 2)]
    floor.pbx.press(call_leg(call), "5")
    floor.run(1.0)
    floor.pbx.press(call_leg(call), "2")
    floor.run(1.0)
    assert [(f.agent, f.question, f.score) for f in floor.of(SurveyAnswered)] == [(A, 1, 5), (A, 2, 2)]
    assert [f.answered for f in floor.of(SurveyEnded)] == [2]
    clean(floor)


def test_line_that_has_it_so_sends_to_the_survey_when_the_agent_hangs_up() -> None:
    queues = {"service": {"lines": ["100"], "survey": "care", "survey_auto": True}}
    floor, _ = talking(survey=SURVEY, queues=queues)
    floor.ask(HangUpAsked(actor=A, agent=A))
    floor.run(30.0)
    assert [f.survey for f in floor.of(SurveySent)] == ["care"]
    assert [f.answered for f in floor.of(SurveyEnded)] == [0]
    clean(floor)


@MODES
def test_link_cut_in_a_consultation_leaves_nobody_stuck(mode: str) -> None:
    floor, call = talking(mode)
    floor.ask(ConsultAsked(actor=A, agent=A, to=TO_B))
    floor.run(2.0)
    floor.pbx.cut()
    floor.pbx.phone_hangs_up("PJSIP/1002")
    floor.run(5.0)
    floor.pbx.open()
    floor.run(5.0)
    assert [f.why for f in floor.of(ConsultEnded)] == ["lost"]
    assert floor.state(A) is S.HOLD
    floor.ask(ResumeAsked(actor=A, agent=A))
    floor.run(2.0)
    assert floor.state(A) is S.TALKING
    assert len(floor.of(CallHeld)) == 1
    ends(floor, call)
    clean(floor)


def test_pain_5_a_transfer_is_in_the_journal_from_whom_to_whom_and_talk_is_charged_to_who_had_it() -> None:
    floor, call = talking()
    floor.run(25.0)
    floor.ask(TransferAsked(actor=A, agent=A, to=TO_B))
    floor.run(40.0)
    ends(floor, call)
    path = [
        (type(fact).__name__, getattr(fact, "agent", None))
        for _, fact in floor.facts
        if isinstance(fact, CallConnected | CallHandedOver | CallLeft)
    ]
    assert path == [
        *[("CallConnected", A), ("CallHandedOver", A), ("CallLeft", A)],
        *[("CallConnected", B), ("CallLeft", B)],
    ]
    had = {fact.agent: fact.talk_s for fact in floor.of(CallLeft)}
    assert 25.0 < had[A] < 31.0
    assert 39.0 < had[B] < 43.0


def test_pain_14_a_recording_goes_on_over_a_transfer_and_stays_with_its_call() -> None:
    floor, call = talking()
    begun = [fact.name for fact in floor.of(RecordingStarted)]
    floor.ask(ConsultAsked(actor=A, agent=A, to=TO_B))
    floor.run(3.0)
    floor.ask(TransferAsked(actor=A, agent=A))
    floor.run(3.0)
    assert [fact.name for fact in floor.of(RecordingStarted)] == begun == [call]
    assert floor.pbx.legs[call_leg(call)].recording is not None
    ends(floor, call)

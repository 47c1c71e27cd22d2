"""Leaders who have agents be something: at once, or after the call; and agents who stay away too long."""

import pytest

from telephony.agents import AgentState, Force, ForceAsked, NotReadyAsked, ReadyAsked, SeatMode, SkillsAsked
from telephony.commands import HangUp, Park, SetTimer
from telephony.events import TimerFired
from telephony.facts import (
    AgentChanged,
    AgentForced,
    AlarmCleared,
    AlarmRaised,
    AskRefused,
    CallLeft,
    OfferFailed,
    SkillsAdjusted,
)
from telephony.ids import AgentId, CallId
from telephony.leads import KnownAgent, Restored

from .test_engine import PBX, Floor, of

S = AgentState
ONE = AgentId("1001")


def force(floor: Floor, what: Force, reason: str = "", why: str = "") -> list:
    return floor.tell(ForceAsked(actor="chief", agent=ONE, what=what, reason=reason, why=why))


def over(floor: Floor) -> None:
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE), TimerFired(("wrap_up", "1001")))


def test_what_a_leader_forces_is_a_fact_with_his_name_and_his_reason() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    said = force(floor, Force.NOT_READY, "meeting", "team talk")
    (told,) = of(said, AgentForced)
    assert (told.actor, told.what, told.reason, told.why) == ("chief", Force.NOT_READY, "meeting", "team talk")
    (changed,) = of(said, AgentChanged)
    assert (changed.actor, changed.reason) == ("chief", "meeting")
    assert floor.agent().by == "chief"
    force(floor, Force.READY)
    assert (floor.agent().state, floor.agent().by) == (S.READY, "chief")
    force(floor, Force.SIGN_OUT)
    assert (floor.agent().state, floor.agent().by) == (S.LOGGED_OUT, "chief")


@pytest.mark.parametrize(
    ("what", "then"), [(Force.NOT_READY, S.AUX), (Force.SIGN_OUT, S.LOGGED_OUT), (Force.READY, S.READY)]
)
def test_during_a_call_it_waits_for_the_end_and_the_leader_is_named_then(what: Force, then: AgentState) -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    floor.tell(NotReadyAsked(actor="1001", agent=ONE, reason="lunch"))
    force(floor, what, "meeting")
    assert floor.agent().state is S.TALKING
    over(floor)
    assert floor.agent().state is then
    if what is not Force.READY:
        assert floor.agent().by == "chief"


def test_leader_ends_a_wrap_up_and_nothing_else_by_that() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    assert [fact.code for fact in of(force(floor, Force.END_WRAP_UP), AskRefused)] == ["agent_state"]
    floor.talk()
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE))
    force(floor, Force.END_WRAP_UP)
    assert floor.agent().state is S.READY


def test_agent_stuck_in_a_conversation_is_out_of_it_and_whoever_is_there_is_hung_up() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    said = force(floor, Force.RELEASE, why="stuck")
    assert (floor.agent().state, floor.agent().reason, floor.agent().call) == (S.AUX, "released", None)
    assert [command.leg for command in of(said, HangUp)] == ["c-1"]
    floor.tell(ReadyAsked(actor="1001", agent=ONE))
    assert floor.agent().state is S.READY


def test_customer_offered_to_a_stuck_agent_waits_again() -> None:
    floor = Floor(agents=1, mode="ring_each_call")
    floor.sign_in()
    floor.customer()
    said = force(floor, Force.RELEASE)
    assert of(said, OfferFailed)
    assert of(said, Park)
    assert floor.agent().state is S.AUX


def test_skills_that_nobody_knows_and_levels_that_are_none_are_refused() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    said = floor.tell(SkillsAsked(actor="chief", agent=ONE, skills={"juggling": 3}))
    assert [fact.code for fact in of(said, AskRefused)] == ["skill_unknown"]
    assert of(floor.tell(SkillsAsked(actor="chief", agent=ONE, skills={})), SkillsAdjusted)


def test_agent_who_is_away_longer_than_his_reason_allows_alarms_the_leader_until_he_is_back() -> None:
    floor = Floor(agents=1, reason={"break": {"limit_s": 600.0}})
    floor.sign_in()
    said = floor.tell(NotReadyAsked(actor="1001", agent=ONE, reason="break"))
    (timer,) = [each for each in of(said, SetTimer) if each.key == ("overstay", "1001")]
    assert timer.at == floor.agent().since + 600
    floor.now = timer.at
    (alarm,) = of(floor.tell(TimerFired(("overstay", "1001"))), AlarmRaised)
    assert (alarm.alarm, alarm.words["reason"]) == ("overstay", "break")
    assert of(floor.tell(TimerFired(("overstay", "1001"))), AlarmRaised) == [], "said once"
    assert of(floor.tell(ReadyAsked(actor="1001", agent=ONE)), AlarmCleared)
    assert floor.engine.overstay.counted == {"1001": 1}


def test_productive_reason_without_a_limit_alarms_nobody() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    said = floor.tell(NotReadyAsked(actor="1001", agent=ONE, reason="training"))
    assert [each for each in of(said, SetTimer) if each.key[0] == "overstay"] == []


def test_time_away_goes_on_over_a_restart() -> None:
    floor = Floor(agents=1, reason={"break": {"limit_s": 600.0}})
    known = KnownAgent(agent=ONE, state=S.AUX, reason="break", since=400.0, mode=SeatMode.NAILED_UP, server=PBX, seat=None, call=None)  # fmt: skip
    said = floor.tell(Restored(agents=(known,)))
    (timer,) = [each for each in of(said, SetTimer) if each.key == ("overstay", "1001")]
    assert timer.at == floor.now - 1

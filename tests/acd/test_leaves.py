"""Agents who say when they will take no further call: they go at that instant, or when the call at hand is done."""

import pytest

from telephony.agents import (
    AgentState,
    LeaveAsked,
    NotReadyAsked,
    ReadyAsked,
    SignOutAsked,
    StayAsked,
)
from telephony.commands import CancelTimer, SetTimer
from telephony.events import TimerFired
from telephony.facts import (
    AgentChanged,
    AskRefused,
    CallLeft,
    LeaveAnnounced,
    LeaveTaken,
    LeaveWithdrawn,
    WrapUpShortened,
)
from telephony.ids import AgentId, CallId
from telephony.leads import KnownAgent, Restored
from telephony.ports import NO_DEPARTURES

from .test_engine import PBX, Floor, of

S = AgentState
ONE = AgentId("1001")
LATER = 1e9


def leave(floor: Floor, in_s: float = 30.0, reason: str = "", agent: str = "1001") -> list:
    return floor.tell(LeaveAsked(actor="lead", agent=AgentId(agent), in_s=in_s, reason=reason))


def instant(floor: Floor, in_s: float) -> None:
    floor.now += in_s
    floor.tell(TimerFired(("leave", "1001")))


def over(floor: Floor) -> None:
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE))


def test_free_agent_goes_at_the_announced_instant_and_not_before() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    (fact,) = of(leave(floor, 30.0, "lunch"), LeaveAnnounced)
    assert (fact.reason, fact.actor) == ("lunch", "lead")
    assert floor.agent().state is S.READY
    instant(floor, 30.0)
    assert (floor.agent().state, floor.agent().reason) == (S.AUX, "lunch")
    assert of(floor.said, LeaveTaken)
    assert floor.agent().leaves_at is None


def test_agent_who_announced_to_sign_out_does_so_after_the_call_under_way() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    leave(floor)
    instant(floor, 30.0)
    assert floor.agent().state is S.TALKING
    over(floor)
    assert floor.agent().state is S.WRAP_UP
    floor.tell(TimerFired(("wrap_up", "1001")))
    assert floor.agent().state is S.LOGGED_OUT


def test_announcement_taken_back_leaves_the_agent_where_he_is() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    leave(floor)
    said = floor.tell(StayAsked(actor="1001", agent=ONE))
    assert of(said, LeaveWithdrawn)
    assert [one.key for one in of(said, CancelTimer)] == [("leave", "1001")]
    assert floor.engine.supply.leaving("sale", PBX, LATER) == NO_DEPARTURES
    assert [one.code for one in of(floor.tell(StayAsked(actor="1001", agent=ONE)), AskRefused)] == ["not_leaving"]


def test_dialler_is_told_who_goes_when_by_what_they_do() -> None:
    floor = Floor(agents=3)
    for name in ("1001", "1002", "1003"):
        floor.sign_in(name)
    floor.talk()
    leave(floor, 30.0)
    leave(floor, 10.0, "break", "1002")
    soon = floor.engine.supply.leaving("sale", PBX, floor.now + 30.0)
    assert soon.talking == [floor.agent().leaves_at]
    assert soon.free == [floor.agent("1002").leaves_at]
    assert not floor.engine.supply.leaving("sale", PBX, floor.now + 5.0)
    assert not floor.engine.supply.leaving("other", PBX, LATER)


def test_dialler_is_told_since_when_agents_talk_and_wrap_up() -> None:
    floor = Floor(agents=2)
    for name in ("1001", "1002"):
        floor.sign_in(name)
    supply = floor.engine.supply
    assert not supply.busy_since("sale", PBX).talks
    floor.talk()
    began = floor.agent().since
    assert list(supply.busy_since("sale", PBX).talks) == [began]
    assert not supply.busy_since("other", PBX).talks
    over(floor)
    since = supply.busy_since("sale", PBX)
    assert (list(since.talks), list(since.wraps)) == ([], [floor.agent().since])
    floor.tell(TimerFired(("wrap_up", "1001")))
    assert not supply.busy_since("sale", PBX).wraps


def test_agent_who_asked_to_sign_out_during_a_call_is_known_never_to_come_free() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    floor.tell(SignOutAsked(actor="1001", agent=ONE))
    assert len(floor.engine.supply.leaving("sale", PBX, floor.now).talking) == 1
    floor.tell(ReadyAsked(actor="1001", agent=ONE))
    assert floor.engine.supply.leaving("sale", PBX, LATER) == NO_DEPARTURES


def test_agent_who_goes_earlier_than_announced_is_not_sent_away_again() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    leave(floor)
    said = floor.tell(NotReadyAsked(actor="1001", agent=ONE, reason="break"))
    assert of(said, LeaveTaken)
    floor.tell(ReadyAsked(actor="1001", agent=ONE))
    instant(floor, 30.0)
    assert not [one for one in of(floor.tell(TimerFired(("leave", "1001"))), AgentChanged)]


@pytest.mark.parametrize(("reason", "code"), [("knitting", "reason_unknown"), ("", "agent_state")])
def test_announcement_that_means_nothing_is_refused(reason: str, code: str) -> None:
    floor = Floor(agents=1)
    assert [one.code for one in of(leave(floor, 30.0, reason), AskRefused)] == [code]


def test_agent_in_wrap_up_who_says_when_he_is_ready_is_so_then() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    over(floor)
    said = floor.tell(ReadyAsked(actor="1001", agent=ONE, in_s=8.0))
    (fact,) = of(said, WrapUpShortened)
    assert of(said, SetTimer) == [SetTimer(key=("wrap_up", "1001"), at=fact.at)]
    assert floor.engine.supply.wrap_ends("sale", PBX) == [fact.at]
    assert not floor.tell(ReadyAsked(actor="1001", agent=ONE, in_s=60.0)), "his time would be over before"
    floor.tell(TimerFired(("wrap_up", "1001")))
    assert floor.agent().state is S.READY
    assert floor.engine.supply.wrap_ends("sale", PBX) == []


def test_announcement_outlives_a_restart() -> None:
    floor = Floor(agents=1)
    known = KnownAgent(
        agent=ONE,
        state=S.READY,
        reason="",
        since=900.0,
        mode=floor.agent().mode,
        server=PBX,
        seat=None,
        call=None,
        leaves_at=1020.0,
        leaves_for="lunch",
    )
    said = floor.tell(Restored(agents=(known,)))
    assert SetTimer(key=("leave", "1001"), at=1020.0) in said
    assert floor.engine.supply.leaving("sale", PBX, LATER).free == [1020.0]

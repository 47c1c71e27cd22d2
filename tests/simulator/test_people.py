"""Scripted agents do what their scenario says, knowing only facts."""

import random

from simulator.habits import Habits
from simulator.people import People
from telephony.agents import (
    AgentAsk,
    AgentState,
    DialAsked,
    DispositionGiven,
    HangUpAsked,
    HoldAsked,
    NotReadyAsked,
    PreviewAsked,
    ReadyAsked,
    ResumeAsked,
    SeatMode,
    SignInAsked,
    SignOutAsked,
)
from telephony.facts import AgentChanged, AskRefused, LeadShown
from telephony.ids import AgentId, CallId, CampaignId, LeadId, ServerId

ANNA = AgentId("1001")
CALL = CallId("c-1")
S = AgentState


class Floor:
    """One scripted agent and the clock; what she asks is collected."""

    def __init__(self, *, preview: bool = False, end: float = 100_000.0, **habits: float) -> None:
        chosen = {"break_every_s": 0.0, "hold_share": 0.0, "ends_share": 0.0, "sign_in_spread_s": 0.0} | habits
        campaign = CampaignId("sales") if preview else None
        self.people = People([(ANNA, campaign)], Habits(**chosen), random.Random(1), start=0.0, end=end)
        self.now = 0.0
        self.asked: list[AgentAsk] = []

    def run(self, seconds: float) -> list[AgentAsk]:
        end, before = self.now + seconds, len(self.asked)
        while (at := self.people.next_at()) is not None and at <= end:
            self.now = at
            self.asked += self.people.due(at)
        self.now = end
        return self.asked[before:]

    def becomes(self, state: AgentState, call: CallId | None = None, reason: str = "", was: AgentState = S.AUX) -> None:
        fact = AgentChanged(
            agent=ANNA,
            was=was,
            now=state,
            reason=reason,
            verb="",
            for_s=1.0,
            call=call,
            mode=SeatMode.NAILED_UP,
            server=ServerId("pbx1"),
        )
        self.people.on_facts([fact], self.now)


def kinds(asks: list[AgentAsk]) -> list[type[AgentAsk]]:
    return [type(ask) for ask in asks]


def test_agent_signs_in_and_asks_to_be_ready() -> None:
    floor = Floor()
    assert kinds(floor.run(1.0)) == [SignInAsked]
    floor.becomes(S.AUX)
    assert kinds(floor.run(10.0)) == [ReadyAsked]


def test_wrap_up_ends_with_a_disposition_for_the_call_just_had() -> None:
    floor = Floor()
    floor.run(1.0)
    floor.becomes(S.TALKING, CALL)
    floor.run(30.0)
    floor.becomes(S.WRAP_UP)
    given = floor.run(300.0)
    assert kinds(given) == [DispositionGiven]
    assert isinstance(given[0], DispositionGiven)
    assert (given[0].call, given[0].done) == (CALL, True)


def test_intention_to_hang_up_is_dropped_when_the_customer_was_faster() -> None:
    floor = Floor(ends_share=1.0, ends_mean_s=1000.0)
    floor.run(1.0)
    floor.becomes(S.TALKING, CALL)
    floor.run(2.0)
    floor.becomes(S.WRAP_UP)
    floor.becomes(S.READY)
    floor.becomes(S.TALKING, CallId("c-2"))
    floor.becomes(S.WRAP_UP)
    floor.becomes(S.READY)
    assert kinds(floor.run(50_000.0)) == []


def test_agent_who_ends_the_talk_himself_does_so_once() -> None:
    floor = Floor(ends_share=1.0, ends_mean_s=10.0)
    floor.run(1.0)
    floor.becomes(S.TALKING, CALL)
    assert kinds(floor.run(500.0)) == [HangUpAsked]


def test_customer_is_held_and_fetched_back() -> None:
    floor = Floor(hold_share=1.0)
    floor.run(1.0)
    floor.becomes(S.TALKING, CALL)
    assert kinds(floor.run(100.0)) == [HoldAsked]
    floor.becomes(S.HOLD, CALL)
    assert kinds(floor.run(500.0)) == [ResumeAsked]
    floor.becomes(S.TALKING, CALL)
    assert kinds(floor.run(500.0)) == []


def test_break_waits_for_the_end_of_the_call_and_ends_by_itself() -> None:
    floor = Floor(break_every_s=1000.0, break_s=100.0)
    floor.run(1.0)
    floor.becomes(S.TALKING, CALL)
    assert kinds(floor.run(1600.0)) == []
    floor.becomes(S.READY)
    asked = floor.run(1.0)
    assert kinds(asked) == [NotReadyAsked]
    assert isinstance(asked[0], NotReadyAsked)
    floor.becomes(S.AUX, reason=asked[0].reason)
    assert floor.run(60.0) == []
    assert ReadyAsked in kinds(floor.run(80.0))


def test_refused_wish_to_be_ready_is_put_again() -> None:
    floor = Floor()
    floor.run(1.0)
    floor.becomes(S.AUX)
    assert kinds(floor.run(10.0)) == [ReadyAsked]
    floor.people.on_facts([AskRefused(actor=ANNA, what="ReadyAsked", code="no_phone")], floor.now)
    assert kinds(floor.run(20.0)) == [ReadyAsked]


def test_agent_goes_home_after_the_last_call() -> None:
    floor = Floor(end=100.0, leave_spread_s=0.0)
    floor.run(1.0)
    floor.becomes(S.TALKING, CALL)
    assert floor.run(200.0) == []
    floor.becomes(S.WRAP_UP)
    assert kinds(floor.run(300.0)) == [DispositionGiven]
    floor.becomes(S.READY)
    assert kinds(floor.run(2.0)) == [SignOutAsked]
    floor.becomes(S.LOGGED_OUT)
    assert floor.run(1000.0) == []


def test_agent_thrown_out_signs_in_again() -> None:
    floor = Floor()
    floor.run(1.0)
    floor.becomes(S.AUX)
    floor.becomes(S.LOGGED_OUT)
    assert kinds(floor.run(30.0)) == [SignInAsked]


def test_preview_agent_asks_for_a_customer_and_dials_or_skips_him() -> None:
    floor = Floor(preview=True, skip_share=0.0)
    floor.run(1.0)
    floor.becomes(S.READY)
    assert kinds(floor.run(5.0)) == [PreviewAsked]
    floor.people.on_facts([LeadShown(agent=ANNA, campaign=CampaignId("sales"), lead=LeadId(7))], floor.now)
    asked = floor.run(10.0)
    assert kinds(asked) == [DialAsked]
    assert asked[0].lead == 7  # type: ignore[attr-defined]

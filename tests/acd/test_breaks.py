"""Break tokens: so many out of a group at once, the others in order, none early or late in the shift."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.breaks import HOLDS, TABLE, Tokens
from acd.engine import AcdEngine
from acd.roster import Roster
from config.floor import ShiftSettings
from config.model import AgentSettings, CampaignSettings, FloorSettings
from telephony.agents import (
    AgentState,
    BreakAsked,
    BreakState,
    BreakVerb,
    NotReadyAsked,
    ReadyAsked,
    SeatMode,
    SignOutAsked,
    StayAsked,
)
from telephony.commands import SetTimer
from telephony.events import TimerFired
from telephony.facts import (
    AlarmCleared,
    AlarmRaised,
    AskRefused,
    BreakChanged,
    CallLeft,
    CallOffered,
    LeaveAnnounced,
    ServerChanged,
)
from telephony.ids import AgentId, CallId
from telephony.leads import KnownAgent, KnownBreak, Restored
from telephony.ports import NO_DEPARTURES

from .test_engine import PBX, Floor, of

S, B, V = AgentState, BreakState, BreakVerb
ONE, TWO, THREE = AgentId("1001"), AgentId("1002"), AgentId("1003")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC).timestamp()


def room(agents: int = 3, shift: ShiftSettings | None = None, at: float = NOON, **breaks: object) -> Floor:
    """A floor of one group whose agents are ready."""
    floor = Floor(agents=agents)
    rows = [
        AgentSettings(id=str(1001 + n), asterisk="pbx1", endpoint=f"PJSIP/{1001 + n}", mode="ring_each_call",
                      campaigns=["sale"], group="a")
        for n in range(agents)
    ]  # fmt: skip
    floor.engine = AcdEngine(
        agents=rows,
        campaigns={"sale": CampaignSettings(wrap_up_s=20)},
        floor=FloorSettings(breaks=breaks),
        serial=lambda: "k",
        roster=Roster({row.id: "a" for row in rows}, {"day": shift} if shift else {}, (), "UTC"),
    )
    floor.now = at
    floor.tell(ServerChanged(server=PBX, state="up", why=""))
    for row in rows:
        floor.sign_in(row.id)
    return floor


def ask(floor: Floor, agent: AgentId, verb: BreakVerb = V.ASK, actor: str = "", **more: object) -> list:
    return floor.tell(BreakAsked(actor=actor or agent, agent=agent, verb=verb, **more))


def states(floor: Floor, *agents: AgentId) -> list[BreakState]:
    return [floor.engine.breaks.tokens.state(agent) for agent in agents or (ONE, TWO, THREE)]


def out(floor: Floor, agent: AgentId) -> None:
    ask(floor, agent)
    ask(floor, agent, V.TAKE)
    assert states(floor, agent) == [B.OUT]


def codes(said: list) -> list[str]:
    return [fact.code for fact in of(said, AskRefused)]


def test_one_of_the_group_is_out_at_once_and_the_others_wait_in_the_order_of_asking() -> None:
    floor = room()
    ask(floor, TWO)
    ask(floor, THREE)
    ask(floor, ONE)
    assert states(floor) == [B.WAITING, B.OFFERED, B.WAITING]
    ask(floor, TWO, V.TAKE)
    assert (floor.agent("1002").state, floor.agent("1002").reason) == (S.AUX, "break")
    floor.tell(ReadyAsked(actor=TWO, agent=TWO))
    assert states(floor) == [B.WAITING, B.NONE, B.OFFERED], "the next is offered it when he is back"


def test_offer_that_is_not_taken_in_time_goes_to_the_next() -> None:
    floor = room(offer_s=60.0)
    said = ask(floor, ONE)
    ask(floor, TWO)
    (timer,) = [each for each in of(said, SetTimer) if each.key == ("break", "1001")]
    floor.now = timer.at
    floor.tell(TimerFired(("break", "1001")))
    assert states(floor) == [B.NONE, B.OFFERED, B.NONE]


def test_some_groups_have_more_tokens() -> None:
    floor = room(groups={"a": 2})
    for agent in (ONE, TWO, THREE):
        ask(floor, agent)
    assert states(floor) == [B.OFFERED, B.OFFERED, B.WAITING]


def test_agent_who_asks_during_a_call_leaves_after_it_and_the_dialler_is_told() -> None:
    floor = room(1)
    floor.talk()
    said = ask(floor, ONE)
    (told,) = of(said, LeaveAnnounced)
    assert told.reason == "break"
    assert floor.engine.supply.leaving("sale", PBX, 1e12) != NO_DEPARTURES
    assert states(floor, ONE) == [B.LEAVING]
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE), TimerFired(("wrap_up", "1001")))
    assert (floor.agent().state, floor.agent().reason, states(floor, ONE)) == (S.AUX, "break", [B.OUT])


def test_agent_who_stays_after_all_gives_his_token_to_the_next() -> None:
    floor = room(2)
    floor.talk()
    ask(floor, ONE)
    ask(floor, TWO)
    floor.tell(StayAsked(actor=ONE, agent=ONE))
    assert states(floor, ONE, TWO) == [B.NONE, B.OFFERED]


def test_overdue_break_alarms_the_leader_until_he_is_back_or_has_more_time() -> None:
    floor = room(1, last_s=600.0)
    out(floor, ONE)
    floor.now += 600
    (alarm,) = of(floor.tell(TimerFired(("break", "1001"))), AlarmRaised)
    assert (alarm.alarm, alarm.about) == ("break_overdue", "1001")
    said = ask(floor, ONE, V.EXTEND, "chief", extra_s=300.0)
    assert of(said, AlarmCleared)
    (timer,) = of(said, SetTimer)
    assert timer.at == pytest.approx(floor.now - 1 + 300)
    floor.now = timer.at
    assert of(floor.tell(TimerFired(("break", "1001"))), AlarmRaised)
    assert of(floor.tell(ReadyAsked(actor=ONE, agent=ONE)), AlarmCleared)
    assert states(floor, ONE) == [B.NONE]


@pytest.mark.parametrize(
    ("hour", "minute", "code"), [(9, 20, ["break_guard"]), (9, 31, []), (17, 29, []), (17, 30, ["break_guard"])]
)
def test_no_break_in_the_first_and_the_last_half_hour_of_the_shift(hour: int, minute: int, code: list[str]) -> None:
    at = datetime(2026, 3, 2, hour, minute, tzinfo=UTC).timestamp() - 10
    floor = room(1, ShiftSettings(begin="09:00", end="18:00"), at)
    floor.now = at + 10
    assert codes(ask(floor, ONE)) == code


def test_leader_grants_in_guarded_time_and_beyond_the_number() -> None:
    floor = room(2, ShiftSettings(begin="09:00", end="18:00"), datetime(2026, 3, 2, 9, 5, tzinfo=UTC).timestamp())
    ask(floor, ONE, V.GRANT, "chief")
    ask(floor, TWO, V.GRANT, "chief")
    assert states(floor, ONE, TWO) == [B.OUT, B.OUT]
    assert {fact.actor for fact in of(floor.said, BreakChanged) if fact.verb is V.GRANT} == {"chief"}


def test_leader_refuses_one_who_waits_and_takes_back_from_one_who_is_out() -> None:
    floor = room(2)
    out(floor, ONE)
    ask(floor, TWO)
    ask(floor, TWO, V.REFUSE, "chief", why="busy")
    assert states(floor, ONE, TWO) == [B.OUT, B.NONE]
    ask(floor, ONE, V.TAKE_BACK, "chief")
    assert (floor.agent().state, floor.agent().by) == (S.READY, "chief")
    assert states(floor, ONE) == [B.NONE]


def test_taking_back_from_one_about_to_leave_keeps_him_at_work() -> None:
    floor = room(1)
    floor.talk()
    ask(floor, ONE)
    ask(floor, ONE, V.TAKE_BACK, "chief")
    floor.tell(CallLeft(call=CallId("c-1"), agent=ONE), TimerFired(("wrap_up", "1001")))
    assert floor.agent().state is S.READY


def test_restricted_breaks_are_not_offered_and_their_queue_is_kept() -> None:
    floor = room()
    ask(floor, ONE)
    floor.said += floor.engine.breaks.restrict("surge", floor.now)
    assert states(floor) == [B.WAITING, B.NONE, B.NONE]
    ask(floor, TWO)
    assert states(floor) == [B.WAITING, B.WAITING, B.NONE]
    floor.engine.breaks.restrict("", floor.now)
    assert states(floor) == [B.OFFERED, B.WAITING, B.NONE]


def test_whoever_signs_out_has_no_token_and_no_place() -> None:
    floor = room()
    ask(floor, ONE)
    ask(floor, TWO)
    floor.tell(SignOutAsked(actor=ONE, agent=ONE))
    assert states(floor) == [B.NONE, B.OFFERED, B.NONE]


def test_where_tokens_are_required_the_reason_needs_one_except_for_leaders() -> None:
    floor = room(2, required=True)
    assert codes(floor.tell(NotReadyAsked(actor=ONE, agent=ONE, reason="break"))) == ["break_token"]
    assert not codes(floor.tell(NotReadyAsked(actor=ONE, agent=ONE, reason="lunch")))
    assert not codes(floor.tell(NotReadyAsked(actor="chief", agent=TWO, reason="break")))


def test_agent_on_a_break_is_offered_no_customer() -> None:
    floor = room(1)
    out(floor, ONE)
    assert not of(floor.customer(), CallOffered)


def test_after_a_restart_tokens_are_where_they_were_and_what_fell_due_falls_due_at_once() -> None:
    known = [
        KnownAgent(agent=agent, state=state, reason=reason, since=NOON, mode=SeatMode.RING_EACH_CALL, server=PBX, seat=None, call=None)
        for agent, state, reason in ((ONE, S.AUX, "break"), (TWO, S.READY, ""), (THREE, S.READY, ""))
    ]  # fmt: skip
    breaks = (
        KnownBreak(agent=ONE, state=B.OUT, asked_at=NOON, until=NOON + 600),
        KnownBreak(agent=THREE, state=B.WAITING, asked_at=NOON + 1, until=None),
        KnownBreak(agent=TWO, state=B.WAITING, asked_at=NOON + 2, until=None),
    )
    again = room(3)
    fresh = Floor(agents=0)
    fresh.engine = AcdEngine(
        agents=[agent.settings for agent in again.engine.agents.values()], campaigns={}, floor=FloorSettings(),
        serial=lambda: "k",
    )  # fmt: skip
    fresh.now = NOON + 700
    said = fresh.tell(Restored(agents=tuple(known), breaks=breaks))
    assert [timer.at for timer in of(said, SetTimer) if timer.key == ("break", "1001")] == [NOON + 700]
    assert of(fresh.tell(TimerFired(("break", "1001"))), AlarmRaised)
    fresh.tell(ReadyAsked(actor=ONE, agent=ONE))
    assert states(fresh) == [B.NONE, B.WAITING, B.OFFERED]


def test_what_cannot_be_is_refused_and_says_what_he_has() -> None:
    floor = room(1)
    said = ask(floor, ONE, V.TAKE)
    assert codes(said) == ["break_state"]
    assert of(said, AskRefused)[0].words["state"] == "none"
    assert codes(ask(floor, AgentId("9999"))) == ["agent_unknown"]
    assert codes(ask(floor, ONE, V.GO)) == ["break_state"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("123456"), st.sampled_from(list(BreakVerb))), max_size=80), st.integers(1, 3))
def test_the_count_of_tokens_is_always_that_of_their_holders(steps: list[tuple[str, BreakVerb]], at_once: int) -> None:
    tokens = Tokens(lambda _: at_once)
    for at, (name, verb) in enumerate(steps):
        agent = AgentId(name)
        if verb in TABLE[tokens.state(agent)]:
            tokens.do(agent, "a", verb, float(at))
        held = sum(token.state in HOLDS for token in tokens)
        assert tokens.free("a") == at_once - held
        asked = [token.asked_at for token in tokens.queue("a")]
        assert asked == sorted(asked)

"""What hurts the users of other call centres' software, one test each, by its number in the list of pains."""

import sys
from types import FrameType

from hypothesis import given, settings
from hypothesis import strategies as st

from acd.agents import TABLE, WITH_CUSTOMER, Verb
from acd.worktime import Spell, worktime
from config.model import FloorSettings
from telephony.agents import (
    AgentState,
    Force,
    ForceAsked,
    HoldAsked,
    NotReadyAsked,
    ReadyAsked,
    ResumeAsked,
    SeatMode,
    SignInAsked,
)
from telephony.commands import RingAgent, SetTimer, StopRecording
from telephony.events import DeviceChanged, TimerFired
from telephony.facts import (
    AgentChanged,
    CallConnected,
    CallLeft,
    CallOffered,
    CallWaiting,
    OfferFailed,
    RecordingMissing,
    RecordingPaused,
    RecordingStarted,
)
from telephony.ids import AgentId, CallId, LegId
from telephony.later import TellCallback
from telephony.leads import KnownAgent, Restored
from telephony.supervising import PauseAsked, TakeOverAsked
from tests.acd.later_hall import Hall
from tests.acd.test_callbacks import waiting as waiting_to_be_called_back
from tests.acd.test_callbacks_kept import served

from .callers_floor import CallersFloor
from .test_engine import PBX, SALE, Floor, of

S = AgentState
ONE = AgentId("1001")


def rung_in_vain(floor: Floor, agent: str = "1001", call: str = "c-1") -> list:
    floor.now += 15
    said = floor.tell(OfferFailed(call=CallId(call), agent=AgentId(agent), why="NOANSWER"))
    return said + floor.tell(CallWaiting(call=CallId(call), campaign=SALE, server=PBX, agent=None))


def test_pain_2_wrap_up_is_never_skipped_shows_as_itself_and_survives_a_restart() -> None:
    for state in WITH_CUSTOMER:
        assert TABLE[state][Verb.CALL_OVER] is S.WRAP_UP
        assert S.READY not in TABLE[state].values(), "no way from a conversation to the next call but by wrap-up"
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    (changed,) = of(floor.tell(CallLeft(call=CallId("c-1"), agent=ONE)), AgentChanged)
    assert (changed.now, changed.call) == (S.WRAP_UP, "c-1")
    again = Floor(agents=1)
    known = KnownAgent(
        agent=ONE, state=S.WRAP_UP, reason="", since=again.now - 8, mode=SeatMode.NAILED_UP, server=PBX, seat=None,
        call=CallId("c-1"),
    )  # fmt: skip
    (timer,) = [each for each in of(again.tell(Restored(agents=(known,))), SetTimer) if each.key[0] == "wrap_up"]
    assert (again.agent().state, again.agent().last_call) == (S.WRAP_UP, "c-1")
    assert timer.at == known.since + again.engine.floor.wrap_up_s("")


def test_pain_6_no_agent_is_stuck_in_a_state() -> None:
    """From every state a leader, a timer or the agent himself leads back to READY, whatever the phone does."""
    home = {S.READY}
    ways = {Verb.READY, Verb.SIGN_IN, Verb.WRAPPED, Verb.RELEASE, Verb.FREE}
    for _ in S:
        home |= {state for state, row in TABLE.items() if any(v in ways and to in home for v, to in row.items())}
    assert home == set(S)
    for mode in ("nailed_up", "ring_each_call"):
        floor = Floor(agents=1, mode=mode)
        floor.sign_in()
        floor.talk()
        floor.tell(ForceAsked(actor="chief", agent=ONE, what=Force.RELEASE))
        floor.tell(ForceAsked(actor="chief", agent=ONE, what=Force.READY))
        assert floor.agent().state is S.READY
        assert not floor.engine.floor.reserved


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["NOANSWER", "BUSY", "CHANUNAVAIL", "CONGESTION", "overdue", "released", ""]), max_size=12)
)
def test_pain_6_whatever_becomes_of_an_offer_the_agent_is_free_again_or_says_why_not(whys: list[str]) -> None:
    floor = Floor(agents=1, mode="ring_each_call", no_answer={"misses": 0, "penalty_s": 5})
    floor.sign_in()
    for n, why in enumerate(whys):
        floor.customer(f"c-{n}")
        call = floor.agent().call
        if call is not None:
            floor.tell(OfferFailed(call=call, agent=ONE, why=why))
        one = floor.agent()
        assert one.call is None
        assert one.state is S.READY or (one.state is S.AUX and one.reason)
        floor.tell(DeviceChanged(server=PBX, endpoint="PJSIP/1001", state="NOT_INUSE"))
        floor.now += 60
        floor.tell(TimerFired(("aside", "1001")), TimerFired(("phone_back", "1001")))
        assert floor.agent().state in (S.READY, S.RINGING)


def test_pain_9_the_same_agent_is_not_rung_again_and_again() -> None:
    floor = Floor(agents=3, mode="ring_each_call", no_answer={"misses": 2, "penalty_s": 30.0})
    for name in ("1001", "1002", "1003"):
        floor.sign_in(name)
    rung = [ring.agent for ring in of(floor.customer(), RingAgent)]
    for _ in range(2):
        rung += [ring.agent for ring in of(rung_in_vain(floor, rung[-1]), RingAgent)]
    assert rung == ["1001", "1002", "1003"], "each once, and the first not again while others were free"
    floor.now += 60
    floor.tell(TimerFired(("aside", "1001")))
    floor.tell(OfferFailed(call=CallId("c-1"), agent=AgentId("1003"), why="NOANSWER"))
    said = floor.tell(CallWaiting(call=CallId("c-1"), campaign=SALE, server=PBX, agent=None))
    assert [offer.agent for offer in of(said, CallOffered)] == ["1001"]
    rung_in_vain(floor, "1001")
    assert (floor.agent().state, floor.agent().reason) == (S.AUX, "no_answer"), "twice in a row is enough"


def test_pain_10_what_no_answer_does_is_a_setting_and_nobody_is_signed_out_for_good() -> None:
    for rules, reason, comes_back in (
        ({"misses": 1}, "no_answer", False),
        ({"misses": 1, "then": "aside", "then_s": 60.0}, "no_answer", True),
        ({"misses": 5, "penalty_s": 7.0}, "missed", True),
        ({"misses": 0}, "missed", True),
    ):
        floor = Floor(agents=1, mode="ring_each_call", no_answer=rules)
        floor.sign_in()
        floor.customer()
        rung_in_vain(floor)
        assert (floor.agent().state, floor.agent().reason) == (S.AUX, reason)
        assert (floor.agent().back_at is not None) is comes_back
        floor.tell(TimerFired(("aside", "1001")))
        assert (floor.agent().state is not S.AUX) is comes_back
        floor.tell(ReadyAsked(actor="1001", agent=ONE))
        assert floor.agent().state in (S.READY, S.RINGING)
        assert all(change.now is not S.LOGGED_OUT for change in of(floor.said, AgentChanged))


def test_pain_13_an_unregistered_phone_is_not_available() -> None:
    for mode in ("nailed_up", "ring_each_call"):
        floor = Floor(agents=1, mode=mode)
        floor.sign_in()
        floor.tell(DeviceChanged(server=PBX, endpoint="PJSIP/1001", state="UNAVAILABLE"))
        assert (floor.agent().state, floor.agent().phone_ready) == (S.AUX, False)
        assert floor.engine.supply.counts("sale", PBX).free == 0
        assert not of(floor.customer(), CallOffered)
        floor.tell(ReadyAsked(actor="1001", agent=ONE))
        assert floor.agent().state is S.AUX, "nor does his saying so make him"


def test_pain_15_pause_times_are_known_by_reason_to_the_second() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    begun = floor.agent().since
    changes: list[tuple[float, AgentChanged]] = []
    for at, ask in (
        (begun + 100, NotReadyAsked(actor="1001", agent=ONE, reason="lunch")),
        (begun + 1900, ReadyAsked(actor="1001", agent=ONE)),
        (begun + 2000, NotReadyAsked(actor="1001", agent=ONE, reason="break")),
        (begun + 2600, ReadyAsked(actor="1001", agent=ONE)),
    ):
        floor.now = at
        changes += [(at, fact) for fact in of(floor.tell(ask), AgentChanged)]
    ends = [at for at, _ in changes[1:]] + [None]
    spells = [
        Spell(
            agent="1001", state=fact.now, reason=fact.reason, verb=fact.verb, actor=fact.actor, call=fact.call,
            began_at=at, ended_at=end,
        )
        for (at, fact), end in zip(changes, ends, strict=True)
    ]  # fmt: skip
    found = worktime("1001", spells, FloorSettings().reason_of, (), begun, begun + 3000)
    assert found.reasons == {"lunch": 1800.0, "break": 600.0}
    assert {spell.actor for spell in spells} == {"1001"}


def test_pain_4_a_flood_of_device_states_costs_each_event_a_few_steps_however_large_the_floor_and_no_caller_waits() -> (
    None
):
    def flooded(agents: int) -> float:
        floor = CallersFloor({"service": {"lines": ["100"]}}, {str(1001 + n): ["service"] for n in range(agents)})
        floor.at_work("1001")
        told = [
            DeviceChanged(server=PBX, endpoint=f"PJSIP/{1001 + n % agents}", state=state)
            for n in range(2000)
            for state in ("INUSE", "NOT_INUSE")
        ]
        told += [DeviceChanged(server=PBX, endpoint=f"PJSIP/stranger-{n}", state="RINGING") for n in range(2000)]
        steps = 0

        def count(frame: FrameType, what: str, about: object) -> None:
            nonlocal steps
            steps += what == "call"

        facts = len(floor.facts)
        call = floor.call()
        sys.setprofile(count)
        try:
            for event in told:
                floor.house.core.feed(event)
        finally:
            sys.setprofile(None)
        floor.run(1.0)
        assert floor.of(CallConnected, call=call)[0].waited_s < 0.1
        assert len(floor.facts) - facts < 100, "phones of agents who are not there are no news"
        return steps / len(told)

    few, many = flooded(10), flooded(400)
    assert few < 60
    assert many < 1.5 * few + 5


def test_pain_14_a_recording_goes_on_over_hold_and_take_over_and_stays_with_its_call() -> None:
    floor = CallersFloor({"service": {"lines": ["100"]}}, {"1001": ["service"], "9001": []})
    floor.open()
    floor.sign_in("1001")
    floor.ask(SignInAsked(actor="9001", agent=AgentId("9001")))
    floor.run(2.0)
    call = floor.call(talk_s=600.0)
    floor.run(5.0)
    floor.ask(HoldAsked(actor="1001", agent=AgentId("1001")))
    floor.run(3.0)
    floor.ask(ResumeAsked(actor="1001", agent=AgentId("1001")))
    floor.run(3.0)
    floor.ask(TakeOverAsked(actor="9001", call=call))
    floor.run(3.0)
    assert floor.state("9001") is AgentState.TALKING
    recorded = floor.pbx.legs[LegId(call)].recording
    assert recorded == call, "one file, named by the call, whoever has the customer"
    assert [(fact.call, fact.name) for fact in floor.of(RecordingStarted)] == [(call, call)]
    assert not floor.sent(StopRecording)
    assert not floor.of(RecordingMissing)
    floor.ask(PauseAsked(actor="9001", agent=AgentId("9001"), pause=True))
    floor.run(1.0)
    assert [fact.agent for fact in floor.of(RecordingPaused)] == ["9001"]


def test_pain_11_callbacks_come_once_and_do_not_make_callers_on_the_line_wait_longer() -> None:
    hall, _ = waiting_to_be_called_back()
    again = hall.calls(7)
    hall.wants_callback(again, 7)
    hall.commit()
    hall.leaves(again)
    hall.sign_in(AgentId("1001"))
    hall.customer_answers(hall.dialled[0].call)
    hall.hangs_up(hall.dialled[0].call)
    hall.passes(2 * 86_400)
    assert len(hall.dialled) == 1
    without, _ = served(called_back=False, seed=4, callers=120)
    with_them, _ = served(called_back=True, seed=4, callers=120)
    assert sum(with_them) <= sum(without)


def test_pain_12_a_database_that_stands_still_stops_neither_callers_nor_agents_over_a_callback() -> None:
    hall = Hall(1, ready=0)
    hall.stalled = True
    call = hall.calls(7)
    hall.wants_callback(call, 7)
    hall.passes(6)
    assert [command.noted for command in hall.told(TellCallback)] == [False]
    hall.sign_in(AgentId("1001"))
    assert hall.house.acd.agents[AgentId("1001")].call == call

"""Service level: what a call counts as, every definition over its own denominator, and how often agents are offered calls."""

import pytest

from acd.counters import Counters
from acd.servicelevel import QUARTER_S, Levels, Tally, levels
from config.queues import QueueSettings
from telephony.agents import AgentState, SeatMode
from telephony.facts import (
    AgentChanged,
    CallArrived,
    CallConnected,
    CallerGone,
    CallLeft,
    CallOffered,
    CallQueued,
    CallSentOn,
    Fact,
    InboundEnded,
    OfferFailed,
    Way,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, ServerId

PBX = ServerId("pbx1")
QUEUES = {"x": QueueSettings(service_level_s=20, short_abandon_s=5), "y": QueueSettings(service_level_s=30)}
T0 = 900_000.0


def arrives(call: str, queue: str = "x") -> list[Fact]:
    return [
        CallArrived(
            call=CallId(call), queue=CampaignId(queue), server=PBX, customer=CustomerId(""), number_key=0, line="400"
        ),
        waits(call, queue),
    ]


def waits(call: str, queue: str) -> CallQueued:
    return CallQueued(call=CallId(call), queue=CampaignId(queue), server=PBX, position=1, expected_s=None)


def answered(call: str, waited_s: float, agent: str = "1001") -> CallConnected:
    return CallConnected(call=CallId(call), agent=AgentId(agent), waited_s=waited_s)


def gone(call: str, waited_s: float, queue: str = "x") -> CallerGone:
    return CallerGone(call=CallId(call), queue=CampaignId(queue), waited_s=waited_s, position=1)


def sent_on(call: str, way: Way, to: str = "", queue: str = "x") -> CallSentOn:
    return CallSentOn(call=CallId(call), queue=CampaignId(queue), way=way, to=to, waited_s=60.0)


def ended(call: str, queue: str = "x") -> InboundEnded:
    return InboundEnded(
        call=CallId(call),
        queue=CampaignId(queue),
        server=PBX,
        agent=None,
        waited_s=0.0,
        talk_s=0.0,
        hold_s=0.0,
        cause=16,
    )


def offered(call: str, agent: str) -> CallOffered:
    return CallOffered(call=CallId(call), campaign=CampaignId("x"), agent=AgentId(agent), server=PBX, why="")


def counted(*facts: Fact, at: float = T0) -> Levels:
    found = Levels(QUEUES)
    for fact in facts:
        found.on(fact, at)
    return found


def ten_calls() -> list[Fact]:
    """6 answered (4 in time), 3 gave up (one at once, one within the threshold, one after), 1 sent to the mailbox."""
    out: list[Fact] = []
    for i, waited in enumerate((1.0, 5.0, 20.0, 19.0, 20.1, 40.0)):
        out += [*arrives(f"a{i}"), answered(f"a{i}", waited), ended(f"a{i}")]
    for i, waited in enumerate((5.0, 12.0, 33.0)):
        out += [*arrives(f"g{i}"), gone(f"g{i}", waited), ended(f"g{i}")]
    return [*out, *arrives("v"), sent_on("v", Way.VOICEMAIL), ended("v")]


def test_each_definition_of_service_level_has_its_own_denominator() -> None:
    tally = counted(*ten_calls()).over("x", T0, T0)
    assert (tally.offered, tally.answered, tally.abandoned, tally.short, tally.sent_on) == (10, 6, 3, 1, 1)
    assert levels(tally) == {
        "answered": pytest.approx(4 / 6),
        "decided": pytest.approx((4 + 2) / 9),
        "handled": pytest.approx(4 / 9),
        "offered": pytest.approx(4 / 10),
        "net": pytest.approx(4 / 9),
    }
    assert tally.asa_s == pytest.approx(105.1 / 6)
    assert tally.abandonment == pytest.approx(2 / 9)
    assert tally.longest_s == 60.0


def test_of_nobody_there_is_no_service_level() -> None:
    assert set(levels(Tally()).values()) == {None}
    assert (Tally().asa_s, Tally().abandonment) == (None, None)


def test_a_caller_who_goes_on_to_another_queue_counts_where_he_is_decided() -> None:
    found = counted(
        *arrives("c"),
        sent_on("c", Way.QUEUE, "y"),
        waits("c", "y"),
        answered("c", 25.0),
        answered("c", 90.0),
        ended("c"),
    )
    assert (found.over("x", T0, T0).offered, found.over("x", T0, T0).overflowed) == (0, 1)
    assert (found.over("y", T0, T0).answered, found.over("y", T0, T0).answered_in) == (1, 1)


def test_callers_turned_away_after_hours_or_as_a_nuisance_were_not_offered() -> None:
    found = counted(
        *(arrives("c")[:1]), sent_on("c", Way.CLOSED), ended("c"), *(arrives("n")[:1]), sent_on("n", Way.NUISANCE)
    )
    assert found.over("x", T0, T0) == Tally()


def test_an_outbound_call_counts_nowhere() -> None:
    assert counted(answered("c-1", 1.0)).over("x", T0, T0) == Tally()


def test_figures_are_kept_by_quarter_of_an_hour_for_a_day() -> None:
    found = Levels(QUEUES)
    for quarter in range(100):
        for fact in (*arrives(f"c{quarter}"), answered(f"c{quarter}", 3.0), ended(f"c{quarter}")):
            found.on(fact, T0 + quarter * QUARTER_S)
    now = T0 + 99 * QUARTER_S
    assert found.over("x", now, now).answered == 1
    assert found.over("x", now - QUARTER_S, now).answered == 2
    assert found.over("x", 0.0, now).answered == 97
    assert len(found.quarters("x", 0.0)) == 97


def test_offers_are_counted_by_result_and_no_double_one_is_seen_on_an_honest_floor() -> None:
    counters = Counters([20.0])
    story = [
        *arrives("c1"),
        offered("c1", "1001"),
        OfferFailed(call=CallId("c1"), agent=AgentId("1001"), why="overdue"),
        offered("c1", "1002"),
        answered("c1", 12.0, "1002"),
        CallLeft(call=CallId("c1"), agent=AgentId("1002")),
        ended("c1"),
        *arrives("c2"),
        offered("c2", "1002"),
        gone("c2", 4.0),
        ended("c2"),
        *arrives("c3"),
        offered("c3", "1002"),
        answered("c3", 2.0, "1002"),
    ]
    for fact in story:
        counters.on(fact, T0)
    assert counters.offers == {"no_answer": 1, "connected": 2, "caller_gone": 1}
    assert counters.double_offers == 0
    assert (counters.offered["x"], counters.answered["x"], counters.abandoned["x"]) == (3, 2, 1)
    assert 20.0 in counters.waits["x"].bounds
    assert counters.waits["x"].cumulated()[-1] == ("+Inf", 3)


@pytest.mark.parametrize(
    "second", [("c2", "1001"), ("c1", "1002"), ("c1", "1001")], ids=["busy agent", "call taken", "offered twice"]
)
def test_a_double_offer_is_counted_from_the_facts(second: tuple[str, str]) -> None:
    counters = Counters([])
    for fact in (*arrives("c1"), *arrives("c2"), offered("c1", "1001"), offered(*second)):
        counters.on(fact, T0)
    assert counters.double_offers == 1


def test_time_with_a_call_is_spread_by_phase() -> None:
    counters = Counters([])
    moved = AgentChanged(
        agent=AgentId("1001"),
        was=AgentState.TALKING,
        now=AgentState.WRAP_UP,
        reason="",
        verb="call_over",
        for_s=95.0,
        call=None,
        mode=SeatMode.NAILED_UP,
        server=PBX,
    )
    counters.on(moved, T0)
    assert counters.handled["talk"].sum_s == 95.0

"""One outcome for every attempt, the same in every order of events that Asterisk may produce."""

from collections.abc import Iterable, Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.calltable import CallTable
from telephony.commands import Command, HangUp, Park, SetTimer, TakeSnapshot
from telephony.events import (
    BridgeEntered,
    DialEnded,
    HangupRequested,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    LegProgressed,
    LegRinging,
    LegSeen,
    LinkLost,
    LinkUp,
    OriginateAccepted,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxEvent,
    PbxSnapshot,
    TimerFired,
)
from telephony.facts import (
    AbandonedBy,
    AttemptPlaced,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallEnded,
    CallLeft,
    CallOffered,
    CallWaiting,
    Fact,
    OfferFailed,
    ServerChanged,
)
from telephony.ids import AgentId, BridgeId, CallId, CampaignId, CustomerId, LeadId, LegId, ServerId, TrunkId
from telephony.outcomes import Outcome

PBX = ServerId("pbx1")
CALL = CallId("c-1")
LEG = LegId("c-1")
SEAT = LegId("s-1001-a")


def placed(agent: AgentId | None = None) -> AttemptPlaced:
    return AttemptPlaced(
        call=CALL,
        campaign=CampaignId("sale"),
        lead=LeadId(7),
        customer=CustomerId("k7"),
        number_key=77,
        trunk=TrunkId("carrier"),
        server=PBX,
        caller_id="",
        mode="predictive",
        agent=agent,
    )


class Told:
    """A call table with all it has said."""

    def __init__(self) -> None:
        self.table = CallTable()
        self.said: list[Fact | Command] = []
        self.clock = count(100)

    def tell(self, *events: object, at: float | None = None) -> list[Fact | Command]:
        before = len(self.said)
        for event in events:
            now = float(next(self.clock)) if at is None else at
            queue: list[object] = [event]
            while queue:
                for out in self.table.on(queue.pop(0), now):
                    self.said.append(out)
                    if isinstance(out, Fact):
                        queue.append(out)
                    else:
                        self.table.sent(out, now)
        return self.said[before:]

    def of(self, kind: type) -> list:
        return [s for s in self.said if isinstance(s, kind)]

    def run_out(self) -> None:
        """Let every timer that was set fire."""
        for timer in self.of(SetTimer):
            self.tell(TimerFired(timer.key))


created = LegCreated(server=PBX, leg=LEG, linked=LEG, channel="PJSIP/carrier-0001")
ringing = LegRinging(server=PBX, leg=LEG)
progress = LegProgressed(server=PBX, leg=LEG)
answered = LegAnswered(server=PBX, leg=LEG)
parked = LegParked(server=PBX, leg=LEG)
accepted = OriginateAccepted(server=PBX, leg=LEG)


def over(reason: int, *, ok: bool = False) -> OriginateEnded:
    return OriginateEnded(server=PBX, leg=LEG, ok=ok, reason=reason)


def dial_ended(status: str) -> DialEnded:
    return DialEnded(server=PBX, leg=LEG, caller=None, status=status)


def ended(cause: int, tech: int | None) -> LegEnded:
    return LegEnded(server=PBX, leg=LEG, cause=cause, tech_cause=tech)


wants_out = HangupRequested(server=PBX, leg=LEG, cause=None)

STORIES: dict[str, tuple[Outcome, Sequence[PbxEvent], Sequence[tuple[PbxEvent, PbxEvent]]]] = {}
"""Name → outcome, events, and pairs (a before b) that Asterisk keeps; everything else may come in any order."""


def story(name: str, outcome: Outcome, *events: PbxEvent, kept: Iterable[tuple[PbxEvent, PbxEvent]] = ()) -> None:
    fixed = [(accepted, created)] if accepted in events and created in events else []
    fixed += [(created, e) for e in events if e not in (created, accepted)]
    fixed += [
        (a, b) for a in events if isinstance(a, DialEnded | HangupRequested) for b in events if isinstance(b, LegEnded)
    ]
    STORIES[name] = (outcome, events, [*fixed, *kept])


yes = over(4, ok=True)
story(
    "answered and talked to nobody",
    Outcome.ANSWERED,
    accepted,
    created,
    ringing,
    answered,
    dial_ended("ANSWER"),
    yes,
    wants_out,
    ended(0, None),
    kept=[(ringing, answered), (answered, dial_ended("ANSWER")), (answered, wants_out)],
)
for status, cause, tech, outcome in [
    ("BUSY", 17, 486, Outcome.BUSY),
    ("CONGESTION", 34, 503, Outcome.CONGESTION),
    ("NOANSWER", 1, 404, Outcome.INVALID),
    ("NOANSWER", 19, 480, Outcome.UNAVAILABLE),
    ("NOANSWER", 21, 603, Outcome.DECLINED),
    ("NOANSWER", 18, 408, Outcome.TRUNK_DOWN),
    ("BUSY", 17, None, Outcome.BUSY),
    ("NOANSWER", 19, None, Outcome.UNAVAILABLE),
]:
    story(
        f"{outcome} {cause}/{tech}",
        outcome,
        accepted,
        created,
        ringing,
        wants_out,
        dial_ended(status),
        ended(cause, tech),
        over(0),
        kept=[(ringing, wants_out)],
    )
story(
    "183 then busy", Outcome.BUSY, accepted, created, progress, wants_out, dial_ended("BUSY"), ended(17, 486), over(0)
)
story(
    "rings out on 22",
    Outcome.NO_ANSWER,
    accepted,
    created,
    ringing,
    over(3),
    ended(19, 480),
    kept=[(ringing, over(3)), (ringing, ended(19, 480))],
)
story(
    "rings out on 16",
    Outcome.NO_ANSWER,
    accepted,
    created,
    ringing,
    over(3),
    ended(0, None),
    kept=[(ringing, over(3)), (ringing, ended(0, None))],
)
story("dead carrier, our time-out first", Outcome.TRUNK_DOWN, accepted, created, over(3), ended(19, 480))
story("unknown endpoint", Outcome.TRUNK_DOWN, accepted, over(0))


@st.composite
def orders(draw: st.DrawFn, name: str) -> list[PbxEvent]:
    """A random order of a story's events that keeps what Asterisk keeps."""
    _, events, kept = STORIES[name]
    left, told = list(events), []
    while left:
        free = [e for e in left if not any(b == e and a in left for a, b in kept)]
        told.append(draw(st.sampled_from(free)))
        left.remove(told[-1])
    return told


@pytest.mark.parametrize("name", STORIES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_order_of_a_story_gives_its_one_outcome(name: str, data: st.DataObject) -> None:
    floor = Told()
    floor.tell(placed())
    for event in data.draw(orders(name)):
        floor.tell(event)
    floor.run_out()
    ends = floor.of(CallEnded)
    assert [e.outcome for e in ends] == [STORIES[name][0]]
    assert not floor.table.calls
    assert not floor.table.bridges


@given(data=st.data(), name=st.sampled_from(sorted(STORIES)))
@settings(max_examples=200, deadline=None)
def test_events_told_twice_change_nothing(data: st.DataObject, name: str) -> None:
    floor = Told()
    floor.tell(placed())
    for event in data.draw(orders(name)):
        floor.tell(event)
        if data.draw(st.booleans()):
            floor.tell(event)
    floor.run_out()
    assert [e.outcome for e in floor.of(CallEnded)] == [STORIES[name][0]]


def test_answered_customer_and_agent_in_one_bridge_are_connected_once() -> None:
    floor = Told()
    floor.tell(placed(), created, answered, parked)
    assert len(floor.of(CallAnswered)) == 1
    assert len(floor.of(CallWaiting)) == 1
    offer = CallOffered(call=CALL, campaign=CampaignId("sale"), agent=AgentId("1001"), server=PBX, why="")
    bridge = BridgeId("b1")
    floor.tell(BridgeEntered(server=PBX, leg=SEAT, bridge=bridge), offer)
    floor.tell(BridgeEntered(server=PBX, leg=LEG, bridge=bridge), BridgeEntered(server=PBX, leg=LEG, bridge=bridge))
    assert [c.agent for c in floor.of(CallConnected)] == ["1001"]
    floor.tell(ended(16, None))
    assert len(floor.of(CallLeft)) == 1
    assert not floor.of(CallAbandoned)
    assert floor.of(CallEnded)[0].agent == "1001"


def test_a_customer_who_hangs_up_while_waiting_has_abandoned_by_himself() -> None:
    floor = Told()
    floor.tell(placed(), created, answered, parked, ended(0, None))
    assert [a.by for a in floor.of(CallAbandoned)] == [AbandonedBy.CUSTOMER]


def test_a_call_we_cancel_as_it_is_answered_was_abandoned_by_us() -> None:
    floor = Told()
    floor.tell(placed(), created, ringing)
    floor.table.sent(HangUp(server=PBX, leg=LEG), 105)
    floor.tell(answered, ended(16, None))
    assert [a.by for a in floor.of(CallAbandoned)] == [AbandonedBy.SWITCHROOM]
    assert floor.of(CallEnded)[0].outcome is Outcome.ANSWERED


def test_a_cancelled_ringing_call_is_cancelled() -> None:
    floor = Told()
    floor.tell(placed(), created, ringing)
    floor.table.sent(HangUp(server=PBX, leg=LEG), 105)
    floor.tell(dial_ended("NOANSWER"), over(0), ended(16, None))
    assert [e.outcome for e in floor.of(CallEnded)] == [Outcome.CANCELLED]


def test_an_agent_who_ignores_the_ring_gives_the_customer_back() -> None:
    floor = Told()
    floor.tell(placed(), created, answered, parked)
    floor.tell(CallOffered(call=CALL, campaign=CampaignId("sale"), agent=AgentId("1001"), server=PBX, why=""))
    rung = LegId("pbx1-1.5")
    floor.tell(LegCreated(server=PBX, leg=rung, linked=LEG, channel="PJSIP/1001-0002"))
    floor.tell(DialEnded(server=PBX, leg=rung, caller=LEG, status="NOANSWER"))
    floor.tell(LegParked(server=PBX, leg=LEG, dial="NOANSWER"))
    assert [f.why for f in floor.of(OfferFailed)] == ["NOANSWER"]
    assert len(floor.of(CallWaiting)) == 2


def test_a_refused_originate_ends_the_attempt_at_once() -> None:
    floor = Told()
    floor.tell(placed(), OriginateRefused(server=PBX, leg=LEG, why="Extension does not exist."))
    assert [e.outcome for e in floor.of(CallEnded)] == [Outcome.REFUSED]


def test_a_lost_seat_sends_the_customer_back_to_wait() -> None:
    floor = Told()
    floor.tell(placed(), created, answered, parked)
    floor.tell(CallOffered(call=CALL, campaign=CampaignId("sale"), agent=AgentId("1001"), server=PBX, why=""))
    floor.tell(BridgeEntered(server=PBX, leg=SEAT, bridge=BridgeId("b")))
    floor.tell(BridgeEntered(server=PBX, leg=LEG, bridge=BridgeId("b")))
    said = floor.tell(LegEnded(server=PBX, leg=SEAT, cause=16))
    assert any(isinstance(s, CallLeft) for s in said)
    assert any(isinstance(s, Park) for s in said)
    floor.tell(parked)
    assert len(floor.of(CallWaiting)) == 2


def row(leg: str, **more: object) -> LegSeen:
    base: dict = {"linked": leg, "channel": "PJSIP/x", "up": True, "ringing": False, "bridge": None}
    return LegSeen(leg=LegId(leg), **(base | more))


def test_attempts_that_left_no_trace_are_looked_for_twice_and_then_unknown() -> None:
    floor = Told()
    floor.tell(LinkUp(server=PBX), PbxSnapshot(server=PBX, legs=()), placed(), accepted)
    floor.tell(LinkLost(server=PBX, why="cut"), LinkUp(server=PBX), PbxSnapshot(server=PBX, legs=()))
    assert not floor.of(CallEnded)
    floor.run_out()
    assert floor.of(TakeSnapshot)
    floor.tell(PbxSnapshot(server=PBX, legs=()))
    assert [e.outcome for e in floor.of(CallEnded)] == [Outcome.UNKNOWN]


def test_a_call_found_talking_after_a_cut_goes_on() -> None:
    floor = Told()
    floor.tell(LinkUp(server=PBX), PbxSnapshot(server=PBX, legs=()), placed(), created)
    floor.tell(LinkLost(server=PBX, why="cut"), LinkUp(server=PBX))
    bridge = BridgeId("b")
    legs = (row(LEG, bridge=bridge, context="switchroom-seat"), row(SEAT, bridge=bridge))
    floor.tell(PbxSnapshot(server=PBX, legs=legs))
    assert [c.agent for c in floor.of(CallConnected)] == ["1001"]
    assert [s.state for s in floor.of(ServerChanged)] == ["resyncing", "up", "lost", "resyncing", "up"]


def test_a_leg_nobody_knows_is_hung_up_after_a_cut() -> None:
    floor = Told()
    said = floor.tell(PbxSnapshot(server=PBX, legs=(row("c-stranger"),)))
    assert HangUp(server=PBX, leg=LegId("c-stranger")) in said


def test_no_reply_to_an_originate_is_settled_by_a_snapshot() -> None:
    floor = Told()
    floor.tell(LinkUp(server=PBX), PbxSnapshot(server=PBX, legs=()), placed())
    said = floor.tell(OriginateLost(server=PBX, leg=LEG, why="no reply"))
    assert said == [TakeSnapshot(server=PBX)]
    floor.tell(PbxSnapshot(server=PBX, legs=(row(LEG, up=False, ringing=True),)))
    assert not floor.of(CallEnded)
    floor.tell(dial_ended("BUSY"), ended(17, 486), over(0))
    assert [e.outcome for e in floor.of(CallEnded)] == [Outcome.BUSY]

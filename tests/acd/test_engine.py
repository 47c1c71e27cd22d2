"""Agents on the phone: who gets a customer, what an unanswered ring does, what survives a restart."""

from itertools import count

import pytest

from acd.agents import ON_A_CALL, TABLE, Agent, IllegalVerb, Verb
from acd.engine import AcdEngine
from config.model import AgentSettings, CampaignSettings, FloorSettings, PacingSettings
from telephony.agents import (
    AgentState,
    DispositionGiven,
    NotReadyAsked,
    ReadyAsked,
    SeatMode,
    SignInAsked,
    SignOutAsked,
)
from telephony.commands import (
    Command,
    ConnectToSeat,
    HangUp,
    Park,
    PlayAbandonMessage,
    RingAgent,
    SeatAgent,
    SetTimer,
)
from telephony.events import BridgeEntered, LegEnded, LegSeen, PbxSnapshot, TimerFired
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    AskRefused,
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
from telephony.ids import AgentId, BridgeId, CallId, CampaignId, LeadId, LegId, ServerId, TrunkId
from telephony.leads import KnownAgent, Restored
from telephony.outcomes import Outcome

PBX = ServerId("pbx1")
SALE = CampaignId("sale")
S = AgentState


class Floor:
    """An engine with agents 1001… and all it has said; facts are told back to it as the switchboard does."""

    def __init__(
        self, agents: int = 2, mode: str = "nailed_up", campaign: CampaignSettings | None = None, **floor: object
    ) -> None:
        serial = (f"k{n}" for n in count(1))
        self.engine = AcdEngine(
            agents=[
                AgentSettings(
                    id=str(1001 + n), asterisk="pbx1", endpoint=f"PJSIP/{1001 + n}", mode=mode, campaigns=["sale"]
                )
                for n in range(agents)
            ],
            campaigns={"sale": campaign or CampaignSettings(wrap_up_s=20)},
            floor=FloorSettings(**floor),
            serial=lambda: next(serial),
        )
        self.now = 1000.0
        self.said: list[Fact | Command] = []
        self.tell(ServerChanged(server=PBX, state="up", why=""))

    def tell(self, *events: object) -> list[Fact | Command]:
        before = len(self.said)
        for event in events:
            queue = [event]
            while queue:
                for out in self.engine.on(queue.pop(0), self.now):
                    self.said.append(out)
                    if isinstance(out, Fact):
                        queue.append(out)
        self.now += 1
        return self.said[before:]

    def agent(self, name: str = "1001") -> Agent:
        return self.engine.agents[AgentId(name)]

    def sign_in(self, name: str = "1001") -> None:
        self.tell(SignInAsked(actor=name, agent=AgentId(name)), ReadyAsked(actor=name, agent=AgentId(name)))
        seat = self.agent(name).seat
        if seat is not None:
            self.tell(BridgeEntered(server=PBX, leg=seat, bridge=BridgeId(f"b{name}")))

    def customer(self, call: str = "c-1", amd: str = "") -> list[Fact | Command]:
        self.tell(CallAnswered(call=CallId(call), campaign=SALE, server=PBX))
        return self.tell(CallWaiting(call=CallId(call), campaign=SALE, server=PBX, agent=None, amd=amd))

    def talk(self, call: str = "c-1", name: str = "1001") -> None:
        self.customer(call)
        self.tell(CallConnected(call=CallId(call), agent=AgentId(name), waited_s=0.1))


def of(said: list[Fact | Command], kind: type) -> list:
    return [s for s in said if isinstance(s, kind)]


def gone(call: str = "c-1") -> CallEnded:
    return CallEnded(
        call=CallId(call), campaign=SALE, lead=LeadId(1), trunk=TrunkId("t"), server=PBX, outcome=Outcome.ANSWERED,
        agent=None, rang=True, ring_s=1, talk_s=0, hold_s=0, cause=16, tech_cause=None,
    )  # fmt: skip


def test_agent_who_signs_in_is_seated_and_becomes_ready_when_his_phone_is_there() -> None:
    floor = Floor()
    floor.tell(SignInAsked(actor="1001", agent=AgentId("1001")), ReadyAsked(actor="1001", agent=AgentId("1001")))
    assert of(floor.said, SeatAgent)
    assert floor.agent().state is S.AUX
    floor.tell(BridgeEntered(server=PBX, leg=floor.agent().seat, bridge=BridgeId("b")))
    assert floor.agent().state is S.READY


def test_customer_goes_to_the_agent_who_has_been_idle_longest() -> None:
    floor = Floor()
    floor.sign_in("1002")
    floor.sign_in("1001")
    assert [o.agent for o in of(floor.customer(), CallOffered)] == ["1002"]


def test_agent_is_reserved_before_anything_is_sent_and_never_for_two_customers() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    said = floor.customer("c-1")
    kinds = [type(s) for s in said]
    assert kinds.index(AgentChanged) < kinds.index(ConnectToSeat)
    assert floor.agent().state is S.RESERVED
    assert not of(floor.customer("c-2"), CallOffered)


def test_waiting_customer_gets_the_next_free_agent_oldest_first() -> None:
    floor = Floor(agents=1)
    floor.customer("c-1")
    floor.customer("c-2")
    floor.sign_in()
    assert [o.call for o in of(floor.said, CallOffered)] == ["c-1"]


def test_customer_who_is_told_to_wait_twice_waits_once() -> None:
    floor = Floor(agents=1)
    floor.customer("c-1")
    floor.tell(CallWaiting(call=CallId("c-1"), campaign=SALE, server=PBX, agent=None))
    floor.sign_in()
    assert floor.agent().call == "c-1"
    floor.tell(CallConnected(call=CallId("c-1"), agent=AgentId("1001"), waited_s=0.1))
    floor.tell(CallLeft(call=CallId("c-1"), agent=AgentId("1001")), gone("c-1"))
    floor.tell(ReadyAsked(actor="1001", agent=AgentId("1001")))
    assert floor.agent().state is S.READY


def test_customer_nobody_can_take_within_his_patience_is_abandoned_once() -> None:
    floor = Floor()
    floor.customer()
    said = floor.tell(TimerFired(("patience", "c-1")))
    assert [a.by for a in of(said, CallAbandoned)] == [AbandonedBy.SWITCHROOM]
    assert of(said, PlayAbandonMessage)
    assert not floor.tell(TimerFired(("patience", "c-1")))


def given_up_at(said: list[Fact | Command]) -> list[float]:
    return [one.at for one in of(said, SetTimer) if one.key == ("patience", "c-1")]


def test_time_that_machine_detection_takes_is_part_of_the_customers_patience() -> None:
    floor = Floor(campaign=CampaignSettings(pacing=PacingSettings(patience_s=2.0)))
    answered_at = floor.now
    floor.tell(CallAnswered(call=CallId("c-1"), campaign=SALE, server=PBX))
    floor.now = answered_at + 1.4
    said = floor.tell(CallWaiting(call=CallId("c-1"), campaign=SALE, server=PBX, agent=None, amd="HUMAN"))
    assert given_up_at(said) == [answered_at + 2.0]


def test_customer_whose_patience_ended_during_machine_detection_is_given_up_at_once() -> None:
    floor = Floor(campaign=CampaignSettings(pacing=PacingSettings(patience_s=2.0)))
    floor.tell(CallAnswered(call=CallId("c-1"), campaign=SALE, server=PBX))
    floor.now += 3.0
    now = floor.now
    said = floor.tell(CallWaiting(call=CallId("c-1"), campaign=SALE, server=PBX, agent=None, amd="NOTSURE"))
    assert given_up_at(said) == [now]


def test_customer_whose_agent_did_not_take_him_waits_the_whole_time_once_more() -> None:
    floor = Floor(agents=1, mode="ring_each_call", campaign=CampaignSettings(pacing=PacingSettings(patience_s=2.0)))
    floor.sign_in()
    floor.customer()
    floor.now += 15.0
    floor.tell(OfferFailed(call=CallId("c-1"), agent=AgentId("1001"), why="NOANSWER"))
    now = floor.now
    said = floor.tell(CallWaiting(call=CallId("c-1"), campaign=SALE, server=PBX, agent=None))
    assert given_up_at(said) == [now + 2.0]


def test_customer_nobody_can_take_hears_the_campaigns_own_message_and_key() -> None:
    campaign = CampaignSettings(abandon_message="acme/sorry-0800", opt_out_key="3")
    floor = Floor(campaign=campaign)
    floor.customer()
    said = floor.tell(TimerFired(("patience", "c-1")))
    assert [(one.message, one.opt_out_key) for one in of(said, PlayAbandonMessage)] == [("acme/sorry-0800", "3")]


def test_machine_is_hung_up_and_never_reaches_an_agent() -> None:
    floor = Floor()
    floor.sign_in()
    said = floor.customer(amd="MACHINE")
    assert of(said, HangUp)
    assert not of(said, CallOffered)


def test_conversation_ends_in_wrap_up_and_the_timer_makes_the_agent_ready() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    assert floor.agent().state is S.TALKING
    floor.tell(CallLeft(call=CallId("c-1"), agent=AgentId("1001")), gone())
    assert floor.agent().state is S.WRAP_UP
    floor.tell(TimerFired(("wrap_up", "1001")))
    assert floor.agent().state is S.READY


def test_disposition_ends_the_wrap_up_and_a_foreign_call_is_refused() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    floor.tell(CallLeft(call=CallId("c-1"), agent=AgentId("1001")))

    def give(call: str, word: str) -> list:
        return floor.tell(DispositionGiven(actor="1001", agent=AgentId("1001"), call=CallId(call), disposition=word))

    assert [r.code for r in of(give("c-9", "sale"), AskRefused)] == ["not_your_call"]
    assert [r.code for r in of(give("c-1", "nonsense"), AskRefused)] == ["disposition_unknown"]
    give("c-1", "sale")
    assert floor.agent().state is S.READY


def test_agent_who_ignores_the_ring_becomes_not_ready_and_the_customer_goes_on() -> None:
    floor = Floor(agents=2, mode="ring_each_call")
    floor.sign_in("1001")
    floor.sign_in("1002")
    assert [r.agent for r in of(floor.customer(), RingAgent)] == ["1001"]
    floor.tell(OfferFailed(call=CallId("c-1"), agent=AgentId("1001"), why="NOANSWER"))
    assert (floor.agent().state, floor.agent().reason) == (S.AUX, "no_answer")
    said = floor.tell(CallWaiting(call=CallId("c-1"), campaign=SALE, server=PBX, agent=None))
    assert [o.agent for o in of(said, CallOffered)] == ["1002"]


def test_customer_who_hangs_up_before_the_bridge_leaves_the_agent_ready() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.customer()
    floor.tell(gone())
    assert floor.agent().state is S.READY
    assert of(floor.customer("c-2"), CallOffered)


def test_bridge_that_does_not_come_releases_the_agent_and_parks_the_customer() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.customer()
    said = floor.tell(TimerFired(("offer", "c-1")))
    assert of(said, Park)
    assert floor.agent().state is S.READY


def test_empty_seat_costs_the_agent_nothing_but_his_phone_is_called_again() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.customer()
    seat = floor.agent().seat
    said = floor.tell(OfferFailed(call=CallId("c-1"), agent=AgentId("1001"), why="SEAT_EMPTY"))
    assert (floor.agent().state, floor.agent().reason) == (S.AUX, "phone_lost")
    assert HangUp(server=PBX, leg=LegId(str(seat))) in said
    assert not of(said, Park)
    floor.tell(TimerFired(("seat", "1001")))
    assert of(floor.said, SeatAgent)[-1].leg != seat


def test_wishes_during_a_call_are_granted_after_it() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    floor.tell(NotReadyAsked(actor="1001", agent=AgentId("1001"), reason="lunch"))
    floor.tell(CallLeft(call=CallId("c-1"), agent=AgentId("1001")), TimerFired(("wrap_up", "1001")))
    assert (floor.agent().state, floor.agent().reason) == (S.AUX, "lunch")
    floor.tell(ReadyAsked(actor="1001", agent=AgentId("1001")))
    floor.talk("c-2")
    floor.tell(SignOutAsked(actor="1001", agent=AgentId("1001")))
    said = floor.tell(CallLeft(call=CallId("c-2"), agent=AgentId("1001")), TimerFired(("wrap_up", "1001")))
    assert floor.agent().state is S.LOGGED_OUT
    assert of(said, HangUp)


def test_lost_phone_makes_a_free_agent_not_ready_until_it_is_back() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.tell(LegEnded(server=PBX, leg=floor.agent().seat, cause=16))
    assert (floor.agent().state, floor.agent().reason) == (S.AUX, "phone_lost")
    assert floor.engine.supply.counts("sale", "pbx1").signed_in == 0
    floor.tell(TimerFired(("seat", "1001")))
    floor.tell(BridgeEntered(server=PBX, leg=floor.agent().seat, bridge=BridgeId("b2")))
    assert floor.agent().state is S.READY


def test_counts_follow_the_states() -> None:
    floor = Floor(agents=2)
    floor.sign_in("1001")
    floor.sign_in("1002")
    counts = floor.engine.supply.counts("sale", "pbx1")
    assert (counts.free, counts.signed_in) == (2, 2)
    floor.talk()
    counts = floor.engine.supply.counts("sale", "pbx1")
    assert (counts.free, counts.talking, counts.signed_in) == (1, 1, 2)
    assert floor.engine.supply.may_take("1002", "sale")
    assert not floor.engine.supply.may_take("1001", "sale")


def known(state: AgentState, call: str | None = None) -> KnownAgent:
    return KnownAgent(
        agent=AgentId("1001"), state=state, reason="", since=900.0, mode=SeatMode.NAILED_UP, server=PBX,
        seat=LegId("s-1001-old"), call=CallId(call) if call else None,
    )  # fmt: skip


@pytest.mark.parametrize("state", [S.TALKING, S.RESERVED, S.HOLD])
def test_agent_remembered_on_a_call_that_is_closed_is_not_stuck(state: AgentState) -> None:
    floor = Floor(agents=1)
    floor.tell(Restored(agents=(known(state, "c-old"),)))
    assert floor.agent().state in (S.WRAP_UP, S.READY)


def test_seat_that_stands_after_a_restart_is_kept_and_one_that_is_gone_is_called_again() -> None:
    floor = Floor(agents=1)
    floor.tell(Restored(agents=(known(S.READY),)))
    seat = LegSeen(
        leg=LegId("s-1001-old"), linked=LegId("s-1001-old"), channel="PJSIP/1001-1", up=True, ringing=False,
        bridge=BridgeId("b"),
    )  # fmt: skip
    assert not of(floor.tell(PbxSnapshot(server=PBX, legs=(seat,))), AgentChanged)
    assert floor.agent().state is S.READY
    floor.tell(PbxSnapshot(server=PBX, legs=()))
    assert floor.agent().reason == "phone_lost"


def test_a_verb_without_an_entry_is_refused_and_changes_nothing() -> None:
    for state, verbs in TABLE.items():
        for verb in Verb:
            agent = Floor(agents=1).agent()
            agent.state = state
            if verb in verbs:
                agent.do(verb, 1.0)
            else:
                with pytest.raises(IllegalVerb):
                    agent.do(verb, 1.0)
                assert agent.state is state


def test_every_state_can_be_left_and_no_conversation_ends_in_ready() -> None:
    assert set(TABLE) == set(S)
    for state in ON_A_CALL - {S.RESERVED, S.RINGING}:
        assert S.READY not in TABLE[state].values()

"""Campaigns on the floor: who is dialled when, and what happens when agents, PBX or store go away."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.contracts import As, step_s
from telephony.agents import AgentState, DispositionGiven
from telephony.commands import CancelTimer
from telephony.events import OptOutPressed, OriginateAccepted
from telephony.facts import (
    AbandonedBy,
    AlarmCleared,
    AlarmRaised,
    Anomaly,
    AskRefused,
    CallDisposed,
    CallOffered,
    CallRang,
    CampaignChanged,
    CustomerBarred,
    DialRefused,
    LeadAltered,
    LeadRested,
    ServerChanged,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, LegId, ServerId
from telephony.leads import OpenCall, Restored
from telephony.outcomes import Outcome

from .floor import (
    NOON,
    PBX,
    SALES,
    Agents,
    AgentSettings,
    Floor,
    Totals,
    TrunkId,
    campaign,
    dialled,
    hung_up,
    lead,
    only,
    pacing,
    placed,
    timers,
    trunk,
)


def leads(many: int, **changes: object) -> list:
    return [lead(number, **changes) for number in range(1, many + 1)]


def running(how=None, *, free: int = 2, many: int = 50, **more) -> tuple[Floor, list]:
    agents = more.pop("agents", None) or Agents(free)
    floor = Floor(how or campaign(), agents=agents, leads=more.pop("leads", None) or leads(many), **more)
    return floor, floor.ask("start")


def test_progressive_campaign_places_one_call_for_each_free_agent() -> None:
    floor, said = running(free=3)
    assert len(placed(said)) == 3
    assert placed(floor.tick()) == []


def test_every_originate_follows_the_intent_it_carries_out() -> None:
    _, said = running(free=3)
    kinds = [type(word).__name__ for word in said if type(word).__name__ in ("AttemptPlaced", "Originate")]
    assert kinds == ["AttemptPlaced", "Originate"] * 3
    assert [one.call for one in placed(said)] == [one.call for one in dialled(said)]


def test_tick_is_set_again_on_whole_multiples_while_the_campaign_runs() -> None:
    floor, said = running(campaign(pacing=pacing(tick_s=0.5)))
    assert [timer.at for timer in timers(said)] == [NOON + 0.5]
    floor.now += 0.1
    assert [timer.at for timer in timers(floor.tick(0.5))] == [NOON + 1.0]
    assert only(floor.ask("pause"), CancelTimer)
    assert timers(floor.tick()) == []


def test_agent_who_becomes_ready_is_dialled_for_at_once() -> None:
    floor, said = running(free=0, agents=Agents(0))
    assert placed(said) == []
    floor.agents.set(free=1)
    assert len(placed(floor.agent("1001", AgentState.AUX, AgentState.READY))) == 1


def test_when_the_last_agent_leaves_dialling_stops_and_ringing_calls_are_hung_up_once() -> None:
    floor, said = running(free=2)
    first, second = placed(said)
    floor.tell(CallRang(call=first.call))
    floor.agents.set(free=0)
    assert sorted(hung_up(floor.agent("1001", AgentState.READY, AgentState.LOGGED_OUT))) == [first.call, second.call]
    assert hung_up(floor.tick()) == []
    assert placed(floor.said) == []
    assert floor.engine.view("sales", floor.now).reason_code == "pace.no_agents"


def test_calls_go_on_ringing_while_a_colleague_is_still_signed_in() -> None:
    floor, _ = running(free=2)
    floor.agents.set(free=1)
    assert hung_up(floor.agent("1001", AgentState.READY, AgentState.AUX)) == []


def test_answered_customer_is_not_hung_up_when_the_last_agent_leaves() -> None:
    floor, said = running(free=2)
    first, second = placed(said)
    floor.answered(first.call)
    floor.agents.set(free=0)
    assert hung_up(floor.agent("1001", AgentState.READY, AgentState.LOGGED_OUT)) == [second.call]


def test_campaign_with_agents_but_no_leads_neither_crashes_nor_spins() -> None:
    floor, said = running(many=1, free=5)
    assert len(placed(said)) == 1
    asked = len(floor.fetches)
    for _ in range(15):
        floor.tick()
    assert len(floor.fetches) == asked
    floor.leads = leads(9)[1:]
    assert len(placed(floor.tick(31.0))) == 4


def test_start_with_no_agents_at_all_places_nothing() -> None:
    for mode in ("progressive", "power", "predictive"):
        floor, said = running(campaign(mode), free=0, agents=Agents(0))
        assert placed(said) == []
        assert placed(floor.tick()) == []


def test_stop_hangs_up_what_rings_and_lets_talks_go_on() -> None:
    floor, said = running(free=2)
    talking, ringing = placed(said)
    floor.answered(talking.call)
    floor.connected(talking.call)
    floor.tell(CallRang(call=ringing.call))
    said = floor.ask("stop")
    assert hung_up(said) == [ringing.call]
    assert [fact.state for fact in only(said, CampaignChanged)] == ["stopped"]
    assert floor.engine.view("sales", floor.now).stages["talking"] == 1


def test_paused_campaign_places_no_call_and_hangs_up_none() -> None:
    floor, _ = running(free=1)
    said = floor.ask("pause")
    floor.agents.set(free=9)
    assert hung_up(said) == []
    assert placed(floor.tick()) == []
    assert placed(floor.ask("start")) != []


def test_drained_campaign_stops_by_itself_when_its_last_call_has_ended() -> None:
    floor, said = running(free=1)
    assert [fact.state for fact in only(floor.ask("drain"), CampaignChanged)] == ["draining"]
    said = floor.ended(placed(said)[0], Outcome.NO_ANSWER)
    assert [(fact.state, fact.actor) for fact in only(said, CampaignChanged)] == [("stopped", "dialer")]


def test_wish_a_campaign_cannot_follow_is_refused_and_changes_nothing() -> None:
    floor = Floor(campaign(), agents=Agents(1))
    refused = only(floor.ask("pause"), AskRefused)
    assert [(one.code, one.words["state"]) for one in refused] == [("campaign.cannot", "stopped")]
    assert only(floor.ask("start", CampaignId("nobody")), AskRefused)[0].code == "campaign.unknown"
    assert floor.engine.view("sales", floor.now).state == "stopped"


def test_nothing_is_dialled_on_a_pbx_before_its_link_is_up_and_after_it_is_lost() -> None:
    floor, said = running(free=2, up=False)
    assert placed(said) == []
    assert floor.engine.view("sales", floor.now).reason_code == "pace.server"
    assert len(placed(floor.tell(ServerChanged(server=PBX, state="up", why="")))) == 2
    floor.agents.set(free=9)
    floor.tell(ServerChanged(server=PBX, state="lost", why="eof"))
    assert placed(floor.tick()) == []


def test_store_trouble_stops_dialling_until_it_is_over() -> None:
    floor, _ = running(free=1)
    floor.tell(AlarmRaised(alarm="store", about="disk"))
    floor.agents.set(free=5)
    assert placed(floor.tick()) == []
    assert floor.engine.view("sales", floor.now).reason_code == "pace.store"
    floor.tell(AlarmCleared(alarm="store", about="disk"))
    assert len(placed(floor.tick())) == 5


def test_calls_on_one_pbx_are_placed_for_the_agents_of_that_pbx_only() -> None:
    agents = Agents(1)
    agents.set("pbx2", free=3)
    trunks = [trunk("a"), trunk("b", asterisk="pbx2")]
    floor, said = running(agents=agents, trunks=trunks)
    assert [one.server for one in placed(said)] == ["pbx1"]
    said = floor.tell(ServerChanged(server=ServerId("pbx2"), state="up", why=""))
    assert [one.server for one in placed(said)] == ["pbx2"] * 3


def test_campaigns_that_share_an_agent_do_not_both_dial_for_him() -> None:
    other = CampaignId("care")
    staff = [AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001", campaigns=["sales", "care"])]
    stock = [*leads(5), *(lead(number, campaign=other) for number in range(6, 11))]
    floor = Floor({"sales": campaign(), "care": campaign()}, agents=Agents(1), leads=stock, staff=staff)
    assert len(placed(floor.ask("start"))) == 1
    assert placed(floor.ask("start", other)) == []


def test_abandoned_customer_counts_against_the_ceiling_and_rests_three_days() -> None:
    floor, said = running(free=1)
    call = placed(said)[0]
    floor.answered(call.call)
    floor.abandoned(call.call)
    said = floor.ended(call, Outcome.ANSWERED)
    assert [(fact.due, fact.why) for fact in only(said, LeadRested)] == [(NOON + 72 * 3600, "abandoned")]
    view = floor.engine.view("sales", floor.now)
    assert (view.abandoned, view.connected, view.abandon_rate) == (1, 0, 1.0)


def test_customer_who_hangs_up_within_his_patience_is_not_counted_as_abandoned_by_us() -> None:
    floor, said = running(free=2)
    quick, patient = placed(said)
    for call in (quick, patient):
        floor.answered(call.call)
    floor.abandoned(quick.call, AbandonedBy.CUSTOMER, 0.5)
    floor.abandoned(patient.call, AbandonedBy.CUSTOMER, 3.0)
    assert floor.engine.view("sales", floor.now).abandoned == 1


def test_rates_survive_a_restart_by_what_the_store_counted() -> None:
    floor = Floor(campaign(), agents=Agents(1), totals={"sales": Totals(connected=97, abandoned=3)})
    ((name, daily),) = floor.engine.uncounted()
    slot = int(floor.now // step_s(daily.window))
    floor.engine.recount(name, daily, [(slot, As.CONNECTED, 97), (slot, As.ABANDONED, 3)], floor.now)
    view = floor.engine.view("sales", floor.now)
    assert (view.abandon_rate, view.connected, view.abandoned) == (0.03, 97, 3)


def test_conversation_with_an_agent_closes_the_lead() -> None:
    floor, said = running(free=1)
    call = placed(said)[0]
    floor.answered(call.call)
    floor.connected(call.call)
    said = floor.ended(call, Outcome.ANSWERED, agent="1001", talk_s=30.0)
    assert [(fact.due, fact.why) for fact in only(said, LeadRested)] == [(None, "answered")]


def test_promised_callback_makes_the_lead_due_whether_said_during_or_after_the_call() -> None:
    for during in (True, False):
        floor, said = running(free=1)
        call = placed(said)[0]
        floor.answered(call.call)
        floor.connected(call.call)
        word = CallDisposed(
            call=call.call, agent=AgentId("1001"), disposition="callback", note="", callback_at=NOON + 7200
        )
        steps = [lambda floor=floor, word=word: floor.tell(word)]
        steps.append(lambda floor=floor, call=call: floor.ended(call, Outcome.ANSWERED, agent="1001", talk_s=9.0))
        heard = [fact for step in (steps if during else steps[::-1]) for fact in only(step(), LeadRested)]
        assert heard[-1].due == NOON + 7200


def test_wish_not_to_be_called_bars_the_customer_on_every_campaign() -> None:
    floor, said = running(free=1, many=2)
    call = placed(said)[0]
    floor.answered(call.call)
    floor.connected(call.call)
    said = floor.tell(
        CallDisposed(call=call.call, agent=AgentId("1001"), disposition="do_not_call", note="", callback_at=None)
    )
    assert [fact.customer for fact in only(said, CustomerBarred)] == [call.customer]
    floor.ended(call, Outcome.ANSWERED, agent="1001", talk_s=9.0)
    floor.agents.set(free=3)
    floor.leads = [lead(7, customer=call.customer)]
    said = floor.tick(31.0)
    assert [fact.rule for fact in only(said, DialRefused)] == ["do_not_call"]


def test_opt_out_key_during_the_abandon_message_bars_the_customer() -> None:
    floor, said = running(free=1)
    call = placed(said)[0]
    floor.answered(call.call)
    floor.abandoned(call.call)
    said = floor.tell(OptOutPressed(server=PBX, leg=LegId(call.call)))
    assert [(fact.why, fact.number_key) for fact in only(said, CustomerBarred)] == [("opt_out", call.number_key)]


def test_complaint_hangs_up_the_call_that_is_ringing_the_customer() -> None:
    floor, said = running(free=2)
    first, _ = placed(said)
    said = floor.tell(CustomerBarred(customer=first.customer, number_key=0, why="complaint", actor="boss"))
    assert hung_up(said) == [first.call]


def test_refused_lead_is_named_once_and_sent_to_rest_until_it_may_be_called() -> None:
    recent = (NOON - 10 * 86400, NOON - 86400)
    floor, said = running(free=1, leads=[lead(1, placed=recent), lead(2)])
    refused = only(said, DialRefused)
    assert [(fact.lead, fact.rule, fact.until) for fact in refused] == [(1, "frequency", recent[1] + 92 * 86400)]
    assert [fact.due for fact in only(said, LeadRested)] == [recent[1] + 92 * 86400]
    assert [only(floor.tick(), DialRefused) for _ in range(3)] == [[], [], []]


def test_two_leads_of_one_customer_are_not_dialled_at_the_same_time() -> None:
    twin = CustomerId("same")
    _, said = running(free=5, leads=[lead(1, customer=twin), lead(2, customer=twin)])
    assert len(placed(said)) == 1
    assert [fact.rule for fact in only(said, DialRefused)] == ["in_call"]


def test_two_campaigns_do_not_dial_one_customer_at_the_same_time() -> None:
    twin, other = CustomerId("same"), CampaignId("other")
    his = [lead(1, customer=twin), lead(2, customer=twin, campaign=other), lead(3, campaign=other)]
    floor, said = running({"sales": campaign(), "other": campaign()}, free=5, leads=his)
    said += floor.ask("start", other)
    assert [(one.campaign, one.lead) for one in placed(said)] == [("sales", 1), ("other", 3)]
    assert [(fact.campaign, fact.rule) for fact in only(said, DialRefused)] == [("other", "in_call")]
    floor.ended(placed(said)[0], Outcome.BUSY)
    floor.leads = [lead(2, customer=twin, campaign=other)]
    floor.now += 600
    assert [one.lead for one in placed(floor.tick(campaign=other))] == [2]


def test_two_leads_of_one_number_are_not_dialled_at_the_same_time_from_two_campaigns() -> None:
    other = CampaignId("other")
    his = [lead(1, number_key=7), lead(2, number_key=7, campaign=other)]
    floor, said = running({"sales": campaign(), "other": campaign()}, free=5, leads=his)
    said += floor.ask("start", other)
    assert [one.lead for one in placed(said)] == [1]
    assert [fact.rule for fact in only(said, DialRefused)] == ["in_call"]


def test_unknown_outcome_is_not_dialled_again_early() -> None:
    floor, said = running(free=1)
    said = floor.ended(placed(said)[0], Outcome.UNKNOWN)
    assert only(said, LeadRested)[0].due == NOON + 86400


def test_calls_from_before_a_restart_are_taken_into_the_books() -> None:
    floor = Floor(campaign(), agents=Agents(2), leads=leads(9))
    open_call = OpenCall(
        call=CallId("c-old"),
        campaign=SALES,
        lead=LeadId(77),
        customer=CustomerId("k1"),
        trunk=TrunkId("carrier"),
        server=PBX,
        caller_id="",
        mode="progressive",
        placed_at=NOON - 5,
        answered_at=None,
        connected_at=None,
        agent=None,
        recording=False,
    )
    said = floor.tell(Restored(calls=(open_call,), campaigns=((SALES, "running"),)))
    assert [one.lead for one in placed(said)] == [2], "one agent is kept for the old call; its customer is in a call"
    assert [fact.rule for fact in only(said, DialRefused)] == ["in_call"]
    assert floor.engine.trunk_views()[0].busy == 2


def test_end_of_a_call_that_is_not_in_the_books_is_an_anomaly_and_changes_nothing() -> None:
    floor, said = running(free=1)
    call = placed(said)[0]
    floor.ended(call, Outcome.BUSY)
    before = floor.engine.view("sales", floor.now)
    assert only(floor.ended(call, Outcome.BUSY), Anomaly)
    assert floor.engine.view("sales", floor.now) == before


def test_events_of_no_concern_to_the_dialler_are_passed_over() -> None:
    floor, _ = running()
    word = DispositionGiven(actor="1001", agent=AgentId("1001"), call=CallId("c-9"), disposition="sale")
    assert floor.tell(word) == []
    assert floor.tell("nonsense") == []


def test_mode_can_be_changed_while_the_campaign_runs() -> None:
    floor, said = running(free=4)
    assert len(placed(said)) == 4
    said = floor.hear(floor.engine.reload({"sales": campaign("power", pacing=pacing(ratio=2.0))}, floor.now))
    assert len(placed(said)) == 4
    view = floor.engine.view("sales", floor.now)
    assert (view.state, view.mode) == ("running", "power")


def test_campaign_taken_out_of_the_settings_drains_and_is_gone() -> None:
    floor, said = running(free=1)
    heard = floor.engine.reload({}, floor.now)
    assert [fact.state for fact in only(heard, CampaignChanged)] == ["draining"]
    floor.ended(placed(said)[0], Outcome.BUSY)
    assert floor.engine.view("sales", floor.now) is None


def test_a_customer_changed_meanwhile_is_given_up_and_fetched_anew() -> None:
    floor, _ = running(free=1, many=10)
    was = floor.engine.view("sales", floor.now).hopper
    said = floor.tell(LeadAltered(lead=LeadId(5), campaign=SALES, fields=("number",)))
    assert [(fact.lead, fact.why) for fact in only(said, LeadRested)] == [(LeadId(5), "refetch")]
    assert floor.engine.view("sales", floor.now).hopper == was - 1
    assert floor.tell(LeadAltered(lead=LeadId(5), campaign=SALES, fields=("number",))) == []
    assert floor.tell(LeadAltered(lead=LeadId(6), campaign=CampaignId("gone"), fields=("name",))) == []


def test_campaign_new_in_the_settings_stands_stopped() -> None:
    floor = Floor({}, agents=Agents(1), leads=leads(3))
    assert floor.engine.reload({"sales": campaign()}, floor.now) == []
    assert floor.engine.view("sales", floor.now).state == "stopped"
    assert len(placed(floor.ask("start"))) == 1


def test_trunk_that_is_full_holds_the_pace_and_the_leads_stay() -> None:
    floor, said = running(free=9, trunks=[trunk(channels=2)])
    assert len(placed(said)) == 2
    view = floor.engine.view("sales", floor.now)
    assert (view.reason_code, view.hopper) == ("pace.lines", 48)


def test_number_no_trunk_may_carry_is_refused_by_the_fraud_guard() -> None:
    _, said = running(free=1, trunks=[trunk(allowed_prefixes=["+49"])], many=1)
    assert placed(said) == []
    assert [fact.rule for fact in only(said, DialRefused)] == ["prefix"]


def test_calls_that_have_not_left_when_the_store_fails_are_taken_back() -> None:
    floor, said = running(free=2)
    left, held = placed(said)
    floor.tell(OriginateAccepted(server=PBX, leg=LegId(left.call)))
    assert hung_up(floor.tell(AlarmRaised(alarm="store", about="disk"))) == [held.call]


def test_pace_names_the_lack_of_leads_and_of_trunks() -> None:
    floor, _ = running(many=1, free=3)
    assert floor.engine.view("sales", floor.now).reason_code == "pace.no_leads"
    floor, _ = running(campaign(trunks=["gone"]), free=3)
    assert floor.engine.view("sales", floor.now).reason_code == "pace.no_trunk"


def test_two_second_late_connection_is_counted_apart() -> None:
    floor, said = running(free=1)
    call = placed(said)[0]
    floor.answered(call.call)
    floor.connected(call.call, waited_s=2.5)
    totals = floor.engine.totals("sales")
    assert (totals.connected, totals.late, totals.abandoned) == (1, 1, 0)


def test_call_ringing_at_an_agent_is_not_counted_as_waiting_for_another() -> None:
    floor, said = running(free=1)
    call = placed(said)[0]
    floor.answered(call.call)
    floor.tell(CallOffered(call=call.call, agent=AgentId("1001"), server=PBX, campaign=SALES, why="idle"))
    floor.agents.set(free=1, reserved=1)
    assert len(placed(floor.tick())) == 1


@settings(deadline=None, max_examples=60)
@given(
    mode=st.sampled_from(["progressive", "power", "predictive"]),
    steps=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=60),
)
def test_books_balance_whatever_happens_in_whatever_order(mode: str, steps: list[tuple[int, int]]) -> None:
    """Trunk channels, stages and the gate's holds all return to nothing once every call has ended."""
    floor, said = running(campaign(mode, frequency=[]), free=5, many=400)
    open_calls = list(placed(said))
    for what, which in steps:
        call = open_calls[which % len(open_calls)] if open_calls else None
        if what == 0:
            floor.agents.set(free=which % 6, talking=which % 4)
        elif what == 1:
            said = floor.agent("1001", AgentState.READY, AgentState.LOGGED_OUT)
        elif call is None or what in (2, 3):
            said = floor.tick()
            open_calls += placed(said)
        elif what == 4:
            floor.tell(CallRang(call=call.call))
        elif what == 5:
            floor.answered(call.call)
        elif what == 6:
            floor.connected(call.call)
        elif what == 7:
            floor.abandoned(call.call)
        else:
            open_calls.remove(call)
            floor.ended(call, list(Outcome)[which % len(Outcome)])
        view = floor.engine.view("sales", floor.now)
        assert floor.engine.trunk_views()[0].busy == len(open_calls)
        assert sum(view.stages.values()) <= len(open_calls)
    floor.ask("drain")
    for call in open_calls:
        floor.ended(call, Outcome.BUSY)
    view = floor.engine.view("sales", floor.now)
    assert view.state == "stopped"
    assert sum(view.stages.values()) == floor.engine.trunk_views()[0].busy == 0
    assert view.placed == sum(view.outcomes.values())


def test_call_to_be_hung_up_while_the_pbx_was_away_is_hung_up_when_it_is_back() -> None:
    floor, said = running(free=1)
    call = placed(said)[0]
    floor.tell(ServerChanged(server=PBX, state="lost", why="eof"))
    floor.ask("stop")
    assert hung_up(floor.tell(ServerChanged(server=PBX, state="up", why=""))) == [call.call]
    floor.ended(call, Outcome.CANCELLED)
    assert hung_up(floor.tell(ServerChanged(server=PBX, state="up", why=""))) == []

"""The hopper: agents never wait for leads the store has, and the store is not asked without need."""

from telephony.facts import DialRefused, LeadRested
from telephony.ids import AgentId
from telephony.leads import LeadsFetched
from telephony.outcomes import Outcome

from .floor import ALWAYS, NOON, SALES, Agents, CallingWindow, Floor, campaign, lead, only, placed

SHUT = [CallingWindow(begin="00:00", end="00:01")]


def test_agents_never_wait_for_leads_the_store_has() -> None:
    """Forty agents whose every call is busy at once, a hopper of ten, five minutes: each tick each agent is dialled for."""
    floor = Floor(campaign(hopper=10), agents=Agents(40), leads=[lead(n) for n in range(1, 30_001)])
    said = floor.ask("start")
    for _ in range(600):
        calls = placed(said)
        assert len(calls) == 40
        for call in calls:
            floor.ended(call, Outcome.BUSY)
        said = floor.tick()


def test_only_one_question_to_the_store_is_under_way() -> None:
    floor = Floor(campaign(), agents=Agents(1))
    floor.hear = lambda said: said  # type: ignore[method-assign]
    asked = [word for word in floor.ask("start") + floor.tick() + floor.tick() if type(word).__name__ == "FetchLeads"]
    assert len(asked) == 1
    again = [word for word in floor.tick(31.0) if type(word).__name__ == "FetchLeads"]
    assert len(again) == 1, "an answer that never comes is given up after half a minute"


def test_empty_store_is_asked_again_when_the_next_lead_comes_due() -> None:
    floor = Floor(campaign(), agents=Agents(1))
    floor.next_due = NOON + 10
    floor.ask("start")
    floor.leads = [lead(1)]
    assert placed(floor.tick(9.0)) == []
    assert len(placed(floor.tick(1.5))) == 1


def test_lead_sent_to_rest_is_asked_for_when_its_rest_is_over() -> None:
    floor = Floor(campaign(retry={"busy": {"after_s": 5, "times": 3}}), agents=Agents(1), leads=[lead(1)])
    call = placed(floor.ask("start"))[0]
    rested = only(floor.ended(call, Outcome.BUSY), LeadRested)[0]
    assert rested.due == NOON + 5
    floor.leads = [lead(1, attempts=1)]
    assert placed(floor.tick(4.5)) == []
    assert len(placed(floor.tick(1.0))) == 1


def test_night_does_not_send_the_whole_list_through_the_gate() -> None:
    floor = Floor(campaign(windows=SHUT), agents=Agents(5), leads=[lead(n) for n in range(1, 100_001)])
    floor.ask("start")
    for _ in range(360):
        floor.tick(10.0)
    assert len(floor.fetches) < 20


def test_barred_head_of_the_list_does_not_keep_agents_from_the_rest() -> None:
    recent = (NOON - 86400, NOON - 3600)
    stock = [lead(n, placed=recent) for n in range(1, 2001)] + [lead(n) for n in range(2001, 2010)]
    floor = Floor(campaign(hopper=50), agents=Agents(3), leads=stock)
    floor.ask("start")
    assert floor.engine.view("sales", floor.now).placed == 3


def test_lead_is_gated_again_at_the_moment_of_dialling() -> None:
    floor = Floor(campaign(windows=[CallingWindow(begin="08:00", end="13:01")]), agents=Agents(0), leads=[lead(1)])
    floor.agents.set(talking=1)
    floor.ask("start")
    floor.agents.set(free=1)
    said = floor.tick(61.0)
    assert placed(said) == []
    assert [fact.rule for fact in only(said, DialRefused)] == ["window"]


def test_lead_held_for_more_than_an_hour_is_asked_for_afresh() -> None:
    floor = Floor(campaign(), agents=Agents(0), leads=[lead(1)])
    floor.agents.set(talking=1)
    floor.ask("start")
    floor.agents.set(free=1)
    said = floor.tick(3700.0)
    assert placed(said) == []
    assert [fact.why for fact in only(said, LeadRested)] == ["refetch"]


def test_higher_priority_goes_first_and_the_store_s_order_within_it() -> None:
    stock = [lead(1), lead(2), lead(3, priority=5)]
    floor = Floor(campaign(), agents=Agents(3), leads=stock)
    assert [call.lead for call in placed(floor.ask("start"))] == [3, 1, 2]


def test_lead_delivered_twice_is_held_once() -> None:
    floor = Floor(campaign("preview"), agents=Agents(1))
    floor.ask("start")
    floor.tell(LeadsFetched(campaign=SALES, leads=(lead(1), lead(1)), limit=200))
    floor.tell(LeadsFetched(campaign=SALES, leads=(lead(1),), limit=200))
    assert floor.engine.view("sales", floor.now).hopper == 1


def test_personal_callback_goes_to_its_agent_and_after_a_quarter_of_an_hour_to_anybody() -> None:
    own = lead(1, agent=AgentId("1001"), due=NOON)
    floor = Floor(campaign(), agents=Agents(1), leads=[own])
    assert placed(floor.ask("start")) == []
    floor.agents.takers = {"1001"}
    assert [(call.lead, call.agent) for call in placed(floor.tick())] == [(1, "1001")]
    floor = Floor(campaign(windows=ALWAYS), agents=Agents(1), leads=[own])
    floor.ask("start")
    assert [(call.lead, call.agent) for call in placed(floor.tick(901.0))] == [(1, None)]


def test_callbacks_of_absent_agents_do_not_keep_the_others_waiting() -> None:
    stock = [lead(n, agent=AgentId("absent"), due=NOON) for n in range(1, 21)]
    floor = Floor(campaign(hopper=20), agents=Agents(2), leads=[*stock, *(lead(n) for n in range(21, 60))])
    floor.ask("start")
    floor.tick()
    assert floor.engine.view("sales", floor.now).placed == 2

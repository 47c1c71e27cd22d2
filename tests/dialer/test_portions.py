"""Portions of groups and agents: nobody else gets their customers, whatever the mode."""

from typing import Any

from config.model import AgentSettings
from telephony.agents import AgentState, DialAsked, PreviewAsked, SkipAsked
from telephony.batches import BatchClosed, LeadsAllocated, LeadsRecovered, LeadsReleased
from telephony.facts import AskRefused, LeadRested, LeadShown
from telephony.ids import AgentId, CampaignId, LeadId
from telephony.leads import LeadsFetched, Restored
from telephony.outcomes import Outcome

from .floor import NOON, SALES, Agents, Floor, campaign, lead, only, placed

B = "group:B"


def staff(**groups: str) -> list[AgentSettings]:
    return [
        AgentSettings(id=name.strip("a"), asterisk="pbx1", endpoint=f"PJSIP/{name}", campaigns=["sales"], group=group)
        for name, group in groups.items()
    ]


def opened(mode: str = "progressive", *, holders: tuple[str, ...] = (B,), **groups: str) -> Floor:
    """A floor whose agents are signed in and free, and whose campaign runs."""
    crew = staff(**(groups or {"a1001": "A", "a1002": "B"}))
    floor = Floor(campaign(mode), agents=Agents(len(crew)), staff=crew)
    floor.agents.takers = {one.id for one in crew}
    floor.tell(Restored(portions=tuple((SALES, holder) for holder in holders)))
    for one in crew:
        floor.agent(one.id, AgentState.LOGGED_OUT, AgentState.READY)
    floor.ask("start")
    return floor


def asked(floor: Floor) -> set[tuple[str, ...]]:
    return {fetch.holders for fetch in floor.fetches}


def bring(floor: Floor, *ids: int, holder: str = B, **changes: object) -> list[Any]:
    leads = tuple(lead(number, holder=holder, **changes) for number in ids)
    return floor.tell(LeadsFetched(campaign=SALES, leads=leads, limit=20, holders=(holder,)))


def moved(kind: type, *ids: int, **changes: object) -> object:
    leads = tuple(LeadId(number) for number in ids)
    return kind(batch="b1", campaign=SALES, leads=leads, count=len(leads), **changes)


def test_customers_of_a_group_are_dialled_for_free_agents_of_that_group_only() -> None:
    floor = opened()
    assert asked(floor) == {("",), (B,)}
    calls = placed(bring(floor, 1, 2, 3))
    assert [(call.agent, call.reason) for call in calls] == [("1002", "pace.portion")]
    assert placed(floor.tick()) == [], "one call for one agent"
    floor.agents.takers = {"1001"}
    floor.ended(calls[0], Outcome.BUSY)
    assert placed(floor.tick()) == [], "the other group's agent gets none of them"
    floor.agents.takers = {"1001", "1002"}
    assert [call.agent for call in placed(floor.tick())] == ["1002"]


def test_a_campaign_of_one_group_dials_its_customers_for_anybody_of_it() -> None:
    floor = opened(a1001="B", a1002="B")
    assert asked(floor) == {("", B)}
    said = floor.tell(LeadsFetched(campaign=SALES, leads=(lead(1, holder=B), lead(2)), limit=20, holders=("", B)))
    assert [call.agent for call in placed(said)] == [None, None]


def test_customers_of_one_agent_wait_for_him_however_long_he_is_away() -> None:
    floor = opened(holders=("agent:1002",))
    floor.agents.takers = {"1001"}
    bring(floor, 1, holder="agent:1002")
    for _ in range(40):
        assert placed(floor.tick(60.0)) == []
    floor.agents.takers = {"1002"}
    assert [call.agent for call in placed(floor.tick())] == ["1002"]


def test_nothing_is_fetched_for_who_is_not_there() -> None:
    crew = staff(a1001="A", a1002="B")
    floor = Floor(campaign(), agents=Agents(1), staff=crew)
    floor.tell(Restored(portions=((SALES, B), (CampaignId("gone"), B))))
    floor.agent("1001", AgentState.LOGGED_OUT, AgentState.READY)
    floor.ask("start")
    assert asked(floor) == {("",)}
    floor.agent("1002", AgentState.LOGGED_OUT, AgentState.READY)
    floor.tick()
    assert asked(floor) == {("",), (B,)}


def test_an_agent_is_shown_his_own_then_his_group_s_then_everybody_s_customers() -> None:
    floor = opened("preview", holders=(B, "agent:1002"))
    bring(floor, 1, holder="")
    bring(floor, 2)
    bring(floor, 3, holder="agent:1002")

    def shown(agent: str) -> list[int]:
        said = floor.tell(PreviewAsked(actor=agent, agent=AgentId(agent), campaign=SALES))
        return [fact.lead for fact in only(said, LeadShown)]

    def next_of(agent: str, before: int) -> list[int]:
        said = floor.tell(SkipAsked(actor=agent, agent=AgentId(agent), lead=LeadId(before)))
        return [fact.lead for fact in only(said, LeadShown)]

    assert shown("1002") == [3]
    assert next_of("1002", 3) == [2]
    assert shown("1001") == [1], "and never what another group holds"
    assert next_of("1001", 1) == []


def test_a_portion_allocated_while_dialling_is_fetched_at_once() -> None:
    floor = opened(holders=())
    assert asked(floor) == {("",)}
    floor.tell(moved(LeadsAllocated, 7, 8, holder=B))
    floor.tick()
    assert (B,) in asked(floor)


def test_recovered_customers_leave_the_hopper_at_once() -> None:
    floor = opened()
    floor.agents.takers = set()
    bring(floor, 1, 2, 3)
    floor.tell(moved(LeadsRecovered, 1, 2, holder=B, why="withdrawn"))
    floor.agents.takers = {"1002"}
    assert [call.lead for call in placed(floor.tick())] == [3]
    view = floor.engine.view("sales", floor.now)
    assert view is not None
    assert view.hopper == 0


def test_a_customer_recovered_while_the_store_was_answering_is_not_dialled() -> None:
    floor = opened()
    floor.tell(moved(LeadsRecovered, 1, holder=B, why="withdrawn"))
    said = floor.tell(LeadsFetched(campaign=SALES, leads=(lead(1, holder=B, due=9.0),), limit=20, holders=(B,)))
    assert [(fact.lead, fact.due, fact.why) for fact in only(said, LeadRested)] == [(1, 9.0, "moved")]
    assert placed(floor.tick()) == []


def test_a_customer_given_back_and_released_again_is_dialled() -> None:
    floor = opened()
    floor.tell(moved(LeadsRecovered, 1, holder=B, why="withdrawn"))
    floor.tell(moved(LeadsReleased, 1))
    assert [call.lead for call in placed(bring(floor, 1, holder=""))] == [1]


def test_a_closed_batch_is_dialled_no_more_and_its_calls_go_on() -> None:
    floor = opened(a1001="")
    leads = [lead(number, batch="b1") for number in (1, 2, 3)] + [lead(4, batch="b2")]
    (call,) = placed(floor.tell(LeadsFetched(campaign=SALES, leads=tuple(leads), limit=20)))
    floor.agents.set(free=0, talking=1)
    said = floor.tell(BatchClosed(batch="b1", campaign=SALES, why="time"))
    assert said == [], "nobody is hung up"
    late = (lead(5, batch="b1"), lead(6, batch="b2"))
    assert only(floor.tell(LeadsFetched(campaign=SALES, leads=late, limit=20)), LeadRested) == []
    floor.agents.set(free=3)
    floor.ended(call, Outcome.ANSWERED, agent="1001", talk_s=10.0)
    assert {one.lead for one in placed(floor.tick())} == {4, 6}


def test_a_customer_shown_to_an_agent_is_taken_away_with_his_batch() -> None:
    floor = opened("preview", a1001="")
    floor.tell(LeadsFetched(campaign=SALES, leads=(lead(1, batch="b1"),), limit=20))
    floor.tell(PreviewAsked(actor="1001", agent=AgentId("1001"), campaign=SALES))
    floor.tell(BatchClosed(batch="b1", campaign=SALES, why="asked"))
    said = floor.tell(DialAsked(actor="1001", agent=AgentId("1001"), lead=LeadId(1)))
    assert [fact.code for fact in only(said, AskRefused)] == ["preview.not_shown"]
    assert placed(said) == []


def test_who_promised_a_callback_of_a_portion_keeps_it_and_after_a_quarter_of_an_hour_his_group_has_it() -> None:
    floor = opened(a1001="A", a1002="B", a1003="B")
    floor.agents.takers = {"1001", "1003"}
    bring(floor, 1, agent=AgentId("1002"), due=NOON)
    assert placed(floor.tick()) == []
    assert [call.agent for call in placed(floor.tick(901.0))] == ["1003"]

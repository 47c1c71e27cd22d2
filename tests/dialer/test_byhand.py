"""Preview and manual dialling: one agent, one customer shown, his to dial or to give back."""

from dialer.hopper import STALE_S
from telephony.agents import AgentState, DialAsked, PreviewAsked, SkipAsked
from telephony.facts import AskRefused, CustomerBarred, DialRefused, LeadRested, LeadShown, LeadSkipped
from telephony.ids import AgentId, CustomerId, LeadId, ServerId

from .floor import NOON, PBX, SALES, Agents, Floor, campaign, hung_up, lead, only, placed, trunk

ANN = AgentId("1001")


def preview(floor: Floor, agent: AgentId = ANN) -> list:
    return floor.tell(PreviewAsked(actor=agent, agent=agent, campaign=SALES))


def dial(floor: Floor, number: int, agent: AgentId = ANN) -> list:
    return floor.tell(DialAsked(actor=agent, agent=agent, lead=LeadId(number)))


def skip(floor: Floor, number: int) -> list:
    return floor.tell(SkipAsked(actor=ANN, agent=ANN, lead=LeadId(number)))


def running(mode: str = "preview", **more) -> Floor:
    agents = Agents(1)
    agents.takers = {"1001", "1002"}
    floor = Floor(campaign(mode), agents=agents, leads=[lead(n) for n in range(1, 6)], **more)
    floor.ask("start")
    return floor


def code(said: list) -> list[str]:
    return [fact.code for fact in only(said, AskRefused)]


def test_agent_is_shown_a_customer_and_dials_him() -> None:
    for mode in ("preview", "manual"):
        floor = running(mode)
        assert [fact.lead for fact in only(preview(floor), LeadShown)] == [1]
        assert [(call.lead, call.agent, call.mode) for call in placed(dial(floor, 1))] == [(1, ANN, mode)]


def test_a_customer_shown_hours_ago_is_not_dialled_on_what_was_known_then() -> None:
    floor = running()
    preview(floor)
    floor.now += STALE_S + 1
    said = dial(floor, 1)
    assert placed(said) == []
    assert code(said) == ["preview.not_shown"]
    assert [(fact.lead, fact.why) for fact in only(said, LeadRested)] == [(1, "refetch")]
    assert code(dial(floor, 1)) == ["preview.not_shown"]


def test_nothing_is_dialled_by_itself() -> None:
    floor = running()
    assert placed(floor.said) == []
    assert placed(floor.tick()) == []
    assert floor.engine.view("sales", floor.now).reason_code == "pace.by_hand"


def test_asking_again_shows_the_same_customer() -> None:
    floor = running()
    preview(floor)
    assert [fact.lead for fact in only(preview(floor), LeadShown)] == [1]


def test_two_agents_are_shown_different_customers() -> None:
    floor = running()
    preview(floor)
    assert [fact.lead for fact in only(preview(floor, AgentId("1002")), LeadShown)] == [2]


def test_skipped_customer_rests_and_the_next_is_shown() -> None:
    floor = running()
    preview(floor)
    said = skip(floor, 1)
    assert [fact.lead for fact in only(said, LeadSkipped)] == [1]
    assert [(fact.lead, fact.due) for fact in only(said, LeadRested)] == [(1, NOON + 600)]
    assert [fact.lead for fact in only(said, LeadShown)] == [2]


def test_customer_who_was_not_shown_cannot_be_dialled_or_skipped() -> None:
    floor = running()
    preview(floor)
    assert code(dial(floor, 2)) == ["preview.not_shown"]
    assert code(skip(floor, 2)) == ["preview.not_shown"]
    assert code(dial(floor, 1, AgentId("1002"))) == ["preview.not_shown"]


def test_agent_who_is_not_free_is_neither_shown_nor_dials() -> None:
    floor = running()
    preview(floor)
    floor.agents.takers = set()
    assert code(dial(floor, 1)) == ["preview.not_free"]
    assert code(preview(floor, AgentId("1002"))) == ["preview.not_free"]


def test_dialling_twice_places_one_call() -> None:
    floor = running()
    preview(floor)
    assert len(placed(dial(floor, 1))) == 1
    assert code(dial(floor, 1)) == ["preview.not_shown"]
    assert code(preview(floor)) == ["preview.not_free"]


def test_gate_has_the_last_word_on_what_an_agent_dials() -> None:
    floor = running()
    preview(floor)
    floor.tell(CustomerBarred(customer=CustomerId("k1"), number_key=0, why="complaint", actor="boss"))
    said = dial(floor, 1)
    assert placed(said) == []
    assert code(said) == ["gate.do_not_call"]
    assert [fact.rule for fact in only(said, DialRefused)] == ["do_not_call"]


def test_agent_who_signs_out_gives_his_customer_back() -> None:
    floor = running()
    preview(floor)
    said = floor.agent("1001", AgentState.READY, AgentState.LOGGED_OUT)
    assert [(fact.lead, fact.why) for fact in only(said, LeadRested)] == [(1, "given_back")]


def test_call_leaves_by_a_trunk_of_the_agent_s_own_pbx() -> None:
    floor = running(trunks=[trunk("a"), trunk("b", asterisk="pbx2")])
    floor.agent("1001", AgentState.AUX, AgentState.READY, ServerId("pbx2"))
    preview(floor)
    assert code(dial(floor, 1)) == ["pace.server"]
    floor.agent("1001", AgentState.AUX, AgentState.READY, PBX)
    assert [call.trunk for call in placed(dial(floor, 1))] == ["a"]


def test_wish_is_refused_on_the_wrong_campaign_and_without_leads() -> None:
    floor = running("progressive")
    assert code(preview(floor)) == ["preview.wrong_mode"]
    floor = running()
    floor.ask("pause")
    assert code(preview(floor)) == ["campaign.not_running"]
    floor = Floor(campaign("preview"), agents=floor.agents)
    floor.ask("start")
    assert code(preview(floor)) == ["preview.no_lead"]


def test_change_to_automatic_dialling_gives_back_what_was_shown() -> None:
    floor = running()
    preview(floor)
    said = floor.hear(floor.engine.reload({"sales": campaign()}, floor.now))
    assert [(fact.lead, fact.why) for fact in only(said, LeadRested)] == [(1, "given_back")]
    assert [call.lead for call in placed(said)] == [2]


def test_call_of_an_agent_who_signs_out_is_hung_up_before_it_is_answered() -> None:
    floor = running()
    preview(floor)
    call = placed(dial(floor, 1))[0]
    assert hung_up(floor.agent("1002", AgentState.READY, AgentState.LOGGED_OUT)) == []
    assert hung_up(floor.agent("1001", AgentState.RESERVED, AgentState.LOGGED_OUT)) == [call.call]

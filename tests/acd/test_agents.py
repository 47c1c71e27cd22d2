"""One agent's table: what each verb does in each state, and what it leaves alone."""

from pathlib import Path

import pytest

from acd.agents import ON_A_CALL, TABLE, WITH_CUSTOMER, Agent, IllegalVerb, Verb
from acd.statechart import redrawn
from config.model import AgentSettings
from telephony.agents import AgentState, SeatMode
from telephony.ids import AgentId, CallId, ServerId

S = AgentState


def agent(state: AgentState, call: str | None = "c-1") -> Agent:
    settings = AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001", campaigns=["sale"])
    return Agent(
        id=AgentId("1001"),
        settings=settings,
        server=ServerId("pbx1"),
        mode=SeatMode.NAILED_UP,
        state=state,
        since=1000.0,
        call=CallId(call) if call else None,
    )


@pytest.mark.parametrize("state", [S.TALKING, S.HOLD])
def test_an_agent_who_consults_keeps_his_customer(state: AgentState) -> None:
    one = agent(state)
    assert one.do(Verb.CONSULT, 1005.0).now is S.CONSULTING
    assert one.call == "c-1"


def test_a_consultation_that_failed_leaves_the_customer_on_hold_and_one_that_is_over_brings_him_back() -> None:
    one = agent(S.CONSULTING)
    assert one.do(Verb.BACK, 1005.0).now is S.HOLD
    other = agent(S.CONSULTING)
    assert other.do(Verb.RESUME, 1005.0).now is S.TALKING
    assert one.call == other.call == "c-1"


def test_an_agent_whose_customer_ends_or_goes_to_another_while_he_consults_has_his_wrap_up() -> None:
    one = agent(S.CONSULTING)
    change = one.do(Verb.CALL_OVER, 1005.0)
    assert (change.now, change.call, one.call, one.last_call) == (S.WRAP_UP, "c-1", None, "c-1")


def test_nobody_consults_without_a_customer() -> None:
    for state in set(S) - WITH_CUSTOMER:
        with pytest.raises(IllegalVerb):
            agent(state).do(Verb.CONSULT, 1005.0)


def test_every_state_has_a_row_and_every_verb_a_use() -> None:
    assert set(TABLE) == set(S)
    assert {verb for row in TABLE.values() for verb in row} == set(Verb)
    assert WITH_CUSTOMER < ON_A_CALL


def test_the_page_of_states_shows_the_table_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "states.md").read_text(encoding="utf-8")
    assert redrawn(page) == page, "draw it again: python -m acd.statechart docs/states.md"
    for state, row in TABLE.items():
        for verb, target in row.items():
            assert f"{state.name} --> {target.name}:" in page
            assert verb.value in page


def test_a_page_without_a_place_for_the_picture_is_left_alone() -> None:
    with pytest.raises(ValueError, match="no place"):
        redrawn("# Nothing here")


def test_an_agent_stuck_in_a_call_can_be_freed_and_one_who_is_in_none_cannot() -> None:
    for state in S:
        one = agent(state)
        if state in ON_A_CALL:
            assert one.do(Verb.FREE, 1005.0, "released", "chief").actor == "chief"
            assert (one.state, one.call) == (S.AUX, None)
        else:
            assert not one.may(Verb.FREE)

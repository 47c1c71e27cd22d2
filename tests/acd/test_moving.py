"""Agents who move to a spare seat: their phone is called there, at once or after the call."""

from telephony.agents import AgentState, PhoneMoved
from telephony.commands import HangUp, SeatAgent
from telephony.facts import AskRefused, SeatLeft
from telephony.ids import AgentId

from .test_engine import Floor, of

S = AgentState
SPARE = "PJSIP/spare"


def move(floor: Floor, endpoint: str = SPARE, agent: str = "1001") -> list:
    return floor.tell(PhoneMoved(actor="lead", agent=AgentId(agent), endpoint=endpoint))


def test_the_phone_of_a_free_agent_is_called_at_the_other_seat_at_once() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    old = floor.agent().seat
    said = move(floor)
    assert [one.leg for one in of(said, HangUp)] == [old]
    assert [one.endpoint for one in of(said, SeatAgent)] == [SPARE]
    assert [one.why for one in of(said, SeatLeft)] == ["moved"]
    assert floor.agent().seat not in (None, old)


def test_an_agent_on_a_call_keeps_his_phone_until_it_is_over() -> None:
    floor = Floor(agents=1)
    floor.sign_in()
    floor.talk()
    said = move(floor)
    assert of(said, HangUp) == []
    assert floor.agent().state is S.TALKING
    assert floor.agent().settings.endpoint == SPARE


def test_a_phone_goes_home_again_and_a_second_wish_for_it_does_nothing() -> None:
    floor = Floor(agents=1)
    own = floor.agent().settings.endpoint
    move(floor)
    assert floor.agent().settings.endpoint == SPARE
    assert move(floor) == []
    move(floor, "")
    assert floor.agent().settings.endpoint == own


def test_an_agent_nobody_knows_is_refused() -> None:
    floor = Floor(agents=1)
    assert [one.code for one in of(move(floor, agent="9"), AskRefused)] == ["agent_unknown"]

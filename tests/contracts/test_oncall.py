"""What an agent does with a call he has: rooms and their guests, parties outside, nodes and surveys."""

from telephony.commands import (
    AskSurvey,
    ConnectOutside,
    ConnectToSeat,
    DialOutside,
    HoldCustomer,
    Question,
    SendHome,
    SendToNode,
    VisitRoom,
    WarnAgent,
)
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    BridgeLeft,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    OriginateEnded,
    SurveyOver,
    SurveyPressed,
)
from telephony.ids import AgentId, CallId, LegId, TrunkId, outside_leg
from tests.contracts.stage import Fate, Phone, Stage
from tests.contracts.test_seats import connect, parked, ring, seated


async def talking(stage: Stage) -> tuple[AgentId, LegId, CallId]:
    agent, leg, _ = await seated(stage)
    call = await parked(stage)
    connect(stage, call, agent)
    await stage.sees(BridgeEntered, leg=call)
    return agent, leg, call


async def rung(stage: Stage) -> tuple[AgentId, LegId, CallId]:
    """An agent whose phone has rung for the customer, and its leg."""
    agent, endpoint = stage.phone(Phone.ANSWERS)
    call = await parked(stage)
    ring(stage, call, agent, endpoint)
    await stage.sees(BridgeEntered, leg=call)
    phone = next(e.leg for e in stage.seen(LegCreated, linked=call) if e.leg != call)
    await stage.sees(BridgeEntered, leg=phone)
    return agent, phone, call


def hold(stage: Stage, call: CallId, agent: AgentId | None = None, leg: LegId | None = None) -> None:
    stage.exchange.perform(HoldCustomer(server=stage.server, call=call, agent=agent, leg=leg))


def visit(stage: Stage, leg: LegId, agent: AgentId, room: str) -> None:
    stage.exchange.perform(VisitRoom(server=stage.server, leg=leg, agent=agent, room=room))


def outside(stage: Stage, call: CallId, fate: Fate, *, talk_s: float = 0.0, template: str | None = None) -> LegId:
    leg = outside_leg(call, f"{next(stage._serial):06}")
    stage.exchange.perform(
        DialOutside(
            server=stage.server,
            call=call,
            leg=leg,
            number=stage.number(fate, talk_s=talk_s),
            trunk=TrunkId("carrier"),
            dial=template or stage.template,
            caller_id="4001234567",
            ring_s=20.0,
        )
    )
    return leg


async def last_entered(stage: Stage, leg: str, times: int) -> BridgeEntered:
    return await stage.sees(BridgeEntered, leg=leg, times=times)


async def test_rung_phone_is_held_and_resumed_in_a_seat_of_its_own(stage: Stage) -> None:
    agent, phone, call = await rung(stage)
    hold(stage, call, agent, phone)
    seat = await last_entered(stage, phone, 2)
    await stage.sees(BridgeLeft, leg=call)
    await stage.passes(0.3)
    assert not stage.seen(LegEnded, leg=phone)
    assert not stage.seen(LegEnded, leg=call)
    assert len(stage.seen(LegParked, leg=call)) == 1
    connect(stage, call, agent)
    assert (await last_entered(stage, call, 2)).bridge == seat.bridge


async def test_rung_phone_in_its_seat_outlives_the_customer_until_it_is_hung_up(stage: Stage) -> None:
    agent, phone, call = await rung(stage)
    hold(stage, call, agent, phone)
    await last_entered(stage, phone, 2)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)
    await stage.passes(0.3)
    assert not stage.seen(LegEnded, leg=phone)
    stage.hang_up(phone)
    await stage.sees(LegEnded, leg=phone)


async def test_customer_who_comes_back_before_his_agent_waits_for_him_in_the_seat(stage: Stage) -> None:
    agent, leg, call = await talking(stage)
    _, _, other = await seated(stage)
    room = stage.seen(BridgeEntered)[-1]
    host = next(e for e in stage.seen(BridgeEntered) if e.bridge == other.bridge)
    colleague = host.leg.split("-")[1]
    hold(stage, call)
    await stage.sees(BridgeLeft, leg=call)
    visit(stage, leg, agent, f"seat-{colleague}")
    assert (await last_entered(stage, leg, 2)).bridge == room.bridge
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent, waits=True))
    customer = await last_entered(stage, call, 2)
    stage.exchange.perform(SendHome(server=stage.server, leg=leg, agent=agent))
    assert (await last_entered(stage, leg, 3)).bridge == customer.bridge
    assert len(stage.seen(LegParked, leg=call)) == 1


async def test_three_meet_in_the_colleagues_seat_and_the_agent_may_leave_them(stage: Stage) -> None:
    agent, leg, call = await talking(stage)
    colleague, host, room = await seated(stage)
    hold(stage, call)
    await stage.sees(BridgeLeft, leg=call)
    visit(stage, leg, agent, f"seat-{colleague}")
    await last_entered(stage, leg, 2)
    connect(stage, call, colleague)
    assert (await last_entered(stage, call, 2)).bridge == room.bridge
    stage.exchange.perform(SendHome(server=stage.server, leg=leg, agent=agent))
    home = await last_entered(stage, leg, 3)
    assert home.bridge != room.bridge
    await stage.passes(0.3)
    assert len(stage.seen(BridgeLeft, leg=call)) == 1
    assert not stage.seen(LegEnded, leg=host)


async def test_guest_is_back_in_his_seat_when_the_host_hangs_up(stage: Stage) -> None:
    agent, leg, call = await talking(stage)
    colleague, host, _ = await seated(stage)
    hold(stage, call)
    visit(stage, leg, agent, f"seat-{colleague}")
    await last_entered(stage, leg, 2)
    stage.hang_up(host)
    await last_entered(stage, leg, 3)
    connect(stage, call, agent)
    await last_entered(stage, call, 2)
    assert not stage.seen(LegEnded, leg=leg)


async def test_party_outside_is_host_of_a_room_and_the_customer_joins_it(stage: Stage) -> None:
    agent, leg, call = await talking(stage)
    hold(stage, call)
    party = outside(stage, call, Fate.ANSWERS)
    room = await stage.sees(BridgeEntered, leg=party)
    assert stage.seen(LegAnswered, leg=party)
    assert (await stage.sees(OriginateEnded, leg=party)).ok
    visit(stage, leg, agent, f"out-{call}")
    assert (await last_entered(stage, leg, 2)).bridge == room.bridge
    stage.exchange.perform(ConnectOutside(server=stage.server, call=call))
    assert (await last_entered(stage, call, 2)).bridge == room.bridge
    stage.hang_up(party)
    await stage.sees(LegEnded, leg=party)
    await stage.sees(LegParked, leg=call, times=2)
    await last_entered(stage, leg, 3)


async def test_party_outside_that_is_busy_opens_no_room(stage: Stage) -> None:
    _, leg, call = await talking(stage)
    hold(stage, call)
    party = outside(stage, call, Fate.BUSY)
    assert not (await stage.sees(OriginateEnded, leg=party)).ok
    await stage.sees(LegEnded, leg=party)
    assert not stage.seen(BridgeEntered, leg=party)
    assert not stage.seen(LegEnded, leg=leg)


async def test_trunk_nobody_knows_gives_no_party(stage: Stage) -> None:
    _, _, call = await talking(stage)
    party = outside(stage, call, Fate.ANSWERS, template=stage.nowhere)
    assert not (await stage.sees(OriginateEnded, leg=party)).ok


async def test_customer_sent_to_a_room_without_a_host_is_parked_again(stage: Stage) -> None:
    call = await parked(stage)
    stage.exchange.perform(ConnectOutside(server=stage.server, call=call))
    assert (await stage.sees(LegParked, leg=call, times=2)).dial == "SEAT_EMPTY"


async def test_node_of_the_house_takes_the_customer(stage: Stage) -> None:
    call = await parked(stage)
    stage.exchange.perform(SendToNode(server=stage.server, call=call, context="own", exten="s"))
    await stage.sees(LegEnded, leg=call)
    assert len(stage.seen(LegParked, leg=call)) == 1


async def test_node_that_does_not_exist_gives_the_customer_back(stage: Stage) -> None:
    call = await parked(stage)
    stage.exchange.perform(SendToNode(server=stage.server, call=call, context="nowhere", exten="s"))
    assert (await stage.sees(LegParked, leg=call, times=2)).dial == "NODE_MISSING"


def ask(stage: Stage, call: CallId, *, tries: int = 2, wait_s: float = 4.0) -> None:
    questions = (Question(sound="beep", digits="12345"), Question(sound="beep", digits="12"))
    stage.exchange.perform(
        AskSurvey(server=stage.server, call=call, questions=questions, tries=tries, wait_s=wait_s, thanks="beep")
    )


async def test_survey_reports_each_digit_and_hangs_up(stage: Stage) -> None:
    call = await parked(stage)
    ask(stage, call, wait_s=10.0)
    await stage.passes(1.5)
    await stage.press(call, "4")
    assert (await stage.sees(SurveyPressed, leg=call, question=1)).digit == "4"
    await stage.passes(1.5)
    await stage.press(call, "2")
    assert (await stage.sees(SurveyPressed, leg=call, question=2)).digit == "2"
    await stage.sees(SurveyOver, leg=call)
    await stage.sees(LegEnded, leg=call)


async def test_digit_that_is_no_answer_is_asked_again(stage: Stage) -> None:
    call = await parked(stage)
    ask(stage, call, wait_s=10.0)
    await stage.passes(1.5)
    await stage.press(call, "9")
    await stage.passes(1.5)
    await stage.press(call, "5")
    assert (await stage.sees(SurveyPressed, leg=call, question=1)).digit == "5"
    assert len(stage.seen(SurveyPressed, leg=call)) == 1
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)


async def test_survey_nobody_answers_comes_to_an_end(stage: Stage) -> None:
    call = await parked(stage)
    ask(stage, call, tries=1, wait_s=1.0)
    await stage.sees(SurveyOver, leg=call)
    await stage.sees(LegEnded, leg=call)
    assert not stage.seen(SurveyPressed)


async def test_warning_in_a_seat_leaves_the_agent_where_he_is(stage: Stage) -> None:
    agent, leg, _ = await seated(stage)
    stage.exchange.perform(WarnAgent(server=stage.server, agent=agent, sound="beep"))
    await stage.passes(2.0)
    assert not stage.seen(ActionFailed)
    assert not stage.seen(BridgeLeft, leg=leg)

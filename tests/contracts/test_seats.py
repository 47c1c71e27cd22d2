"""Seats that outlive their customers, agents who are rung for each call, holding, recording and the snapshot."""

import pytest

from telephony.commands import (
    ConnectToSeat,
    HoldCustomer,
    Park,
    PlayAbandonMessage,
    RingAgent,
    StartRecording,
    StopRecording,
    TakeSnapshot,
)
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    BridgeLeft,
    DialEnded,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    OriginateEnded,
    PbxSnapshot,
    RecordingBegan,
)
from telephony.ids import AgentId, CallId, LegId
from tests.contracts.stage import Fate, Phone, Stage


async def seated(stage: Stage) -> tuple[AgentId, LegId, BridgeEntered]:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    leg = stage.seat(agent, endpoint)
    return agent, leg, await stage.sees(BridgeEntered, leg=leg)


async def parked(stage: Stage, talk_s: float = 0.0) -> CallId:
    call = stage.dial(Fate.ANSWERS, talk_s=talk_s)
    await stage.sees(LegParked, leg=call)
    return call


def connect(stage: Stage, call: CallId, agent: AgentId) -> None:
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))


def ring(stage: Stage, call: CallId, agent: AgentId, endpoint: str, ring_s: float = 3.0) -> None:
    stage.exchange.perform(
        RingAgent(server=stage.server, call=call, agent=agent, endpoint=endpoint, ring_s=ring_s, auto_answer=False)
    )


async def test_seat_is_a_leg_of_its_own_waiting_in_a_conference(stage: Stage) -> None:
    _, leg, _ = await seated(stage)
    assert stage.seen(LegAnswered, leg=leg)
    created = stage.seen(LegCreated, leg=leg)[0]
    assert created.linked == leg
    assert (await stage.sees(OriginateEnded, leg=leg)).ok


async def test_customer_redirected_to_the_seat_is_in_the_agents_bridge(stage: Stage) -> None:
    agent, _, seat = await seated(stage)
    call = await parked(stage)
    connect(stage, call, agent)
    entered = await stage.sees(BridgeEntered, leg=call)
    assert entered.bridge == seat.bridge


async def test_seat_survives_the_hang_up_of_its_customer_and_takes_the_next(stage: Stage) -> None:
    agent, leg, _ = await seated(stage)
    for _ in range(2):
        call = await parked(stage, talk_s=1.5)
        connect(stage, call, agent)
        await stage.sees(BridgeEntered, leg=call)
        await stage.sees(LegEnded, leg=call)
        left = stage.seen(BridgeLeft, leg=call)
        assert len(left) == 1
    await stage.passes(0.3)
    assert not stage.seen(LegEnded, leg=leg)
    assert not stage.seen(BridgeLeft, leg=leg)


async def test_phone_that_is_registered_nowhere_gives_no_seat(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ABSENT)
    leg = stage.seat(agent, endpoint)
    assert not (await stage.sees(OriginateEnded, leg=leg)).ok
    assert not stage.seen(BridgeEntered, leg=leg)


async def test_phone_that_is_not_answered_gives_no_seat(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.IGNORES)
    leg = stage.seat(agent, endpoint, ring_s=1.0)
    ended = await stage.sees(OriginateEnded, leg=leg)
    assert (ended.ok, ended.reason) == (False, 3)
    await stage.sees(LegEnded, leg=leg)


async def test_held_customer_leaves_the_seat_and_comes_back(stage: Stage) -> None:
    agent, leg, seat = await seated(stage)
    call = await parked(stage)
    connect(stage, call, agent)
    await stage.sees(BridgeEntered, leg=call)
    stage.exchange.perform(HoldCustomer(server=stage.server, call=call))
    await stage.sees(BridgeLeft, leg=call)
    connect(stage, call, agent)
    back = await stage.sees(BridgeEntered, leg=call, times=2)
    assert back.bridge == seat.bridge
    assert not stage.seen(BridgeLeft, leg=leg)
    assert len(stage.seen(LegParked, leg=call)) == 1


async def test_parked_again_the_customer_can_be_connected_again(stage: Stage) -> None:
    agent, _, _ = await seated(stage)
    call = await parked(stage)
    connect(stage, call, agent)
    await stage.sees(BridgeEntered, leg=call)
    stage.exchange.perform(Park(server=stage.server, call=call))
    await stage.sees(LegParked, leg=call, times=2)
    assert len(stage.seen(BridgeLeft, leg=call)) == 1


async def test_rung_agent_who_answers_is_bridged_with_the_customer(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    call = await parked(stage)
    ring(stage, call, agent, endpoint)
    customer = await stage.sees(BridgeEntered, leg=call)
    phone_leg = next(e.leg for e in stage.seen(LegCreated, linked=call) if e.leg != call)
    phone = await stage.sees(BridgeEntered, leg=phone_leg)
    assert phone.bridge == customer.bridge
    answered = await stage.sees(DialEnded, leg=phone_leg)
    assert (answered.caller, answered.status) == (call, "ANSWER")
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=phone_leg)
    await stage.sees(LegEnded, leg=call)


async def test_customer_of_an_agent_who_ignores_the_ring_is_parked_again(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.IGNORES)
    call = await parked(stage)
    ring(stage, call, agent, endpoint, ring_s=1.0)
    back = await stage.sees(LegParked, leg=call, times=2)
    assert back.dial == "NOANSWER"
    phone_leg = next(e.leg for e in stage.seen(LegCreated, linked=call) if e.leg != call)
    ended = await stage.sees(DialEnded, leg=phone_leg)
    assert (ended.caller, ended.status) == (call, "NOANSWER")
    await stage.sees(LegEnded, leg=phone_leg)
    assert not stage.seen(LegEnded, leg=call)


async def test_customer_of_an_absent_phone_is_parked_again(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ABSENT)
    call = await parked(stage)
    ring(stage, call, agent, endpoint)
    back = await stage.sees(LegParked, leg=call, times=2)
    assert back.dial == "CHANUNAVAIL"
    assert not stage.seen(BridgeEntered, leg=call)


async def test_customer_who_hangs_up_while_the_agent_is_rung_takes_the_agents_leg_with_him(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.IGNORES)
    call = await parked(stage, talk_s=2.0)
    ring(stage, call, agent, endpoint, ring_s=9.0)
    await stage.sees(LegEnded, leg=call)
    phone_leg = next(e.leg for e in stage.seen(LegCreated, linked=call) if e.leg != call)
    await stage.sees(LegEnded, leg=phone_leg)
    assert not stage.seen(BridgeEntered, leg=call)


async def test_recording_is_confirmed(stage: Stage) -> None:
    call = await parked(stage)
    stage.exchange.perform(StartRecording(server=stage.server, call=call, name="contract"))
    await stage.sees(RecordingBegan, leg=call)
    stage.exchange.perform(StopRecording(server=stage.server, call=call))
    await stage.passes(0.3)
    assert not stage.seen(ActionFailed)
    assert not stage.seen(LegEnded, leg=call)


async def test_abandoned_customer_hears_the_message_and_is_hung_up(stage: Stage) -> None:
    call = await parked(stage)
    stage.exchange.perform(PlayAbandonMessage(server=stage.server, call=call))
    await stage.sees(LegEnded, leg=call, within_s=30.0)


async def test_snapshot_lists_every_leg_with_its_place(stage: Stage) -> None:
    agent, leg, seat = await seated(stage)
    talking, waiting = await parked(stage), await parked(stage)
    connect(stage, talking, agent)
    await stage.sees(BridgeEntered, leg=talking)
    before = len(stage.seen(PbxSnapshot))
    stage.exchange.perform(TakeSnapshot(server=stage.server))
    snapshot = await stage.sees(PbxSnapshot, times=before + 1)
    rows = {row.leg: row for row in snapshot.legs}
    assert rows[leg].bridge == rows[LegId(talking)].bridge == seat.bridge
    assert rows[leg].up
    assert rows[LegId(waiting)].bridge is None
    assert rows[LegId(waiting)].context == "switchroom-answered"
    assert rows[LegId(talking)].context == "switchroom-seat"
    assert rows[LegId(talking)].application == "ConfBridge"


@pytest.mark.parametrize("what", ["ConnectToSeat", "HoldCustomer", "StartRecording"])
async def test_command_on_a_leg_that_is_gone_fails_as_an_event(stage: Stage, what: str) -> None:
    call = await parked(stage)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)
    commands = {
        "ConnectToSeat": ConnectToSeat(server=stage.server, call=call, agent=AgentId("1001")),
        "HoldCustomer": HoldCustomer(server=stage.server, call=call),
        "StartRecording": StartRecording(server=stage.server, call=call, name="gone"),
    }
    stage.exchange.perform(commands[what])
    failed = await stage.sees(ActionFailed)
    assert (failed.leg, failed.what) == (call, what)


async def test_hanging_up_a_leg_nobody_knows_fails_as_an_event(stage: Stage) -> None:
    stage.hang_up("c-nobody-1")
    failed = await stage.sees(ActionFailed)
    assert (failed.leg, failed.what) == ("c-nobody-1", "HangUp")


async def test_customer_whose_agent_leaves_the_seat_is_parked_again(stage: Stage) -> None:
    agent, leg, _ = await seated(stage)
    call = await parked(stage)
    connect(stage, call, agent)
    await stage.sees(BridgeEntered, leg=call)
    stage.hang_up(leg)
    await stage.sees(LegEnded, leg=leg)
    await stage.sees(LegParked, leg=call, times=2)
    assert len(stage.seen(BridgeLeft, leg=call)) == 1
    assert not stage.seen(LegEnded, leg=call)


async def test_customer_sent_to_a_seat_nobody_sits_in_is_parked_again(stage: Stage) -> None:
    agent, _ = stage.phone(Phone.ANSWERS)
    call = await parked(stage)
    connect(stage, call, agent)
    await stage.sees(LegParked, leg=call, times=2)
    assert not stage.seen(BridgeEntered, leg=call)


async def test_customer_sent_into_a_seat_nobody_sits_in_waits_again_and_says_so(stage: Stage) -> None:
    agent, _ = stage.phone(Phone.ANSWERS)
    call = await parked(stage)
    connect(stage, call, agent)
    assert await stage.sees(LegParked, leg=call, dial="SEAT_EMPTY")
    assert not stage.seen(BridgeEntered, leg=call)

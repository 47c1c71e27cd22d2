"""Calls that come in, on every exchange: who calls and what he dialled, waiting, agents, announcements, and every end."""

import pytest

from telephony.commands import (
    Announce,
    AskAgain,
    ConnectToSeat,
    GreetCaller,
    HoldCustomer,
    Park,
    RingAgent,
    TakeSnapshot,
    TurnAway,
)
from telephony.events import (
    BridgeEntered,
    CallerArrived,
    HangupRequested,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    LegRinging,
    PbxSnapshot,
)
from telephony.ids import AgentId, CallId, CampaignId, LegId
from telephony.numbers import PhoneNumber
from telephony.reconcile import is_at_the_door, is_lost_caller, is_parked
from tests.contracts.stage import Phone, Stage

LINE = "4008000100"
QUEUE = CampaignId("service")


def greet(stage: Stage, leg: LegId, *, answer: bool = True) -> CallId:
    call = CallId(leg)
    stage.exchange.perform(GreetCaller(server=stage.server, call=call, queue=QUEUE, answer=answer))
    return call


async def waits(stage: Stage, *, answer: bool = True, patience_s: float = 0.0, talk_s: float = 0.0) -> CallId:
    """A caller who has been taken in and hears music."""
    call = greet(stage, await stage.call_in(LINE, patience_s=patience_s, talk_s=talk_s), answer=answer)
    await stage.sees(LegParked, leg=call)
    return call


def ring(stage: Stage, call: CallId, agent: AgentId, endpoint: str, ring_s: float = 10.0) -> None:
    stage.exchange.perform(
        RingAgent(
            server=stage.server,
            call=call,
            agent=agent,
            endpoint=endpoint,
            ring_s=ring_s,
            auto_answer=False,
        )
    )


async def snapshot(stage: Stage) -> PbxSnapshot:
    before = len(stage.seen(PbxSnapshot))
    stage.exchange.perform(TakeSnapshot(server=stage.server))
    return await stage.sees(PbxSnapshot, times=before + 1)


async def test_caller_says_who_he_is_and_what_he_dialled_before_he_is_answered(stage: Stage) -> None:
    leg = await stage.call_in(LINE, "+8613800138000")
    arrived = stage.seen(CallerArrived, leg=leg)[0]
    assert arrived.called == LINE
    assert arrived.caller == PhoneNumber("+8613800138000")
    assert (arrived.since, arrived.up) == (None, False)
    assert stage.seen(LegCreated, leg=leg)[0].linked == leg
    assert not stage.seen(LegAnswered, leg=leg)


async def test_withheld_number_is_nobodys(stage: Stage) -> None:
    leg = await stage.call_in(LINE, None)
    assert stage.seen(CallerArrived, leg=leg)[0].caller is None


async def test_answered_caller_is_parked_and_can_be_moved_to_an_agent(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    seat = stage.seat(agent, endpoint)
    await stage.sees(BridgeEntered, leg=seat)
    call = await waits(stage)
    assert stage.seen(LegAnswered, leg=call)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    entered = await stage.sees(BridgeEntered, leg=call)
    assert entered.bridge == stage.seen(BridgeEntered, leg=seat)[0].bridge
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)
    assert not stage.seen(LegEnded, leg=seat)


async def test_caller_in_early_media_is_answered_by_the_agent(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    await stage.sees(BridgeEntered, leg=stage.seat(agent, endpoint))
    call = await waits(stage, answer=False)
    assert not stage.seen(LegAnswered, leg=call)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call)
    assert stage.seen(LegAnswered, leg=call)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)


async def test_caller_in_early_media_may_hang_up_and_is_gone(stage: Stage) -> None:
    call = await waits(stage, answer=False, patience_s=1.0)
    await stage.sees(LegEnded, leg=call)
    assert not stage.seen(LegAnswered, leg=call)


async def test_caller_for_whom_a_phone_rings_is_bridged_when_it_is_answered(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    call = await waits(stage)
    ring(stage, call, agent, endpoint)
    await stage.sees(BridgeEntered, leg=call)
    rung = [event for event in stage.seen(LegCreated) if event.linked == call and event.leg != call]
    assert len(rung) == 1
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)
    await stage.sees(LegEnded, leg=rung[0].leg)


async def test_phone_that_nobody_answers_leaves_the_caller_parked_again(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.IGNORES)
    call = await waits(stage)
    ring(stage, call, agent, endpoint, ring_s=1.0)
    again = await stage.sees(LegParked, leg=call, times=2)
    assert again.dial == "NOANSWER"
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)


@pytest.mark.parametrize("answer", [True, False])
async def test_phone_stops_ringing_at_once_when_the_caller_hangs_up(stage: Stage, answer: bool) -> None:
    agent, endpoint = stage.phone(Phone.IGNORES)
    call = await waits(stage, answer=answer, patience_s=3.0)
    ring(stage, call, agent, endpoint, ring_s=30.0)
    await stage.until(lambda: any(e.leg != call for e in stage.seen(LegRinging)), stage.patience_s)
    phone = next(event.leg for event in stage.seen(LegRinging) if event.leg != call)
    ended = await stage.sees(LegEnded, leg=call)
    assert stage.seen(HangupRequested, leg=call) or not answer
    await stage.sees(LegEnded, leg=phone)
    assert abs(stage.log.index(ended) - stage.log.index(stage.seen(LegEnded, leg=phone)[0])) <= 6


async def test_caller_who_hears_his_place_goes_on_waiting_without_a_word(stage: Stage) -> None:
    call = await waits(stage)
    stage.exchange.perform(Announce(server=stage.server, call=call, position=1, minutes=None))
    await stage.passes(12.0)
    assert len(stage.seen(LegParked, leg=call)) == 1
    row = next(row for row in (await snapshot(stage)).legs if row.leg == call)
    assert is_parked(row, inbound=True)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)


async def test_caller_is_taken_from_the_middle_of_an_announcement(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    await stage.sees(BridgeEntered, leg=stage.seat(agent, endpoint))
    call = await waits(stage)
    stage.exchange.perform(Announce(server=stage.server, call=call, position=12, minutes=3))
    await stage.passes(0.7)
    row = next(row for row in (await snapshot(stage)).legs if row.leg == call)
    assert is_parked(row, inbound=True)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)


async def test_caller_turned_away_hears_why_and_is_hung_up(stage: Stage) -> None:
    leg = await stage.call_in(LINE)
    stage.exchange.perform(TurnAway(server=stage.server, call=CallId(leg), message="beep"))
    ended = await stage.sees(LegEnded, leg=leg)
    assert ended.cause == 16
    assert not stage.seen(HangupRequested, leg=leg)


async def test_caller_asked_again_says_since_when_and_is_parked_again(stage: Stage) -> None:
    call = await waits(stage)
    row = next(row for row in (await snapshot(stage)).legs if row.leg == call)
    assert is_lost_caller(row)
    stage.exchange.perform(AskAgain(server=stage.server, leg=LegId(call)))
    again = await stage.sees(CallerArrived, leg=call, times=2)
    assert again.up
    assert again.since is not None
    assert again.caller == stage.seen(CallerArrived, leg=call)[0].caller
    assert again.called == LINE
    await stage.sees(LegParked, leg=call, times=2)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)


async def test_caller_nobody_has_taken_in_stands_at_the_door_in_a_snapshot(stage: Stage) -> None:
    leg = await stage.call_in(LINE)
    row = next(row for row in (await snapshot(stage)).legs if row.leg == leg)
    assert is_at_the_door(row)
    assert is_lost_caller(row)
    assert not is_parked(row, inbound=True)
    stage.hang_up(leg)
    await stage.sees(LegEnded, leg=leg)


async def test_caller_nobody_takes_in_is_answered_and_hears_music(stage: Stage) -> None:
    leg = await stage.call_in(LINE)
    await stage.sees(LegParked, leg=leg)
    assert stage.seen(LegAnswered, leg=leg)
    stage.hang_up(leg)
    await stage.sees(LegEnded, leg=leg)


async def test_caller_held_and_parked_is_the_same_caller(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    await stage.sees(BridgeEntered, leg=stage.seat(agent, endpoint))
    call = await waits(stage)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call)
    stage.exchange.perform(HoldCustomer(server=stage.server, call=call))
    await stage.passes(0.5)
    stage.exchange.perform(Park(server=stage.server, call=call))
    await stage.sees(LegParked, leg=call, times=2)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)


async def test_caller_who_has_talked_hangs_up_when_he_likes(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    seat = stage.seat(agent, endpoint)
    await stage.sees(BridgeEntered, leg=seat)
    call = await waits(stage, talk_s=2.0)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(LegEnded, leg=call)
    assert stage.seen(HangupRequested, leg=call)
    assert not stage.seen(LegEnded, leg=seat)

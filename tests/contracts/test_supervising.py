"""A supervisor's phone on a live call: into it, from one way to another, and out when anybody goes; silent recordings."""

import itertools

import pytest

from telephony.commands import (
    CallSupervisor,
    ConnectToSeat,
    HangUp,
    HoldCustomer,
    MoveSupervisor,
    MuteRecording,
    SendHome,
    StartRecording,
)
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    BridgeLeft,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    OriginateAccepted,
    OriginateEnded,
    RecordingBegan,
    RecordingMuted,
    SpyBegan,
    SpyStopped,
)
from telephony.ids import AgentId, CallId, LegId, ear_leg
from tests.contracts.stage import Phone, Stage
from tests.contracts.test_seats import connect, parked, ring, seated

SERIAL = itertools.count(1)


async def in_seat(stage: Stage) -> tuple[AgentId, LegId, CallId]:
    agent, leg, _ = await seated(stage)
    call = await parked(stage)
    connect(stage, call, agent)
    await stage.sees(BridgeEntered, leg=call)
    return agent, leg, call


async def rung(stage: Stage) -> tuple[AgentId, LegId, CallId]:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    call = await parked(stage)
    ring(stage, call, agent, endpoint)
    await stage.sees(BridgeEntered, leg=call)
    leg = next(e.leg for e in stage.seen(LegCreated, linked=call) if e.leg != call)
    return agent, leg, call


TALKS = pytest.mark.parametrize("talks", [in_seat, rung])


def supervise(
    stage: Stage, way: str, on: LegId, agent: AgentId, habit: Phone = Phone.ANSWERS, ring_s: float = 10.0
) -> LegId:
    """Have a supervisor's phone called into the call; the id of its leg."""
    leg = ear_leg(f"{id(stage):x}{next(SERIAL):06}")
    _, endpoint = stage.phone(habit)
    stage.exchange.perform(
        CallSupervisor(
            server=stage.server,
            leg=leg,
            endpoint=endpoint,
            way=way,
            on=on,
            agent=agent,
            ring_s=ring_s,
            auto_answer=True,
        )
    )
    return leg


def move(stage: Stage, ear: LegId, way: str, on: LegId, agent: AgentId, back: AgentId | None = None) -> None:
    stage.exchange.perform(MoveSupervisor(server=stage.server, leg=ear, way=way, on=on, agent=agent, back=back))


@TALKS
async def test_supervisors_phone_is_a_leg_of_its_own_that_hears_the_agents(stage: Stage, talks) -> None:  # type: ignore[no-untyped-def]
    agent, leg, call = await talks(stage)
    ear = supervise(stage, "listen", leg, agent)
    assert (await stage.sees(SpyBegan, leg=ear)).on == leg
    assert stage.seen(LegCreated, leg=ear)[0].linked == ear
    assert stage.seen(OriginateAccepted, leg=ear)
    assert stage.seen(LegAnswered, leg=ear)
    assert (await stage.sees(OriginateEnded, leg=ear)).ok
    assert not stage.seen(BridgeLeft, leg=call)
    assert not stage.seen(BridgeEntered, leg=ear)


@TALKS
async def test_who_listens_can_go_on_to_whisper_and_back(stage: Stage, talks) -> None:  # type: ignore[no-untyped-def]
    agent, leg, _ = await talks(stage)
    ear = supervise(stage, "listen", leg, agent)
    await stage.sees(SpyBegan, leg=ear)
    for times, way in ((2, "whisper"), (3, "listen")):
        move(stage, ear, way, leg, agent)
        await stage.sees(SpyBegan, leg=ear, times=times)
        assert len(stage.seen(SpyStopped, leg=ear)) == times - 1
    assert not stage.seen(LegEnded, leg=ear)


async def test_who_barges_into_a_seat_joins_its_conference_and_leaves_it_as_it_was(stage: Stage) -> None:
    agent, leg, call = await in_seat(stage)
    ear = supervise(stage, "barge", leg, agent)
    joined = await stage.sees(BridgeEntered, leg=ear)
    assert joined.bridge == stage.seen(BridgeEntered, leg=call)[0].bridge
    move(stage, ear, "listen", leg, agent)
    await stage.sees(BridgeLeft, leg=ear)
    await stage.sees(SpyBegan, leg=ear)
    assert not stage.seen(BridgeLeft, leg=call)
    assert not stage.seen(BridgeLeft, leg=leg)


async def test_who_barges_into_a_rung_phones_call_speaks_through_it(stage: Stage) -> None:
    agent, leg, call = await rung(stage)
    ear = supervise(stage, "barge", leg, agent)
    await stage.sees(SpyBegan, leg=ear)
    assert not stage.seen(BridgeLeft, leg=call)


@TALKS
@pytest.mark.parametrize("way", ["listen", "barge"])
async def test_supervisor_who_hangs_up_leaves_the_call_alone(stage: Stage, talks, way: str) -> None:  # type: ignore[no-untyped-def]
    agent, leg, call = await talks(stage)
    ear = supervise(stage, way, leg, agent)
    await stage.until(lambda: bool(stage.seen(SpyBegan, leg=ear) or stage.seen(BridgeEntered, leg=ear)), 20.0)
    stage.exchange.perform(HangUp(server=stage.server, leg=ear))
    await stage.sees(LegEnded, leg=ear)
    await stage.passes(0.3)
    assert not stage.seen(BridgeLeft, leg=call)
    assert not stage.seen(LegEnded, leg=leg)


async def test_ear_on_a_rung_phone_ends_with_the_call(stage: Stage) -> None:
    agent, leg, call = await rung(stage)
    ear = supervise(stage, "listen", leg, agent)
    await stage.sees(SpyBegan, leg=ear)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=leg)
    await stage.sees(SpyStopped, leg=ear)
    await stage.sees(LegEnded, leg=ear)


async def test_ear_on_a_seat_stays_while_customers_come_and_go(stage: Stage) -> None:
    agent, leg, call = await in_seat(stage)
    ear = supervise(stage, "listen", leg, agent)
    await stage.sees(SpyBegan, leg=ear)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=call)
    await stage.passes(0.3)
    assert not stage.seen(LegEnded, leg=ear)


@pytest.mark.parametrize("way", ["listen", "barge"])
async def test_ear_on_a_seat_ends_with_the_agents_phone(stage: Stage, way: str) -> None:
    agent, leg, call = await in_seat(stage)
    ear = supervise(stage, way, leg, agent)
    await stage.until(lambda: bool(stage.seen(SpyBegan, leg=ear) or stage.seen(BridgeEntered, leg=ear)), 20.0)
    stage.exchange.perform(HangUp(server=stage.server, leg=leg))
    await stage.sees(LegEnded, leg=ear)
    await stage.sees(LegParked, leg=call, times=2)


async def test_phone_called_for_an_ear_on_a_leg_that_is_gone_is_hung_up(stage: Stage) -> None:
    agent, leg, call = await rung(stage)
    stage.hang_up(call)
    await stage.sees(LegEnded, leg=leg)
    ear = supervise(stage, "listen", leg, agent)
    await stage.sees(LegEnded, leg=ear)
    assert not stage.seen(SpyBegan, leg=ear)


@pytest.mark.parametrize("habit", [Phone.IGNORES, Phone.ABSENT])
async def test_supervisors_phone_that_nobody_takes_opens_no_ear(stage: Stage, habit: Phone) -> None:
    agent, leg, _ = await in_seat(stage)
    ear = supervise(stage, "listen", leg, agent, habit, ring_s=1.0)
    assert not (await stage.sees(OriginateEnded, leg=ear)).ok
    assert not stage.seen(SpyBegan, leg=ear)


@pytest.mark.parametrize("way", ["listen", "whisper", "barge"])
async def test_supervisor_in_his_own_seat_goes_into_the_call_and_back(stage: Stage, way: str) -> None:
    agent, leg, call = await in_seat(stage)
    himself, own, _ = await seated(stage)
    move(stage, own, way, leg, agent, back=himself)
    await stage.sees(BridgeLeft, leg=own)
    begun = 2 if way == "barge" else 1
    await (stage.sees(BridgeEntered, leg=own, times=2) if way == "barge" else stage.sees(SpyBegan, leg=own))
    stage.exchange.perform(SendHome(server=stage.server, leg=own, agent=himself))
    home = await stage.sees(BridgeEntered, leg=own, times=begun + 1)
    assert home.bridge != stage.seen(BridgeEntered, leg=call)[0].bridge
    assert not stage.seen(LegEnded, leg=own)
    following = await parked(stage)
    connect(stage, following, himself)
    assert (await stage.sees(BridgeEntered, leg=following)).bridge == home.bridge


async def test_supervisor_from_his_own_seat_is_back_in_it_when_the_call_is_over(stage: Stage) -> None:
    agent, leg, call = await rung(stage)
    himself, own, _ = await seated(stage)
    move(stage, own, "listen", leg, agent, back=himself)
    await stage.sees(SpyBegan, leg=own)
    stage.hang_up(call)
    await stage.sees(BridgeEntered, leg=own, times=2)
    assert not stage.seen(LegEnded, leg=own)


async def test_supervisors_phone_that_is_not_there_cannot_be_moved(stage: Stage) -> None:
    agent, leg, _ = await in_seat(stage)
    move(stage, ear_leg("nobody"), "whisper", leg, agent)
    assert (await stage.sees(ActionFailed, what="MoveSupervisor")).leg == "v-nobody"


async def test_recording_is_silenced_and_goes_on_over_hold(stage: Stage) -> None:
    agent, _, call = await in_seat(stage)
    name = f"contract/{call}"
    stage.exchange.perform(StartRecording(server=stage.server, call=call, name=name))
    await stage.sees(RecordingBegan, leg=call)
    stage.exchange.perform(MuteRecording(server=stage.server, call=call, muted=True))
    await stage.sees(RecordingMuted, leg=call, muted=True)
    stage.exchange.perform(HoldCustomer(server=stage.server, call=call))
    await stage.sees(BridgeLeft, leg=call)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call, times=2)
    stage.exchange.perform(MuteRecording(server=stage.server, call=call, muted=False))
    await stage.sees(RecordingMuted, leg=call, muted=False)
    assert len(stage.seen(RecordingMuted, leg=call)) == 2


async def test_recording_that_does_not_run_cannot_be_silenced(stage: Stage) -> None:
    call = await parked(stage)
    stage.exchange.perform(MuteRecording(server=stage.server, call=call, muted=True))
    assert (await stage.sees(ActionFailed, what="MuteRecording")).leg == call

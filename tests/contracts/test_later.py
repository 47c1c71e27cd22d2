"""Callers who are served later, on every exchange: the key pressed while waiting, the number confirmed, messages left."""

from telephony.commands import ConnectToSeat, GreetCaller, TakeSnapshot
from telephony.events import BridgeEntered, LegEnded, LegParked, PbxSnapshot
from telephony.ids import CallId, CampaignId
from telephony.later import (
    AskCallback,
    CallbackDeclined,
    CallbackWanted,
    MessageLeft,
    OfferKey,
    TakeMessage,
    TellCallback,
)
from telephony.numbers import PhoneNumber
from telephony.reconcile import is_parked
from tests.contracts.stage import Overdue, Phone, Stage

LINE = "4008000100"
QUEUE = CampaignId("service")


async def waits(
    stage: Stage, *, number: str | None = "+8613800138000", key: str = "1", patience_s: float = 0.0
) -> CallId:
    """A caller who hears music and may press a key."""
    call = CallId(await stage.call_in(LINE, number, patience_s=patience_s))
    if key:
        stage.exchange.perform(OfferKey(server=stage.server, call=call, key=key))
    stage.exchange.perform(GreetCaller(server=stage.server, call=call, queue=QUEUE, answer=True))
    await stage.sees(LegParked, leg=call)
    return call


async def presses(stage: Stage, call: CallId, keys: str, until: type, times: int = 1) -> object:
    """Keys one by one with pauses, until that event comes; a person, too, presses again what was not taken."""
    for _ in range(12):
        for key in keys:
            await stage.press(call, key)
            await stage.passes(0.4)
        try:
            return await stage.sees(until, leg=call, times=times, within_s=3.0)
        except Overdue:
            continue
    return await stage.sees(until, leg=call, times=times, within_s=3.0)


async def test_who_presses_the_key_and_confirms_is_told_that_he_will_be_called_back(stage: Stage) -> None:
    call = await waits(stage)
    wanted = await presses(stage, call, "1", CallbackWanted)
    assert isinstance(wanted, CallbackWanted)
    assert wanted.number == PhoneNumber("+8613800138000")
    stage.exchange.perform(TellCallback(server=stage.server, call=call, noted=True))
    await stage.sees(LegEnded, leg=call)


async def test_where_it_cannot_be_put_down_he_waits_on_and_is_found_waiting(stage: Stage) -> None:
    call = await waits(stage)
    await presses(stage, call, "1", CallbackWanted)
    stage.exchange.perform(TellCallback(server=stage.server, call=call, noted=False))
    await stage.passes(2.0)
    stage.exchange.perform(TakeSnapshot(server=stage.server))
    before = len(stage.seen(PbxSnapshot))
    seen = await stage.sees(PbxSnapshot, times=before + 1)
    assert [is_parked(row, inbound=True) for row in seen.legs if row.leg == call] == [True]
    assert not stage.seen(LegEnded, leg=call)


async def test_a_waiting_caller_with_keys_is_moved_to_an_agent_at_any_instant(stage: Stage) -> None:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    seat = await stage.sees(BridgeEntered, leg=stage.seat(agent, endpoint))
    call = await waits(stage)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    assert (await stage.sees(BridgeEntered, leg=call)).bridge == seat.bridge


async def test_whoever_is_asked_and_presses_something_else_rather_waits(stage: Stage) -> None:
    call = await waits(stage, key="")
    stage.exchange.perform(AskCallback(server=stage.server, call=call))
    await presses(stage, call, "3", CallbackDeclined)
    assert not stage.seen(CallbackWanted, leg=call)
    assert not stage.seen(LegEnded, leg=call)


async def test_a_message_ends_with_the_key_and_is_told_of_by_its_name(stage: Stage) -> None:
    call = await waits(stage, key="")
    name = f"vm-{call}"
    message = TakeMessage(
        server=stage.server, call=call, queue=QUEUE, name=name, greeting="beep", longest_s=30, silence_s=20, key="#"
    )
    stage.exchange.perform(message)
    await stage.passes(5.0)
    left = await presses(stage, call, "#", MessageLeft)
    assert isinstance(left, MessageLeft)
    assert (left.name, left.queue, left.number) == (name, QUEUE, PhoneNumber("+8613800138000"))
    await stage.sees(LegEnded, leg=call)
    assert len(stage.seen(MessageLeft, leg=call)) == 1


async def test_who_hangs_up_while_he_speaks_has_left_his_message_all_the_same(stage: Stage) -> None:
    call = await waits(stage, number=None, key="")
    message = TakeMessage(
        server=stage.server,
        call=call,
        queue=QUEUE,
        name=f"vm-{call}",
        greeting="beep",
        longest_s=60,
        silence_s=50,
        key="#",
    )
    stage.exchange.perform(message)
    await stage.passes(5.0)
    stage.hang_up(call)
    left = await stage.sees(MessageLeft, leg=call)
    assert left.number is None
    await stage.sees(LegEnded, leg=call)

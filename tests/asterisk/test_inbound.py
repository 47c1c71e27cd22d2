"""What callers hear of a real Asterisk: music, answered or in early media, announcements, the agent."""

import pytest

from telephony.commands import Announce, ConnectToSeat, GreetCaller
from telephony.events import BridgeEntered, CallerArrived, LegEnded, LegParked
from telephony.ids import CallId
from tests.asterisk.rig.hearing import Sound
from tests.asterisk.scenes import seated
from tests.contracts.asterisk_stage import AsteriskStage
from tests.contracts.test_inbound import LINE, QUEUE

pytestmark = pytest.mark.asterisk


async def waits(stage: AsteriskStage, *, answer: bool) -> CallId:
    call = CallId(await stage.call_in(LINE))
    stage.exchange.perform(GreetCaller(server=stage.server, call=call, queue=QUEUE, answer=answer))
    await stage.sees(LegParked, leg=call)
    return call


@pytest.mark.parametrize("answer", [True, False])
async def test_waiting_caller_hears_music_then_the_agent(stage: AsteriskStage, answer: bool) -> None:
    agent, _ = await seated(stage)
    call = await waits(stage, answer=answer)
    caller = stage.callers[-1]
    assert await stage.until(lambda: caller.hears(Sound.MUSIC, 25), stage.patience_s) or caller.hears(Sound.MUSIC, 25)
    assert (200 in caller.statuses) is answer
    assert not caller.hears(Sound.AGENT, 1)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call)
    await stage.passes(1.0)
    assert caller.hears(Sound.AGENT, 10)
    assert 200 in caller.statuses
    caller.hang_up()
    await stage.sees(LegEnded, leg=call)


@pytest.mark.parametrize("answer", [True, False])
async def test_announcement_is_heard_and_the_music_comes_back(stage: AsteriskStage, answer: bool) -> None:
    call = await waits(stage, answer=answer)
    caller = stage.callers[-1]
    await stage.passes(1.0)
    before = caller.sounds.count(Sound.OTHER)
    stage.exchange.perform(Announce(server=stage.server, call=call, position=1))
    await stage.passes(4.0)
    assert caller.sounds.count(Sound.OTHER) > before + 20
    await stage.passes(6.0)
    assert caller.sounds[-20:].count(Sound.MUSIC) > 10
    caller.hang_up()
    await stage.sees(LegEnded, leg=call)


async def test_what_a_caller_dials_that_is_no_line_reaches_nothing(stage: AsteriskStage) -> None:
    stage.patience_s = 2.0
    with pytest.raises(AssertionError):
        await stage.call_in("again")
    assert not stage.seen(CallerArrived)
    assert stage.callers[-1].statuses[-1] == 404

"""Asterisk loses its power and comes back: the link says so, holds nothing for alive, and dials again."""

import pytest

from telephony.events import LegParked, LinkLost, LinkUp, OriginateEnded, OriginateLost, OriginateRefused, PbxSnapshot
from tests.asterisk.scenes import parked, talking
from tests.contracts.asterisk_stage import AsteriskStage
from tests.contracts.stage import Fate

pytestmark = pytest.mark.asterisk


async def test_power_cut_is_told_at_once_and_the_new_run_holds_nothing_of_the_old(stage: AsteriskStage) -> None:
    await talking(stage)
    await parked(stage)
    stage.rig.pbx.kill()
    await stage.sees(LinkLost)
    while_dead = stage.dial(Fate.ANSWERS)
    refused = await stage.sees(OriginateRefused, leg=while_dead)
    assert refused.why
    stage.rig.pbx.start()
    await stage.sees(LinkUp, times=2)
    snapshot = await stage.sees(PbxSnapshot, times=2)
    assert snapshot.legs == ()
    call = stage.dial(Fate.ANSWERS)
    await stage.sees(LegParked, leg=call)
    assert not stage.seen(OriginateEnded, leg=while_dead)


async def test_attempts_cut_off_while_ringing_end_as_lost_or_stay_without_a_word(stage: AsteriskStage) -> None:
    call = stage.dial(Fate.RINGS_OUT)
    stage.rig.pbx.kill()
    await stage.sees(LinkLost)
    assert not stage.seen(OriginateEnded, leg=call)
    assert len(stage.seen(OriginateLost, leg=call)) <= 1
    stage.rig.pbx.start()
    await stage.sees(LinkUp, times=2)
    assert (await stage.sees(PbxSnapshot, times=2)).legs == ()

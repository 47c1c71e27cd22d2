"""Our own link keeps its word on a bad connection to the simulated Asterisk."""

import random
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.model import AsteriskSettings
from simulator.amiserver import AmiServer
from simulator.carrier import ScriptedCarrier
from simulator.chaos import Chaos
from simulator.clock import PacedClock
from simulator.exchange import VirtualExchange
from telephony.ami.link import AmiLink
from telephony.events import LegAnswered, LegEnded, OriginateAccepted, OriginateLost, PbxSnapshot
from telephony.ids import ServerId
from telephony.outcomes import Outcome, judge
from tests.contracts.stage import Fate
from tests.contracts.wire_stage import WireStage


class Rough(WireStage):
    """A wire stage with chaos between Asterisk and us, switched on once the link is up."""

    async def with_chaos(self, chaos: Chaos) -> None:
        self.asterisk.chaos = chaos


@pytest.fixture
async def rough():  # type: ignore[no-untyped-def]
    stage = await Rough.raised()
    yield stage
    await stage.close()


async def test_bytes_split_anywhere_lose_nothing(rough: Rough) -> None:
    await rough.with_chaos(Chaos(random.Random(3), split=1.0))
    fates = [Fate.ANSWERS, Fate.BUSY, Fate.CONGESTED] * 4
    calls = [rough.dial(fate, talk_s=0.5) for fate in fates]
    outcomes = [judge(await rough.ends(call)) for call in calls]
    assert outcomes == [Outcome.ANSWERED, Outcome.BUSY, Outcome.CONGESTION] * 4


async def test_lost_reply_to_an_originate_leaves_it_open_until_the_leg_speaks(rough: Rough) -> None:
    chaos = Chaos(random.Random(3), lost=1.0)
    await rough.with_chaos(chaos)
    call = rough.dial(Fate.ANSWERS)
    await rough.sees(LegAnswered, leg=call)
    assert chaos.losses == 1
    assert not rough.seen(OriginateAccepted, leg=call)


async def test_late_replies_come_all_the_same(rough: Rough) -> None:
    await rough.with_chaos(Chaos(random.Random(3), late=1.0, late_s=0.2))
    calls = [rough.dial(Fate.ANSWERS) for _ in range(5)]
    for call in calls:
        await rough.sees(OriginateAccepted, leg=call)


async def test_repeated_events_do_not_change_a_verdict(rough: Rough) -> None:
    await rough.with_chaos(Chaos(random.Random(3), repeated=1.0))
    call = rough.dial(Fate.BUSY)
    assert judge(await rough.ends(call)) is Outcome.BUSY
    await rough.sees(LegEnded, leg=call, times=2)


async def test_link_that_is_cut_at_random_comes_back_and_says_what_is_left() -> None:
    clock = PacedClock()
    pbx = VirtualExchange(ServerId("pbx1"), ScriptedCarrier(), random.Random(1), clock)
    asterisk = AmiServer(pbx, clock)
    stage = WireStage()
    stage.pbx, stage.asterisk = pbx, asterisk
    await asterisk.start()
    settings = AsteriskSettings(
        name="pbx1", port=asterisk.port, secret=SecretStr("simulated"), recordings=Path("/monitor")
    )
    stage._link = AmiLink(settings, clock, jitter=random.Random(1))
    stage._link.subscribe(stage._hear)
    try:
        await stage._link.start()
        await stage.sees(PbxSnapshot)
        call = stage.dial(Fate.ANSWERS)
        await stage.sees(LegAnswered, leg=call)
        asterisk.chaos = Chaos(random.Random(1), cut=1.0)
        stage.dial(Fate.ANSWERS)
        await stage.until(lambda: asterisk.chaos is not None and asterisk.chaos.cuts > 0, 10.0)
        asterisk.chaos = None
        snapshot = await stage.sees(PbxSnapshot, times=2, within_s=40.0)
        assert call in {row.leg for row in snapshot.legs}
        lost = stage.seen(OriginateLost)
        assert all(event.leg in {row.leg for row in snapshot.legs} for event in lost)
    finally:
        await stage.close()

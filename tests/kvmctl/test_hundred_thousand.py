"""A hundred thousand operations on devices that misbehave: nothing is lost, nothing stale is replayed, all agrees."""

from random import Random

import pytest

from kvmctl.matrix.loop import Drift
from kvmctl.matrix.plant import Plant, RxId
from kvmctl.matrix.wishes import Connect, Disconnect, Get, Push, Said, Wish
from kvmctl.ports import Channel
from simulator.matrix import Faults
from telephony.screens import ScreenRefused, ScreenWished, ScreenWishEnded
from tests.kvmctl.world import World, rx, tx

OPERATIONS = 50_000


def _wish(dice: Random, receivers: list[RxId], sources: list[str]) -> Wish:
    here = dice.choice(receivers)
    match dice.random():
        case share if share < 0.55:
            return Connect(actor="chief", rx=here, source=dice.choice(sources))
        case share if share < 0.75:
            return Push(actor="chief", rx=here, targets=",".join(dice.sample(receivers, 3)))
        case share if share < 0.9:
            return Get(actor="chief", rx=here, other=dice.choice(receivers))
    return Disconnect(actor="chief", rx=here)


@pytest.mark.parametrize("drift", [Drift.ADOPT, Drift.RESTORE])
def test_a_misbehaving_floor_ends_with_what_is_wanted_and_every_wish_has_an_end(drift: Drift) -> None:
    plant = Plant(
        transmitters=[tx(f"00{n:02}", f"m{n % 3}") for n in range(1, 31)],
        receivers=[rx(f"50{n:02}", f"m{n % 3}") for n in range(1, 25)],
    )
    faults = Faults(
        lost_ack=0.03, lost_change=0.02, late_change=0.01, late_s=1.0, twice=0.05, busy=0.02, refused=0.01, garbage=0.02
    )
    world = World(plant, drift=drift, batch=4, faults=faults, seed=7)
    dice = Random(11)
    receivers, sources = list(plant.rx), list(plant.tx)
    matrices = sorted(plant.matrices)
    asked = 0
    for _ in range(OPERATIONS):
        match dice.random():
            case share if share < 0.90:
                asked += 1
                world.ask(_wish(dice, receivers, sources))
            case share if share < 0.98:
                one = plant.rx[dice.choice(receivers)]
                source = plant.tx[dice.choice(sources)]
                port = source.ports[Channel.VIDEO]
                world.devices[one.matrix].switch_by_hand("video", one.ports[Channel.VIDEO], port, world.now)
            case _:
                world.unplug(dice.choice(matrices), dice.choice([0.05, 0.5, 3.0, 12.0]))
        world.run(dice.expovariate(20.0))
    for device in world.devices.values():
        device.faults = Faults()
    world.run(120.0)

    wished = {fact.ticket for fact in world.facts if isinstance(fact, ScreenWished)}
    ends = [fact.ticket for fact in world.facts if isinstance(fact, ScreenRefused | ScreenWishEnded)]
    assert len(wished) == asked
    assert len(ends) == len(set(ends))
    assert set(ends) == wished
    assert len(world.engine.tickets) == 0
    for matrix, loop in world.engine.loops.items():
        assert loop.settled
        for receiver in (one for one in plant.rx.values() if one.matrix == matrix):
            assert dict(loop.desired(receiver)) == loop.reported(receiver)
            for channel, port in receiver.ports.items():
                assert world.devices[matrix].points.get((channel.value, port)) == loop.reported(receiver)[channel]
    said = {fact.said for fact in world.facts if isinstance(fact, ScreenWishEnded)}
    assert {Said.CONNECTED, Said.PUSHED, Said.GOT, Said.SUPERSEDED, Said.STALE} <= said
    if drift is Drift.ADOPT:
        assert world.replayed == []

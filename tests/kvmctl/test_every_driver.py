"""Every driver under the core beside a device that misbehaves: no wish without an end, and in the end all agree."""

import os
from collections.abc import Callable
from random import Random

import pytest

from kvmctl.drivers import KINDS
from kvmctl.matrix.loop import Drift
from kvmctl.matrix.wishes import Connect, Disconnect, Get, Push, Wish
from kvmctl.ports import Channel
from simulator.kvm.adder import SimulatedAdder
from simulator.kvm.draco import SimulatedDraco
from simulator.kvm.kramer import SimulatedKramer
from simulator.kvm.lightware import SimulatedLightware
from simulator.kvm.misbehaviour import Luck, Misbehaviour
from simulator.kvm.nmos import SimulatedNmos
from simulator.kvm.videohub import SimulatedVideohub
from telephony.screens import ScreenRefused, ScreenWished, ScreenWishEnded
from tests.kvmctl.yard import StreamBox, Yard, adder_box, nmos_box

OPERATIONS = int(os.environ.get("SWITCHROOM_KVM_OPERATIONS", "2500"))
"""The long run takes 100,000."""
ODDS = Misbehaviour(
    lost_replies=0.02, lost_changes=0.02, refused=0.01, twice=0.05, foreign=0.05, babble=0.02, hangs_up=0.01
)
N = 8
Made = tuple[Yard, Callable[[], dict[str, str | None]], Luck]


def videohub(dice: Random) -> Made:
    hub = SimulatedVideohub(N, N, luck=(luck := Luck(ODDS, 7)))
    ports = [str(n) for n in range(N)]
    driver = KINDS["videohub"].make({"off_input": "", "locks": False, "batch": 4})
    yard = Yard(driver, StreamBox(hub, dice), rx=ports, tx=ports, drift=Drift.RESTORE)
    return yard, lambda: {str(n): str(source) for n, source in enumerate(hub.shown)}, luck


def draco(dice: Random) -> Made:
    matrix = SimulatedDraco(N, N, luck=(luck := Luck(ODDS, 7)))
    yard = Yard(
        KINDS["draco"].make({}),
        StreamBox(matrix, dice),
        rx=list(map(str, matrix.cons)),
        tx=list(map(str, matrix.cpus)),
        drift=Drift.RESTORE,
        short=False,
    )
    return yard, lambda: {str(con): str(cpu) if cpu else None for con, (cpu, _) in matrix.shown.items()}, luck


def kramer(dice: Random) -> Made:
    matrix = SimulatedKramer(N, N, luck=(luck := Luck(ODDS, 7)))
    ports = [str(n) for n in range(1, N + 1)]
    driver = KINDS["kramer"].make({"inputs": N, "outputs": N, "off_input": 0, "user": "", "password": ""})
    yard = Yard(driver, StreamBox(matrix, dice), rx=ports, tx=ports, drift=Drift.RESTORE)
    return yard, lambda: {str(n): str(source) if source else None for n, source in matrix.shown.items()}, luck


def lightware(dice: Random) -> Made:
    matrix = SimulatedLightware(N, N, luck=(luck := Luck(ODDS, 7)))
    rx, tx = [f"O{n}" for n in range(1, N + 1)], [f"I{n}" for n in range(1, N + 1)]
    driver = KINDS["lightware"].make({"node": "/MEDIA/VIDEO/XP", "batch": 4})
    yard = Yard(driver, StreamBox(matrix, dice), rx=rx, tx=tx, drift=Drift.RESTORE)
    return yard, lambda: {f"O{n}": None if one == "0" else one for n, one in enumerate(matrix.shown, 1)}, luck


def adder(dice: Random) -> Made:
    manager = SimulatedAdder(N, N, luck=(luck := Luck(ODDS, 7)))
    driver = KINDS["adder"].make({"user": "api", "password": "secret", "force": True, "poll_s": 2.0, "version": "5"})
    rx, tx = sorted(manager.shown), sorted(manager.channels)
    yard = Yard(driver, adder_box(manager), rx=rx, tx=tx, drift=Drift.RESTORE, short=False)
    return yard, lambda: {rx: None if one is None else one[0] for rx, one in manager.shown.items()}, luck


def nmos(dice: Random) -> Made:
    site = SimulatedNmos(N, N, luck=(luck := Luck(ODDS, 7)))
    desks = [site.receiver(f"Desk {n}", "video") for n in range(1, N + 1)]
    computers = [site.sender(f"PC {n}", "video") for n in range(1, N + 1)]
    driver = KINDS["nmos"].make({"version": "v1.3", "paging": 100, "batch": 4, "salvo_ms": 0.0})
    yard = Yard(driver, nmos_box(site), rx=desks, tx=computers, drift=Drift.RESTORE)
    return yard, lambda: {desk: site.active[desk] for desk in desks}, luck


def _wish(dice: Random, yard: Yard) -> Wish:
    receivers, sources = list(yard.plant.rx), list(yard.plant.tx)
    here = dice.choice(receivers)
    match dice.random():
        case share if share < 0.65:
            return Connect(actor="chief", rx=here, source=dice.choice(sources))
        case share if share < 0.8:
            return Push(actor="chief", rx=here, targets=",".join(dice.sample(receivers, 2)))
        case share if share < 0.9:
            return Get(actor="chief", rx=here, other=dice.choice(receivers))
    return Disconnect(actor="chief", rx=here)


@pytest.mark.parametrize("made", [nmos, videohub, adder, draco, kramer, lightware], ids=lambda made: made.__name__)
def test_a_driver_beside_a_misbehaving_device_ends_with_all_agreed(made: Callable[[Random], Made]) -> None:
    dice = Random(5)
    yard, shown, luck = made(dice)
    asked = 0
    for _ in range(OPERATIONS):
        if dice.random() < 0.97:
            asked += 1
            yard.ask(_wish(dice, yard))
        else:
            yard.unplug(dice.choice([0.05, 0.5, 3.0, 12.0]))
        yard.run(dice.expovariate(3.0))
    luck.of = Misbehaviour()
    yard.run(200.0)

    wished = {fact.ticket for fact in yard.facts if isinstance(fact, ScreenWished)}
    ends = [fact.ticket for fact in yard.facts if isinstance(fact, ScreenRefused | ScreenWishEnded)]
    assert len(wished) == asked
    assert len(ends) == len(set(ends))
    assert set(ends) == wished
    (loop,) = yard.engine.loops.values()
    assert loop.settled
    device = shown()
    for receiver in yard.plant.rx.values():
        assert dict(loop.desired(receiver)) == loop.reported(receiver)
        port = receiver.ports[Channel.VIDEO]
        assert loop.reported(receiver)[Channel.VIDEO] == device.get(port)

"""Lightware and Kramer on the wire: signatures, replies that look like news, busy boxes, what is shown."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from config.words import drivers_in_chinese
from kvmctl.drivers import KINDS, kramer, lightware
from kvmctl.ports import Busy, Dumped, Garbage, Introduced, LogInRefused, Received, Refused, Why
from simulator.kvm.kramer import SimulatedKramer
from simulator.kvm.lightware import SimulatedLightware
from simulator.kvm.misbehaviour import Luck, Misbehaviour
from tests.kvmctl.cable import Cable

KRAMER = {"inputs": 8, "outputs": 8, "off_input": 0, "user": "", "password": ""}
ODDS = Misbehaviour(lost_replies=0.05, lost_changes=0.1, refused=0.1, twice=0.2, foreign=0.3, babble=0.2, hangs_up=0.05)


def light(matrix: SimulatedLightware | None = None, split: int | None = None) -> Cable:
    driver = lightware.KIND.make({"node": "/MEDIA/VIDEO/XP", "batch": 16})
    cable = Cable(driver, matrix or SimulatedLightware(), split=random.Random(split) if split is not None else None)
    cable.connect()
    return cable


def kram(matrix: SimulatedKramer | None = None, split: int | None = None, **options: str | int) -> Cable:
    driver = kramer.KIND.make({**KRAMER, **options})
    cable = Cable(driver, matrix or SimulatedKramer(), split=random.Random(split) if split is not None else None)
    cable.connect()
    return cable


def test_lightware_opens_the_node_and_asks_for_everything() -> None:
    cable = light(SimulatedLightware(4, 2))
    assert b"OPEN /MEDIA/VIDEO/XP\r\n" in b"".join(cable.sent)
    (dump,) = cable.of(Dumped)
    assert isinstance(dump, Dumped)
    assert [port.port for port in dump.ports] == ["I1", "I2", "I3", "I4", "O1", "O2"]
    assert Introduced(model="Simulated LW3") in cable.events


def test_lightware_switches_several_in_one_call_and_shows_what_the_matrix_tells() -> None:
    cable = light()
    ref = cable.switch_all({"O2": "I1", "O3": None})
    assert cable.sent[-1][4:] == b"#CALL /MEDIA/VIDEO/XP:switch(I1:O2;0:O3)\r\n"
    assert cable.acked(ref)
    assert (cable.on("O2"), cable.on("O3")) == ("I1", None)


def test_lightware_refusals_carry_their_reason() -> None:
    matrix = SimulatedLightware()
    cable = light(matrix)
    matrix.locked.add(1)
    locked, unknown = cable.switch("O2", "I1"), cable.switch("O99", "I1")
    assert [(one.ref, one.why) for one in cable.of(Refused) if isinstance(one, Refused)] == [
        (locked, Why.LOCKED),
        (unknown, Why.NO_PORT),
    ]


def test_lightware_replies_are_told_apart_by_their_signature() -> None:
    matrix = SimulatedLightware(luck=Luck(Misbehaviour(lost_replies=1.0)))
    cable = light(matrix)
    lost = cable.switch("O1", "I5")
    matrix.luck = Luck()
    kept = cable.switch("O2", "I6")
    assert cable.acked(kept)
    assert not cable.acked(lost)
    assert cable.on("O1") == "I5"


def test_lightware_that_leaves_a_question_unanswered_is_connected_anew() -> None:
    cable = light()
    matrix = cable.device
    assert isinstance(matrix, SimulatedLightware)
    cable.now += 11.0
    client = cable.client
    cable._take(cable.driver.tick(cable.now))
    assert client is not None
    client.out.clear()
    cable.passes(4.0)
    assert cable.hung_up == ["no reply"]


def test_kramer_says_what_it_is_and_what_it_shows() -> None:
    cable = kram()
    assert b"#VID? *\r" in cable.sent
    assert Introduced(model="VS-88 simulated") in cable.events
    assert (cable.on("1"), cable.on("8")) == ("1", "8")


def test_kramer_is_asked_for_one_route_at_a_time() -> None:
    cable = kram()
    ref = cable.switch("5", "3")
    assert cable.sent[-1] == b"#VID 3>5\r"
    assert cable.acked(ref)
    assert cable.on("5") == "3"
    assert cable.acked(cable.switch("5", None))
    assert cable.on("5") is None


def test_somebody_at_the_panel_of_a_kramer_is_no_answer_to_us() -> None:
    matrix = SimulatedKramer(luck=Luck(Misbehaviour(lost_replies=1.0)))
    cable = kram(matrix)
    ref = cable.switch("5", "3")
    matrix.by_hand(6, 3)
    matrix.by_hand(5, 4)
    cable.settle()
    assert not cable.acked(ref)
    assert (cable.on("6"), cable.on("5")) == ("3", "4")
    cable.passes(3.0)
    assert cable.hung_up == ["no reply"]


def test_a_busy_kramer_has_not_looked_and_one_out_of_range_refuses() -> None:
    matrix = SimulatedKramer()
    cable = kram(matrix)
    matrix.busy = 1
    assert Busy(ref=cable.switch("5", "3")) in cable.events
    ref = cable.switch("5", "9")
    assert Refused(ref=ref, why=Why.NO_PORT, receivers=("5",)) in cable.events


def test_a_kramer_that_does_not_take_the_password_is_said_so() -> None:
    cable = kram(SimulatedKramer(password="right"), user="Admin", password="wrong")
    assert cable.of(LogInRefused)
    assert cable.hung_up == ["log-in refused"]
    cable = kram(SimulatedKramer(password="right"), user="Admin", password="right")
    assert cable.acked(cable.switch("5", "3"))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), split=st.integers(0, 2**32))
def test_after_any_trouble_a_dump_is_the_truth(seed: int, split: int) -> None:
    for cable in (
        light(SimulatedLightware(luck=Luck(ODDS, seed)), split),
        kram(SimulatedKramer(luck=Luck(ODDS, seed)), split),
    ):
        draw, device = random.Random(seed), cable.device
        rx, tx = ("O{}", "I{}") if isinstance(device, SimulatedLightware) else ("{}", "{}")
        for _ in range(30):
            if cable.client is None:
                cable.connect()
            cable.switch(rx.format(draw.randint(1, 8)), tx.format(draw.randint(1, 8)))
            cable.passes(4.0)
        device.luck = Luck()
        if cable.client is None:
            cable.connect()
        cable.refresh()
        assert isinstance(device, SimulatedLightware | SimulatedKramer)
        shown = device.shown if isinstance(device, SimulatedKramer) else dict(enumerate(device.shown, 1))
        for output, source in shown.items():
            assert cable.on(rx.format(output)) == str(source)


@settings(max_examples=100, deadline=None)
@given(junk=st.lists(st.binary(max_size=200), max_size=10))
def test_garbage_is_counted_and_never_raises(junk: list[bytes]) -> None:
    for cable in (light(), kram()):
        for piece in junk:
            cable.driver.feed(Received(piece), cable.now)
        cable.driver.feed(Received(b"\r\n\x00\xffnothing that means anything\r\n"), cable.now)
        turn = cable.driver.feed(Received(b"~what\r\n"), cable.now)
        assert all(isinstance(event, Garbage) for event in turn.events)
        cable.cut()
        cable.connect()
        assert isinstance(cable.of(Dumped)[-1], Dumped)


def test_every_option_of_every_driver_is_explained_in_both_languages() -> None:
    options = {f"{kind.name}.{option.name}": option.about for kind in KINDS.values() for option in kind.options}
    assert options.keys() == drivers_in_chinese().keys()
    assert all(options.values())

"""A Draco tera on the wire: telegrams to the byte, echoes as the state, BEL as not looked at."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvmctl.drivers import draco_telegrams as wire
from kvmctl.drivers.draco import KIND
from kvmctl.ports import (
    Acked,
    Busy,
    Channel,
    Dumped,
    Garbage,
    Hold,
    Point,
    Port,
    PortSeen,
    Received,
    Refused,
    Route,
    ShowText,
    Side,
    Switch,
    Why,
)
from simulator.kvm.draco import SimulatedDraco
from simulator.kvm.misbehaviour import Luck, Misbehaviour
from tests.kvmctl.cable import Cable


def cabled(matrix: SimulatedDraco | None = None, *, split: int | None = None) -> Cable:
    cable = Cable(KIND.make({}), matrix or SimulatedDraco(), split=random.Random(split) if split is not None else None)
    cable.connect()
    return cable


def ask(cable: Cable, con: str, cpu: str | None, *, works: bool = True, hold: Hold = Hold.SHARED) -> int:
    """Connect with keyboard and mouse, or only to look."""
    cable.ref += 1
    tx = None if cpu is None else Port(cpu)
    points = (
        Point(Channel.VIDEO, Port(con), tx),
        Point(Channel.AUDIO, Port(con), tx),
        Point(Channel.USB, Port(con), tx if works else None),
    )
    route = Route(receiver=con, points=points, changed=frozenset(Channel), hold=hold)
    cable._take(cable.driver.encode(Switch(ref=cable.ref, routes=(route,)), cable.now))
    cable.settle()
    return cable.ref


def test_telegrams_are_those_of_the_makers() -> None:
    assert wire.view(3017, 1012) == bytes.fromhex("1B 5B 49 09 00 C9 0B F4 03")
    assert wire.listing(wire.CPUS, 0) == bytes.fromhex("1B 5B 67 07 00 00 00")
    assert wire.listing(wire.CONS, 0) == bytes.fromhex("1B 5B 68 07 00 00 00")
    assert wire.status() == bytes.fromhex("1B 5B 7A")
    assert wire.extended(1012, 3017, wire.PRIVATE) == bytes.fromhex("1B 5B 62 0B 00 F4 03 C9 0B 03 00")


def test_a_list_of_43_is_1041_bytes_long() -> None:
    matrix = SimulatedDraco(cons=50)
    client = matrix.connect()
    matrix.hear(client, wire.listing(wire.CONS, 0))
    assert bytes(client.out[:9]) == bytes.fromhex("1B 5D 68 11 04 2B 00 00 00")
    assert len(client.out) == 1041
    assert bytes(client.out[9:13]) == bytes.fromhex("B9 0B 00 00")


def test_everything_there_is_listed_page_by_page() -> None:
    matrix = SimulatedDraco(cpus=100, cons=43)
    matrix.offline.add(1002)
    cable = cabled(matrix)
    (dump,) = cable.of(Dumped)
    assert isinstance(dump, Dumped)
    assert len([port for port in dump.ports if port.side is Side.TX]) == 100
    assert len([port for port in dump.ports if port.side is Side.RX]) == 43
    assert PortSeen(side=Side.TX, port=Port("1002"), name="PC 1002", online=False) in dump.ports


@pytest.mark.parametrize(
    ("works", "hold", "mode"),
    [
        (True, Hold.SHARED, wire.FULL),
        (False, Hold.SHARED, wire.VIDEO_ONLY),
        (True, Hold.PRIVATE, wire.PRIVATE),
        (False, Hold.PRIVATE, wire.VIDEO_ONLY),
    ],
)
def test_full_access_looking_and_private_are_modes_of_the_matrix(works: bool, hold: Hold, mode: int) -> None:
    matrix = SimulatedDraco()
    cable = cabled(matrix)
    assert cable.acked(ask(cable, "3002", "1004", works=works, hold=hold))
    assert matrix.shown[3002] == (1004, mode)
    assert cable.on("3002") == "1004"
    assert cable.on("3002", Channel.USB) == ("1004" if works else None)


def test_a_picture_can_be_taken_away() -> None:
    cable = cabled()
    ask(cable, "3002", "1004")
    assert cable.acked(ask(cable, "3002", None))
    assert cable.on("3002") is None
    assert cable.on("3002", Channel.USB) is None


def test_a_matrix_that_is_busy_has_not_looked_at_the_switch() -> None:
    matrix = SimulatedDraco()
    cable = cabled(matrix)
    matrix.busy = 1
    ref = ask(cable, "3002", "1004")
    assert Busy(ref=ref) in cable.events
    assert 3002 not in matrix.shown


def test_an_ack_without_an_echo_is_not_the_state() -> None:
    cable = cabled(SimulatedDraco(luck=Luck(Misbehaviour(lost_changes=1.0))))
    ref = ask(cable, "3002", "1004")
    assert cable.acked(ref)
    assert (Channel.VIDEO, Port("3002")) not in cable.shown


def test_what_operators_switch_themselves_is_echoed() -> None:
    matrix = SimulatedDraco()
    cable = cabled(matrix)
    matrix.by_hand(3005, 1001, wire.VIDEO_ONLY)
    cable.settle()
    assert (cable.on("3005"), cable.on("3005", Channel.USB)) == ("1001", None)


def test_what_it_was_told_is_remembered_over_a_new_connection() -> None:
    cable = cabled()
    ask(cable, "3002", "1004")
    cable.cut()
    cable.connect()
    assert cable.on("3002") == "1004"


def test_a_port_that_is_not_there_is_refused_before_it_is_asked() -> None:
    cable = cabled()
    for con, cpu in (("9999", "1001"), ("3001", "9999"), ("x", "1001")):
        ref = ask(cable, con, cpu)
        assert Refused(ref=ref, why=Why.NO_PORT, receivers=(con,)) in cable.events


def test_a_matrix_that_is_not_the_master_of_its_grid_is_left_for_another() -> None:
    matrix = SimulatedDraco()
    matrix.flags = 0x04
    cable = cabled(matrix)
    assert cable.hung_up == ["not the master of its grid"]
    matrix.flags = 0x0C
    cable.connect()
    assert len(cable.hung_up) == 1


def test_it_is_asked_for_its_status_before_it_drops_the_connection() -> None:
    cable = cabled()
    cable.sent.clear()
    cable.passes(60.0)
    assert cable.sent.count(wire.status()) == 2
    assert not cable.hung_up


def test_a_text_is_shown_on_a_screen_and_one_its_font_lacks_is_not_sent() -> None:
    matrix = SimulatedDraco()
    cable = cabled(matrix)
    cable._take(cable.driver.encode(ShowText(rx=Port("3001"), text="connected", seconds=2), cable.now))
    cable._take(cable.driver.encode(ShowText(rx=None, text="连接成功"), cable.now))
    cable.settle()
    assert matrix.messages == [b"connected"]


def test_a_lost_reply_ends_the_connection_and_the_switch_is_not_sent_again() -> None:
    cable = cabled(SimulatedDraco(luck=Luck(Misbehaviour(lost_replies=1.0))))
    ref = ask(cable, "3002", "1004")
    cable.passes(5.0)
    assert cable.hung_up == ["no reply"]
    assert Acked(ref=ref) not in cable.events
    assert cable.sent.count(wire.extended(1004, 3002, wire.FULL)) == 1


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), split=st.integers(0, 2**32))
def test_what_is_echoed_is_what_is_shown_whatever_else_comes_between(seed: int, split: int) -> None:
    odds = Misbehaviour(lost_replies=0.05, lost_changes=0.1, refused=0.1, twice=0.2, foreign=0.3, babble=0.2)
    matrix = SimulatedDraco(luck=Luck(odds, seed))
    cable = cabled(matrix, split=split)
    draw = random.Random(seed)
    for _ in range(30):
        if cable.client is None:
            cable.connect()
        ask(cable, str(draw.choice(matrix.cons)), str(draw.choice(matrix.cpus)), works=draw.random() < 0.5)
        cable.passes(4.0)
    for con, (cpu, mode) in matrix.shown.items():
        assert cable.on(str(con)) == str(cpu)
        assert cable.on(str(con), Channel.USB) == (None if mode == wire.VIDEO_ONLY else str(cpu))


@settings(max_examples=200, deadline=None)
@given(junk=st.lists(st.binary(max_size=300), max_size=10))
def test_garbage_is_counted_and_never_raises_and_the_driver_finds_its_feet(junk: list[bytes]) -> None:
    cable = cabled()
    for piece in junk:
        cable.driver.feed(Received(piece), cable.now)
        cable.now += 4.0
    cable.cut()
    cable.connect()
    assert cable.acked(ask(cable, "3002", "1004"))


def test_a_beginning_without_an_end_does_not_swallow_what_follows() -> None:
    matrix = SimulatedDraco()
    cable = cabled(matrix)
    cable._take(cable.driver.feed(Received(bytes((0x1B, 0x5D, 0x68, 0xFF, 0x1F))), cable.now))
    matrix.by_hand(3005, 1001)
    cable.settle()
    for _ in range(20):
        cable.passes(4.0)
    assert cable.on("3005") == "1001"
    assert any(isinstance(event, Garbage) for event in cable.events)

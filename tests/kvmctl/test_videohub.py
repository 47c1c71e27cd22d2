"""A Videohub on the wire: what it says is the state, its ACK is not."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvmctl.drivers.videohub import KIND
from kvmctl.ports import Channel, Dumped, Garbage, Hold, Introduced, Port, PortSeen, Received, Refused, Side, Why
from simulator.kvm.misbehaviour import Luck, Misbehaviour
from simulator.kvm.videohub import SimulatedVideohub
from tests.kvmctl.cable import Cable

OPTIONS = {"off_input": "", "locks": False, "batch": 64}


def cabled(hub: SimulatedVideohub | None = None, *, split: int | None = None, **options: object) -> Cable:
    driver = KIND.make({**OPTIONS, **options})  # type: ignore[arg-type]
    cable = Cable(driver, hub or SimulatedVideohub(), split=random.Random(split) if split is not None else None)
    cable.connect()
    return cable


def test_the_prelude_says_everything_and_the_driver_is_ready() -> None:
    cable = cabled(SimulatedVideohub(4, 2))
    (dump,) = cable.of(Dumped)
    assert isinstance(dump, Dumped)
    assert {(point.rx, point.tx) for point in dump.points} == {("0", "0"), ("1", "1")}
    assert PortSeen(side=Side.TX, port=Port("3"), name="PC 3") in dump.ports
    assert cable.of(Introduced) == [Introduced(model="Simulated Videohub", name="hub")]


def test_a_prelude_without_an_end_is_taken_at_a_quiet_moment() -> None:
    cable = cabled(SimulatedVideohub(ends_prelude=False))
    assert not cable.of(Dumped)
    cable.passes(1.0)
    assert len(cable.of(Dumped)) == 1


def test_a_route_leaves_as_one_block_and_is_shown_when_the_hub_says_so() -> None:
    cable = cabled()
    ref = cable.switch_all({"7": "2", "3": "2"})
    assert cable.sent[-1] == b"VIDEO OUTPUT ROUTING:\n7 2\n3 2\n\n"
    assert cable.acked(ref)
    assert cable.on("7") == "2"
    assert cable.on("3") == "2"


def test_an_ack_is_not_the_state() -> None:
    cable = cabled(SimulatedVideohub(luck=Luck(Misbehaviour(lost_changes=1.0))))
    ref = cable.switch("7", "2")
    assert cable.acked(ref)
    assert cable.on("7") == "7"


def test_a_nak_is_a_refusal() -> None:
    cable = cabled(SimulatedVideohub(luck=Luck(Misbehaviour(refused=1.0))))
    ref = cable.switch("7", "2")
    assert Refused(ref=ref, why=Why.FAILED, words="NAK") in cable.events
    assert not cable.acked(ref)


@pytest.mark.parametrize(("rx", "tx"), [("99", "1"), ("1", "99"), ("x", "1"), ("-1", "1"), ("1", "²")])
def test_a_port_the_hub_does_not_have_is_refused_before_it_is_asked(rx: str, tx: str) -> None:
    cable = cabled()
    before = len(cable.sent)
    ref = cable.switch(rx, tx)
    assert Refused(ref=ref, why=Why.NO_PORT, receivers=(rx,)) in cable.events
    assert len(cable.sent) == before


def test_nothing_is_an_input_of_its_own_or_not_possible() -> None:
    cable = cabled()
    ref = cable.switch("1", None)
    assert Refused(ref=ref, why=Why.UNSUPPORTED, receivers=("1",)) in cable.events
    cable = cabled(off_input="15")
    assert cable.acked(cable.switch("1", None))
    assert cable.on("1") is None
    assert cable.on("15") is None


def test_a_lost_ack_ends_the_connection_because_replies_have_lost_their_order() -> None:
    cable = cabled(SimulatedVideohub(luck=Luck(Misbehaviour(lost_replies=1.0))))
    ref = cable.switch("7", "2")
    assert cable.on("7") == "2"
    assert not cable.acked(ref)
    cable.passes(2.0)
    assert cable.hung_up == ["no reply"]
    assert len([data for data in cable.sent if b"7 2" in data]) == 1


def test_a_refresh_brings_the_whole_state_while_others_switch() -> None:
    hub = SimulatedVideohub()
    cable = cabled(hub)
    hub.shown[5] = 0
    cable.refresh()
    assert len(cable.of(Dumped)) == 2
    assert cable.on("5") == "0"
    hub.by_hand(6, 1)
    cable.settle()
    assert cable.on("6") == "1"
    assert len(cable.of(Dumped)) == 2


def test_an_output_somebody_else_has_locked_is_refused() -> None:
    hub = SimulatedVideohub()
    cable = cabled(hub)
    other = hub.connect()
    hub.hear(other, b"VIDEO OUTPUT LOCKS:\n7 O\n\n")
    cable.settle()
    ref = cable.switch("7", "2")
    assert Refused(ref=ref, why=Why.LOCKED, receivers=("7",)) in cable.events
    hub.leave(other)


def test_an_exclusive_hold_locks_the_output_and_a_shared_one_gives_it_free() -> None:
    hub = SimulatedVideohub()
    cable = cabled(hub, locks=True)
    assert cable.acked(cable.switch("7", "2", hold=Hold.EXCLUSIVE))
    assert 7 in hub.locks
    assert cable.acked(cable.switch("7", "3"))
    assert 7 not in hub.locks


def test_a_hub_that_says_nothing_is_asked_whether_it_is_there() -> None:
    cable = cabled()
    cable.passes(11.0)
    assert b"PING:\n\n" in cable.sent
    assert not cable.hung_up


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), split=st.integers(0, 2**32))
def test_whatever_is_lost_doubled_or_switched_by_others_the_last_dump_is_the_truth(seed: int, split: int) -> None:
    odds = Misbehaviour(
        lost_replies=0.05, lost_changes=0.1, refused=0.1, twice=0.2, foreign=0.3, babble=0.1, hangs_up=0.05
    )
    hub = SimulatedVideohub(luck=Luck(odds, seed))
    cable = cabled(hub, split=split)
    draw = random.Random(seed)
    for _ in range(30):
        if cable.client is None:
            cable.passes(1.0)
            cable.connect()
        cable.switch(str(draw.randrange(16)), str(draw.randrange(16)))
        cable.passes(3.0)
    if cable.client is None:
        cable.connect()
    hub.luck = Luck()
    cable.refresh()
    assert [cable.on(str(output)) for output in range(16)] == [str(source) for source in hub.shown]


@settings(max_examples=200, deadline=None)
@given(junk=st.lists(st.binary(max_size=200), max_size=10))
def test_garbage_is_counted_and_never_raises_and_the_next_prelude_is_read(junk: list[bytes]) -> None:
    cable = cabled()
    for piece in junk:
        cable.driver.feed(Received(piece), cable.now)
    cable.cut()
    cable.connect()
    assert isinstance(cable.of(Dumped)[-1], Dumped)
    assert cable.on("9") == "9"


def test_routes_beyond_the_hub_are_garbage() -> None:
    cable = cabled()
    turn = cable.driver.feed(Received(b"VIDEO OUTPUT ROUTING:\n200 1\n1 999\nx y\n\n"), cable.now)
    assert [event.where for event in turn.events if isinstance(event, Garbage)] == ["video output routing"] * 3
    assert cable.driver.traits.channels == (Channel.VIDEO,)

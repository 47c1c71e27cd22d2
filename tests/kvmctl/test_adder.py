"""An Adder manager over HTTP: what it lists is the state, tokens run out, nothing is told unasked."""

import random
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvmctl.drivers.adder import KIND
from kvmctl.ports import (
    Acked,
    Busy,
    Channel,
    Dumped,
    Event,
    Garbage,
    HangUp,
    Hold,
    LogInRefused,
    Point,
    PointReported,
    Port,
    PortSeen,
    Refresh,
    Refused,
    Replied,
    Request,
    RequestFailed,
    Route,
    Side,
    Switch,
    Turn,
    Why,
)
from simulator.kvm.adder import SimulatedAdder
from simulator.kvm.misbehaviour import Luck, Misbehaviour

OPTIONS = {"user": "api", "password": "secret", "force": False, "poll_s": 2.0, "version": "5"}


class Line:
    """The driver and the manager, in virtual time; a request is answered at once."""

    def __init__(self, manager: SimulatedAdder | None = None, **options: object) -> None:
        self.driver = KIND.make({**OPTIONS, **options})  # type: ignore[arg-type]
        self.manager = manager or SimulatedAdder()
        self.now = 1000.0
        self.events: list[Event] = []
        self.requests: list[Request] = []
        self.hung_up: list[str] = []
        self.shown: dict[tuple[Channel, str], str | None] = {}
        self.ref = 0
        self.take(self.driver.connect(self.now))

    def take(self, turn: Turn) -> None:
        self.events.extend(turn.events)
        for event in turn.events:
            if isinstance(event, Dumped):
                self.shown = {(point.channel, point.rx): point.tx for point in event.points}
            elif isinstance(event, PointReported):
                self.shown[event.point.channel, event.point.rx] = event.point.tx
        for one in turn.send:
            if isinstance(one, HangUp):
                self.hung_up.append(one.why)
            elif isinstance(one, Request):
                self.requests.append(one)
                answer = self.manager.answer(one.path)
                heard = (
                    RequestFailed(id=one.id, why="timeout")
                    if answer is None
                    else Replied(id=one.id, status=answer[0], body=answer[1])
                )
                self.take(self.driver.feed(heard, self.now))

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += self.driver.traits.tick_s
            self.take(self.driver.tick(self.now))

    def switch(self, rx: str, tx: str | None, *, works: bool = True, hold: Hold = Hold.SHARED) -> int:
        self.ref += 1
        port = None if tx is None else Port(tx)
        points = (
            Point(Channel.VIDEO, Port(rx), port),
            Point(Channel.AUDIO, Port(rx), port),
            Point(Channel.USB, Port(rx), port if works else None),
        )
        route = Route(receiver=rx, points=points, changed=frozenset(Channel), hold=hold)
        self.take(self.driver.encode(Switch(ref=self.ref, routes=(route,)), self.now))
        return self.ref

    def refresh(self) -> None:
        self.take(self.driver.encode(Refresh(), self.now))


def test_all_pages_of_receivers_and_channels_are_read() -> None:
    manager = SimulatedAdder(25, 12)
    manager.offline |= {"r2", "t3"}
    line = Line(manager)
    (dump,) = [event for event in line.events if isinstance(event, Dumped)]
    assert len(dump.ports) == 37
    assert PortSeen(side=Side.RX, port=Port("r2"), name="Seat r2", online=False) in dump.ports
    assert PortSeen(side=Side.TX, port=Port("c3"), name="PC c3 & co", online=False) in dump.ports


@pytest.mark.parametrize(
    ("works", "hold", "mode"),
    [(False, Hold.SHARED, "v"), (True, Hold.SHARED, "s"), (True, Hold.EXCLUSIVE, "e"), (True, Hold.PRIVATE, "p")],
)
def test_looking_sharing_exclusive_and_private_are_its_modes(works: bool, hold: Hold, mode: str) -> None:
    line = Line()
    ref = line.switch("r1", "c2", works=works, hold=hold)
    assert line.manager.shown["r1"] == ("c2", mode)
    assert Acked(ref=ref) in line.events
    line.refresh()
    assert line.shown[Channel.VIDEO, "r1"] == "c2"
    assert line.shown[Channel.USB, "r1"] == ("c2" if works else None)


def test_a_connection_that_has_ended_is_none() -> None:
    line = Line()
    line.switch("r1", "c2")
    line.switch("r1", None)
    line.refresh()
    assert line.shown[Channel.VIDEO, "r1"] is None


def test_what_others_connect_is_seen_at_the_next_question() -> None:
    line = Line()
    line.manager.by_hand("r3", "c5", "v")
    line.passes(3.0)
    assert (line.shown[Channel.VIDEO, "r3"], line.shown[Channel.USB, "r3"]) == ("c5", None)
    assert len([event for event in line.events if isinstance(event, Dumped)]) == 1


def test_a_token_that_has_run_out_is_renewed_once_and_the_switch_is_made_once() -> None:
    line = Line()
    line.manager.expire()
    line.manager.asked.clear()
    ref = line.switch("r1", "c2")
    assert Acked(ref=ref) in line.events
    assert line.manager.asked[:3] == ["connect_channel", "login", "connect_channel"]


def test_the_log_in_stands_in_no_log() -> None:
    line = Line()
    (login, *others) = line.requests
    assert "secret" in login.path
    assert all("secret" not in one.said for one in line.requests)
    token = parse_qs(urlsplit(others[0].path).query)["token"][0]
    assert all(token not in one.said for one in others)


def test_a_wrong_password_is_said_so_and_nothing_else_is_asked() -> None:
    line = Line(password="wrong")
    assert [event for event in line.events if isinstance(event, LogInRefused)]
    assert line.hung_up == ["log-in refused"]
    assert line.manager.asked == ["login"]


def test_a_private_connection_of_somebody_is_a_lock() -> None:
    line = Line()
    line.manager.by_hand("r5", "c2", "p")
    ref = line.switch("r1", "c2")
    refused = [event for event in line.events if isinstance(event, Refused)]
    assert [(one.ref, one.why) for one in refused] == [(ref, Why.LOCKED)]


def test_a_manager_that_is_asked_too_often_is_left_alone_and_has_not_switched() -> None:
    line = Line()
    line.manager.too_many = 1
    assert Busy(ref=line.switch("r1", "c2")) in line.events
    assert line.manager.shown["r1"] is None


def test_a_switch_without_a_reply_is_not_made_again() -> None:
    line = Line(SimulatedAdder(luck=Luck(Misbehaviour(lost_replies=1.0))))
    line.switch("r1", "c2")
    line.passes(10.0)
    assert line.manager.asked.count("connect_channel") == 1
    assert line.shown[Channel.VIDEO, "r1"] == "c2"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html/>", b"<a", b'<!DOCTYPE x [<!ENTITY a "b">]><api_response/>', "<api_response>é".encode("latin-1")],
)
def test_a_reply_that_is_none_is_garbage_and_three_end_the_connection(body: bytes) -> None:
    line = Line()
    line.manager.answer = lambda path: (200, body)  # type: ignore[method-assign]
    line.passes(10.0)
    assert [event for event in line.events if isinstance(event, Garbage)]
    assert line.hung_up[0] == "no reply"


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_after_any_trouble_what_is_listed_is_what_is_shown(seed: int) -> None:
    odds = Misbehaviour(lost_replies=0.05, lost_changes=0.1, refused=0.1, foreign=0.3, babble=0.05)
    line = Line(SimulatedAdder(luck=Luck(odds, seed)))
    draw = random.Random(seed)
    for _ in range(40):
        if draw.random() < 0.05:
            line.manager.expire()
        line.switch(f"r{draw.randint(1, 8)}", draw.choice([None, f"c{draw.randint(1, 8)}"]))
        line.passes(1.0)
    line.manager.luck = Luck()
    line.take(line.driver.connect(line.now))
    for receiver, shown in line.manager.shown.items():
        assert line.shown[Channel.VIDEO, receiver] == (None if shown is None else shown[0])

"""NMOS: the registry page by page, one PATCH a receiver, bulk and salvos, keyboards the other way round."""

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from kvmctl.drivers.nmos import KIND
from kvmctl.ports import (
    Acked,
    Channel,
    Dumped,
    Event,
    Garbage,
    HangUp,
    OpenSocket,
    Point,
    PointReported,
    Port,
    PortReported,
    Refresh,
    Refused,
    Replied,
    Request,
    RequestFailed,
    Route,
    Side,
    SocketClosed,
    SocketHeard,
    Switch,
    Turn,
    Why,
)
from simulator.kvm.misbehaviour import Luck, Misbehaviour
from simulator.kvm.nmos import SimulatedNmos

OPTIONS = {"version": "v1.3", "paging": 100, "batch": 64, "salvo_ms": 0.0}
S, R = SimulatedNmos.sender, SimulatedNmos.receiver


class Site:
    """The driver and a site, in virtual time; requests are answered at once, in their order."""

    def __init__(self, nmos: SimulatedNmos | None = None, **options: object) -> None:
        self.driver = KIND.make({**OPTIONS, **options})  # type: ignore[arg-type]
        self.nmos = nmos or SimulatedNmos()
        self.nmos.on_grain = self.grain
        self.now, self.ref = 1000.0, 0
        self.events: list[Event] = []
        self.requests: list[Request] = []
        self.hung_up: list[str] = []
        self.sockets: dict[str, int] = {}
        self.shown: dict[tuple[Channel, str], str | None] = {}
        self.connect()

    def connect(self) -> None:
        self.sockets.clear()
        self.take(self.driver.connect(self.now))

    def grain(self, kind: str, text: str) -> None:
        if kind in self.sockets:
            self.take(self.driver.feed(SocketHeard(id=self.sockets[kind], text=text), self.now))

    def take(self, turn: Turn) -> None:
        for event in turn.events:
            self.events.append(event)
            if isinstance(event, Dumped):
                self.shown = {(point.channel, point.rx): point.tx for point in event.points}
            elif isinstance(event, PointReported):
                self.shown[event.point.channel, event.point.rx] = event.point.tx
        for one in turn.send:
            if isinstance(one, HangUp):
                self.hung_up.append(one.why)
            elif isinstance(one, OpenSocket):
                self.sockets[one.url.rpartition("/")[2]] = one.id
            elif isinstance(one, Request):
                self.requests.append(one)
                answer = self.nmos.answer(one.method, one.path, one.body)
                heard = (
                    RequestFailed(id=one.id, why="timeout")
                    if answer is None
                    else Replied(id=one.id, status=answer.status, body=answer.body, headers=answer.headers)
                )
                self.take(self.driver.feed(heard, self.now))

    def switch(self, *wanted: tuple[str, str | None], usb: bool = True) -> int:
        """Desks show computers, with keyboard or without."""
        self.ref += 1
        routes = []
        for desk, computer in wanted:
            points = [
                Point(
                    Channel.VIDEO,
                    Port(R(desk, "video")),
                    Port(S(computer, "video")) if computer is not None else None,
                )
            ]
            if usb:
                tx = Port(R(computer, "usb")) if computer is not None else None
                points.append(Point(Channel.USB, Port(S(desk, "usb")), tx))
            changed = frozenset(point.channel for point in points)
            routes.append(Route(receiver=desk, points=tuple(points), changed=changed))
        self.take(self.driver.encode(Switch(ref=self.ref, routes=tuple(routes)), self.now))
        return self.ref

    def video(self, desk: str) -> str | None:
        return self.shown[Channel.VIDEO, R(desk, "video")]


def test_all_pages_of_the_registry_are_read() -> None:
    site = Site(SimulatedNmos(30, 30, page=7))
    (dump,) = [event for event in site.events if isinstance(event, Dumped)]
    assert len([port for port in dump.ports if port.channels == (Channel.VIDEO,)]) == 60
    usb = [port for port in dump.ports if port.channels == (Channel.USB,)]
    assert len([port for port in usb if port.side is Side.RX]) == 30
    assert {port.group for port in usb if port.side is Side.TX} == {f"PC {n}" for n in range(1, 31)}


def test_a_desk_takes_a_picture_by_exactly_one_patch_with_the_senders_description() -> None:
    site = Site()
    ref = site.switch(("Desk 1", "PC 2"), usb=False)
    ((receiver, staged),) = site.nmos.patches
    assert receiver == R("Desk 1", "video")
    assert staged["sender_id"] == S("PC 2", "video")
    assert staged["master_enable"] is True
    assert staged["activation"] == {"mode": "activate_immediate"}
    assert staged["transport_file"]["type"] == "application/sdp"
    assert Acked(ref=ref) in site.events
    assert site.video("Desk 1") == S("PC 2", "video")
    patch = next(one for one in site.requests if one.method == "PATCH")
    assert "/x-nmos/connection/v1.1/single/receivers/" in patch.path


def test_a_picture_is_taken_away_with_master_enable_off() -> None:
    site = Site()
    site.switch(("Desk 1", "PC 2"), usb=False)
    site.switch(("Desk 1", None), usb=False)
    assert site.nmos.patches[-1][1] == {
        "sender_id": None,
        "master_enable": False,
        "activation": {"mode": "activate_immediate"},
    }
    assert site.video("Desk 1") is None


def test_a_keyboard_goes_from_the_desk_to_the_computer_and_leaves_the_one_before() -> None:
    site = Site()
    site.switch(("Desk 1", "PC 2"))
    assert site.nmos.active[R("PC 2", "usb")] == S("Desk 1", "usb")
    assert site.shown[Channel.USB, S("Desk 1", "usb")] == R("PC 2", "usb")
    site.switch(("Desk 1", "PC 3"))
    assert site.nmos.active[R("PC 2", "usb")] is None
    assert site.shown[Channel.USB, S("Desk 1", "usb")] == R("PC 3", "usb")
    site.switch(("Desk 4", "PC 3"))
    assert site.shown[Channel.USB, S("Desk 1", "usb")] is None


def test_receivers_of_one_node_go_in_one_request_and_one_that_refuses_is_named() -> None:
    nmos = SimulatedNmos()
    root = nmos.kinds["devices"][nmos.kinds["receivers"][R("Desk 1", "video")]["device_id"]]
    for n in (2, 3):
        nmos.kinds["devices"][nmos.kinds["receivers"][R(f"Desk {n}", "video")]["device_id"]]["controls"] = root[
            "controls"
        ]
    nmos.locked.add(R("Desk 2", "video"))
    site = Site(nmos)
    ref = site.switch(("Desk 1", "PC 1"), ("Desk 2", "PC 1"), ("Desk 3", "PC 1"), usb=False)
    assert [one.path.rpartition("/x-nmos")[2] for one in site.requests if one.method == "POST"][-1].endswith(
        "bulk/receivers"
    )
    refused = [event for event in site.events if isinstance(event, Refused)]
    assert refused == [Refused(ref=ref, why=Why.LOCKED, words="423", receivers=("Desk 2",))]
    assert (site.video("Desk 1"), site.video("Desk 3")) == (S("PC 1", "video"), S("PC 1", "video"))


def test_a_salvo_happens_everywhere_at_one_instant() -> None:
    site = Site(salvo_ms=500.0)
    ref = site.switch(("Desk 1", "PC 1"), ("Desk 2", "PC 1"), usb=False)
    times = {staged["activation"]["requested_time"] for _, staged in site.nmos.patches}
    assert times == {"1037:500000000"}
    assert Acked(ref=ref) in site.events
    assert site.video("Desk 1") is None
    site.now += 0.6
    site.nmos.advance(site.now)
    assert (site.video("Desk 1"), site.video("Desk 2")) == (S("PC 1", "video"), S("PC 1", "video"))


def test_what_another_controller_switches_is_told_by_the_registry() -> None:
    site = Site()
    site.nmos.by_hand(R("Desk 2", "video"), S("PC 4", "video"))
    assert site.video("Desk 2") == S("PC 4", "video")


def test_what_is_no_longer_registered_is_offline() -> None:
    site = Site()
    site.nmos.gone("receivers", R("Desk 2", "video"))
    (told,) = [event for event in site.events if isinstance(event, PortReported)]
    assert told.seen.port == R("Desk 2", "video")
    assert not told.seen.online
    ref = site.switch(("Desk 2", "PC 1"), usb=False)
    assert Refused(ref=ref, why=Why.NO_PORT, receivers=("Desk 2",)) in site.events


def test_a_sender_that_does_not_describe_itself_is_offline() -> None:
    site = Site()
    del site.nmos.kinds["senders"][S("PC 2", "video")]
    ref = site.switch(("Desk 1", "PC 2"), usb=False)
    assert Refused(ref=ref, why=Why.OFFLINE, words="no description: 404") in site.events
    assert not site.nmos.patches


def test_a_patch_without_a_reply_is_not_made_again_and_has_no_end() -> None:
    site = Site(SimulatedNmos(luck=Luck(Misbehaviour(lost_replies=1.0))))
    ref = site.switch(("Desk 1", "PC 2"), usb=False)
    assert len(site.nmos.patches) == 1
    assert not [event for event in site.events if isinstance(event, Acked | Refused) and event.ref == ref]
    assert site.video("Desk 1") == S("PC 2", "video")


def test_a_subscription_that_ends_is_made_anew_and_everything_read_again() -> None:
    site = Site()
    socket = site.sockets.pop("receivers")
    site.take(site.driver.feed(SocketClosed(id=socket, why="reset"), site.now))
    site.nmos.by_hand(R("Desk 2", "video"), S("PC 4", "video"))
    for _ in range(10):
        site.now += 0.5
        site.take(site.driver.tick(site.now))
    assert "receivers" in site.sockets
    assert site.video("Desk 2") == S("PC 4", "video")


def test_the_newest_connection_api_is_the_one_with_the_greater_number() -> None:
    nmos = SimulatedNmos(1, 1)
    for device in nmos.kinds["devices"].values():
        device["controls"] += [
            {"type": "urn:x-nmos:control:sr-ctrl/v1.12", "href": "http://127.0.0.1:1/new/x-nmos/connection/v1.12"},
            {"type": "urn:x-nmos:control:sr-ctrl/v1.5", "href": "http://127.0.0.1:1/old/x-nmos/connection/v1.5/"},
        ]
    site = Site(nmos)
    site.switch(("Desk 1", "PC 1"), usb=False)
    assert next(one for one in site.requests if one.method == "PATCH").path.startswith("http://127.0.0.1:1/new/")


def test_rows_and_grains_of_no_meaning_are_garbage_and_the_rest_is_taken() -> None:
    nmos = SimulatedNmos()
    nmos.kinds["senders"]["x"] = {"id": 7}
    nmos.kinds["devices"]["y"] = {
        "id": "y",
        "controls": [{"type": "urn:x-nmos:control:sr-ctrl/vX", "href": "http://a"}],
    }
    site = Site(nmos)
    assert [event.where for event in site.events if isinstance(event, Garbage)] == ["devices", "senders"]
    for text in (
        "",
        "[]",
        '{"grain":1}',
        '{"grain":{"data":[1]}}',
        json.dumps({"grain": {"data": [{"path": "a", "post": 1}]}}),
    ):
        site.grain("receivers", text)
    assert len([event for event in site.events if isinstance(event, Garbage)]) == 7
    assert any(isinstance(event, Dumped) for event in site.events)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_after_any_trouble_what_is_reported_is_what_is_active(seed: int) -> None:
    odds = Misbehaviour(lost_replies=0.05, lost_changes=0.1, refused=0.1, twice=0.2, foreign=0.3, babble=0.1)
    site = Site(SimulatedNmos(luck=Luck(odds, seed)))
    draw = random.Random(seed)
    for _ in range(40):
        desks = draw.sample(range(1, 5), draw.randint(1, 3))
        site.switch(
            *((f"Desk {n}", draw.choice([None, f"PC {draw.randint(1, 4)}"])) for n in desks), usb=draw.random() < 0.5
        )
        if draw.random() < 0.1:
            site.connect()
    site.nmos.luck = Luck()
    site.take(site.driver.encode(Refresh(), site.now))
    for n in range(1, 5):
        assert site.video(f"Desk {n}") == site.nmos.active[R(f"Desk {n}", "video")]

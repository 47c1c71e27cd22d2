"""Screens over a real connection: links, sign-ins, answers, breaks; the matrix is simulated, the sockets are real."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from config.kvm import (
    GrantSettings,
    KvmFile,
    MatrixSettings,
    ReceiverSettings,
    SeatSettings,
    TransmitterSettings,
    UserSettings,
)
from desk.kvm_ports import KvmRefused, ScreenWish, SeatSignIn, SeatWish
from kvmctl.matrix.plant import RxId
from kvmctl.matrix.wishes import Connect, Said
from kvmctl.people import hashed
from simulator.matrix import SimulatedMatrix
from simulator.matrixserver import MatrixServer
from switchroom.clock import WallClock
from switchroom.kvm_plant import KvmFault, build
from switchroom.kvm_room import KvmRoom
from telephony.facts import Fact
from telephony.screens import MatrixChanged, ScreenSignedIn, ScreenSignInRefused, SeatTakenOver

WITHIN_S = 60.0
TX, RX = ("0001", "0002", "0003"), ("5001", "5002", "5003")


def settings(port: int) -> KvmFile:
    return KvmFile(
        matrix=[MatrixSettings(name="main", hosts=["127.0.0.1"], port=port)],
        transmitter=[TransmitterSettings(id=id, matrix="main") for id in TX],
        receiver=[ReceiverSettings(id=id, matrix="main") for id in RX],
        group={"all": GrantSettings(transmitters={"*": "full", "3": "none"}, receivers={"*": "full"}, push=["*"])},
        user={
            "zhang": UserSettings(password=hashed("right password", b"0123456789abcdef"), groups=["all"]),
            "li": UserSettings(password=hashed("other password", b"0123456789abcdef")),
        },
        seat={
            "one": SeatSettings(receiver="5001", station="1", agents=["1001"]),
            "spare": SeatSettings(receiver="5003", spare=True, phone="PJSIP/spare"),
        },
    )


class House:
    """A room beside its matrix."""

    def __init__(self, path: Path) -> None:
        self.clock = WallClock()
        self.facts: list[Fact] = []
        self.moved: list[tuple[str, str]] = []
        self.device = SimulatedMatrix(receivers=RX, transmitters=TX, answer_s=0.005)
        self.server = MatrixServer(self.device, self.clock)
        self.path = path

    async def start(self) -> None:
        self.room = KvmRoom(
            settings(await self.server.start()),
            clock=self.clock,
            zone="Asia/Shanghai",
            path=self.path / "kvm.json",
            carry=self.facts.extend,
            move_phone=lambda actor, agent, endpoint: self.moved.append((agent, endpoint)),
        )
        self.room.start()
        await self.until(lambda: self.room.engine.loops["main"].settled)  # type: ignore[index]

    async def until(self, true: Callable[[], bool]) -> None:
        end = asyncio.get_running_loop().time() + WITHIN_S
        while not true():
            assert asyncio.get_running_loop().time() < end, "it did not come about"
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        await self.room.close()
        await self.server.close()

    def states(self) -> list[str]:
        return [fact.state for fact in self.facts if isinstance(fact, MatrixChanged)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    built = House(tmp_path)
    await built.start()
    yield built
    await built.close()


async def test_a_wish_is_answered_when_the_device_reports_it(house: House) -> None:
    answer = await house.room.wish(ScreenWish(do="connect", rx="1", text="2"), "leader", house=True)
    assert (answer.said, answer.good, answer.done) == (Said.CONNECTED, True, 1)
    assert house.device.points[("video", "5001")] == "0002"
    screens = house.room.screens()
    shown = {device.id: device.shows for device in screens.devices if device.side == "rx"}
    assert shown == {"5001": "0002", "5002": "", "5003": ""}
    assert screens.matrices[0].model == "simulated 1"


async def test_a_cut_connection_comes_back_and_finds_what_was_done_meanwhile(house: House) -> None:
    house.server.drop()
    await house.until(lambda: house.states() == ["up", "lost"])
    house.server.switch_by_hand("video", "5002", "0003")
    await house.until(lambda: house.states() == ["up", "lost", "up"])
    assert house.room.engine.picture.reported(RxId("5002")) == "0003"


async def test_an_operator_signs_in_with_his_password_and_acts_by_his_rights(house: House) -> None:
    room = house.room
    refused = await room.sign_in("5001", SeatSignIn(user="zhang", password="wrong"))
    assert (refused.session, refused.told.said) == ("", "wrong_password")
    assert [fact.user for fact in house.facts if isinstance(fact, ScreenSignInRefused)] == ["zhang"]
    signed = await room.sign_in("5001", SeatSignIn(user="zhang", password="right password"))
    assert signed.told.good
    assert [fact.user for fact in house.facts if isinstance(fact, ScreenSignedIn)] == ["zhang"]
    told = await room.at_seat("5001", SeatWish(session=signed.session, do="connect", text="2"))
    assert (told.said, told.good) == (Said.CONNECTED, True)
    told = await room.at_seat("5001", SeatWish(session=signed.session, do="connect", text="3"))
    assert told.said == Said.OUT_OF_RANGE
    told = await room.at_seat("5001", SeatWish(session=signed.session, do="push", text="all"))
    assert told.said == Said.PUSHED
    shown = room.shown("5001", signed.session)
    assert (shown.user, shown.shows, shown.pushed_to) == ("zhang", "0002", ("5002", "5003"))
    assert room.shown("5002", "").transmitters == ()


async def test_without_a_session_nothing_is_done_and_nothing_is_seen(house: House) -> None:
    for session in ("", "guess"):
        told = await house.room.at_seat("5001", SeatWish(session=session, do="connect", text="1"))
        assert told.said == Said.NOT_SIGNED_IN
    with pytest.raises(KvmRefused):
        house.room.shown("7777", "")


async def test_a_user_without_the_right_on_a_receiver_may_not_sit_there(house: House) -> None:
    signed = await house.room.sign_in("5001", SeatSignIn(user="li", password="other password"))
    assert (signed.told.said, signed.session) == ("not_here", "")


async def test_after_five_wrong_log_ins_the_next_is_not_even_looked_at(house: House) -> None:
    for _ in range(5):
        await house.room.sign_in("5001", SeatSignIn(user="zhang", password="wrong"))
    told = (await house.room.sign_in("5001", SeatSignIn(user="zhang", password="right password"))).told
    assert told.said == "wait"


async def test_a_spare_seat_takes_agent_phone_and_screens_in_one_step(house: House) -> None:
    await house.room.wish(ScreenWish(do="connect", rx="5001", text="2"), "leader", house=True)
    answer = await house.room.wish(ScreenWish(do="take_over", failed="one", spare="spare"), "leader", house=True)
    assert answer.good
    assert house.moved == [("1001", "PJSIP/spare")]
    assert house.device.points[("video", "5003")] == "0002"
    assert [fact.agents for fact in house.facts if isinstance(fact, SeatTakenOver)] == [("1001",)]
    answer = await house.room.wish(ScreenWish(do="give_back", failed="one"), "leader", house=True)
    assert answer.good
    assert house.moved[-1] == ("1001", "")
    assert house.device.points[("video", "5001")] == "0002"


async def test_a_restart_remembers_pushes_and_seats_taken_over(house: House) -> None:
    await house.room.wish(ScreenWish(do="connect", rx="5001", text="1"), "leader", house=True)
    await house.room.wish(ScreenWish(do="push", rx="5001", text="5002"), "leader", house=True)
    await house.room.wish(ScreenWish(do="take_over", failed="one", spare="spare"), "leader", house=True)
    await house.room.close()
    again = House(house.path)
    again.device, again.server = house.device, house.server
    again.room = KvmRoom(
        settings(house.server.port),
        clock=again.clock,
        zone="UTC",
        path=house.path / "kvm.json",
        carry=again.facts.extend,
        move_phone=lambda actor, agent, endpoint: again.moved.append((agent, endpoint)),
    )
    again.room.start()
    try:
        await again.until(lambda: again.room.engine.loops["main"].settled)  # type: ignore[index]
        assert again.moved == [("1001", "PJSIP/spare")]
        answer = await again.room.wish(ScreenWish(do="cancel_push", rx="5001"), "leader", house=True)
        assert answer.good
        assert house.device.points[("video", "5002")] is None
    finally:
        await again.room.close()


async def test_many_wishes_at_once_all_get_an_answer(house: House) -> None:
    asking = [house.room.ask(Connect(actor="x", rx=RxId(RX[n % 3]), source=TX[n % 2]), house=True) for n in range(300)]
    answers = await asyncio.gather(*asking)
    assert {answer.said for answer in answers} <= {Said.CONNECTED, Said.SUPERSEDED, Said.SAME_SOURCE}
    assert len({answer.ticket for answer in answers}) == 300


async def test_a_matrix_that_is_not_there_is_tried_again_later_and_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        room = KvmRoom(settings(taken.getsockname()[1]), clock=WallClock(), zone="UTC")
        link = room.links["main"]  # type: ignore[index]
        waits = []
        for tries in range(20):
            link._tries = tries
            waits.append(link.wait_s())
        assert waits[0] < 1.0
        assert 20.0 < waits[-1] < 40.0
        assert len({round(link.wait_s(), 6) for _ in range(5)}) == 5


def test_an_unknown_driver_or_option_is_one_clear_error_in_both_languages() -> None:
    wrong = [
        MatrixSettings(name="main", driver="nosuch"),
        MatrixSettings(name="main", options={"nosuch": 1}),
        MatrixSettings(name="main", options={"batch": "many"}),
        MatrixSettings(name="main", options={"batch": 0}),
    ]
    for matrix in wrong:
        with pytest.raises(KvmFault) as caught:
            build(KvmFile(matrix=[matrix]))
        assert "main" in caught.value.say("en")
        assert "main" in caught.value.say("zh-CN")
        assert caught.value.say("zh-CN") != caught.value.say("en")


async def test_a_matrix_that_was_never_reached_is_alarmed_once_and_cleared_when_it_comes(tmp_path: Path) -> None:
    house = House(tmp_path)
    port = await house.server.start()
    await house.server.close()
    house.room = KvmRoom(settings(port), clock=house.clock, zone="UTC", carry=house.facts.extend)
    house.room.start()
    await house.until(lambda: house.states() == ["lost"])
    assert house.room.screens().matrices[0].why
    again = MatrixServer(house.device, house.clock)
    await again.start(port)
    await house.until(lambda: house.states() == ["lost", "up"])
    alarms = [type(fact).__name__ for fact in house.facts if getattr(fact, "alarm", "") == "kvm_matrix_lost"]
    assert alarms == ["AlarmRaised", "AlarmCleared"]
    await house.room.close()
    await again.close()

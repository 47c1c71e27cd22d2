"""Connect, push, get, walls, rights and pushes taken back, over a simulated matrix: KVM-1 and KVM-4 to KVM-7."""

import pytest

from kvmctl.matrix.loop import Drift
from kvmctl.matrix.plant import Hotkey, Plant, Preset, RxId, Seat, TxId
from kvmctl.matrix.wishes import (
    CallPreset,
    CancelPush,
    Connect,
    Control,
    Disconnect,
    Get,
    PointAt,
    Push,
    Said,
    Salvo,
    TakeOver,
)
from kvmctl.ports import Channel, Hold
from kvmctl.rights import Grants, Level
from telephony.screens import ScreenPushed, ScreenPushEnded, ScreenSwitched
from tests.kvmctl.world import EVERYTHING, World, rx, tx

OPERATOR = Grants(
    transmitters={"0001": Level.FULL, "0002": Level.VIEW, "0009": Level.HIDDEN},
    receivers={"*": Level.FULL},
)
PUSHER = Grants(
    transmitters={"*": Level.FULL}, receivers={"*": Level.FULL}, push=frozenset({"5002", "5003", "5010", "5011"})
)
A, B, C = RxId("5001"), RxId("5002"), RxId("5003")


def plant() -> Plant:
    return Plant(
        transmitters=[tx(f"{n:04}") for n in range(1, 13)] + [tx("0077", "other")],
        receivers=[rx(f"50{n:02}") for n in range(1, 15)],
        units=[("0011", "0012"), ("5005", "5006", "5007"), ("5008", "5009")],
        walls={"hall": [RxId("5010"), RxId("5011"), RxId("5012")]},
        hotkeys=[
            Hotkey(name="M", targets=("0003",)),
            Hotkey(name="room", targets=("5002", "5003", "5004")),
            Hotkey(name="pc", targets=("0004", "0005")),
        ],
        presets=[Preset(name="day", pairs=((A, TxId("0001")), (B, TxId("0002"))))],
        seats=[
            Seat(name="one", receiver=A, station=TxId("0001"), agents=("1001",)),
            Seat(name="spare", receiver=RxId("5014"), station=TxId("0008"), spare=True),
        ],
    )


@pytest.fixture
def world() -> World:
    return World(
        plant(),
        users={"chief": EVERYTHING, "op": OPERATOR, "pusher": PUSHER, "guest": Grants()},
        groups={"team": Grants(transmitters={"0002": Level.FULL, "0006": Level.VIEW})},
        member={"op": ["team"]},
    )


def said(world: World, wish: object) -> Said:
    answer = world.get(wish)  # type: ignore[arg-type]
    return answer.said


@pytest.mark.parametrize("typed", ["0001", "1", "01", "000001"])
def test_f1_connects_by_an_id_whose_leading_zeros_may_be_left_out(world: World, typed: str) -> None:
    assert said(world, Connect(actor="op", rx=A, source=typed)) is Said.CONNECTED
    assert world.shown("5001") == "t1"
    assert world.shown("5001", Channel.USB) == "t1"


def test_f1_connects_by_a_hotkey_whose_first_target_counts(world: World) -> None:
    assert said(world, Connect(actor="chief", rx=A, source="m")) is Said.CONNECTED
    assert world.shown("5001") == "t3"
    assert said(world, Connect(actor="chief", rx=A, source="PC")) is Said.CONNECTED
    assert world.shown("5001") == "t4"


def test_f1_takes_one_id_only_and_something_must_be_typed(world: World) -> None:
    assert said(world, Connect(actor="chief", rx=A, source="1,2")) is Said.ONE_ONLY
    assert said(world, Connect(actor="chief", rx=A, source=" ")) is Said.NOTHING_TYPED


@pytest.mark.parametrize("typed", ["99", "5001", "nokey", "0", "-1", "１", "99999999999"])
def test_an_unknown_hotkey_or_id_is_said(world: World, typed: str) -> None:
    assert said(world, Connect(actor="chief", rx=A, source=typed)) is Said.UNKNOWN_ID


def test_what_is_out_of_the_users_rights_is_said(world: World) -> None:
    assert said(world, Connect(actor="op", rx=A, source="3")) is Said.OUT_OF_RANGE
    assert said(world, Connect(actor="guest", rx=A, source="1")) is Said.OUT_OF_RANGE
    assert world.shown("5001") is None


def test_a_hidden_device_is_unknown_and_a_disabled_one_is_out_of_range(world: World) -> None:
    assert said(world, Connect(actor="op", rx=A, source="9")) is Said.UNKNOWN_ID
    assert said(world, Connect(actor="op", rx=A, source="8")) is Said.OUT_OF_RANGE


def test_the_higher_of_the_users_and_his_groups_right_holds(world: World) -> None:
    assert said(world, Connect(actor="op", rx=A, source="2")) is Said.CONNECTED
    assert world.shown("5001", Channel.USB) == "t2"
    assert said(world, Connect(actor="op", rx=B, source="6")) is Said.CONNECTED
    assert world.shown("5002") == "t6"
    assert world.shown("5002", Channel.USB) is None


def test_the_same_source_is_said_and_nothing_is_sent(world: World) -> None:
    world.get(Connect(actor="op", rx=A, source="1"))
    sent = len(world.sent)
    assert said(world, Connect(actor="op", rx=A, source="1")) is Said.SAME_SOURCE
    assert len(world.sent) == sent


def test_a_device_without_video_is_said(world: World) -> None:
    world.devices[next(iter(world.devices))].set_signal("t1", False, world.now)
    world.run(0.1)
    assert said(world, Connect(actor="op", rx=A, source="1")) is Said.NO_VIDEO


def test_a_device_that_is_offline_is_said(world: World) -> None:
    main = world.devices[next(iter(world.devices))]
    main.set_online("tx", "t1", False, world.now)
    world.run(0.1)
    assert said(world, Connect(actor="op", rx=A, source="1")) is Said.OFFLINE
    main.set_online("tx", "t1", True, world.now)
    main.set_online("rx", "r5001", False, world.now)
    world.run(0.1)
    assert said(world, Connect(actor="op", rx=A, source="1")) is Said.OFFLINE


def test_a_transmitter_of_another_matrix_is_refused(world: World) -> None:
    assert said(world, Connect(actor="chief", rx=A, source="77")) is Said.OTHER_MATRIX


def test_a_lost_matrix_is_said_at_once(world: World) -> None:
    world.unplug(world.plant.rx[A].matrix)
    assert said(world, Connect(actor="op", rx=A, source="1")) is Said.MATRIX_DOWN


def test_f2_pushes_my_picture_to_several_ids_hotkeys_and_short_ids(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="1"))
    answer = world.get(Push(actor="chief", rx=A, targets="2, 5013，room"))
    assert (answer.said, answer.done) == (Said.PUSHED, 4)
    assert {world.shown(r) for r in ("5002", "5003", "5004", "5013")} == {"t1"}


def test_f2_all_pushes_to_every_receiver_but_mine(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="1"))
    assert said(world, Push(actor="chief", rx=A, targets="all")) is Said.PUSHED
    assert {world.shown(r) for r in world.plant.rx} == {"t1"}


def test_f2_without_a_picture_of_my_own_has_no_video(world: World) -> None:
    assert said(world, Push(actor="chief", rx=A, targets="2")) is Said.NO_VIDEO


def test_f2_needs_the_right_to_push_at_the_destination(world: World) -> None:
    world.get(Connect(actor="pusher", rx=A, source="1"))
    answer = world.get(Push(actor="pusher", rx=A, targets="2,4"))
    assert answer.said is Said.PUSHED
    assert [(one.about, one.said) for one in answer.left_out] == [("5004", Said.NO_PUSH)]
    assert said(world, Push(actor="pusher", rx=A, targets="4")) is Said.NO_PUSH


def test_a_seat_of_several_heads_pushes_the_main_head_first_then_the_rest_in_order(world: World) -> None:
    unit = RxId("5005")
    world.get(Salvo(actor="chief", pairs=tuple((RxId(f"500{5 + n}"), TxId(f"000{1 + n}")) for n in range(3))))
    world.facts.clear()
    answer = world.get(Push(actor="chief", rx=unit, targets="5008,room"))
    assert answer.said is Said.PUSHED
    assert [world.shown(r) for r in ("5008", "5009")] == ["t1", "t2"]
    assert [world.shown(r) for r in ("5002", "5003", "5004")] == ["t1", "t2", "t3"]
    order = [fact.receiver for fact in world.facts if isinstance(fact, ScreenSwitched)]
    assert order == ["5008", "5002", "5009", "5003", "5004"]


def test_a_computer_of_two_heads_comes_to_a_seat_of_three_in_order(world: World) -> None:
    assert said(world, Connect(actor="chief", rx=RxId("5005"), source="11")) is Said.CONNECTED
    assert [world.shown(r) for r in ("5005", "5006", "5007")] == ["t11", "t12", None]


def test_permission_follows_the_pusher_and_a_lower_operator_who_leaves_cannot_return(world: World) -> None:
    world.get(Connect(actor="pusher", rx=B, source="3"))
    world.get(Connect(actor="op", rx=C, source="1"))
    world.get(Push(actor="pusher", rx=B, targets="3"))
    assert world.shown("5003") == "t3"
    world.get(Connect(actor="op", rx=C, source="1"))
    assert said(world, Connect(actor="op", rx=C, source="3")) is Said.OUT_OF_RANGE
    assert said(world, Get(actor="op", rx=C, other="5002")) is Said.OUT_OF_RANGE
    assert world.engine.loans.to(C) is None


def test_a_push_taken_back_restores_what_was_there_before_the_first(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="1"))
    world.get(Connect(actor="chief", rx=B, source="2", control=Control.VIEW))
    world.get(Push(actor="chief", rx=A, targets="2,3"))
    world.get(Connect(actor="chief", rx=A, source="4"))
    world.get(Push(actor="chief", rx=A, targets="2"))
    assert world.shown("5002") == "t4"
    assert said(world, CancelPush(actor="chief", rx=A)) is Said.CANCELLED
    assert (world.shown("5002"), world.shown("5002", Channel.USB)) == ("t2", None)
    assert world.shown("5003") is None
    ended = [fact.receiver for fact in world.facts if isinstance(fact, ScreenPushEnded)]
    assert sorted(ended) == ["5002", "5003"]


def test_a_push_is_told_to_both_ends(world: World) -> None:
    told = World(plant(), push_text="{source} -> {receiver}")
    told.get(Connect(actor="chief", rx=A, source="1"))
    told.get(Push(actor="chief", rx=A, targets="2"))
    assert [fact.receiver for fact in told.facts if isinstance(fact, ScreenPushed)] == ["5002"]
    device = told.devices[told.plant.rx[A].matrix]
    assert device.texts == [("r5002", "5001 -> 5002"), ("r5001", "5001 -> 5002")]


def test_another_users_push_is_taken_back_by_those_who_may_force_only(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="1"))
    world.get(Push(actor="chief", rx=A, targets="2"))
    assert said(world, CancelPush(actor="pusher", rx=A)) is Said.OUT_OF_RANGE
    assert said(world, CancelPush(actor="chief", rx=A)) is Said.CANCELLED


def test_f3_gets_the_source_of_another_receiver_one_only(world: World) -> None:
    world.get(Connect(actor="chief", rx=B, source="1"))
    assert said(world, Get(actor="op", rx=A, other="2")) is Said.GOT
    assert world.shown("5001") == "t1"
    assert said(world, Get(actor="op", rx=A, other="2")) is Said.SAME_SOURCE
    assert said(world, Get(actor="op", rx=A, other="2,3")) is Said.ONE_ONLY
    assert said(world, Get(actor="op", rx=A, other="3")) is Said.NO_VIDEO
    assert said(world, Get(actor="op", rx=A, other="77")) is Said.UNKNOWN_ID


def test_f3_asks_for_the_right_on_the_source_and_on_the_receiver(world: World) -> None:
    world.get(Connect(actor="chief", rx=B, source="3"))
    assert said(world, Get(actor="op", rx=A, other="2")) is Said.OUT_OF_RANGE
    assert said(world, Get(actor="guest", rx=A, other="2")) is Said.OUT_OF_RANGE


def test_a_push_to_any_receiver_of_a_wall_shows_on_all_of_it_and_a_get_gets_its_source(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="5"))
    assert said(world, Push(actor="chief", rx=A, targets="5011")) is Said.PUSHED
    assert [world.shown(r) for r in ("5010", "5011", "5012")] == ["t5"] * 3
    assert said(world, Get(actor="chief", rx=B, other="5012")) is Said.GOT
    assert world.shown("5002") == "t5"


def test_an_exclusive_picture_can_be_seen_but_not_worked_by_others(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="1", hold=Hold.EXCLUSIVE))
    assert said(world, Connect(actor="op", rx=B, source="1")) is Said.CONNECTED
    assert (world.shown("5002"), world.shown("5002", Channel.USB)) == ("t1", None)


def test_a_private_picture_can_be_had_by_nobody_else(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="1", hold=Hold.PRIVATE))
    assert said(world, Connect(actor="op", rx=B, source="1")) is Said.IN_PRIVATE
    assert said(world, Get(actor="op", rx=B, other="5001")) is Said.IN_PRIVATE
    assert said(world, Push(actor="op", rx=A, targets="2")) is Said.IN_PRIVATE


def test_who_may_force_takes_a_private_picture_and_the_holder_keeps_the_view(world: World) -> None:
    world.get(Connect(actor="op", rx=A, source="1", hold=Hold.PRIVATE))
    assert said(world, Connect(actor="pusher", rx=B, source="1", force=True)) is Said.IN_PRIVATE
    assert said(world, Connect(actor="chief", rx=B, source="1", force=True)) is Said.CONNECTED
    assert world.shown("5002", Channel.USB) == "t1"
    assert (world.shown("5001"), world.shown("5001", Channel.USB)) == ("t1", None)


def test_a_push_to_a_receiver_somebody_holds_needs_the_right_to_force(world: World) -> None:
    world.get(Connect(actor="op", rx=B, source="1", hold=Hold.EXCLUSIVE))
    world.get(Connect(actor="chief", rx=A, source="4"))
    assert said(world, Push(actor="chief", rx=A, targets="2")) is Said.IN_USE
    assert said(world, Push(actor="pusher", rx=A, targets="2", force=True)) is Said.IN_USE
    assert said(world, Push(actor="chief", rx=A, targets="2", force=True)) is Said.PUSHED


def test_a_preset_is_shown_in_order_and_needs_every_right(world: World) -> None:
    assert said(world, CallPreset(actor="guest", name="day")) is Said.OUT_OF_RANGE
    assert said(world, CallPreset(actor="", name="day")) is Said.PRESET_MADE
    assert (world.shown("5001"), world.shown("5002")) == ("t1", "t2")
    assert said(world, CallPreset(actor="", name="night")) is Said.UNKNOWN_PRESET


def test_disconnect_darkens_picture_sound_and_keyboard(world: World) -> None:
    world.get(Connect(actor="op", rx=A, source="1"))
    assert said(world, Disconnect(actor="op", rx=A)) is Said.DISCONNECTED
    assert {world.shown("5001", channel) for channel in Channel} == {None}


def test_the_pointer_goes_to_the_computer_of_a_screen(world: World) -> None:
    world.get(Salvo(actor="chief", pairs=((RxId("5005"), TxId("0001")), (RxId("5006"), TxId("0002")))))
    assert said(world, PointAt(actor="chief", rx=RxId("5005"), screen=2)) is Said.POINTED
    assert (world.shown("5005"), world.shown("5005", Channel.USB)) == ("t1", "t2")
    assert said(world, PointAt(actor="chief", rx=RxId("5005"), screen=3)) is Said.NO_VIDEO
    assert said(world, PointAt(actor="chief", rx=RxId("5005"), screen=9)) is Said.UNKNOWN_ID


def test_a_spare_seat_shows_in_one_step_what_the_failed_one_showed(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="1"))
    assert said(world, TakeOver(actor="guest", failed="one", spare="spare")) is Said.OUT_OF_RANGE
    assert said(world, TakeOver(actor="chief", failed="one", spare="nowhere")) is Said.UNKNOWN_SEAT
    assert said(world, TakeOver(actor="chief", failed="one", spare="spare")) is Said.TAKEN_OVER
    assert (world.shown("5014"), world.shown("5001")) == ("t1", None)


def test_a_switch_at_the_device_is_shown_alarmed_and_settled_by_a_person(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="1"))
    device = world.devices[world.plant.rx[A].matrix]
    device.switch_by_hand("video", "r5001", "t7", world.now)
    world.run(0.1)
    alarms = [type(fact).__name__ for fact in world.facts if getattr(fact, "alarm", "") == "kvm_drift"]
    assert alarms == ["AlarmRaised"]
    world._take(world.engine.settle_drift(A, True, world.now))
    world.run(0.5)
    assert world.shown("5001") == "t1"
    alarms = [type(fact).__name__ for fact in world.facts if getattr(fact, "alarm", "") == "kvm_drift"]
    assert alarms == ["AlarmRaised", "AlarmCleared"]


def test_what_was_wished_is_restored_when_the_settings_say_so_but_not_for_ever() -> None:
    world = World(plant(), drift=Drift.RESTORE)
    world.get(Connect(actor="chief", rx=A, source="1"))
    device = world.devices[world.plant.rx[A].matrix]
    for _ in range(3):
        device.switch_by_hand("video", "r5001", "t7", world.now)
        world.run(0.5)
        assert world.shown("5001") == "t1"
    device.switch_by_hand("video", "r5001", "t7", world.now)
    world.run(0.5)
    assert world.shown("5001") == "t7"


def test_a_telephone_number_typed_by_mistake_goes_nowhere(world: World) -> None:
    world.ask(Connect(actor="chief", rx=A, source="13812345678"))
    assert "13812345678" not in str(world.facts) + str(world.answers[-1].about)


def test_all_means_those_the_user_may_push_to_and_nobody_is_told_of_the_others(world: World) -> None:
    world.get(Connect(actor="pusher", rx=A, source="1"))
    answer = world.get(Push(actor="pusher", rx=A, targets="ALL"))
    assert (answer.said, answer.left_out) == (Said.PUSHED, ())
    assert {world.shown(r) for r in ("5002", "5003")} == {"t1"}
    assert world.shown("5004") is None


def test_the_right_to_push_to_one_receiver_of_a_wall_is_that_to_the_wall(world: World) -> None:
    world.get(Connect(actor="pusher", rx=A, source="1"))
    answer = world.get(Push(actor="pusher", rx=A, targets="5012"))
    assert (answer.said, answer.done) == (Said.PUSHED, 3)


def test_what_was_only_pushed_to_an_operator_is_not_his_to_push_on(world: World) -> None:
    world.get(Connect(actor="chief", rx=A, source="3"))
    world.get(Push(actor="chief", rx=A, targets="2"))
    assert said(world, Push(actor="op", rx=B, targets="4")) is Said.OUT_OF_RANGE


def test_a_picture_connected_to_one_receiver_of_a_wall_is_the_walls(world: World) -> None:
    assert said(world, Connect(actor="chief", rx=RxId("5011"), source="1")) is Said.CONNECTED
    assert {world.shown(r) for r in ("5010", "5011", "5012")} == {"t1"}
    assert said(world, Disconnect(actor="chief", rx=RxId("5010"))) is Said.DISCONNECTED
    assert {world.shown(r) for r in ("5010", "5011", "5012")} == {None}

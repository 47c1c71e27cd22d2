"""Screens that follow the floor: sign-ins, spare seats, rules on calls and alarms, presets by shift (KVM-10)."""

from typing import Any

from kvmctl.floor import FloorRules, Rule
from kvmctl.matrix.plant import MatrixId, Plant, Preset, RxId, Seat, TxId
from kvmctl.matrix.wishes import CallPreset, Connect, Disconnect, Said, Salvo, Wish
from telephony.agents import AgentState, SeatMode
from telephony.facts import AgentChanged, AlarmRaised, CallOffered, CallQueued
from telephony.ids import AgentId, CallId, CampaignId, ServerId
from telephony.screens import MatrixChanged, ScreenRefused, ScreenWished, ScreenWishEnded
from tests.kvmctl.world import World, rx, tx

S = AgentState


def plant() -> Plant:
    return Plant(
        transmitters=[tx(f"{n:04}") for n in range(1, 6)],
        receivers=[rx(f"50{n:02}") for n in range(1, 9)],
        walls={"hall": [RxId("5005"), RxId("5006")]},
        presets=[Preset(name="day", pairs=((RxId("5005"), TxId("0003")),))],
        seats=[
            Seat(name="one", receiver=RxId("5001"), station=TxId("0001"), agents=("1001",)),
            Seat(name="two", receiver=RxId("5002"), station=TxId("0002"), agents=("1002",)),
            Seat(name="spare", receiver=RxId("5003"), station=TxId("0003"), spare=True),
        ],
    )


def changed(agent: str, was: AgentState, now: AgentState) -> AgentChanged:
    return AgentChanged(
        agent=AgentId(agent),
        was=was,
        now=now,
        reason="",
        verb="",
        for_s=0.0,
        call=None,
        mode=SeatMode.NAILED_UP,
        server=ServerId("pbx1"),
    )


def offered(queue: str, agent: str) -> CallOffered:
    return CallOffered(
        call=CallId("c-1"), campaign=CampaignId(queue), agent=AgentId(agent), server=ServerId("pbx1"), why=""
    )


def signed_in(agent: str) -> AgentChanged:
    return changed(agent, S.LOGGED_OUT, S.AUX)


def test_a_sign_in_at_a_seat_connects_its_work_station_and_a_sign_out_darkens_it() -> None:
    rules = FloorRules(plant())
    assert rules.on(signed_in("1001")) == [Connect(actor="", rx=RxId("5001"), source="0001")]
    assert rules.on(changed("1001", S.AUX, S.READY)) == []
    assert rules.on(changed("1001", S.READY, S.LOGGED_OUT)) == [Disconnect(actor="", rx=RxId("5001"))]
    assert rules.on(signed_in("9999")) == []


def test_screens_stay_after_a_sign_out_where_the_settings_say_so() -> None:
    rules = FloorRules(plant(), disconnects=False)
    assert rules.on(changed("1001", S.READY, S.LOGGED_OUT)) == []


def test_a_spare_seat_takes_over_and_gives_back() -> None:
    rules = FloorRules(plant())
    assert rules.take_over("one", "spare") == ("1001",)
    assert rules.on(signed_in("1001")) == [Connect(actor="", rx=RxId("5003"), source="0001")]
    assert rules.on(signed_in("1002")) == [Connect(actor="", rx=RxId("5002"), source="0002")]
    assert rules.give_back("one") == ("1001",)
    assert rules.on(signed_in("1001")) == [Connect(actor="", rx=RxId("5001"), source="0001")]


def test_seats_never_stand_in_for_one_another_in_a_circle() -> None:
    rules = FloorRules(plant())
    rules.take_over("one", "spare")
    rules.take_over("two", "one")
    rules.take_over("spare", "two")
    assert rules.seat_of("1001") is not None
    assert rules.seat_of("1002") is not None


def test_a_vip_call_brings_its_agents_screen_to_the_wall() -> None:
    rules = FloorRules(plant(), [Rule(on="call_offered", queue="vip", to=("5006",))])
    pairs = ((RxId("5005"), TxId("0001")), (RxId("5006"), TxId("0001")))
    assert rules.on(offered("vip", "1001")) == [Salvo(actor="", pairs=pairs)]
    assert rules.on(offered("service", "1001")) == []


def test_a_queued_call_or_an_alarm_shows_a_preset() -> None:
    rules = FloorRules(
        plant(), [Rule(on="call_queued", queue="vip", preset="day"), Rule(on="alarm", alarm="link_lost", preset="day")]
    )
    queued = CallQueued(call=CallId("1"), queue=CampaignId("vip"), server=ServerId("p"), position=1, expected_s=None)
    assert rules.on(queued) == [CallPreset(actor="", name="day")]
    assert rules.on(AlarmRaised(alarm="link_lost", about="pbx1")) == [CallPreset(actor="", name="day")]
    assert rules.on(AlarmRaised(alarm="store", about="")) == []


def test_presets_are_shown_when_their_shift_begins_over_midnight_too() -> None:
    rules = FloorRules(plant(), times={"day": [8 * 3600.0, 0.0]})
    day: list[Wish] = [CallPreset(actor="", name="day")]
    assert rules.by_clock(8 * 3600.0 - 1, 8 * 3600.0) == day
    assert rules.by_clock(8 * 3600.0, 8 * 3600.0 + 1) == []
    assert rules.by_clock(86_399.0, 0.5) == day


def test_a_sign_in_while_the_matrix_is_away_is_made_good_when_it_is_back() -> None:
    rules = FloorRules(plant())
    (wish,) = rules.on(signed_in("1001"))
    rules.on(ScreenWished(ticket=1, actor="", what="connect", receiver="5001"))
    rules.on(ScreenRefused(ticket=1, actor="", said=Said.MATRIX_DOWN))
    assert rules.on(MatrixChanged(matrix="other", state="up")) == []
    assert rules.on(MatrixChanged(matrix="main", state="up")) == [wish]
    rules.on(ScreenWished(ticket=2, actor="", what="connect", receiver="5001"))
    rules.on(ScreenWishEnded(ticket=2, actor="", what="connect", said=Said.CONNECTED, done=1, of=1, took_s=0.1))
    assert rules.on(MatrixChanged(matrix="main", state="up")) == []


def test_what_somebody_else_has_connected_meanwhile_is_left_alone() -> None:
    rules = FloorRules(plant())
    rules.on(signed_in("1001"))
    rules.on(ScreenWished(ticket=1, actor="", what="connect", receiver="5001"))
    rules.on(ScreenRefused(ticket=1, actor="", said=Said.MATRIX_DOWN))
    rules.on(ScreenWished(ticket=2, actor="chief", what="connect", receiver="5001"))
    assert rules.on(MatrixChanged(matrix="main", state="up")) == []


def test_a_leader_gets_an_agents_screen_in_one_command() -> None:
    from kvmctl.matrix.wishes import Get

    world = World(plant())
    rules: Any = FloorRules(world.plant)
    for wish in rules.on(signed_in("1001")):
        world.get(wish)
    answer = world.get(Get(actor="chief", rx=RxId("5002"), other=rules.seat_of("1001").receiver))
    assert answer.said is Said.GOT
    assert world.shown("5002") == "t1"
    assert world.plant.rx[RxId("5002")].matrix == MatrixId("main")

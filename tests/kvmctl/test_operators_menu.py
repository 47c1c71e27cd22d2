"""What the manual says of the operators' menu, KVM-2 to KVM-8, in both languages."""

from collections.abc import Sequence

import pytest

from config.words import say
from kvmctl.osd.desk import Desk, Effect, Mode, Pointed, Refreshed, SignIn, State, Wished
from kvmctl.osd.draw import draw, feedback
from kvmctl.osd.show import Network, Row, Screen, Shown, Style, Told

NOW = 1000.0
READY = Shown(
    receiver="5001",
    user="zhang",
    transmitters=tuple(
        Row(id=f"{n:04}", name=f"PC {n}", style=(Style.READY, Style.JOINED, Style.OFF)[n % 3]) for n in range(1, 20)
    ),
    receivers=(
        Row(id="5001", name="A", style=Style.JOINED),
        Row(id="5002", name="B", style=Style.READY, hotkeys=("w",)),
    ),
    heads=3,
)


def opened(shown: Shown = READY, now: float = NOW) -> Desk:
    desk = Desk()
    desk.press("O", shown, now)
    desk.press("O", shown, now + 0.3)
    return desk


def typed(desk: Desk, keys: Sequence[str], now: float = NOW + 1) -> list[Effect]:
    return [effect for key in keys for effect in desk.press(key, READY, now)]


def text(screen: Screen) -> str:
    return "\n".join("".join(span.text for span in line) for line in screen)


def seen(desk: Desk, lang: str = "zh-CN", shown: Shown = READY) -> str:
    return text(draw(desk, shown, lang=lang, version="1.2"))


def test_shift_o_twice_opens_the_menu_and_once_does_not() -> None:
    desk = Desk()
    desk.press("O", READY, NOW)
    assert not desk.is_open
    desk.press("O", READY, NOW + 5)
    assert not desk.is_open
    desk.press("O", READY, NOW + 5.4)
    assert desk.state is State.LIST


def test_a_small_o_or_another_key_between_does_not_open_it() -> None:
    desk = Desk()
    for key in ("O", "o", "O", "x", "O"):
        desk.press(key, READY, NOW)
    assert desk.state is State.CLOSED


def test_whoever_is_not_signed_in_is_asked_for_name_and_password() -> None:
    nobody = Shown(receiver="5001")
    desk = opened(nobody)
    effects = [e for key in [*"zhang", "enter", *"secret 12", "enter"] for e in desk.press(key, nobody, NOW + 1)]
    assert effects == [SignIn(user="zhang", password="secret 12")]
    assert "secret" not in repr(effects)
    assert "secret" not in seen(desk, shown=nobody)


def test_the_password_is_shown_as_stars() -> None:
    nobody = Shown(receiver="5001")
    desk = opened(nobody)
    for key in [*"zhang", "tab", *"abc"]:
        desk.press(key, nobody, NOW + 1)
    assert "***" in seen(desk, shown=nobody)
    assert "abc" not in seen(desk, shown=nobody)


@pytest.mark.parametrize(
    ("network", "chinese", "english"),
    [
        (Network.NORMAL, "网络正常", "network normal"),
        (Network.DOWN, "网络断开", "network down"),
        (Network.NO_SERVER, "服务器无法连接", "server not reachable"),
    ],
)
def test_the_sign_in_says_how_the_network_is(network: Network, chinese: str, english: str) -> None:
    shown = Shown(receiver="5001", network=network)
    desk = opened(shown)
    assert chinese in seen(desk, "zh-CN", shown)
    assert english in seen(desk, "en", shown)


def test_a_wrong_user_or_password_is_said_and_may_be_typed_again() -> None:
    nobody = Shown(receiver="5001")
    desk = opened(nobody)
    for key in [*"zhang", "enter", *"wrong", "enter"]:
        desk.press(key, nobody, NOW + 1)
    desk.answered(Told(said="wrong_password"), NOW + 2)
    assert desk.state is State.SIGN_IN
    assert "用户名或密码错误" in seen(desk, shown=nobody)
    assert "Wrong user or password" in seen(desk, "en", nobody)


def test_the_sign_in_does_not_close_by_itself() -> None:
    desk = opened(Shown(receiver="5001"))
    desk.due(NOW + 3600)
    assert desk.state is State.SIGN_IN


def test_the_menu_shows_version_user_receiver_eight_devices_keys_and_feedback() -> None:
    screen = draw(opened(), READY, lang="zh-CN", version="1.2")
    whole = text(screen)
    for wanted in ("1.2", "zhang", "5001", "F1 连接", "F2 推送", "F3 获取", "F5 刷新", "Esc 退出", "反馈："):
        assert wanted in whole
    assert [f"{n:04}" in whole for n in range(1, 10)] == [True] * 8 + [False]


def test_pages_of_eight_are_turned_by_the_arrows_and_end_at_both_ends() -> None:
    desk = opened()
    typed(desk, ["down"])
    assert "0009" in seen(desk)
    assert "第 2 页，共 3 页" in seen(desk)
    typed(desk, ["down", "down", "down"])
    assert "page 3 of 3" in seen(desk, "en")
    typed(desk, ["up"] * 5)
    assert "0001" in seen(desk)


def test_colours_brown_fixed_white_live_yellow_prompts_grey_ready_yellow_joined_red_offline() -> None:
    desk = opened()
    typed(desk, ["f1", "7"])
    styles = {span.text.strip(): span.style for line in draw(desk, READY, lang="zh-CN", version="1.2") for span in line}
    assert styles["1.2"] is Style.LIVE
    assert styles["用户："] is Style.FIXED
    assert styles["连接，请输入一个ID或热键："] is Style.PROMPT
    assert styles["7"] is Style.LIVE
    rows = {name.split()[0]: style for name, style in styles.items() if name.startswith("000")}
    assert (rows["0003"], rows["0001"], rows["0002"]) == (Style.READY, Style.JOINED, Style.OFF)


def test_hotkeys_stand_beside_their_devices() -> None:
    desk = opened()
    typed(desk, ["f2"])
    assert "w" in next(line for line in seen(desk).splitlines() if "5002" in line)


@pytest.mark.parametrize(("key", "mode"), [("f1", Mode.CONNECT), ("f2", Mode.PUSH), ("f3", Mode.GET)])
def test_f1_connects_f2_pushes_f3_gets(key: str, mode: Mode) -> None:
    assert typed(opened(), [key, *"12,w", "enter"]) == [Wished(mode=mode, text="12,w")]


def test_f5_refreshes_and_esc_leaves_the_input_then_the_menu() -> None:
    desk = opened()
    assert typed(desk, ["f5"]) == [Refreshed()]
    typed(desk, ["f1", "1", "esc"])
    assert desk.state is State.LIST
    typed(desk, ["esc"])
    assert desk.state is State.CLOSED


@pytest.mark.parametrize(
    ("said", "chinese", "english"),
    [
        ("connected", "连接成功", "Connected"),
        ("connect_failed", "连接失败", "Connecting failed"),
        ("out_of_range", "超出范围", "Out of your rights"),
        ("same_source", "相同视频源", "Same video source"),
        ("no_video", "此设备无视频", "This device has no video"),
        ("offline", "此设备不在线", "This device is offline"),
        ("unknown_id", "热键和ID不存在", "No such hotkey or id"),
        ("pushed", "推送成功", "Pushed"),
        ("push_failed", "推送失败", "Pushing failed"),
        ("got", "获取成功", "Got the picture"),
        ("get_failed", "获取失败", "Getting the picture failed"),
    ],
)
def test_the_feedback_is_the_manuals_word_for_word(said: str, chinese: str, english: str) -> None:
    assert say("zh-CN", f"kvm.said.{said}") == chinese
    desk = opened()
    typed(desk, ["f1", "1", "enter"])
    desk.answered(Told(said=said, good=False), NOW + 2)
    assert f"反馈： {chinese}" in seen(desk)
    assert english in seen(desk, "en")


def test_after_a_success_the_menu_closes_within_a_second() -> None:
    desk = opened()
    typed(desk, ["f1", "1", "enter"])
    desk.answered(Told(said="connected", good=True), NOW + 2)
    assert "连接成功" in seen(desk)
    desk.due(NOW + 2.99)
    assert desk.state is State.DONE
    desk.due(NOW + 3.0)
    assert desk.state is State.CLOSED


def test_after_a_failure_it_stays_open_for_the_next_try() -> None:
    desk = opened()
    typed(desk, ["f1", "9", "enter"])
    desk.answered(Told(said="offline"), NOW + 2)
    assert desk.state is State.INPUT
    assert typed(desk, [*"12", "enter"], NOW + 3) == [Wished(mode=Mode.CONNECT, text="12")]


@pytest.mark.parametrize("keys", [[], ["f1"], ["f2", "1"]])
def test_command_mode_leaves_after_ten_seconds_without_a_key(keys: list[str]) -> None:
    desk = opened()
    typed(desk, keys)
    desk.due(desk.due_at - 0.01)
    assert desk.is_open
    desk.due(NOW + 11.5)
    assert desk.state is State.CLOSED


def test_an_answer_that_comes_after_the_operator_has_left_changes_nothing() -> None:
    desk = opened()
    typed(desk, ["f1", "1", "enter", "esc"])
    desk.answered(Told(said="connected", good=True), NOW + 2)
    assert desk.state is State.LIST


def test_f7_and_a_digit_put_the_pointer_on_that_screen_whether_the_menu_is_open_or_not() -> None:
    closed, open_ = Desk(), opened()
    assert [e for key in ("f7", "2") for e in closed.press(key, READY, NOW)] == [Pointed(screen=2)]
    assert typed(open_, ["f7", "3"]) == [Pointed(screen=3)]
    assert typed(open_, ["f7", "8"]) == []
    assert open_.state is State.LIST


def test_both_ends_see_a_push() -> None:
    lent = Shown(receiver="5001", user="zhang", pushed_from="5002 (li)", pushed_to=("5003", "5004"))
    whole = seen(opened(lent), shown=lent)
    assert "此画面推送自 5002 (li)" in whole
    assert "画面已推送至 5003, 5004" in whole


def test_targets_left_out_of_a_push_are_named() -> None:
    told = Told(said="pushed", good=True, more={"5003": "offline"})
    assert feedback(told, "zh-CN") == "推送成功 (5003 此设备不在线)"


def test_keys_of_all_kinds_never_break_it() -> None:
    keys = [
        "O",
        "f1",
        "f2",
        "f3",
        "f5",
        "f7",
        "f10",
        "up",
        "down",
        "enter",
        "esc",
        "tab",
        "backspace",
        "1",
        "，",
        "中",
        "\x00",
        "",
    ]
    for first in range(len(keys)):
        desk, now = opened(), NOW
        for step in range(200):
            now += (step % 7) * 0.4
            desk.press(keys[(first + step * step) % len(keys)], READY, now)
            desk.answered(Told(said="connected", good=step % 2 == 0), now)
            draw(desk, READY, lang="en", version="1")
    assert desk.state in State

"""The operators' menu in a real pseudo-terminal, in both languages, against a whole server of a closed world."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.kvmctl.conftest import WITHIN_S, Server, environment

F1, F2, F3 = "\x1bOP", "\x1bOQ", "\x1bOR"
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>78]|\][^\x07]*\x07)")


def _can_be_interrupted() -> None:
    """Tests started in the background of a shell ignore the interrupt key, and would hand that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Operator:
    """A person at a terminal of 100 columns and 30 lines."""

    def __init__(self, server: Server, lang: str, rx: str, folder: Path) -> None:
        here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        command = [sys.executable, "-m", "switchroom", "kvm", "osd", rx, "--url", server.url]
        self._process = subprocess.Popen(
            command,
            stdin=there,
            stdout=there,
            stderr=there,
            env=environment(lang),
            cwd=folder,
            start_new_session=True,
            preexec_fn=_can_be_interrupted,
        )
        os.close(there)
        self._here, self._raw = here, b""

    def sees(self, *texts: str) -> None:
        """Until all of these have come onto the screen since the last time."""
        end = time.monotonic() + WITHIN_S
        while not all(text in self.text for text in texts):
            assert time.monotonic() < end, f"{texts} not in {self.text!r}"
            if select.select([self._here], [], [], 0.2)[0]:
                self._raw += os.read(self._here, 65_536)
        self._raw = b""

    def types(self, keys: str) -> None:
        os.write(self._here, keys.encode())

    @property
    def text(self) -> str:
        return _ESCAPES.sub("", self._raw.decode("utf-8", "replace"))

    def hangs_up(self) -> None:
        """The terminal's window is closed."""
        os.close(self._here)
        self._process.wait(WITHIN_S)

    def leave(self) -> int:
        self.types("\x03")
        self._process.send_signal(signal.SIGINT)
        end = time.monotonic() + WITHIN_S
        while self._process.poll() is None and time.monotonic() < end:
            if select.select([self._here], [], [], 0.2)[0]:
                with contextlib.suppress(OSError):
                    os.read(self._here, 65_536)
        code = self._process.wait(1.0)
        os.close(self._here)
        return code


def screens(server: Server) -> dict[str, str]:
    said = subprocess.run(
        [sys.executable, "-m", "switchroom", "kvm", "list", "--json", "--url", server.url],
        capture_output=True,
        text=True,
        env=environment("en"),
        timeout=WITHIN_S,
        check=True,
    )
    return {row["id"]: row["shows"] for row in json.loads(said.stdout)["devices"] if row["side"] == "rx"}


TEXTS = {
    "zh-CN": {
        "closed": "连按两次 Shift+O",
        "sign_in": "请登录",
        "normal": "网络正常",
        "wrong": "用户名或密码错误",
        "choose": "请选择操作",
        "connect": "连接，请输入一个ID或热键",
        "connected": "连接成功",
        "same": "相同视频源",
        "unknown": "热键和ID不存在",
        "push": "推送到",
        "pushed": "推送成功",
        "get": "获取自",
        "no_video": "此设备无视频",
    },
    "en": {
        "closed": "Shift+O twice",
        "sign_in": "Sign in",
        "normal": "network normal",
        "wrong": "Wrong user or password",
        "choose": "Choose what to do",
        "connect": "Connect, one id or hotkey",
        "connected": "Connected",
        "same": "Same video source",
        "unknown": "No such hotkey or id",
        "push": "Push to",
        "pushed": "Pushed",
        "get": "Get from",
        "no_video": "This device has no video",
    },
}


@pytest.mark.parametrize(
    ("lang", "rx", "wall", "pc"), [("zh-CN", "5013", "5101", "0004"), ("en", "5014", "5103", "0006")]
)
def test_an_operator_signs_in_connects_pushes_and_gets(
    server: Server, lang: str, rx: str, wall: str, pc: str, tmp_path: Path
) -> None:
    say = TEXTS[lang]
    operator = Operator(server, lang, rx, tmp_path)
    operator.sees(say["closed"])
    operator.types("OO")
    operator.sees(say["sign_in"], say["normal"], rx)
    operator.types("demo\rnot the password\r")
    operator.sees(say["wrong"])
    operator.types(f"{server.password}\r")
    operator.sees(say["choose"], "demo", "0001")
    operator.types(F1)
    operator.sees(say["connect"])
    operator.types("999\r")
    operator.sees(say["unknown"])
    operator.types(f"{int(pc)}\r")
    operator.sees(say["connected"])
    operator.sees(say["closed"])
    assert screens(server)[rx] == pc
    operator.types("OO")
    operator.sees(say["choose"])
    operator.types(f"{F1}{pc}\r")
    operator.sees(say["same"])
    operator.types(F2)
    operator.sees(say["push"])
    operator.types(f"{wall}\r")
    operator.sees(say["pushed"])
    operator.sees(say["closed"])
    assert {screens(server)[one] for one in ("5101", "5102", "5103", "5104")} == {pc}
    operator.types(f"OO{F3}")
    operator.sees(say["get"])
    operator.types(f"{wall}\r")
    operator.sees(say["same"])
    assert operator.leave() in (0, 130, -signal.SIGINT)


def test_a_terminal_that_is_closed_ends_the_menu(server: Server, tmp_path: Path) -> None:
    operator = Operator(server, "en", "5012", tmp_path)
    operator.sees(TEXTS["en"]["closed"])
    operator.hangs_up()


def test_without_a_terminal_the_menu_says_so(server: Server, tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "switchroom", "kvm", "osd", "5001", "--url", server.url],
        capture_output=True,
        text=True,
        env=environment("zh-CN"),
        cwd=tmp_path,
        timeout=WITHIN_S,
        check=False,
    )
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.strip() == "菜单需要在终端中打开。"

"""``switchroom kvm …`` against a running server, in both languages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.load import load_kvm
from kvmctl.people import matches
from tests.kvmctl.conftest import WITHIN_S, Server, environment

ROOT = Path(__file__).parents[2]


def kvm(*words: str, url: str = "", lang: str = "en", typed: str = "", cwd: Path = ROOT) -> tuple[int, str, str]:
    said = subprocess.run(
        [sys.executable, "-m", "switchroom", "kvm", *words, *(("--url", url) if url else ())],
        input=typed,
        capture_output=True,
        text=True,
        env={**environment(lang), "PYTHONPATH": str(ROOT)},
        cwd=cwd,
        timeout=WITHIN_S,
        check=False,
    )
    assert "Traceback" not in said.stderr + said.stdout
    return said.returncode, said.stdout, said.stderr


def test_a_wish_is_answered_in_the_readers_language_and_by_the_exit_code(server: Server) -> None:
    assert kvm("connect", "5011", "9", url=server.url)[:2] == (0, "Connected\n")
    assert kvm("connect", "5011", "0009", url=server.url, lang="zh-CN")[:2] == (1, "相同视频源 0009\n")
    assert kvm("get", "5012", "11", url=server.url, lang="zh-CN")[:2] == (0, "获取成功\n")
    assert kvm("connect", "5011", "999", url=server.url)[:2] == (1, "No such hotkey or id 999\n")
    code, out, _ = kvm("push", "5011", "5010,5999", url=server.url, lang="zh-CN")
    assert (code, out.splitlines()) == (0, ["推送成功", "  5999: 热键和ID不存在"])
    assert kvm("cancel", "5011", url=server.url)[:2] == (0, "Push taken back\n")
    assert kvm("disconnect", "5011", url=server.url)[:2] == (0, "Disconnected\n")
    assert kvm("preset", "nosuch", url=server.url)[0] == 1


def test_all_screens_are_listed_and_the_doctor_is_content(server: Server) -> None:
    code, out, _ = kvm("list", "--json", url=server.url)
    screens = json.loads(out)
    assert code == 0
    assert {matrix["state"] for matrix in screens["matrices"]} <= {"idle", "changing", "syncing"}
    assert len(screens["devices"]) > 20
    assert "接收端" in kvm("list", url=server.url, lang="zh-CN")[1]
    assert json.loads(kvm("doctor", "--json", url=server.url)[1]) == {"findings": []}
    assert kvm("found", url=server.url)[:2] == (0, "")


def test_a_seat_is_taken_over_and_given_back(server: Server) -> None:
    assert kvm("take-over", "seat3", "spare", url=server.url)[:2] == (0, "Seat taken over\n")
    screens = json.loads(kvm("list", "--json", url=server.url)[1])
    shown = {row["id"]: row["shows"] for row in screens["devices"]}
    spare = next(seat for seat in screens["seats"] if seat["spare"])
    assert (shown[spare["receiver"]], shown["5003"]) == ("0003", "")
    assert spare["stands_in_for"] == "seat3"
    assert kvm("give-back", "seat3", url=server.url)[0] == 0
    screens = json.loads(kvm("list", "--json", url=server.url)[1])
    assert {row["id"]: row["shows"] for row in screens["devices"]}["5003"] == "0003"


def test_a_server_that_is_not_there_is_one_clear_error() -> None:
    code, out, err = kvm("list", url="http://127.0.0.1:9", lang="zh-CN")
    assert (code, out) == (1, "")
    assert len(err.strip().splitlines()) == 1


def test_a_password_becomes_a_hash_and_never_shows(tmp_path: Path) -> None:
    code, out, _ = kvm("password", typed="correct horse\n", cwd=tmp_path)
    assert code == 0
    assert "horse" not in out
    assert matches("correct horse", out.split('"')[1])
    assert kvm("password", typed="short\n", cwd=tmp_path, lang="zh-CN")[0] == 2


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_file_is_checked_exported_without_passwords_and_put_in_place(tmp_path: Path, lang: str) -> None:
    password = kvm("password", typed="correct horse\n", cwd=tmp_path)[1]
    text = f'[[matrix]]\nname = "main"\n\n[[receiver]]\nid = "5001"\nmatrix = "main"\n\n[user.zhang]\n{password}'
    (tmp_path / "new.toml").write_text(text, "utf-8")
    assert kvm("check", "new.toml", cwd=tmp_path, lang=lang)[0] == 0
    assert kvm("import", "new.toml", cwd=tmp_path, lang=lang)[0] == 0
    assert load_kvm(tmp_path / "kvm.toml").receiver[0].id == "5001"
    out = kvm("export", cwd=tmp_path, lang=lang)[1]
    assert "scrypt" not in out
    assert "[user.zhang]" in out


@pytest.mark.parametrize(
    "wrong",
    [
        '[[matrix]]\nname = "main"\ndriver = "nosuch"\n',
        '[[receiver]]\nid = "5001"\nmatrix = "nosuch"\n',
        '[[receiver]]\nid = "abc"\nmatrix = "main"\n[[matrix]]\nname = "main"\n',
        '[user.zhang]\npassword = "plain secret"\n',
        '[wall.hall]\nreceivers = ["5001"]\n',
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_one_clear_error_and_no_password_with_it(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "kvm.toml").write_text(wrong, "utf-8")
    for lang in ("en", "zh-CN"):
        code, out, err = kvm("check", cwd=tmp_path, lang=lang)
        assert code == 2
        assert "plain secret" not in out + err
        assert (out + err).strip()

"""``key check`` and ``key rotate`` as a person at a terminal sees them, and what commands say when the key is not as it should be."""

from pathlib import Path

import pytest

from tests.switchroom.terminal import CHINESE, Terminal, settings
from tests.unsealed import column

LIST = "number,name\n13800138000,王芳\n13900139000,李强\n"
IMPORT = ("leads", "import", "list.csv", "--campaign", "spring")


@pytest.fixture(params=["en", "zh-CN"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Terminal:
    settings(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    return Terminal(tmp_path, request.param)


def test_key_is_made_checked_and_rotated(terminal: Terminal) -> None:
    taken, before, rotated, after = terminal.each(IMPORT, ("key", "check"), ("key", "rotate"), ("key", "check"))
    assert [one.code for one in (taken, before, rotated, after)] == [0, 0, 0, 0]
    assert all(one.clean for one in (before, rotated, after))
    key = terminal.folder / "var" / "number.key"
    assert "var/number.key" in before.out
    assert "number.key.until-1" in rotated.out
    assert (key.stat().st_mode & 0o777, (key.with_name("number.key.until-1")).exists()) == (0o600, True)
    assert bool(CHINESE.search(before.out + rotated.out)) == (terminal.lang == "zh-CN")
    assert sorted(column(terminal.folder / "var" / "switchroom.db", "name")) == ["李强", "王芳"]


def test_figures_for_programs(terminal: Terminal) -> None:
    terminal.run(*IMPORT)
    assert terminal.json("key", "check") == {"newest": 1, "serials": [1], "by_key": {"1": 2}}
    assert terminal.json("key", "rotate") == {"resealed": 2, "newest": 2}
    assert terminal.json("key", "check") == {"newest": 2, "serials": [2], "by_key": {"2": 2}}


def test_rotation_that_broke_off_is_said_and_gone_on_with(terminal: Terminal) -> None:
    terminal.run(*IMPORT)
    key = terminal.folder / "var" / "number.key"
    key.write_text(key.read_text() + f"2 = {'ab' * 32}\n")
    under_way, rotated, done = terminal.each(("key", "check"), ("key", "rotate"), ("key", "check"))
    assert (under_way.code, rotated.code, done.code) == (1, 0, 0)
    assert "switchroom key rotate" in under_way.out
    assert "2 = " + "ab" * 32 in key.read_text()
    assert "\n1 = " not in key.read_text()


@pytest.mark.parametrize("trouble", ["missing", "wrong", "open", "broken"])
def test_key_that_does_not_serve_is_one_clear_error_that_says_what_to_do(terminal: Terminal, trouble: str) -> None:
    terminal.run(*IMPORT)
    key = terminal.folder / "var" / "number.key"
    secret = key.read_text().split("= ")[1].strip()
    match trouble:
        case "missing":
            key.unlink()
        case "wrong":
            key.write_text(f"1 = {'ab' * 32}\n")
        case "open":
            key.chmod(0o644)
        case "broken":
            key.write_text(key.read_text().replace("1 =", "one ="))
    for command in (IMPORT, ("key", "check"), ("key", "rotate")):
        said = terminal.run(*command).one_error(1)
        assert "number.key" in said
        assert secret not in said
        assert bool(CHINESE.search(said)) == (terminal.lang == "zh-CN")
    doctor = terminal.run("doctor")
    assert doctor.code == 1
    assert "number.key" in doctor.out.replace("\n", "")

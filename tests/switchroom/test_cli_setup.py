"""From nothing to settings, Asterisk's files and a doctor's word, in both languages and without a traceback."""

import json
from pathlib import Path

import pytest

from config.words import catalogue, known
from tests.switchroom.terminal import CHINESE, LANGS, Terminal, settings

COMMANDS = (
    (),
    ("serve",),
    ("simulate",),
    ("example-config",),
    ("asterisk-config",),
    ("doctor",),
    ("leads",),
    ("leads", "import"),
    ("status",),
    ("agents",),
    ("campaign",),
    ("campaign", "list"),
    ("campaign", "start"),
)


@pytest.fixture(params=LANGS)
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Terminal:
    return Terminal(tmp_path, request.param)


def test_every_command_teaches_itself_in_chinese(tmp_path: Path) -> None:
    for said in Terminal(tmp_path, "zh-CN").each(*((*command, "--help") for command in COMMANDS)):
        assert (said.code, said.err) == (0, "")
        assert CHINESE.search(said.out)
        assert not [code for code in catalogue("zh-CN") if code.startswith("cli.") and code in said.out.split()]


def test_english_help_holds_no_chinese(tmp_path: Path) -> None:
    said = Terminal(tmp_path).run("--help")
    assert said.code == 0
    assert not CHINESE.search(said.out)
    assert all(word in said.out for word in ("serve", "simulate", "doctor", "leads", "status", "agents", "campaign"))


def test_examples_then_asterisk_files_then_the_doctors_word_on_a_machine_without_asterisk(terminal: Terminal) -> None:
    wrote, files = terminal.each(("example-config",), ("asterisk-config", "--out", "asterisk"))
    assert (wrote.code, wrote.clean) == (0, True)
    assert (terminal.folder / "server.toml").exists()
    assert (terminal.folder / "campaigns.toml").exists()

    assert files.code == 0
    assert {path.name for path in (terminal.folder / "asterisk").iterdir()} >= {
        "switchroom_manager.conf",
        "switchroom_extensions.conf",
    }
    assert "change-me" not in "".join(p.read_text("utf-8") for p in (terminal.folder / "asterisk").iterdir())

    here = (terminal.folder / "server.toml").read_text("utf-8")
    (terminal.folder / "server.toml").write_text(here.replace("port = 5038", "port = 1"), encoding="utf-8")
    seen, told = terminal.each(("doctor",), ("doctor", "--json"))
    assert (seen.code, seen.clean) == (1, True)
    assert bool(CHINESE.search(seen.out)) == (terminal.lang == "zh-CN")
    assert "doctor." not in seen.out
    assert "127.0.0.1:1" in seen.out

    report = json.loads(told.out)
    bad = {finding["code"] for finding in report["findings"] if finding["level"] == "bad"}
    assert report["healthy"] is False
    assert bad
    assert all(known(finding["code"]) for finding in report["findings"])
    assert all(known(f["remedy"]) for f in report["findings"] if f["level"] != "ok")


def test_files_that_differ_are_kept_unless_forced(terminal: Terminal) -> None:
    assert [said.code for said in terminal.each(("example-config",), ("example-config",))] == [0, 0]
    mine = terminal.folder / "server.toml"
    mine.write_text("# mine\n", encoding="utf-8")
    kept, left = terminal.each(("example-config",), ("doctor",))
    assert "server.toml" in kept.one_error(1)
    assert left.code != 0
    assert mine.read_text("utf-8") == "# mine\n"
    assert terminal.run("example-config", "--force").code == 0
    assert mine.read_text("utf-8") != "# mine\n"


def test_settings_that_cannot_be_read_are_one_clear_error(tmp_path: Path) -> None:
    terminal, file = Terminal(tmp_path), tmp_path / "server.toml"
    commands = [("serve",), ("doctor",), ("asterisk-config",)]
    for said in terminal.each(*commands):
        assert "example-config" in said.one_error(2)
    file.write_bytes("[api]\nport = 八千七百\n".encode("gb18030"))
    for said in terminal.each(*commands):
        assert "UTF-8" in said.one_error(2)
    file.write_text('[api]\nprot = 8700\n[floor]\nring_s = "long"\n', encoding="utf-8")
    for said in terminal.each(*commands):
        assert "did you mean port" in said.one_error(2)
        assert "ring_s" in said.err


def test_campaigns_that_cannot_be_read_are_a_fault_the_doctor_lists_and_serve_refuses(tmp_path: Path) -> None:
    settings(tmp_path)
    (tmp_path / "campaigns.toml").write_text('[campaign.spring]\nmode = "loud"\n', encoding="utf-8")
    terminal = Terminal(tmp_path)
    refused, seen = terminal.each(("serve",), ("doctor",))
    assert "loud" in refused.one_error(2)
    assert (seen.code, seen.clean) == (1, True)
    assert "loud" in seen.out


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "wall").write_text("no folder", encoding="utf-8")
    assert "wall" in Terminal(tmp_path).run("example-config", "wall").one_error(1)

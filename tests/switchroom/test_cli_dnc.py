"""``dnc``: entries, complaints and lists from the command line, in both languages, no whole number shown."""

import json
from pathlib import Path

import pytest

from tests.switchroom.terminal import Terminal, settings

NUMBER = "13800138000"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    settings(tmp_path)
    (tmp_path / "list.txt").write_text("13900139000\n+8613900139001\nnobody\n", encoding="utf-8")
    (tmp_path / "wishes.csv").write_text("number,reason,until\n13700137000,asked,2030-01-01\nxx,y,\n", encoding="utf-8")
    return Terminal(tmp_path)


def test_an_entry_is_made_found_lifted_and_kept_on_record(terminal: Terminal) -> None:
    said = terminal.each(
        ("dnc", "add", "--number", NUMBER, "--reason", "wish", "--json"),
        ("dnc", "add", "--number", NUMBER, "--reason", "wish", "--json"),
        ("dnc", "check", NUMBER, "--json"),
        ("dnc", "lift", "--number", NUMBER, "--json"),
        ("dnc", "check", NUMBER, "--json"),
        ("dnc", "list", "--lifted", "--json"),
    )
    made, again, barred, lifted, free, rows = (json.loads(one.out) for one in said)
    assert (made, again, lifted) == ({"entries": [1]}, {"entries": []}, {"lifted": 1})
    assert [one["kind"] for one in barred["objections"]] == ["number"]
    assert free == {"number": "+86138****8000", "objections": []}
    assert [(row["what"], bool(row["lifted_by"])) for row in rows] == [("+86138****8000", True)]
    assert NUMBER not in "".join(one.out for one in said)


def test_complaint_and_import_bar_and_the_export_is_masked(terminal: Terminal) -> None:
    filed, taken, out = terminal.each(
        ("dnc", "complaint", "--number", NUMBER, "--how", "letter", "--json"),
        ("dnc", "import", "wishes.csv", "--json"),
        ("dnc", "export", "--out", "out.csv", "--json"),
    )
    assert json.loads(filed.out)["numbers"] == 1
    assert json.loads(taken.out) == {"rows": 2, "added": 1, "rejected": [{"line": 3, "why": "number"}]}
    assert json.loads(out.out)["entries"] == 2
    written = (terminal.folder / "out.csv").read_text(encoding="utf-8-sig")
    assert "+86138****8000" in written
    assert NUMBER not in written


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_list_is_built_and_checked_in_the_readers_language(terminal: Terminal, lang: str) -> None:
    terminal.lang = lang
    built = terminal.run("dnc", "build", "list.txt", "--region", "CN", "--out", "national.dnc")
    assert built.code == 0
    assert ("3" in built.out, "13900139000" in built.out) == (True, False)
    whole = terminal.run("dnc", "check", "national.dnc")
    assert whole.code == 0
    refused = terminal.run("dnc", "build", "list.txt", "--out", "national.dnc", "--sha256", "00")
    assert refused.code == 2

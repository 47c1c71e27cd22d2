"""``leads import``: what was taken, what was not and why; progress aside, nobody's number shown."""

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from tests.switchroom.terminal import CHINESE, Terminal, settings
from tests.unsealed import column

LIST = "手机号,姓名\n13800138000,王芳\n13900139000,李强\n13800138000,王芳\n12345,赵敏\n"
IMPORT = ("leads", "import", "list.csv", "--campaign", "spring", "--json")
NUMBERS = ("13800138000", "13900139000")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    settings(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    return Terminal(tmp_path)


def numbers(folder: Path) -> list[str]:
    return sorted(column(folder / "var" / "switchroom.db", "number"))


def test_a_list_is_taken_once_and_the_same_file_again_changes_nothing(terminal: Terminal) -> None:
    first, again = (json.loads(said.out) for said in terminal.each(IMPORT, IMPORT))
    assert (first["rows"], first["added"], first["duplicates"]) == (4, 2, {"repeated": 1})
    assert first["rejected"] == {"number_not_assigned": 1}
    assert (first["already"], again["already"], again["batch"]) == (False, True, first["batch"])
    assert numbers(terminal.folder) == [f"+86{number}" for number in NUMBERS]


def test_a_list_in_gb18030_is_read_as_it_is(terminal: Terminal) -> None:
    (terminal.folder / "list.csv").write_bytes(LIST.encode("gb18030"))
    report = terminal.json("leads", "import", "list.csv", "--campaign", "spring")
    assert report["added"] == 2
    assert set(column(terminal.folder / "var" / "switchroom.db", "name")) == {"王芳", "李强"}


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_report_is_in_the_readers_language_and_shows_no_number(terminal: Terminal, lang: str) -> None:
    terminal.lang = lang
    said = terminal.run("leads", "import", "list.csv", "--campaign", "spring", "--rejects", "rejects.csv")
    assert (said.code, said.clean) == (0, True)
    again = terminal.run("leads", "import", "list.csv", "--campaign", "spring")
    assert (again.code, again.clean, "list-" in again.out) == (0, True, True)
    assert bool(CHINESE.search(said.out)) == bool(CHINESE.search(again.out)) == (lang == "zh-CN")
    assert "intake." not in said.out
    shown = said.out + said.err + (terminal.folder / "rejects.csv").read_text("utf-8-sig")
    assert not [number for number in NUMBERS if number in shown]


def test_rejected_rows_stand_in_their_file_with_line_and_reason(terminal: Terminal) -> None:
    terminal.run("leads", "import", "list.csv", "--campaign", "spring", "--rejects", "rejects.csv")
    rows = list(csv.reader((terminal.folder / "rejects.csv").read_text("utf-8-sig").splitlines()))
    assert [row[:2] for row in rows[1:]] == [["4", "repeated"], ["5", "number_not_assigned"]]


def test_batches_are_listed_and_their_rejects_written_again(terminal: Terminal) -> None:
    assert terminal.json("leads", "batches") == []
    terminal.run("leads", "import", "list.csv", "--campaign", "spring", "--batch", "first")
    (batch,) = terminal.json("leads", "batches", "--campaign", "spring")
    assert (batch["id"], batch["state"], batch["file"], batch["rows"]) == ("first", "open", "list.csv", 4)
    assert "first" in terminal.run("leads", "batches").out
    assert terminal.run("leads", "rejects", "first", "--out", "again.csv").code == 0
    rows = list(csv.reader((terminal.folder / "again.csv").read_text("utf-8-sig").splitlines()))
    assert rows[2] == ["5", "number_not_assigned", rows[2][2], "12345", "12345", "赵敏"]


def test_a_dry_run_says_what_would_be_and_changes_nothing(terminal: Terminal) -> None:
    report = terminal.json("leads", "import", "list.csv", "--campaign", "spring", "--dry-run")
    assert (report["added"], report["duplicates"], report["dry_run"]) == (2, {"repeated": 1}, True)
    assert numbers(terminal.folder) == []
    assert terminal.json("leads", "batches") == []


def test_json_stands_alone_on_standard_output(terminal: Terminal) -> None:
    said = terminal.run("leads", "import", "list.csv", "--campaign", "spring", "--json")
    assert json.loads(said.out)["added"] == 2


def test_what_cannot_be_imported_is_one_clear_error(terminal: Terminal) -> None:
    (terminal.folder / "names.csv").write_text("姓名\n王芳\n", encoding="utf-8")
    wrong: tuple[tuple[tuple[str, ...], int, str], ...] = (
        (("list.csv", "--campaign", "autumn"), 2, "autumn"),
        (("nothing.csv", "--campaign", "spring"), 2, "nothing.csv"),
        ((".", "--campaign", "spring"), 2, "."),
        (("names.csv", "--campaign", "spring"), 2, "names.csv"),
        (("list.csv", "--campaign", "spring", "--rejects", "no/such/folder.csv"), 1, "no/such"),
        (("list.csv", "--campaign", "spring", "--batch", "13800138000"), 2, "telephone number"),
        (("list.csv", "--campaign", "spring", "--against", "nobody"), 2, "--against"),
        (("list.csv", "--campaign", "spring", "--sheet", "One"), 2, "no sheets"),
    )
    said = terminal.each(*(("leads", "import", *words) for words, _, _ in wrong))
    for each, (_, code, tells) in zip(said, wrong, strict=True):
        assert tells in each.one_error(code)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:",
        "postgresql+psycopg:nonsense",
        "sqlite:///list.csv",
        "sqlite:///list.csv/under.db",
        "postgresql+psycopg://site:hidden-password@127.0.0.1:1/x",
    ],
)
def test_a_database_that_does_not_open_is_one_clear_error_without_its_password(terminal: Terminal, url: str) -> None:
    settings(terminal.folder, store=url)
    for said in terminal.each(IMPORT, ("serve",)):
        told = said.one_error(1)
        assert "store.url" in told
        assert "hidden-password" not in told


def test_a_database_of_a_newer_switchroom_is_left_alone(terminal: Terminal) -> None:
    terminal.run("leads", "import", "list.csv", "--campaign", "spring")
    with sqlite3.connect(terminal.folder / "var" / "switchroom.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    for said in terminal.each(IMPORT, ("serve",)):
        assert "newer" in said.one_error(1)


def test_a_database_somebody_else_holds_is_one_clear_error(terminal: Terminal) -> None:
    terminal.run("leads", "import", "list.csv", "--campaign", "spring")
    holder = sqlite3.connect(terminal.folder / "var" / "switchroom.db", isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        assert "locked" in terminal.run("leads", "import", "list.csv", "--campaign", "spring").one_error(1)
    finally:
        holder.close()

"""Rosters as files: what is read, and what is said of one that is wrong."""

from datetime import date
from pathlib import Path

import pytest

from acd.roster import Line
from config.faults import SettingsError
from switchroom.rosterfile import read

AGENTS, GROUPS = {"1001", "1002"}, {"a"}


def test_lines_are_for_agents_or_groups_and_may_be_days_off(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("\ufeffagent,group,date,begin,end\n1001,,2026-03-02,09:00,18:00\n,a,2026-03-03,,\n,,,,\n", "utf-8")
    assert read(file, AGENTS, GROUPS) == [
        Line("1001", "", date(2026, 3, 2), "09:00", "18:00"),
        Line("", "a", date(2026, 3, 3), "", ""),
    ]


def test_everything_wrong_is_said_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("agent,date,begin,end\n9,2026-03-02,09:00,18:00\n1001,soon,09:00,18:00\n1001,2026-03-02,9,18:00\n")
    with pytest.raises(SettingsError) as caught:
        read(file, AGENTS, GROUPS)
    assert [(fault.line, fault.code) for fault in caught.value.faults] == [
        (2, "roster_who"), (3, "date_form"), (4, "time_form"),
    ]  # fmt: skip
    assert "roster.csv:2" in caught.value.say("en")
    assert "坐席" in caught.value.say("zh-CN")


@pytest.mark.parametrize(("text", "code"), [(None, "roster_missing"), ("who,when\n", "roster_columns")])
def test_a_file_that_is_no_roster_gets_one_clear_answer(tmp_path: Path, text: str | None, code: str) -> None:
    file = tmp_path / "roster.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read(file, AGENTS, GROUPS)
    assert [fault.code for fault in caught.value.faults] == [code]

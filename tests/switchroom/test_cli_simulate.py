"""``simulate --virtual`` plays a shift, says what it did in figures, and keeps all it wrote in one folder."""

import json
from pathlib import Path

from tests.switchroom.terminal import CHINESE, Terminal

KEYS = [
    *("scenario", "hours", "seed", "agents", "placed", "answered_human", "connected", "abandoned", "gave_up"),
    *("refused", "agent_seconds", "outcomes", "refusals", "events", "invariants_checked", "violations", "digest"),
    "wall_s",
]
SHIFT = ("simulate", "--virtual", "--hours", "0.05", "--seed", "7")
SMALL = """
title = { zh = "小", en = "Small" }
start = 2026-03-02T09:00:00+08:00
agents = 3
[[campaign]]
name = "small"
mode = "progressive"
"""


def test_a_virtual_shift_says_exactly_its_figures_and_keeps_everything_it_wrote(tmp_path: Path) -> None:
    first, again = Terminal(tmp_path).each(
        (*SHIFT, "--scenario", "smoke", "--json", "--out", "one"),
        (*SHIFT, "--scenario", "smoke", "--json", "-o", "two"),
    )
    assert (first.code, first.clean) == (0, True)
    summary = json.loads(first.out)
    assert list(summary) == KEYS
    assert set(summary["agent_seconds"]) == {"talk", "wrap", "idle", "aux"}
    assert (summary["hours"], summary["seed"], summary["agents"], summary["violations"]) == (0.05, 7, 20, 0)
    assert summary["connected"] > 0
    assert summary["invariants_checked"] > 100
    assert sum(summary["outcomes"].values()) == summary["placed"]
    assert json.loads(again.out)["digest"] == summary["digest"]
    kept = {path.name for path in (tmp_path / "one").iterdir()}
    assert kept == {
        *(
            "switchroom.db",
            "journal.jsonl",
            "switchroom.log",
            "number.key",
            "metrics.prom",
            "recordings.csv",
            "summary.json",
        ),
    }
    assert json.loads((tmp_path / "one" / "summary.json").read_text("utf-8")) == summary
    lines = (tmp_path / "one" / "journal.jsonl").read_text("utf-8").splitlines()
    assert sum('"AttemptPlaced"' in line for line in lines) == summary["placed"]
    assert "dialer_placed_total" in (tmp_path / "one" / "metrics.prom").read_text("utf-8")


def test_a_scenario_of_ones_own_is_played_and_its_table_is_in_the_readers_language(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    for lang in ("en", "zh-CN"):
        said = Terminal(tmp_path, lang).run(*SHIFT, "--scenario", "small.toml", "--out", "out")
        assert (said.code, said.clean) == (0, True)
        assert bool(CHINESE.search(said.out)) == (lang == "zh-CN")
        assert not [word for word in said.out.split() if word.startswith(("sum.", "cli."))]


def test_a_scenario_that_cannot_be_played_is_one_clear_error(tmp_path: Path) -> None:
    wrong = {
        "shape.toml": SMALL.replace("agents = 3", "agents = 0").encode(),
        "toml.toml": b"title = [",
        "bytes.toml": "说明".encode("gb18030"),
        "odds.toml": (SMALL + "[odds]\nhuman = 0.9\nmachine = 0.9\n").encode(),
        "nobody.toml": SMALL.split("[[")[0].encode(),
    }
    for name, text in wrong.items():
        (tmp_path / name).write_bytes(text)
    names = [*wrong, "nowhere.toml"]
    said = Terminal(tmp_path).each(*(("simulate", "--virtual", "--scenario", name, "--out", "out") for name in names))
    for name, each in zip(names, said, strict=True):
        assert each.one_error(2), name
    assert not (tmp_path / "out").exists()


def test_figures_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    said = Terminal(tmp_path).each(
        ("simulate", "--virtual", "--hours", "0"), ("simulate", "--seed", "-1"), ("simulate", "--port", "70000")
    )
    for each in said:
        assert each.one_error(2)


def test_an_out_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "wall").write_text("no folder", encoding="utf-8")
    assert "wall" in Terminal(tmp_path).run(*SHIFT, "--out", "wall/out").one_error(1)

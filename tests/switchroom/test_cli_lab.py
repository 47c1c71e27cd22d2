"""``pacing-lab``: compares rules from the command line, draws them, and refuses what it cannot play in one sentence."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from switchroom.cli import app


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["pacing-lab", *words])
    return result.exit_code, result.output


def test_two_rules_are_compared_and_drawn(tmp_path: Path) -> None:
    code, out = run(
        *("-r", "progressive", "-r", "power_2", "-s", "cold", "-n", "4", "--hours", "0.3", "--seeds", "2"),
        *("--out", str(tmp_path / "plots"), "--json"),
    )
    assert code == 0
    told = json.loads(out)
    assert [(row["cell"]["rule"], row["seeds"]) for row in told["rows"]] == [("progressive", 2), ("power_2", 2)]
    assert told["rows"][0]["utilisation"] < told["rows"][1]["utilisation"]
    files = [Path(file) for file in told["files"]]
    assert {file.name for file in files} == {"rules.svg", "rules.png", "timeline.svg", "timeline.png"}
    assert all(file.stat().st_size > 2000 for file in files)


@pytest.mark.parametrize(
    "words",
    [("-r", "nobody"), ("-s", "nowhere"), ("-n", "0"), ("-t", "3"), ("-n", "5000")],
)
def test_what_cannot_be_played_is_refused_before_anything_is(words: tuple[str, str]) -> None:
    code, out = run(*words)
    assert code == 2
    assert len(out.strip().splitlines()) <= 3
    assert words[1] in out

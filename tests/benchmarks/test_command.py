"""``python -m benchmarks``: names, JSON lines, and the page of figures."""

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import page
from benchmarks.result import Machine, Result, percentile

MACHINE = Machine(cpu="a processor", cores=2, python="3.11.7")
FIGURE = Result(
    name="shift",
    unit="s",
    value=12345.6,
    p50=1.5,
    p99=2.25,
    p_unit="ms",
    peers={"plain | raw": 173},
    limit="< 60 s",
    met=True,
    machine=MACHINE,
    date="2026-03-02T01:00:00+00:00",
)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float, int, int]]:
    asked: list[tuple[str, float, int, int]] = []

    def measure(name: str, *, hours: float, rounds: int, kills: int, **_others: object) -> Result:
        asked.append((name, hours, rounds, kills))
        return FIGURE

    monkeypatch.setattr(command, "measure", measure)
    return asked


def test_unknown_name_is_one_error_that_lists_the_names(
    capsys: pytest.CaptureFixture[str], measured: list[tuple[str, float, int, int]]
) -> None:
    assert command.main(["shift", "nonsense"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "no such benchmark: nonsense" in said
    assert all(name in said for name in command.NAMES)
    assert measured == []


def test_without_names_all_of_them_run_but_what_lasts_as_long_as_it_plays(
    measured: list[tuple[str, float, int, int]],
) -> None:
    assert command.main(["--json"]) == 0
    assert [name for name, *_ in measured] == [name for name in command.NAMES if name not in command.ONLY_BY_NAME]


def test_options_reach_the_benchmarks(measured: list[tuple[str, float, int, int]]) -> None:
    command.main(["shift", "--hours", "0.5", "--rounds", "3", "--kills", "7", "--json"])
    assert measured == [("shift", 0.5, 3, 7)]


def test_json_is_one_object_a_line_and_nothing_else_on_standard_output(
    capsys: pytest.CaptureFixture[str], measured: list[tuple[str, float, int, int]]
) -> None:
    command.main(["shift", "startup", "--json"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    told = json.loads(lines[0])
    assert {"name", "unit", "value", "p50", "p99", "peers", "limit", "machine", "date"} <= set(told)
    assert told["machine"] == {"cpu": "a processor", "cores": 2, "python": "3.11.7"}


def test_page_is_renewed_between_its_markers_only(tmp_path: Path, measured: list[tuple[str, float, int, int]]) -> None:
    file = tmp_path / "benchmarks.md"
    file.write_text(f"# Head\n{page.BEGIN}\nold\n{page.END}\nTail\n", encoding="utf-8")
    assert command.main(["shift", "--write", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"# Head\n{page.BEGIN}\nMeasured on 2026-03-02 on a processor, 2 cores, Python 3.11.7")
    assert text.endswith(f"\n{page.END}\nTail\n")
    assert "`python -m benchmarks shift`" in text
    assert "| shift | 12,346 s | 1.5 / 2.25 ms | < 60 s ✓ | plain \\| raw 173 |" in text
    assert "old" not in text


def test_page_without_markers_is_left_alone(tmp_path: Path, measured: list[tuple[str, float, int, int]]) -> None:
    file = tmp_path / "page.md"
    file.write_text("no place\n", encoding="utf-8")
    assert command.main(["shift", "--write", str(file)]) == 1
    assert file.read_text(encoding="utf-8") == "no place\n"


def test_page_of_the_documents_has_its_markers() -> None:
    text = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert text.index(page.BEGIN) < text.index(page.END)
    assert all(f"**{name}**" in text for name in command.NAMES)


def test_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100)]
    assert percentile(values, 0.5) == 50.0
    assert percentile(values, 0.99) == 99.0
    assert percentile([7.0], 0.99) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_this_machine_is_named() -> None:
    assert FIGURE.met
    assert Result(name="x", unit="s", value=1.0).machine.cores >= 1

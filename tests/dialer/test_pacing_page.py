"""The page about pacing: its example is the library used by itself, runs as it stands, and is the same in both languages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("pacing.md", "pacing.zh-CN.md")


def example(page: str) -> str:
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert text.count("```python") == 1
    return text.partition("```python\n")[2].partition("```")[0]


def test_the_example_runs_and_says_a_number_and_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(example(PAGES[0]), PAGES[0], "exec"), {})
    count, code, *words = capsys.readouterr().out.split(maxsplit=2)
    assert int(count) > 1
    assert code == "pace.predictive"
    assert "'budget': '2.8%'" in words[0]


def test_both_languages_show_the_same_example() -> None:
    assert example(PAGES[0]) == example(PAGES[1])


def test_the_library_brings_neither_server_nor_database_nor_simulator_along() -> None:
    asked = "import sys, dialer.pacing, dialer.forecast, dialer.abandonment; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    brought = {name.partition(".")[0] for name in done.stdout.split()}
    assert brought.isdisjoint(
        {"aiohttp", "sqlalchemy", "panoramisk", "store", "desk", "acd", "simulator", "switchroom"}
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_of_the_page_is_there(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / "docs" / target).is_file(), target


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_front_page_leads_here(readme: str) -> None:
    page = "pacing.zh-CN.md" if "zh" in readme else "pacing.md"
    assert f"(docs/{page})" in (ROOT / readme).read_text("utf-8")

"""``pacing-lab --journal``: a recorded shift is learned, played again, and comes near what it was."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import store
from simulator.lab.learned import KINDS, Learned, Learner
from simulator.lab.play import Cell
from simulator.lab.replay import Terms, TooLittle, as_it_was, laws_of, replay
from store.recall import facts_between
from switchroom.cli import app

NEAR_UTILISATION, NEAR_ABANDONMENT = 0.03, 0.01
"""1.5 hours of 20 agents are some 1,300 live answers. One such shift differs from the next by about a point of utilisation
and, the budget holding it, a third of a point of abandonment; three times that is allowed for."""


@pytest.fixture(scope="module")
def day(smoke_shift: Path) -> Learned:
    opened = store.open(f"sqlite:///{smoke_shift / 'switchroom.db'}", key_file=smoke_shift / "number.key")
    learner = Learner("smoke", patience_s=2.0)
    learner.hear(facts_between(opened, 0.0, 4e9, KINDS))
    opened.close()
    return learner.learned()


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["pacing-lab", *words])
    return result.exit_code, result.output


def test_the_journal_tells_the_shift_as_its_own_summary_does(smoke_shift: Path, day: Learned) -> None:
    told = json.loads((smoke_shift / "summary.json").read_text())
    assert (day.placed, day.connected, day.abandoned) == (told["placed"], told["connected"], told["abandoned"])
    assert day.most_agents == 20
    spent = told["agent_seconds"]
    share = (spent["talk"] + spent["wrap"]) / (spent["talk"] + spent["wrap"] + spent["idle"])
    assert day.busy_s / day.present_s == pytest.approx(share, abs=0.01)


def test_a_shift_played_again_by_its_own_rule_comes_near_what_it_was(day: Learned) -> None:
    cell = Cell(rule="predictive", scenario="smoke", agents=20, target=0.028)
    was = as_it_was(day, cell)
    again = [replay(day, Terms(), cell, seed) for seed in (1, 2, 3, 4)]
    utilisation = sum(one.utilisation for one in again) / 4
    abandonment = sum(one.abandonment for one in again) / 4
    assert utilisation == pytest.approx(was.utilisation, abs=NEAR_UTILISATION)
    assert abandonment == pytest.approx(was.abandonment, abs=NEAR_ABANDONMENT)
    assert sum(one.placed for one in again) / 4 == pytest.approx(was.placed, rel=0.06)


def test_a_lower_target_is_kept_and_costs_conversations(smoke_shift: Path, tmp_path: Path) -> None:
    code, out = invoke(
        *("-j", str(smoke_shift), "-t", "0.0", "-t", "0.02", "--seeds", "2", "--out", str(tmp_path), "--json"),
    )
    assert code == 0, out
    told = json.loads(out)
    was, own, sure, lower = told["rows"]
    assert (own["cell"]["target"], sure["cell"]["target"], lower["cell"]["target"]) == (0.028, 0.0, 0.02)
    assert was["seeds"] == 1
    assert sure["abandonment"] < 0.005
    assert sure["utilisation"] < own["utilisation"] - 0.05
    assert sure["connected_per_hour"] < own["connected_per_hour"]
    assert {Path(file).suffix for file in told["files"]} == {".svg", ".png"}


def test_what_another_rule_would_have_cost_is_said_in_a_sentence(smoke_shift: Path) -> None:
    code, out = invoke("-j", str(smoke_shift), "-r", "progressive", "--seeds", "1")
    assert code == 0, out
    assert "less talk an agent-hour" in out
    assert "instead of predictive at 2.8%" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--campaign", "smoke"), "--journal"),
        (("-j", "SHIFT", "--campaign", "nobody"), "nobody"),
        (("-j", "SHIFT", "-n", "20"), "--agents"),
        (("-j", "SHIFT", "--from", "10:00"), "folder"),
        (("-j", "SHIFT", "-r", "nobody"), "nobody"),
    ],
)
def test_a_question_the_journal_cannot_answer_is_refused_in_one_sentence(
    smoke_shift: Path, words: tuple[str, ...], said: str
) -> None:
    code, out = invoke(*(str(smoke_shift) if word == "SHIFT" else word for word in words))
    assert code == 2
    assert said in out


def test_a_journal_of_a_few_calls_is_not_played(day: Learned) -> None:
    learner = Learner("smoke", patience_s=2.0)
    with pytest.raises(TooLittle):
        laws_of(learner.learned(), Terms())

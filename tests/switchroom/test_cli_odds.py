"""``odds``: what a campaign has learned, at the terminal, in both languages."""

from contextlib import closing
from pathlib import Path
from random import Random

import pytest

import store
from dialer.odds import Memory, Odds
from store.keepsakes import keep, kept
from switchroom.oddsbook import found, put_away
from tests.switchroom.terminal import LANGS, Terminal, settings


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    settings(tmp_path)
    return Terminal(tmp_path)


def learned() -> Memory:
    odds, dice = Odds(), Random(3)
    for count in range(2000):
        odds.learn((("hour", "19" if count % 2 else "10"),), dice.random() < (0.5 if count % 2 else 0.2), 1.0, 0.35)
    return odds.memory()


def test_the_hours_that_answer_best_are_shown_in_both_languages(terminal: Terminal, tmp_path: Path) -> None:
    assert "learned nothing yet" in terminal.run("odds", "spring").out
    with closing(store.open(f"sqlite:///{tmp_path / 'var' / 'switchroom.db'}")) as opened:
        put_away(opened, {"spring": learned()})
    said = terminal.run("odds", "spring").out
    assert "hour of his day" in said
    assert "19" in said
    assert "In use" in said
    assert "客户当地时段" in terminal.run("odds", "spring", extra={"LANG": LANGS["zh-CN"]}).out


def test_a_campaign_nobody_knows_is_refused(terminal: Terminal) -> None:
    assert "autumn" in terminal.run("odds", "autumn").one_error(2)


def test_what_was_put_away_is_found_again_and_what_cannot_be_read_is_left(tmp_path: Path) -> None:
    with closing(store.open(f"sqlite:///{tmp_path / 'switchroom.db'}")) as opened:
        put_away(opened, {"spring": learned(), "fresh": Memory()})
        keep(opened, {"odds.broken": "{"})
        assert set(kept(opened, "odds.")) == {"spring", "broken"}
        assert found(opened) == {"spring": learned()}

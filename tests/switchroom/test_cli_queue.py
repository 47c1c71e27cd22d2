"""``queue`` and ``surge`` at the terminal: figures of a span, abandoned callers, and errors that say what to write."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

import store
from acd.figures import Figures
from config.queues import QueueSettings
from store.inline import InlineLedger
from tests.store.test_queue_report import gives_up, is_answered
from tests.switchroom.terminal import Terminal, settings


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    settings(tmp_path)
    file = tmp_path / "server.toml"
    file.write_text(file.read_text(encoding="utf-8") + '\n[queue.service]\ntitle = "客服"\n', encoding="utf-8")
    live, at = Figures([], {"service": QueueSettings()}), time.time() - 600.0
    told = [
        *is_answered("1.1", "service", at, 4.0),
        *is_answered("1.2", "service", at + 1, 50.0),
        *gives_up("1.3", "service", at + 2, 30.0),
    ]
    with closing(store.open(f"sqlite:///{tmp_path / 'var' / 'switchroom.db'}")) as opened:
        ledger = InlineLedger(opened)
        for when, fact in sorted(told, key=lambda one: one[0]):
            facts = [fact]
            for one in facts:
                facts += live.on(one, when)
            ledger.submit(facts, when)
        ledger.close()
    return Terminal(tmp_path)


def test_a_report_has_every_definition_of_service_level(terminal: Terminal) -> None:
    found = terminal.run("queue", "report", "--by", "span", "--json")
    assert found.code == 0, found
    (row,) = json.loads(found.out)
    assert (row["queue"], row["offered"], row["answered"], row["abandoned"]) == ("service", 3, 2, 1)
    assert row["service_levels"] == {
        "answered": 0.5,
        "decided": pytest.approx(1 / 3),
        "handled": pytest.approx(1 / 3),
        "offered": pytest.approx(1 / 3),
        "net": pytest.approx(1 / 3),
    }
    assert terminal.run("queue", "report").code == 0


def test_abandoned_callers_are_listed(terminal: Terminal) -> None:
    (row,) = json.loads(terminal.run("queue", "abandoned", "--unreached", "--json").out)
    assert (row["call"], row["waited_s"], row["reached_at"]) == ("1.3", 30.0, None)
    assert terminal.run("queue", "abandoned").code == 0


def test_a_queue_or_a_span_that_is_not_there_is_refused_with_what_to_write(terminal: Terminal) -> None:
    assert "service" in terminal.run("queue", "report", "--queue", "sales").one_error(2)
    assert "quarter" in terminal.run("queue", "report", "--by", "week").one_error(2)
    terminal.lang = "zh-CN"
    assert "没有队列" in terminal.run("queue", "abandoned", "--queue", "sales").one_error(2)


def test_the_plan_of_a_server_that_does_not_run_is_one_clear_error(terminal: Terminal) -> None:
    assert terminal.run("surge", "enter", "2", "--url", "http://127.0.0.1:9").one_error(1)

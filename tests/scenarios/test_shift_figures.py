"""A virtual shift with callers: its figures from the journal, from the database and live are one, and no offer is double."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import store
from acd.figures import Figures
from acd.queuelog import QueueLog
from config.model import ServerSettings
from simulator.scenario import load_scenario
from store.queue_report import tallies
from store.recall import decode
from switchroom.shift import run
from telephony.facts import CallerDecided, Fact

HOURS = 0.25


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("callers")
    assert run(load_scenario("both"), hours=HOURS, out=folder)["violations"] == 0
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> ServerSettings:
    return load_scenario("both").settings(folder).server


def journal(folder: Path) -> Iterator[tuple[float, Fact]]:
    for line in (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines():
        at, _, text = line.partition(" ")
        yield float(at), decode(text)


def test_what_was_decided_on_the_way_is_what_a_recount_and_the_database_find(
    folder: Path, server: ServerSettings
) -> None:
    again, decided, last = Figures(server.agent, server.queue), Counter(), 0.0
    for at, fact in journal(folder):
        again.on(fact, at)
        last = at
        if isinstance(fact, CallerDecided):
            decided[fact.queue, fact.how] += 1
    opened = store.open(f"sqlite:///{folder / 'switchroom.db'}")
    try:
        for name, settings in server.queue.items():
            recounted = dict(again.levels.quarters(name, last - 80_000))
            assert tallies(opened, name, settings, since=0.0, until=last + 1) == recounted
            total = again.levels.over(name, last - 80_000, last)
            assert total.answered == decided[name, "answered"]
            assert total.abandoned == decided[name, "abandoned"]
        assert sum(decided.values()) > 50
    finally:
        opened.close()
    assert again.counters.double_offers == 0


def test_the_shifts_queue_log_ends_every_call_that_entered(folder: Path, server: ServerSettings) -> None:
    log, calls = QueueLog(server.agent, server.queue), Counter()
    for at, fact in journal(folder):
        for command in log.on(fact, at):
            fields = command.line.split("|")
            calls[fields[4]] += 1
    assert calls["ENTERQUEUE"] > 50
    assert calls["CONNECT"] == calls["COMPLETEAGENT"] + calls["COMPLETECALLER"]
    left = calls["CONNECT"] + calls["ABANDON"] + calls["EXITWITHTIMEOUT"] + calls["EXITEMPTY"] + calls["EXITWITHKEY"]
    assert left == calls["ENTERQUEUE"]

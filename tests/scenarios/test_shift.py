"""A virtual shift keeps every rule of the floor and is the same to the bit for a seed, whatever process plays it."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.shift import play
from simulator.scenario import load_scenario
from switchroom.shift import run

HOURS = 0.25


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shift")


@pytest.fixture(scope="module")
def summary(folder: Path) -> dict[str, object]:
    return run(load_scenario("smoke"), hours=HOURS, out=folder)


@pytest.fixture(scope="module")
def journal(folder: Path, summary: dict[str, object]) -> list[dict[str, object]]:
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line.partition(" ")[2]) for line in lines]


def told(journal: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    return [fact for fact in journal if fact["type"] == kind]


def test_shift_breaks_no_rule(summary: dict[str, object]) -> None:
    assert summary["violations"] == 0
    assert int(str(summary["invariants_checked"])) > 1000
    assert int(str(summary["connected"])) > 50


def test_every_attempt_of_the_shift_has_exactly_one_outcome(journal: list[dict[str, object]]) -> None:
    placed = Counter(fact["call"] for fact in told(journal, "AttemptPlaced"))
    ended = Counter(fact["call"] for fact in told(journal, "CallEnded"))
    assert placed == ended
    assert set(placed.values()) == {1}


def test_nobody_is_abandoned_twice_or_after_he_was_connected(journal: list[dict[str, object]]) -> None:
    abandoned = Counter(fact["call"] for fact in told(journal, "CallAbandoned"))
    assert all(times == 1 for times in abandoned.values())
    assert not set(abandoned) & {fact["call"] for fact in told(journal, "CallConnected")}


def test_every_answered_customer_was_connected_or_abandoned(journal: list[dict[str, object]]) -> None:
    answered = {fact["call"] for fact in told(journal, "CallEnded") if fact["outcome"] == "answered"}
    connected = {fact["call"] for fact in told(journal, "CallConnected")}
    abandoned = {fact["call"] for fact in told(journal, "CallAbandoned")}
    assert answered == connected | abandoned


def test_every_connected_customer_was_left_by_his_agent_once(journal: list[dict[str, object]]) -> None:
    connected = Counter((fact["call"], fact["agent"]) for fact in told(journal, "CallConnected"))
    assert connected == Counter((fact["call"], fact["agent"]) for fact in told(journal, "CallLeft"))


def test_no_lead_is_dialled_while_it_rests(journal: list[dict[str, object]]) -> None:
    dialled = Counter(fact["lead"] for fact in told(journal, "AttemptPlaced"))
    rested = Counter(fact["lead"] for fact in told(journal, "LeadRested"))
    assert all(rested[lead] >= times - 1 for lead, times in dialled.items())


def test_summary_agrees_with_the_journal(summary: dict[str, object], journal: list[dict[str, object]]) -> None:
    assert summary["placed"] == len(told(journal, "AttemptPlaced"))
    assert summary["connected"] == len(told(journal, "CallConnected"))
    by_us = [fact for fact in told(journal, "CallAbandoned") if fact["by"] == "switchroom"]
    assert summary["abandoned"] == len(by_us)


def test_journal_of_the_shift_holds_no_number(folder: Path, summary: dict[str, object]) -> None:
    text = (folder / "journal.jsonl").read_text(encoding="utf-8")
    numbers = [lead.number.for_exchange("{digits}")[2:] for lead in load_scenario("smoke").made_leads(HOURS)]
    assert not [number for number in numbers if number in text]


def test_shift_is_the_same_in_another_process_with_other_hashes(summary: dict[str, object]) -> None:
    assert play("smoke", HOURS, hash_seed="1")["digest"] == summary["digest"]
    assert play("smoke", HOURS, hash_seed="2")["digest"] == summary["digest"]


def test_another_seed_gives_another_shift(summary: dict[str, object]) -> None:
    other = play("smoke", HOURS, "--seed", "2", hash_seed="1")
    assert other["digest"] != summary["digest"]
    assert other["violations"] == 0

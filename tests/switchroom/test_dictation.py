"""A virtual shift is dictated to a second process: what it writes, what it sees, and what becomes of a shift without it."""

import hashlib
from contextlib import closing
from pathlib import Path

import pytest

import store
from simulator.clock import SetClock
from simulator.invariants import CONNECTS, LEG, ORIGINATES, Invariants
from simulator.scenario import load_scenario
from store.recall import journal_lines
from switchroom.dictation import Dictation, ScribeLost
from switchroom.shift import run
from telephony.commands import FetchLeads
from telephony.facts import CallRang
from telephony.ids import CallId, CampaignId
from tests.switchroom.fakes import placed

KEY = b"%032d" % 1
CALL = CallId("c-1-1")


def test_file_of_the_journal_is_the_journal_of_the_database(tmp_path: Path) -> None:
    summary = run(load_scenario("smoke"), hours=0.05, out=tmp_path)
    written = (tmp_path / "journal.jsonl").read_bytes()
    with closing(store.open(f"sqlite:///{tmp_path / 'switchroom.db'}")) as opened:
        assert written == b"".join(journal_lines(opened))
    assert hashlib.sha256(written).hexdigest() == summary["digest"]


def test_shift_whose_scribe_is_gone_ends_and_says_so(tmp_path: Path) -> None:
    scenario = load_scenario("smoke")
    clock = SetClock(scenario.starts_at)
    with closing(Dictation()) as dictation:
        dictation.begin(scenario, hours=0.05, folder=tmp_path, key=KEY)
        dictation._scribe.kill()
        dictation._scribe.wait()
        dictation.submit([CallRang(call=CALL)], clock.now())
        with pytest.raises(ScribeLost):
            dictation.finish(clock.now())


def test_no_lead_is_read_twice_while_more_come_in(tmp_path: Path) -> None:
    scenario = load_scenario("smoke")
    now = scenario.starts_at
    asked = FetchLeads(campaign=CampaignId(scenario.campaign[0].name), limit=50)
    read: list[int] = []
    with closing(Dictation()) as dictation:
        dictation.begin(scenario, hours=0.05, folder=tmp_path, key=KEY)
        for turn in range(4):
            dictation.fetch(asked, now + turn, lambda fetched: read.extend(lead.id for lead in fetched.leads))
        dictation.finish(now + 4)
    assert len(read) == len(set(read)) == 200
    assert read == sorted(read)


def test_what_is_noted_beside_the_facts_is_held_to_the_same_rules() -> None:
    watch = Invariants()
    watch.read([(1.0, [placed(CALL)])], [(1, 1.0, ORIGINATES, CALL, ""), (1, 1.0, LEG, CALL, "pbx1")])
    assert watch.violations == []
    watch.read(
        [],
        [
            (0, 2.0, ORIGINATES, CALL, ""),
            (0, 3.0, ORIGINATES, "c-9-9", ""),
            (0, 4.0, CONNECTS, "1001", CALL),
        ],
    )
    watch.finish(5.0)
    assert [(one.rule, one.about, one.at) for one in watch.violations] == [
        ("originated_twice", CALL, 2.0),
        ("originated_without_attempt", "c-9-9", 3.0),
        ("attempt_without_outcome", CALL, 5.0),
        ("attempt_without_outcome", "c-9-9", 5.0),
        ("leg_leaked", CALL, 5.0),
    ]

"""What a new run is told of the one before, and the journal read back as it was written."""

import re
from pathlib import Path

from store import Store
from store.inline import InlineLedger
from store.intake import add_leads
from store.queries import history, journal_tail, recent_attempts, recordings_list, tallies
from store.recall import TOLD_IN, kinds, last_seq, read_journal, restored
from telephony.agents import AgentState, SeatMode
from telephony.facts import (
    AbandonedBy,
    AlarmRaised,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallDisposed,
    CampaignChanged,
    LeaveAnnounced,
    LeaveTaken,
    RecordingConfirmed,
    RecordingFiled,
    RecordingMissing,
    RecordingStarted,
    SeatLeft,
    SeatTaken,
)
from telephony.ids import AgentId, CallId, CampaignId, LegId, ServerId
from telephony.leads import KnownAgent, Restored
from telephony.outcomes import Outcome
from tests.store.trade import DAY, NOON, SPRING, changed, customer, ended, placed

PBX = ServerId("pbx")


def test_an_empty_store_remembers_nothing(opened: Store) -> None:
    assert restored(opened) == Restored()
    assert (read_journal(opened), last_seq(opened)) == ([], 0)


def test_calls_without_an_outcome_are_found_again_oldest_first(opened: Store) -> None:
    ledger = InlineLedger(opened)
    call, agent = CallId("c-2"), AgentId("1001")
    ledger.submit([placed("c-3")], NOON + 3)
    ledger.submit([placed("c-1"), ended("c-1")], NOON + 1)
    ledger.submit([placed("c-2"), CallAnswered(call=call, campaign=SPRING, server=PBX)], NOON + 2)
    ledger.submit([CallConnected(call=call, agent=agent, waited_s=0.1)], NOON + 4)
    ledger.submit([RecordingStarted(call=call, agent=agent, name="r-2", server=PBX)], NOON + 4)
    ledger.close()
    calls = restored(opened).calls
    assert [(one.call, one.agent, one.recording) for one in calls] == [("c-2", "1001", True), ("c-3", None, False)]
    assert (calls[0].placed_at, calls[0].answered_at, calls[0].connected_at) == (NOON + 2, NOON + 2, NOON + 4)


def test_a_call_found_again_knows_its_number_its_tries_and_what_was_promised(opened: Store) -> None:
    add_leads(opened, [customer(1)])
    ledger = InlineLedger(opened)
    ledger.submit([placed("c-1"), ended("c-1")], NOON)
    ledger.submit([placed("c-2", number_key=11), placed("c-3", lead=99)], NOON + 1)
    promise = CallDisposed(
        call=CallId("c-2"), agent=AgentId("1001"), disposition="callback", note="", callback_at=NOON + DAY
    )
    ledger.submit([promise], NOON + 2)
    ledger.close()
    found = [(one.call, one.number_key, one.attempts, one.callback_at) for one in restored(opened).calls]
    assert found == [("c-2", 11, 2, NOON + DAY), ("c-3", 7, 1, None)]


def test_an_announced_leave_is_remembered_until_it_is_taken(opened: Store) -> None:
    ledger = InlineLedger(opened)
    ledger.submit([changed("1001", AgentState.READY)], NOON)
    one = AgentId("1001")
    ledger.submit([LeaveAnnounced(agent=one, at=NOON + 30, reason="lunch", actor="lead")], NOON + 1)
    ledger.flush()
    assert [(known.leaves_at, known.leaves_for) for known in restored(opened).agents] == [(NOON + 30, "lunch")]
    ledger.submit([LeaveTaken(agent=one)], NOON + 30)
    ledger.close()
    assert [(known.leaves_at, known.leaves_for) for known in restored(opened).agents] == [(None, "")]


def test_a_call_that_has_ended_is_kept_while_its_agent_wraps_up(opened: Store) -> None:
    ledger = InlineLedger(opened)
    ledger.submit([placed("c-1"), placed("c-2"), ended("c-1", Outcome.ANSWERED, agent="1001", talk_s=9.0)], NOON)
    ledger.submit([changed("1001", AgentState.WRAP_UP, call="c-1")], NOON)
    ledger.submit([changed("1002", AgentState.TALKING, call="c-2")], NOON)
    ledger.flush()
    assert [one.call for one in restored(opened).talked] == ["c-1"]
    ledger.submit([changed("1001", AgentState.READY)], NOON + 9)
    ledger.close()
    assert restored(opened).talked == ()


def test_an_agent_is_where_he_was(opened: Store) -> None:
    ledger = InlineLedger(opened)
    ledger.submit([SeatTaken(agent=AgentId("1001"), leg=LegId("s-1001-a"), server=PBX)], NOON)
    ledger.flush()
    ledger.submit([changed("1001", AgentState.READY), changed("1002", AgentState.AUX, reason="lunch")], NOON + 1)
    ledger.submit([changed("1001", AgentState.TALKING, call="c-1")], NOON + 2)
    ledger.close()
    assert restored(opened).agents == (
        KnownAgent(
            agent=AgentId("1001"),
            state=AgentState.TALKING,
            reason="",
            since=NOON + 2,
            mode=SeatMode.NAILED_UP,
            server=PBX,
            seat=LegId("s-1001-a"),
            call=CallId("c-1"),
        ),
        KnownAgent(
            agent=AgentId("1002"),
            state=AgentState.AUX,
            reason="lunch",
            since=NOON + 1,
            mode=SeatMode.NAILED_UP,
            server=PBX,
            seat=None,
            call=None,
        ),
    )
    ledger.submit([SeatLeft(agent=AgentId("1001"), leg=LegId("s-1001-a"), why="hung up")], NOON + 3)
    ledger.close()
    assert restored(opened).agents[0].seat is None
    assert restored(opened).agents[0].state is AgentState.TALKING


def test_a_campaign_is_as_it_was_left(opened: Store) -> None:
    ledger = InlineLedger(opened)
    for at, (campaign, state) in enumerate([("spring", "running"), ("autumn", "paused"), ("spring", "stopped")]):
        ledger.submit([CampaignChanged(campaign=CampaignId(campaign), state=state, actor="lead")], NOON + at)
    ledger.close()
    assert restored(opened).campaigns == (("autumn", "paused"), ("spring", "stopped"))


def test_the_journal_is_read_back_typed_and_in_pages(opened: Store) -> None:
    ledger = InlineLedger(opened)
    told = [placed("c-1"), AlarmRaised(alarm="trunk", about="carrier", words={"why": "四〇四"}), ended("c-1")]
    ledger.submit(told, NOON)
    ledger.close()
    first = read_journal(opened, limit=2)
    rest = read_journal(opened, after_seq=first[-1].seq)
    assert [entry.fact for entry in [*first, *rest]] == told
    assert {entry.at for entry in first} == {NOON}
    assert [entry.fact for entry in journal_tail(opened, 2)] == told[1:]
    assert [entry.fact for entry in journal_tail(opened, 5, kinds=["AlarmRaised"])] == told[1:2]
    assert [entry.fact for entry in history(opened, CallId("c-1"))] == [told[0], told[2]]


def test_every_kind_of_fact_is_told_apart_by_its_name() -> None:
    names = [kind.__name__ for kind in kinds()]
    assert "AttemptPlaced" in names
    assert len(names) == len(set(names))


def test_the_sums_of_a_day_survive_a_restart(opened: Store) -> None:
    ledger = InlineLedger(opened)
    ledger.submit([placed("c-0"), ended("c-0")], NOON - DAY)
    ledger.submit([placed("c-1"), ended("c-1")], NOON)
    for call, by in (("c-2", AbandonedBy.SWITCHROOM), ("c-3", AbandonedBy.CUSTOMER)):
        ledger.submit([placed(call), CallAnswered(call=CallId(call), campaign=SPRING, server=PBX)], NOON + 1)
        ledger.submit([CallAbandoned(call=CallId(call), campaign=SPRING, by=by, waited_s=2.0)], NOON + 3)
        ledger.submit([ended(call, Outcome.ANSWERED)], NOON + 4)
    ledger.submit([placed("c-4", campaign="autumn")], NOON + 5)
    ledger.close()
    autumn, spring = tallies(opened, NOON, NOON + DAY)
    assert (autumn.campaign, autumn.placed, autumn.outcomes) == ("autumn", 1, {})
    assert (spring.placed, spring.answered, spring.connected, spring.abandoned, spring.gave_up) == (3, 2, 0, 1, 1)
    assert spring.outcomes == {"busy": 1, "answered": 2}


def test_recent_attempts_come_newest_first_and_by_choice(opened: Store) -> None:
    ledger = InlineLedger(opened)
    for serial in range(6):
        ledger.submit([placed(f"c-{serial}", campaign="autumn" if serial % 2 else "spring")], NOON + serial)
    ledger.close()
    assert [row.call for row in recent_attempts(opened, limit=2)] == ["c-5", "c-4"]
    assert [row.call for row in recent_attempts(opened, before=NOON + 2)] == ["c-1", "c-0"]
    assert [row.call for row in recent_attempts(opened, campaign=CampaignId("autumn"))] == ["c-5", "c-3", "c-1"]


def test_a_recording_goes_from_started_to_filed_or_missing(opened: Store) -> None:
    ledger = InlineLedger(opened)
    for serial, name in enumerate(("r-1", "r-2", "r-3")):
        ledger.submit(
            [RecordingStarted(call=CallId(f"c-{serial}"), agent=AgentId("1001"), name=name, server=PBX)], NOON + serial
        )
    ledger.submit([RecordingConfirmed(call=CallId("c-0")), RecordingConfirmed(call=CallId("c-1"))], NOON + 5)
    ledger.submit([RecordingFiled(call=CallId("c-0"), bytes=64_000, seconds=4.0)], NOON + 6)
    ledger.submit([RecordingMissing(call=CallId("c-2"), why="no file")], NOON + 6)
    ledger.close()
    found = {row.name: (row.state, row.bytes, row.why) for row in recordings_list(opened)}
    assert found == {
        "r-1": ("filed", 64_000, None),
        "r-2": ("confirmed", None, None),
        "r-3": ("missing", None, "no file"),
    }
    assert [row.name for row in recordings_list(opened, state="missing")] == ["r-3"]


def test_whoever_reads_a_journal_knows_every_kind_of_fact() -> None:
    root = Path(__file__).parents[2]
    told = re.compile(r"^class \w+\((?:Fact|BatchFact|LeadsMoved)\b", re.MULTILINE)
    packages = ("telephony", "acd", "dialer", "recording", "kvmctl", "store", "desk", "switchroom")
    found = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for package in packages
        for path in (root / package).rglob("*.py")
        if told.search(path.read_text(encoding="utf-8"))
    }
    assert found == {module.__name__ for module in TOLD_IN}

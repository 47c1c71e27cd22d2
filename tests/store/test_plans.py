"""What is asked at every turn of the floor is a range of an index, not a walk through the table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from store import Store
from store.barred import changed, closed_leads
from store.inline import InlineLedger
from store.intake import add_leads
from store.leads import LeadBook
from store.queries import history, recent_attempts, tallies
from store.recall import last_seq, read_journal, restored
from telephony.commands import FetchLeads
from telephony.facts import LeadRested
from telephony.ids import CallId, CampaignId, LeadId
from tests.store.trade import DAY, NOON, SPRING, customer, ended, placed


@contextmanager
def plans_of(store: Store) -> Iterator[list[str]]:
    """SQLite's plan of every SELECT, UPDATE and journal reading that is done meanwhile."""
    steps: list[str] = []

    def explain(_c: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            explained = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend(row[3] for row in explained)

    event.listen(store.reading, "before_cursor_execute", explain)
    yield steps
    event.remove(store.reading, "before_cursor_execute", explain)


def test_fetching_leads_reads_ranges_of_indexes(sqlite_store: Store) -> None:
    add_leads(sqlite_store, [customer(serial, priority=serial % 3) for serial in range(30)])
    book = LeadBook(sqlite_store)
    with plans_of(sqlite_store) as steps:
        book.fetch(FetchLeads(campaign=SPRING, limit=50), NOON, lambda _: None)
    due = [step for step in steps if "ix_leads_due" in step]
    assert any("campaign=? AND holder=? AND priority=? AND due<?" in step for step in due)
    walks = [step for step in steps if step.startswith("SCAN") and not step.startswith("SCAN json_each")]
    assert walks == []
    assert [step for step in steps if "ORDER BY" in step] == []
    assert any("ix_attempts_customer" in step for step in steps)
    assert any("ix_attempts_number" in step for step in steps)
    assert any("ix_attempts_open" in step for step in steps)


def test_questions_of_the_desk_read_no_whole_table(sqlite_store: Store) -> None:
    ledger = InlineLedger(sqlite_store)
    ledger.submit([placed("c-1"), ended("c-1"), LeadRested(lead=LeadId(1), due=None, why="")], NOON)
    ledger.close()
    with plans_of(sqlite_store) as steps:
        recent_attempts(sqlite_store, before=NOON + 1)
        tallies(sqlite_store, NOON, NOON + DAY)
        history(sqlite_store, CallId("c-1"))
        read_journal(sqlite_store, after_seq=1)
    assert len(steps) >= 4
    assert [step for step in steps if step.startswith("SCAN")] == []


def test_starting_looks_at_open_calls_only(sqlite_store: Store) -> None:
    with plans_of(sqlite_store) as steps:
        restored(sqlite_store)
        last_seq(sqlite_store)
    scans = [step for step in steps if step.startswith("SCAN") and "attempts" in step]
    assert all("ix_attempts_open" in step for step in scans)
    assert any("ix_attempts_open" in step for step in steps)


def test_looking_for_changed_entries_reads_two_ranges_of_indexes(sqlite_store: Store) -> None:
    with plans_of(sqlite_store) as steps:
        changed(sqlite_store, since=NOON, after_id=5000)
    assert any("ix_dnc_changed" in step for step in steps)
    assert [step for step in steps if step.startswith("SCAN")] == []


def test_leads_closed_by_the_list_are_found_by_their_index(sqlite_store: Store) -> None:
    with plans_of(sqlite_store) as steps:
        closed_leads(sqlite_store, CampaignId(SPRING), NOON)
    assert any("ix_leads_barred" in step for step in steps)
    assert [step for step in steps if step.startswith("SCAN") or "ORDER BY" in step] == []

"""The ledger's contract, over both databases, with a thread and without."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from store import Store, tables
from store.inline import InlineLedger
from store.queries import attempt
from store.recall import last_seq, read_journal
from store.writer import Writer
from telephony.facts import CallAnswered, CallConnected, CallDisposed, CallRang, Fact
from telephony.ids import AgentId, CallId, ServerId
from telephony.outcomes import Outcome
from tests.store.trade import NOON, SPRING, ended, placed, until


def at_once(what: Callable[[], None]) -> None:
    what()


@pytest.fixture
def writer(opened: Store) -> Iterator[Writer]:
    made = Writer(opened, post=at_once)
    yield made
    made.close()


def test_an_attempt_is_acknowledged_only_when_another_reader_finds_it(opened: Store, writer: Writer) -> None:
    seen: list[str | None] = []

    def durable() -> None:
        row = attempt(opened, CallId("c-1"))
        seen.append(row.trunk if row else None)

    writer.submit([placed("c-1")], NOON, durable)
    until(lambda: bool(seen))
    assert seen == ["carrier"]


def test_the_journal_keeps_the_order_of_submission(opened: Store, writer: Writer) -> None:
    told: list[Fact] = []
    for serial in range(500):
        facts: list[Fact] = [placed(f"c-{serial}"), CallRang(call=CallId(f"c-{serial}"))]
        told.extend(facts)
        writer.submit(facts, NOON + serial)
    assert writer.close() == 0
    assert [entry.fact for entry in read_journal(opened, limit=2000)] == told


def test_one_commit_holds_many_submissions_and_is_told_once(opened: Store) -> None:
    posts: list[Callable[[], None]] = []
    acknowledged: list[int] = []
    writer = Writer(opened, post=posts.append, commit_wait_ms=200)
    for serial in range(100):
        writer.submit([placed(f"c-{serial}")], NOON, lambda serial=serial: acknowledged.append(serial))  # type: ignore[misc]
    writer.close()
    assert len(posts) == writer.batches < 100
    assert acknowledged == []
    for post in posts:
        post()
    assert acknowledged == list(range(100))


def test_a_submission_without_facts_is_acknowledged_in_its_turn(opened: Store, writer: Writer) -> None:
    order: list[str] = []
    writer.submit([placed("c-1")], NOON, lambda: order.append("first"))
    writer.submit([], NOON, lambda: order.append("second"))
    until(lambda: len(order) == 2)
    assert order == ["first", "second"]


def test_one_failing_acknowledgement_does_not_keep_the_others_waiting(opened: Store, writer: Writer) -> None:
    heard = threading.Event()
    writer.submit([placed("c-1")], NOON, lambda: 1 / 0)  # type: ignore[arg-type]
    writer.submit([placed("c-2")], NOON, heard.set)
    assert heard.wait(20)


def test_closing_writes_what_is_queued(opened: Store, writer: Writer) -> None:
    for serial in range(3000):
        writer.submit([placed(f"c-{serial}")], NOON)
    assert writer.close() == 0
    with opened.reading.begin() as connection:
        assert connection.execute(select(func.count()).select_from(tables.attempts)).scalar() == 3000


@pytest.mark.parametrize("kind", ["writer", "inline"])
def test_a_call_ends_up_in_its_row(opened: Store, kind: str) -> None:
    ledger: Any = Writer(opened, post=at_once) if kind == "writer" else InlineLedger(opened)
    call, agent, server = CallId("c-9"), AgentId("1001"), ServerId("pbx")
    story: list[Sequence[Fact]] = [
        [placed("c-9")],
        [CallRang(call=call)],
        [CallAnswered(call=call, campaign=SPRING, server=server)],
        [CallConnected(call=call, agent=agent, waited_s=0.5)],
        [ended("c-9", Outcome.ANSWERED, agent="1001", talk_s=60.0)],
        [CallDisposed(call=call, agent=agent, disposition="sale", note="", callback_at=None)],
    ]
    for step, facts in enumerate(story):
        ledger.submit(facts, NOON + step)
    ledger.close()
    row = attempt(opened, call)
    assert row is not None
    assert (row.placed_at, row.rang_at, row.answered_at, row.connected_at, row.ended_at) == tuple(
        NOON + step for step in range(5)
    )
    assert (row.outcome, row.agent, row.talk_s, row.disposition, row.waited_s) == (
        "answered",
        "1001",
        60.0,
        "sale",
        0.5,
    )
    assert last_seq(opened) == 6


def test_a_fact_the_database_refuses_leaves_its_trace_and_holds_up_nobody(opened: Store, writer: Writer) -> None:
    heard = threading.Event()
    facts: list[Fact] = [placed("c-1"), placed("c-2", lead=2**70), placed("c-3")]
    writer.submit(facts, NOON, heard.set)
    assert heard.wait(20)
    entries = read_journal(opened)
    assert [type(entry.fact).__name__ for entry in entries] == ["AttemptPlaced", "Anomaly", "AttemptPlaced"]
    assert attempt(opened, CallId("c-3")) is not None
    assert writer.healthy


def test_the_same_call_twice_is_journalled_twice_and_counted_once(opened: Store, writer: Writer) -> None:
    writer.submit([placed("c-1")], NOON)
    writer.submit([placed("c-1", customer="k2")], NOON + 1)
    writer.close()
    row = attempt(opened, CallId("c-1"))
    assert row is not None
    assert row.customer == "k1"
    assert last_seq(opened) == 2


def test_the_inline_ledger_acknowledges_at_once_and_commits_in_portions(opened: Store) -> None:
    seen: list[Sequence[Fact]] = []
    ledger = InlineLedger(opened, commit_every=10, on_committed=seen.append)
    acknowledged: list[int] = []
    for serial in range(25):
        ledger.submit([placed(f"c-{serial}")], NOON, lambda serial=serial: acknowledged.append(serial))  # type: ignore[misc]
    assert len(acknowledged) == 25
    assert [len(facts) for facts in seen] == [10, 10]
    assert ledger.waiting == 5
    ledger.close()
    assert last_seq(opened) == 25

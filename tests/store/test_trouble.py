"""Full disk, locked file, lost server: dialling stops, nothing is lost, nothing is doubled, it mends by itself."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

import store
from store import Store
from store.faults import Trouble, trouble_of
from store.leads import LeadBook
from store.opening import Store as Opened
from store.recall import last_seq, read_journal
from store.writer import Writer
from telephony.commands import FetchLeads
from telephony.facts import CallRang, Fact
from telephony.ids import CallId
from telephony.leads import LeadsFetched
from tests.store.trade import NOON, SPRING, placed, until


class House:
    """A writer and what it told."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.troubles: list[str] = []
        self.words: list[dict[str, str]] = []
        self.recoveries = 0
        self.durable: list[int] = []
        self.submitted: list[Fact] = []
        self.writer = Writer(
            store,
            post=lambda what: what(),
            on_trouble=self._trouble,
            on_recovered=self._recovered,
            **settings,
        )

    def _trouble(self, kind: str, words: dict[str, str]) -> None:
        self.troubles.append(kind)
        self.words.append(words)

    def _recovered(self) -> None:
        self.recoveries += 1

    def place(self, count: int, *, padding: str = "") -> None:
        for _ in range(count):
            serial = len(self.submitted)
            fact = placed(f"c-{serial}{padding}")
            self.submitted.append(fact)
            self.writer.submit([fact], NOON, lambda serial=serial: self.durable.append(serial))  # type: ignore[misc]

    def expect_everything_once(self, store: Store) -> None:
        assert self.writer.close() == 0
        assert self.durable == list(range(len(self.submitted)))
        assert [entry.fact for entry in read_journal(store, limit=100_000)] == self.submitted


@pytest.fixture
def house(sqlite_store: Store) -> Iterator[House]:
    made = House(sqlite_store)
    yield made
    made.writer.close(wait_s=0)


def database_of(store: Store) -> str:
    return store.url.removeprefix("sqlite:///")


def test_a_database_held_by_another_is_waited_for(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.opening.LOCK_WAIT_S", 0.05)
    impatient = store.open(sqlite_store.url)
    house = House(impatient)
    house.place(5)
    until(lambda: len(house.durable) == 5)
    other = sqlite3.connect(database_of(sqlite_store), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    house.place(50)
    until(lambda: bool(house.troubles))
    assert not house.writer.healthy
    assert house.troubles == [Trouble.LOCKED]
    assert len(house.durable) == 5
    assert house.writer.waiting == 50
    other.execute("ROLLBACK")
    other.close()
    until(lambda: house.recoveries == 1 and house.writer.waiting == 0)
    assert house.recoveries == 1
    house.expect_everything_once(impatient)
    impatient.close()


def test_a_full_disk_stops_and_room_resumes(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = 60
    real = store.changes.put

    def within_pages(connection: Any, change: Any, rows: Any) -> list[tuple[int, int]]:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        return real(connection, change, rows)

    monkeypatch.setattr("store.chaining.put", within_pages)
    house = House(sqlite_store)
    house.place(2000, padding="x" * 50)
    until(lambda: bool(house.troubles))
    assert not house.writer.healthy
    assert house.troubles == [Trouble.DISK_FULL]
    house.place(500)
    assert house.writer.waiting >= 500
    pages = 1_000_000
    until(lambda: house.recoveries == 1 and house.writer.waiting == 0)
    assert house.recoveries == 1
    house.expect_everything_once(sqlite_store)


def test_little_room_stops_dialling_but_facts_are_still_written(sqlite_store: Store) -> None:
    free = 1_000_000_000
    house = House(sqlite_store, free_mb=200, free_bytes=lambda: free)
    assert house.writer.healthy
    free = 5_000_000
    until(lambda: bool(house.troubles))
    assert not house.writer.healthy
    assert house.troubles == [Trouble.DISK_LOW]
    assert house.words == [{"free_mb": "5"}]
    house.place(10)
    until(lambda: len(house.durable) == 10)
    assert not house.writer.healthy
    free = 1_000_000_000
    until(lambda: house.recoveries == 1)
    assert house.recoveries == 1
    house.expect_everything_once(sqlite_store)


@pytest.mark.parametrize("reached_the_disk", [True, False])
def test_a_commit_nobody_knows_the_result_of_is_applied_once(
    opened: Store, reached_the_disk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = opened.writing.dialect
    really = dialect.do_commit
    broken = 2

    def unsure(connection: Any) -> None:
        nonlocal broken
        if not broken:
            return really(connection)
        broken -= 1
        if reached_the_disk:
            really(connection)
        else:
            connection.rollback()
        raise OSError("connection reset")

    house = House(opened)
    monkeypatch.setattr(dialect, "do_commit", unsure)
    house.place(20)
    until(lambda: house.writer.waiting == 0)
    house.place(5)
    assert house.troubles == [Trouble.LOST]
    house.expect_everything_once(opened)
    assert house.recoveries == 1


def test_very_many_waiting_facts_are_reported_and_kept(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    away = True
    real = store.changes.apply

    def fails(connection: Any, change: Any, rows: Any) -> int:
        if away:
            raise OSError("gone")
        return int(real(connection, change, rows))

    monkeypatch.setattr("store.commits.apply", fails)
    house = House(sqlite_store, backlog=100)
    house.place(150)
    until(lambda: Trouble.BACKLOG in house.troubles)
    assert house.troubles == [Trouble.LOST, Trouble.BACKLOG]
    away = False
    until(lambda: house.recoveries == 1)
    house.expect_everything_once(sqlite_store)


def test_closing_while_the_store_is_away_tells_how_many_facts_are_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> int:
        raise OSError("gone")

    monkeypatch.setattr("store.commits.apply", fails)
    house.place(7)
    until(lambda: bool(house.troubles))
    assert not house.writer.healthy
    assert house.writer.close(wait_s=0.1) == 7


def test_facts_of_calls_that_go_on_wait_in_their_order(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.opening.LOCK_WAIT_S", 0.01)
    impatient = store.open(sqlite_store.url)
    house = House(impatient)
    other = sqlite3.connect(database_of(sqlite_store), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    told: list[Fact] = []
    for serial in range(20):
        told += [placed(f"c-{serial}"), CallRang(call=CallId(f"c-{serial}"))]
        house.writer.submit(told[-2:], NOON)
    until(lambda: bool(house.troubles))
    assert not house.writer.healthy
    other.close()
    assert house.writer.close() == 0
    assert [entry.fact for entry in read_journal(impatient)] == told
    impatient.close()


@pytest.mark.postgres
def test_a_postgresql_that_goes_away_and_comes_back_loses_nothing(postgres: Any, postgres_url: str) -> None:
    opened = store.open(postgres_url)
    house = House(opened)
    house.place(100)
    until(lambda: len(house.durable) == 100)
    postgres.stop()
    try:
        house.place(200)
        until(lambda: bool(house.troubles))
        assert not house.writer.healthy
        assert house.troubles == [Trouble.LOST]
        assert len(house.durable) == 100
    finally:
        postgres.ensure_postgres_running()
    until(lambda: house.recoveries == 1 and house.writer.waiting == 0)
    house.place(50)
    house.expect_everything_once(opened)
    assert house.recoveries == 1
    opened.close()


@pytest.mark.postgres
def test_sessions_killed_in_the_midst_of_writing_double_nothing(postgres: Any, postgres_url: str) -> None:
    opened = store.open(postgres_url)
    house = House(opened, commit_wait_ms=0)
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        for _ in range(15):
            house.place(200)
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (opened.writing.url.database,),
            )
    until(lambda: house.writer.waiting == 0)
    house.expect_everything_once(opened)
    opened.close()


def test_a_lead_book_that_cannot_read_says_when_to_ask_again(
    sqlite_store: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr("store.leads._due", fails)
    answers: list[LeadsFetched] = []
    book = LeadBook(sqlite_store, post=lambda what: what())
    book.fetch(FetchLeads(campaign=SPRING, limit=5), NOON, answers.append)
    until(lambda: bool(answers))
    book.close()
    assert answers == [LeadsFetched(campaign=SPRING, leads=(), limit=5, next_due=NOON + 5)]


def test_an_error_is_sorted_by_what_to_do_about_it(tmp_path: Path) -> None:
    def sqlite_error(make: Callable[[], Any]) -> BaseException:
        with pytest.raises(sqlite3.Error) as caught:
            make()
        return caught.value

    assert trouble_of(OSError(28, "no space")) is Trouble.DISK_FULL
    assert trouble_of(OSError(5, "io")) is Trouble.LOST
    assert trouble_of(psycopg.errors.DiskFull()) is Trouble.DISK_FULL
    assert trouble_of(psycopg.errors.SerializationFailure()) is Trouble.LOCKED
    assert trouble_of(psycopg.errors.AdminShutdown()) is Trouble.LOST
    assert trouble_of(psycopg.OperationalError("server closed the connection")) is Trouble.LOST
    assert trouble_of(psycopg.errors.UniqueViolation()) is None
    assert trouble_of(psycopg.errors.NumericValueOutOfRange()) is None
    assert trouble_of(OverflowError()) is None
    folder = sqlite_error(lambda: sqlite3.connect(tmp_path).execute("SELECT 1"))
    assert trouble_of(folder) is Trouble.LOST
    assert trouble_of(sqlite_error(lambda: sqlite3.connect(":memory:").execute("SELECT"))) is None


def test_last_seq_counts_every_fact_once(house: House, sqlite_store: Store) -> None:
    house.place(30)
    house.expect_everything_once(sqlite_store)
    assert last_seq(sqlite_store) == 30

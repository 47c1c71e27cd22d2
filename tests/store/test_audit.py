"""The books prove themselves: whoever changes, removes or slips in a row is found, and the row is named."""

from collections.abc import Callable

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from store import Store, tables
from store.audit import act, keep, one_act, trail
from store.chaining import stamp_the_past
from store.inline import InlineLedger
from store.verifying import Broken, heads, verify
from store.writer import Writer
from telephony.facts import Acted, CampaignChanged
from tests.store.tampering import disarm, tamper
from tests.store.trade import DAY, NOON, SPRING, barring, ended, placed


def booked(store: Store) -> Store:
    """A morning: three commits of the ledger, two acts at the desk, one from the command line."""
    ledger = InlineLedger(store, commit_every=4)
    for serial in range(10):
        ledger.submit([placed(f"c-{serial}", lead=serial)], NOON + serial)
    ledger.submit([CampaignChanged(campaign=SPRING, state="running", actor="boss")], NOON + 20)
    ledger.submit([barring("k7"), ended("c-1", lead=1)], NOON + 21)
    ledger.close()
    for number in (1, 2):
        keep(
            store, [Acted(actor="boss", act="number.reveal", about=f"lead {number}", words={"reason": "x"})], NOON + 30
        )
    act(store, actor="root", act="dnc.import", about="list", now=NOON + 40, rows=3)
    return store


def first_bad(store: Store) -> tuple[str, str, str]:
    with pytest.raises(Broken) as broken:
        verify(store)
    return broken.value.table, broken.value.row, broken.value.why


def test_untouched_books_prove_themselves(opened: Store) -> None:
    proof = verify(booked(opened))
    assert (proof.journal, proof.acts) == (16, 5)
    assert set(proof.heads) == {"main", "desk", "cli"}
    assert proof.heads == heads(opened)


def test_books_without_a_row_prove_themselves(opened: Store) -> None:
    assert verify(opened).journal == 0


def test_who_steered_barred_and_looked_stands_in_the_trail(opened: Store) -> None:
    booked(opened)
    acts = [(one.actor, one.act, one.about) for one in trail(opened)]
    assert acts == [
        ("root", "dnc.import", "list"),
        ("boss", "number.reveal", "lead 2"),
        ("boss", "number.reveal", "lead 1"),
        ("customer", "dnc.bar", "k7"),
        ("boss", "campaign.steer", SPRING),
    ]
    assert [one.about for one in trail(opened, act="number.")] == ["lead 2", "lead 1"]
    assert [one.act for one in trail(opened, since=NOON + 40)] == ["dnc.import"]
    assert [one.act for one in trail(opened, before=NOON + 21)] == ["campaign.steer"]
    assert [one.act for one in trail(opened, actor="root", limit=5)] == ["dnc.import"]
    kept = one_act(opened, "desk", 2)
    assert kept is not None
    assert kept.about == "lead 2"
    assert one_act(opened, "desk", 3) is None


@pytest.mark.parametrize("table", ["journal", "seals", "audit"])
@pytest.mark.parametrize("verb", ["UPDATE {table} SET at = at + 1", "DELETE FROM {table}"])
def test_the_database_refuses_to_change_or_delete(opened: Store, table: str, verb: str) -> None:
    booked(opened)
    with pytest.raises(DBAPIError, match="append-only"), opened.writing.begin() as connection:
        connection.execute(text(verb.format(table=table)))
    verify(opened)


@pytest.mark.postgres
def test_postgres_refuses_to_empty_a_kept_table(postgres_url: str) -> None:
    import store

    made = store.open(postgres_url)
    try:
        with pytest.raises(DBAPIError, match="append-only"), made.writing.begin() as connection:
            connection.execute(text("TRUNCATE audit"))
    finally:
        made.close()


JOURNAL_VALUES = {
    "at": "at + 1",
    "kind": "'CallRang'",
    "payload": "payload || ' '",
    "call": "'c-99'",
    "seq": "seq + 1000",
}


@pytest.mark.parametrize("column", [column.name for column in tables.journal.columns])
def test_a_changed_column_of_the_journal_is_found_and_the_row_named(opened: Store, column: str) -> None:
    booked(opened)
    assert tamper(opened, f"UPDATE journal SET {column} = {JOURNAL_VALUES[column]} WHERE seq = 6") == 1
    assert first_bad(opened) == ("journal", "6", "missing" if column == "seq" else "changed")


AUDIT_VALUES = {
    "chain": "'other'", "n": "n + 7", "at": "at + 1", "actor": "'nobody'", "act": "'tea'", "about": "'lead 9'",
    "words": "'{}'", "prev": "'00'", "hash": "'00'",
}  # fmt: skip


@pytest.mark.parametrize("column", [column.name for column in tables.audit.columns])
def test_a_changed_column_of_the_audit_trail_is_found_and_the_row_named(opened: Store, column: str) -> None:
    booked(opened)
    assert tamper(opened, f"UPDATE audit SET {column} = {AUDIT_VALUES[column]} WHERE chain = 'desk' AND n = 1") == 1
    table, row, why = first_bad(opened)
    assert table == "audit"
    moved = {"chain": ("desk 1", "missing"), "n": ("desk 1", "missing")}
    assert (row, why) == moved.get(column, ("desk 1", "changed"))


STAMP_VALUES = {
    "chain": "'other'", "n": "n + 7", "at": "at + 1", "spans": "'5-7'", "marks": "'00' || substr(marks, 3)", "acts": "'1:00'", "digest": "'00'",
}  # fmt: skip


@pytest.mark.parametrize("column", [column.name for column in tables.stamps.columns])
def test_a_changed_column_of_a_stamp_is_found(opened: Store, column: str) -> None:
    booked(opened)
    assert tamper(opened, f"UPDATE seals SET {column} = {STAMP_VALUES[column]} WHERE chain = 'main' AND n = 2") == 1
    table, row, _ = first_bad(opened)
    named = {"marks": ("journal", "5"), "n": ("seals", "main 2"), "chain": ("seals", "main 2")}
    assert (table, row) == named.get(column, ("seals", "main 2"))


def test_a_removed_row_of_the_journal_is_named(opened: Store) -> None:
    booked(opened)
    tamper(opened, "DELETE FROM journal WHERE seq = 3")
    assert first_bad(opened) == ("journal", "3", "missing")


def test_a_row_slipped_into_the_journal_is_named(opened: Store) -> None:
    booked(opened)
    disarm(opened)
    with opened.writing.begin() as connection:
        row = connection.execute(select(tables.journal).where(tables.journal.c.seq == 3)).one()
        connection.execute(tables.journal.insert(), [{**row._mapping, "seq": 500}])
    assert first_bad(opened) == ("journal", "500", "unstamped")


def test_two_swapped_rows_of_the_journal_are_found(opened: Store) -> None:
    booked(opened)
    for old, new in ((2, -1), (3, 2), (-1, 3)):
        tamper(opened, "UPDATE journal SET seq = :new WHERE seq = :old", old=old, new=new)
    assert first_bad(opened) == ("journal", "2", "changed")


def test_a_removed_act_is_named(opened: Store) -> None:
    booked(opened)
    tamper(opened, "DELETE FROM audit WHERE chain = 'desk' AND n = 1")
    assert first_bad(opened) == ("audit", "desk 1", "missing")


def test_the_last_act_removed_is_missed_by_the_stamps(opened: Store) -> None:
    booked(opened)
    tamper(opened, "DELETE FROM audit WHERE chain = 'desk' AND n = 2")
    assert first_bad(opened) == ("audit", "desk 2", "missing")


def test_a_whole_chain_of_acts_removed_is_missed_by_the_stamps(opened: Store) -> None:
    booked(opened)
    tamper(opened, "DELETE FROM audit WHERE chain = 'cli'")
    assert first_bad(opened) == ("audit", "cli 1", "missing")


def test_an_act_slipped_in_with_a_right_hash_is_named(opened: Store) -> None:
    booked(opened)
    import msgspec

    from store.chains import act_hash

    last = one_act(opened, "desk", 2)
    assert last is not None
    forged = msgspec.structs.replace(last, n=3, prev=last.hash, about="lead 3")
    forged = msgspec.structs.replace(forged, hash=act_hash(forged))
    disarm(opened)
    with opened.writing.begin() as connection:
        connection.execute(tables.audit.insert(), [msgspec.structs.asdict(forged)])
    assert first_bad(opened) == ("audit", "desk 3", "unstamped")


def test_two_swapped_acts_are_found(opened: Store) -> None:
    booked(opened)
    for old, new in ((1, -1), (2, 1), (-1, 2)):
        tamper(opened, "UPDATE audit SET n = :new WHERE chain = 'desk' AND n = :old", old=old, new=new)
    assert first_bad(opened) == ("audit", "desk 1", "changed")


def test_a_stamp_removed_from_the_middle_is_named(opened: Store) -> None:
    booked(opened)
    tamper(opened, "DELETE FROM seals WHERE chain = 'main' AND n = 2")
    assert first_bad(opened) == ("seals", "main 2", "missing")


def _cut_the_tail(store: Store) -> None:
    tamper(store, "DELETE FROM seals WHERE chain = 'desk' AND n = 2")
    tamper(store, "DELETE FROM audit WHERE chain = 'desk' AND n = 2")
    tamper(store, "DELETE FROM journal WHERE payload LIKE '%lead 2%'")


def _cut_a_chain(store: Store) -> None:
    tamper(store, "DELETE FROM seals WHERE chain = 'cli'")
    tamper(store, "DELETE FROM audit WHERE chain = 'cli'")
    tamper(store, "DELETE FROM journal WHERE payload LIKE '%dnc.import%'")


@pytest.mark.parametrize(("cut", "row"), [(_cut_the_tail, "desk 2"), (_cut_a_chain, "cli 1")])
def test_a_tail_cut_off_everywhere_is_missed_by_the_anchor_alone(
    opened: Store, cut: Callable[[Store], None], row: str
) -> None:
    booked(opened)
    anchor = {chain: (head.n, head.digest) for chain, head in heads(opened).items()}
    verify(opened, anchors=[anchor])
    cut(opened)
    verify(opened)
    with pytest.raises(Broken) as broken:
        verify(opened, anchors=[anchor])
    assert (broken.value.table, broken.value.row, broken.value.why) == ("seals", row, "cut_off")


def test_an_anchor_of_other_books_does_not_fit(opened: Store) -> None:
    booked(opened)
    with pytest.raises(Broken) as broken:
        verify(opened, anchors=[{"main": (1, "00")}])
    assert (broken.value.row, broken.value.why) == ("main 1", "not_anchored")


def test_a_failed_act_leaves_nothing_behind(opened: Store) -> None:
    def refuse(_connection: object) -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        keep(opened, [Acted(actor="boss", act="change.apply", about="1")], NOON, also=refuse)
    assert trail(opened) == []
    assert verify(opened).journal == 0


def test_writers_of_several_processes_interleave_and_every_row_is_stamped(opened: Store) -> None:
    ran: list[Callable[[], None]] = []
    writers = [Writer(opened, post=ran.append, commit_wait_ms=0, name=name) for name in ("a", "b")]
    for serial in range(200):
        writers[serial % 2].submit([placed(f"c-{serial}", lead=serial)], NOON + serial)
    assert [writer.close() for writer in writers] == [0, 0]
    proof = verify(opened)
    assert proof.journal == 200
    assert set(proof.heads) == {"a", "b"}


def test_a_fact_the_database_refuses_leaves_the_chain_whole(opened: Store) -> None:
    ran: list[Callable[[], None]] = []
    writer = Writer(opened, post=ran.append)
    writer.submit([placed("c-1"), placed("c-2", number_key=2**70), placed("c-3")], NOON)
    assert writer.close() == 0
    assert verify(opened).journal == 3


def test_rows_written_before_there_were_stamps_are_stamped_as_they_stand(opened: Store) -> None:
    rows = [{"at": NOON + n, "kind": "CallRang", "payload": "{}", "call": None} for n in range(5000)]
    with opened.writing.begin() as connection:
        connection.execute(tables.journal.insert(), rows)
        assert stamp_the_past(connection) == 5000
    booked(opened)
    assert verify(opened).journal == 5016


def test_verifying_tells_how_far_it_is(opened: Store) -> None:
    told: list[tuple[int, int]] = []
    verify(booked(opened), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (16, 16)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_every_kept_table_has_its_triggers(opened: Store) -> None:
    assert {"journal", "seals", "audit"} <= set(inspect(opened.reading).get_table_names())
    assert trail(opened, since=NOON + DAY) == []

"""Sealed columns: opened by their key at their place only, the same for the same, carried over to a new key."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, select, text, update

import store
from store import Store, keyfile, resealing
from store.intake import NewLead, add_leads
from store.keyfile import KeyFault
from store.queries import numbers_of
from store.requests import Content, ask
from store.sealing import MARK, NAME, NUMBER, Seal
from store.tables import leads, meta, requests
from telephony.ids import LeadId
from tests.store.trade import NOON, customer

KEYS = {1: b"k" * 32}


def known(opened: Store) -> list[tuple[str, str]]:
    with opened.reading.begin() as connection:
        found = connection.execute(select(leads.c.number, leads.c.name, leads.c.number_key).order_by(leads.c.id)).all()
    numbers = [opened.seal.number(row.number, row.number_key).for_store() for row in found]
    return [
        (number, opened.seal.opened(NAME, row.name, row.number_key)) for number, row in zip(numbers, found, strict=True)
    ]


def raw(opened: Store) -> list[str]:
    with opened.reading.begin() as connection:
        return [cell for row in connection.execute(select(leads.c.number, leads.c.name)) for cell in row]


def rows(count: int) -> list[NewLead]:
    return [msgspec.structs.replace(customer(serial), extra={"office": "13900139000"}) for serial in range(count)]


def test_what_is_sealed_opens_again_and_is_the_same_each_time() -> None:
    seal = Seal(KEYS)
    sealed = seal.sealed(NUMBER, "+8613800138000", 7)
    assert "138" not in sealed
    assert seal.opened(NUMBER, sealed, 7) == "+8613800138000"
    assert Seal(KEYS).sealed(NUMBER, "+8613800138000", 7) == sealed
    assert seal.sealed(NAME, "", 7) == ""


@pytest.mark.parametrize(("place", "row"), [(NAME, 7), (NUMBER, 8)])
def test_a_sealed_text_moved_elsewhere_does_not_open(place: bytes, row: int) -> None:
    seal = Seal(KEYS)
    with pytest.raises(KeyFault, match="key_wrong"):
        seal.opened(place, seal.sealed(NUMBER, "+8613800138000", 7), row)


@pytest.mark.parametrize("keys", [{1: b"x" * 32}, {2: b"k" * 32}])
def test_another_key_does_not_open_it(keys: dict[int, bytes]) -> None:
    sealed = Seal(KEYS).sealed(NUMBER, "+8613800138000", 7)
    with pytest.raises(KeyFault, match="key_wrong") as fault:
        Seal(keys).opened(NUMBER, sealed, 7)
    assert "138" not in repr(fault.value.args) + str(fault.value.words)


def test_same_names_of_two_customers_do_not_look_the_same() -> None:
    seal = Seal(KEYS)
    assert seal.sealed(NAME, "Wang", 1) != seal.sealed(NAME, "Wang", 2)


def test_leads_are_sealed_and_come_back_whole(opened: Store) -> None:
    add_leads(opened, rows(3))
    assert known(opened) == [(row.number.for_store(), row.name) for row in rows(3)]
    assert all(cell[0] == MARK for cell in raw(opened))
    assert numbers_of(opened, {LeadId(1)})[LeadId(1)] == rows(1)[0].number


def test_a_new_database_gets_a_key_only_its_owner_may_read(tmp_path: Path) -> None:
    store.open(f"sqlite:///{tmp_path}/a.db").close()
    assert (tmp_path / "number.key").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        kept = dict(database.execute("SELECT key, value FROM meta"))
    key = keyfile.read(tmp_path / "number.key")
    assert key is not None
    assert key[1].hex() not in str(kept)
    assert "number_secret" not in kept


def test_a_database_alone_tells_no_fingerprint(tmp_path: Path) -> None:
    opened = store.open(f"sqlite:///{tmp_path}/a.db")
    secret = opened.secret
    opened.close()
    assert secret.hex().encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
    assert secret not in b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))


def test_key_that_is_missing_wrong_open_or_broken_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    url, path = f"sqlite:///{tmp_path}/a.db", tmp_path / "number.key"
    store.open(url).close()
    good = path.read_bytes()
    path.unlink()
    with pytest.raises(KeyFault, match="key_missing"):
        store.open(url)
    assert not path.exists()
    keyfile.make(path)
    with pytest.raises(KeyFault, match="key_wrong") as fault:
        store.open(url)
    assert fault.value.words["path"] == path
    for broken in (b"", b"1 = abc\n", b"\xff\xfe", b"1 = " + b"a" * 64 + b"\n1 = " + b"a" * 64):
        path.write_bytes(broken)
        with pytest.raises(KeyFault, match="key_broken"):
            store.open(url)
    path.write_bytes(good)
    path.chmod(0o604)
    with pytest.raises(KeyFault, match="key_open"):
        store.open(url)
    path.chmod(0o600)
    store.open(url).close()


def test_key_file_elsewhere_is_used_as_named(tmp_path: Path) -> None:
    place = tmp_path / "etc" / "secret.key"
    store.open(f"sqlite:///{tmp_path}/a.db", key_file=place).close()
    assert place.exists()
    assert not (tmp_path / "number.key").exists()


def as_before(opened: Store) -> bytes:
    """Make the database what it was before numbers were sealed; returns its secret."""
    secret = b"s" * 32
    with opened.writing.begin() as connection:
        connection.execute(meta.delete().where(meta.c.key.in_((resealing.WRAPPED, resealing.SWEPT))))
        connection.execute(meta.insert().values(key="number_secret", value=secret.hex()))
        for row in rows(2500):
            key, number = row.number.key(secret), row.number.for_store()
            connection.execute(
                update(leads)
                .where(leads.c.customer == row.customer)
                .values(number=number, number_key=key, name=row.name)
            )
    return secret


def test_database_from_before_is_sealed_when_it_is_opened_and_keeps_its_fingerprints(url: str, tmp_path: Path) -> None:
    path = tmp_path / "number.key"
    opened = store.open(url, key_file=path)
    add_leads(opened, rows(2500))
    secret = as_before(opened)
    opened.close()
    path.unlink()
    again = store.open(url, key_file=path)
    try:
        assert again.secret == secret
        assert known(again) == [(row.number.for_store(), row.name) for row in rows(2500)]
        assert all(cell[0] == MARK for cell in raw(again))
        assert resealing.state(again).at_rest
    finally:
        again.close()
    if url.startswith("sqlite"):
        files = b"".join(path.read_bytes() for path in tmp_path.glob("*.db*"))
        assert not any(row.number.for_store()[4:].encode() in files for row in rows(2500))
        assert secret.hex().encode() not in files


def test_new_key_seals_everything_while_a_server_goes_on(url: str, tmp_path: Path) -> None:
    path = tmp_path / "number.key"
    serving = store.open(url, key_file=path)
    add_leads(serving, rows(1500))
    told: list[tuple[int, int]] = []
    turning = store.open(url, key_file=path)
    before = path.read_bytes()
    assert resealing.rotate(turning, lambda done, total: told.append((done, total))) == 1500
    assert told[-1] == (1500, 1500)
    assert (tmp_path / "number.key.until-1").read_bytes() == before
    assert (tmp_path / "number.key.until-1").stat().st_mode & 0o777 == 0o600
    assert len(known(serving)) == 1500
    add_leads(serving, rows(1600))
    state = resealing.state(turning)
    assert (state.newest, state.serials, state.by_key, state.at_rest) == (2, (2,), {2: 1600}, True)
    serving.close()
    turning.close()
    later = store.open(url, key_file=path)
    assert known(later) == [(row.number.for_store(), row.name) for row in rows(1600)]
    later.close()


def wish(opened: Store) -> str:
    with opened.reading.begin() as connection:
        return str(connection.execute(select(requests.c.content)).scalar_one())


@pytest.mark.postgres
def test_what_an_agent_asked_for_is_sealed_anew_too_and_its_old_bytes_are_gone_from_the_disk(
    postgres_url: str, tmp_path: Path
) -> None:
    opened = store.open(postgres_url, key_file=tmp_path / "number.key")
    add_leads(opened, rows(1))
    ask(opened, LeadId(1), Content(name="Wang Wu"), actor="1001", now=NOON)
    before = wish(opened)
    with opened.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        place = Path(connection.exec_driver_sql("SELECT current_setting('data_directory')").scalar_one())
        assert before.encode() in pages(connection, place)
        resealing.rotate(opened)
        connection.exec_driver_sql("CHECKPOINT")
        assert wish(opened) != before
        assert wish(opened).encode() in pages(connection, place)
        assert before.encode() not in pages(connection, place)
    opened.close()


def pages(connection: Connection, place: Path) -> bytes:
    """The pages that PostgreSQL has on the disk for change requests."""
    return (place / connection.exec_driver_sql("SELECT pg_relation_filepath('requests')").scalar_one()).read_bytes()


def test_list_coming_in_before_the_server_has_seen_the_new_key_is_sealed_by_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    serving, turning = store.open(url), store.open(url)
    resealing.rotate(turning)
    add_leads(serving, rows(2))
    assert resealing.state(turning).by_key == {2: 2}
    serving.close()
    turning.close()


def test_change_of_keys_that_broke_off_goes_on_with_the_same_new_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = store.open(f"sqlite:///{tmp_path}/a.db")
    add_leads(opened, rows(3000))

    def break_off(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resealing.rotate(opened, break_off)
    half = resealing.state(opened)
    assert half.serials == (1, 2)
    assert half.by_key == {1: 3000 - resealing.PORTION, 2: resealing.PORTION}
    assert not half.at_rest
    opened.close()
    again = store.open(f"sqlite:///{tmp_path}/a.db")
    assert len(known(again)) == 3000
    assert resealing.rotate(again) == 3000 - resealing.PORTION
    assert resealing.state(again).at_rest
    again.close()


def test_backup_from_before_a_new_key_opens_with_the_old_key_kept_beside(tmp_path: Path) -> None:
    opened = store.open(f"sqlite:///{tmp_path}/a.db")
    add_leads(opened, rows(5))
    with opened.writing.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = tmp_path / "backup"
    backup.mkdir()
    shutil.copy(tmp_path / "a.db", backup)
    resealing.rotate(opened)
    opened.close()
    shutil.copy(tmp_path / "number.key", backup)
    with pytest.raises(KeyFault, match="key_wrong"):
        store.open(f"sqlite:///{backup}/a.db")
    os.replace(tmp_path / "number.key.until-1", backup / "number.key")
    restored = store.open(f"sqlite:///{backup}/a.db")
    assert len(known(restored)) == 5
    restored.close()


def test_neither_key_nor_number_is_in_what_a_store_says_of_itself(tmp_path: Path) -> None:
    opened = store.open(f"sqlite:///{tmp_path}/a.db")
    keys = keyfile.read(tmp_path / "number.key")
    assert keys is not None
    said = repr(opened) + repr(opened.seal) + repr(KeyFault("key_wrong", tmp_path))
    assert keys[1].hex() not in said
    assert repr(keys[1]) not in said
    with opened.reading.begin() as connection:
        assert (
            connection.execute(text("SELECT count(*) FROM meta WHERE value LIKE :key"), {"key": keys[1].hex()}).scalar()
            == 0
        )
    opened.close()

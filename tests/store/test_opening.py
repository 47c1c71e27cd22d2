"""Opening: the steps make the tables the program knows, an old hand's database opens again, secrets stay."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

import store
from store import Store
from store.opening import migrate, migrations
from store.tables import metadata
from telephony.numbers import PhoneNumber


def test_the_steps_make_exactly_the_tables_the_program_knows(opened: Store) -> None:
    with opened.reading.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_partial_indexes_are_partial(opened: Store) -> None:
    with opened.reading.connect() as connection:
        for table in metadata.tables.values():
            declared = {index.name for index in table.indexes if index.dialect_options["sqlite"]["where"] is not None}
            found = {
                index["name"]
                for index in inspect(connection).get_indexes(table.name)
                if any(name.endswith("_where") for name in index.get("dialect_options", {}))
            }
            assert found == declared


def test_the_steps_are_found_inside_the_package() -> None:
    folder = Path(str(migrations().get_main_option("script_location")))
    assert folder == Path(store.__file__).parent / "migrations"
    assert (folder / "env.py").is_file()


def test_opening_again_changes_nothing_and_keeps_the_secret(url: str) -> None:
    first = store.open(url)
    number = PhoneNumber("+8613800138000")
    key = first.number_key(number)
    first.close()
    second = store.open(url)
    assert second.number_key(number) == key
    assert len(second.secret) == 32
    second.close()


def test_two_processes_opening_a_new_database_at_once_both_succeed(url: str) -> None:
    opened: list[Store] = []
    threads = [threading.Thread(target=lambda: opened.append(store.open(url))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 3
    assert len({one.secret for one in opened}) == 1
    for one in opened:
        one.close()


def test_sqlite_puts_a_commit_on_the_disk(sqlite_store: Store) -> None:
    with sqlite_store.writing.begin() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_a_closed_world_needs_no_file() -> None:
    opened = store.open("sqlite://", durable=False)
    migrate(opened.writing)
    assert opened.folder is None
    opened.close()


def test_neither_secret_nor_password_is_in_the_name_of_a_store(tmp_path: Path) -> None:
    opened = store.open(f"sqlite:///{tmp_path}/a.db")
    assert opened.secret.hex() not in repr(opened)
    assert repr(opened.secret) not in repr(opened)
    opened.close()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        store.open(f"sqlite:///{tmp_path}/file/under/a.db")

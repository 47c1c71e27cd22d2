"""One commit: journal and tables in one transaction, exactly once even when nobody knows whether the last try held."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, StaticPool, select

from store import projector
from store.changes import Change, Verb, apply
from store.opening import Store
from store.projector import Entry, project
from store.tables import meta
from telephony.facts import Anomaly

_MARK = Change(name="mark", table=meta, verb=Verb.UPSERT, columns=("key", "value"))


def commit(store: Store, entries: Sequence[Entry], *, mark: tuple[str, str], again: bool) -> None:
    """Write the entries as one transaction under `mark` (writer, number of the batch).

    With `again` the database is asked first whether this very batch is in it already."""
    with store.pen, _transaction(store) as connection:
        if again and _marked(connection, mark):
            return
        for change, rows in project(entries):
            apply(connection, change, rows)
        apply(connection, _MARK, [(f"commit.{mark[0]}", mark[1])])


def commit_singly(
    store: Store, entries: Sequence[Entry], *, mark: tuple[str, str], fault: Callable[[BaseException], object | None]
) -> int:
    """Write a batch the database refuses: each fact by itself, a refused one as an Anomaly that names its kind.

    Returns how many were refused; raises when `fault` says that the database and not the fact is at fault."""
    refused = 0
    with store.pen, _transaction(store) as connection:
        if _marked(connection, mark):
            return 0
        for at, fact in entries:
            try:
                with connection.begin_nested():
                    for change, rows in project([(at, fact)]):
                        apply(connection, change, rows)
            except Exception as error:
                if fault(error) is not None:
                    raise
                refused += 1
                trace = Anomaly(where="store", what=f"refused {type(fact).__name__}: {type(error).__name__}")
                apply(connection, projector.JOURNAL, project([(at, trace)])[0][1])
        apply(connection, _MARK, [(f"commit.{mark[0]}", mark[1])])
    return refused


@contextmanager
def _transaction(store: Store) -> Iterator[Connection]:
    """A transaction whose connection is thrown away when it fails; what holds the only copy of a closed world is kept."""
    with store.writing.connect() as connection:
        try:
            with connection.begin():
                yield connection
        except BaseException:
            if not isinstance(store.writing.pool, StaticPool):
                connection.invalidate()
            raise


def _marked(connection: Connection, mark: tuple[str, str]) -> bool:
    kept = connection.execute(select(meta.c.value).where(meta.c.key == f"commit.{mark[0]}")).scalar_one_or_none()
    return kept == mark[1]

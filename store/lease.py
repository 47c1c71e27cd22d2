"""One server to a database: whoever holds the lease dials, a second one is told so and ends.

The lease is the operating system's or PostgreSQL's own lock, so a killed process leaves none behind.
"""

import contextlib
import fcntl
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from store.opening import Store

ADVISORY_KEY = 0x5357_4C53


class Taken(Exception):
    """Another server holds the lease."""


def take(store: Store) -> Callable[[], None]:
    """Hold the database for this server; returns the way to let go. Raises Taken.

    SQLite: a lock on a file beside the database, none for one in memory. PostgreSQL: an advisory lock of a connection
    kept open for it."""
    if store.writing.dialect.name == "postgresql":
        return _on_postgres(store)
    name = store.writing.url.database
    if store.folder is None or not name:
        return lambda: None
    return _on_file(store.folder / f"{Path(name).name}.lease")


def _on_file(path: Path) -> Callable[[], None]:
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Taken from None
    return file.close


def _on_postgres(store: Store) -> Callable[[], None]:
    connection = store.writing.connect()
    try:
        held = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_KEY}).scalar()
        connection.commit()
    except BaseException:
        connection.close()
        raise
    if not held:
        connection.close()
        raise Taken

    def let_go() -> None:
        with contextlib.suppress(Exception):
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_KEY})
        connection.close()

    return let_go

"""Who may do what on a database: a server holds what it runs by a lease, and a second one that wants the same is told so.

On SQLite the lease is of the whole database, a lock on a file beside it. On PostgreSQL it is of the server's own name and
of every Asterisk, agent and campaign it names, an advisory lock each: servers that share none of them run side by side.
The locks are the operating system's and PostgreSQL's own, so a killed server leaves none behind.
"""

import contextlib
import fcntl
import threading
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from store.opening import Store

Claim = tuple[str, str]
"""What is claimed and its name, e.g. ``("campaign", "spring")``."""

BEGIN = """
INSERT INTO meta (key, value) VALUES ('run', CAST(:at AS TEXT)) ON CONFLICT (key) DO UPDATE SET value =
CASE WHEN CAST(meta.value AS BIGINT) < :at THEN excluded.value ELSE CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT) END
RETURNING value
"""


class Taken(Exception):
    """Another server holds some of it; `claims` are those, empty when it is the whole database."""

    def __init__(self, claims: Sequence[Claim] = ()) -> None:
        super().__init__("the database is in use")
        self.claims = tuple(claims)


class Lease:
    """What this server holds, until ``let_go``."""

    def __init__(self, let_go: Callable[[], None] = lambda: None, store: Store | None = None) -> None:
        """`let_go` gives back what is no claim; claims are made on the PostgreSQL of `store`."""
        self._let_go = let_go
        self._store = store
        self._connection: Connection | None = None
        self._pen = threading.Lock()
        self._held: set[Claim] = set()
        self._lost: set[Claim] = set()

    @property
    def shared(self) -> bool:
        """Whether other servers may work on the same database."""
        return self._store is not None

    def more(self, claims: Iterable[Claim]) -> list[Claim]:
        """Claim further things; returns those another server holds."""
        with self._pen:
            wanted = sorted(set(claims) - self._held)
            taken = self._lock(wanted)
            self._held.update(claim for claim in wanted if claim not in taken)
        return taken

    def drop(self, claims: Iterable[Claim]) -> None:
        """Give up some of it, for another server to take."""
        with self._pen:
            for claim in self._held & set(claims):
                self._held.discard(claim)
                self._lost.discard(claim)
                if self._connection is not None:
                    self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(claim)})
            if self._connection is not None:
                self._connection.commit()

    def keep(self) -> list[Claim]:
        """See that it is still held, to be asked now and then: claims end with the connection they were made over, and
        are made again over a new one. Returns those another server has taken meanwhile; raises when the database is
        away."""
        if self._store is None:
            return []
        with self._pen:
            try:
                if self._connection is not None:
                    self._connection.execute(text("SELECT 1"))
                    self._connection.commit()
            except DBAPIError:
                self._hang_up()
            if self._connection is None:
                self._lost = set(self._held)
            if self._lost:
                self._lost = set(self._lock(sorted(self._lost)))
            return sorted(self._lost)

    def let_go(self) -> None:
        with self._pen:
            self._hang_up()
            self._let_go()

    def _lock(self, claims: Sequence[Claim]) -> list[Claim]:
        """Try for each of these; returns those held elsewhere."""
        if self._store is None:
            return []
        if self._connection is None:
            self._connection = self._store.writing.connect()
        lock = text("SELECT pg_try_advisory_lock(:key)")
        taken = [claim for claim in claims if not self._connection.execute(lock, {"key": _key(claim)}).scalar()]
        self._connection.commit()
        return taken

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.invalidate()
            connection.close()


def take(store: Store, claims: Iterable[Claim] = ()) -> Lease:
    """Hold the database, or on PostgreSQL these claims on it. Raises Taken; a database in memory needs no lease."""
    if store.writing.dialect.name == "postgresql":
        return _on_postgres(store, claims)
    name = store.writing.url.database
    if store.folder is None or not name:
        return Lease()
    return Lease(_on_file(store.folder / f"{Path(name).name}.lease"))


def begin_run(store: Store, now: float) -> float:
    """An instant for this run (epoch seconds, whole milliseconds) later than that of every run before it on this
    database and unlike that of any beside it, whatever the clocks say."""
    with store.pen, store.writing.begin() as connection:
        return int(connection.execute(text(BEGIN), {"at": int(now * 1000)}).scalar_one()) / 1000


def _on_file(path: Path) -> Callable[[], None]:
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Taken from None
    return file.close


def _on_postgres(store: Store, claims: Iterable[Claim]) -> Lease:
    lease = Lease(store=store)
    try:
        taken = lease.more(claims)
    except BaseException:
        lease.let_go()
        raise
    if taken:
        lease.let_go()
        raise Taken(taken)
    return lease


def _key(claim: Claim) -> int:
    return int.from_bytes(blake2b("\0".join(("switchroom", *claim)).encode(), digest_size=8).digest(), signed=True)

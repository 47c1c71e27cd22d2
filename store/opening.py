"""Opening a database by URL: connections as the store needs them, tables brought up to date, the install's secret.

SQLite runs in WAL mode with ``synchronous=FULL``, so a commit is on the disk; PostgreSQL by its own default.
"""

import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite

from store.tables import meta
from telephony.numbers import PhoneNumber

LOCK_WAIT_S = 2.0
PAGE_CACHE_KB = 65_536
WAL_PAGES = 4_000
MIGRATION_LOCK = 0x5357_4954


@dataclass(frozen=True, kw_only=True)
class Store:
    """An open database. `writing` begins transactions that take the write lock, `reading` never blocks a writer."""

    url: str
    writing: Engine
    reading: Engine
    secret: bytes = field(repr=False)
    folder: Path | None
    pen: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """Held by whoever writes within this process, so that a bulk import lets the ledger in between two batches."""

    def number_key(self, number: PhoneNumber) -> int:
        """The fingerprint of a number under the secret of this installation."""
        return number.key(self.secret)

    def close(self) -> None:
        """Give the connections back; the ledger and the lead book are closed before."""
        self.reading.dispose()
        self.writing.dispose()


def open(url: str, *, durable: bool = True, secret: bytes | None = None) -> Store:
    """Open (and create or migrate) the database at `url`; ``durable=False`` is for closed worlds and skips fsync.

    `secret` is what a new installation keys its numbers with, 32 random bytes when not given; closed worlds that must
    repeat to the bit give their own.

    Raises sqlalchemy.exc.OperationalError when it cannot be reached, alembic's CommandError when it is newer than
    this program."""
    parsed = make_url(url)
    folder = None
    if parsed.get_backend_name() == "sqlite":
        if parsed.database not in (None, "", ":memory:"):
            folder = Path(str(parsed.database)).resolve().parent
            folder.mkdir(parents=True, exist_ok=True)
        writing, reading = _sqlite(url, in_memory=folder is None, durable=durable)
    else:
        writing, reading = _postgres(url, durable=durable)
    try:
        migrate(writing)
        kept = _secret(writing, secret or secrets.token_bytes(32))
    except BaseException:
        reading.dispose()
        writing.dispose()
        raise
    return Store(
        url=parsed.render_as_string(hide_password=True),
        writing=writing,
        reading=reading,
        secret=kept,
        folder=folder,
    )


def migrations() -> Config:
    """Alembic's configuration, finding the steps inside the installed package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest version, in one transaction; two processes at once wait for one another."""
    config = migrations()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def insert_for(connection: Connection) -> Any:
    """The dialect's INSERT that knows ON CONFLICT."""
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def _secret(engine: Engine, fresh_secret: bytes) -> bytes:
    with engine.begin() as connection:
        fresh = {"key": "number_secret", "value": fresh_secret.hex()}
        connection.execute(insert_for(connection)(meta).values(fresh).on_conflict_do_nothing())
        kept = connection.execute(select(meta.c.value).where(meta.c.key == "number_secret")).scalar_one()
    return bytes.fromhex(kept)


def _sqlite(url: str, *, in_memory: bool, durable: bool) -> tuple[Engine, Engine]:
    def opened(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        raw.execute(f"PRAGMA busy_timeout={int(LOCK_WAIT_S * 1000)}").close()
        _into_wal(raw)
        for pragma in (
            f"synchronous={'FULL' if durable else 'OFF'}",
            f"cache_size=-{PAGE_CACHE_KB}",
            f"wal_autocheckpoint={WAL_PAGES}",
            "temp_store=MEMORY",
        ):
            raw.execute(f"PRAGMA {pragma}").close()

    def engine(begin: str) -> Engine:
        arguments = {"check_same_thread": False, "cached_statements": 512}
        if in_memory:
            made = create_engine(url, connect_args=arguments, poolclass=StaticPool)
        else:
            made = create_engine(url, connect_args=arguments)
        event.listen(made, "connect", opened)
        event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
        return made

    writing = engine("BEGIN IMMEDIATE")
    return writing, writing if in_memory else engine("BEGIN")


def _into_wal(raw: Any) -> None:
    """Switch to WAL; two that do so at once are told "locked" without any waiting, so the wait is here."""
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _postgres(url: str, *, durable: bool) -> tuple[Engine, Engine]:
    options = "-c lock_timeout=10000 -c statement_timeout=60000 -c timezone=UTC"
    if not durable:
        options += " -c synchronous_commit=off"
    arguments = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    return (
        create_engine(url, connect_args={**arguments, "options": options}),
        create_engine(url, connect_args={**arguments, "options": options}),
    )

"""Opening a database by URL: connections as the store needs them, tables brought up to date, the key that unseals it.

SQLite runs in WAL mode with ``synchronous=FULL``, so a commit is on the disk; PostgreSQL by its own default.
"""

import logging
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, StaticPool, create_engine, delete, event, func, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite

from store import keyfile
from store.resealing import SWEPT, WRAPPED, seal_plain, swept
from store.sealing import FINGERPRINTS, Seal
from store.tables import leads, meta
from telephony.numbers import PhoneNumber

log = logging.getLogger(__name__)

KEY_NAME = "number.key"
OLD_SECRET = "number_secret"
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
    seal: Seal = field(repr=False)
    folder: Path | None
    key_file: Path | None = None
    pen: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """Held by whoever writes within this process, so that a bulk import lets the ledger in between two batches."""

    def number_key(self, number: PhoneNumber) -> int:
        """The fingerprint of a number under the secret of this installation."""
        return number.key(self.secret)

    def close(self) -> None:
        """Give the connections back; the ledger and the lead book are closed before."""
        self.reading.dispose()
        self.writing.dispose()


def open(url: str, *, durable: bool = True, key_file: Path | None = None, key: bytes | None = None) -> Store:
    """Open (and create or migrate) the database at `url`; ``durable=False`` is for closed worlds and skips fsync.

    `key_file` holds the key its customers' columns are sealed with and is made for a new database: `number.key` beside
    an SQLite file when not given, in ``var`` for PostgreSQL. `key` is what a new file gets, 32 random bytes when not
    given; closed worlds that must repeat to the bit give their own. A database in memory has a key in memory.

    Raises sqlalchemy.exc.OperationalError when it cannot be reached, alembic's CommandError when it is newer than
    this program, KeyFault when the key is missing, open to others, or another database's."""
    parsed = make_url(url)
    folder = None
    if parsed.get_backend_name() == "sqlite":
        if parsed.database not in (None, "", ":memory:"):
            folder = Path(str(parsed.database)).resolve().parent
            folder.mkdir(parents=True, exist_ok=True)
        writing, reading = _sqlite(url, in_memory=folder is None, durable=durable)
        key_file = None if folder is None else key_file or folder / KEY_NAME
    else:
        writing, reading = _postgres(url, durable=durable)
        key_file = key_file or Path("var") / KEY_NAME
    try:
        migrate(writing)
        seal, secret, open_rows = _unseal(writing, key_file, key)
        opened = Store(
            url=parsed.render_as_string(hide_password=True),
            writing=writing,
            reading=reading,
            secret=secret,
            seal=seal,
            folder=folder,
            key_file=key_file,
        )
        if open_rows:
            log.info("sealed %d leads that stood open in the database", seal_plain(opened))
    except BaseException:
        reading.dispose()
        writing.dispose()
        raise
    return opened


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


def _unseal(engine: Engine, key_file: Path | None, fresh_key: bytes | None) -> tuple[Seal, bytes, bool]:
    """The seal; the secret of the fingerprints, which the database keeps sealed (a new database gets one, one that
    stood open is sealed); and whether rows may stand open."""
    with engine.begin() as connection:
        known = {row.key: row.value for row in connection.execute(select(meta.c.key, meta.c.value))}
        if key_file is None:
            keys: keyfile.Keys = {1: fresh_key or keyfile.fresh()}
            seal = Seal(keys)
        else:
            found = keyfile.read(key_file)
            if found is None:
                if WRAPPED in known:
                    raise keyfile.KeyFault("key_missing", key_file)
                found = keyfile.make(key_file, fresh_key)
            seal = Seal(found, lambda: keyfile.read(key_file))
        if WRAPPED not in known:
            secret = bytes.fromhex(known[OLD_SECRET]) if OLD_SECRET in known else seal.first_secret
            row = {"key": WRAPPED, "value": seal.sealed(FINGERPRINTS, secret.hex())}
            connection.execute(insert_for(connection)(meta).values(row).on_conflict_do_nothing())
            connection.execute(delete(meta).where(meta.c.key == OLD_SECRET))
            if connection.execute(select(func.min(leads.c.id))).scalar() is None and OLD_SECRET not in known:
                swept(connection)
        kept = connection.execute(select(meta.c.value).where(meta.c.key == WRAPPED)).scalar_one()
        open_rows = connection.execute(select(meta.c.value).where(meta.c.key == SWEPT)).scalar() is None
        try:
            return seal, bytes.fromhex(seal.opened(FINGERPRINTS, kept)), open_rows
        except keyfile.KeyFault as fault:
            raise keyfile.KeyFault(fault.code, key_file) from None


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

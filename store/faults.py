"""What went wrong in the database, in four words: what the ledger does about it depends on nothing else."""

import errno
import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError


class Trouble(StrEnum):
    DISK_FULL = "disk_full"
    LOCKED = "locked"
    """Somebody else holds the database; it passes by itself."""
    LOST = "lost"
    """The database is not reachable, or cannot read or write its files."""
    DISK_LOW = "disk_low"
    """Facts are still written, but little room is left."""
    BACKLOG = "backlog"
    """Very many facts wait in memory."""


_SQLITE: dict[int, Trouble] = {
    sqlite3.SQLITE_FULL: Trouble.DISK_FULL,
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Trouble.LOCKED,
    sqlite3.SQLITE_IOERR: Trouble.LOST,
    sqlite3.SQLITE_CANTOPEN: Trouble.LOST,
    sqlite3.SQLITE_READONLY: Trouble.LOST,
    sqlite3.SQLITE_PERM: Trouble.LOST,
    sqlite3.SQLITE_AUTH: Trouble.LOST,
    sqlite3.SQLITE_NOTADB: Trouble.LOST,
    sqlite3.SQLITE_CORRUPT: Trouble.LOST,
    sqlite3.SQLITE_NOMEM: Trouble.LOST,
}
_POSTGRES: tuple[tuple[str, Trouble], ...] = (
    ("53100", Trouble.DISK_FULL),
    ("40", Trouble.LOCKED),
    ("55P03", Trouble.LOCKED),
    ("53", Trouble.LOST),
    ("57", Trouble.LOST),
    ("58", Trouble.LOST),
    ("08", Trouble.LOST),
    ("25006", Trouble.LOST),
    ("28", Trouble.LOST),
    ("3D000", Trouble.LOST),
    ("42", Trouble.LOST),
)


def trouble_of(error: BaseException) -> Trouble | None:
    """The trouble behind an error; None when it lies in the facts themselves and would be the same next time."""
    if isinstance(error, DBAPIError):
        if error.orig is not None:
            found = trouble_of(error.orig)
            if found is not None:
                return found
        return Trouble.LOST if error.connection_invalidated else None
    if isinstance(error, OSError):
        return Trouble.DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else Trouble.LOST
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF)
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return next((trouble for prefix, trouble in _POSTGRES if state.startswith(prefix)), None)
    if type(error).__name__ == "OperationalError":
        return Trouble.LOST
    return None

"""Seals what stood open in the database, and seals everything anew for a new key; broken off, it goes on where it was.

What was there before may linger in pages the database has given up, so at the end it is made to write itself anew.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import DBAPIError

from store import keyfile
from store.changes import Change, Row, Verb, apply
from store.sealing import CELLS, CONTENT, EXTRA, FINGERPRINTS, MARK, NAME, NUMBER, VALUE, Seal
from store.tables import batch_rejects, callers, leads, meta, requests

if TYPE_CHECKING:
    from store.opening import Store

log = logging.getLogger(__name__)

WRAPPED = "fingerprints"
"""In ``meta``: the secret of the fingerprints, sealed."""
SWEPT = "sealed"
"""In ``meta``: no open number was left, and none lingers in pages given up."""
PORTION = 1024
PLACES = {"number": NUMBER, "name": NAME, "extra": EXTRA}
REJECTS = {"value": VALUE, "cells": CELLS}

RESEALED = Change(name="resealed", table=leads, verb=Verb.UPDATE, columns=("id", *PLACES))
CALLERS_RESEALED = Change(name="callers_resealed", table=callers, verb=Verb.UPDATE, columns=("id", "number"))
REJECTS_RESEALED = Change(name="rejects_resealed", table=batch_rejects, verb=Verb.UPDATE, columns=("id", *REJECTS))

Progress = Callable[[int, int], None]
"""Called with (rows gone through, rows there are)."""


class KeyState(msgspec.Struct, frozen=True, kw_only=True):
    """How the database and its key stand to one another; `by_key` counts leads' numbers by the serial that seals them,
    0 for those that stand open."""

    newest: int
    serials: tuple[int, ...]
    by_key: dict[int, int]

    @property
    def at_rest(self) -> bool:
        """All is sealed by the newest key, and no other is left."""
        return self.serials == (self.newest,) and set(self.by_key) <= {self.newest}


def seal_plain(store: "Store") -> int:
    """Seal whatever stands open, once for each database; returns how many rows it was."""
    sealed = _go_through(store)
    if _sweep(store):
        with store.pen, store.writing.begin() as connection:
            swept(connection)
    return sealed


def swept(connection: Connection) -> None:
    """Note that nothing stands open in this database."""
    if connection.execute(select(meta.c.value).where(meta.c.key == SWEPT)).scalar() is None:
        connection.execute(meta.insert().values(key=SWEPT, value="1"))


def state(store: "Store") -> KeyState:
    """Read every lead's number's key; raises KeyFault when the file is not there or not as it should be."""
    keys = _keys(store)
    begins = func.substr(leads.c.number, 1, 12)
    counts: dict[int, int] = {}
    with store.reading.begin() as connection:
        for head, count in connection.execute(select(begins, func.count()).group_by(begins)):
            serial = int(head[1:].partition(":")[0]) if head[:1] == MARK else 0
            counts[serial] = counts.get(serial, 0) + count
    return KeyState(newest=max(keys), serials=tuple(sorted(keys)), by_key=dict(sorted(counts.items())))


def rotate(store: "Store", progress: Progress = lambda _, __: None) -> int:
    """Seal everything by a new key and forget the old one; said again after a break it goes on with the new one.

    Returns how many rows were sealed anew: leads, rejected rows, requests. Servers beside it follow by themselves. Raises KeyFault, OSError."""
    path = store.key_file
    if path is None:
        raise keyfile.KeyFault("key_missing")
    keys = dict(_keys(store))
    if len(keys) == 1:
        keyfile.keep_old(path)
        keys[max(keys) + 1] = keyfile.fresh()
        keyfile.write(path, keys)
    seal = store.seal
    seal.take_again()
    with store.pen, store.writing.begin() as connection:
        secret = store.secret.hex()
        connection.execute(update(meta).where(meta.c.key == WRAPPED).values(value=seal.sealed(FINGERPRINTS, secret)))
    resealed = _go_through(store, progress)
    while again := _go_through(store):
        resealed += again
    _sweep(store)
    keyfile.write(path, {seal.newest: keys[seal.newest]})
    return resealed


def keep_up(connection: Connection, seal: Seal, sealed_by: int) -> bool:
    """Before rows sealed by that key are written in this transaction: take up a key that came meanwhile.

    Returns whether one came, so that they must be sealed again."""
    seal.keep_up(connection.execute(select(meta.c.value).where(meta.c.key == WRAPPED)).scalar_one())
    return seal.newest != sealed_by


def _keys(store: "Store") -> keyfile.Keys:
    found = keyfile.read(store.key_file) if store.key_file is not None else None
    if found is None:
        raise keyfile.KeyFault("key_missing", store.key_file)
    return found


def _go_through(store: "Store", progress: Progress = lambda _, __: None) -> int:
    """Seal by the newest key whatever is not."""
    others = _table(store, REJECTS_RESEALED, "row", REJECTS) + _requests(store)
    others += _table(store, CALLERS_RESEALED, "number_key", {"number": NUMBER})
    return _table(store, RESEALED, "number_key", PLACES, progress) + others


def _table(
    store: "Store", change: Change, key: str, places: dict[str, bytes], progress: Progress = lambda _, __: None
) -> int:
    """Go through one table, a transaction for each portion; `key` is the column that ties a sealed text to its row."""
    seal, c = store.seal, change.table.c
    columns = (c.id, c[key], *(c[name] for name in places))
    with store.reading.begin() as connection:
        total = connection.execute(select(func.count()).select_from(change.table)).scalar_one()
    after, seen, changed = -(2**63), 0, 0
    while True:
        with store.pen, store.writing.begin() as connection:
            portion = select(*columns).where(c.id > after).order_by(c.id).limit(PORTION).with_for_update()
            rows = connection.execute(portion).all()
            anew = [_anew(seal, places, *row) for row in rows if not all(map(seal.is_newest, row[2:]))]
            if anew:
                apply(connection, change, anew)
        if not rows:
            return changed
        after, seen, changed = rows[-1].id, seen + len(rows), changed + len(anew)
        progress(seen, max(total, seen))


def _requests(store: "Store") -> int:
    """The same for what agents asked to have changed."""
    seal, c = store.seal, requests.c
    with store.pen, store.writing.begin() as connection:
        rows = connection.execute(select(c.id, c.lead, c.content).with_for_update()).all()
        anew = [row for row in rows if not seal.is_newest(row.content)]
        for row in anew:
            text = seal.sealed(CONTENT, seal.opened(CONTENT, row.content, row.lead), row.lead)
            connection.execute(update(requests).where(c.id == row.id).values(content=text))
    return len(anew)


def _anew(seal: Seal, places: dict[str, bytes], id: int, key: int, *texts: str) -> Row:
    return (
        id,
        *(
            text if seal.is_newest(text) else seal.sealed(place, seal.opened(place, text, key), key)
            for place, text in zip(places.values(), texts, strict=True)
        ),
    )


def _sweep(store: "Store") -> bool:
    """Have the database write its pages anew; False when somebody else holds it just now."""
    postgres = store.writing.dialect.name == "postgresql"
    try:
        with store.pen, store.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if postgres:
                for table in (leads, callers, batch_rejects, requests, meta):
                    connection.exec_driver_sql(f"VACUUM FULL {table.name}")
            else:
                raw = connection.connection.driver_connection
                assert raw is not None
                if raw.in_transaction:
                    raw.execute("COMMIT").close()
                raw.execute("VACUUM").close()
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    except DBAPIError as error:
        log.warning("open numbers may linger in the database's free pages: %s", type(error.orig).__name__)
        return False
    return True

"""What was not taken of imported lists: kept with its row's cells, numbers masked, sealed like customers' own text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from config.faults import mask_digits
from store.opening import Store
from store.sealing import CELLS, VALUE, Seal
from store.tables import batch_rejects

CELL = 200
ROW = 2000
"""Most characters kept of a cell, and of a row."""
PAGE = 1000


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A row, or with `aside` a part of one, that was not taken; `value` is safe to show, `cells` are not yet masked."""

    row: int
    code: str
    value: str = ""
    cells: Sequence[str] = ()
    aside: bool = False
    serial: int = 0
    """Its place among all that was not taken, once it is kept."""


def keep(connection: Connection, seal: Seal, batch: str, told: Iterable[LeftOut]) -> None:
    """Write what was not taken, within a transaction that has kept up with the key."""
    rows = [_row(seal, batch, each) for each in sorted(told, key=lambda each: each.row)]
    if rows:
        connection.execute(insert(batch_rejects), rows)


def rejects_of(store: Store, batch: str, *, after: int = 0, limit: int | None = None) -> Iterator[LeftOut]:
    """What was not taken of a batch in the order of its lines, cells masked; from the one after serial `after`."""
    c = batch_rejects.c
    left = limit
    while left is None or left > 0:
        most = PAGE if left is None else min(PAGE, left)
        with store.reading.begin() as connection:
            query = select(batch_rejects).where(c.batch == batch, c.id > after).order_by(c.id).limit(most)
            rows = connection.execute(query).all()
        for row in rows:
            value, cells = (store.seal.opened(*sealed, row.row) for sealed in ((VALUE, row.value), (CELLS, row.cells)))
            told = msgspec.json.decode(cells or "[]", type=list[str])
            yield LeftOut(serial=row.id, row=row.row, code=row.code, value=value, cells=told)
        if len(rows) < most:
            return
        after = rows[-1].id
        left = None if left is None else left - len(rows)


def _row(seal: Seal, batch: str, told: LeftOut) -> dict[str, Any]:
    cells = msgspec.json.encode(list(_masked(told.cells))).decode() if told.cells else ""
    value = seal.sealed(VALUE, told.value, told.row)
    return {
        "batch": batch,
        "row": told.row,
        "code": told.code,
        "value": value,
        "cells": seal.sealed(CELLS, cells, told.row),
    }


def _masked(cells: Iterable[str]) -> Iterator[str]:
    """The cells as they may be kept: digits hidden, cut, nothing that cannot be printed."""
    left = ROW
    for cell in cells:
        text = mask_digits(cell[: CELL * 2].strip())[: min(CELL, left)]
        left -= len(text)
        yield "".join(letter if letter.isprintable() else "·" for letter in text)
        if left <= 0:
            return

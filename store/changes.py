"""Row operations as data, and how each database is told a whole batch of them in one statement.

One statement a batch, not one a row: within a busy process every statement gives up the interpreter and has to win it
back, so a thousand rows sent singly would wait a thousand times.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Connection, Float, Integer, Table

Row = tuple[Any, ...]
_encoder = msgspec.json.Encoder()
MOST_ROWS = 1024
_POSTGRES_TYPES: tuple[tuple[type[Any], str], ...] = (
    (BigInteger, "bigint"),
    (Integer, "integer"),
    (Float, "double precision"),
    (Boolean, "boolean"),
)


class Verb(Enum):
    INSERT = "insert"
    """A row whose key is there already is left as it is."""
    UPSERT = "upsert"
    UPDATE = "update"


@dataclass(frozen=True, eq=False, kw_only=True)
class Change:
    """One kind of row operation; the first column is the key of an UPSERT or UPDATE.

    `how` gives a column another value than the one handed in: SQL with ``{old}`` and ``{new}``, where ``{1}``, ``{2}``
    … are further columns of the row. `merge` joins two rows of one batch that have the same key; by default the later
    one stands."""

    name: str
    table: Table
    verb: Verb
    columns: tuple[str, ...]
    extra: tuple[str, ...] = ()
    """Types (PostgreSQL's) of values after the columns, for use in `how` only."""
    how: dict[str, str] = field(default_factory=dict)
    merge: Callable[[Row, Row], Row] | None = None
    also: tuple[str, ...] = ()
    """What else an UPDATE sets, as SQL."""

    @property
    def width(self) -> int:
        return len(self.columns) + len(self.extra)


def apply(connection: Connection, change: Change, rows: Sequence[Row]) -> int:
    """Carry out one kind of change for all `rows`, in as few statements as may be; returns how many rows it touched.

    Errors are the driver's own; after one the connection is for the bin (``commits`` throws it there)."""
    cursor = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            names = _names(change)
            batch = _encoder.encode([dict(zip(names, row, strict=True)) for row in rows]).decode()
            cursor.execute(_postgres(change), (batch,))
            return int(cursor.rowcount)
        touched = 0
        for first, count in _portions(len(rows)):
            cursor.execute(_sqlite(change, count), tuple(chain.from_iterable(rows[first : first + count])))
            touched += cursor.rowcount
        return touched
    finally:
        cursor.close()


def put(connection: Connection, change: Change, rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Carry out an INSERT that meets no conflict into a table whose key counts itself up; returns the spans of keys
    (first and last of each) that the rows were given, in their order."""
    cursor = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            names = _names(change)
            batch = _encoder.encode([dict(zip(names, row, strict=True)) for row in rows]).decode()
            cursor.execute(_postgres_put(change), (batch,))
            first, last, several = cursor.fetchone() or (0, 0, ())
            return [(first, last)] if several is None else spans_of(several)
        for begin, count in _portions(len(rows)):
            cursor.execute(_sqlite(change, count), tuple(chain.from_iterable(rows[begin : begin + count])))
        last = int(cursor.lastrowid or 0)
        return [(last - len(rows) + 1, last)]
    finally:
        cursor.close()


def spans_of(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as spans without a gap: first and last of each."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans


def _portions(total: int) -> Iterator[tuple[int, int]]:
    """Cut a batch into powers of two, so that few different statements need preparing."""
    first = 0
    while first < total:
        count = min(MOST_ROWS, 1 << ((total - first).bit_length() - 1))
        yield first, count
        first += count


@lru_cache(maxsize=1024)
def _sqlite(change: Change, count: int) -> str:
    row = "(" + ",".join("?" * change.width) + ")"
    return _statement(change, "VALUES " + ",".join([row] * count))


@lru_cache(maxsize=256)
def _postgres(change: Change) -> str:
    """The whole batch is one JSON text: six times cheaper to hand over than arrays, which are quoted item by item."""
    types = [*(_postgres_type(change, column) for column in change.columns), *change.extra]
    fields = ",".join(f"{name} {kind}" for name, kind in zip(_names(change), types, strict=True))
    return _statement(change, f"SELECT * FROM json_to_recordset(%s::json) AS r({fields})")


@lru_cache(maxsize=16)
def _postgres_put(change: Change) -> str:
    """Other processes' rows may stand between ours: then the keys are told one by one."""
    key = next(iter(change.table.primary_key)).name
    return (
        f"WITH put AS ({_postgres(change)} RETURNING {key}) SELECT min({key}), max({key}), "
        f"CASE WHEN max({key}) - min({key}) + 1 = count(*) THEN NULL ELSE array_agg({key} ORDER BY {key}) END FROM put"
    )


@lru_cache(maxsize=256)
def _names(change: Change) -> tuple[str, ...]:
    """How SQLite names the columns of VALUES; PostgreSQL is given the same names."""
    return tuple(f"column{number + 1}" for number in range(change.width))


def _statement(change: Change, source: str) -> str:
    table, columns = change.table.name, change.columns
    if change.verb is Verb.UPDATE:
        sets = ",".join([*(f"{column}={_value(change, column)}" for column in columns[1:]), *change.also])
        return f"UPDATE {table} SET {sets} FROM ({source}) AS v WHERE {table}.{columns[0]}=v.column1"
    statement = f"INSERT INTO {table} ({','.join(columns)}) {source}"
    if change.verb is Verb.INSERT:
        return f"{statement} ON CONFLICT DO NOTHING"
    sets = ",".join(f"{column}={_kept(change, column)}" for column in columns[1:])
    return f"{statement} ON CONFLICT ({columns[0]}) DO UPDATE SET {sets}"


def _kept(change: Change, column: str) -> str:
    """What an UPSERT that finds its row puts there."""
    if column not in change.how:
        return f"excluded.{column}"
    return change.how[column].format(old=f"{change.table.name}.{column}", new=f"excluded.{column}")


def _value(change: Change, column: str) -> str:
    new = f"v.column{change.columns.index(column) + 1}"
    if column not in change.how:
        return new
    further = (f"v.{name}" for name in _names(change))
    return change.how[column].format(*further, old=f"{change.table.name}.{column}", new=new)


def _postgres_type(change: Change, column: str) -> str:
    kind = change.table.c[column].type
    return next((name for base, name in _POSTGRES_TYPES if isinstance(kind, base)), "text")

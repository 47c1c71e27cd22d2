"""One commit: journal and tables in one transaction, exactly once even when nobody knows whether the last try held."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, StaticPool, select

from store.chaining import write
from store.changes import Change, Verb, apply
from store.opening import Store
from store.projector import Entry
from store.reservations import Judged, Reservations, not_written
from store.tables import meta
from telephony.facts import Anomaly, AttemptPlaced, Veto
from telephony.ids import CallId

_MARK = Change(name="mark", table=meta, verb=Verb.UPSERT, columns=("key", "value"))


Vetoed = Mapping[CallId, Veto]
"""The attempts of a batch that were not written, and why."""
NONE: Vetoed = {}


def commit(
    store: Store,
    entries: Sequence[Entry],
    *,
    mark: tuple[str, str],
    again: bool,
    reservations: Reservations | None = None,
) -> Vetoed:
    """Write the entries as one transaction under `mark` (writer, number of the batch), but for the attempts that the
    `reservations` veto; returns those.

    With `again` the database is asked first whether this very batch is in it already."""
    judged = Judged()
    with store.pen, transaction(store) as connection:
        if again and _marked(connection, mark):
            return _vetoed_before(connection, entries) if reservations is not None else NONE
        if reservations is not None:
            reservations.judge(connection, entries, judged)
            if judged.vetoed:
                entries = [entry for entry in entries if not _is_vetoed(entry, judged.vetoed)]
        write(connection, entries, chain=mark[0])
        apply(connection, _MARK, [(f"commit.{mark[0]}", mark[1])])
    if reservations is not None:
        reservations.settle(judged)
    return judged.vetoed


def commit_singly(
    store: Store,
    entries: Sequence[Entry],
    *,
    mark: tuple[str, str],
    fault: Callable[[BaseException], object | None],
    reservations: Reservations | None = None,
) -> tuple[int, Vetoed]:
    """Write a batch the database refuses: each fact by itself, a refused one as an Anomaly that names its kind.

    Returns how many were refused, and the attempts not written; raises when `fault` says that the database and not the
    fact is at fault."""
    refused = 0
    judged = Judged()
    with store.pen, transaction(store) as connection:
        if _marked(connection, mark):
            return 0, _vetoed_before(connection, entries) if reservations is not None else NONE
        for at, fact in entries:
            try:
                with connection.begin_nested():
                    trial = judged.copy()
                    if reservations is not None:
                        reservations.judge(connection, [(at, fact)], trial)
                    if not _is_vetoed((at, fact), trial.vetoed):
                        write(connection, [(at, fact)], chain=mark[0])
                judged = trial
            except Exception as error:
                if fault(error) is not None:
                    raise
                refused += 1
                if isinstance(fact, AttemptPlaced):
                    judged.vetoed[fact.call] = Veto.UNWRITTEN
                trace = Anomaly(where="store", what=f"refused {type(fact).__name__}: {type(error).__name__}")
                write(connection, [(at, trace)], chain=mark[0])
        apply(connection, _MARK, [(f"commit.{mark[0]}", mark[1])])
    if reservations is not None:
        reservations.settle(judged)
    return refused, judged.vetoed


def _is_vetoed(entry: Entry, vetoed: Vetoed) -> bool:
    return type(entry[1]) is AttemptPlaced and entry[1].call in vetoed


def _vetoed_before(connection: Connection, entries: Sequence[Entry]) -> Vetoed:
    """The batch is in the database already: what was vetoed in it is what it does not hold."""
    calls = [fact.call for _, fact in entries if type(fact) is AttemptPlaced]
    return dict.fromkeys(not_written(connection, calls), Veto.CHANGED)


@contextmanager
def transaction(store: Store) -> Iterator[Connection]:
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

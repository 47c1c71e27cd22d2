"""The audit trail: acts of people put down at once and for good, and read back."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select

from store.chaining import write
from store.chains import Act
from store.commits import transaction
from store.opening import Store
from store.tables import audit
from telephony.facts import Acted, Fact

DESK = "desk"
"""The chain of what is asked over the API; other writers' chains bear their names."""
CLI = "cli"


def keep(
    store: Store,
    facts: Sequence[Fact],
    now: float,
    *,
    chain: str = DESK,
    also: Callable[[Connection], Sequence[Fact]] | None = None,
) -> None:
    """Put facts into journal and audit trail, on the disk when this returns; `also` works in the same transaction
    and gives further facts.

    Raises the database's own errors, and then nothing was done."""
    with store.pen, transaction(store) as connection:
        more = also(connection) if also is not None else ()
        write(connection, [(now, fact) for fact in (*facts, *more)], chain=chain)


def act(store: Store, *, actor: str, act: str, about: str, now: float, chain: str = CLI, **words: object) -> None:
    """Put one act into journal and audit trail; `words` hold no number."""
    said = {name: str(word) for name, word in words.items()}
    keep(store, [Acted(actor=actor, act=act, about=about, words=said)], now, chain=chain)


def trail(
    store: Store,
    *,
    limit: int = 100,
    before: float | None = None,
    since: float | None = None,
    actor: str | None = None,
    act: str | None = None,
) -> list[Act]:
    """The newest acts first, those at `since` or later and before `before` (epoch seconds); `act` is a beginning."""
    query = select(*(audit.c[name] for name in Act.__struct_fields__))
    if before is not None:
        query = query.where(audit.c.at < before)
    if since is not None:
        query = query.where(audit.c.at >= since)
    if actor is not None:
        query = query.where(audit.c.actor == actor)
    if act is not None:
        query = query.where(audit.c.act.startswith(act, autoescape=True))
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(audit.c.at.desc(), audit.c.chain, audit.c.n.desc()).limit(limit)).all()
    return [Act(**row._mapping) for row in rows]


def one_act(store: Store, chain: str, n: int) -> Act | None:
    query = select(*(audit.c[name] for name in Act.__struct_fields__)).where(audit.c.chain == chain, audit.c.n == n)
    with store.reading.begin() as connection:
        row = connection.execute(query).first()
    return Act(**row._mapping) if row else None

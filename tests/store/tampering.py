"""Somebody with the database in his hands: takes the triggers away and changes what he likes."""

from sqlalchemy import text

from store.opening import Store

KEPT = ("journal", "seals", "audit")


def disarm(store: Store) -> None:
    """Remove the triggers that refuse changes of the kept tables."""
    with store.writing.begin() as connection:
        for table in KEPT:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_kept ON {table}"))
                continue
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))


def tamper(store: Store, statement: str, **values: object) -> int:
    """Carry out a statement of his; returns how many rows it touched."""
    disarm(store)
    with store.writing.begin() as connection:
        return connection.execute(text(statement), values).rowcount

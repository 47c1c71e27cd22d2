"""Agents' spells as they were kept: one agent's, or everybody's, between two instants."""

import msgspec
from sqlalchemy import or_, select

from store.opening import Store
from store.tables import agent_spells


class SpellRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `agent_spells`; `ended_at` None while it lasts."""

    agent: str
    state: str
    reason: str
    verb: str
    actor: str
    call: str | None
    began_at: float
    ended_at: float | None


def spells(store: Store, *, since: float, until: float, agent: str | None = None) -> list[SpellRow]:
    """Spells that touch [since, until], by agent and in the order of time."""
    table = agent_spells.c
    names = SpellRow.__struct_fields__
    query = select(*(table[name] for name in names)).where(
        table.began_at < until, or_(table.ended_at.is_(None), table.ended_at > since)
    )
    if agent is not None:
        query = query.where(table.agent == agent)
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(table.agent, table.id)).all()
    return [SpellRow(**dict(zip(names, row, strict=True))) for row in rows]

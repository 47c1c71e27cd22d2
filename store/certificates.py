"""Who is certified for what: the facts as changes of the table ``certificates``, and the table read."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, select

from store import tables
from store.changes import Change, Row, Verb
from store.opening import Store
from telephony import certificates
from telephony.certificates import Certificate
from telephony.facts import Fact
from telephony.ids import AgentId

Rule = tuple[Change, Callable[[float, Any], Row | None]]

GRANTED = Change(
    name="certificate",
    table=tables.certificates,
    verb=Verb.UPSERT,
    columns=("id", "agent", "skill", "granted_at", "until", "actor", "withdrawn_at", "withdrawer", "why"),
)
WITHDRAWN = Change(
    name="certificate_withdrawn",
    table=tables.certificates,
    verb=Verb.UPDATE,
    columns=("id", "withdrawn_at", "withdrawer", "why"),
)
ORDER = (GRANTED, WITHDRAWN)
RULES: dict[type[Fact], tuple[Rule, ...]] = {
    certificates.CertificateGranted: (
        (
            GRANTED,
            lambda at, f: (f"{f.agent}/{f.skill}", f.agent, f.skill, at, f.until, f.actor, None, None, None),
        ),
        (WITHDRAWN, lambda at, f: (f"{f.agent}/{f.skill}", None, None, None)),
    ),
    certificates.CertificateWithdrawn: ((WITHDRAWN, lambda at, f: (f"{f.agent}/{f.skill}", at, f.actor, f.why)),),
}


def held(connection: Connection, agents: Collection[str] | None = None) -> tuple[Certificate, ...]:
    """Every certificate that was ever granted, as it stands; of some agents only when given."""
    rows = connection.execute(select(tables.certificates).order_by(tables.certificates.c.id)).all()
    return tuple(
        Certificate(
            agent=AgentId(row.agent),
            skill=row.skill,
            granted_at=row.granted_at,
            until=row.until,
            actor=row.actor,
            withdrawn_at=row.withdrawn_at,
        )
        for row in rows
        if agents is None or row.agent in agents
    )


def certificates_held(store: Store) -> tuple[Certificate, ...]:
    """As ``held``, asked by itself."""
    with store.reading.begin() as connection:
        return held(connection)

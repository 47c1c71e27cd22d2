"""Change requests: what an agent asks to have changed in a customer's data, decided by somebody else, before and after kept.

What is asked for stands sealed in one column, for it may hold a number; the journal names the fields only.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, exists, insert, select, update

from store.audit import keep
from store.opening import Store
from store.resealing import keep_up
from store.sealing import CONTENT, EXTRA, NAME, NUMBER
from store.tables import attempts, leads, requests
from telephony.facts import Acted, Fact, LeadAltered
from telephony.ids import CampaignId, LeadId
from telephony.numbers import PhoneNumber

OPEN, APPROVED, REFUSED = "open", "approved", "refused"
STATES = (OPEN, APPROVED, REFUSED)


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a customer's data may be changed; None is left as it is. `number` is E.164, for the sealed column only."""

    name: str | None = None
    zones: str | None = None
    extra: dict[str, str] | None = None
    number: str | None = None

    def __repr__(self) -> str:
        return f"Content({', '.join(_fields(self))})"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it is shown: numbers masked, instants in epoch seconds."""

    id: int
    at: float
    actor: str
    lead: int
    campaign: str
    state: str
    before: dict[str, Any]
    after: dict[str, Any]
    decided_at: float | None = None
    decider: str = ""
    why: str = ""


class NotPossible(Exception):
    """The request or the decision cannot be; `code` is what people are told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Both(msgspec.Struct, frozen=True, kw_only=True):
    before: Content
    after: Content


def ask(store: Store, lead: LeadId, after: Content, *, actor: str, now: float) -> int:
    """Put a request down, durable and audited when this returns its id; raises NotPossible."""
    asked: list[int] = []

    def also(connection: Connection) -> Sequence[Fact]:
        keep_up(connection, store.seal, store.seal.newest)
        row = _lead(connection, lead)
        both = _Both(before=_only(_content(store, row), after), after=after)
        if both.before == both.after or not _fields(after):
            raise NotPossible("nothing_to_change")
        text = msgspec.json.encode(both).decode()
        new = insert(requests).values(
            at=now,
            actor=actor,
            lead=lead,
            campaign=row.campaign,
            fields=",".join(_fields(after)),
            content=store.seal.sealed(CONTENT, text, lead),
            state=OPEN,
        )
        asked.append(connection.execute(new.returning(requests.c.id)).scalar_one())
        return [_acted(actor, "change.ask", lead, asked[0], _fields(after))]

    keep(store, [], now, also=also)
    return asked[0]


def decide(store: Store, request: int, *, approve: bool, why: str, actor: str, now: float) -> LeadAltered | None:
    """Approve or refuse, durable and audited; what is approved is done in the same transaction.

    Returns the fact of the change when there is one. Raises NotPossible: no such request, decided already, one's own,
    customer changed meanwhile or in a call, number known already."""
    done: list[LeadAltered] = []

    def also(connection: Connection) -> Sequence[Fact]:
        keep_up(connection, store.seal, store.seal.newest)
        row = connection.execute(select(requests).where(requests.c.id == request).with_for_update()).first()
        if row is None:
            raise NotPossible("unknown_request")
        if row.state != OPEN:
            raise NotPossible("request_decided")
        if row.actor == actor:
            raise NotPossible("own_request")
        said: list[Fact] = []
        if approve:
            done.append(_apply(connection, store, row))
            said.extend(done)
        decided = {"state": APPROVED if approve else REFUSED, "decided_at": now, "decider": actor, "why": why}
        connection.execute(update(requests).where(requests.c.id == request).values(decided))
        act = "change.approve" if approve else "change.refuse"
        return [_acted(actor, act, row.lead, request, row.fields.split(",")), *said]

    keep(store, [], now, also=also)
    return done[0] if done else None


def wishes(store: Store, *, state: str | None = OPEN, limit: int = 100, actor: str | None = None) -> list[Wish]:
    """Requests, the newest first; of one state, or all when None; of one who asked."""
    query = select(requests)
    if state is not None:
        query = query.where(requests.c.state == state)
    if actor is not None:
        query = query.where(requests.c.actor == actor)
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(requests.c.id.desc()).limit(limit)).all()
    return [_wish(store, row) for row in rows]


def _apply(connection: Connection, store: Store, row: Any) -> LeadAltered:
    both = _both(store, row)
    lead = _lead(connection, row.lead)
    now_is = _content(store, lead)
    if _only(now_is, both.after) != both.before:
        raise NotPossible("request_stale")
    if connection.execute(select(exists().where(attempts.c.lead == row.lead, attempts.c.outcome.is_(None)))).scalar():
        raise NotPossible("lead_in_call")
    after = msgspec.structs.replace(now_is, **{name: getattr(both.after, name) for name in _fields(both.after)})
    number = PhoneNumber(after.number or "")
    key = store.number_key(number)
    if key != lead.number_key:
        known = select(leads.c.id).where(leads.c.campaign == lead.campaign, leads.c.number_key == key)
        if connection.execute(known).first() is not None:
            raise NotPossible("number_known")
    extra = msgspec.json.encode(after.extra).decode() if after.extra else ""
    connection.execute(
        update(leads)
        .where(leads.c.id == row.lead)
        .values(
            number=store.seal.sealed(NUMBER, number.for_store(), key),
            number_key=key,
            name=store.seal.sealed(NAME, after.name or "", key),
            extra=store.seal.sealed(EXTRA, extra, key),
            zones=after.zones or "",
        )
    )
    return LeadAltered(lead=LeadId(row.lead), campaign=CampaignId(lead.campaign), fields=tuple(_fields(both.after)))


def _lead(connection: Connection, lead: int) -> Any:
    row = connection.execute(select(leads).where(leads.c.id == lead).with_for_update()).first()
    if row is None:
        raise NotPossible("unknown_lead")
    return row


def _content(store: Store, row: Any) -> Content:
    extra = store.seal.opened(EXTRA, row.extra, row.number_key)
    return Content(
        name=store.seal.opened(NAME, row.name, row.number_key),
        zones=row.zones,
        extra=msgspec.json.decode(extra) if extra else {},
        number=store.seal.opened(NUMBER, row.number, row.number_key),
    )


def _fields(content: Content) -> list[str]:
    return [name for name in Content.__struct_fields__ if getattr(content, name) is not None]


def _only(content: Content, like: Content) -> Content:
    """The fields of `content` that `like` has."""
    return Content(**{name: getattr(content, name) for name in _fields(like)})


def _both(store: Store, row: Any) -> _Both:
    return msgspec.json.decode(store.seal.opened(CONTENT, row.content, row.lead), type=_Both)


def _shown(content: Content) -> dict[str, Any]:
    shown = {name: getattr(content, name) for name in _fields(content)}
    if content.number is not None:
        shown["number"] = PhoneNumber(content.number).masked
    return shown


def _wish(store: Store, row: Any) -> Wish:
    both = _both(store, row)
    return Wish(
        id=row.id,
        at=row.at,
        actor=row.actor,
        lead=row.lead,
        campaign=row.campaign,
        state=row.state,
        before=_shown(both.before),
        after=_shown(both.after),
        decided_at=row.decided_at,
        decider=row.decider or "",
        why=row.why or "",
    )


def _acted(actor: str, act: str, lead: int, request: int, fields: Sequence[str]) -> Acted:
    return Acted(
        actor=actor, act=act, about=f"lead {lead}", words={"request": str(request), "fields": ",".join(fields)}
    )

"""Agents' parts in calls, consultations under way and surveys, as the store keeps them."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, func, select

from store.opening import Store
from store.tables import attempts, consults, inbound, parts, scores, surveys
from telephony.ids import AgentId, CallId, LegId
from telephony.inbound import OpenInbound
from telephony.leads import KnownConsult, KnownSurvey, OpenCall


def open_consults(connection: Connection) -> tuple[KnownConsult, ...]:
    """Consultations that were under way, and customers with a party outside."""
    rows = connection.execute(select(consults).where(consults.c.stage != "").order_by(consults.c.agent)).all()
    return tuple(
        KnownConsult(
            agent=AgentId(row.agent),
            call=CallId(row.call),
            kind=row.kind,
            to=row.party,
            target=AgentId(row.target) if row.target else None,
            leg=LegId(row.leg) if row.leg else None,
            stage=row.stage,
            at=row.at,
        )
        for row in rows
    )


def open_surveys(connection: Connection) -> tuple[KnownSurvey, ...]:
    """Surveys that were under way."""
    count = select(func.count()).where(scores.c.call == surveys.c.call).scalar_subquery()
    rows = connection.execute(select(surveys, count.label("given")).where(surveys.c.ended_at.is_(None))).all()
    return tuple(
        KnownSurvey(call=CallId(row.call), agent=AgentId(row.agent), survey=row.survey, answered=row.given)
        for row in rows
    )


def parts_of(connection: Connection) -> dict[str, tuple[float | None, float]]:
    """Of calls in progress that agents have had: since when the one still open is, None when none is, and the time of those over."""
    still = (
        select(attempts.c.call)
        .where(attempts.c.outcome.is_(None))
        .union(select(inbound.c.call).where(inbound.c.ended_at.is_(None)))
    )
    rows = connection.execute(
        select(parts.c.call, func.max(parts.c.began_at * parts.c.open), func.sum(parts.c.talk_s))
        .where(parts.c.call.in_(still))
        .group_by(parts.c.call)
    ).all()
    return {call: (began or None, talked or 0.0) for call, began, talked in rows}


def parts_in(store: Store, call: str) -> list[Any]:
    """Rows of one call in the order in which agents took it: agent, began, open, talk, hold, holds, long ones."""
    query = select(
        *(parts.c.agent, parts.c.began_at, parts.c.open, parts.c.talk_s, parts.c.hold_s),
        *(parts.c.holds, parts.c.long_holds),
    )
    with store.reading.begin() as connection:
        return list(connection.execute(query.where(parts.c.call == call).order_by(parts.c.began_at)).all())


def surveyed(store: Store, since: float) -> dict[str, tuple[int, int, int, float | None]]:
    """By agent since an instant: calls talked, surveys sent, surveys answered at all, mean score."""
    answered = select(scores.c.call).distinct().subquery()
    with store.reading.begin() as connection:
        talked: dict[str, int] = dict(
            connection.execute(
                select(parts.c.agent, func.count()).where(parts.c.began_at >= since).group_by(parts.c.agent)
            )
            .tuples()
            .all()
        )
        sent = connection.execute(
            select(surveys.c.agent, func.count(), func.count(answered.c.call))
            .outerjoin(answered, answered.c.call == surveys.c.call)
            .where(surveys.c.sent_at >= since)
            .group_by(surveys.c.agent)
        ).all()
        means = dict(
            connection.execute(
                select(surveys.c.agent, func.avg(scores.c.score))
                .join(scores, scores.c.call == surveys.c.call)
                .where(surveys.c.sent_at >= since)
                .group_by(surveys.c.agent)
            )
            .tuples()
            .all()
        )
    rows = {agent: (count, 0, 0, None) for agent, count in talked.items()}
    found: dict[str, tuple[int, int, int, float | None]] = dict(rows)
    for agent, asked, given in sent:
        mean = means.get(agent)
        found[agent] = (talked.get(agent, 0), asked, given, float(mean) if mean is not None else None)
    return found


Open = TypeVar("Open", OpenCall, OpenInbound)


def with_parts(call: Open, had: Mapping[str, tuple[float | None, float]]) -> Open:
    """The call with what is known of its agents' parts."""
    known = had.get(call.call)
    if known is None:
        return call
    began, talked_s = known
    return msgspec.structs.replace(call, talk_from=began, talked_s=talked_s, parted=began is None)

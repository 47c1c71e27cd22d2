"""What the store knows from before: the state a run begins with, and the journal read back as facts."""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import exists, func, select

from store.allocation import portions_held
from store.batch_life import timed
from store.certificates import held as held_certificates
from store.ears import open_supervisions, paused_recordings
from store.inbound import open_inbound
from store.later import last_handed, open_callbacks, open_messages
from store.oncall import open_consults, open_surveys, parts_of, with_parts
from store.opening import Store
from store.sealing import Seal
from store.tables import agents, attempts, break_tokens, campaigns, journal, leads, recordings
from telephony import batches, blending, certificates, facts, later, oncall, screens, supervising, surge
from telephony.agents import AgentState, BreakState, SeatMode
from telephony.facts import Fact
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, LegId, ServerId, TrunkId
from telephony.leads import KnownAgent, KnownBreak, OpenCall, Restored

LINES_AT_ONCE = 5000
TOLD_IN = (facts, batches, blending, certificates, later, oncall, screens, supervising, surge)
"""Where kinds of facts are defined: whoever reads a journal knows them all, whatever else his process has loaded."""
UNDER_WAY = ("started", "confirmed")
_HEARD = (
    select(journal.c.call, func.min(journal.c.at))
    .join(attempts, attempts.c.call == journal.c.call)
    .where(attempts.c.outcome.is_(None), attempts.c.answered_at.is_not(None), journal.c.kind == "CallWaiting")
    .group_by(journal.c.call)
)
"""When the customer of each open call could first be connected."""


class Mine(NamedTuple):
    """What one of several servers on a database answers for: its Asterisks, agents and campaigns by name."""

    servers: frozenset[str]
    agents: frozenset[str]
    campaigns: frozenset[str]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the journal: its number, the instant it was submitted at (epoch seconds), the fact."""

    seq: int
    at: float
    fact: Fact


def restored(store: Store, mine: Mine | None = None) -> Restored:
    """The first event of a run: calls not over and those their agents are not done with (oldest first each), every
    known agent, campaign states; of what is `mine` only, where other servers share the database."""
    recording = exists().where(recordings.c.call == attempts.c.call, recordings.c.state.in_(UNDER_WAY))
    tried = func.coalesce(leads.c.attempts, 0).label("tried")
    one = select(
        attempts, recording.label("recording"), tried, leads.c.number, leads.c.number_key.label("sealed_by")
    ).outerjoin(leads, leads.c.id == attempts.c.lead)
    with store.reading.begin() as connection:
        calls = connection.execute(one.where(attempts.c.outcome.is_(None))).all()
        talked = connection.execute(
            one.join(agents, agents.c.call == attempts.c.call).where(attempts.c.outcome.is_not(None))
        ).all()
        known = connection.execute(select(agents).order_by(agents.c.agent)).all()
        breaks = connection.execute(
            select(break_tokens).where(break_tokens.c.state != BreakState.NONE.value).order_by(break_tokens.c.asked_at)
        ).all()
        heard = {call: at for call, at in connection.execute(_HEARD)}
        held = portions_held(connection)
        ends = timed(connection)
        states = connection.execute(select(campaigns).order_by(campaigns.c.campaign)).all()
        trained = held_certificates(connection, None if mine is None else mine.agents)
        servers = mine.servers if mine is not None else None
        came = open_inbound(connection, servers)
        called_back, left = open_callbacks(connection, servers), open_messages(connection, servers)
        handed = last_handed(connection)
        supervised = open_supervisions(connection, servers)
        paused = paused_recordings(connection, servers)
        had, consulted, surveyed = parts_of(connection), open_consults(connection), open_surveys(connection)
    if mine is not None:
        calls = [row for row in calls if row.server in mine.servers]
        talked = [row for row in talked if row.server in mine.servers]
        known = [row for row in known if row.agent in mine.agents]
        breaks = [row for row in breaks if row.agent in mine.agents]
        states = [row for row in states if row.campaign in mine.campaigns]
        ends = tuple(end for end in ends if end.campaign in mine.campaigns)
    return Restored(
        calls=_in_order(
            with_parts(_call(row, store.seal, attempts=row.tried + 1, heard_at=heard.get(row.call)), had)
            for row in calls
        ),
        talked=_in_order(_call(row, store.seal, attempts=max(row.tried, 1)) for row in talked),
        agents=tuple(_known_agent(row) for row in known),
        campaigns=tuple((CampaignId(row.campaign), row.state) for row in states),
        portions=held,
        timed=ends,
        breaks=tuple(
            KnownBreak(agent=AgentId(row.agent), state=BreakState(row.state), asked_at=row.asked_at, until=row.until)
            for row in breaks
        ),
        inbound=tuple(with_parts(one, had) for one in came),
        consults=consulted,
        surveys=surveyed,
        callbacks=called_back,
        messages=left,
        last_handed=handed,
        certificates=trained,
        supervisions=supervised,
        paused=paused,
    )


def last_seq(store: Store) -> int:
    """The number of the journal's last line, 0 when it is empty."""
    with store.reading.begin() as connection:
        found = connection.execute(select(journal.c.seq).order_by(journal.c.seq.desc()).limit(1)).scalar()
    return found or 0


def read_journal(store: Store, after_seq: int = 0, limit: int = 1000) -> list[Entry]:
    """Up to `limit` lines after `after_seq`, in order. Raises msgspec.ValidationError for a kind nobody knows."""
    query = select(journal.c.seq, journal.c.at, journal.c.payload)
    with store.reading.begin() as connection:
        rows = connection.execute(query.where(journal.c.seq > after_seq).order_by(journal.c.seq).limit(limit)).all()
    return [Entry(seq=row.seq, at=row.at, fact=decode(row.payload)) for row in rows]


def journal_lines(store: Store) -> Iterator[bytes]:
    """The whole journal as text, one line a fact: the instant with microseconds, a space, the fact as JSON."""
    with store.reading.connect().execution_options(stream_results=True, yield_per=LINES_AT_ONCE) as connection:
        for at, payload in connection.execute(select(journal.c.at, journal.c.payload).order_by(journal.c.seq)):
            yield f"{at:.6f} {payload}\n".encode()


def facts_between(store: Store, since: float, until: float, kinds: Collection[str]) -> Iterator[tuple[float, Fact]]:
    """The facts of these kinds submitted in [since, until], in the journal's order, with their instants."""
    query = select(journal.c.at, journal.c.payload).where(
        journal.c.at >= since, journal.c.at <= until, journal.c.kind.in_(kinds)
    )
    with store.reading.connect().execution_options(stream_results=True, yield_per=LINES_AT_ONCE) as connection:
        for at, payload in connection.execute(query.order_by(journal.c.seq)):
            yield at, decode(payload)


def last_texts(store: Store, kinds: Collection[str], since: float, limit: int) -> list[tuple[float, str]]:
    """The last facts of these kinds since an instant, as they stand in the journal, oldest first."""
    query = select(journal.c.at, journal.c.payload).where(journal.c.kind.in_(kinds))
    with store.reading.begin() as connection:
        rows = connection.execute(query.order_by(journal.c.seq.desc()).limit(limit)).all()
    return [(row.at, row.payload) for row in reversed(rows) if row.at >= since]


def decode(payload: str) -> Fact:
    """A fact from its journal text."""
    fact: Fact = _decoder(tuple(kinds())).decode(payload)
    return fact


def kinds(root: type[Fact] = Fact) -> Iterator[type[Fact]]:
    """Every kind of fact there is, wherever it was defined."""
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


@lru_cache(maxsize=4)
def _decoder(known: tuple[type[Fact], ...]) -> Any:
    union: Any = known[0]
    for kind in known[1:]:
        union = union | kind
    return msgspec.json.Decoder(union)


def _in_order(calls: Iterable[OpenCall]) -> tuple[OpenCall, ...]:
    return tuple(sorted(calls, key=lambda one: (one.placed_at, one.call)))


def _call(row: Any, seal: Seal, *, attempts: int, heard_at: float | None = None) -> OpenCall:
    return OpenCall(
        call=CallId(row.call),
        campaign=CampaignId(row.campaign),
        lead=LeadId(row.lead),
        customer=CustomerId(row.customer),
        trunk=TrunkId(row.trunk),
        server=ServerId(row.server),
        caller_id=row.caller_id,
        mode=row.mode,
        placed_at=row.placed_at,
        rang_at=row.rang_at,
        answered_at=row.answered_at,
        connected_at=row.connected_at,
        agent=AgentId(row.agent) if row.agent else None,
        recording=bool(row.recording),
        number_key=row.number_key,
        attempts=attempts,
        callback_at=row.callback_at,
        number=seal.number(row.number, row.sealed_by) if row.number else None,
        heard_at=heard_at,
        abandoned=row.abandoned_by is not None,
    )


def _known_agent(row: Any) -> KnownAgent:
    return KnownAgent(
        agent=AgentId(row.agent),
        state=AgentState(row.state),
        reason=row.reason,
        since=row.since,
        mode=SeatMode(row.mode),
        server=ServerId(row.server),
        seat=LegId(row.seat) if row.seat else None,
        call=CallId(row.call) if row.call else None,
        leaves_at=row.leaves_at,
        leaves_for=row.leaves_for or "",
        skills=msgspec.json.decode(row.skills, type=dict[str, int]) if row.skills else {},
    )

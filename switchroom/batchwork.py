"""What managers do with batches, worked out from the store as facts; whoever carries them makes them come true.

Facts come one after another, each to be durable before the next is asked for: what is cut off half-way is in the
tables exactly as far as the journal says, and asking again goes on from there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from config.model import AgentSettings, CampaignSettings, ServerSettings
from store import allocation
from store.batch_life import BatchLife, life_of, lives
from store.batches import BatchState
from store.opening import Store
from switchroom.recovery import recovered_before
from telephony.batches import (
    EVERYBODY,
    PORTION,
    UNRELEASED,
    BatchClosed,
    BatchReleased,
    BatchTimed,
    LeadsAllocated,
    LeadsClosed,
    LeadsMoved,
    LeadsRecovered,
    LeadsReleased,
    TargetsSet,
    TrialBegun,
    agent_of,
    group_of,
)
from telephony.facts import Fact
from telephony.ids import LeadId


class BatchRefused(Exception):
    """A wish that cannot be met; `code` is what pages and command line translate."""

    def __init__(self, code: str, **words: object) -> None:
        super().__init__(code)
        self.code = code
        self.words = {name: str(word) for name, word in words.items()}


class BatchWork:
    """The batches of one database."""

    def __init__(self, opened: Store, server: ServerSettings, campaigns: Mapping[str, CampaignSettings]) -> None:
        self._store = opened
        self._server = server
        self._campaigns = campaigns

    def life(self, batch: str, *, open_only: bool = False) -> BatchLife:
        """The batch; raises BatchRefused when there is none, or it is closed and only an open one will do."""
        life = life_of(self._store, batch)
        if life is None:
            raise BatchRefused("unknown_batch", batch=batch)
        if open_only and life.state is BatchState.CLOSED:
            raise BatchRefused("batch_closed", batch=batch)
        if open_only and life.campaign not in self._campaigns:
            raise BatchRefused("batch_elsewhere", batch=batch, campaign=life.campaign)
        return life

    # wishes

    def allocate(
        self, batch: str, holder: str, *, count: int | None, share: float | None, order: str, actor: str
    ) -> Iterator[Fact]:
        """Give `count` customers, or a `share` of the batch's, to a group or agent; raises BatchRefused."""
        life = self.life(batch, open_only=True)
        self._serving(life, holder)
        free = allocation.to_allocate(self._store, batch, order=order)
        wanted = _wanted(count, share, life.added)
        if not free:
            raise BatchRefused("batch_none_free", batch=batch)
        for leads in portions(free[:wanted]):
            yield LeadsAllocated(
                batch=batch, campaign=life.campaign, actor=actor, holder=holder, leads=leads, count=len(leads)
            )

    def withdraw(self, batch: str, holder: str | None, *, count: int | None, actor: str) -> Iterator[Fact]:
        """Take customers back from a group or agent, or from all of them when `holder` is None; raises BatchRefused."""
        life = self.life(batch, open_only=True)
        held = allocation.held_by(self._store, batch, holder)
        if not held:
            raise BatchRefused("batch_none_held", batch=batch)
        left = count
        for each, ids in held.items():
            taken = ids if left is None else ids[:left]
            left = None if left is None else left - len(taken)
            yield from _recovered(life, each, taken, "withdrawn", actor)

    def release(self, batch: str, share: float, *, recovered: bool, actor: str) -> Iterator[Fact]:
        """Let the first `share` of the batch be dialled; a smaller share than before takes the rest back."""
        life = self.life(batch, open_only=True)
        yield BatchReleased(batch=batch, campaign=life.campaign, actor=actor, share=share, recovered=recovered)
        yield from self.settle(batch, actor=actor)
        if recovered:
            for leads in portions(allocation.taken_back(self._store, batch)):
                yield LeadsReleased(batch=batch, campaign=life.campaign, actor=actor, leads=leads, count=len(leads))

    def close(self, batch: str, at: float | None, *, now: float, actor: str) -> Iterator[Fact]:
        """Close at `at`, at once when None or past."""
        life = self.life(batch, open_only=True)
        if at is not None and at > now:
            yield BatchTimed(batch=batch, campaign=life.campaign, actor=actor, close_at=at)
            return
        yield BatchClosed(batch=batch, campaign=life.campaign, actor=actor, why="asked")

    def keep_open(self, batch: str, *, actor: str) -> Iterator[Fact]:
        """Take back a set end."""
        life = self.life(batch, open_only=True)
        if life.close_at is None:
            raise BatchRefused("batch_no_end", batch=batch)
        yield BatchTimed(batch=batch, campaign=life.campaign, actor=actor, close_at=None)

    def cutover(self, batch: str, successor: str, at: float, *, share: float, now: float, actor: str) -> Iterator[Fact]:
        """At `at` close the batch and open its successor up to `share`; until then nothing of the successor is dialled."""
        life, heir = self.life(batch, open_only=True), self.life(successor, open_only=True)
        if successor == batch or heir.campaign != life.campaign:
            raise BatchRefused("batch_wrong_successor", batch=batch, successor=successor)
        if heir.state is BatchState.IMPORTING:
            raise BatchRefused("batch_importing", batch=successor)
        yield BatchReleased(batch=successor, campaign=heir.campaign, actor=actor, share=0.0)
        yield from self.settle(successor, actor=actor)
        yield BatchTimed(
            batch=batch, campaign=life.campaign, actor=actor, close_at=max(at, now), successor=successor, share=share
        )

    def trial(self, batch: str, *, count: int | None, share: float | None, actor: str) -> Iterator[Fact]:
        """Let only a sample of the batch be dialled, drawn from its own order; raises BatchRefused."""
        life = self.life(batch, open_only=True)
        if life.state is BatchState.IMPORTING:
            raise BatchRefused("batch_importing", batch=batch)
        order = allocation.in_order(self._store, batch)
        wanted = min(_wanted(count, share, len(order)), len(order))
        if not wanted:
            raise BatchRefused("batch_empty", batch=batch)
        upto = 1.0 if wanted == len(order) else (order[wanted - 1][0] + order[wanted][0]) / 2
        yield TrialBegun(batch=batch, campaign=life.campaign, actor=actor, share=upto, count=wanted)
        yield from self.settle(batch, actor=actor)

    def aim(
        self, batch: str, *, connect_rate: float, success_rate: float, calls_per_hour: float, actor: str
    ) -> Iterator[Fact]:
        """Set the batch's targets."""
        life = self.life(batch, open_only=True)
        yield TargetsSet(
            batch=batch,
            campaign=life.campaign,
            actor=actor,
            connect_rate=connect_rate,
            success_rate=success_rate,
            calls_per_hour=calls_per_hour,
        )

    # what follows by itself

    def settle(self, batch: str, *, actor: str = "") -> Iterator[Fact]:
        """Bring the leads of a batch to where its share, or its end, wants them; nothing when they are there."""
        life = life_of(self._store, batch)
        if life is None:
            return
        if life.state is BatchState.CLOSED:
            for leads in portions(allocation.not_closed(self._store, batch)):
                yield LeadsClosed(batch=batch, campaign=life.campaign, actor=actor, leads=leads, count=len(leads))
            return
        if life.share is None:
            return
        for ids in allocation.beyond(self._store, batch, life.share):
            yield from _recovered(life, EVERYBODY, ids, UNRELEASED, actor)
        for holder, ids in allocation.held_back(self._store, batch, life.share):
            for leads in portions(ids):
                yield _let_go(life, holder, leads, actor)

    def unsettled(self) -> list[BatchLife]:
        """Batches an earlier run may have left half-way: all that are open, closed ones that have leads to call."""
        still = allocation.with_open_leads(self._store)
        return [one for one in lives(self._store) if one.campaign in self._campaigns and one.id in still]

    def recover(self, now: float, *, batch: str | None = None) -> Iterator[Fact]:
        """Take back what has been out for the months of the setting; closed customers stay closed."""
        before = recovered_before(now, self._server.batch.recover_months, self._server.zone)
        for life in lives(self._store):
            opened = life.opened_at if life.opened_at is not None else life.created_at
            wanted = life.id == batch if batch is not None else life.campaign in self._campaigns
            if not wanted or life.state is BatchState.CLOSED or life.created_at >= before:
                continue
            for holder, ids in allocation.handed_before(self._store, life.id, before, opened).items():
                yield from _recovered(life, holder, ids, "age", "")

    def _serving(self, life: BatchLife, holder: str) -> None:
        """Raises BatchRefused when no agent of the campaign could ever get the customers."""
        serving: Sequence[AgentSettings] = [a for a in self._server.agent if life.campaign in a.campaigns]
        group, agent = group_of(holder), agent_of(holder)
        if group is not None and all(one.group != group for one in serving):
            groups = ", ".join(sorted({one.group for one in serving if one.group})) or "–"
            raise BatchRefused("batch_no_such_group", group=group, campaign=life.campaign, groups=groups)
        if agent is not None and all(one.id != agent for one in serving):
            raise BatchRefused("batch_no_such_agent", agent=agent, campaign=life.campaign)


def portions(leads: Iterable[LeadId]) -> Iterator[tuple[LeadId, ...]]:
    """Leads cut into what one fact may move."""
    rest = iter(leads)
    while portion := tuple(islice(rest, PORTION)):
        yield portion


def _let_go(life: BatchLife, holder: str, leads: tuple[LeadId, ...], actor: str) -> LeadsMoved:
    """Released leads go to everybody, or to the group their list names."""
    common: dict[str, Any] = {"batch": life.id, "campaign": life.campaign, "actor": actor}
    if holder == EVERYBODY:
        return LeadsReleased(**common, leads=leads, count=len(leads))
    return LeadsAllocated(**common, holder=holder, leads=leads, count=len(leads))


def _recovered(life: BatchLife, holder: str, ids: Sequence[LeadId], why: str, actor: str) -> Iterator[Any]:
    for leads in portions(ids):
        yield LeadsRecovered(
            batch=life.id,
            campaign=life.campaign,
            actor=actor,
            holder=holder,
            why=why,
            leads=leads,
            count=len(leads),
        )


def _wanted(count: int | None, share: float | None, of: int) -> int:
    return count if count is not None else round((share or 0.0) * of)

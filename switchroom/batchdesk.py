"""Batches on a live floor: wishes of managers carried out fact by fact, recovery once a day, the forecast once a minute."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import Gauge

from config.model import CampaignSettings, ServerSettings
from desk import batch_ports as b
from store import allocation, measures
from store.batch_life import BatchLife, lives
from store.batches import BatchState
from store.leads import LeadBook
from store.opening import Store
from store.writer import Writer
from switchroom.batchwork import BatchRefused, BatchWork
from switchroom.house import House
from switchroom.stockroom import EVERY_S, Stockroom
from telephony.batches import (
    CLOSED,
    EVERYBODY,
    HELD,
    MOVES,
    BatchClosed,
    BatchReleased,
    LeadsMoved,
    agent_holder,
    group_holder,
)
from telephony.facts import Fact
from telephony.ids import CampaignId
from telephony.views import StockView

log = logging.getLogger(__name__)

SETTLED = frozenset({BatchClosed, BatchReleased})
SHOWN = {EVERYBODY: "everybody", HELD: "held", CLOSED: "closed"}

RECOVERED = Gauge("switchroom_batch_recovered", "Customers that came back by themselves at the last recovery")


class LiveBatches:
    """``desk.batch_ports.BatchDesk`` over the store and the running house; one wish at a time."""

    def __init__(
        self,
        *,
        opened: Store,
        server: ServerSettings,
        campaigns: Mapping[str, CampaignSettings],
        house: House,
        writer: Writer,
        leads: LeadBook,
        now: Callable[[], float],
    ) -> None:
        self._store, self._server, self._campaigns = opened, server, campaigns
        self._house, self._writer, self._leads, self._now = house, writer, leads, now
        self._work = BatchWork(opened, server, campaigns)
        self.stockroom = Stockroom(opened, server, house.dialer.opens)
        self._one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._carrying = False
        self._importing: set[str] = set()

    # life

    async def start(self) -> None:
        """Shut what is closed, hear of what closes, and go on with what an earlier run left half-way."""
        unsettled = await asyncio.to_thread(self._work.unsettled)
        for life in unsettled:
            if life.state is BatchState.CLOSED:
                self._leads.shut(life.id)
        self._house.outbox.watch(self._hear)
        self._spawn(self._settle_all([life.id for life in unsettled]), "settle batches")
        self._spawn(self._watch(), "watch batches")

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hear(self, now: float, facts: Sequence[Fact]) -> None:
        for fact in facts:
            kind = type(fact)
            if kind in MOVES:
                self.stockroom.moved(fact.campaign)  # type: ignore[attr-defined]
            elif kind in SETTLED and not self._carrying:
                self._spawn(self._settle(fact.batch), "settle a batch")  # type: ignore[attr-defined]

    async def _settle_all(self, batches: Sequence[str]) -> None:
        for batch in batches:
            await self._settle(batch)

    async def _settle(self, batch: str) -> None:
        try:
            await self._carry(lambda: self._work.settle(batch))
            life = await asyncio.to_thread(self._work.life, batch)
            if life.state is BatchState.CLOSED:
                self._leads.shut(batch, swept=True)
        except Exception:
            log.exception("the batch %s could not be settled; it is tried again at the next start", batch)

    async def _watch(self) -> None:
        """Recovery on every new day of the site, and the forecast every minute."""
        day = None
        while True:
            now = self._now()
            today = datetime.fromtimestamp(now, ZoneInfo(self._server.zone)).date()
            try:
                if today != day:
                    done = await self.recover("")
                    log.info("recovery: %d customers came back", done.moved)
                    day = today
                await self._count()
                await self._see_imports()
            except Exception:
                log.exception("batches could not be looked after; tried again in a minute")
            await asyncio.sleep(EVERY_S)

    async def _see_imports(self) -> None:
        """Settle batches whose import has ended: a manager may have released more of them while it ran."""
        found = await asyncio.to_thread(lives, self._store)
        importing = {life.id for life in found if life.state is BatchState.IMPORTING}
        for batch in self._importing - importing:
            await self._settle(batch)
        self._importing = importing

    async def _count(self) -> None:
        now = self._now()
        names = list(self._campaigns)
        counted = await asyncio.to_thread(self.stockroom.count, names, now)
        said = self.stockroom.note(counted, self._house.dialer.views(now), now)
        if said:
            self._house.core.carry(said)

    async def _carry(self, wish: Callable[[], Iterator[Fact]]) -> int:
        """Carry a wish out, each fact durable before the next is worked out; returns how many customers moved."""
        moved = 0
        async with self._one:
            facts = await asyncio.to_thread(wish)
            while (fact := await asyncio.to_thread(next, facts, None)) is not None:
                self._carrying = True
                try:
                    self._house.core.carry([fact])
                finally:
                    self._carrying = False
                await self._written()
                if isinstance(fact, BatchClosed):
                    self._spawn(self._settle(fact.batch), "settle a batch")
                if isinstance(fact, LeadsMoved):
                    moved += fact.count
        return moved

    async def _written(self) -> None:
        """Return when everything submitted until now is on the disk."""
        durable = asyncio.Event()
        self._writer.submit((), self._now(), durable.set)
        await durable.wait()

    # the desk

    async def lives(self, *, campaign: str | None) -> Sequence[b.LifeRow]:
        wanted = CampaignId(campaign) if campaign else None
        return [_row(life) for life in await asyncio.to_thread(lambda: lives(self._store, campaign=wanted))]

    async def life(self, batch: str) -> b.LifeDetail:
        try:
            return await asyncio.to_thread(self._life, batch)
        except BatchRefused as refused:
            raise b.BatchWishRefused(refused.code, refused.words) from None

    def _life(self, batch: str) -> b.LifeDetail:
        life, zone = self._work.life(batch), self._server.zone
        trial = None
        if life.trial is not None:
            sample = measures.measured(self._store, batch, zone=zone, share=life.trial, since=life.trial_at or 0.0)
            trial = _measures(sample)
        return b.LifeDetail(
            batch=_row(life),
            holdings=tuple(
                b.Holding(holder=SHOWN.get(one.holder, one.holder), leads=one.leads, open=one.open, fresh=one.fresh)
                for one in allocation.standings(self._store, batch)
            ),
            measures=_measures(measures.measured(self._store, batch, zone=zone)),
            trial=trial,
        )

    async def put(self, batch: str, wish: b.Wish, actor: str) -> b.Done:
        try:
            moved = await self._carry(lambda: self._wish(batch, wish, actor))
        except BatchRefused as refused:
            raise b.BatchWishRefused(refused.code, refused.words) from None
        return b.Done(batch=batch, moved=moved)

    def _wish(self, batch: str, wish: b.Wish, actor: str) -> Iterator[Fact]:
        work, now = self._work, self._now()
        match wish:
            case b.Allocate():
                holder = _holder(wish.group, wish.agent)
                if holder is None:
                    raise BatchRefused("batch_for_whom")
                _one_of(wish.count, wish.share)
                return work.allocate(batch, holder, count=wish.count, share=wish.share, order=wish.order, actor=actor)
            case b.Withdraw():
                return work.withdraw(batch, _holder(wish.group, wish.agent), count=wish.count, actor=actor)
            case b.Release():
                return work.release(batch, wish.share, recovered=wish.recovered, actor=actor)
            case b.Close():
                if wish.never:
                    return work.keep_open(batch, actor=actor)
                return work.close(batch, wish.at, now=now, actor=actor)
            case b.Cutover():
                return work.cutover(batch, wish.successor, wish.at, share=wish.share, now=now, actor=actor)
            case b.Trial():
                _one_of(wish.count, wish.share)
                return work.trial(batch, count=wish.count, share=wish.share, actor=actor)
            case b.Aim():
                return self._aim(batch, wish, actor)

    def _aim(self, batch: str, wish: b.Aim, actor: str) -> Iterator[Fact]:
        life = self._life(batch)
        found = life.trial or life.measures
        known = (found.connect.rate, found.success.rate, found.calls_per_hour)
        wanted = (wish.connect_rate, wish.success_rate, wish.calls_per_hour)
        chosen = [mine if mine is not None else seen for mine, seen in zip(wanted, known, strict=True)]
        if any(one is None for one in chosen):
            raise BatchRefused("batch_not_measured", batch=batch)
        connect, success, calls = (float(one or 0.0) for one in chosen)
        return self._work.aim(batch, connect_rate=connect, success_rate=success, calls_per_hour=calls, actor=actor)

    async def recover(self, actor: str) -> b.Done:
        moved = await self._carry(lambda: self._work.recover(self._now()))
        RECOVERED.set(moved)
        return b.Done(batch="", moved=moved)

    def forecast(self) -> Sequence[StockView]:
        return self.stockroom.views


def _holder(group: str | None, agent: str | None) -> str | None:
    if group is not None and agent is not None:
        raise BatchRefused("batch_for_whom")
    return group_holder(group) if group is not None else agent_holder(agent) if agent is not None else None


def _one_of(count: int | None, share: float | None) -> None:
    if (count is None) == (share is None):
        raise BatchRefused("batch_how_many")


def _row(life: BatchLife) -> b.LifeRow:
    targets = life.targets
    return b.LifeRow(
        id=life.id,
        campaign=life.campaign,
        state=life.state.value,
        added=life.added,
        share=life.released,
        created_at=life.created_at,
        opened_at=life.opened_at,
        close_at=life.close_at,
        closed_at=life.closed_at,
        successor=life.successor,
        trial=life.trial,
        trial_at=life.trial_at,
        targets=None
        if targets is None
        else b.TargetsRow(
            connect_rate=targets.connect_rate,
            success_rate=targets.success_rate,
            calls_per_hour=targets.calls_per_hour,
        ),
    )


def _measures(found: measures.Measures) -> b.MeasuresRow:
    def rate(one: measures.Rate) -> b.RateRow:
        return b.RateRow(count=one.count, of=one.of, rate=one.rate, low=one.low, high=one.high)

    return b.MeasuresRow(
        leads=found.leads,
        done=found.done,
        attempts=found.attempts,
        connect=rate(found.connect),
        success=rate(found.success),
        agent_hours=found.agent_hours,
        calls_per_hour=found.calls_per_hour,
    )

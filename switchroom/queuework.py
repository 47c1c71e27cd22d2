"""Queues' figures and abandoned callers as the desk and the command line ask for them, and what counts from before."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from acd.figures import Figures, figures
from acd.servicelevel import KEPT_S, QUARTER_S, Tally, levels
from config.queues import QueueSettings
from desk.queue_ports import AbandonedRow, QueueRefused, ReportRow
from store.inbound import number_under
from store.later import file_callee
from store.opening import Store
from store.queue_report import AbandonedCaller, gave_up, gone_caller, tallies
from telephony.facts import Acted, Fact, LeadRested
from telephony.ids import CampaignId, CustomerId, LeadId

T = TypeVar("T")


def put_in(store: Store, counted: Figures, now: float) -> None:
    """Add what the store has counted of the last day to the live counts."""
    for name, settings in counted.queues.items():
        for slot, tally in tallies(store, name, settings, since=now - KEPT_S, until=now).items():
            counted.levels.put(name, slot, tally)


def reported(
    store: Store, queues: Mapping[str, QueueSettings], zone: str, *, since: float, until: float, by: str
) -> list[ReportRow]:
    """Each queue's figures by quarter of an hour, hour, day of the site, or the whole span, in the order of time."""
    place = ZoneInfo(zone)
    rows: list[ReportRow] = []
    for name, settings in queues.items():
        spans: dict[float, Tally] = {}
        for slot, tally in tallies(store, name, settings, since=since, until=until).items():
            begins = _begins(slot * QUARTER_S, by, place, since)
            spans.setdefault(begins, Tally()).add(tally)
        rows += [row(name, settings, begins, spans[begins]) for begins in sorted(spans)]
    return rows


def row(name: str, settings: QueueSettings, begins: float, tally: Tally) -> ReportRow:
    return ReportRow(
        queue=name,
        begins=begins,
        threshold_s=settings.service_level_s,
        short_abandon_s=settings.short_abandon_s,
        **figures(tally),
        service_levels=levels(tally),
    )


def _begins(at: float, by: str, place: ZoneInfo, since: float) -> float:
    if by == "day":
        day = datetime.fromtimestamp(at, place).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return day.timestamp()
    return at // 3600 * 3600 if by == "hour" else since if by == "span" else at


def abandoned_row(one: AbandonedCaller) -> AbandonedRow:
    return AbandonedRow(**{name: getattr(one, name) for name in AbandonedRow.__struct_fields__})


class Queuework:
    """``desk.queue_ports.QueueBooks`` over the store."""

    def __init__(
        self,
        opened: Store,
        queues: Mapping[str, QueueSettings],
        zone: str,
        *,
        now: Callable[[], float] = time.time,
        carry: Callable[[Sequence[Fact]], None] = lambda _: None,
    ) -> None:
        """`carry` puts facts to the floor, on the loop."""
        self._carry = carry
        self._store, self._queues, self._zone, self._now = opened, queues, zone, now

    async def _ask(self, question: Callable[[], T]) -> T:
        return await asyncio.to_thread(question)

    async def report(self, *, queue: str | None, since: float, until: float, by: str) -> Sequence[ReportRow]:
        wanted = {name: one for name, one in self._queues.items() if queue in (None, name)}
        return await self._ask(lambda: reported(self._store, wanted, self._zone, since=since, until=until, by=by))

    async def abandoned(
        self, *, queue: str | None, since: float, until: float, limit: int, unreached: bool
    ) -> Sequence[AbandonedRow]:
        found = await self._ask(
            lambda: gave_up(self._store, queue=queue, since=since, until=until, limit=limit, unreached=unreached)
        )
        return [abandoned_row(one) for one in found]

    async def call_again(self, *, call: str, actor: str) -> None:
        lead, queue = await self._ask(lambda: self._file(call))
        acted = Acted(actor=actor, act="caller.again", about=call, words={"queue": queue})
        self._carry([acted, LeadRested(lead=lead, due=self._now(), why="call_again")])

    def _file(self, call: str) -> tuple[LeadId, str]:
        """Put the caller down as a customer of his queue's callback campaign."""
        gone = gone_caller(self._store, call)
        if gone is None:
            raise QueueRefused(404, "unknown_caller")
        if gone.called_at is not None:
            raise QueueRefused(409, "caller_called")
        number = number_under(self._store, gone.number_key) if gone.number_key else None
        if number is None:
            raise QueueRefused(409, "caller_withheld")
        settings = self._queues.get(gone.queue)
        campaign = settings.callback.campaign if settings is not None else ""
        if not campaign:
            raise QueueRefused(409, "no_callback_campaign", {"queue": gone.queue})
        lead, _, _ = file_callee(self._store, CampaignId(campaign), number, CustomerId(gone.customer))
        return lead, gone.queue

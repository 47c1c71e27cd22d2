"""The guarded books as the desk sees them: every grant is in journal and audit trail before the answer leaves."""

import asyncio
import logging
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from zoneinfo import available_timezones

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from config.model import CampaignSettings, ServerSettings
from desk.books import ActRow, Asked, BooksRefused, ChangeRow, Exported, RefusalRow, Revealed
from desk.masked import mask_digits
from store import audit, queries, requests
from store.faults import trouble_of
from store.opening import Store
from store.refusals import refused
from switchroom import export
from telephony.facts import Acted, LeadAltered
from telephony.ids import LeadId
from telephony.numbers import NumberFault, parse, zones_of

log = logging.getLogger(__name__)
T = TypeVar("T")

HOUR_S = 3600.0
STATUS = {"unknown_lead": 404, "unknown_request": 404}


class Bookwork:
    """``desk.books.Books`` over the store."""

    def __init__(
        self,
        opened: Store,
        server: ServerSettings,
        campaigns: Mapping[str, CampaignSettings],
        *,
        now: Callable[[], float] = time.time,
        altered: Callable[[LeadAltered], None] = lambda _: None,
    ) -> None:
        """`altered` is told, on the loop, of a customer whose data an approved request has changed."""
        self._store = opened
        self._server = server
        self._campaigns = campaigns
        self._now = now
        self._altered = altered
        self._reveals: dict[str, deque[float]] = {}

    async def reveal(self, *, lead: int, reason: str, actor: str) -> Revealed:
        self._one_reveal_more(actor)
        return await self._do(lambda: self._reveal(LeadId(lead), reason, actor))

    def _reveal(self, lead: LeadId, reason: str, actor: str) -> Revealed:
        number = queries.numbers_of(self._store, {lead}).get(lead)
        if number is None:
            raise BooksRefused(404, "unknown_lead")

        def ledger(masked: str, why: str, who: str) -> None:
            words = {"number": masked, "reason": mask_digits(why)}
            fact = Acted(actor=who, act="number.reveal", about=f"lead {lead}", words=words)
            audit.keep(self._store, [fact], self._now())

        return Revealed(lead=lead, number=number.reveal(reason=reason, actor=actor, ledger=ledger))

    def _one_reveal_more(self, actor: str) -> None:
        now, most = self._now(), self._server.api.reveals_per_hour
        recent = self._reveals.setdefault(actor, deque())
        while recent and recent[0] <= now - HOUR_S:
            recent.popleft()
        if len(recent) >= most:
            raise BooksRefused(429, "too_many_reveals", {"limit": str(most)})
        recent.append(now)

    async def ask_change(
        self,
        *,
        lead: int,
        name: str | None,
        number: str | None,
        zone: str | None,
        extra: dict[str, str] | None,
        actor: str,
    ) -> Asked:
        whole, zones = None, zone
        if number is not None:
            try:
                parsed = parse(number, self._server.region)
            except NumberFault as fault:
                raise BooksRefused(422, "bad_number", {"why": fault.why}) from None
            whole = parsed.for_store()
            if zones is None:
                zones = ",".join(zones_of(parsed))
        for name_of_zone in (zones or "").split(",") if zone else ():
            if name_of_zone not in available_timezones():
                raise BooksRefused(422, "bad_zone", {"zone": mask_digits(name_of_zone)})
        after = requests.Content(name=name, zones=zones, extra=extra, number=whole)
        return Asked(
            id=await self._do(lambda: requests.ask(self._store, LeadId(lead), after, actor=actor, now=self._now()))
        )

    async def changes(self, *, state: str | None, limit: int) -> Sequence[ChangeRow]:
        rows = await self._do(lambda: requests.wishes(self._store, state=state, limit=limit))
        return [ChangeRow(**msgspec.structs.asdict(row)) for row in rows]

    async def decide_change(self, *, request: int, approve: bool, why: str, actor: str) -> None:
        done = await self._do(
            lambda: requests.decide(
                self._store, request, approve=approve, why=mask_digits(why), actor=actor, now=self._now()
            )
        )
        if done is not None:
            self._altered(done)

    async def export(
        self, *, what: str, form: str, campaign: str | None, whole: bool, reason: str, actor: str
    ) -> Exported:
        sales = {name: settings.sale for name, settings in self._campaigns.items()} if whole else None
        return await self._do(lambda: self._export(what, form, campaign, sales, reason, actor))

    def _export(
        self, what: str, form: str, campaign: str | None, sales: dict[str, list[str]] | None, reason: str, actor: str
    ) -> Exported:
        handle, name = tempfile.mkstemp(prefix="switchroom-", suffix=f".{form}")
        os.close(handle)
        path = Path(name)
        try:
            written = export.write(
                self._store,
                path,
                what=what,
                form="xlsx" if form == "xlsx" else "csv",
                campaign=campaign,
                sales=sales,
                zone=self._server.zone,
            )
            words = {
                "rows": str(written.rows),
                "sha256": written.sha256,
                "format": form,
                "numbers": "masked" if sales is None else "whole after an order",
                "reason": mask_digits(reason),
            }
            about = f"{what} of {campaign or 'all campaigns'}"
            fact = Acted(actor=actor, act="data.export", about=about, words=words)
            audit.keep(self._store, [fact], self._now())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Exported(path=path, name=f"{what}.{form}", rows=written.rows, sha256=written.sha256)

    async def acts(
        self, *, before: float | None, since: float | None, actor: str | None, act: str | None, limit: int
    ) -> Sequence[ActRow]:
        rows = await self._do(
            lambda: audit.trail(self._store, limit=limit, before=before, since=since, actor=actor, act=act)
        )
        return [
            ActRow(
                chain=row.chain,
                n=row.n,
                at=row.at,
                actor=row.actor,
                act=row.act,
                about=row.about,
                words=msgspec.json.decode(row.words, type=dict[str, str]),
                hash=row.hash,
            )
            for row in rows
        ]

    async def refusals(self, *, since: float, campaign: str | None) -> Sequence[RefusalRow]:
        rows = await self._do(lambda: refused(self._store, since=since, campaign=campaign))
        return [RefusalRow(**msgspec.structs.asdict(row)) for row in rows]

    async def note(self, *, actor: str, act: str, about: str, words: dict[str, str]) -> None:
        fact = Acted(actor=actor, act=act, about=about, words=words)
        await self._do(lambda: audit.keep(self._store, [fact], self._now()))

    async def _do(self, work: Callable[[], T]) -> T:
        """Work on the store off the loop; whatever is wrong with the store refuses, and then nothing was granted."""
        try:
            return await asyncio.to_thread(work)
        except requests.NotPossible as fault:
            raise BooksRefused(STATUS.get(fault.code, 409), fault.code) from None
        except Exception as error:
            if not isinstance(error, SQLAlchemyError) and trouble_of(error) is None:
                raise
            log.error("the store did not take an act: %s", type(error).__name__)
            raise BooksRefused(503, "store_sick") from None

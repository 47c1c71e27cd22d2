"""The store as the desk sees it: questions asked off the loop, numbers masked, lists taken in as they arrive."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from config.model import ServerSettings
from desk.ports import CallRow, ImportRefused, ImportReport, JournalRow, RecordingRow, RejectedRow
from store import queries
from store.intake import add_leads
from store.opening import Store
from switchroom.intake import IntakeReport, Reject, take_in
from switchroom.sheet import SheetFault
from telephony.ids import CampaignId, LeadId

T = TypeVar("T")

SHOWN_REJECTS = 100


class Deskwork:
    """``desk.ports.DeskQueries`` over the store."""

    def __init__(self, opened: Store, server: ServerSettings) -> None:
        self._store = opened
        self._server = server

    async def _ask(self, question: Callable[[], T]) -> T:
        return await asyncio.to_thread(question)

    async def calls(self, *, campaign: str | None, before: float | None, limit: int) -> Sequence[CallRow]:
        return await self._ask(lambda: self._calls(campaign, before, limit))

    def _calls(self, campaign: str | None, before: float | None, limit: int) -> list[CallRow]:
        rows = queries.recent_attempts(
            self._store, limit=limit, before=before, campaign=CampaignId(campaign) if campaign else None
        )
        numbers = queries.numbers_of(self._store, {LeadId(row.lead) for row in rows})
        return [
            CallRow(
                id=row.call,
                campaign=row.campaign,
                lead=row.lead,
                number=numbers[LeadId(row.lead)].masked if LeadId(row.lead) in numbers else "",
                mode=row.mode,
                trunk=row.trunk,
                server=row.server,
                placed_at=row.placed_at,
                answered_at=row.answered_at,
                connected_at=row.connected_at,
                ended_at=row.ended_at,
                agent=row.agent,
                outcome=row.outcome,
                disposition=row.disposition,
                ring_s=row.ring_s or 0.0,
                talk_s=row.talk_s or 0.0,
            )
            for row in rows
        ]

    async def recordings(self, *, before: float | None, limit: int) -> Sequence[RecordingRow]:
        rows = await self._ask(lambda: queries.recordings_list(self._store, limit=limit, before=before))
        campaigns = await self._ask(lambda: queries.campaigns_of(self._store, {row.call for row in rows}))
        return [
            RecordingRow(
                call=row.call,
                agent=row.agent,
                campaign=campaigns.get(row.call, ""),
                server=row.server,
                name=row.name,
                state=row.state,
                started_at=row.started_at,
                seconds=row.seconds,
                bytes=row.bytes,
                why=row.why or "",
            )
            for row in rows
        ]

    async def journal(self, *, before: int | None, limit: int) -> Sequence[JournalRow]:
        entries = await self._ask(lambda: queries.journal_tail(self._store, limit, before=before))
        return [
            JournalRow(seq=e.seq, at=e.at, kind=type(e.fact).__name__, fact=_plain(e.fact)) for e in reversed(entries)
        ]

    async def import_leads(self, *, campaign: str, actor: str, chunks: AsyncIterator[bytes]) -> ImportReport:
        with tempfile.TemporaryDirectory(prefix="switchroom-") as folder:
            path = Path(folder) / "list.csv"
            with path.open("wb") as file:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
            rejected: list[RejectedRow] = []

            def reject(row: Reject) -> None:
                if len(rejected) < SHOWN_REJECTS:
                    rejected.append(RejectedRow(line=row.row, why=row.code))

            try:
                report: IntakeReport = await self._ask(
                    lambda: take_in(
                        path,
                        campaign=CampaignId(campaign),
                        batch=f"api {actor}"[:60],
                        region=self._server.region,
                        zone=self._server.zone,
                        add=lambda rows: add_leads(self._store, rows),
                        number_key=self._store.number_key,
                        reject=reject,
                    )
                )
            except SheetFault as fault:
                raise ImportRefused(fault.code, fault.words) from None
        return ImportReport(
            campaign=campaign,
            accepted=report.added,
            rejected=report.rows - report.added,
            rows=tuple(rejected),
        )


def _plain(fact: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(fact)
    fields.pop("type", None)
    fields.pop("number_key", None)
    return fields

"""The store as the desk sees it: questions asked off the loop, numbers masked, lists taken in as they arrive."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from desk.oncall_ports import PartRow, SurveyRow
from desk.ports import BatchRow, CallRow, ImportReport, JournalRow, ListOrder, RecordingRow, RejectedRow
from dialer.amd.report import AmdReport, report
from store import oncall as store_oncall
from store import queries
from store.detection import BIN_S, detected
from switchroom import upload
from switchroom.abandonment import audited
from switchroom.bookwork import Bookwork
from telephony.ids import CampaignId, LeadId
from telephony.views import ContractView

T = TypeVar("T")


class Deskwork(Bookwork):
    """``desk.ports.DeskQueries`` over the store."""

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

    async def contracts(self, *, campaign: str, at: float) -> Sequence[ContractView]:
        settings = self._campaigns.get(campaign)
        if settings is None:
            return ()
        return await self._ask(lambda: audited(self._store, campaign, settings.contracts, self._server.zone, at))

    async def amd(self, *, campaign: str, since: float) -> AmdReport | None:
        settings = self._campaigns.get(campaign)
        if settings is None:
            return None
        amd, until = settings.amd, self._now() + 1.0
        found = await self._ask(
            lambda: detected(self._store, campaign, since=since, until=until, machine=amd.disposition)
        )
        return report(
            found.counted,
            found.times,
            found.causes,
            campaign=campaign,
            stage=amd.stage,
            sample=amd.sample,
            disposition=amd.disposition,
            since=since,
            until=until,
            gone=found.gone,
            bin_s=BIN_S,
        )

    async def parts(self, call: str) -> Sequence[PartRow]:
        rows = await self._ask(lambda: store_oncall.parts_in(self._store, call))
        return [
            PartRow(
                call=call,
                agent=row.agent,
                began_at=row.began_at,
                open=bool(row.open),
                talk_s=row.talk_s,
                hold_s=row.hold_s,
                holds=row.holds,
                long_holds=row.long_holds,
            )
            for row in rows
        ]

    async def surveys(self, since: float) -> Sequence[SurveyRow]:
        found = await self._ask(lambda: store_oncall.surveyed(self._store, since))
        return [
            SurveyRow(
                agent=agent,
                talked=talked,
                sent=sent,
                answered=answered,
                transfer_rate=sent / talked if talked else None,
                answer_rate=answered / sent if sent else None,
                score=score,
            )
            for agent, (talked, sent, answered, score) in sorted(found.items())
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

    async def import_leads(self, order: ListOrder, chunks: AsyncIterator[bytes]) -> ImportReport:
        with tempfile.TemporaryDirectory(prefix="switchroom-") as folder:
            path = Path(folder) / "list"
            with path.open("wb") as file:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
            line = self._campaigns.get(order.campaign)
            owner = line.owner if line is not None else ""
            return await self._ask(lambda: upload.take_upload(self._store, self._server, order, path, owner))

    async def batches(
        self, *, campaign: str | None, state: str | None, before: float | None, limit: int
    ) -> Sequence[BatchRow]:
        return await self._ask(
            lambda: upload.batch_rows(self._store, campaign=campaign, state=state, before=before, limit=limit)
        )

    async def batch(self, id: str) -> BatchRow | None:
        return await self._ask(lambda: upload.batch_row(self._store, id))

    async def batch_rejects(self, id: str, *, after: int, limit: int) -> Sequence[RejectedRow]:
        return await self._ask(lambda: upload.rejected_rows(self._store, id, after=after, limit=limit))


def _plain(fact: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(fact)
    fields.pop("type", None)
    fields.pop("number_key", None)
    return fields

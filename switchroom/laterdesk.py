"""Callbacks, promised calls and messages for the desk, over the store; and the alarm of promises that are overdue."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from config.model import CampaignSettings
from desk.later_ports import CallbackRow, MessageRow, PromiseRow
from store import later
from store.opening import Store
from store.writer import Writer
from switchroom.house import House
from switchroom.laterwork import sound_file
from telephony.facts import Acted, AlarmCleared, AlarmRaised
from telephony.ids import CampaignId, LeadId, ServerId
from telephony.later import AppointmentChanged

log = logging.getLogger(__name__)

T = TypeVar("T")
ALARM = "appointment_overdue"
LOOK_EVERY_S = 60.0


class LaterDesk:
    """``desk.later_ports.LaterBooks`` over the store and the running house."""

    def __init__(
        self,
        store: Store,
        campaigns: Mapping[str, CampaignSettings],
        folders: Mapping[ServerId, Path],
        house: House,
        writer: Writer,
        now: Callable[[], float],
    ) -> None:
        self._store, self._campaigns, self._folders = store, campaigns, folders
        self._house, self._writer, self._now = house, writer, now
        self._raised: set[str] = set()

    async def callbacks(self, *, closed: bool, before: float | None, limit: int) -> Sequence[CallbackRow]:
        rows = await asyncio.to_thread(later.callback_rows, self._store, limit=limit, before=before, all=closed)
        return [
            CallbackRow(
                callback=row.callback,
                queue=row.queue,
                since=row.since,
                state=row.state,
                lead=row.lead,
                agent=row.agent or "",
                tries=row.tries or 0,
                not_before=row.not_before,
                why=row.why or "",
                closed_at=row.closed_at,
            )
            for row in rows
        ]

    async def promises(self, *, campaign: str | None, limit: int) -> Sequence[PromiseRow]:
        name = CampaignId(campaign) if campaign else None
        rows = await asyncio.to_thread(later.appointments, self._store, campaign=name, limit=limit)
        return [
            PromiseRow(
                lead=row.lead,
                campaign=row.campaign,
                promised_at=row.promised_at,
                due=row.due,
                agent=row.agent,
                attempts=row.attempts,
                overdue=self._overdue(row, self._now()),
            )
            for row in rows
        ]

    async def change_promise(self, lead: int, *, at: float | None, agent: str | None, actor: str) -> bool:
        found = await asyncio.to_thread(later.appointment_of, self._store, LeadId(lead))
        if found is None:
            return False
        called_off = at is None and agent is None
        changed = AppointmentChanged(
            lead=LeadId(lead),
            campaign=CampaignId(found.campaign),
            due=None if called_off else found.due if at is None else at,
            agent=found.agent if agent is None else agent,
            actor=actor,
        )
        act = "appointment.cancel" if called_off else "appointment.assign"
        acted = Acted(
            actor=actor, act=act, about=f"lead {lead}", words={"campaign": found.campaign, "agent": agent or ""}
        )
        self._house.core.carry([changed, acted])
        return True

    async def messages(
        self, *, done: bool, agent: str | None, before: float | None, limit: int
    ) -> Sequence[MessageRow]:
        rows = await asyncio.to_thread(
            later.message_rows, self._store, limit=limit, before=before, all=done, agent=agent
        )
        return [
            MessageRow(
                message=row.message,
                queue=row.queue,
                at=row.at,
                seconds=row.seconds,
                found=None if row.looked_at is None else row.bytes is not None,
                agent=row.agent or "",
                branch=row.branch or "",
                round=row.round,
                can_call=row.lead is not None,
                dialled_at=row.dialled_at,
                why=row.why or "",
                result=row.result or "",
                note=row.note or "",
                done_at=row.done_at,
            )
            for row in rows
        ]

    async def sound(self, message: str, actor: str, *, own_only: bool) -> Path | None:
        row = await asyncio.to_thread(later.message_row, self._store, message)
        if row is None or (own_only and row.agent != actor):
            return None
        folder = self._folders.get(ServerId(row.server))
        path = sound_file(folder, row.name) if folder is not None else None
        if path is None or not await asyncio.to_thread(path.is_file):
            return None
        await self._noted(Acted(actor=actor, act="voicemail.hear", about=message))
        return path

    async def _noted(self, act: Acted) -> None:
        """In the audit trail when this returns."""
        loop = asyncio.get_running_loop()
        durable: asyncio.Future[None] = loop.create_future()

        def done() -> None:
            if not durable.done():
                durable.set_result(None)

        self._writer.submit([act], self._now(), done)
        await durable

    async def watch(self) -> None:
        """Look for overdue promises once a minute."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.warning("promised calls could not be looked at: %s", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Raise the alarm of each campaign with overdue promises, and clear those that have none any more."""
        now = self._now()
        rows = await asyncio.to_thread(later.appointments, self._store)
        late: dict[str, int] = {}
        for row in rows:
            if self._overdue(row, now):
                late[row.campaign] = late.get(row.campaign, 0) + 1
        for campaign, count in late.items():
            if campaign not in self._raised:
                self._house.core.feed(AlarmRaised(alarm=ALARM, about=campaign, words={"count": str(count)}))
        for campaign in self._raised - late.keys():
            self._house.core.feed(AlarmCleared(alarm=ALARM, about=campaign))
        self._raised = set(late)

    def _overdue(self, row: later.AppointmentRow, now: float) -> bool:
        settings = self._campaigns.get(row.campaign)
        return settings is not None and now > max(row.promised_at, row.due) + settings.promise_grace_s

"""``desk.dnc_ports.DoNotCallDesk`` over the store: written in a thread, then taken up by the gate before the answer."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from config.model import CampaignSettings, ServerSettings
from desk import dnc_ports as d
from desk.masked import mask_digits
from store import audit, barred
from store.opening import Store
from switchroom import dnc_entries
from switchroom.dnc_entries import EntryFault, Wish
from switchroom.dnc_watch import DoNotCallWatch

T = TypeVar("T")


class DoNotCallBook:
    """The list behind the API of a running floor."""

    def __init__(
        self,
        opened: Store,
        server: ServerSettings,
        campaigns: Mapping[str, CampaignSettings],
        watch: DoNotCallWatch,
        now: Callable[[], float],
    ) -> None:
        self._store = opened
        self._region = server.region
        self._campaigns = campaigns
        self._watch = watch
        self._now = now

    async def complain(self, said: d.Complaint, actor: str) -> d.ComplaintFiled:
        filed = await self._do(
            lambda: dnc_entries.complain(
                self._store,
                number=said.number,
                customer=said.customer,
                how=said.how,
                author=actor,
                region=self._region,
                now=self._now(),
                chain=audit.DESK,
            )
        )
        await self._watch.look()
        return filed

    async def entries(self, *, limit: int, before: int | None, lifted: bool) -> Sequence[d.Barring]:
        found = await self._do(lambda: barred.listing(self._store, limit=limit, before=before, lifted=lifted))
        return [dnc_entries.row_of(one) for one in found]

    async def add(self, said: d.NewEntry, actor: str) -> d.Made:
        fields = msgspec.structs.asdict(said)
        wish = Wish(**{**fields, "reason": mask_digits(said.reason)})

        def put() -> list[int]:
            entry = dnc_entries.entry_of(wish, self._region, self._now())
            return dnc_entries.add(self._store, [entry], source="api", author=actor, now=self._now(), chain=audit.DESK)

        made = await self._do(put)
        await self._watch.look()
        return d.Made(entries=tuple(made))

    async def lift(self, entry: int, actor: str) -> d.Barring:
        def take_off() -> d.Barring:
            dnc_entries.lift(self._store, [entry], author=actor, now=self._now(), chain=audit.DESK)
            found = barred.entry_of(self._store, entry)
            if found is None:
                raise d.DoNotCallRefused(404, "unknown_entry")
            return dnc_entries.row_of(found)

        row = await self._do(take_off)
        await self._watch.look()
        return row

    async def check(self, number: str) -> d.Checked:
        def ask() -> d.Checked:
            whole = dnc_entries.number_in(number, self._region)
            found = dnc_entries.check(self._store, self._watch.bars, whole, self._campaigns, self._now())
            return d.Checked(number=whole.masked, objections=tuple(found))

        return await self._do(ask)

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except EntryFault as fault:
            raise d.DoNotCallRefused(409, f"dnc.{fault.code}", fault.words) from None

"""Callers behind the API and the command line: rows of calls, entries of nuisance callers made and taken off, audited."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from config.model import ServerSettings
from desk import caller_ports as c
from desk.masked import mask_digits
from store import audit, nuisance
from store.inbound import InboundRow, inbound_calls, number_under
from store.nuisance import NuisanceRow
from store.opening import Store
from telephony.facts import Acted
from telephony.ids import CampaignId
from telephony.numbers import NumberFault, parse

T = TypeVar("T")
DAY_S = 86_400.0


class CallersBook:
    """``desk.caller_ports.CallersDesk`` over the store; `chain` is whose acts it keeps."""

    def __init__(
        self, opened: Store, server: ServerSettings, now: Callable[[], float], chain: str = audit.DESK
    ) -> None:
        self._store, self._server, self._now, self._chain = opened, server, now, chain

    async def inbound(
        self, *, queue: str | None, before: float | None, limit: int, abandoned: bool
    ) -> Sequence[c.InboundCall]:
        return await asyncio.to_thread(self.calls, queue, before, limit, abandoned)

    async def nuisance(self, *, limit: int, lifted: bool) -> Sequence[c.NuisanceEntry]:
        return await asyncio.to_thread(self.entries, limit, lifted)

    async def mark(self, said: c.NewNuisance, actor: str) -> c.NuisanceEntry:
        return await asyncio.to_thread(self.add, said, actor)

    async def unmark(self, entry: int, actor: str) -> c.NuisanceEntry:
        return await asyncio.to_thread(self.remove, entry, actor)

    def calls(self, queue: str | None, before: float | None, limit: int, abandoned: bool) -> list[c.InboundCall]:
        rows = inbound_calls(
            self._store, limit=limit, before=before, queue=CampaignId(queue) if queue else None, abandoned=abandoned
        )
        return [self._call(row) for row in rows]

    def entries(self, limit: int, lifted: bool) -> list[c.NuisanceEntry]:
        return [self._entry(row) for row in nuisance.listing(self._store, limit=limit, lifted=lifted)]

    def add(self, said: c.NewNuisance, actor: str) -> c.NuisanceEntry:
        """Put somebody on the list; raises CallerRefused."""
        customer = said.customer.strip()
        if bool(said.number.strip()) == bool(customer):
            raise c.CallerRefused(409, "nuisance_one_of")
        key, shown = 0, ""
        if said.number.strip():
            try:
                number = parse(said.number, self._server.region)
            except NumberFault as fault:
                raise c.CallerRefused(409, "nuisance_number", {"why": fault.why}) from None
            key, shown = self._store.number_key(number), number.masked
        now = self._now()
        days = self._server.nuisance.days if said.days is None else said.days
        made: list[int] = []

        def put(connection: object) -> list[Acted]:
            made.append(
                nuisance.add(
                    connection,
                    number_key=key,
                    customer=customer,
                    shown=shown,
                    reason=mask_digits(said.reason),
                    author=actor,
                    at=now,
                    until=now + days * DAY_S if days else None,
                )
            )
            return [Acted(actor=actor, act="nuisance.add", about=f"entry {made[0]}")]

        audit.keep(self._store, [], now, chain=self._chain, also=put)
        return self._one(made[0])

    def remove(self, entry: int, actor: str) -> c.NuisanceEntry:
        """Take an entry off the list; raises CallerRefused when it is not on it."""
        now = self._now()

        def take_off(connection: object) -> list[Acted]:
            if not nuisance.lift(connection, entry, author=actor, at=now):
                raise c.CallerRefused(404, "unknown_nuisance")
            return [Acted(actor=actor, act="nuisance.remove", about=f"entry {entry}")]

        audit.keep(self._store, [], now, chain=self._chain, also=take_off)
        return self._one(entry)

    def _one(self, entry: int) -> c.NuisanceEntry:
        found = nuisance.entry(self._store, entry)
        if found is None:
            raise c.CallerRefused(404, "unknown_nuisance")
        return self._entry(found)

    def _entry(self, row: NuisanceRow) -> c.NuisanceEntry:
        return c.NuisanceEntry(
            id=row.id,
            number=row.shown or self._masked(row.number_key or 0),
            customer=row.customer,
            reason=row.reason,
            author=row.author,
            at=row.at,
            until=row.until,
            lifted_at=row.lifted_at,
            lifted_by=row.lifted_by,
        )

    def _call(self, row: InboundRow) -> c.InboundCall:
        names = c.InboundCall.__struct_fields__
        return c.InboundCall(
            **{name: getattr(row, name) for name in names if name != "number"}, number=self._masked(row.number_key)
        )

    def _masked(self, number_key: int) -> str:
        number = number_under(self._store, number_key) if number_key else None
        return number.masked if number is not None else ""

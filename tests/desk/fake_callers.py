"""Callers as the desk's tests have them."""

from collections.abc import Sequence

from desk.caller_ports import CallerRefused, InboundCall, NewNuisance, NuisanceEntry

CALL = InboundCall(
    call="pbx1-1772413200.7",
    queue_first="service",
    queue="service",
    server="pbx1",
    customer="k1",
    number="+86138****8000",
    line="4008000100",
    arrived_at=1_772_413_200.0,
    queued_at=1_772_413_200.1,
    connected_at=None,
    ended_at=1_772_413_240.0,
    agent=None,
    waited_s=40.0,
    talk_s=0.0,
    hold_s=0.0,
    way=None,
    way_to=None,
    position=3,
    nuisance=None,
    disposition=None,
)


class FakeCallers:
    """``desk.caller_ports.CallersDesk`` with one call and one entry."""

    async def inbound(
        self, *, queue: str | None, before: float | None, limit: int, abandoned: bool
    ) -> Sequence[InboundCall]:
        return [CALL]

    async def nuisance(self, *, limit: int, lifted: bool) -> Sequence[NuisanceEntry]:
        return [self._entry("wang", "silent")]

    async def mark(self, said: NewNuisance, actor: str) -> NuisanceEntry:
        if bool(said.number) == bool(said.customer):
            raise CallerRefused(409, "nuisance_one_of")
        return self._entry(actor, said.reason)

    async def unmark(self, entry: int, actor: str) -> NuisanceEntry:
        if entry != 7:
            raise CallerRefused(404, "unknown_nuisance")
        return self._entry("wang", "silent")

    def _entry(self, actor: str, reason: str) -> NuisanceEntry:
        return NuisanceEntry(
            id=7,
            number="+86138****8000",
            customer="",
            reason=reason,
            author=actor,
            at=1_772_413_200.0,
            until=None,
            lifted_at=None,
            lifted_by="",
        )

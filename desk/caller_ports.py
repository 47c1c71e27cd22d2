"""What the desk asks about callers: calls that came to us, and the list of nuisance callers; rows masked for pages."""

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec

from desk.bodies import Body


class InboundCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that came to us; instants in epoch seconds. `way` is how it left its queue otherwise than to an agent or by
    hanging up, `position` where the caller stood when he hung up, 0 for not in a queue."""

    call: str
    queue_first: str
    queue: str
    server: str
    customer: str
    number: str
    line: str
    arrived_at: float
    queued_at: float | None
    connected_at: float | None
    ended_at: float | None
    agent: str | None
    waited_s: float | None
    talk_s: float | None
    hold_s: float | None
    way: str | None
    way_to: str | None
    position: int | None
    nuisance: int | None
    disposition: str | None


class NuisanceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry on the list of nuisance callers; `number` masked, "" for a customer's."""

    id: int
    number: str
    customer: str
    reason: str
    author: str
    at: float
    until: float | None
    lifted_at: float | None
    lifted_by: str


class NewNuisance(Body, frozen=True, kw_only=True):
    """Either a number as people write it or a customer; `days` not given takes the setting's, 0 never ends."""

    number: Annotated[str, msgspec.Meta(max_length=40)] = ""
    customer: Annotated[str, msgspec.Meta(max_length=80)] = ""
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    days: Annotated[float, msgspec.Meta(ge=0, le=3650)] | None = None


class NuisanceCall(Body, frozen=True, kw_only=True):
    """The call whose caller is marked, and why."""

    call: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class CallerRefused(Exception):
    """What was asked cannot be done; `code` is what the pages translate."""

    def __init__(self, status: int, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.words = status, code, words or {}


class CallersDesk(Protocol):
    """Callers as the store knows them."""

    async def inbound(
        self, *, queue: str | None, before: float | None, limit: int, abandoned: bool
    ) -> Sequence[InboundCall]:
        """The newest first."""
        ...

    async def nuisance(self, *, limit: int, lifted: bool) -> Sequence[NuisanceEntry]:
        """The newest first."""
        ...

    async def mark(self, said: NewNuisance, actor: str) -> NuisanceEntry:
        """Raises CallerRefused."""
        ...

    async def unmark(self, entry: int, actor: str) -> NuisanceEntry:
        """Raises CallerRefused when there is no such entry in force."""
        ...

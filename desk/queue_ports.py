"""What the desk asks of queues' books, and the rows it gets back: no whole number, shares or None of nobody."""

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec

from desk.bodies import Body


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One queue's decided calls from `begins` (epoch seconds) on; `service_levels` by definition, see docs/acd.md."""

    queue: str
    begins: float
    threshold_s: float
    short_abandon_s: float
    offered: int
    answered: int
    answered_in: int
    abandoned: int
    abandoned_in: int
    short: int
    sent_on: int
    overflowed: int
    asa_s: float | None
    abandonment: float | None
    longest_waited_s: float
    service_levels: dict[str, float | None]


class AbandonedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A caller who gave up; `call` stands for him wherever he is asked for, `number` is masked.

    `called_at`: last called by us since; `reached_at`: an agent had him since; `came_again`: because he called again."""

    call: str
    queue: str
    line: str
    customer: str
    number: str
    gone_at: float
    waited_s: float
    position: int
    called_at: float | None
    reached_at: float | None
    came_again: bool


class SurgeLevelBody(Body, frozen=True, kw_only=True):
    """The level the plan is put on, 1 to 4."""

    level: Annotated[int, msgspec.Meta(ge=0, le=4)]


class QueueRefused(Exception):
    """A wish about callers is not granted; `status` is HTTP's, `code` what the pages translate."""

    def __init__(self, status: int, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.words = words or {}


class QueueBooks(Protocol):
    """Queues' figures from the store."""

    async def report(self, *, queue: str | None, since: float, until: float, by: str) -> Sequence[ReportRow]:
        """By quarter, hour, day or span."""
        ...

    async def abandoned(
        self, *, queue: str | None, since: float, until: float, limit: int, unreached: bool
    ) -> Sequence[AbandonedRow]:
        """The newest first."""
        ...

    async def call_again(self, *, call: str, actor: str) -> None:
        """Have the caller who gave up in that call dialled; raises QueueRefused: unknown_caller, caller_withheld,
        caller_called, no_callback_campaign."""
        ...

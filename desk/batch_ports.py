"""Batches at the desk: what is asked of them, what comes back, and who does it, as a Protocol."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

import msgspec

from desk.bodies import Body, Short
from telephony.views import StockView

Count = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
Part = Annotated[float, msgspec.Meta(ge=0, le=1)]
Instant = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


class Allocate(Body, frozen=True, kw_only=True):
    """Give customers to one group or one agent: so many, or a share of the batch."""

    group: Short | None = None
    agent: Short | None = None
    count: Count | None = None
    share: Part | None = None
    order: Literal["random", "oldest", "fresh"] = "random"


class Withdraw(Body, frozen=True, kw_only=True):
    """Take customers back from a group, from an agent, or from all when neither is named; all of them without `count`."""

    group: Short | None = None
    agent: Short | None = None
    count: Count | None = None


class Release(Body, frozen=True, kw_only=True):
    """Up to which share of the batch may be dialled; `recovered` lets what was taken back be dialled by all again."""

    share: Part
    recovered: bool = False


class Close(Body, frozen=True, kw_only=True):
    """Close at an instant (epoch seconds), at once without one; `never` takes back a set end."""

    at: Instant | None = None
    never: bool = False


class Cutover(Body, frozen=True, kw_only=True):
    """Close at an instant (epoch seconds) and open the successor up to `share`."""

    successor: Short
    at: Instant
    share: Part = 1.0


class Trial(Body, frozen=True, kw_only=True):
    """Dial only a sample: so many customers, or a share of the batch."""

    count: Count | None = None
    share: Part | None = None


class Aim(Body, frozen=True, kw_only=True):
    """Targets of a batch; without any of them those its trial has measured."""

    connect_rate: Part | None = None
    success_rate: Part | None = None
    calls_per_hour: Annotated[float, msgspec.Meta(ge=0, le=1000)] | None = None


Wish = Allocate | Withdraw | Release | Close | Cutover | Trial | Aim


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: how many customers changed hands by it."""

    batch: str
    moved: int


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Who has how many customers of a batch: `holder` is everybody, held, closed, group:NAME or agent:NUMBER."""

    holder: str
    leads: int
    open: int
    fresh: int


class RateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its 95 % interval; None of none."""

    count: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


class MeasuresRow(msgspec.Struct, frozen=True, kw_only=True):
    """What customers dialled so far have brought."""

    leads: int
    done: int
    attempts: int
    connect: RateRow
    success: RateRow
    agent_hours: float
    calls_per_hour: float | None


class TargetsRow(msgspec.Struct, frozen=True, kw_only=True):
    connect_rate: float
    success_rate: float
    calls_per_hour: float


class LifeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as managers see it; `share` may be dialled. Instants are epoch seconds."""

    id: str
    campaign: str
    state: str
    added: int
    share: float
    created_at: float
    opened_at: float | None
    close_at: float | None
    closed_at: float | None
    successor: str | None
    trial: float | None
    trial_at: float | None
    targets: TargetsRow | None


class LifeDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One batch with who holds its customers and what they have brought; `trial` measures the sample alone."""

    batch: LifeRow
    holdings: tuple[Holding, ...]
    measures: MeasuresRow
    trial: MeasuresRow | None


class BatchWishRefused(Exception):
    """The wish cannot be met; `code` is what the pages translate."""

    def __init__(self, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.words = words or {}


class BatchDesk(Protocol):
    """The batches as the desk sees them."""

    async def lives(self, *, campaign: str | None) -> Sequence[LifeRow]: ...

    async def life(self, batch: str) -> LifeDetail:
        """Raises BatchWishRefused when there is no such batch."""
        ...

    async def put(self, batch: str, wish: Wish, actor: str) -> Done:
        """Do what a manager wants; raises BatchWishRefused."""
        ...

    async def recover(self, actor: str) -> Done:
        """Take back now whatever has been out for its months."""
        ...

    def forecast(self) -> Sequence[StockView]:
        """How long the customers of each campaign and group last today."""
        ...

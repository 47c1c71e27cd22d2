"""What the desk asks of the books that only some may read or change: reveals, requests, exports, audit trail, refusals."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec


class ActRow(msgspec.Struct, frozen=True, kw_only=True):
    """An act of the audit trail: its chain and its number there, its instant, who did what to what."""

    chain: str
    n: int
    at: float
    actor: str
    act: str
    about: str
    words: dict[str, str]
    hash: str


class RefusalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the gate: how often it refused, first and last (epoch seconds), by campaign, and a few leads."""

    rule: str
    times: int
    first_at: float
    last_at: float
    campaigns: dict[str, int]
    leads: tuple[int, ...]


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A change request; `before` and `after` hold the fields in question, numbers masked."""

    id: int
    at: float
    actor: str
    lead: int
    campaign: str
    state: str
    before: dict[str, Any]
    after: dict[str, Any]
    decided_at: float | None = None
    decider: str = ""
    why: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A change request was taken."""

    id: int


class Revealed(msgspec.Struct, frozen=True, kw_only=True):
    """One whole number, for whoever gave a reason."""

    lead: int
    number: str


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """A finished file, already in the audit trail; whoever takes it removes it."""

    path: Path
    name: str
    rows: int
    sha256: str


class BooksRefused(Exception):
    """The books do not do it; `status` is HTTP's, `code` what the pages translate."""

    def __init__(self, status: int, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.words = words or {}


class Books(Protocol):
    """The guarded part of the store. Whatever is granted is durable in journal and audit trail before the answer."""

    async def reveal(self, *, lead: int, reason: str, actor: str) -> Revealed:
        """One number; raises BooksRefused: unknown_lead, too_many_reveals, store_sick."""
        ...

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
        """Put a change request down; raises BooksRefused."""
        ...

    async def changes(self, *, state: str | None, limit: int) -> Sequence[ChangeRow]:
        """Change requests, the newest first."""
        ...

    async def decide_change(self, *, request: int, approve: bool, why: str, actor: str) -> None:
        """Approve or refuse one; raises BooksRefused."""
        ...

    async def export(
        self, *, what: str, form: str, campaign: str | None, whole: bool, reason: str, actor: str
    ) -> Exported:
        """Write a file; raises BooksRefused."""
        ...

    async def acts(
        self, *, before: float | None, since: float | None, actor: str | None, act: str | None, limit: int
    ) -> Sequence[ActRow]:
        """The audit trail, newest first."""
        ...

    async def refusals(self, *, since: float, campaign: str | None) -> Sequence[RefusalRow]:
        """Refusals by rule, most frequent first."""
        ...

    async def note(self, *, actor: str, act: str, about: str, words: dict[str, str]) -> None:
        """Put an act into the audit trail; raises BooksRefused when the store is down."""
        ...

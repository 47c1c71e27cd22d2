"""Guarded books for the desk's tests: a customer, a request, a trail; `noted` holds what was put into it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from desk.books import ActRow, Asked, BooksRefused, ChangeRow, Exported, RefusalRow, Revealed

EPOCH = 1_790_000_000.0
WHOLE = "+8613912345678"


class FakeBooks:
    """Customer 7 and request 7 are there, nobody else; `sick` is a store that takes nothing."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str, str, dict[str, str]]] = []
        self.sick = False
        self.exports: list[dict[str, object]] = []

    def _take(self, actor: str, act: str, about: str, **words: str) -> None:
        if self.sick:
            raise BooksRefused(503, "store_sick")
        self.noted.append((actor, act, about, words))

    async def reveal(self, *, lead: int, reason: str, actor: str) -> Revealed:
        if lead != 7:
            raise BooksRefused(404, "unknown_lead")
        self._take(actor, "number.reveal", f"lead {lead}", reason=reason)
        return Revealed(lead=lead, number=WHOLE)

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
        self._take(actor, "change.ask", f"lead {lead}")
        return Asked(id=7)

    async def changes(self, *, state: str | None, limit: int) -> Sequence[ChangeRow]:
        row = ChangeRow(
            id=7, at=EPOCH, actor="1001", lead=7, campaign="spring", state="open",
            before={"name": "王芳", "extra": {"note": "13800138000"}}, after={"name": "王芬 13800138000"},
        )  # fmt: skip
        return [row] if state in ("open", None) else []

    async def decide_change(self, *, request: int, approve: bool, why: str, actor: str) -> None:
        if request != 7:
            raise BooksRefused(404, "unknown_request")
        self._take(actor, "change.approve" if approve else "change.refuse", f"lead {request}")

    async def export(
        self, *, what: str, form: str, campaign: str | None, whole: bool, reason: str, actor: str
    ) -> Exported:
        self.exports.append({"what": what, "form": form, "campaign": campaign, "whole": whole, "reason": reason})
        self._take(actor, "data.export", what)
        with tempfile.NamedTemporaryFile(suffix=f".{form}", delete=False) as file:
            file.write(b"lead,number\n7,+86139****5678\n")
        return Exported(path=Path(file.name), name=f"{what}.{form}", rows=1, sha256="ab" * 32)

    async def acts(
        self, *, before: float | None, since: float | None, actor: str | None, act: str | None, limit: int
    ) -> Sequence[ActRow]:
        words = {"reason": "customer asked for 13800138000"}
        return [
            ActRow(
                chain="desk", n=1, at=EPOCH, actor="wang", act="number.reveal", about="lead 7", words=words, hash="ab"
            )
        ]

    async def refusals(self, *, since: float, campaign: str | None) -> Sequence[RefusalRow]:
        if campaign not in (None, "spring"):
            return []
        return [
            RefusalRow(
                rule=rule, times=times, first_at=EPOCH - 3600, last_at=EPOCH, campaigns={"spring": times}, leads=(7, 9)
            )
            for rule, times in (("window", 912), ("frequency", 340), ("do_not_call", 61), ("abandon_rest", 4))
        ]

    async def note(self, *, actor: str, act: str, about: str, words: dict[str, str]) -> None:
        self._take(actor, act, about, **words)

"""The handlers for what only some may see or change: reveals, change requests, exports, the audit trail, refusals."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from config.rights import Right
from desk import bodies
from desk.asked import asked, body_of
from desk.books import Books, BooksRefused
from desk.faults import Refusal
from desk.guard import ACTOR, demand
from desk.masked import mask_digits
from desk.route import Route
from telephony.ports import Floor

T = TypeVar("T")
KINDS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
DAY_S = 86_400.0
CHUNK = 256 * 1024


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")


class Trust:
    """One method for each `name` of the route table that has to do with the books."""

    def __init__(self, books: Books, floor: Floor) -> None:
        self._books = books
        self._floor = floor

    async def reveal(self, request: web.Request, route: Route) -> web.Response:
        said: bodies.Reason = await body_of(request, route)
        reason = _reason(said.reason)
        return _json(
            await _granted(
                self._books.reveal(lead=_serial(request, "unknown_lead"), reason=reason, actor=request[ACTOR])
            )
        )

    async def ask_change(self, request: web.Request, route: Route) -> web.Response:
        said: bodies.Change = await body_of(request, route)
        return _json(
            await _granted(
                self._books.ask_change(
                    lead=_serial(request, "unknown_lead"),
                    name=said.name,
                    number=said.number,
                    zone=said.zone,
                    extra=said.extra,
                    actor=request[ACTOR],
                )
            )
        )

    async def changes(self, request: web.Request, route: Route) -> web.Response:
        limits = asked(request, route)
        state = request.query.get("state", "open")
        if state not in ("open", "approved", "refused", "all"):
            raise Refusal(422, "wrong_field", {"where": "state"})
        rows = await self._books.changes(state=None if state == "all" else state, limit=int(limits.get("limit", 100)))
        return _json([_masked(row) for row in rows])

    async def decide_change(self, request: web.Request, route: Route) -> web.Response:
        said: bodies.Why = await body_of(request, route)
        await _granted(
            self._books.decide_change(
                request=_serial(request, "unknown_request"),
                approve=route.path.endswith("/approve"),
                why=said.why,
                actor=request[ACTOR],
            )
        )
        return _json(bodies.Granted())

    async def export(self, request: web.Request, route: Route) -> web.StreamResponse:
        said: bodies.Export = await body_of(request, route)
        if said.whole_numbers:
            demand(request, Right.NUMBER_REVEAL)
            _reason(said.reason)
        if said.campaign is not None and all(one.id != said.campaign for one in self._floor.view().campaigns):
            raise Refusal(404, "unknown_campaign")
        done = await _granted(
            self._books.export(
                what=said.what,
                form=said.format,
                campaign=said.campaign,
                whole=said.whole_numbers,
                reason=said.reason,
                actor=request[ACTOR],
            )
        )
        try:
            response = web.StreamResponse(
                headers={
                    "Content-Type": KINDS[said.format],
                    "Content-Disposition": f'attachment; filename="{done.name}"',
                    "Content-Length": str(done.path.stat().st_size),
                    "X-Rows": str(done.rows),
                    "X-Content-SHA256": done.sha256,
                    "Cache-Control": "no-store",
                    "X-Content-Type-Options": "nosniff",
                }
            )
            await response.prepare(request)
            with done.path.open("rb") as file:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    await response.write(chunk)
            await response.write_eof()
        finally:
            done.path.unlink(missing_ok=True)
        return response

    async def audit(self, request: web.Request, route: Route) -> web.Response:
        limits = asked(request, route)
        rows = await self._books.acts(
            before=limits.get("before"),
            since=limits.get("since"),
            actor=request.query.get("actor"),
            act=request.query.get("act"),
            limit=int(limits.get("limit", 100)),
        )
        return _json(
            [
                msgspec.structs.replace(
                    row,
                    about=mask_digits(row.about),
                    words={name: word if name in _PLAIN else mask_digits(word) for name, word in row.words.items()},
                )
                for row in rows
            ]
        )

    async def refusals(self, request: web.Request, route: Route) -> web.Response:
        limits = asked(request, route)
        since = limits.get("since", self._floor.view().at - DAY_S)
        return _json(await self._books.refusals(since=since, campaign=request.query.get("campaign")))


_PLAIN = frozenset({"sha256", "request", "rows"})


def _masked(row: Any) -> Any:
    """A change request with the numbers people wrote into its texts masked."""

    def clean(fields: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {key: mask_digits(str(inner)) for key, inner in value.items()}
            if isinstance(value, dict)
            else mask_digits(str(value))
            for name, value in fields.items()
        }

    return msgspec.structs.replace(row, before=clean(row.before), after=clean(row.after), why=mask_digits(row.why))


def _reason(text: str) -> str:
    if not text.strip():
        raise Refusal(422, "reason_missing")
    return text.strip()


def _serial(request: web.Request, code: str) -> int:
    text = request.match_info["id"]
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refusal(404, code)
    return int(text)


async def _granted(wish: Awaitable[T]) -> T:
    try:
        return await wish
    except BooksRefused as refused:
        raise Refusal(refused.status, refused.code, refused.words) from None

"""The handlers of callers: calls that came to us, and the list of nuisance callers."""

from typing import Any

import msgspec
from aiohttp import web

from desk.asked import asked, body_of
from desk.caller_ports import CallerRefused, CallersDesk
from desk.faults import Refusal
from desk.guard import ACTOR
from desk.masked import mask_digits
from desk.route import Route


class CallerApi:
    """One method for each `name` of the route table that is about callers."""

    def __init__(self, desk: CallersDesk) -> None:
        self._callers = desk

    async def inbound(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        rows = self._callers.inbound(
            queue=request.query.get("queue"),
            before=said.get("before"),
            limit=int(said.get("limit", 100)),
            abandoned=bool(said.get("abandoned")),
        )
        return await _answer(rows)

    async def nuisance(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        return await _answer(self._callers.nuisance(limit=int(said.get("limit", 100)), lifted=bool(said.get("lifted"))))

    async def mark_nuisance(self, request: web.Request, route: Route) -> web.Response:
        said = await body_of(request, route)
        return await _answer(self._callers.mark(said, request[ACTOR]))

    async def unmark_nuisance(self, request: web.Request, route: Route) -> web.Response:
        text = request.match_info["id"]
        if not (text.isascii() and text.isdigit() and len(text) < 18):
            raise Refusal(404, "unknown_nuisance")
        return await _answer(self._callers.unmark(int(text), request[ACTOR]))


async def _answer(asking: Any) -> web.Response:
    try:
        content = await asking
    except CallerRefused as refused:
        words = {name: mask_digits(word) for name, word in refused.words.items()}
        raise Refusal(refused.status, refused.code, words) from None
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")

"""The handlers of the do-not-call list."""

from typing import Any

import msgspec
from aiohttp import web

from desk.asked import asked, body_of
from desk.dnc_ports import DoNotCallDesk, DoNotCallRefused
from desk.faults import Refusal
from desk.guard import ACTOR
from desk.masked import mask_digits
from desk.route import Route


class DoNotCallApi:
    """One method for each `name` of the route table that is about the do-not-call list."""

    def __init__(self, book: DoNotCallDesk) -> None:
        self._book = book

    async def complain(self, request: web.Request, route: Route) -> web.Response:
        said = await body_of(request, route)
        return await _answer(self._book.complain(said, request[ACTOR]))

    async def do_not_call(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        before = said.get("before")
        return await _answer(
            self._book.entries(
                limit=int(said.get("limit", 100)),
                before=None if before is None else int(before),
                lifted=bool(said.get("lifted")),
            )
        )

    async def bar(self, request: web.Request, route: Route) -> web.Response:
        said = await body_of(request, route)
        return await _answer(self._book.add(said, request[ACTOR]))

    async def check_number(self, request: web.Request, route: Route) -> web.Response:
        said = await body_of(request, route)
        return await _answer(self._book.check(said.number))

    async def lift_bar(self, request: web.Request, route: Route) -> web.Response:
        text = request.match_info["id"]
        if not (text.isascii() and text.isdigit() and len(text) < 18):
            raise Refusal(404, "unknown_entry")
        return await _answer(self._book.lift(int(text), request[ACTOR]))


async def _answer(asking: Any) -> web.Response:
    try:
        content = await asking
    except DoNotCallRefused as refused:
        words = {name: mask_digits(word) for name, word in refused.words.items()}
        raise Refusal(refused.status, refused.code, words) from None
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")

"""The handlers of batches: what managers see of them and what they want done."""

from typing import Any

import msgspec
from aiohttp import web

from desk.asked import asked, body_of
from desk.batch_ports import BatchDesk, BatchWishRefused
from desk.faults import Refusal
from desk.guard import ACTOR
from desk.masked import mask_digits
from desk.route import Route


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")


class BatchApi:
    """One method for each `name` of the route table that is about batches' lives."""

    def __init__(self, batches: BatchDesk) -> None:
        self._batches = batches

    async def batch_lives(self, request: web.Request, route: Route) -> web.Response:
        asked(request, route)
        return _json(await self._batches.lives(campaign=request.query.get("campaign")))

    async def batch_life(self, request: web.Request, route: Route) -> web.Response:
        try:
            return _json(await self._batches.life(request.match_info["id"]))
        except BatchWishRefused as refused:
            raise _refusal(refused) from None

    async def ask_batch(self, request: web.Request, route: Route) -> web.Response:
        wish = await body_of(request, route)
        try:
            return _json(await self._batches.put(request.match_info["id"], wish, request[ACTOR]))
        except BatchWishRefused as refused:
            raise _refusal(refused) from None

    async def recover_batches(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        return _json(await self._batches.recover(request[ACTOR]))

    async def forecast(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._batches.forecast())


def _refusal(refused: BatchWishRefused) -> Refusal:
    words = {name: mask_digits(word) for name, word in refused.words.items()}
    return Refusal(404 if refused.code == "unknown_batch" else 409, refused.code, words)

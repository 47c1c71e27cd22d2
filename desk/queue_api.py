"""The handlers of queues' figures, of abandoned callers and of the surge plan."""

from typing import Any

import msgspec
from aiohttp import web

from desk.asked import asked, body_of
from desk.bodies import Granted
from desk.faults import Refusal
from desk.guard import ACTOR
from desk.queue_ports import QueueBooks, QueueRefused, SurgeLevelBody
from desk.route import Route
from telephony.ports import Floor
from telephony.surge import SurgeAsked

DAY_S = 86_400.0
SPANS = ("quarter", "hour", "day", "span")


class QueueApi:
    """One method for each `name` of the route table that has to do with queues."""

    def __init__(self, floor: Floor, books: QueueBooks | None) -> None:
        self._floor = floor
        self._books = books

    async def queues(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._floor.view().queues)

    async def queue_report(self, request: web.Request, route: Route) -> web.Response:
        queue, since, until = self._asked(request, route)
        by = request.query.get("by", "day")
        if by not in SPANS:
            raise Refusal(422, "wrong_field", {"where": "by"})
        rows = await self._books.report(queue=queue, since=since, until=until, by=by) if self._books else ()
        return _json(rows)

    async def abandoned_callers(self, request: web.Request, route: Route) -> web.Response:
        queue, since, until = self._asked(request, route)
        said = asked(request, route)
        if self._books is None:
            return _json(())
        rows = await self._books.abandoned(
            queue=queue,
            since=since,
            until=until,
            limit=int(said.get("limit", 100)),
            unreached=bool(said.get("unreached", 0)),
        )
        return _json(rows)

    async def call_again(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        if self._books is None:
            raise Refusal(404, "unknown_caller")
        try:
            await self._books.call_again(call=request.match_info["id"], actor=request[ACTOR])
        except QueueRefused as refused:
            raise Refusal(refused.status, refused.code, refused.words) from None
        return _json(Granted())

    async def surge(self, request: web.Request, route: Route) -> web.Response:
        plan = self._floor.view().surge
        if plan is None:
            raise Refusal(409, "no_queues")
        return _json(plan)

    async def enter_surge(self, request: web.Request, route: Route) -> web.Response:
        said: SurgeLevelBody = await body_of(request, route)
        return self._ask(SurgeAsked(actor=request[ACTOR], level=said.level))

    async def leave_surge(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        return self._ask(SurgeAsked(actor=request[ACTOR], level=None))

    def _ask(self, ask: SurgeAsked) -> web.Response:
        refused = self._floor.ask(ask)
        if refused is not None:
            raise Refusal(409, refused.code, refused.words)
        return _json(Granted())

    def _asked(self, request: web.Request, route: Route) -> tuple[str | None, float, float]:
        """Queue, begin and end; the last day when nothing is said."""
        said, view = asked(request, route), self._floor.view()
        queue = request.query.get("queue")
        if queue is not None and all(one.id != queue for one in view.queues):
            raise Refusal(404, "unknown_queue")
        until = said.get("until", view.at)
        return queue, said.get("since", until - DAY_S), until


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")

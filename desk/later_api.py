"""The handlers of callbacks, promised calls and messages."""

from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from config.rights import Right
from desk.asked import asked, body_of
from desk.bodies import Granted
from desk.faults import Refusal
from desk.guard import ACTOR, RIGHTS
from desk.later_ports import LaterBooks, SoundPlace
from desk.masked import mask_digits
from desk.route import Route
from telephony.later import CallbackCancelAsked
from telephony.ports import Floor


class LaterApi:
    """One method for each `name` of the route table that has to do with calls served later."""

    def __init__(self, floor: Floor, books: LaterBooks | None) -> None:
        self._floor, self._books = floor, books

    async def callbacks(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        if self._books is None:
            return _json(())
        return _json(
            await self._books.callbacks(
                closed=bool(said.get("closed")), before=said.get("before"), limit=int(said.get("limit", 100))
            )
        )

    async def cancel_callback(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        refused = self._floor.ask(CallbackCancelAsked(actor=request[ACTOR], callback=request.match_info["id"][:80]))
        if refused is not None:
            raise Refusal(404, refused.code, {key: mask_digits(word) for key, word in refused.words.items()})
        return _json(Granted())

    async def promises(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        if self._books is None:
            return _json(())
        rows = await self._books.promises(campaign=request.query.get("campaign"), limit=int(said.get("limit", 100)))
        return _json(rows)

    async def assign_promise(self, request: web.Request, route: Route) -> web.Response:
        said = await body_of(request, route)
        if said.agent and all(known.id != said.agent for known in self._floor.view().agents):
            raise Refusal(409, "agent_unknown", {"agent": mask_digits(said.agent)})
        return await self._change(request, at=said.at, agent=said.agent)

    async def cancel_promise(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        return await self._change(request, at=None, agent=None)

    async def messages(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        if self._books is None:
            return _json(())
        return _json(
            await self._books.messages(
                done=bool(said.get("done")),
                agent=request.query.get("agent"),
                before=said.get("before"),
                limit=int(said.get("limit", 100)),
            )
        )

    async def message_sound(self, request: web.Request, route: Route) -> web.StreamResponse:
        await body_of(request, route)
        path = await self._sound(request)
        return web.FileResponse(path, headers={"Content-Type": "audio/wav"})

    async def message_path(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        return _json(SoundPlace(path=str(await self._sound(request))))

    async def _sound(self, request: web.Request) -> Path:
        message = request.match_info["id"][:80]
        own_only = Right.AGENT_ANY not in request[RIGHTS]
        path = await self._books.sound(message, request[ACTOR], own_only=own_only) if self._books is not None else None
        if path is None:
            raise Refusal(404, "message_no_sound", {"message": mask_digits(message)})
        return path

    async def _change(self, request: web.Request, *, at: float | None, agent: str | None) -> web.Response:
        text = request.match_info["id"]
        known = text.isascii() and text.isdigit() and len(text) < 18 and self._books is not None
        books = self._books
        if (
            not known
            or books is None
            or not await books.change_promise(int(text), at=at, agent=agent, actor=request[ACTOR])
        ):
            raise Refusal(404, "appointment_unknown", {"lead": mask_digits(text[:20])})
        return _json(Granted())


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")

"""The handlers of live calls: listing them, supervisors' wishes, pauses of recordings."""

from typing import Any

import msgspec
from aiohttp import web

from config.rights import Right
from desk.asked import asked, body_of
from desk.bodies import Granted
from desk.call_ports import CallBooks, LiveCallRow
from desk.faults import Refusal
from desk.guard import ACTOR, RIGHTS, demand
from desk.masked import mask_digits
from desk.route import Route
from telephony.agents import Ask
from telephony.ids import AgentId, CallId
from telephony.ports import Floor
from telephony.supervising import Ear, PauseAsked, StepOutAsked, SuperviseAsked, TakeOverAsked


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")


class CallApi:
    """One method for each `name` of the route table that is about live calls."""

    def __init__(self, floor: Floor, books: CallBooks | None) -> None:
        self._floor = floor
        self._books = books

    async def live_calls(self, request: web.Request, route: Route) -> web.Response:
        asked(request, route)
        view = self._floor.view()
        may = Right.CALL_LISTEN in request[RIGHTS]
        return _json(
            [
                LiveCallRow(
                    id=call.id,
                    campaign=call.campaign,
                    stage=call.stage,
                    since=call.since,
                    agent=call.agent,
                    supervisors=tuple(s.supervisor for s in view.supervisions if s.call == call.id and (may or s.told)),
                )
                for call in view.calls
            ]
        )

    async def call_marks(self, request: web.Request, route: Route) -> web.Response:
        asked(request, route)
        if self._books is None:
            return _json(())
        marks = await self._books.marks(request.match_info["id"])
        if not marks:
            raise Refusal(404, "unknown_call")
        return _json(marks)

    async def supervisions(self, request: web.Request, route: Route) -> web.Response:
        asked(request, route)
        return _json(self._floor.view().supervisions)

    async def past_supervisions(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        if self._books is None:
            return _json(())
        return _json(await self._books.supervised(before=said.get("before"), limit=int(said.get("limit", 100))))

    async def supervise(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        ear = Ear(route.path.rpartition("/")[2])
        return self._put(SuperviseAsked(actor=request[ACTOR], call=CallId(request.match_info["id"]), ear=ear))

    async def take_over(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        return self._put(TakeOverAsked(actor=request[ACTOR], call=CallId(request.match_info["id"])))

    async def step_out(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        return self._put(StepOutAsked(actor=request[ACTOR]))

    async def pause_recording(self, request: web.Request, route: Route) -> web.Response:
        await body_of(request, route)
        call = CallId(request.match_info["id"])
        return self._put(PauseAsked(actor=request[ACTOR], call=call, pause=route.path.endswith("/pause")))

    async def pause_own_recording(self, request: web.Request, route: Route) -> web.Response:
        agent = request.match_info["id"]
        if agent != request[ACTOR]:
            demand(request, Right.RECORDING_PAUSE)
        await body_of(request, route)
        return self._put(PauseAsked(actor=request[ACTOR], agent=AgentId(agent), pause=route.path.endswith("-pause")))

    def _put(self, ask: Ask) -> web.Response:
        refused = self._floor.ask(ask)
        if refused is not None:
            status = 404 if refused.code == "call_gone" else 409
            raise Refusal(status, refused.code, {key: mask_digits(word) for key, word in refused.words.items()})
        return _json(Granted())

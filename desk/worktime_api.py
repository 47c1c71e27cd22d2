"""The handlers of agents' time: break tokens, reasons, history, working-time use."""

from typing import Any

import msgspec
from aiohttp import web

from desk.asked import asked
from desk.faults import Refusal
from desk.route import Route
from desk.worktime_ports import WorktimeBooks
from telephony.ports import Floor

DAY_S = 86_400.0


class WorktimeApi:
    """One method for each `name` of the route table that has to do with agents' time."""

    def __init__(self, floor: Floor, books: WorktimeBooks | None) -> None:
        self._floor = floor
        self._books = books

    async def breaks(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._floor.view().breaks)

    async def not_ready_reasons(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._books.reasons() if self._books else ())

    async def agent_history(self, request: web.Request, route: Route) -> web.Response:
        agent = self._known(request.match_info["id"])
        since, until = self._span(request, route)
        return _json(await self._books.history(agent=agent, since=since, until=until) if self._books else ())

    async def utilisation(self, request: web.Request, route: Route) -> web.Response:
        agent = request.query.get("agent")
        since, until = self._span(request, route)
        only = None if agent is None else self._known(agent)
        return _json(await self._books.worktimes(agent=only, since=since, until=until) if self._books else ())

    def _known(self, agent: str) -> str:
        if all(known.id != agent for known in self._floor.view().agents):
            raise Refusal(404, "unknown_agent")
        return agent

    def _span(self, request: web.Request, route: Route) -> tuple[float, float]:
        said = asked(request, route)
        until = said.get("until", self._floor.view().at)
        return said.get("since", until - DAY_S), until


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")

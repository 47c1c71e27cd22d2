"""The handlers about routing."""

from typing import Any

import msgspec
from aiohttp import web

from desk.asked import body_of
from desk.bodies import Granted
from desk.faults import Refusal
from desk.guard import ACTOR
from desk.masked import mask_digits
from desk.route import Route
from desk.routing_ports import RoutingDesk
from telephony.agents import AgentAsk
from telephony.certificates import CertifyAsked, DecertifyAsked
from telephony.ids import AgentId
from telephony.ports import Floor

DAY_S = 86_400.0


class RoutingApi:
    """One method for each `name` of the route table that is about routing."""

    def __init__(self, floor: Floor, book: RoutingDesk) -> None:
        self._floor = floor
        self._book = book

    async def why_agent(self, request: web.Request, route: Route) -> web.Response:
        rows = await self._book.offers(request.match_info["id"])
        if not rows:
            raise Refusal(404, "never_offered")
        return _json(rows)

    async def certificates(self, request: web.Request, route: Route) -> web.Response:
        return _json(await self._book.certificates())

    async def certify(self, request: web.Request, route: Route) -> web.Response:
        said = await body_of(request, route)
        until = None if said.days is None else self._floor.view().at + said.days * DAY_S
        return self._ask(CertifyAsked(actor=request[ACTOR], agent=_agent(request), skill=said.skill, until=until))

    async def decertify(self, request: web.Request, route: Route) -> web.Response:
        said = await body_of(request, route)
        return self._ask(
            DecertifyAsked(actor=request[ACTOR], agent=_agent(request), skill=said.skill, why=mask_digits(said.why))
        )

    def _ask(self, ask: AgentAsk) -> web.Response:
        if all(agent.id != ask.agent for agent in self._floor.view().agents):
            raise Refusal(404, "unknown_agent")
        refused = self._floor.ask(ask)
        if refused is not None:
            raise Refusal(409, refused.code, refused.words)
        return _json(Granted())


def _agent(request: web.Request) -> AgentId:
    return AgentId(request.match_info["id"])


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")

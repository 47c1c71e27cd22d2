"""The handlers of the route table: read the view or the store, or put a wish to the floor."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from aiohttp import web

from config.rights import Right
from desk.asked import asked, body_of
from desk.asks import AGENT_ASKS
from desk.bodies import Granted, Status
from desk.discreet import may_be_told
from desk.faults import Refusal
from desk.guard import ACTOR, RIGHTS, demand
from desk.masked import mask_digits, mask_fields
from desk.ports import BatchRow, DeskQueries, ImportRefused, ListOrder
from desk.route import PREFIX, Route
from desk.routes import ROUTES
from desk.trust import Trust
from telephony.agents import Ask, CampaignAction, CampaignAsked
from telephony.ids import AgentId, CampaignId
from telephony.ports import Floor
from telephony.views import CampaignView

MAX_LIST_BYTES = 256 * 1024 * 1024
DAY_S = 86_400.0
CHUNK = 64 * 1024
_LISTS = (
    *("text/csv", "application/csv", "application/octet-stream"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel.sheet.macroenabled.12",
)


def _json(content: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json", charset="utf-8")


class Api:
    """One method for each `name` of the route table."""

    def __init__(self, floor: Floor, queries: DeskQueries, not_ready_reasons: Sequence[str], *further: object) -> None:
        """`further` are objects with the methods this one has not."""
        self._floor = floor
        self._queries = queries
        self._reasons = list(not_ready_reasons)
        self._further = (Trust(queries, floor), *further)

    def install(self, router: web.UrlDispatcher) -> None:
        """Add every route of the table; a name without a method fails here, at start."""
        for route in ROUTES:
            router.add_route(route.method, PREFIX + route.path, self._bound(route))

    def _bound(self, route: Route) -> Any:
        having = next((one for one in (self, *self._further) if hasattr(one, route.name)), self)
        method = getattr(having, route.name)

        async def handler(request: web.Request) -> web.StreamResponse:
            demand(request, route.right)
            result: web.StreamResponse = await method(request, route)
            return result

        return handler

    async def status(self, request: web.Request, route: Route) -> web.Response:
        view = self._floor.view()
        return _json(
            Status(
                at=view.at,
                simulated=view.simulated,
                version=view.version,
                actor=request[ACTOR],
                agents=dict(Counter(agent.state for agent in view.agents)),
                calls=dict(sum((Counter(campaign.stages) for campaign in view.campaigns), Counter())),
                campaigns={campaign.id: campaign.state for campaign in view.campaigns},
                alarms=len(view.alarms),
                not_ready_reasons=self._reasons,
            )
        )

    async def agents(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._floor.view().agents)

    async def campaigns(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._floor.view().campaigns)

    async def campaign(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._campaign(request))

    async def contracts(self, request: web.Request, route: Route) -> web.Response:
        campaign, at = self._campaign(request), asked(request, route).get("at")
        if at is None:
            return _json(campaign.contracts)
        return _json(await self._queries.contracts(campaign=campaign.id, at=at))

    async def amd(self, request: web.Request, route: Route) -> web.Response:
        said, campaign = asked(request, route), self._campaign(request).id
        found = await self._queries.amd(campaign=campaign, since=said.get("since", self._floor.view().at - DAY_S))
        if found is None:
            raise Refusal(404, "unknown_campaign")
        return _json(found)

    async def trunks(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._floor.view().trunks)

    async def servers(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._floor.view().servers)

    async def alarms(self, request: web.Request, route: Route) -> web.Response:
        return _json(self._floor.view().alarms)

    async def calls(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        rows = await self._queries.calls(
            campaign=request.query.get("campaign"), before=said.get("before"), limit=int(said.get("limit", 100))
        )
        return _json([msgspec.structs.replace(row, number=mask_digits(row.number)) for row in rows])

    async def call_parts(self, request: web.Request, route: Route) -> web.Response:
        return _json(await self._queries.parts(request.match_info["id"]))

    async def survey_report(self, request: web.Request, route: Route) -> web.Response:
        since = asked(request, route).get("since", self._floor.view().at - DAY_S)
        return _json(await self._queries.surveys(since))

    async def recordings(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        return _json(await self._queries.recordings(before=said.get("before"), limit=int(said.get("limit", 100))))

    async def events(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        before = said.get("before")
        rows = await self._queries.journal(
            before=None if before is None else int(before), limit=int(said.get("limit", 100))
        )
        all_of_it = Right.CALL_LISTEN in request[RIGHTS]
        shown = [row for row in rows if all_of_it or may_be_told(row.kind, row.fact)]
        return _json([msgspec.structs.replace(row, fact=mask_fields(row.fact)) for row in shown])

    async def ask_campaign(self, request: web.Request, route: Route) -> web.Response:
        campaign = self._campaign(request)
        await body_of(request, route)
        action = CampaignAction(route.path.rpartition("/")[2])
        return self._put(CampaignAsked(actor=request[ACTOR], campaign=CampaignId(campaign.id), action=action))

    async def ask_agent(self, request: web.Request, route: Route) -> web.Response:
        agent = request.match_info["id"]
        if agent != request[ACTOR]:
            demand(request, Right.AGENT_ANY)
        if all(known.id != agent for known in self._floor.view().agents):
            raise Refusal(404, "unknown_agent")
        body = await body_of(request, route)
        return self._put(AGENT_ASKS[route.path.rpartition("/")[2]](request[ACTOR], AgentId(agent), body))

    async def import_leads(self, request: web.Request, route: Route) -> web.Response:
        campaign = self._campaign(request)
        limits = asked(request, route)
        if request.content_type.lower() not in _LISTS:
            raise Refusal(415, "wrong_content_type", {"wanted": f"{_LISTS[0]}, {_LISTS[3]}"})
        if (request.content_length or 0) > MAX_LIST_BYTES:
            raise Refusal(413, "too_large")
        try:
            report = await self._queries.import_leads(
                ListOrder(
                    campaign=campaign.id,
                    actor=request[ACTOR],
                    **{name: request.query.get(name, "")[:200] for name in ("batch", "file", "sheet", "against")},
                    dry_run=bool(limits.get("dry_run")),
                ),
                _chunks(request),
            )
        except ImportRefused as refused:
            raise Refusal(409, refused.code, refused.words) from None
        return _json(report)

    async def batches(self, request: web.Request, route: Route) -> web.Response:
        limits = asked(request, route)
        rows = await self._queries.batches(
            campaign=request.query.get("campaign"),
            state=request.query.get("state"),
            before=limits.get("before"),
            limit=int(limits.get("limit", 100)),
        )
        return _json(rows)

    async def batch(self, request: web.Request, route: Route) -> web.Response:
        asked(request, route)
        return _json(await self._batch(request))

    async def batch_rejects(self, request: web.Request, route: Route) -> web.Response:
        limits = asked(request, route)
        batch = await self._batch(request)
        after, limit = int(limits.get("after", 0)), int(limits.get("limit", 100))
        return _json(await self._queries.batch_rejects(batch.id, after=after, limit=limit))

    async def _batch(self, request: web.Request) -> BatchRow:
        found = await self._queries.batch(request.match_info["id"])
        if found is None:
            raise Refusal(404, "unknown_batch", {"batch": mask_digits(request.match_info["id"][:60])})
        return found

    def _campaign(self, request: web.Request) -> CampaignView:
        name = request.match_info["id"]
        for campaign in self._floor.view().campaigns:
            if campaign.id == name:
                return campaign
        raise Refusal(404, "unknown_campaign")

    def _put(self, ask: Ask) -> web.Response:
        refused = self._floor.ask(ask)
        if refused is not None:
            raise Refusal(409, refused.code, {key: mask_digits(value) for key, value in refused.words.items()})
        return _json(Granted())


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in request.content.iter_chunked(CHUNK):
        size += len(chunk)
        if size > MAX_LIST_BYTES:
            raise Refusal(413, "too_large")
        yield chunk

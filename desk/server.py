"""The desk: HTTP API, live socket, metrics and the live page on one port."""

import asyncio
import logging
from collections.abc import Sequence

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from acd.counters import Counters
from config.model import ApiSettings
from desk import openapi, pages
from desk.acd_gauges import AcdGauges
from desk.api import Api
from desk.batch_api import BatchApi
from desk.batch_ports import BatchDesk
from desk.call_api import CallApi
from desk.call_ports import CallBooks
from desk.caller_api import CallerApi
from desk.caller_ports import CallersDesk
from desk.dnc_api import DoNotCallApi
from desk.dnc_ports import DoNotCallDesk
from desk.doorbook import Doorbook
from desk.faults import answer, of_status
from desk.forecast_api import ForecastApi
from desk.forecast_ports import Forecaster
from desk.gauges import FloorGauges
from desk.guard import HEADERS, Guard, is_loopback
from desk.kvm_api import KvmApi
from desk.kvm_ports import KvmDesk
from desk.later_api import LaterApi
from desk.later_ports import LaterBooks
from desk.live import Live
from desk.ports import DeskQueries
from desk.queue_api import QueueApi
from desk.queue_ports import QueueBooks
from desk.routing_api import RoutingApi
from desk.routing_ports import RoutingDesk
from desk.tokens import Tokens
from desk.worktime_api import WorktimeApi
from desk.worktime_ports import WorktimeBooks
from telephony.ports import Clock, Floor

log = logging.getLogger(__name__)

MAX_BODY = 64 * 1024
CLOSE_S = 2.0
REASONS = ("break", "lunch", "training", "meeting")


class _Line(RequestHandler):
    """One HTTP connection; bytes that are no HTTP get the same kind of error as everything else."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        log.debug("a request that is no HTTP from %s: %s", request.remote, type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("the response has begun already")
        response = answer(request, of_status(status))
        response.headers.update(HEADERS)
        response.force_close()
        return response


class Desk:
    """Serves `floor` and `queries`; in a simulated world without tokens, to this machine's own pages only."""

    def __init__(
        self,
        floor: Floor,
        settings: ApiSettings,
        *,
        simulated: bool,
        queries: DeskQueries,
        batches: BatchDesk,
        do_not_call: DoNotCallDesk,
        forecaster: Forecaster,
        callers: CallersDesk,
        routing: RoutingDesk,
        clock: Clock,
        kvm: KvmDesk | None = None,
        queue_books: QueueBooks | None = None,
        counters: Counters | None = None,
        calls: CallBooks | None = None,
        worktimes: WorktimeBooks | None = None,
        later: LaterBooks | None = None,
        not_ready_reasons: Sequence[str] = REASONS,
        tokens: Tokens | None = None,
    ) -> None:
        self._floor = floor
        self._settings = settings
        self._simulated = simulated
        guard = Guard(tokens or Tokens(settings.tokens, roles=settings.roles), simulated=simulated, host=settings.host)
        self._doorbook = Doorbook(queries, clock)
        guard.on_turned_away = self._doorbook.turned_away
        self.live = Live(floor, guard, clock)
        self._gauges = CollectorRegistry(auto_describe=False)
        self._gauges.register(FloorGauges(floor))
        self._gauges.register(AcdGauges(floor, counters))
        self._app = web.Application(middlewares=[guard.middleware()], client_max_size=MAX_BODY)
        router = self._app.router
        Api(
            floor,
            queries,
            not_ready_reasons,
            BatchApi(batches),
            DoNotCallApi(do_not_call),
            ForecastApi(floor, forecaster),
            KvmApi(kvm),
            QueueApi(floor, queue_books),
            CallerApi(callers),
            RoutingApi(floor, routing),
            CallApi(floor, calls),
            WorktimeApi(floor, worktimes),
            LaterApi(floor, later),
        ).install(router)
        router.add_get("/api/v1/openapi.json", self._openapi)
        router.add_get("/api/v1/live", self.live.serve)
        router.add_get("/metrics", self._metrics)
        router.add_get("/healthz", self._healthz)
        pages.install(router)
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=CLOSE_S)
        self._listener: asyncio.Server | None = None

    @property
    def app(self) -> web.Application:
        return self._app

    async def start(self) -> int:
        """Listen and return the port; raises OSError when the address is taken."""
        host, port = self._settings.host, self._settings.port
        if not is_loopback(host):
            log.warning(
                "THE DESK LISTENS ON %s, NOT ON LOOPBACK: put TLS in front of it and a firewall around it", host
            )
            if self._simulated:
                log.warning("THE SIMULATED DESK NEEDS NO TOKEN: everybody who reaches %s can steer it", host)
        if not self._simulated and not self._settings.tokens:
            log.warning("no access tokens are set: the API refuses everybody")
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(
                lambda: _Line(server, loop=loop, access_log=None),  # type: ignore[arg-type]
                host,
                port,
                backlog=128,
            )
        except OSError:
            await self._runner.cleanup()
            raise
        self.live.start()
        bound: int = self._listener.sockets[0].getsockname()[1]
        log.info("the desk is at http://%s:%d/", host, bound)
        return bound

    async def close(self) -> None:
        """Stop listening, let go of the pages, end what is open within two seconds."""
        if self._listener is not None:
            self._listener.close()
            await self.live.close()
            self._listener = None
        await self._runner.cleanup()
        await self._doorbook.close()

    async def _openapi(self, request: web.Request) -> web.Response:
        body = openapi.document(self._floor.view().version)
        return web.Response(body=body, content_type="application/json", charset="utf-8")

    async def _metrics(self, request: web.Request) -> web.Response:
        body = generate_latest(REGISTRY) + generate_latest(self._gauges)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

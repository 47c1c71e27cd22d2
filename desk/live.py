"""The live socket: the view at most twice a second, facts in between; a slow page loses frames, never our memory."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from desk.discreet import open_to_all, shown_to_all
from desk.faults import Refusal
from desk.guard import Guard
from desk.hour import Hours
from desk.masked import plain
from desk.trend import STEP_S, Trend
from telephony.facts import Fact
from telephony.ports import Clock, Floor

log = logging.getLogger(__name__)

TICK_S = 0.5
STILL_S = 2.0
MOST_PAGES = 64
MOST_FACTS = 200
TOKEN_WAIT_S = 10.0
PROTOCOL = "switchroom.v1"
TOKEN_PROTOCOL = "bearer."
CLOSE_WRONG_TOKEN = 4401
CLOSE_TOO_SLOW = 4408
SEND_S = 20.0
GOODBYE_S = 1.0


class Page:
    """One open page: room for one view and a bounded number of facts, so that a slow reader skips frames."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._view: bytes | None = None
        self._points: deque[bytes] = deque(maxlen=4)
        self._facts: deque[dict[str, Any]] = deque(maxlen=MOST_FACTS)
        self._skipped = 0
        self._wake = asyncio.Event()

    def show(self, view: bytes) -> None:
        self._view = view
        self._wake.set()

    def plot(self, points: bytes) -> None:
        self._points.append(points)
        self._wake.set()

    def tell(self, facts: Sequence[dict[str, Any]]) -> None:
        """Keep facts for the next frame; the oldest are skipped and counted."""
        self._skipped += max(0, len(self._facts) + len(facts) - MOST_FACTS)
        self._facts.extend(facts)

    def frames(self) -> list[bytes]:
        """What there is to send now, taken away."""
        self._wake.clear()
        out: list[bytes] = []
        if self._view is not None:
            out.append(self._view)
            self._view = None
        if self._facts:
            out.append(msgspec.json.encode({"type": "facts", "facts": list(self._facts), "skipped": self._skipped}))
            self._facts.clear()
            self._skipped = 0
        out.extend(self._points)
        self._points.clear()
        return out

    async def send(self) -> None:
        """Send frames until the socket closes; a reader that takes nothing for 20 s is let go."""
        while not self._socket.closed:
            await self._wake.wait()
            try:
                async with asyncio.timeout(SEND_S):
                    for frame in self.frames():
                        await self._socket.send_frame(frame, WSMsgType.TEXT)
            except TimeoutError:
                await self._socket.close(code=CLOSE_TOO_SLOW)
                return
            except ConnectionError:
                return


class Live:
    """All open pages, the ticks that feed them, and the trend."""

    def __init__(self, floor: Floor, guard: Guard, clock: Clock) -> None:
        self._floor = floor
        self._guard = guard
        self._clock = clock
        self._pages: set[Page] = set()
        self._sockets: set[web.WebSocketResponse] = set()
        self._changed = True
        self._still_for = 0.0
        self._unwatch: Callable[[], None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.trend = Trend()
        self.hours = Hours()

    def start(self) -> None:
        self._unwatch = self._floor.watch(self._on_facts)
        self._tasks = [
            asyncio.create_task(self._every(TICK_S, self.tick), name="desk live view"),
            asyncio.create_task(self._every(STEP_S, self.step), name="desk trend"),
        ]

    async def close(self) -> None:
        if self._unwatch is not None:
            self._unwatch()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        goodbyes = (socket.close(code=WSCloseCode.GOING_AWAY) for socket in tuple(self._sockets))
        await asyncio.gather(*goodbyes, return_exceptions=True)

    def _on_facts(self, at: float, facts: Sequence[Fact]) -> None:
        self._changed = True
        self.trend.count(facts)
        if self._pages:
            told = [plain(at, fact) for fact in open_to_all(facts)]
            for page in self._pages:
                page.tell(told)

    def tick(self) -> None:
        """Show the view to every page when something happened, or when the last one is two seconds old."""
        self._still_for += TICK_S
        if not self._pages or not (self._changed or self._still_for >= STILL_S):
            return
        self._changed = False
        self._still_for = 0.0
        view = self._view()
        for page in self._pages:
            page.show(view)

    def step(self) -> None:
        """Close a step of the trend and send its point; once a minute the hours of the campaigns too."""
        view, now = self._floor.view(), self._clock.now()
        frames = [msgspec.json.encode({"type": "trend", "points": [self.trend.close_step(view, now)]})]
        if self.hours.look(view, now):
            frames.append(self.hours.frame())
        for page in self._pages:
            for frame in frames:
                page.plot(frame)

    def _view(self) -> bytes:
        return b'{"type":"view",' + msgspec.json.encode(shown_to_all(self._floor.view()))[1:]

    async def _every(self, seconds: float, act: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                act()
            except Exception as error:
                log.error("the live view failed: %s", type(error).__name__, exc_info=error)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handler of ``GET /api/v1/live``."""
        if len(self._sockets) >= MOST_PAGES:
            raise Refusal(503, "too_many_pages")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise Refusal(426, "not_a_websocket")
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), heartbeat=15, timeout=GOODBYE_S, max_msg_size=4096, compress=False
        )
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            if not await self._admit(request, socket):
                await socket.close(code=CLOSE_WRONG_TOKEN, message=b"token")
                return socket
            await self._run(socket)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _admit(self, request: web.Request, socket: web.WebSocketResponse) -> bool:
        if self._guard.open:
            return True
        offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        for protocol in (text.strip() for text in offered):
            if protocol.startswith(TOKEN_PROTOCOL):
                return await self._guard.knock(request, protocol.removeprefix(TOKEN_PROTOCOL)) is not None
        with suppress(TimeoutError, msgspec.MsgspecError, TypeError):
            first = msgspec.json.decode(await socket.receive_str(timeout=TOKEN_WAIT_S), type=dict[str, str])
            return await self._guard.knock(request, first.get("token", "")) is not None
        return False

    async def _run(self, socket: web.WebSocketResponse) -> None:
        page = Page(socket)
        page.plot(msgspec.json.encode({"type": "trend", "points": list(self.trend.points), "whole": True}))
        page.plot(self.hours.frame())
        page.show(self._view())
        self._pages.add(page)
        sending = asyncio.create_task(page.send(), name="desk live page")
        try:
            async for _message in socket:
                pass
        finally:
            self._pages.discard(page)
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

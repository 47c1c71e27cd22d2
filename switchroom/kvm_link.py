"""The connection to one matrix: carries what its driver wants sent, feeds it what comes, connects again after a break."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence
from random import Random

import aiohttp
from prometheus_client import Counter

from kvmctl.ports import (
    Bytes,
    CloseSocket,
    Command,
    Driver,
    Dumped,
    Event,
    Garbage,
    HangUp,
    Heard,
    LogInRefused,
    OpenSocket,
    Outward,
    Received,
    Replied,
    Request,
    RequestFailed,
    SocketClosed,
    SocketHeard,
    SocketOpened,
    SocketText,
    Turn,
)
from telephony.ports import Clock

log = logging.getLogger(__name__)

CONNECT_S = 5.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
LOG_IN_WAIT_S = 60.0
GROWTH = 1.8
READ_BYTES = 64 * 1024
MOST_UNSENT = 1024 * 1024
"""More bytes than this not taken by the device: it does not read, and the connection is given up."""
MOST_REQUESTS = 32
MOST_WAITING = 4096
"""More HTTP requests than this waiting: the device does not keep up, and the connection is given up."""
MOST_REPLY = 16 * 1024 * 1024

GARBAGE = Counter("switchroom_kvm_garbage_bytes_total", "Bytes of a matrix that could not be read", ["matrix"])
CONNECTS = Counter(
    "switchroom_kvm_connects_total", "Connections to a matrix by what came of them", ["matrix", "result"]
)


class Link:
    """One matrix. `up`, `down` and `heard` are called in the loop's thread; ``tell`` never waits."""

    def __init__(
        self,
        name: str,
        driver: Driver,
        *,
        transport: str,
        hosts: Sequence[str],
        port: int,
        tls: bool,
        clock: Clock,
        jitter: Random,
        up: Callable[[], None],
        down: Callable[[str], None],
        heard: Callable[[Event], None],
    ) -> None:
        self.name, self.driver = name, driver
        self._transport, self._hosts, self._port, self._tls = transport, list(hosts), port, tls
        self._clock, self._jitter = clock, jitter
        self._up, self._down, self._heard = up, down, heard
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._session: aiohttp.ClientSession | None = None
        self._sockets: dict[int, asyncio.Task[None]] = {}
        self._open_sockets: dict[int, aiohttp.ClientWebSocketResponse] = {}
        self._requests: set[asyncio.Future[None]] = set()
        self._gate = asyncio.Semaphore(MOST_REQUESTS)
        self._broken: asyncio.Future[str] | None = None
        self._tries = self._host = 0
        self._bad_log_in = self._quiet = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"kvm {self.name}")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def tell(self, command: Command) -> None:
        if self._broken is not None and not self._broken.done():
            self._take(self.driver.encode(command, self._clock.now()))

    def give_up(self, why: str) -> None:
        """End this connection; the next one is opened after a while."""
        if self._broken is not None and not self._broken.done():
            self._broken.set_result(why)

    def wait_s(self) -> float:
        """Before the next try: longer each time, and never in step with other links."""
        wait = LOG_IN_WAIT_S if self._bad_log_in else min(LONGEST_WAIT_S, FIRST_WAIT_S * GROWTH ** min(self._tries, 12))
        return wait * self._jitter.uniform(0.75, 1.25)

    async def _run(self) -> None:
        while True:
            self._bad_log_in = False
            host = self._hosts[self._host % len(self._hosts)]
            try:
                why = await (self._over_tcp(host) if self._transport == "tcp" else self._over_http(host))
            except (OSError, TimeoutError, aiohttp.ClientError) as error:
                why = type(error).__name__
                CONNECTS.labels(self.name, "failed").inc()
                self._host += 1
                self._down(why)
            except Exception:
                log.exception("the link to matrix %s failed", self.name)
                why = "fault"
            (log.debug if self._quiet else log.warning)("matrix %s at %s: %s", self.name, host, why)
            self._quiet = True
            self._tries += 1
            await asyncio.sleep(self.wait_s())

    async def _over_tcp(self, host: str) -> str:
        context = ssl.create_default_context() if self._tls else None
        opening = asyncio.open_connection(host, self._port, ssl=context)
        reader, writer = await asyncio.wait_for(opening, CONNECT_S)
        self._writer = writer
        try:
            return await self._while_open(self._read(reader))
        finally:
            self._writer = None
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)

    async def _over_http(self, host: str) -> str:
        base = f"{'https' if self._tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self._port}"
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_S)
        async with aiohttp.ClientSession(base, timeout=timeout) as self._session:
            try:
                return await self._while_open(asyncio.Event().wait())
            finally:
                for task in (*self._requests, *self._sockets.values()):
                    task.cancel()
                await asyncio.gather(*self._requests, *self._sockets.values(), return_exceptions=True)
                self._requests.clear()
                self._sockets.clear()
                self._open_sockets.clear()
                self._session = None

    async def _while_open(self, reading: object) -> str:
        """Until the device, the driver or the core ends it; returns why."""
        loop = asyncio.get_running_loop()
        self._broken = loop.create_future()
        reader = asyncio.ensure_future(reading)  # type: ignore[call-overload]
        ticker = asyncio.create_task(self._tick())
        CONNECTS.labels(self.name, "open").inc()
        self._up()
        try:
            self._take(self.driver.connect(self._clock.now()))
            await asyncio.wait((reader, ticker, self._broken), return_when=asyncio.FIRST_COMPLETED)
            if self._broken.done():
                return self._broken.result()
            for task in (reader, ticker):
                if task.done() and (error := task.exception()) is not None and not isinstance(error, OSError):
                    log.error("matrix %s: %s", self.name, type(error).__name__, exc_info=error)
            return "closed"
        finally:
            why = self._broken.result() if self._broken.done() else "closed"
            self._broken = None
            for task in (reader, ticker):
                task.cancel()
            await asyncio.gather(reader, ticker, return_exceptions=True)
            self._down(why)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(READ_BYTES):
            self._feed(Received(data))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self.driver.traits.tick_s)
            self._take(self.driver.tick(self._clock.now()))

    def _feed(self, heard: Heard) -> None:
        if self._broken is not None and not self._broken.done():
            self._take(self.driver.feed(heard, self._clock.now()))

    def _take(self, turn: Turn) -> None:
        self._send(turn.send)
        for event in turn.events:
            match event:
                case Garbage(size=size):
                    GARBAGE.labels(self.name).inc(size)
                case LogInRefused():
                    self._bad_log_in = True
                    self.give_up("log-in refused")
                case Dumped():
                    self._tries, self._quiet = 0, False
            self._heard(event)

    def _send(self, sends: Iterable[Outward]) -> None:
        for each in sends:
            match each:
                case Bytes(data=data):
                    if self._writer is None:
                        continue
                    self._writer.write(data)
                    if self._writer.transport.get_write_buffer_size() > MOST_UNSENT:
                        self.give_up("does not read")
                case Request():
                    if len(self._requests) >= MOST_WAITING:
                        self.give_up("does not keep up")
                    else:
                        task = asyncio.create_task(self._request(each))
                        self._requests.add(task)
                        task.add_done_callback(self._requests.discard)
                case OpenSocket(id=id, url=url):
                    self._sockets[id] = asyncio.create_task(self._socket(id, url))
                case SocketText(id=id, text=text):
                    if (socket := self._open_sockets.get(id)) is not None:
                        sending = asyncio.ensure_future(socket.send_str(text))
                        self._requests.add(sending)
                        sending.add_done_callback(self._sent)
                case CloseSocket(id=id):
                    if (closing := self._sockets.pop(id, None)) is not None:
                        closing.cancel()
                case HangUp(why=why, next_host=other):
                    self._host += other
                    self.give_up(why)

    def _sent(self, sending: "asyncio.Future[None]") -> None:
        self._requests.discard(sending)
        if not sending.cancelled():
            sending.exception()

    async def _request(self, wanted: Request) -> None:
        if self._session is None:
            return
        said = wanted.said or wanted.path.partition("?")[0]
        try:
            async with (
                self._gate,
                asyncio.timeout(wanted.timeout_s),
                self._session.request(
                    wanted.method, wanted.path, data=wanted.body, headers=dict(wanted.headers), allow_redirects=False
                ) as reply,
            ):
                body = await reply.content.read(MOST_REPLY + 1)
                while body and len(body) <= MOST_REPLY and (more := await reply.content.read(MOST_REPLY)):
                    body += more
                if len(body) > MOST_REPLY:
                    self._feed(RequestFailed(id=wanted.id, why="too large"))
                    return
                headers = {name.lower(): value for name, value in reply.headers.items()}
                self._feed(Replied(id=wanted.id, status=reply.status, body=body, headers=headers))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            log.debug("matrix %s: %s %s: %s", self.name, wanted.method, said, type(error).__name__)
            self._feed(RequestFailed(id=wanted.id, why=type(error).__name__))

    async def _socket(self, id: int, url: str) -> None:
        if self._session is None:
            return
        why = "closed"
        try:
            async with self._session.ws_connect(url, heartbeat=10.0, max_msg_size=MOST_REPLY) as socket:
                self._open_sockets[id] = socket
                self._feed(SocketOpened(id=id))
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        self._feed(SocketHeard(id=id, text=message.data))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            why = type(error).__name__
        self._open_sockets.pop(id, None)
        self._sockets.pop(id, None)
        self._feed(SocketClosed(id=id, why=why))

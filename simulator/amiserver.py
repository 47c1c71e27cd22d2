"""A simulated Asterisk on the wire: an AMI server over TCP in front of one virtual exchange driven in real time.

The exchange outlives its clients, as Asterisk does; ``kill`` and ``restart`` take every call with them.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from simulator.amisession import AmiSession
from simulator.amiusers import ManagerUser
from simulator.chaos import Chaos
from simulator.exchange import VirtualExchange
from simulator.render import Message, Rendering
from telephony.events import OriginateEnded, PbxEvent
from telephony.ids import LegId
from telephony.ports import Clock

Originated = tuple[str, str, str, str, str]
"""ActionID, channel, context, exten and caller id of an Originate that has not ended."""


class AmiServer:
    """One PBX on a loopback port, in the caller's event loop.

    `clock` is the exchange's own and runs `speed` times as fast as the wall's; `users` are manager users by name, each
    a password or a whole stanza."""

    def __init__(
        self,
        exchange: VirtualExchange,
        clock: Clock,
        *,
        users: Mapping[str, str | ManagerUser] | None = None,
        speed: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
        chaos: Chaos | None = None,
    ) -> None:
        self.exchange = exchange
        self.clock = clock
        self.speed = speed
        self.users = {
            name: ManagerUser(name, user) if isinstance(user, str) else user
            for name, user in (users or {"switchroom": "simulated"}).items()
        }
        self.host = host
        self.port = port
        self.chaos = chaos
        self.sessions: list[AmiSession] = []
        self.rendering = Rendering(exchange)
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._open: dict[LegId, list[Originated]] = {}
        self._serial = 0
        exchange.subscribe(self._on_event)

    async def start(self) -> None:
        """Listen; `port` is then the one in use."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: AmiSession(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._arm()

    async def stop(self) -> None:
        """Say Shutdown, drop every client and stop listening; calls stay in the exchange until ``kill``."""
        self._broadcast([Message("Shutdown", "system", [("Shutdown", "Cleanly"), ("Restart", "False")])])
        self.flush()
        await self._close()

    async def kill(self) -> None:
        """The process dies: no word to anybody, and every call is gone."""
        await self._close()
        self.exchange.crash()
        self.rendering = Rendering(self.exchange)
        self._open.clear()

    async def close(self) -> None:
        """The end of this PBX."""
        await self.kill()

    async def restart(self) -> None:
        """Die and come back on the same port, empty."""
        await self.kill()
        await self.start()

    def drop_clients(self) -> None:
        """Cut every connection; calls go on."""
        for session in list(self.sessions):
            session.cut()

    def flush(self) -> None:
        """Send what is queued and see to the next event."""
        for session in self.sessions:
            session.flush()
        self._arm()

    def greet(self, session: AmiSession) -> None:
        """What a client hears after login."""
        status = [("Uptime", "1"), ("LastReload", "1"), ("Status", "Fully Booted")]
        message = Message("FullyBooted", "system", status)
        if session.listens and session.user is not None and "system" in session.user.read:
            session.write(message.encode(self.exchange.server))

    def next_id(self) -> str:
        """A Uniqueid as Asterisk makes them."""
        self._serial += 1
        return f"{self.exchange.server}-{int(self.clock.now())}.{self._serial}"

    def next_challenge(self) -> str:
        return str(self.exchange.rng.randrange(10**8, 10**9))

    def originated(self, leg: LegId, action_id: str, channel: str, context: str, exten: str, caller_id: str) -> None:
        """Remember what an OriginateResponse will have to repeat."""
        self._open.setdefault(leg, []).append((action_id, channel, context, exten, caller_id))

    def _tick(self) -> None:
        self._timer = None
        self.exchange.advance(self.clock.now())
        self.flush()

    def _arm(self) -> None:
        if self._server is None:
            return
        following = self.exchange.next_at()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if following is not None:
            wait_s = (following - self.clock.now()) / self.speed
            self._timer = asyncio.get_running_loop().call_later(min(max(wait_s, 0.0), 3600.0), self._tick)

    def _on_event(self, event: PbxEvent) -> None:
        if type(event) is OriginateEnded:
            message = self._originate_response(event)
            if message is not None:
                self._broadcast([message])
        elif self.sessions:
            self._broadcast(self.rendering.render(event))
        else:
            self.rendering.render(event)

    def _broadcast(self, messages: list[Message]) -> None:
        for message in messages:
            data: bytes | None = None
            for session in self.sessions:
                if session.wants(message.name, message.privilege):
                    data = data or message.encode(self.exchange.server)
                    session.write(data)
                    if self.chaos is not None and self.chaos.repeats():
                        session.write(data)

    def _originate_response(self, event: OriginateEnded) -> Message | None:
        waiting = self._open.get(event.leg)
        if not waiting:
            return None
        action_id, channel, context, exten, caller_id = waiting.pop(0 if event.ok else -1)
        if not waiting:
            del self._open[event.leg]
        leg = self.exchange.legs.get(event.leg)
        headers = [
            *([("ActionID", action_id)] if action_id else []),
            ("Response", "Success" if event.ok else "Failure"),
            ("Channel", leg.channel if event.ok and leg is not None else channel),
            ("Context", context),
            ("Exten", exten),
            ("Reason", str(event.reason)),
            ("Uniqueid", event.leg),
            ("CallerIDNum", caller_id or "<unknown>"),
            ("CallerIDName", "<unknown>"),
        ]
        return Message("OriginateResponse", "call", headers)

    async def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for session in list(self.sessions):
            if session.transport is not None:
                session.transport.close()
            session.closed = True
        self.sessions.clear()
        server, self._server = self._server, None
        if server is not None:
            server.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(server.wait_closed(), 2.0)

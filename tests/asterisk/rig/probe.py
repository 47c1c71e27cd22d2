"""A bare AMI client for looking at what Asterisk says, without the product's own link in between."""

import asyncio
import itertools
from collections.abc import Callable

Message = dict[str, str]
PATIENCE_S = 60.0


class Probe:
    """One logged-in AMI session; `events` holds every event so far, in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[Message] = []
        self._reader, self._writer = reader, writer
        self._serial = itertools.count(1)
        self._replies: dict[str, asyncio.Future[Message]] = {}
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, port: int, user: str = "probe", secret: str = "probesecret") -> "Probe":
        probe = cls(*await asyncio.open_connection("127.0.0.1", port))
        reply = await probe.ask("Login", Username=user, Secret=secret)
        assert reply["Response"] == "Success", reply.get("Message")
        return probe

    async def ask(self, action: str, *, action_id: str = "", **headers: str) -> Message:
        """Send an action and wait for its response."""
        action_id = action_id or f"probe-{next(self._serial)}"
        reply = self._replies[action_id] = asyncio.get_running_loop().create_future()
        lines = [f"Action: {action}", f"ActionID: {action_id}", *(f"{name}: {text}" for name, text in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await asyncio.wait_for(reply, PATIENCE_S)

    def seen(self, name: str, **headers: str) -> list[Message]:
        return [e for e in self.events if e.get("Event") == name and headers.items() <= e.items()]

    async def sees(self, name: str, *, within_s: float = PATIENCE_S, times: int = 1, **headers: str) -> Message:
        """Wait for the `times`-th such event; AssertionError with the events' names when it does not come."""
        assert await self.until(lambda: len(self.seen(name, **headers)) >= times, within_s), (
            f"no {name} {headers}; saw {[e.get('Event') for e in self.events[-60:]]}"
        )
        return self.seen(name, **headers)[times - 1]

    async def until(self, done: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
        """Wait until `done()` holds or the time is over; its last value."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while not done() and (left := deadline - loop.time()) > 0:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), min(left, 0.05))
            except TimeoutError:
                continue
        return done()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    async def _read(self) -> None:
        await self._reader.readline()
        message: Message = {}
        while line := await self._reader.readline():
            text = line.decode().rstrip("\r\n")
            if text:
                name, _, value = text.partition(":")
                message[name] = value.strip()
                continue
            if "Event" in message:
                self.events.append(message)
            elif (reply := self._replies.pop(message.get("ActionID", ""), None)) and not reply.done():
                reply.set_result(message)
            message = {}
            self._news.set()

"""A small scripted AMI server: it greets, lets in, answers what it is told to, and misbehaves on request."""

import asyncio
from collections.abc import Callable
from typing import Self

from tests.ports import free_port

SECRET = "fake-secret-of-the-test"
PATIENCE_S = 60.0
"""More than a busy machine needs; no test waits this long for what it will see."""
Headers = dict[str, str]
Answer = Callable[["Line", Headers], None]


class Line:
    """One connection of a client to the fake PBX."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.actions: list[Headers] = []
        self.raw = bytearray()
        self.logged_in = False
        self.events_on = False

    def send(self, data: bytes | str) -> None:
        self.writer.write(data if isinstance(data, bytes) else data.replace("\n", "\r\n").encode() + b"\r\n\r\n")

    def reply(self, asked: Headers, text: str = "Response: Success") -> None:
        first, *others = text.split("\n")
        self.send("\n".join([first, f"ActionID: {asked['ActionID']}", *others]))

    def drop(self) -> None:
        self.writer.transport.abort()


def login(line: Line, asked: Headers) -> None:
    if asked.get("Secret") != SECRET:
        line.reply(asked, "Response: Error\nMessage: Authentication failed")
        line.writer.close()
        return
    line.logged_in = True
    line.events_on = asked.get("Events") == "on"
    line.reply(asked, "Response: Success\nMessage: Authentication accepted")
    line.send("Event: FullyBooted\nPrivilege: system,all\nStatus: Fully Booted\nUptime: 1")


def ping(line: Line, asked: Headers) -> None:
    line.reply(asked, "Response: Success\nPing: Pong")


def settings(line: Line, asked: Headers) -> None:
    line.reply(asked, "Response: Success\nAMIversion: 11.0.0\nAsteriskVersion: 22.10.1")


def originate(line: Line, asked: Headers) -> None:
    line.reply(asked, "Response: Success\nMessage: Originate successfully queued")


def no_channels(line: Line, asked: Headers) -> None:
    line.reply(asked, "Response: Success\nEventList: start\nMessage: Channels will follow")
    line.send(f"Event: CoreShowChannelsComplete\nActionID: {asked['ActionID']}\nEventList: Complete\nListItems: 0")


def success(line: Line, asked: Headers) -> None:
    line.reply(asked)


def silence(_line: Line, _asked: Headers) -> None:
    """No reply."""


def refuse(message: str) -> Answer:
    return lambda line, asked: line.reply(asked, f"Response: Error\nMessage: {message}")


def hang_up_the_line(line: Line, _asked: Headers) -> None:
    line.drop()


class FakePbx:
    """Listens on a port of 127.0.0.1 that stays its own; `answers` may be changed at any time, by the name of the action."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.greeting = b"Asterisk Call Manager/11.0.0\r\n"
        self.answers: dict[str, Answer] = {
            "Login": login,
            "Ping": ping,
            "CoreSettings": settings,
            "CoreShowChannels": no_channels,
            "Originate": originate,
        }
        self.reading = asyncio.Event()
        self.reading.set()
        self._server: asyncio.Server | None = None
        self.port = free_port()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for line in self.lines:
            line.drop()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        self.lines.append(line)
        line.writer.write(self.greeting)
        try:
            while True:
                await self.reading.wait()
                block = await reader.readuntil(b"\r\n\r\n")
                line.raw += block
                pairs = [text.partition(": ")[::2] for text in block.decode().split("\r\n") if text]
                asked = dict(pairs)
                asked["*"] = "\n".join(f"{name}: {value}" for name, value in pairs)
                line.actions.append(asked)
                self.answers.get(asked.get("Action", ""), success)(line, asked)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    @property
    def actions(self) -> list[Headers]:
        return [asked for line in self.lines for asked in line.actions]

    def named(self, action: str) -> list[Headers]:
        return [asked for asked in self.actions if asked.get("Action") == action]

    @property
    def events_line(self) -> Line:
        """The youngest connection that wants events."""
        return [line for line in self.lines if line.events_on][-1]

    @property
    def actions_line(self) -> Line:
        """The youngest connection that wants none."""
        return [line for line in self.lines if line.logged_in and not line.events_on][-1]

    def drop_all(self) -> None:
        for line in self.lines:
            line.drop()


async def until(true: Callable[[], object], what: str = "it") -> None:
    """Let the loop run until `true` is so; fails when it is not within `PATIENCE_S`."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"waited in vain for {what}") from None

"""What every simulated device of a stream has in common, and its place on a port of this machine."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from simulator.kvm.misbehaviour import Luck

BABBLE = b"\x00\xffwhat?\n"


class Client:
    """One connection as the device sees it: what it has been told and not yet sent, and whether it shall end."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.rest = b""
        self.ends = False

    def say(self, data: bytes) -> None:
        self.out += data


class Device(ABC):
    """A device that tells all its clients of its changes. Pure: bytes in, bytes out of each client's `out`."""

    def __init__(self, luck: Luck | None = None) -> None:
        self.luck = luck or Luck()
        self.clients: list[Client] = []
        self.wake: Callable[[], None] = lambda: None

    def connect(self) -> Client:
        client = Client()
        self.clients.append(client)
        self.greet(client)
        return client

    def leave(self, client: Client) -> None:
        if client in self.clients:
            self.clients.remove(client)

    def tell(self, data: bytes, *, again: bool = True) -> None:
        """Say it to everybody who is connected."""
        twice = again and self.luck.strikes("twice")
        for client in self.clients:
            if self.luck.strikes("babble"):
                client.say(self.babble())
            client.say(data * (2 if twice else 1))
        self.wake()

    def babble(self) -> bytes:
        return BABBLE

    @abstractmethod
    def greet(self, client: Client) -> None: ...

    @abstractmethod
    def hear(self, client: Client, data: bytes) -> None: ...


class Served:
    """A device on a TCP port of loopback."""

    def __init__(self, device: Device, *, answers_in_s: float = 0.0) -> None:
        self.device = device
        self.answers_in_s = answers_in_s
        self._open: dict[Client, asyncio.StreamWriter] = {}
        device.wake = self._flush_all

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, host, port)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def close(self) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Every connection ends."""
        for client, writer in list(self._open.items()):
            self.device.leave(client)
            writer.close()
        self._open.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = self.device.connect()
        self._open[client] = writer
        self._flush(client)
        try:
            while data := await reader.read(65_536):
                if self.answers_in_s:
                    await asyncio.sleep(self.answers_in_s)
                self.device.hear(client, data)
                self._flush_all()
                if client.ends:
                    break
        except ConnectionError:
            pass
        finally:
            self._open.pop(client, None)
            self.device.leave(client)
            writer.close()

    def _flush_all(self) -> None:
        for client in list(self._open):
            self._flush(client)

    def _flush(self, client: Client) -> None:
        writer = self._open.get(client)
        if writer is not None and client.out and not writer.is_closing():
            writer.write(bytes(client.out))
            client.out.clear()

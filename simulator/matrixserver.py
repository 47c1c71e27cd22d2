"""A simulated matrix on a loopback port, in real time."""

import asyncio
import contextlib

from simulator.matrix import SimulatedMatrix
from telephony.ports import Clock


class MatrixServer:
    """Serves one device to one connection at a time; a newer connection takes the place of the older."""

    def __init__(self, device: SimulatedMatrix, clock: Clock) -> None:
        self.device = device
        self.port = 0
        self._clock = clock
        self._writer: asyncio.StreamWriter | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0) -> int:
        """Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop()
        if self._timer is not None:
            self._timer.cancel()
        for line in list(self._lines):
            line.transport.abort()

    def drop(self) -> None:
        """Cut the connection there is."""
        self.device.disconnect()
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    def switch_by_hand(self, channel: str, rx: str, tx: str | None) -> None:
        self.device.switch_by_hand(channel, rx, tx, self._clock.now())
        self.arm()

    def set_online(self, side: str, port: str, online: bool) -> None:
        self.device.set_online(side, port, online, self._clock.now())
        self.arm()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        self.drop()
        self._writer = writer
        self.device.connect(self._clock.now())
        self.arm()
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                self.device.feed(data, self._clock.now())
                self.arm()
        if self._writer is writer:
            self.device.disconnect()
            self._writer = None
        self._lines.discard(writer)
        writer.close()

    def arm(self) -> None:
        """Have the device say and do what it is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self.device.due_at
        if at != float("inf"):
            self._timer = asyncio.get_running_loop().call_later(max(0.0, at - self._clock.now()), self._due)

    def _due(self) -> None:
        self._timer = None
        said = self.device.take(self._clock.now())
        if said and self._writer is not None:
            self._writer.write(said)
        self.arm()

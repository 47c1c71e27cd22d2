"""panoramisk's protocol with its parser, its errors and its ends replaced: whole messages out, whatever the reads.

Bytes are cut at blank lines before they are decoded, so a character split over two reads survives; what has not been
cut yet is bounded; an error in whoever listens costs nothing but a line in the log.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable, Collection
from typing import Any, cast

from panoramisk.ami_protocol import AMIProtocol

from telephony.ami.parse import parse

MOST_UNPARSED = 1024 * 1024
HIGH_WATER = 64 * 1024
BLANK_LINE = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager/"
LONGEST_BANNER = 200
MOST_NAMES_COUNTED = 256
LONGEST_NAME_COUNTED = 80

log = logging.getLogger(__name__)


class WireProtocol(AMIProtocol):  # type: ignore[misc]
    """One AMI connection; tells of each message in order, and once of its end.

    `wanted` are the event names worth parsing (None: all); the others are only counted in ``skipped``, unless
    ``parse_all`` is set."""

    def __init__(
        self,
        *,
        on_message: Callable[[dict[str, str]], None],
        on_lost: Callable[[str], None],
        wanted: Collection[bytes] | None = None,
        on_writable: Callable[[], None] | None = None,
    ) -> None:
        self._on_message = on_message
        self._on_lost = on_lost
        self._wanted = wanted
        self._on_writable = on_writable
        self._rest = bytearray()
        self._lost = False
        self.closed = False
        self.parse_all = False
        self.tap: Callable[[bytes], None] | None = None
        self.writable = True
        self.version: str | None = None
        self.transport: asyncio.Transport | None = None
        self.messages = 0
        self.failures = 0
        self.skipped: dict[bytes, int] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        if self.closed:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.tap is not None:
            self.tap(data)
        rest = self._rest
        if self.version is None:
            rest += data
            if not self._greeted():
                return
            data = bytes(rest)
            rest.clear()
        elif rest:
            seen = max(0, len(rest) - len(BLANK_LINE) + 1)
            rest += data
            if rest.find(BLANK_LINE, seen) < 0:
                self._bound()
                return
            data = bytes(rest)
            rest.clear()
        blocks = data.split(BLANK_LINE)
        rest += blocks.pop()
        for block in blocks:
            if self.closed:
                return
            self._take(block)
        self._bound()

    def _greeted(self) -> bool:
        """Whether the greeting has been read and taken off; a peer without one is taken as it is."""
        rest = self._rest
        if rest[: len(BANNER)] != BANNER[: len(rest)]:
            self.version = "unknown"
            return True
        end = rest.find(b"\r\n")
        if end < 0:
            if len(rest) > LONGEST_BANNER:
                self.close("greeting too long")
            return False
        self.version = rest[len(BANNER) : end].decode("ascii", "replace").strip() or "unknown"
        del rest[: end + 2]
        return bool(rest)

    def _bound(self) -> None:
        if len(self._rest) > MOST_UNPARSED:
            self.close("1 MiB without a blank line")

    def _take(self, block: bytes) -> None:
        if block[:7] == b"Event: ":
            end = block.find(b"\r\n", 7)
            name = block[7:end] if end >= 0 else block[7:]
            if self._wanted is not None and name not in self._wanted and not self.parse_all:
                self._skip(name)
                return
        else:
            block = block.lstrip(b"\r\n")
            if not block:
                return
        self.messages += 1
        try:
            self._on_message(parse(block))
        except Exception as error:
            self.failures += 1
            log.error("a message was lost on its listener: %s", whereabouts(error))

    def _skip(self, name: bytes) -> None:
        self.messages += 1
        skipped = self.skipped
        if name in skipped:
            skipped[name] += 1
        elif len(skipped) < MOST_NAMES_COUNTED and len(name) <= LONGEST_NAME_COUNTED:
            skipped[name] = 1
        else:
            skipped[b""] = skipped.get(b"", 0) + 1

    def write(self, data: bytes) -> None:
        """Hand bytes to the connection; after its end they are dropped."""
        if self.transport is not None and not self.closed:
            self.transport.write(data)

    def send(self, data: Any, as_list: bool = False) -> Any:
        """Refused: panoramisk's own way out neither checks values nor ends its futures."""
        raise NotImplementedError("actions leave through a Session")

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        if self._on_writable is not None:
            self._on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("closed by the PBX" if exc is None else f"connection lost: {type(exc).__name__}")

    def close(self, why: str = "closed") -> None:
        """Drop the connection at once, whatever is still to be written."""
        if self.transport is not None:
            self.transport.abort()
        self._end(why)

    def _end(self, why: str) -> None:
        self.closed = True
        self._rest.clear()
        if not self._lost:
            self._lost = True
            self._on_lost(why)


def whereabouts(error: Exception) -> str:
    """What went wrong and where, without the error's text, which may hold a caller's number."""
    places = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {places[-1].filename}:{places[-1].lineno}" if places else type(error).__name__

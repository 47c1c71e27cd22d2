"""Telegrams of an IHSE Draco tera (port 5555, little-endian): what they look like, and how a stream is cut into them.

A request, and the echo of a switch, is ``1B 5B CMD SIZE…``, a reply ``1B 5D CMD SIZE…``; SIZE counts the whole telegram. ACK,
NAK and BEL (busy, not executed) are single bytes.
"""

from collections.abc import Iterator
from struct import pack, unpack_from

import msgspec

ESC, REQUEST, REPLY = 0x1B, 0x5B, 0x5D
ACK, NAK, BEL = 0x06, 0x15, 0x07
STATUS, CPUS, CONS = 0x7A, 0x67, 0x68
VIEW, BOTH, EXTENDED, MESSAGE = 0x49, 0x50, 0x62, 0x31
FULL, VIDEO_ONLY, PRIVATE = 0, 1, 3
RECORD = 24
LONGEST = 8192
LONGEST_TEXT = 62
SINGLE = frozenset({ACK, NAK, BEL})


class Telegram(msgspec.Struct, frozen=True):
    """A whole telegram; `kind` is REQUEST (an echo), REPLY, or ACK, NAK, BEL with nothing else."""

    kind: int
    command: int = 0
    payload: bytes = b""


class Row(msgspec.Struct, frozen=True):
    """A CPU or CON as the matrix lists it."""

    id: int
    name: str
    online: bool


def status() -> bytes:
    return bytes((ESC, REQUEST, STATUS))


def listing(command: int, first: int) -> bytes:
    """Ask for the CPUs or CONs from that one on."""
    return _request(command, pack("<H", first))


def view(con: int, cpu: int) -> bytes:
    """The CPU's picture on the CON; CPU 0 takes it away."""
    return _request(VIEW, pack("<HH", con, cpu))


def extended(cpu: int, con: int, mode: int) -> bytes:
    return _request(EXTENDED, pack("<HHH", cpu, con, mode))


def message(con: int, text: str, seconds: int) -> bytes:
    """A text on the CON's screen, 0 for all; the matrix knows ASCII only."""
    said = text.encode("ascii", "replace")[:LONGEST_TEXT] + b"\0"
    return _request(MESSAGE, pack("<HiiIII", con, -128, -128, 0xFFFFFFFF, 0xFF000000, max(1, seconds)) + said)


def _request(command: int, payload: bytes) -> bytes:
    return pack("<BBBH", ESC, REQUEST, command, 5 + len(payload)) + payload


def rows(payload: bytes) -> tuple[list[Row], int]:
    """The records of a list, and the offset of the first; raises ValueError when they do not fit."""
    if len(payload) < 4:
        raise ValueError("short list")
    count, first = unpack_from("<HH", payload)
    if len(payload) < 4 + count * RECORD:
        raise ValueError("short list")
    found = []
    for at in range(4, 4 + count * RECORD, RECORD):
        (id,) = unpack_from("<I", payload, at)
        name = payload[at + 4 : at + 21].split(b"\0")[0].decode("ascii", "replace")
        found.append(Row(id, name, payload[at + 21] != 0))
    return found, first


def switched(telegram: Telegram) -> tuple[int, int, int] | None:
    """CON, CPU and mode of a switch that is echoed; None for other echoes."""
    payload = telegram.payload
    match telegram.command:
        case 0x49 if len(payload) >= 4:
            con, cpu = unpack_from("<HH", payload)
            return con, cpu, VIDEO_ONLY
        case 0x50 if len(payload) >= 4:
            cpu, con = unpack_from("<HH", payload)
            return con, cpu, FULL
        case 0x62 if len(payload) >= 6:
            cpu, con, mode = unpack_from("<HHH", payload)
            return con, cpu, mode
    return None


class Stream:
    """Cuts what comes into telegrams, however it was split, and finds its feet after bytes of no meaning."""

    def __init__(self) -> None:
        self._rest = b""
        self.dropped = 0
        """Bytes of no meaning since it was last read."""

    def clear(self) -> None:
        self._rest, self.dropped = b"", 0

    @property
    def halfway(self) -> bool:
        """Whether a telegram has begun and not ended."""
        return bool(self._rest)

    def skip(self) -> None:
        """What has begun will not end: look for the next beginning."""
        self._rest = self._rest[1:]
        self.dropped += 1

    def feed(self, data: bytes) -> Iterator[Telegram]:
        self._rest += data
        while self._rest:
            found = self._next()
            if found is None:
                return
            size, telegram = found
            self._rest = self._rest[size:]
            if telegram is None:
                self.dropped += size
            else:
                yield telegram

    def _next(self) -> tuple[int, Telegram | None] | None:
        """How many bytes to take and the telegram they are, None for bytes of no meaning; None when more must come."""
        rest = self._rest
        if rest[0] in SINGLE:
            return 1, Telegram(rest[0])
        if rest[0] != ESC:
            begins = [at for at in range(1, len(rest)) if rest[at] == ESC or rest[at] in SINGLE]
            return (begins[0] if begins else len(rest)), None
        if len(rest) < 5:
            return (1, None) if len(rest) > 1 and rest[1] not in (REQUEST, REPLY) else None
        (size,) = unpack_from("<H", rest, 3)
        if rest[1] not in (REQUEST, REPLY) or not 5 <= size <= LONGEST:
            return 1, None
        if len(rest) < size:
            return None
        return size, Telegram(rest[1], rest[2], rest[5:size])

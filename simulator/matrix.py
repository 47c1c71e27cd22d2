"""A simulated KVM matrix that speaks the plain protocol, on virtual or real time, and misbehaves on request."""

import heapq
from collections.abc import Mapping, Sequence
from itertools import count
from random import Random
from typing import Any

import msgspec

Row = tuple[str, str, str | None]
"""Channel, receiver's port, transmitter's port."""


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """How often (0 to 1) what goes wrong with a change."""

    lost_ack: float = 0.0
    lost_change: float = 0.0
    """The device takes it and does not do it."""
    late_change: float = 0.0
    """The device says nothing for `late_s`, then does it."""
    late_s: float = 3.0
    twice: float = 0.0
    """What it reports comes twice."""
    busy: float = 0.0
    refused: float = 0.0
    garbage: float = 0.0


class SimulatedMatrix:
    """The device with one connection at a time; ``take`` gives what it says and does by an instant."""

    def __init__(
        self,
        *,
        receivers: Sequence[str],
        transmitters: Sequence[str],
        channels: Sequence[str] = ("video", "audio", "usb"),
        names: Mapping[str, str] | None = None,
        answer_s: float = 0.02,
        faults: Faults | None = None,
        random: Random | None = None,
    ) -> None:
        self.answer_s, self.faults = answer_s, faults or Faults()
        self.points: dict[tuple[str, str], str | None] = {}
        self.channels = tuple(channels)
        self.offline: set[tuple[str, str]] = set()
        self.dark: set[str] = set()
        """Transmitters' ports without a picture."""
        self.executed: list[tuple[float, Row]] = []
        self.texts: list[tuple[str | None, str]] = []
        self.keeps_log = True
        self._receivers, self._transmitters = tuple(receivers), tuple(transmitters)
        self._names = dict(names or {})
        self._random = random or Random(0)
        self._heap: list[tuple[float, int, int, bytes | list[Row] | None]] = []
        self._serial = count()
        self._rest = b""
        self._link = 0
        self.connected = False

    # the connection

    def connect(self, now: float) -> None:
        self.connected, self._rest = True, b""
        self._link += 1
        self._say({"say": "hello", "model": "simulated", "version": "1"}, now)

    def disconnect(self) -> None:
        """What was not said yet is never said; what was taken is still done."""
        self.connected = False
        self._link += 1

    def feed(self, data: bytes, now: float) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                self._asked(msgspec.json.decode(line), now)
            except (msgspec.DecodeError, KeyError, TypeError, ValueError):
                self._say({"say": "no", "ref": 0, "why": "unsupported"}, now)

    @property
    def due_at(self) -> float:
        return self._heap[0][0] if self._heap else float("inf")

    def take(self, now: float) -> bytes:
        """What the device says by now, having done what was due."""
        said = []
        while self._heap and self._heap[0][0] <= now:
            at, _, link, what = heapq.heappop(self._heap)
            if isinstance(what, list):
                said += [line for row in what for line in self._do(row, at)]
            elif self.connected and link == self._link:
                said.append(self.state() if what is None else what)
        return b"".join(said)

    # its people

    def switch_by_hand(self, channel: str, rx: str, tx: str | None, now: float) -> None:
        """Somebody works the device itself."""
        heapq.heappush(self._heap, (now, next(self._serial), 0, [(channel, rx, tx)]))

    def set_online(self, side: str, port: str, online: bool, now: float) -> None:
        (self.offline.discard if online else self.offline.add)((side, port))
        self._say({"say": "port", "port": self._port(side, port)}, now)

    def set_signal(self, port: str, signal: bool, now: float) -> None:
        (self.dark.discard if signal else self.dark.add)(port)
        self._say({"say": "port", "port": self._port("tx", port)}, now)

    # what it does

    def _asked(self, asked: dict[str, Any], now: float) -> None:
        match asked["do"]:
            case "ping":
                self._say({"say": "pong"}, now)
            case "dump":
                heapq.heappush(self._heap, (now + self.answer_s, next(self._serial), self._link, None))
            case "text":
                self.texts.append((asked["rx"], asked["text"]))
            case "switch":
                self._switch(asked["ref"], [(str(c), str(rx), tx) for c, rx, tx in asked["points"]], now)

    def _switch(self, ref: int, rows: list[Row], now: float) -> None:
        faults, dice = self.faults, self._random.random
        at = now + self.answer_s
        if faults.busy and dice() < faults.busy:
            self._say({"say": "busy", "ref": ref}, at)
            return
        if faults.refused and dice() < faults.refused:
            self._say({"say": "no", "ref": ref, "why": "failed"}, at)
            return
        if faults.garbage and dice() < faults.garbage:
            heapq.heappush(self._heap, (at, next(self._serial), self._link, b'\x00\xff{"say": no\n'))
        if faults.late_change and dice() < faults.late_change:
            heapq.heappush(self._heap, (now + faults.late_s, next(self._serial), 0, rows))
            return
        if not (faults.lost_ack and dice() < faults.lost_ack):
            self._say({"say": "ack", "ref": ref}, at)
        if not (faults.lost_change and dice() < faults.lost_change):
            heapq.heappush(self._heap, (at, next(self._serial), 0, rows))

    def _do(self, row: Row, now: float) -> list[bytes]:
        channel, rx, tx = row
        self.points[(channel, rx)] = tx
        if self.keeps_log:
            self.executed.append((now, row))
        line = _line({"say": "point", "point": row})
        twice = self.faults.twice and self._random.random() < self.faults.twice
        return [] if not self.connected else [line, line] if twice else [line]

    def _say(self, what: dict[str, Any], now: float) -> None:
        if self.connected:
            heapq.heappush(self._heap, (now, next(self._serial), self._link, _line(what)))

    def _port(self, side: str, port: str) -> tuple[str, str, str, bool, bool | None]:
        signal = port not in self.dark if side == "tx" else None
        return side, port, self._names.get(f"{side} {port}", ""), (side, port) not in self.offline, signal

    def state(self) -> bytes:
        """All of it, as the device says it."""
        points = [(channel, rx, tx) for (channel, rx), tx in self.points.items() if tx is not None]
        ports = [self._port("rx", rx) for rx in self._receivers] + [self._port("tx", tx) for tx in self._transmitters]
        return _line({"say": "state", "points": points, "ports": ports})


def _line(what: dict[str, Any]) -> bytes:
    return msgspec.json.encode(what) + b"\n"

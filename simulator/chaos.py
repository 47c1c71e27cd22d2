"""What a network and a tired PBX do to a connection: split bytes, late and lost replies, repeated events, cut links.

Seeded; every knob is a probability or a time in seconds and is off at zero.
"""

import asyncio
import random
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from simulator.amisession import AmiSession

MOST_PIECES = 12
PIECE_S = 0.0005


class Chaos(msgspec.Struct):
    """Knobs. `late_s` is the longest delay of a late reply; `cut` is per flush, the others per message."""

    rng: random.Random
    split: float = 0.0
    cut: float = 0.0
    late: float = 0.0
    late_s: float = 0.5
    lost: float = 0.0
    repeated: float = 0.0
    cuts: int = 0
    losses: int = 0

    def send(self, session: "AmiSession", data: bytes) -> None:
        """Write to the connection, in pieces and perhaps not to the end."""
        transport = session.transport
        if transport is None:
            return
        rng = self.rng
        if rng.random() < self.cut:
            self.cuts += 1
            transport.write(data[: rng.randrange(len(data) + 1)])
            session.closed = True
            transport.close()
            return
        if rng.random() >= self.split and not session.pieces:
            transport.write(data)
            return
        places = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(1, MOST_PIECES)))
        pumping = bool(session.pieces)
        session.pieces.extend(data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True) if a < b)
        if not pumping:
            self._pump(session)

    def _pump(self, session: "AmiSession") -> None:
        """One piece a turn of the loop, so that each is likely to be a read of its own."""
        if session.closed or session.transport is None:
            session.pieces.clear()
        elif session.pieces:
            session.transport.write(session.pieces[0])
            asyncio.get_running_loop().call_later(PIECE_S, self._next_piece, session)

    def _next_piece(self, session: "AmiSession") -> None:
        if session.pieces:
            session.pieces.popleft()
        self._pump(session)

    def reply(self, session: "AmiSession", data: bytes) -> None:
        """Answer an action now, later or never."""
        if self.rng.random() < self.lost:
            self.losses += 1
            return
        if self.rng.random() < self.late:
            loop = asyncio.get_running_loop()
            loop.call_later(self.rng.uniform(0, self.late_s), self._late, session, data)
            return
        session.write(data)

    def repeats(self) -> bool:
        """Whether an event is sent twice."""
        return bool(self.repeated) and self.rng.random() < self.repeated

    @staticmethod
    def _late(session: "AmiSession", data: bytes) -> None:
        session.write(data)
        session.flush()

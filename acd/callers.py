"""The callers of the floor and where they stand: queue by queue in the order in which they came."""

from bisect import bisect_left, insort

import msgspec

from telephony.ids import AgentId, CallId, CampaignId, CustomerId, ServerId
from telephony.numbers import PhoneNumber

Rank = tuple[float, int, CallId]
"""When he came, his serial on his PBX, his call: callers of one second stand as their PBX counted them."""


class Caller(msgspec.Struct, kw_only=True):
    """Somebody who has called us. `came` in epoch seconds."""

    call: CallId
    server: ServerId
    queue: CampaignId
    line: str
    came: float
    number: PhoneNumber | None = None
    number_key: int = 0
    customer: CustomerId = CustomerId("")
    last_agent: AgentId | None = None
    traits: dict[str, str] = msgspec.field(default_factory=dict)
    nuisance: int = 0
    named: bool = False
    """It is known whose number it is, or nobody can tell."""
    greeted: bool = False
    """He has been taken in and waits, or is on his way out."""
    told: bool = False
    """He has heard the greeting."""
    left: bool = False
    """He has been sent on and comes back to no queue by himself."""
    been: set[str] = msgspec.field(default_factory=set)
    """Queues he has overflowed from."""

    @property
    def rank(self) -> Rank:
        _, _, serial = self.call.rpartition(".")
        return self.came, int(serial) if serial.isascii() and serial.isdigit() else 0, self.call


class Standing:
    """Who stands in which queue; positions count from 1."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Rank]] = {}
        self._where: dict[CallId, tuple[str, Rank]] = {}

    def join(self, caller: Caller) -> int:
        """He stands in his queue, once; returns his position."""
        self.leave(caller.call)
        line = self._lines.setdefault(caller.queue, [])
        insort(line, caller.rank)
        self._where[caller.call] = (caller.queue, caller.rank)
        return bisect_left(line, caller.rank) + 1

    def leave(self, call: CallId) -> None:
        known = self._where.pop(call, None)
        if known is not None:
            line = self._lines[known[0]]
            del line[bisect_left(line, known[1])]

    def position(self, call: CallId) -> int:
        """Where he stands, 0 for in no queue."""
        known = self._where.get(call)
        return bisect_left(self._lines[known[0]], known[1]) + 1 if known is not None else 0

    def length(self, queue: str) -> int:
        return len(self._lines.get(queue, ()))

    def since(self, queue: str) -> float | None:
        """When the first in the queue came, None when nobody waits."""
        line = self._lines.get(queue)
        return line[0][0] if line else None

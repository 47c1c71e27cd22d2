"""Blending: callers first when their service level is at risk, outbound with the agents callers can spare.

A PBX is at risk as soon as a caller has waited a share of his queue's threshold, or too few were answered in time of
late; it is out of it when neither holds with a margin to spare, and has not for a while. At risk the dialler sees no agent
who serves callers; otherwise all but as many as are kept free for the callers expected shortly.
"""

from collections import deque
from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from math import exp
from typing import Any

import msgspec

from config.queues import QueueSettings
from config.routing import BlendingSettings
from telephony.blending import BlendingChanged
from telephony.commands import Command, SetTimer
from telephony.events import TimerFired
from telephony.facts import (
    CallArrived,
    CallConnected,
    CallerGone,
    CallOffered,
    CallQueued,
    CallSentOn,
    Fact,
    InboundEnded,
    OfferFailed,
)
from telephony.ids import CallId, ServerId
from telephony.leads import Restored

FEWEST = 5
"""Callers decided of late below which their share in time says nothing."""
WAITS, LATE, OVER = "blending.caller_waits", "blending.level_low", "blending.level_good"


class _Caller(msgspec.Struct):
    server: ServerId
    queue: str
    came: float
    due: float
    """When his wait puts the service level at risk."""
    waits: bool = True


class _Side(msgspec.Struct):
    """What is known of one PBX's callers."""

    arrivals: deque[float] = msgspec.field(default_factory=deque)
    decided: deque[tuple[float, bool]] = msgspec.field(default_factory=deque)
    in_time: int = 0
    at_risk: bool = False
    risk_at: float = 0.0
    """When it was last at risk."""
    kept: int = 0
    due: list[tuple[float, CallId]] = msgspec.field(default_factory=list)
    """When each waiting caller puts it at risk, a heap; some have gone meanwhile."""
    since: float | None = None
    timer: float | None = None


class Blending:
    """Hears of callers and tells which agents outbound is spared."""

    def __init__(self, queues: Mapping[str, QueueSettings], settings: BlendingSettings) -> None:
        self._queues, self._settings = queues, settings
        self._sides: dict[str, _Side] = {}
        self._callers: dict[CallId, _Caller] = {}
        self.rules: dict[type, Callable[[Any, float], list[Fact | Command]]] = {
            CallArrived: self._arrived,
            CallQueued: self._queued,
            CallOffered: self._offered,
            OfferFailed: self._offer_failed,
            CallConnected: self._connected,
            CallerGone: self._gone,
            CallSentOn: self._gone,
            InboundEnded: self._gone,
            TimerFired: self._timer,
            Restored: self._restored,
        }
        self.hears = frozenset(self.rules)

    def withheld(self, server: str) -> str:
        """Why outbound gets no agent there who serves callers, as a code; empty when it gets some."""
        side = self._sides.get(server)
        return "pace.callers_first" if side is not None and side.at_risk else ""

    def kept(self, server: str) -> int:
        """How many free agents there who serve callers are kept for those expected."""
        side = self._sides.get(server)
        return side.kept if side is not None else 0

    def on(self, event: object, now: float) -> list[Fact | Command]:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear is not None else []

    def _timer(self, event: TimerFired, now: float) -> list[Fact | Command]:
        what, server = event.key
        side = self._sides.get(server)
        if what != "blending" or side is None:
            return []
        side.timer = None
        return self._judge(ServerId(server), side, now)

    def _restored(self, event: Restored, now: float) -> list[Fact | Command]:
        out: list[Fact | Command] = []
        for known in event.inbound:
            settings = self._queues.get(known.queue)
            if settings is not None and known.queued_at is not None and known.connected_at is None:
                due = known.queued_at + settings.service_level_s * self._settings.wait_share
                out += self._waits(known.call, _Caller(known.server, known.queue, known.queued_at, due), now)
        return out

    def _side(self, server: ServerId, now: float) -> _Side:
        side = self._sides.get(server)
        if side is None:
            side = self._sides[server] = _Side(since=now)
        return side

    def _arrived(self, fact: CallArrived, now: float) -> list[Fact | Command]:
        side = self._side(fact.server, now)
        side.arrivals.append(now)
        return self._judge(fact.server, side, now)

    def _queued(self, fact: CallQueued, now: float) -> list[Fact | Command]:
        known = self._callers.get(fact.call)
        settings = self._queues.get(fact.queue)
        if settings is None:
            return []
        came = known.came if known is not None else now
        due = came + settings.service_level_s * self._settings.wait_share
        return self._waits(fact.call, _Caller(fact.server, fact.queue, came, due), now)

    def _waits(self, call: CallId, caller: _Caller, now: float) -> list[Fact | Command]:
        caller.waits = True
        self._callers[call] = caller
        side = self._side(caller.server, now)
        heappush(side.due, (caller.due, call))
        return self._judge(caller.server, side, now)

    def _first(self, side: _Side) -> float | None:
        """When the first of those who wait puts the service level at risk."""
        while side.due:
            due, call = side.due[0]
            caller = self._callers.get(call)
            if caller is not None and caller.waits and caller.due == due:
                return due
            heappop(side.due)
        return None

    def _offered(self, fact: CallOffered, now: float) -> list[Fact | Command]:
        caller = self._callers.get(fact.call)
        if caller is not None:
            caller.waits = False
        return []

    def _offer_failed(self, fact: OfferFailed, now: float) -> list[Fact | Command]:
        caller = self._callers.get(fact.call)
        return self._waits(fact.call, caller, now) if caller is not None else []

    def _connected(self, fact: CallConnected, now: float) -> list[Fact | Command]:
        return self._decide(fact.call, now, answered=True)

    def _gone(self, fact: CallerGone | CallSentOn | InboundEnded, now: float) -> list[Fact | Command]:
        return self._decide(fact.call, now, answered=False)

    def _decide(self, call: CallId, now: float, *, answered: bool) -> list[Fact | Command]:
        caller = self._callers.pop(call, None)
        if caller is None:
            return []
        side, settings = self._side(caller.server, now), self._queues[caller.queue]
        waited = now - caller.came
        if answered or waited > settings.short_abandon_s:
            good = answered and waited <= settings.service_level_s
            side.decided.append((now, good))
            side.in_time += good
        return self._judge(caller.server, side, now)

    def _judge(self, server: ServerId, side: _Side, now: float) -> list[Fact | Command]:
        """See whether the PBX is at risk now, how many agents are kept, and when to look again."""
        rules = self._settings
        while side.arrivals and side.arrivals[0] <= now - rules.window_s:
            side.arrivals.popleft()
        while side.decided and side.decided[0][0] <= now - rules.window_s:
            side.in_time -= side.decided.popleft()[1]
        lasted = min(rules.window_s, max(60.0, now - (side.since or now)))
        side.kept = enough(len(side.arrivals) / lasted * rules.ahead_s, rules.sure)
        first = self._first(side)
        share = side.in_time / len(side.decided) if len(side.decided) >= FEWEST else 1.0
        why = ""
        if first is not None and first <= now:
            why = WAITS
        elif share < rules.target + (rules.margin if side.at_risk else 0.0) and share < 1.0:
            why = LATE
        if why:
            side.risk_at = now
        out: list[Fact | Command] = []
        words = {"share": f"{share * 100:.0f}", "target": f"{rules.target * 100:.0f}"}
        if why and not side.at_risk:
            side.at_risk = True
            out.append(BlendingChanged(server=server, spared=False, why=why, words=words))
        elif not why and side.at_risk and now >= side.risk_at + rules.rest_s:
            side.at_risk = False
            out.append(BlendingChanged(server=server, spared=True, why=OVER, words=words))
        look = now + rules.rest_s if side.at_risk else first
        if look is not None and (side.timer is None or look < side.timer):
            side.timer = max(now, look)
            out.append(SetTimer(key=("blending", server), at=side.timer))
        return out


def enough(mean: float, sure: float) -> int:
    """The least number that a Poisson count of this mean does not exceed with that probability."""
    count, term = 0, exp(-min(mean, 700.0))
    total = term
    while total < sure and count < 10_000:
        count += 1
        term *= mean / count
        total += term
    return count

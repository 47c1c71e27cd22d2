"""What Prometheus sees of the ACD, counted from facts: labels are queues, states and results, never a caller or agent.

`acd_double_offer_total` is counted here and nowhere decided: an agent offered a call while he has another, or a call
offered to an agent while another has it, each of them once.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from acd.servicelevel import NOT_OFFERED
from telephony.agents import AgentState
from telephony.facts import (
    AgentChanged,
    CallArrived,
    CallConnected,
    CallEnded,
    CallerGone,
    CallLeft,
    CallOffered,
    CallQueued,
    CallSentOn,
    InboundEnded,
    OfferFailed,
    Way,
)
from telephony.ids import AgentId, CallId
from telephony.leads import Restored

S = AgentState
WAIT_BUCKETS = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1800.0)
HANDLE_BUCKETS = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
PHASES = {S.RINGING: "ring", S.TALKING: "talk", S.HOLD: "hold", S.CONSULTING: "consult", S.WRAP_UP: "wrap_up"}


class Spread:
    """A histogram: how many seconds fell into each bucket, and their sum."""

    def __init__(self, buckets: Iterable[float]) -> None:
        self.bounds = tuple(sorted(set(buckets)))
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum_s += seconds

    def cumulated(self) -> list[tuple[str, int]]:
        """As Prometheus has them: (upper bound, how many up to it)."""
        total, rows = 0, []
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            total += count
            rows.append(("+Inf" if bound == float("inf") else repr(bound), total))
        return rows


class Counters:
    """Fed facts; read when scraped."""

    def __init__(self, thresholds_s: Iterable[float]) -> None:
        """`thresholds_s` are the service level's: each is a bucket of its own."""
        self._bounds = (*WAIT_BUCKETS, *thresholds_s)
        self.offered: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.abandoned: Counter[str] = Counter()
        self.offers: Counter[str] = Counter()
        self.double_offers = 0
        self.waits: dict[str, Spread] = {}
        self.handled: dict[str, Spread] = {}
        self._queue: dict[CallId, str] = {}
        self._with: dict[CallId, AgentId] = {}
        self._call: dict[AgentId, CallId] = {}
        self._offered: set[CallId] = set()
        self.rules: dict[type, Callable[[Any, float], None]] = {
            CallArrived: self._arrived,
            CallQueued: self._queued,
            CallOffered: self._offer,
            OfferFailed: self._offer_failed,
            CallConnected: self._connected,
            CallLeft: self._left,
            CallerGone: self._gone,
            CallSentOn: self._sent_on,
            InboundEnded: self._over,
            CallEnded: self._over,
            AgentChanged: self._changed,
            Restored: self._restored,
        }

    def on(self, event: object, now: float) -> None:
        hear = self.rules.get(type(event))
        if hear is not None:
            hear(event, now)

    def _arrived(self, fact: CallArrived, now: float) -> None:
        self._queue[fact.call] = fact.queue

    def _queued(self, fact: CallQueued, now: float) -> None:
        if fact.call in self._queue:
            self._queue[fact.call] = fact.queue

    def _decided(self, call: CallId, waited_s: float) -> str | None:
        """The queue of a caller who is decided now; counted as offered there."""
        queue = self._queue.pop(call, None)
        if queue is not None:
            self.offered[queue] += 1
            spread = self.waits.get(queue)
            if spread is None:
                spread = self.waits[queue] = Spread(self._bounds)
            spread.add(waited_s)
        return queue

    def _offer(self, fact: CallOffered, now: float) -> None:
        other = self._with.get(fact.call)
        busy = self._call.get(fact.agent)
        if (other is not None and (other != fact.agent or fact.call in self._offered)) or (
            busy is not None and busy != fact.call
        ):
            self.double_offers += 1
        self._with[fact.call], self._call[fact.agent] = fact.agent, fact.call
        self._offered.add(fact.call)

    def _result(self, call: CallId, result: str) -> None:
        if call in self._offered:
            self._offered.discard(call)
            self.offers[result] += 1

    def _apart(self, call: CallId, agent: AgentId | None = None) -> None:
        holder = self._with.get(call)
        if holder is not None and (agent is None or agent == holder):
            del self._with[call]
            if self._call.get(holder) == call:
                del self._call[holder]

    def _offer_failed(self, fact: OfferFailed, now: float) -> None:
        self._result(fact.call, "no_answer" if fact.why in ("overdue", "no_answer") else "failed")
        self._apart(fact.call, fact.agent)

    def _connected(self, fact: CallConnected, now: float) -> None:
        self._result(fact.call, "connected")
        self._apart(fact.call)
        self._with[fact.call], self._call[fact.agent] = fact.agent, fact.call
        if (queue := self._decided(fact.call, fact.waited_s)) is not None:
            self.answered[queue] += 1

    def _left(self, fact: CallLeft, now: float) -> None:
        self._apart(fact.call, fact.agent)

    def _gone(self, fact: CallerGone, now: float) -> None:
        if (queue := self._decided(fact.call, fact.waited_s)) is not None:
            self.abandoned[queue] += 1

    def _sent_on(self, fact: CallSentOn, now: float) -> None:
        if fact.way in NOT_OFFERED:
            self._queue.pop(fact.call, None)
        elif fact.way is not Way.QUEUE:
            self._decided(fact.call, fact.waited_s)

    def _over(self, fact: InboundEnded | CallEnded, now: float) -> None:
        self._queue.pop(fact.call, None)
        self._result(fact.call, "caller_gone")
        self._apart(fact.call)

    def _changed(self, fact: AgentChanged, now: float) -> None:
        phase = PHASES.get(fact.was)
        if phase is not None and fact.now is not fact.was:
            spread = self.handled.get(phase)
            if spread is None:
                spread = self.handled[phase] = Spread(HANDLE_BUCKETS)
            spread.add(fact.for_s)

    def _restored(self, event: Restored, now: float) -> None:
        for caller in event.inbound:
            if caller.connected_at is None and not caller.way:
                self._queue[caller.call] = caller.queue
        for known in event.agents:
            if known.call is not None and known.state not in (S.WRAP_UP, S.LOGGED_OUT):
                self._with[known.call], self._call[known.agent] = known.agent, known.call

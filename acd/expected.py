"""What a caller can expect to wait: by who is ahead of him and how fast the agents who can serve him become free.

Agents are grouped by the queues they serve. A group's rate is what it has shown of late, conversations under way counted
as their time passes: agents freed for each second an agent was busy. Callers of other queues ahead of him take their
share of the groups they have in common, and of those ahead in his own some give up. Where too little is known of the
agents the wait of the queue's last caller served stands in. Not a moving average of waits: those tell of the past, and
tell it late.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from math import exp, log
from typing import Any

import msgspec

from telephony.agents import AgentState
from telephony.facts import (
    AgentChanged,
    CallConnected,
    CallerGone,
    CallOffered,
    CallQueued,
    CallSentOn,
    InboundEnded,
    OfferFailed,
)
from telephony.ids import AgentId, CallId
from telephony.leads import Restored

S = AgentState
MEMORY_S = 3600.0
"""How long what agents did counts, fading."""
FEWEST = 5.0
"""So many agents must have become free before a rate is made of it."""
UNSERVED_S = 2.0
"""Whoever has waited so long while agents are free is not for those."""
ONE_BY_ONE = 50
OUTSIDE = frozenset({S.LOGGED_OUT, S.AUX})
OFFERED = frozenset({S.RESERVED, S.RINGING})


class _Rate(msgspec.Struct):
    """How often something ends for each second it lasts, fading; `going` of them are under way."""

    ended: float = 0.0
    lasted_s: float = 0.0
    going: int = 0
    at: float = 0.0

    def pass_to(self, now: float) -> None:
        if now > self.at:
            faded = exp((self.at - now) / MEMORY_S)
            self.ended *= faded
            self.lasted_s = self.lasted_s * faded + self.going * MEMORY_S * (1.0 - faded)
            self.at = now

    @property
    def a_second(self) -> float:
        return self.ended / self.lasted_s if self.lasted_s > 0.0 else 0.0


class _Group(msgspec.Struct):
    """Agents who serve the same queues."""

    queues: frozenset[str]
    ready: int = 0
    busy: _Rate = msgspec.field(default_factory=_Rate)


class _Line(msgspec.Struct):
    """Who waits in one queue, in the order of his rank: when he came, less the queue's priority."""

    priority: float
    ranks: list[tuple[float, CallId]] = msgspec.field(default_factory=list)
    giving_up: _Rate = msgspec.field(default_factory=_Rate)
    last_wait_s: float | None = None


class _Caller(msgspec.Struct):
    queue: str
    came: float
    rank: tuple[float, CallId]
    waits: bool


class ExpectedWait:
    """Fed facts; asked for the wait of the caller at a position of a queue."""

    def __init__(self, serves: Mapping[AgentId, Iterable[str]], priorities: Mapping[str, float]) -> None:
        """`serves` are each agent's queues, `priorities` each queue's in seconds ahead."""
        self._serves = {agent: frozenset(queues) for agent, queues in serves.items()}
        self._state: dict[AgentId, AgentState] = {}
        self._groups: dict[frozenset[str], _Group] = {}
        self._of: dict[str, list[_Group]] = {}
        self._all = _Rate()
        self._lines = {queue: _Line(priority) for queue, priority in priorities.items()}
        self._callers: dict[CallId, _Caller] = {}
        self.rules: dict[type, Callable[[Any, float], None]] = {
            AgentChanged: self._changed,
            CallQueued: self._queued,
            CallOffered: self._offered,
            OfferFailed: self._offer_failed,
            CallConnected: self._connected,
            CallerGone: self._gone,
            CallSentOn: self._sent_on,
            InboundEnded: self._ended,
            Restored: self._restored,
        }

    def on(self, event: object, now: float) -> None:
        hear = self.rules.get(type(event))
        if hear is not None:
            hear(event, now)

    def joins(self, agent: AgentId, queues: Iterable[str], now: float) -> None:
        """The agent serves these queues from now on."""
        was, state = self._serves.get(agent, frozenset()), self._state.get(agent, S.LOGGED_OUT)
        self._put(was, state, -1, now)
        self._serves[agent] = frozenset(queues)
        self._put(self._serves[agent], state, +1, now)

    def waiting(self, queue: str) -> int:
        """How many wait in the queue with no agent reserved for them."""
        line = self._lines.get(queue)
        return len(line.ranks) if line is not None else 0

    def ready(self, queue: str) -> int:
        """How many agents of the queue are free."""
        return sum(group.ready for group in self._of.get(queue, ()))

    def busy(self, queue: str) -> int:
        """How many agents of the queue are with a call or in wrap-up, whosever call it is."""
        return sum(group.busy.going for group in self._of.get(queue, ()))

    def crew(self, queues: Iterable[str]) -> tuple[int, int]:
        """How many agents of any of these queues are free, and how many busy, each counted once."""
        wanted = frozenset(queues)
        groups = [group for group in self._groups.values() if group.queues & wanted]
        return sum(group.ready for group in groups), sum(group.busy.going for group in groups)

    def waiting_longer(self, queue: str, seconds: float, now: float) -> int:
        """How many in the queue have waited longer than that."""
        line = self._lines.get(queue)
        return bisect_left(line.ranks, (now - seconds - line.priority, CallId(""))) if line is not None else 0

    def longest_s(self, queue: str, now: float) -> float:
        """How long the first in the queue has waited, 0 when nobody does."""
        line = self._lines.get(queue)
        return max(0.0, now - line.ranks[0][0] - line.priority) if line is not None and line.ranks else 0.0

    def expected_s(self, queue: str, position: int, now: float) -> float | None:
        """Seconds the caller at this position (from 1) can expect to wait from now on; None when nothing tells."""
        line, groups = self._lines.get(queue), self._of.get(queue, ())
        if line is None or position < 1:
            return None
        placed = position <= len(line.ranks)
        rank = line.ranks[position - 1] if placed else (now - line.priority, CallId(""))
        if self.ready(queue) >= position and self.longest_s(queue, now) < UNSERVED_S:
            return 0.0
        if not any(group.busy.going for group in groups):
            return None
        self._all.pass_to(now)
        freed = 0.0
        for group in groups:
            group.busy.pass_to(now)
            others = sum(self._ahead(other, rank) for other in group.queues if other != queue)
            rate = group.busy if group.busy.ended >= FEWEST else self._all
            freed += group.busy.going * rate.a_second * position / (position + others)
        if self._all.ended < FEWEST or freed <= 0.0:
            return line.last_wait_s
        line.giving_up.pass_to(now)
        return _served_after(position, freed, line.giving_up.a_second)

    def _ahead(self, queue: str, rank: tuple[float, CallId]) -> int:
        line = self._lines.get(queue)
        return bisect_left(line.ranks, rank) if line is not None else 0

    # agents

    def _changed(self, fact: AgentChanged, now: float) -> None:
        queues = self._serves.get(fact.agent)
        if queues is None:
            return
        was = self._state.get(fact.agent, S.LOGGED_OUT)
        freed = fact.now is S.READY and was not in OUTSIDE and was is not S.READY and was not in OFFERED
        self._put(queues, was, -1, now, freed=freed)
        self._put(queues, fact.now, +1, now)
        self._state[fact.agent] = fact.now

    def _put(self, queues: frozenset[str], state: AgentState, by: int, now: float, *, freed: bool = False) -> None:
        if not queues or state in OUTSIDE:
            return
        group = self._groups.get(queues)
        if group is None:
            group = self._groups[queues] = _Group(queues, busy=_Rate(at=now))
            for queue in queues:
                self._of.setdefault(queue, []).append(group)
        if state is S.READY:
            group.ready += by
            return
        for rate in (group.busy, self._all):
            rate.pass_to(now)
            rate.going += by
            rate.ended += freed

    def _restored(self, event: Restored, now: float) -> None:
        for known in event.agents:
            if (queues := self._serves.get(known.agent)) is not None:
                self._put(queues, self._state.get(known.agent, S.LOGGED_OUT), -1, now)
                self._state[known.agent] = known.state
                self._put(queues, known.state, +1, now)

    # callers

    def _queued(self, fact: CallQueued, now: float) -> None:
        known = self._callers.get(fact.call)
        came = known.came if known is not None else now
        self._take_out(fact.call, now)
        line = self._lines.get(fact.queue)
        if line is not None:
            caller = _Caller(fact.queue, came, (came - line.priority, fact.call), waits=False)
            self._callers[fact.call] = caller
            self._stand(caller, now)

    def _stand(self, caller: _Caller, now: float) -> None:
        line = self._lines[caller.queue]
        caller.waits = True
        insort(line.ranks, caller.rank)
        line.giving_up.pass_to(now)
        line.giving_up.going += 1

    def _step_out(self, caller: _Caller, now: float) -> None:
        if caller.waits:
            line = self._lines[caller.queue]
            caller.waits = False
            del line.ranks[bisect_left(line.ranks, caller.rank)]
            line.giving_up.pass_to(now)
            line.giving_up.going -= 1

    def _take_out(self, call: CallId, now: float) -> _Caller | None:
        caller = self._callers.pop(call, None)
        if caller is not None:
            self._step_out(caller, now)
        return caller

    def _offered(self, fact: CallOffered, now: float) -> None:
        if (caller := self._callers.get(fact.call)) is not None:
            self._step_out(caller, now)

    def _offer_failed(self, fact: OfferFailed, now: float) -> None:
        if (caller := self._callers.get(fact.call)) is not None and not caller.waits:
            self._stand(caller, now)

    def _connected(self, fact: CallConnected, now: float) -> None:
        if (caller := self._take_out(fact.call, now)) is not None:
            self._lines[caller.queue].last_wait_s = now - caller.came

    def _gone(self, fact: CallerGone, now: float) -> None:
        if (caller := self._take_out(fact.call, now)) is not None:
            self._lines[caller.queue].giving_up.ended += 1.0

    def _sent_on(self, fact: CallSentOn, now: float) -> None:
        self._take_out(fact.call, now)

    def _ended(self, fact: InboundEnded, now: float) -> None:
        self._take_out(fact.call, now)


def _served_after(position: int, freed: float, giving_up: float) -> float:
    """Seconds until `position` callers have gone by, served at `freed` a second or giving up each at his own rate."""
    seconds = sum(1.0 / (freed + i * giving_up) for i in range(min(position, ONE_BY_ONE)))
    if position <= ONE_BY_ONE:
        return seconds
    if giving_up * position < 1e-6 * freed:
        return position / freed
    return seconds + log((freed + (position - 0.5) * giving_up) / (freed + (ONE_BY_ONE - 0.5) * giving_up)) / giving_up

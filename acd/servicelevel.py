"""Service level in every published definition, counted live: O(1) a fact, by queue and quarter of an hour.

A call is decided once: when an agent first has the caller, when he gives up, or when he is sent on; it counts in the
quarter of an hour of that instant and in the queue he was then in. So offered = answered + abandoned + sent on, always,
and a call still waiting is in no figure. Whoever was turned away before he waited (closed, nuisance) was not offered.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from config.queues import QueueSettings
from telephony.facts import (
    CallArrived,
    CallConnected,
    CallerDecided,
    CallerGone,
    CallQueued,
    CallSentOn,
    Fact,
    InboundEnded,
    Way,
)
from telephony.ids import CallId, CampaignId
from telephony.leads import Restored

QUARTER_S = 900
KEPT_S = 86_400
NOT_OFFERED = frozenset({Way.CLOSED, Way.NUISANCE})
ANSWERED, ABANDONED = "answered", "abandoned"
"""How a call was decided, as the store has it; a Way's word when it was sent on."""


class Tally(msgspec.Struct, kw_only=True):
    """Decided calls of one queue and span. Waits in seconds since the caller came; T is the queue's threshold.

    `overflowed` went on to another queue and are decided there: they are in no other figure here."""

    answered: int = 0
    answered_in: int = 0
    """Answered within T."""
    abandoned: int = 0
    abandoned_in: int = 0
    """Gave up within T."""
    short: int = 0
    """Gave up within the queue's `short_abandon_s`."""
    sent_on: int = 0
    overflowed: int = 0
    waited_s: float = 0.0
    """All waits of those answered together."""
    longest_s: float = 0.0

    @property
    def offered(self) -> int:
        return self.answered + self.abandoned + self.sent_on

    def add(self, other: "Tally") -> None:
        for name in self.__struct_fields__:
            if name != "longest_s":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest_s = max(self.longest_s, other.longest_s)

    @property
    def asa_s(self) -> float | None:
        """Average speed of answer."""
        return self.waited_s / self.answered if self.answered else None

    @property
    def abandonment(self) -> float | None:
        """Share of those offered who gave up, short abandons in neither."""
        return share(self.abandoned - self.short, self.offered - self.short)


def share(count: int, of: int) -> float | None:
    return count / of if of > 0 else None


DEFINITIONS: dict[str, Callable[[Tally], tuple[int, int]]] = {
    "answered": lambda t: (t.answered_in, t.answered),
    "decided": lambda t: (t.answered_in + t.abandoned_in, t.answered + t.abandoned),
    "handled": lambda t: (t.answered_in, t.answered + t.abandoned),
    "offered": lambda t: (t.answered_in, t.offered),
    "net": lambda t: (t.answered_in, t.offered - t.short),
}
"""Service levels by name, each with its numerator and denominator."""


def levels(tally: Tally) -> dict[str, float | None]:
    """The service level by every definition, a share, None of nobody."""
    return {name: share(*of(tally)) for name, of in DEFINITIONS.items()}


def decided(how: str, waited_s: float, settings: QueueSettings) -> Tally:
    """What one decided call adds."""
    in_time = waited_s <= settings.service_level_s
    if how == ANSWERED:
        return Tally(answered=1, answered_in=int(in_time), waited_s=waited_s, longest_s=waited_s)
    if how == ABANDONED:
        short = waited_s <= settings.short_abandon_s
        return Tally(abandoned=1, abandoned_in=int(in_time), short=int(short), longest_s=waited_s)
    return Tally(sent_on=1, longest_s=waited_s)


class Levels:
    """All queues' tallies by quarter of an hour, for a day back; fed facts."""

    def __init__(self, queues: Mapping[str, QueueSettings]) -> None:
        self._settings = queues
        self._slots: dict[str, dict[int, Tally]] = {queue: {} for queue in queues}
        self._open: dict[CallId, str] = {}
        self.rules: dict[type, Callable[[Any, float], list[Fact] | None]] = {
            CallArrived: self._arrived,
            CallQueued: self._arrived,
            CallConnected: self._connected,
            CallerGone: self._gone,
            CallSentOn: self._sent_on,
            InboundEnded: self._ended,
            Restored: self._restored,
        }

    def on(self, event: object, now: float) -> list[Fact]:
        hear = self.rules.get(type(event))
        return (hear(event, now) or []) if hear is not None else []

    def put(self, queue: str, slot: int, tally: Tally) -> None:
        """Add what was counted before this run began, in a quarter of an hour (epoch seconds divided by 900)."""
        if queue in self._slots:
            self._slots[queue].setdefault(slot, Tally()).add(tally)

    def over(self, queue: str, since: float, now: float) -> Tally:
        """The queue's tally from the quarter of an hour of `since` up to now; at most a day."""
        total = Tally()
        slots = self._slots.get(queue, {})
        for slot in range(max(int(since), int(now) - KEPT_S) // QUARTER_S, int(now // QUARTER_S) + 1):
            if (tally := slots.get(slot)) is not None:
                total.add(tally)
        return total

    def quarters(self, queue: str, since: float) -> Iterable[tuple[int, Tally]]:
        """The queue's quarters from an instant on that have any call."""
        slots = self._slots.get(queue, {})
        return [(slot, slots[slot]) for slot in sorted(slots) if slot >= int(since // QUARTER_S)]

    def _count(self, queue: str, now: float, tally: Tally) -> None:
        slots = self._slots.get(queue)
        if slots is None:
            return
        slot = int(now // QUARTER_S)
        known = slots.get(slot)
        if known is None:
            known = slots[slot] = Tally()
            for old in [one for one in slots if one < slot - KEPT_S // QUARTER_S]:
                del slots[old]
        known.add(tally)

    def _decide(self, call: CallId, how: str, waited_s: float, now: float) -> list[Fact] | None:
        queue = self._open.pop(call, None)
        if queue is None or queue not in self._settings:
            return None
        self._count(queue, now, decided(how, waited_s, self._settings[queue]))
        return [CallerDecided(call=call, queue=CampaignId(queue), how=how, waited_s=waited_s)]

    def _arrived(self, fact: CallArrived | CallQueued, now: float) -> None:
        if type(fact) is CallArrived or fact.call in self._open:
            self._open[fact.call] = fact.queue

    def _connected(self, fact: CallConnected, now: float) -> list[Fact] | None:
        return self._decide(fact.call, ANSWERED, fact.waited_s, now)

    def _gone(self, fact: CallerGone, now: float) -> list[Fact] | None:
        return self._decide(fact.call, ABANDONED, fact.waited_s, now)

    def _sent_on(self, fact: CallSentOn, now: float) -> list[Fact] | None:
        if fact.way in NOT_OFFERED:
            self._open.pop(fact.call, None)
        elif fact.way is not Way.QUEUE:
            return self._decide(fact.call, fact.way.value, fact.waited_s, now)
        elif fact.call in self._open:
            self._count(fact.queue, now, Tally(overflowed=1))
        return None

    def _ended(self, fact: InboundEnded, now: float) -> None:
        self._open.pop(fact.call, None)

    def _restored(self, event: Restored, now: float) -> None:
        for caller in event.inbound:
            if caller.connected_at is None and not caller.way:
                self._open[caller.call] = caller.queue

"""What a journal tells of one campaign: how its customers answered, how long people talked, who was there, what came of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import msgspec

from telephony.agents import AgentState
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    AttemptPlaced,
    AttemptVetoed,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallEnded,
    CallWaiting,
    Fact,
)
from telephony.outcomes import WHOSE, Fault

KINDS = (
    *("AttemptPlaced", "AttemptVetoed", "CallAnswered", "CallWaiting", "CallConnected", "CallAbandoned"),
    *("CallEnded", "AgentChanged"),
)
"""The facts that are listened to."""
SLOT_S = 900.0
QUIET_S = 300.0
"""A campaign that places no call for longer is taken to stand still: paused, outside its hours, or without leads."""
LINGERS_S = 30.0
"""How long after its last call a campaign still counts as dialling."""
MOST_SEEN = 20_000
MACHINE = "MACHINE"
_BUSY = {AgentState.TALKING, AgentState.HOLD, AgentState.CONSULTING, AgentState.WRAP_UP}
_AWAY = {AgentState.LOGGED_OUT, AgentState.AUX}

Span = tuple[float, float]


class Slot(msgspec.Struct):
    """A quarter of an hour: how its attempts ended and what was talked in it."""

    humans: int = 0
    others: int = 0
    failed: int = 0
    talks: int = 0
    talk_s: float = 0.0


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's stretch of time; instants in epoch seconds, lengths in seconds, `staff` steps of (instant, agents).

    What came of it stands beside: `connected` and `abandoned` calls, agents' `busy_s` and `present_s`, and each live
    answer with whether it was abandoned."""

    campaign: str
    since: float
    until: float
    human_s: tuple[float, ...]
    other_s: tuple[float, ...]
    talk_s: tuple[float, ...]
    wrap_s: tuple[float, ...]
    amd_s: float
    slots: tuple[Slot, ...]
    staff: tuple[tuple[float, float], ...]
    placed: int
    busy_s: float
    present_s: float
    answers: tuple[tuple[float, bool], ...]

    @property
    def outcomes(self) -> int:
        return sum(slot.humans + slot.others for slot in self.slots)

    @property
    def abandoned(self) -> int:
        return sum(late for _, late in self.answers)

    @property
    def connected(self) -> int:
        return len(self.answers) - self.abandoned

    @property
    def most_agents(self) -> int:
        return max((round(agents) for _, agents in self.staff), default=0)


class Learner:
    """Hears facts in the order of the journal; the call that is not the campaign's is passed over."""

    def __init__(self, campaign: str, *, patience_s: float) -> None:
        self._campaign = campaign
        self._patience_s = patience_s
        self._placed: dict[str, float] = {}
        self._answered: dict[str, float] = {}
        self._heard: set[str] = set()
        self._counted: set[str] = set()
        self._times: list[float] = []
        self._human: list[tuple[float, float]] = []
        self._other: list[tuple[float, float]] = []
        self._failed: list[float] = []
        self._talk: list[tuple[float, float]] = []
        self._wrap: list[float] = []
        self._amd: list[float] = []
        self._answers: list[tuple[float, bool]] = []
        self._calls: dict[str, Counter[bool]] = defaultdict(Counter)
        self._last: dict[str, bool] = {}
        self._spans: dict[str, list[tuple[float, float, AgentState]]] = defaultdict(list)
        self._now: dict[str, tuple[float, AgentState]] = {}

    def hear(self, entries: Iterable[tuple[float, Fact]]) -> None:
        for at, fact in entries:
            match fact:
                case AttemptPlaced():
                    if fact.campaign == self._campaign:
                        self._placed[fact.call] = at
                        self._times.append(at)
                case AttemptVetoed():
                    self._placed.pop(fact.call, None)
                case CallAnswered():
                    if fact.call in self._placed:
                        self._answered[fact.call] = at
                case CallWaiting():
                    self._waiting(fact, at)
                case CallConnected():
                    self._connected(fact, at)
                case CallAbandoned():
                    self._abandoned(fact, at)
                case CallEnded():
                    self._ended(fact, at)
                case AgentChanged():
                    self._changed(fact, at)
                case _:
                    pass

    def learned(self) -> Learned:
        """What was heard, from the first call placed to the last."""
        dialling = _joined(self._times)
        since, until = (dialling[0][0], dialling[-1][1]) if dialling else (0.0, 0.0)
        slots = [Slot() for _ in range(max(1, int((until - since) // SLOT_S) + 1))]
        for at, _ in self._human:
            _slot(slots, at, since).humans += 1
        for at, _ in self._other:
            _slot(slots, at, since).others += 1
        for at in self._failed:
            _slot(slots, at, since).failed += 1
        for at, length in self._talk:
            slot = _slot(slots, at, since)
            slot.talks += 1
            slot.talk_s += length
        busy, present, staff = self._agents(dialling, until)
        return Learned(
            campaign=self._campaign,
            since=since,
            until=until,
            human_s=_some([length for _, length in self._human]),
            other_s=_some([length for _, length in self._other]),
            talk_s=_some([length for _, length in self._talk]),
            wrap_s=_some(self._wrap),
            amd_s=sum(self._amd) / len(self._amd) if self._amd else 0.0,
            slots=tuple(slots),
            staff=staff,
            placed=len(self._times),
            busy_s=busy,
            present_s=present,
            answers=tuple(self._answers),
        )

    def _waiting(self, fact: CallWaiting, at: float) -> None:
        placed = self._placed.get(fact.call)
        if placed is None or fact.call in self._heard or fact.amd == MACHINE:
            return
        self._heard.add(fact.call)
        self._human.append((at, at - placed))
        self._amd.append(at - self._answered.get(fact.call, at))

    def _connected(self, fact: CallConnected, at: float) -> None:
        own = fact.call in self._placed
        self._calls[fact.agent][own] += 1
        self._last[fact.agent] = own
        if own and fact.call not in self._counted:
            self._counted.add(fact.call)
            self._answers.append((at, False))

    def _abandoned(self, fact: CallAbandoned, at: float) -> None:
        if fact.call not in self._placed or fact.call in self._counted:
            return
        if fact.by is AbandonedBy.SWITCHROOM or fact.waited_s > self._patience_s:
            self._counted.add(fact.call)
            self._answers.append((at, True))

    def _ended(self, fact: CallEnded, at: float) -> None:
        placed = self._placed.pop(fact.call, None)
        self._answered.pop(fact.call, None)
        self._counted.discard(fact.call)
        if placed is None:
            return
        if fact.talk_s > 0:
            self._talk.append((at, fact.talk_s + fact.hold_s))
        whose = WHOSE[fact.outcome]
        if fact.call in self._heard:
            self._heard.discard(fact.call)
        elif whose is Fault.NETWORK:
            self._failed.append(at)
        elif whose in (Fault.CUSTOMER, Fault.NOBODY):
            self._other.append((at, at - placed))

    def _changed(self, fact: AgentChanged, at: float) -> None:
        if fact.was is AgentState.WRAP_UP and self._last.get(fact.agent):
            self._wrap.append(fact.for_s)
        self._spans[fact.agent].append((at - fact.for_s, at, fact.was))
        self._now[fact.agent] = (at, fact.now)

    def _agents(self, dialling: Sequence[Span], until: float) -> tuple[float, float, tuple[tuple[float, float], ...]]:
        """Agent-seconds busy and present while the campaign dialled, and how many were there from when on; who served
        other campaigns too counts by his share of calls."""
        busy = present = 0.0
        steps: Counter[float] = Counter()
        for agent, calls in self._calls.items():
            share = calls[True] / (calls[True] + calls[False])
            since, state = self._now.get(agent, (until, AgentState.LOGGED_OUT))
            there = [*self._spans[agent], (since, until, state)]
            for begin, end, was in there if share else ():
                if was in _AWAY:
                    continue
                for low, high in _common((begin, end), dialling):
                    present += share * (high - low)
                    busy += share * (high - low) * (was in _BUSY)
                    steps[low] += share  # type: ignore[assignment]
                    steps[high] -= share  # type: ignore[assignment]
        at = sorted(steps)
        levels = accumulate(steps[one] for one in at)
        return busy, present, tuple((one, max(0.0, level)) for one, level in zip(at, levels, strict=True))


def _joined(times: Sequence[float]) -> list[Span]:
    """The stretches in which calls were placed without a long pause."""
    if not times:
        return []
    pauses = [(a, b) for a, b in pairwise(times) if b - a > QUIET_S]
    begins = [times[0], *(b for _, b in pauses)]
    ends = [*(a for a, _ in pauses), times[-1]]
    return [(begin, end + LINGERS_S) for begin, end in zip(begins, ends, strict=True)]


def _common(one: Span, others: Sequence[Span]) -> list[Span]:
    return [(max(one[0], low), min(one[1], high)) for low, high in others if min(one[1], high) > max(one[0], low)]


def _slot(slots: list[Slot], at: float, since: float) -> Slot:
    return slots[min(len(slots) - 1, max(0, int((at - since) // SLOT_S)))]


def _some(lengths: list[float]) -> tuple[float, ...]:
    """At most so many, taken evenly; never below a hundredth of a second."""
    stride = max(1, len(lengths) // MOST_SEEN)
    return tuple(max(0.01, one) for one in lengths[::stride])

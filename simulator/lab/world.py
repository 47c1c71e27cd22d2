"""One campaign in the lab: agents, pending calls and waiting customers, second by second, under one pacing rule."""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol, runtime_checkable

import msgspec

from simulator.lab.crowd import Crowd, People, Person
from simulator.lab.laws import Dice, Fate, Laws
from telephony.ports import NO_DEPARTURES, Departures

HUMAN, OTHER, FAILED, TALKED, WRAPPED, GIVES_UP, STAFF = range(7)
"""What can happen; ties in time are settled in the order of scheduling."""


class Rule(Protocol):
    """A pacing rule as the lab asks it: told what happens, asked on every tick how many calls to place."""

    def human(self, age_s: float, now: float) -> None: ...
    def other(self, age_s: float, now: float) -> None: ...
    def failed(self, now: float) -> None: ...
    def connected(self, now: float) -> None: ...
    def abandoned(self, now: float) -> None: ...
    def talked(self, for_s: float, now: float) -> None: ...
    def wrapped(self, for_s: float, now: float) -> None: ...
    def place(self, scene: "Scene") -> int: ...


@runtime_checkable
class Learning(Protocol):
    """A rule that is told whom a call was for."""

    def came_to(self, person: Person, age_s: float, human: bool, now: float) -> None: ...


class Scene(msgspec.Struct):
    """What a rule may see on a tick. `pending` when each call still out was placed; `room` lines and rate left."""

    now: float
    free: int
    talking: int
    wrapping: int
    pending: dict[int, float]
    waiting: int
    room: int
    since: dict[int, float]
    """When each conversation under way began, and `wraps` each wrap-up."""
    wraps: dict[int, float] = {}
    leaving: Departures = NO_DEPARTURES
    """Who was announced to leave, and from when on."""
    people: dict[int, Person] = {}
    """Whom each call still out is for, and `coming` who would be called next; empty where all people are alike."""
    coming: list[Person] = []


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How the world changes: functions of the time in seconds since the start."""

    agents: Callable[[float], int]
    fate: Callable[[float], Fate]
    talk_factor: Callable[[float], float] = lambda _: 1.0
    outage: Callable[[float], bool] = lambda _: False
    announced_s: float = 0.0
    """How long ahead a rule is told of agents who will leave."""
    people: People | None = None
    """None: everybody answers alike."""
    lines: int = 1_000_000
    cps: float = 1_000_000.0


class Counted(msgspec.Struct, kw_only=True):
    """What a run came to, since its warm-up ended; times in agent-seconds."""

    placed: int = 0
    humans: int = 0
    connected: int = 0
    abandoned: int = 0
    signed_in_s: float = 0.0
    busy_s: float = 0.0
    answers: list[tuple[float, bool]] = []
    """Each live answer: when, and whether it was abandoned."""

    @property
    def abandonment(self) -> float:
        live = self.connected + self.abandoned
        return self.abandoned / live if live else 0.0

    @property
    def utilisation(self) -> float:
        return self.busy_s / self.signed_in_s if self.signed_in_s else 0.0

    @property
    def wait_s(self) -> float:
        return (self.signed_in_s - self.busy_s) / self.connected if self.connected else 0.0


EVERYBODY = Person((), 0.0)


def _fate(usual: Fate, person: Person, people: People | None) -> Fate:
    """What becomes of a call to that person: his own chance, moved in log-odds as the answer rate of all is."""
    if people is None:
        return usual
    moved = usual.human * (1.0 - people.mean) / ((1.0 - usual.human) * people.mean)
    odds = moved * person.chance / max(1e-9, 1.0 - person.chance)
    human = odds / (1.0 + odds)
    rest = (1.0 - human) / (1.0 - usual.human)
    return Fate(human=human, busy=usual.busy * rest, machine=usual.machine * rest)


class World:
    """A run of the lab."""

    def __init__(self, laws: Laws, course: Course, rule: Rule, *, seed: int, tick_s: float = 0.5) -> None:
        self._laws, self._course, self._rule = laws, course, rule
        self._dice = Dice(laws, seed)
        self._tick_s = tick_s
        self._heap: list[tuple[float, int, int, float]] = []
        self._serial = 0
        self._pending: dict[int, float] = {}
        self._waiting: deque[tuple[int, float]] = deque()
        self._gone: set[int] = set()
        self._free: deque[int] = deque()
        self._since: dict[int, float] = {}
        self._wraps: dict[int, float] = {}
        self._who: dict[int, int] = {}
        self._leaves: dict[int, float] = {}
        self._talking = self._wrapping = 0
        self._staff = self._hired = 0
        self._allowance = 0.0
        self._marked_at = 0.0
        self._crowd = Crowd(course.people, self._dice.lead) if course.people is not None else None
        self._people: dict[int, Person] = {}
        self._learning = rule if isinstance(rule, Learning) and self._crowd is not None else None
        self.counted = Counted(answers=[])

    def run(self, seconds: float, *, warm_up_s: float = 0.0) -> Counted:
        """Play that many seconds; what happens in the warm-up is not counted."""
        heap, tick = self._heap, self._tick_s
        count = int(seconds / tick)
        warm = False
        for number in range(count):
            now = number * tick
            while heap and heap[0][0] <= now:
                at, kind, id, extra = heappop(heap)
                self._happens(at, kind, id, extra)
            if not warm and now >= warm_up_s:
                self._count_time(now)
                self.counted, warm = Counted(answers=[]), True
            self._staffed(now)
            self._place(now)
        self._count_time(count * tick)
        return self.counted

    def _happens(self, at: float, kind: int, id: int, extra: float) -> None:
        rule = self._rule
        if kind == HUMAN:
            self._over(id, at, human=True)
            self.counted.humans += 1
            self._count_time(at)
            if self._free:
                self._connect(at, id, self._free.popleft())
            else:
                self._waiting.append((id, at))
                self._at(at + self._laws.patience_s, GIVES_UP, id)
        elif kind == OTHER:
            self._over(id, at, human=False)
        elif kind == FAILED:
            del self._pending[id]
            self._people.pop(id, None)
            rule.failed(at)
        elif kind == TALKED:
            self._count_time(at)
            self._talking -= 1
            del self._since[id]
            self._wrapping += 1
            self._wraps[id] = at
            rule.talked(extra, at)
            wrap = self._dice.wrap()
            self._at(at + wrap, WRAPPED, id, wrap)
        elif kind == WRAPPED:
            self._count_time(at)
            self._wrapping -= 1
            del self._wraps[id]
            rule.wrapped(extra, at)
            self._comes_free(at, self._who.pop(id))
        elif kind == GIVES_UP:
            if id in self._gone:
                self._gone.discard(id)
            else:
                self._waiting.popleft()
                self.counted.abandoned += 1
                self.counted.answers.append((at, True))
                rule.abandoned(at)

    def _over(self, id: int, at: float, *, human: bool) -> None:
        age, person = at - self._pending.pop(id), self._people.pop(id, None)
        if self._learning is not None and person is not None:
            self._learning.came_to(person, age, human, at)
        else:
            (self._rule.human if human else self._rule.other)(age, at)

    def _connect(self, at: float, id: int, agent: int) -> None:
        self._talking += 1
        self._who[id] = agent
        self._since[id] = at
        self.counted.connected += 1
        self.counted.answers.append((at, False))
        self._rule.connected(at)
        talk = self._dice.talk() * self._course.talk_factor(at)
        self._at(at + talk, TALKED, id, talk)

    def _comes_free(self, at: float, agent: int) -> None:
        if self._leaves.get(agent, at + 1.0) <= at:
            del self._leaves[agent]
            self._staff -= 1
            return
        if self._waiting:
            id, _ = self._waiting.popleft()
            self._gone.add(id)
            self._connect(at, id, agent)
        else:
            self._free.append(agent)

    def _staffed(self, now: float) -> None:
        course, leaves = self._course, self._leaves
        wanted, then = course.agents(now), now + course.announced_s
        staying = self._staff - len(leaves)
        if leaves and any(at <= now for at in leaves.values()):
            self._count_time(now)
            for agent in [one for one in self._free if leaves.get(one, now + 1.0) <= now]:
                self._free.remove(agent)
                del leaves[agent]
                self._staff -= 1
        due_out = sum(at <= now for at in leaves.values())
        present = self._staff - due_out
        if present < wanted:
            self._count_time(now)
        while present < wanted:
            if due_out:
                del leaves[next(one for one, at in leaves.items() if at <= now)]
                due_out -= 1
            else:
                self._staff += 1
                self._hired += 1
                self._comes_free(now, self._hired)
            staying += 1
            present += 1
        if (going := staying - course.agents(then)) > 0:
            self._count_time(now)
            for agent in self._chosen(going):
                if course.announced_s <= 0.0 and agent in self._free:
                    self._free.remove(agent)
                    self._staff -= 1
                else:
                    leaves[agent] = then

    def _chosen(self, going: int) -> list[int]:
        """Who leaves: anybody when it is announced, else the idle first."""
        busy = [agent for agent in self._who.values() if agent not in self._leaves]
        idle = [agent for agent in self._free if agent not in self._leaves]
        if self._course.announced_s > 0.0:
            everybody = sorted(idle + busy)
            return [everybody[one] for one in self._dice.leaver.permutation(len(everybody))[:going]]
        return (idle[::-1] + busy)[:going]

    def _departures(self) -> Departures:
        if not self._leaves:
            return NO_DEPARTURES
        found: tuple[list[float], list[float], list[float]] = ([], [], [])
        doing = dict.fromkeys(self._free, 0)
        for id, agent in self._who.items():
            doing[agent] = 1 if id in self._since else 2
        for agent, at in self._leaves.items():
            found[doing[agent]].append(at)
        return Departures(*found)

    def _place(self, now: float) -> None:
        course = self._course
        self._allowance = min(max(1.0, course.cps), self._allowance + course.cps * self._tick_s)
        lines = course.lines - len(self._pending) - self._talking - len(self._waiting)
        room = max(0, min(lines, int(self._allowance)))
        scene = Scene(
            now=now,
            free=len(self._free),
            talking=self._talking,
            wrapping=self._wrapping,
            pending=self._pending,
            waiting=len(self._waiting),
            room=room,
            since=self._since,
            wraps=self._wraps,
            leaving=self._departures(),
        )
        if self._crowd is not None:
            scene.people, scene.coming = self._people, self._crowd.coming()
        count = min(room, self._rule.place(scene))
        self._allowance -= count
        for _ in range(count):
            self._dial(now)

    def _dial(self, now: float) -> None:
        dice, course = self._dice, self._course
        self._serial += 1
        id = self._serial
        self._pending[id] = now
        self.counted.placed += 1
        set_up = dice.set_up()
        person = EVERYBODY
        if self._crowd is not None:
            person = self._people[id] = self._crowd.next()
        if course.outage(now):
            self._at(now + set_up, FAILED, id)
            return
        fate, chance = _fate(course.fate(now), person, course.people), dice.fate()
        if chance < fate.human:
            self._at(now + set_up + dice.ring(), HUMAN, id)
        elif fate.failed and chance >= 1.0 - fate.failed:
            self._at(now + set_up, FAILED, id)
        elif dice.other is not None:
            self._at(now + dice.other(), OTHER, id)
        elif chance < fate.human + fate.busy:
            self._at(now + set_up, OTHER, id)
        elif chance < fate.human + fate.busy + fate.machine:
            self._at(now + set_up + dice.ring() + dice.amd(), OTHER, id)
        else:
            self._at(now + set_up + self._laws.ring_s, OTHER, id)

    def _at(self, at: float, kind: int, id: int, extra: float = 0.0) -> None:
        heappush(self._heap, (at, kind, id, extra))

    def _count_time(self, now: float) -> None:
        passed = now - self._marked_at
        self._marked_at = now
        busy = self._talking + self._wrapping
        self.counted.busy_s += busy * passed
        self.counted.signed_in_s += (busy + len(self._free)) * passed

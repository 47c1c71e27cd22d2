"""The router: free agents, waiting calls, and the match of the two on every event.

An agent who comes free looks at the heads of the kinds he may take, a call at the best agent of its kind. While a PBX is
open no call waits that a free agent may take. Whoever is matched has left the router, so nobody is matched twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush

import numpy as np

from acd.routing.assignment import FORBIDDEN, assign
from acd.routing.kinds import Kind, Place, Profile
from acd.routing.requests import Match, Request
from acd.routing.values import PLAIN, Values

MOST_KINDS = 1024
"""Kinds of calls kept at hand; beyond, those nobody waits in and that were not used lately are forgotten."""
BURST = 64
"""Most calls put to the solver at once."""


class _Agent:
    __slots__ = ("id", "profile", "since")

    def __init__(self, name: str, profile: Profile) -> None:
        self.id, self.profile = name, profile
        self.since: float | None = None


class _Call:
    __slots__ = ("kind", "personal", "place", "request", "serial", "step")

    def __init__(self, request: Request, serial: int, personal: bool, kind: Kind, place: Place, step: int) -> None:
        self.request, self.serial, self.personal, self.step = request, serial, personal, step
        self.kind, self.place = kind, place


class Router:
    """Agents free and calls waiting, on any number of PBXs; those not open match nobody."""

    def __init__(self, values: Values = PLAIN) -> None:
        self._values = values
        self._agents: dict[str, _Agent] = {}
        self._profiles: dict[tuple[str, tuple[tuple[str, int], ...]], Profile] = {}
        self._kinds: dict[tuple[object, ...], Kind] = {}
        self._calls: dict[str, _Call] = {}
        self._wanting: dict[str, dict[str, None]] = {}
        self._favouring: dict[str, dict[str, None]] = {}
        self._timers: list[tuple[float, int, str]] = []
        self._members: dict[tuple[str, str], int] = {}
        self._open: set[str] = set()
        self._serial = 0

    def enrol(self, agent: str, server: str, levels: Mapping[str, int], now: float) -> Match | None:
        """Make an agent known, or his new skills; whoever is free and may now take a waiting call does."""
        profile = self._profile(server, levels)
        known = self._agents.get(agent)
        if known is None:
            self._agents[agent] = _Agent(agent, profile)
            profile.members += 1
            return None
        if known.profile is profile:
            return None
        since = known.since
        self.busy(agent)
        known.profile.members -= 1
        if not known.profile.members:
            self._forget(known.profile)
        known.profile = profile
        profile.members += 1
        return self.free(agent, since, now) if since is not None else None

    def free(self, agent: str, since: float, now: float) -> Match | None:
        """The agent is free since then: he takes the call of most value to him, or joins those who wait for one."""
        known = self._agents.get(agent)
        if known is None or known.since is not None:
            return None
        if known.profile.server in self._open:
            call = self._call_for(known, now)
            if call is not None:
                known.since = since
                match = self._match(call, known, now, 0)
                known.since = None
                return match
        self._join(known, since)
        return None

    def busy(self, agent: str) -> bool:
        """The agent takes no call until he is free again; whether he was free."""
        known = self._agents.get(agent)
        if known is None or known.since is None:
            return False
        self._leave(known)
        return True

    def ask(self, request: Request, now: float) -> Match | None:
        """The call gets the agent of most value to it, or waits; a call that waits already stays as it is."""
        if request.call in self._calls:
            return None
        self._serial += 1
        personal = request.wanted is not None and (request.wanted_until is None or request.wanted_until > now)
        step = self._step(request, now)
        kind = self._kind(request, step)
        ahead = request.priority + self._values.holding(request.traits).ahead_s
        place = (request.pace * request.entered - ahead, request.entered, self._serial, request.call)
        call = _Call(request, self._serial, personal, kind, place, step)
        if request.server in self._open:
            found = self._agent_for(call)
            if found is not None:
                rivals = 0 if personal else kind.free() - 1
                match = self._match(call, found, now, rivals)
                self._leave(found)
                return match
        self._calls[request.call] = call
        if personal:
            self._wanting.setdefault(request.wanted or "", {})[request.call] = None
        else:
            kind.enqueue(place)
        if request.last is not None and request.last_worth:
            self._favouring.setdefault(request.last, {})[request.call] = None
        self._arm(call)
        return None

    def could_take(self, request: Request, now: float) -> str | None:
        """The agent who would be given to that call now; None when it would wait."""
        if request.server not in self._open:
            return None
        personal = request.wanted is not None and (request.wanted_until is None or request.wanted_until > now)
        step = self._step(request, now)
        found = self._agent_for(_Call(request, 0, personal, self._kind(request, step), (0.0, 0.0, 0, ""), step))
        return found.id if found is not None else None

    def withdraw(self, call: str) -> Request | None:
        """The call waits no longer."""
        held = self._calls.get(call)
        if held is None:
            return None
        self._drop(held)
        return held.request

    def open(self, server: str, now: float) -> list[Match]:
        """The PBX can connect calls again: whoever waits and whoever is free there are brought together at once."""
        self._open.add(server)
        return self._together([c for c in self._calls.values() if c.request.server == server], now)

    def shut(self, server: str) -> None:
        """The PBX connects nobody: calls and agents wait."""
        self._open.discard(server)

    def free_together(self, agents: Iterable[tuple[str, float]], now: float) -> list[Match]:
        """Several agents come free in the same instant, each since when; calls are spread over them as is best for all."""
        servers: set[str] = set()
        for name, since in agents:
            known = self._agents.get(name)
            if known is not None and known.since is None:
                self._join(known, since)
                servers.add(known.profile.server)
        return self._together([c for c in self._calls.values() if c.request.server in servers & self._open], now)

    @property
    def next_at(self) -> float | None:
        """When `due` is to be asked next; None when no demand widens."""
        timers = self._timers
        while timers:
            held = self._calls.get(timers[0][2])
            if held is not None and held.serial == timers[0][1]:
                return timers[0][0]
            heappop(timers)
        return None

    def due(self, now: float) -> list[Match]:
        """Widen the demands whose time has come."""
        moved: list[_Call] = []
        while (at := self.next_at) is not None and at <= now:
            held = self._calls[heappop(self._timers)[2]]
            self._widen(held, now)
            self._arm(held)
            moved.append(held)
        return self._together([held for held in moved if held.request.server in self._open], now) if moved else []

    def idle(self, membership: str, server: str) -> int:
        """How many are free there who have that skill with a prefix, e.g. ``campaign:sale``."""
        return self._members.get((server, membership), 0)

    def is_free(self, agent: str) -> bool:
        known = self._agents.get(agent)
        return known is not None and known.since is not None

    def levels(self, agent: str) -> Mapping[str, int]:
        """The agent's skills as he is enrolled."""
        known = self._agents.get(agent)
        return known.profile.levels if known is not None else {}

    def suits(self, agent: str, request: Request) -> bool:
        """Whether the agent is on the request's PBX and meets its first demand."""
        known = self._agents.get(agent)
        if known is None or known.profile.server != request.server:
            return False
        return request.steps[0].demand.meets(known.profile.levels)

    def waits(self, call: str) -> bool:
        return call in self._calls

    def __len__(self) -> int:
        return len(self._calls)

    def waiting(self) -> list[Request]:
        """Every request not yet matched, in no order."""
        return [held.request for held in self._calls.values()]

    def precedence(self, call: str, now: float) -> float | None:
        """How far ahead a waiting call is, in seconds; None when it does not wait."""
        held = self._calls.get(call)
        return None if held is None else _precedence(held, now)

    def _profile(self, server: str, levels: Mapping[str, int]) -> Profile:
        key = (server, tuple(sorted((skill, level) for skill, level in levels.items() if level > 0)))
        profile = self._profiles.get(key)
        if profile is None:
            profile = self._profiles[key] = Profile(server, dict(key[1]))
            profile.kinds = [k for k in self._kinds.values() if k.server == server and k.demand.meets(profile.levels)]
        return profile

    def _forget(self, profile: Profile) -> None:
        for kind in self._kinds.values():
            kind.worth.pop(profile, None)
        del self._profiles[(profile.server, tuple(sorted(profile.levels.items())))]

    def _kind(self, request: Request, step: int) -> Kind:
        asked = request.steps[step].demand
        holding = self._values.holding(request.traits)
        key = (request.server, asked.text, holding.key, request.pace, request.cap)
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= MOST_KINDS:
                self._spare_kinds()
            kind = self._kinds[key] = Kind(key, request.server, asked, holding, request.pace, request.cap, self._values)
            free: list[tuple[float, str, Profile]] = []
            for profile in self._profiles.values():
                if profile.server == kind.server and asked.meets(profile.levels):
                    profile.kinds.append(kind)
                    free += [(since, agent, profile) for agent, since in profile.idle.items()]
            free.sort(key=lambda one: one[0])
            for since, agent, profile in free:
                kind.join(profile, agent, since)
        kind.used = self._serial
        return kind

    def _spare_kinds(self) -> None:
        """Forget the older half of the kinds nobody waits in."""
        in_use = {held.kind.key for held in self._calls.values()}
        spare = sorted((k for k in self._kinds.values() if k.key not in in_use), key=lambda k: k.used)
        for kind in spare[: max(1, len(spare) // 2)]:
            del self._kinds[kind.key]
        for profile in self._profiles.values():
            profile.kinds = [kind for kind in profile.kinds if kind.key in self._kinds]

    def _join(self, agent: _Agent, since: float) -> None:
        agent.since = since
        profile = agent.profile
        profile.idle[agent.id] = since
        for kind in profile.kinds:
            kind.join(profile, agent.id, since)
        for membership in profile.memberships:
            self._members[membership] = self._members.get(membership, 0) + 1

    def _leave(self, agent: _Agent) -> None:
        agent.since = None
        profile = agent.profile
        del profile.idle[agent.id]
        for kind in profile.kinds:
            kind.leave(profile, agent.id)
        for membership in profile.memberships:
            self._members[membership] -= 1

    def _agent_for(self, call: _Call) -> _Agent | None:
        """The free agent of most value to the call."""
        request, kind = call.request, call.kind
        if call.personal:
            wanted = self._agents.get(request.wanted or "")
            return wanted if wanted is not None and wanted.since is not None and _reaches(call, wanted) else None
        weight = self._values.idle
        best = kind.best(weight)
        if request.last is not None and request.last_worth and best is not None:
            last = self._agents.get(request.last)
            if last is not None and last.since is not None and _may_take(call, last):
                value = kind.points(last.profile) + request.last_worth - weight * last.since
                if value >= best[2] - weight * best[1]:
                    return last
        return self._agents[best[0]] if best is not None else None

    def _call_for(self, agent: _Agent, now: float) -> _Call | None:
        """The waiting call of most value to the agent."""
        weight, profile, name = self._values.wait, agent.profile, agent.id
        best: _Call | None = None
        most, entered, serial = 0.0, 0.0, 0
        for kind in profile.kinds:
            if kind.queue:
                place = kind.queue[0]
                value = weight * min(kind.cap, kind.pace * now - place[0]) + kind.points(profile)
                call = self._calls[place[3]]
                if call.request.last == name:
                    value += call.request.last_worth
                if best is None or (-value, place[1], place[2]) < (-most, entered, serial):
                    best, most, entered, serial = call, value, place[1], place[2]
        for names in (self._wanting.get(name), self._favouring.get(name)):
            for one in names or ():
                call = self._calls[one]
                if (call.personal and call.request.wanted != name) or not _reaches(call, agent):
                    continue
                if not call.personal and not call.kind.demand.meets(profile.levels):
                    continue
                value = weight * _precedence(call, now) + call.kind.points(profile)
                if call.request.last == name:
                    value += call.request.last_worth
                place = call.place
                if best is None or (-value, place[1], place[2]) < (-most, entered, serial):
                    best, most, entered, serial = call, value, place[1], place[2]
        if best is not None:
            self._drop(best)
        return best

    def _drop(self, call: _Call) -> None:
        request = call.request
        del self._calls[request.call]
        if call.personal:
            _strike(self._wanting, request.wanted or "", request.call)
        else:
            call.kind.dequeue(call.place)
        if request.last is not None:
            _strike(self._favouring, request.last, request.call)

    def _step(self, request: Request, now: float) -> int:
        waited, step = now - request.entered, 0
        while step + 1 < len(request.steps) and request.steps[step + 1].after_s <= waited:
            step += 1
        return step

    def _arm(self, call: _Call) -> None:
        request = call.request
        at = request.wanted_until if call.personal else None
        if call.step + 1 < len(request.steps):
            widens = request.entered + request.steps[call.step + 1].after_s
            at = widens if at is None else min(at, widens)
        if at is not None:
            heappush(self._timers, (at, call.serial, request.call))

    def _widen(self, call: _Call, now: float) -> None:
        request = call.request
        step = call.step
        while step + 1 < len(request.steps) and request.entered + request.steps[step + 1].after_s <= now:
            step += 1
        was_personal, was = call.personal, call.kind
        call.personal = was_personal and (request.wanted_until is None or request.wanted_until > now)
        if step != call.step:
            call.step = step
            call.kind = self._kind(request, step)
        if was_personal:
            if call.personal:
                return
            _strike(self._wanting, request.wanted or "", request.call)
            call.kind.enqueue(call.place)
        elif call.kind is not was:
            was.dequeue(call.place)
            call.kind.enqueue(call.place)

    def _match(self, call: _Call, agent: _Agent, now: float, rivals: int) -> Match:
        request = call.request
        points = call.kind.points(agent.profile)
        is_last = request.last == agent.id
        return Match(
            call=request.call,
            agent=agent.id,
            idle_s=max(0.0, now - (now if agent.since is None else agent.since)),
            waited_s=max(0.0, now - request.entered),
            points=points + (request.last_worth if is_last else 0.0),
            step=call.step,
            wanted=call.personal,
            last=is_last,
            rivals=rivals,
            demand=call.kind.demand,
            request=request,
        )

    def _together(self, calls: Sequence[_Call], now: float) -> list[Match]:
        """Bring calls and free agents together: one by one where only one of a side is there, else all at once."""
        matches: list[Match] = []
        left = sorted(calls, key=lambda call: (-_precedence(call, now), call.place))
        while left:
            burst: list[_Call] = []
            rest: list[_Call] = []
            for call in left:
                if len(burst) < BURST:
                    if self._agent_for(call) is not None:
                        burst.append(call)
                else:
                    rest.append(call)
            if not burst:
                break
            matched = self._solved(burst, now)
            matches += matched
            gone = {match.call for match in matched}
            left = [call for call in burst if call.request.call not in gone] + rest
        return matches

    def _solved(self, calls: list[_Call], now: float) -> list[Match]:
        names: dict[str, _Agent] = {}
        may: list[set[str]] = []
        for call in calls:
            if call.personal:
                mine = {call.request.wanted or ""}
            else:
                mine = set(call.kind.longest(len(calls), self._values.idle))
                last = self._agents.get(call.request.last or "")
                if last is not None and last.since is not None and _may_take(call, last):
                    mine.add(last.id)
            may.append(mine)
            names.update((name, self._agents[name]) for name in mine)
        agents = sorted(names.values(), key=lambda agent: (agent.since or 0.0, agent.id))
        if len(calls) == 1:
            found = self._agent_for(calls[0])
            return [self._take(calls[0], found, now)] if found is not None else []
        worth = np.full((len(calls), len(agents)), FORBIDDEN)
        for row, call in enumerate(calls):
            waits = self._values.wait * _precedence(call, now)
            for column, agent in enumerate(agents):
                if not call.personal and agent.id not in may[row] and not _may_take(call, agent):
                    continue
                if call.personal and agent.id != call.request.wanted:
                    continue
                points = call.kind.points(agent.profile)
                points += call.request.last_worth if call.request.last == agent.id else 0.0
                worth[row, column] = waits + points + self._values.idle * (now - (agent.since or now))
        return [self._take(calls[row], agents[column], now) for row, column in assign(worth)]

    def _take(self, call: _Call, agent: _Agent, now: float) -> Match:
        match = self._match(call, agent, now, 0 if call.personal else max(0, call.kind.free() - 1))
        self._drop(call)
        self._leave(agent)
        return match


def _precedence(call: _Call, now: float) -> float:
    request = call.request
    return min(request.cap, request.pace * now - call.place[0])


def _reaches(call: _Call, agent: _Agent) -> bool:
    return agent.profile.server == call.request.server


def _may_take(call: _Call, agent: _Agent) -> bool:
    return _reaches(call, agent) and call.kind.demand.meets(agent.profile.levels)


def _strike(book: dict[str, dict[str, None]], agent: str, call: str) -> None:
    calls = book.get(agent)
    if calls is not None:
        calls.pop(call, None)
        if not calls:
            del book[agent]

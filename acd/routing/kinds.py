"""Kinds of calls and profiles of agents: who is free for a kind, and who waits in it, each in an order time does not change.

Calls of one kind ask the same, on one PBX, by the same rules, and age alike: so whoever is ahead stays ahead. Agents of one
profile have the same skills, so they are worth the same to a kind; in a bucket of equal worth the longest idle is first.
"""

from bisect import bisect_left, insort
from collections import OrderedDict

from acd.routing.values import Holding, Values
from config.demands import Demand

Place = tuple[float, float, int, str]
"""Where a call stands in its kind: by precedence, entry, serial; smaller is ahead."""


class Profile:
    """Agents on one PBX with the same skills."""

    __slots__ = ("idle", "kinds", "levels", "members", "memberships", "server")

    def __init__(self, server: str, levels: dict[str, int]) -> None:
        self.server, self.levels = server, levels
        self.kinds: list[Kind] = []
        self.idle: dict[str, float] = {}
        self.members = 0
        self.memberships = tuple((server, name) for name in levels if ":" in name)


class Kind:
    """Calls that may be compared by precedence alone, and the free agents who may take them."""

    __slots__ = ("_values", "buckets", "cap", "demand", "holding", "key", "pace", "queue", "server", "used", "worth")

    def __init__(
        self,
        key: tuple[object, ...],
        server: str,
        asked: Demand,
        holding: Holding,
        pace: float,
        cap: float,
        values: Values,
    ) -> None:
        self.key, self.server, self.demand, self.holding = key, server, asked, holding
        self.pace, self.cap, self._values = pace, cap, values
        self.queue: list[Place] = []
        self.buckets: dict[float, OrderedDict[str, float]] = {}
        self.worth: dict[Profile, float] = {}
        self.used = 0

    def points(self, profile: Profile) -> float:
        found = self.worth.get(profile)
        if found is None:
            found = self.worth[profile] = self._values.points(self.demand, self.holding, profile.levels)
        return found

    def join(self, profile: Profile, agent: str, since: float) -> None:
        """The agent is free since then."""
        points = self.points(profile)
        bucket = self.buckets.get(points)
        if bucket is None:
            bucket = self.buckets[points] = OrderedDict()
        elif since < next(reversed(bucket.values())):
            bucket[agent] = since
            for name, _ in sorted(bucket.items(), key=lambda one: one[1]):
                bucket.move_to_end(name)
            return
        bucket[agent] = since

    def leave(self, profile: Profile, agent: str) -> None:
        points = self.worth[profile]
        bucket = self.buckets.get(points)
        if bucket is not None and bucket.pop(agent, None) is not None and not bucket:
            del self.buckets[points]

    def best(self, idle_weight: float) -> tuple[str, float, float] | None:
        """The agent to take a call of this kind, since when he is free, and what the rules give him; None: nobody free."""
        found: tuple[str, float, float] | None = None
        most = 0.0
        for points, bucket in self.buckets.items():
            agent, since = next(iter(bucket.items()))
            value = points - idle_weight * since
            if found is None or value > most or (value == most and since < found[1]):
                found, most = (agent, since, points), value
        return found

    def free(self) -> int:
        return sum(map(len, self.buckets.values()))

    def enqueue(self, place: Place) -> None:
        insort(self.queue, place)

    def dequeue(self, place: Place) -> None:
        del self.queue[bisect_left(self.queue, place)]

    def longest(self, most: int, idle_weight: float) -> list[str]:
        """Up to so many free agents of most value to calls of this kind."""
        found: list[tuple[float, float, str]] = []
        for points, bucket in self.buckets.items():
            for (agent, since), _ in zip(bucket.items(), range(most), strict=False):
                found.append((idle_weight * since - points, since, agent))
        found.sort()
        return [agent for _, _, agent in found[:most]]

"""The pacing rules of other diallers, as their users describe them: what ours is measured beside."""

from collections import deque
from math import exp, floor

from simulator.lab.world import Scene

DAY_STARTS_HHMM = 900
SAMPLES = 15


class Deaf:
    """A rule that learns nothing: the part the simple ones share."""

    def human(self, age_s: float, now: float) -> None: ...
    def other(self, age_s: float, now: float) -> None: ...
    def failed(self, now: float) -> None: ...
    def connected(self, now: float) -> None: ...
    def abandoned(self, now: float) -> None: ...
    def talked(self, for_s: float, now: float) -> None: ...
    def wrapped(self, for_s: float, now: float) -> None: ...


class OneForOne(Deaf):
    """A call for each idle agent."""

    def place(self, scene: Scene) -> int:
        return max(0, scene.free - scene.waiting - len(scene.pending))


class FixedRatio(Deaf):
    """So many calls for each idle agent."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def place(self, scene: Scene) -> int:
        return max(0, int(self._ratio * scene.free) - scene.waiting - len(scene.pending))


class Wombat(Deaf):
    """Available agents times a boost, nothing while more than two customers wait."""

    def __init__(self, boost: float) -> None:
        self._boost = boost

    def place(self, scene: Scene) -> int:
        if scene.waiting > 2:
            return 0
        return max(0, floor(scene.free * self._boost) - len(scene.pending))


class Issabel(Deaf):
    """A busy agent counts as free when his conversation is 97 % likely to end before an answer comes."""

    def __init__(self) -> None:
        self._answered = self._ended = 1.0
        self._answer_s = 10.0
        self._talk_s = 60.0

    def human(self, age_s: float, now: float) -> None:
        self._answered += 1
        self._ended += 1
        self._answer_s += (age_s - self._answer_s) / 50.0

    def other(self, age_s: float, now: float) -> None:
        self._ended += 1

    def talked(self, for_s: float, now: float) -> None:
        self._talk_s += (for_s - self._talk_s) / 50.0

    def place(self, scene: Scene) -> int:
        soon = sum(
            1.0 - exp(-(scene.now - since + self._answer_s) / self._talk_s) >= 0.97 for since in scene.since.values()
        )
        wanted = (scene.free + soon) / max(0.20, self._answered / self._ended)
        return max(0, int(wanted) - scene.waiting - len(scene.pending))


class Vicidial(Deaf):
    """A level of lines per agent, moved every 15 s by the share of idle agents, cut when the day's drops pass 3 %.

    `limit` is what then happens: HARD_LIMIT, AVERAGE or TAPERED; `available_only` counts no agent in a call."""

    def __init__(self, limit: str, *, most: float, available_only: bool) -> None:
        self._limit, self._most, self._available_only = limit, most, available_only
        self._level = 1.0
        self._samples: deque[tuple[int, int]] = deque(maxlen=SAMPLES)
        self._sampled = self._adapted = self._launched = 0.0
        self._today = [0, 0]
        self._minute: deque[tuple[float, bool]] = deque()
        self._allowance = 0.0

    def connected(self, now: float) -> None:
        self._live(now, dropped=False)

    def abandoned(self, now: float) -> None:
        self._live(now, dropped=True)

    def place(self, scene: Scene) -> int:
        now = scene.now
        if now - self._sampled >= 1.0:
            self._sampled = now
            signed_in = scene.free + scene.talking + scene.wrapping
            self._samples.append((scene.free - scene.waiting, signed_in))
        if now - self._adapted >= 15.0:
            self._adapted = now
            self._adapt(now)
        if now - self._launched < 2.5:
            return 0
        self._launched = now
        counted = scene.free + (0 if self._available_only else scene.talking)
        goal = round(self._level * counted) + (scene.talking if self._available_only else 0)
        lines = len(scene.pending) + scene.waiting + scene.talking
        return max(0, min(goal - lines, 12))

    def _adapt(self, now: float) -> None:
        if not self._samples:
            return
        idle = sum(one[0] for one in self._samples) / len(self._samples)
        agents = sum(one[1] for one in self._samples) / len(self._samples)
        share = idle / agents if idle and agents else 0.0
        self._level = min(self._most, max(1.0, self._level * (1.0 + share)))
        while self._minute and now - self._minute[0][0] > 60.0:
            self._minute.popleft()
        dropped = sum(one[1] for one in self._minute)
        if len(self._minute) > 20 and dropped > 0.5 * len(self._minute):
            self._level = max(1.0, self._level / 2.0)
        answers, drops = self._today
        if answers > 50 and drops > 0.03 * answers:
            self._cut(now)

    def _cut(self, now: float) -> None:
        if self._limit == "HARD_LIMIT":
            self._level = 1.0
        elif self._limit == "AVERAGE":
            self._level = max(1.0, self._level / 2.0)
        else:
            minutes = int(now / 60.0)
            hhmm = DAY_STARTS_HHMM + 100 * (minutes // 60) + minutes % 60
            self._level = max(1.0, self._level * min(1.0, max(0, 2100 - hhmm) / 1000.0))

    def _live(self, now: float, *, dropped: bool) -> None:
        self._today[0] += 1
        self._today[1] += dropped
        self._minute.append((now, dropped))

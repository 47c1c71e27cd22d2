"""The surge plan: levels entered and left by the measured load, with different marks for each way and a least stay.

The rules in prose. Every few seconds the load is looked at. The next level is entered when any of its `enter` marks has
been passed for a while, by agents who are busy; each level in turn, so a sudden rush climbs one by one. A level is left for the one below when
every `leave` mark has been kept for a longer while, and not before its least stay. A leader may put the plan on a
level, where it stays until he gives it back. What a level does, those above it do too.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from acd.figures import Figures
from acd.servicelevel import Tally, share
from config.surge import SurgeLevel, SurgeSettings
from telephony.commands import Command, SetTimer
from telephony.events import TimerFired
from telephony.facts import AlarmCleared, AlarmRaised, AskRefused, Fact
from telephony.leads import Restored
from telephony.surge import SurgeAsked, SurgeChanged, SurgeView

TICK = ("surge", "look")
ALARM, ABOUT = "surge", "plan"
RECENT_S = 900.0
Out = list[Fact | Command]


class Load(NamedTuple):
    """What was measured; None when nothing tells."""

    waiting_per_agent: float = 0.0
    longest_s: float = 0.0
    service_level: float | None = None
    occupancy: float | None = None

    def told(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in self._asdict().items() if value is not None}


def measured(figures: Figures, queues: Iterable[str], now: float) -> Load:
    """The load of these queues together. Callers beyond the threshold who still wait count as not answered in time."""
    waiting, longest, late, recent = 0, 0.0, 0, Tally()
    names = [name for name in queues if name in figures.queues]
    for name in names:
        waiting += figures.expected.waiting(name)
        longest = max(longest, figures.expected.longest_s(name, now))
        late += figures.expected.waiting_longer(name, figures.queues[name].service_level_s, now)
        recent.add(figures.levels.over(name, now - RECENT_S, now))
    ready, busy = figures.expected.crew(names)
    return Load(
        waiting_per_agent=waiting / max(1, ready + busy),
        longest_s=longest,
        service_level=share(recent.answered_in, recent.offered - recent.short + late),
        occupancy=share(busy, ready + busy),
    )


class SurgePlan:
    """A part of the switchboard: fed ticks and leaders' wishes, it says at which level the plan stands."""

    def __init__(self, settings: SurgeSettings, load: Callable[[float], Load]) -> None:
        self.settings = settings
        self.level, self.since = 0, 0.0
        self.held, self.actor, self.why = False, "", ""
        self._load = load
        self._high_since: float | None = None
        self._low_since: float | None = None
        self.rules: dict[type, Callable[[Any, float], Out]] = {
            Restored: self._begins,
            TimerFired: self._timer,
            SurgeAsked: self._asked,
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> Out:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear is not None else []

    def resume(self, last: SurgeChanged | None, at: float, now: float) -> Out:
        """Go on where the last run was at that instant: what its level does is done again."""
        if last is None or last.level == 0 or last.level > len(self.settings.level):
            return []
        if not last.held and not self.settings.enabled:
            return []
        out = self._go(last.level, "restart", last.actor, last.held, now)
        self.since = at
        return out

    def actions(self) -> tuple[str, ...]:
        """All that is in force."""
        found = dict.fromkeys(action for level in self.settings.level[: self.level] for action in level.actions)
        return tuple(found)

    def view(self, now: float) -> SurgeView:
        return SurgeView(
            level=self.level,
            levels=len(self.settings.level),
            since=self.since,
            enabled=self.settings.enabled,
            held=self.held,
            actor=self.actor,
            why=self.why,
            actions=self.actions(),
            load=self._load(now).told(),
        )

    def _begins(self, event: Restored, now: float) -> Out:
        return [SetTimer(key=TICK, at=now + self.settings.check_s)] if self.settings.enabled else []

    def _timer(self, event: TimerFired, now: float) -> Out:
        if event.key != TICK:
            return []
        return [*self._look(now), SetTimer(key=TICK, at=now + self.settings.check_s)]

    def _look(self, now: float) -> Out:
        if self.held:
            return []
        load, levels, rules = self._load(now), self.settings.level, self.settings
        if self.level < len(levels) and _passes(load, levels[self.level]):
            self._low_since = None
            if self._high_since is None:
                self._high_since = now
            if now - self._high_since >= rules.enter_after_s:
                return self._go(self.level + 1, "load", "", False, now, load)
            return []
        self._high_since = None
        if self.level == 0 or not _keeps(load, levels[self.level - 1]):
            self._low_since = None
            return []
        if self._low_since is None:
            self._low_since = now
        if now - self._low_since >= rules.leave_after_s and now - self.since >= rules.least_s:
            return self._go(self.level - 1, "calm", "", False, now, load)
        return []

    def _asked(self, ask: SurgeAsked, now: float) -> Out:
        if ask.level is not None and not 0 <= ask.level <= len(self.settings.level):
            words = {"found": str(ask.level), "limit": str(len(self.settings.level))}
            return [AskRefused(actor=ask.actor, what="SurgeAsked", code="no_such_surge_level", words=words)]
        if ask.level is None and not self.held and self.level == 0:
            return [AskRefused(actor=ask.actor, what="SurgeAsked", code="no_surge")]
        out = self._go(ask.level or 0, "leader", ask.actor, ask.level is not None, now)
        if ask.level is None:
            self._high_since = now + self.settings.least_s
        return out

    def _go(self, level: int, why: str, actor: str, held: bool, now: float, load: Load | None = None) -> Out:
        was, self.level, self.since = self.level, level, now
        self.held, self.actor, self.why = held, actor, why
        self._high_since = self._low_since = None
        changed = SurgeChanged(
            was=was,
            level=level,
            why=why,
            actor=actor,
            held=held,
            actions=self.actions(),
            load=(load or self._load(now)).told(),
        )
        if level:
            return [changed, AlarmRaised(alarm=ALARM, about=ABOUT, words={"level": str(level), "why": why})]
        return [changed, AlarmCleared(alarm=ALARM, about=ABOUT)] if was else [changed]


def _passes(load: Load, level: SurgeLevel) -> bool:
    """Whether any mark is passed, by agents who are busy enough."""
    if level.occupancy and (load.occupancy is None or load.occupancy < level.occupancy):
        return load.occupancy is None and load.waiting_per_agent > 0
    return (
        (level.waiting_enter > 0 and load.waiting_per_agent >= level.waiting_enter)
        or (level.longest_enter_s > 0 and load.longest_s >= level.longest_enter_s)
        or (load.service_level is not None and load.service_level < level.service_enter)
    )


def _keeps(load: Load, level: SurgeLevel) -> bool:
    """Whether the load is better than every mark there is."""
    return (
        (level.waiting_enter <= 0 or load.waiting_per_agent <= level.waiting_leave)
        and (level.longest_enter_s <= 0 or load.longest_s <= level.longest_leave_s)
        and (level.service_enter <= 0 or load.service_level is None or load.service_level >= level.service_leave)
    )

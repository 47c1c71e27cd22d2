"""Scenarios of the lab as TOML: one of these by name, or a file of the reader's own."""

import tomllib
from math import pi, sin
from pathlib import Path

import msgspec

from simulator.lab.crowd import People
from simulator.lab.laws import Fate, Laws
from simulator.lab.world import Course

FOLDER = Path(__file__).parent


class Steps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that steps through `values`, `every_s` seconds each, again and again; or swings around `mean`."""

    values: tuple[float, ...] = ()
    every_s: float = 1200.0
    mean: float = 0.0
    swing: float = 0.0
    period_s: float = 3600.0

    def at(self, now: float) -> float:
        if self.values:
            return self.values[int(now / self.every_s) % len(self.values)]
        return self.mean + self.swing * sin(2.0 * pi * now / self.period_s)


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A course of events. `answer`, `busy` and `machine` are shares of the calls, `staff` of the agents, `talk` a factor."""

    title: dict[str, str] = {}
    hours: float = 6.0
    warm_up_s: float = 0.0
    answer: Steps | float = 0.35
    busy: float = 0.08
    machine: float = 0.20
    staff: Steps | float = 1.0
    talk: Steps | float = 1.0
    outage_s: float = 0.0
    outage_every_s: float = 900.0
    lines: int = 1_000_000
    cps: float = 1_000_000.0
    announced_s: float = 0.0
    """How long ahead the rule is told who will leave."""
    people: People | None = None
    laws: Laws = Laws()

    def course(self, agents: int) -> Course:
        """The course for that many agents."""
        return Course(
            agents=lambda now: max(1, round(agents * _at(self.staff, now))),
            fate=lambda now: Fate(human=_at(self.answer, now), busy=self.busy, machine=self.machine),
            talk_factor=lambda now: _at(self.talk, now),
            outage=lambda now: 0.0 < now % self.outage_every_s <= self.outage_s if self.outage_s else False,
            people=self.people,
            lines=self.lines,
            cps=self.cps,
            announced_s=self.announced_s,
        )


class ScenarioFault(Exception):
    """A scenario that cannot be read; the text says why."""


def names() -> tuple[str, ...]:
    """The shipped scenarios."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def scenario(name: str) -> Scenario:
    """A shipped scenario by name, or the one in a TOML file; raises ScenarioFault."""
    path = FOLDER / f"{name}.toml" if name in names() else Path(name)
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Scenario)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ScenarioFault(f"{name}: {error}") from None


def _at(value: Steps | float, now: float) -> float:
    return value.at(now) if isinstance(value, Steps) else value

"""What a pairing is worth: w = q(call, agent) + a · wait + b · idle, with q given by rules that are data.

A rule holds for calls with certain traits and gives points to agents who meet its demand; in the demand ``{language}``
stands for that trait of the call.
"""

import re
from collections.abc import Mapping

import msgspec

from config.demands import ANYBODY, Demand, Levels, NotADemand, demand

_SLOT = re.compile(r"\{([a-z_]+)\}")
ANY = "*"
MOST_REMEMBERED = 4096
"""Combinations of traits whose rules are kept at hand."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`points` for agents who meet `agent` when the call's traits are as in `when` (``*``: any at all); with `each_level`
    for every level of the skills it asks for. `ahead_s` puts the call itself ahead, whoever takes it."""

    name: str
    when: Mapping[str, tuple[str, ...]] = {}
    agent: str = ""
    points: float = 0.0
    each_level: bool = False
    ahead_s: float = 0.0


class Active(msgspec.Struct, frozen=True):
    """A rule that holds for a call, its demand filled in."""

    rule: Rule
    demand: Demand

    def gives(self, levels: Levels) -> float:
        if not self.demand.meets(levels):
            return 0.0
        if self.rule.each_level:
            return self.rule.points * sum(levels.get(skill, 0) for skill in self.demand.asks)
        return self.rule.points


class Holding(msgspec.Struct, frozen=True):
    """The rules that hold for a call: those that tell agents apart, and how far the call is put ahead; `key` names them."""

    rules: tuple[Active, ...]
    ahead_s: float
    key: str


class Values:
    """The rules and the weights: `wait` and `idle` are points for a second of each, `level` for every level of a skill
    the call asks for."""

    def __init__(
        self, rules: tuple[Rule, ...] = (), *, wait: float = 1.0, idle: float = 1.0, level: float = 0.0
    ) -> None:
        self.rules, self.wait, self.idle, self.level = rules, wait, idle, level
        self._matters = tuple(sorted({t for r in rules for t in (*r.when, *_SLOT.findall(r.agent))}))
        self._known: dict[tuple[str | None, ...], Holding] = {}

    def holding(self, traits: Mapping[str, str]) -> Holding:
        """The rules that hold for a call of these traits."""
        if not self._matters:
            return NONE_HOLD
        mine = tuple(traits.get(trait) for trait in self._matters)
        found = self._known.get(mine)
        if found is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            found = self._known[mine] = self._find(traits)
        return found

    def _find(self, traits: Mapping[str, str]) -> Holding:
        active: list[Active] = []
        ahead = 0.0
        for rule in self.rules:
            if not all(_fits(traits.get(trait), allowed) for trait, allowed in rule.when.items()):
                continue
            asked = filled_in(rule.agent, traits)
            if asked is None:
                continue
            ahead += rule.ahead_s
            if rule.points:
                active.append(Active(rule, asked))
        return Holding(tuple(active), ahead, "|".join(f"{one.rule.name}:{one.demand.text}" for one in active))

    def points(self, asked: Demand, holding: Holding, levels: Levels) -> float:
        """q: what an agent of these skills is worth for calls that ask this and have these rules."""
        found = self.level * sum(levels.get(skill, 0) for skill in asked.asks if ":" not in skill)
        for one in holding.rules:
            found += one.gives(levels)
        return found

    def reasons(self, holding: Holding, levels: Levels) -> list[tuple[str, float]]:
        """Which rules gave how many points, the most first."""
        given = [(one.rule.name, one.gives(levels)) for one in holding.rules]
        return sorted(((name, points) for name, points in given if points), key=lambda one: -one[1])


NONE_HOLD = Holding((), 0.0, "")
PLAIN = Values()
"""First come first served, to the agent who has been idle longest."""


def _fits(trait: str | None, allowed: tuple[str, ...]) -> bool:
    return trait is not None and trait != "" and (ANY in allowed or trait in allowed)


def filled_in(text: str, traits: Mapping[str, str]) -> Demand | None:
    """The demand with the call's traits in its slots; None when one is missing or gives no name of a skill."""
    if not text:
        return ANYBODY
    if any(not traits.get(slot) for slot in _SLOT.findall(text)):
        return None
    try:
        return demand(_SLOT.sub(lambda slot: re.sub(r"[^A-Za-z0-9_.]", "_", traits[slot[1]]), text))
    except NotADemand:
        return None

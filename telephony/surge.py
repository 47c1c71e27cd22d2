"""The surge plan's words: its levels change as facts, a leader may ask for one, and pages see how it stands."""

import msgspec

from telephony.agents import Ask
from telephony.facts import Fact


class SurgeChanged(Fact, frozen=True, kw_only=True):
    """The plan went from one level to another, 0 being none. `why`: load, calm, leader, restart (as it was before).

    `actions` are all in force from now on; `held` is set while a leader keeps the level; `load` is what was measured."""

    was: int
    level: int
    why: str
    actor: str = ""
    held: bool = False
    actions: tuple[str, ...] = ()
    load: dict[str, float] = {}


class SurgeAsked(Ask, frozen=True, kw_only=True):
    """A leader puts the plan on a level and keeps it there; None gives it back to the load, from level 0 on."""

    level: int | None


class SurgeView(msgspec.Struct, frozen=True, kw_only=True):
    """How the plan stands: `since` epoch seconds; `held` by the leader `actor`; `load` as measured just now."""

    level: int
    levels: int
    since: float
    enabled: bool
    held: bool
    actor: str
    why: str
    actions: tuple[str, ...]
    load: dict[str, float]

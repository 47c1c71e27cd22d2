"""Who may see and switch what: levels for each transmitter and receiver, the right to push and to force.

A user's own level and those of his groups count together: the highest holds. ``hidden`` is not listed and unknown when
typed; ``none`` is listed, but cannot be connected; ``view`` gives the picture, ``full`` keyboard and mouse too. On a
receiver ``view`` lets others get its picture, ``full`` lets its picture be changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

import msgspec

EVERY = "*"
HOUSE = ""
"""The actor of rules: nobody's right binds the house."""


class Level(IntEnum):
    HIDDEN = 0
    NONE = 1
    VIEW = 2
    FULL = 3


class Grants(msgspec.Struct, frozen=True, kw_only=True):
    """What one user or group is given, by id; ``*`` is every other one."""

    transmitters: Mapping[str, Level] = {}
    receivers: Mapping[str, Level] = {}
    push: frozenset[str] = frozenset()
    force: frozenset[str] = frozenset()


class Rights:
    """The rights of all users. Asked for the house itself everything is allowed; a user not known may do nothing."""

    def __init__(
        self,
        *,
        users: Mapping[str, Grants],
        groups: Mapping[str, Grants],
        member: Mapping[str, Sequence[str]],
        default: Level = Level.NONE,
    ) -> None:
        self._default = default
        self._grants = {
            name: (own, *(groups[group] for group in member.get(name, ()) if group in groups))
            for name, own in users.items()
        }

    def knows(self, user: str) -> bool:
        return user == HOUSE or user in self._grants

    def on_tx(self, user: str, tx: str) -> Level:
        if user == HOUSE:
            return Level.FULL
        return self._highest(user, tx, (grants.transmitters for grants in self._of(user)))

    def on_rx(self, user: str, rx: str) -> Level:
        if user == HOUSE:
            return Level.FULL
        return self._highest(user, rx, (grants.receivers for grants in self._of(user)))

    def may_push(self, user: str, rx: str) -> bool:
        return user == HOUSE or any(rx in grants.push or EVERY in grants.push for grants in self._of(user))

    def may_force(self, user: str, rx: str) -> bool:
        return user == HOUSE or any(rx in grants.force or EVERY in grants.force for grants in self._of(user))

    def _of(self, user: str) -> tuple[Grants, ...]:
        return self._grants.get(user, ())

    def _highest(self, user: str, id: str, tables: Iterable[Mapping[str, Level]]) -> Level:
        if user not in self._grants:
            return Level.HIDDEN
        said = [level for table in tables if (level := table.get(id, table.get(EVERY))) is not None]
        return max(said, default=self._default)

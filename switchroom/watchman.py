"""The watchman: raises an alarm while a link to an Asterisk is lost or a trunk is down, and clears it when it is back."""

from collections.abc import Iterable

from telephony.ami.link import CLOSED_BY_US
from telephony.commands import Command
from telephony.facts import AlarmCleared, AlarmRaised, Fact, ServerChanged, TrunkChanged

LINK = "link_lost"
TRUNK = "trunk_down"


class Watchman:
    """A part of the switchboard that hears what became of links and trunks."""

    hears: frozenset[type] = frozenset({ServerChanged, TrunkChanged})

    def __init__(self) -> None:
        self._raised: set[tuple[str, str]] = set()

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        match event:
            case ServerChanged():
                lost = event.state == "lost" and event.why != CLOSED_BY_US
                return self._say(LINK, event.server, lost, event.state == "up", event.why)
            case TrunkChanged():
                return self._say(TRUNK, event.trunk, event.state == "down", event.state == "healthy", event.why)
        return ()

    def _say(self, alarm: str, about: str, bad: bool, well: bool, why: str) -> list[Fact | Command]:
        if bad and (alarm, about) not in self._raised:
            self._raised.add((alarm, about))
            return [AlarmRaised(alarm=alarm, about=about, words={"why": why})]
        if well and (alarm, about) in self._raised:
            self._raised.remove((alarm, about))
            return [AlarmCleared(alarm=alarm, about=about)]
        return []

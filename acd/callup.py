"""The reserves: managers and others who serve queues only while the surge plan calls them."""

from acd.floor import Floor, Out
from telephony.surge import SurgeChanged


class CallUp:
    """Gives agents their reserve queues, and takes them back."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def changed(self, fact: SurgeChanged, now: float) -> Out:
        """A reserve who is free is given a waiting caller at once; one on a call finishes it, whoever's it is."""
        called = "reserves" in fact.actions
        self._floor.supply.filler = "filler" not in fact.actions
        if called is self._floor.terms.reserves_called:
            return []
        self._floor.terms.reserves_called = called
        out: Out = []
        for agent in self._floor.agents.values():
            if agent.settings.reserve_queues:
                out += self._floor.reskill(agent, now)
        return out

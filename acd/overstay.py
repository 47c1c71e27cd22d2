"""Agents not ready for longer than their reason allows: the leader is alarmed until they are back."""

from collections.abc import Callable

from acd.floor import Floor, Out
from telephony.agents import AgentState
from telephony.commands import CancelTimer, SetTimer
from telephony.facts import AgentChanged, AlarmCleared, AlarmRaised
from telephony.ids import AgentId

OVERSTAY = "overstay"


class Overstay:
    """Watches AUX; `counted` is how often each agent has stayed too long in this run."""

    def __init__(self, floor: Floor, exempt: Callable[[AgentId], bool] = lambda _: False) -> None:
        """`exempt` are those whose time is watched otherwise."""
        self._floor = floor
        self._exempt = exempt
        self._watched: set[AgentId] = set()
        self._raised: set[AgentId] = set()
        self.counted: dict[AgentId, int] = {}

    def moved(self, fact: AgentChanged, now: float) -> Out:
        return [*self._well(fact.agent), *self.watch(fact.agent, now)]

    def watch(self, agent_id: AgentId, now: float) -> Out:
        """Begin to watch an agent who is AUX for a reason with a limit, from the begin of his spell."""
        agent = self._floor.agents[agent_id]
        limit_s = self._floor.rules.reason_of(agent.reason).limit_s if agent.state is AgentState.AUX else 0.0
        if not limit_s:
            return []
        self._watched.add(agent.id)
        return [SetTimer(key=("overstay", agent.id), at=max(now, agent.since + limit_s))]

    def due(self, agent_id: AgentId, now: float) -> Out:
        agent = self._floor.agents.get(agent_id)
        if agent is None or agent_id not in self._watched or agent_id in self._raised or self._exempt(agent_id):
            return []
        self._raised.add(agent_id)
        self.counted[agent_id] = self.counted.get(agent_id, 0) + 1
        minutes = f"{self._floor.rules.reason_of(agent.reason).limit_s / 60:.0f}"
        words = {"agent": agent_id, "reason": agent.reason, "minutes": minutes}
        return [AlarmRaised(alarm=OVERSTAY, about=agent_id, words=words)]

    def _well(self, agent: AgentId) -> Out:
        if agent not in self._watched:
            return []
        self._watched.discard(agent)
        out: Out = [CancelTimer(key=("overstay", agent))]
        if agent in self._raised:
            self._raised.discard(agent)
            out.append(AlarmCleared(alarm=OVERSTAY, about=agent))
        return out

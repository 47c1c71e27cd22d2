"""Agents' phones as the PBX reports them: one not registered, or in a private call, takes no customer while that lasts.

Our own table of agents stays the truth: a device state can only take a free agent aside and let him back. States of
phones nobody has, and those that change nothing, cost a look into one dictionary.
"""

from acd.agents import NOT_THERE, Agent, Verb
from acd.floor import Floor, Out
from telephony.agents import AgentState, SeatMode
from telephony.commands import CancelTimer, SetTimer
from telephony.events import DeviceChanged
from telephony.ids import ServerId

S = AgentState
IN_USE = frozenset({"INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"})
PHONE = ("phone_lost", "phone_in_use")
SETTLE_S = 1.0
"""Least time between a phone's being gone and its agent's being free again, so that a flapping phone costs little."""


class Devices:
    """Hears device states."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._at: dict[tuple[ServerId, str], tuple[Agent, ...]] = {}
        for agent in floor.agents.values():
            key = (agent.server, agent.settings.endpoint)
            self._at[key] = (*self._at.get(key, ()), agent)

    def changed(self, event: DeviceChanged, now: float) -> Out | tuple[()]:
        agents = self._at.get((event.server, event.endpoint))
        if agents is None:
            return ()
        out: Out = []
        for agent in agents:
            if agent.device != event.state:
                out += self._one(agent, event.state, now)
        return out

    def settled(self, agent: Agent, now: float) -> Out:
        """The phone has been well for long enough: its agent is free again, if he is aside for it still."""
        return self._back(agent, now) if self._waits_for_phone(agent) else []

    def _one(self, agent: Agent, state: str, now: float) -> Out:
        was, agent.device = agent.device, state
        rings = agent.mode is SeatMode.RING_EACH_CALL
        agent.private = state in IN_USE and rings and (agent.private or not agent.on_a_call)
        if agent.state is S.READY and not agent.phone_ready:
            return self._aside(agent, agent.why_no_phone, now)
        if (
            not rings
            and was in NOT_THERE
            and state not in NOT_THERE
            and agent.seat is None
            and agent.state is not S.LOGGED_OUT
        ):
            return [CancelTimer(key=("seat", agent.id)), *self._floor.take_seat(agent)]
        if not self._waits_for_phone(agent) or not agent.phone_ready:
            return []
        if now < agent.since + SETTLE_S:
            return [SetTimer(key=("phone_back", agent.id), at=agent.since + SETTLE_S)]
        return self._back(agent, now)

    def _waits_for_phone(self, agent: Agent) -> bool:
        return agent.state is S.AUX and agent.wants_ready and agent.reason in PHONE

    def _aside(self, agent: Agent, reason: str, now: float) -> Out:
        agent.wants_ready = True
        self._floor.idle.drop(agent)
        return [agent.do(Verb.LOSE_PHONE, now, reason)]

    def _back(self, agent: Agent, now: float) -> Out:
        return self._floor.become_ready(agent, now)

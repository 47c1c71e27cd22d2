"""Agents who move to another seat: their phone is called there from now on."""

from acd.agents import ON_A_CALL
from acd.floor import Floor, Out
from telephony.agents import AgentState, PhoneMoved
from telephony.commands import CancelTimer, HangUp
from telephony.facts import AskRefused
from telephony.ids import AgentId


class Moving:
    """Hears that agents change seats; one who is on a call moves his phone when that leg ends."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._own: dict[AgentId, str] = {}

    def moved(self, ask: PhoneMoved, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is None:
            return [AskRefused(actor=ask.actor, what="PhoneMoved", code="agent_unknown", words={"agent": ask.agent})]
        own = self._own.setdefault(agent.id, agent.settings.endpoint)
        endpoint = ask.endpoint or own
        if endpoint == agent.settings.endpoint:
            return []
        agent.settings = agent.settings.model_copy(update={"endpoint": endpoint})
        if agent.state is AgentState.LOGGED_OUT or agent.state in ON_A_CALL:
            return []
        out: Out = []
        if agent.seat is not None:
            leg = agent.seat
            out += [HangUp(server=agent.server, leg=leg), *self._floor.phone_gone(leg, "moved", now)]
        return [*out, CancelTimer(key=("seat", agent.id)), *self._floor.take_seat(agent)]

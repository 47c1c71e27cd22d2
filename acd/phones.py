"""Agents' phones and the PBXs they live on: seats taken and lost, links down and up, snapshots compared."""

from acd import seats
from acd.floor import Floor, Out
from telephony.agents import AgentState
from telephony.commands import HangUp
from telephony.events import BridgeEntered, LegEnded, OriginateEnded, OriginateLost, OriginateRefused, PbxSnapshot
from telephony.facts import ServerChanged
from telephony.ids import AgentId, agent_of_seat, is_rung_seat

S = AgentState


class Phones:
    """Hears of legs that are agents' phones."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def entered(self, event: BridgeEntered, now: float) -> Out:
        agent = self._floor.agents.get(agent_of_seat(event.leg) or AgentId(""))
        if agent is None or agent.seat != event.leg:
            return []
        out = seats.stands(agent, event.leg)
        if out and agent.state is S.AUX and agent.wants_ready:
            out += self._floor.become_ready(agent, now)
        return out

    def leg_ended(self, event: LegEnded, now: float) -> Out:
        return self._floor.phone_gone(event.leg, "hung up", now)

    def seat_answered(self, event: OriginateEnded, now: float) -> Out:
        return [] if event.ok else self._floor.phone_gone(event.leg, "no answer", now)

    def seat_refused(self, event: OriginateRefused | OriginateLost, now: float) -> Out:
        return self._floor.phone_gone(event.leg, event.why, now)

    def server_changed(self, fact: ServerChanged, now: float) -> Out:
        if fact.state != "up":
            self._floor.closed(fact.server)
            return []
        out = self._floor.opened(fact.server, now)
        for agent in self._floor.agents.values():
            if agent.server == fact.server and agent.state is not S.LOGGED_OUT:
                out += self._floor.take_seat(agent)
        return out

    def snapshot(self, event: PbxSnapshot, now: float) -> Out:
        rows = {row.leg: row for row in event.legs}
        out: Out = []
        for leg in rows:
            owner = agent_of_seat(leg)
            if owner is None:
                continue
            agent_there = self._floor.agents.get(owner)
            if agent_there is not None and is_rung_seat(leg) and agent_there.call is not None:
                continue
            if agent_there is None or agent_there.seat != leg:
                out.append(HangUp(server=event.server, leg=leg))
        for agent in self._floor.agents.values():
            if agent.server != event.server or agent.seat is None:
                continue
            row = rows.get(agent.seat)
            if row is None:
                out += self._floor.phone_gone(agent.seat, "gone after reconnection", now)
            elif row.up and not agent.seated:
                out += seats.stands(agent, agent.seat)
                if agent.state is S.AUX and agent.wants_ready:
                    out += self._floor.become_ready(agent, now)
        return out

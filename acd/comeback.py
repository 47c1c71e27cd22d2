"""Coming back after the process ended: agents as the store knew them, made consistent with the calls that are open."""

from acd.agents import WITH_CUSTOMER, Agent, Verb
from acd.floor import Floor, Out
from telephony.agents import AgentState
from telephony.commands import SetTimer
from telephony.ids import AgentId, CallId
from telephony.leads import Restored

S = AgentState
PHONE = ("phone_lost", "phone_in_use")


class Comeback:
    """Hears the first event of a run."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def restored(self, event: Restored, now: float) -> Out:
        open_calls = {known.call for known in event.calls} | {known.call for known in event.inbound}
        out: Out = []
        for known in event.agents:
            agent = self._floor.agents.get(known.agent)
            if agent is None:
                continue
            agent.state, agent.reason, agent.since = known.state, known.reason, known.since
            agent.mode, agent.seat, agent.call = known.mode, known.seat, known.call
            agent.seated = known.seat is not None
            self._floor.supply.moved(agent, S.LOGGED_OUT, known.state)
            agent.wants_ready = known.state not in (S.LOGGED_OUT, S.AUX) or known.reason in PHONE
            if known.skills:
                out += self._floor.skilled(agent, known.skills, now)
            if agent.state is S.WRAP_UP:
                agent.last_call, agent.call = known.call, None
            elif known.call is not None:
                self._floor.reserved[known.call] = agent.id
            out += self._set_right(agent, known.call in open_calls, now)
            out += self._floor.no_answer.restored(agent, now)
            if known.leaves_at is not None and agent.state not in (S.LOGGED_OUT, S.AUX):
                self._floor.will_leave(agent, known.leaves_at, known.leaves_for)
                out.append(SetTimer(key=("leave", agent.id), at=max(now, known.leaves_at)))
        for call in event.calls:
            if call.answered_at is not None:
                self._floor.answered[call.call] = call.answered_at
                self._floor.again.add(call.call)
            holder = self._floor.agents.get(self._floor.reserved.get(call.call, AgentId("")))
            if holder is not None:
                holder.campaign = call.campaign
        for caller in event.inbound:
            holder = self._floor.agents.get(self._floor.reserved.get(caller.call, AgentId("")))
            if holder is not None:
                holder.campaign = caller.queue
        return out

    def _set_right(self, agent: Agent, call_open: bool, now: float) -> Out:
        """Make a remembered agent consistent: whoever was on a call that is closed has wrap-up or is free."""
        if agent.state in WITH_CUSTOMER and not call_open:
            self._floor.reserved.pop(agent.call or CallId(""), None)
            return [
                agent.do(Verb.CALL_OVER, now),
                *self._floor.wrap_up(agent, now + self._floor.wrap_up_s(agent.campaign)),
            ]
        if agent.state in (S.RESERVED, S.RINGING):
            if not call_open:
                self._floor.reserved.pop(agent.call or CallId(""), None)
                return [agent.do(Verb.RELEASE, now), *self._floor.after_call(agent, now)]
            return [
                SetTimer(
                    key=("offer", agent.call or ""), at=now + self._floor.rules.ring_s + self._floor.rules.reserve_s
                )
            ]
        if agent.state is S.WRAP_UP:
            return self._floor.wrap_up(agent, max(now, agent.since + self._floor.wrap_up_s(agent.campaign)))
        if agent.state is S.READY:
            return self._floor.serve(agent, now)
        return []

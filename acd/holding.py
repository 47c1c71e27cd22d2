"""Hold, and the thirty seconds it may last: the agent is warned, the leader sees it, it is counted, nobody is forgotten."""

from acd.agents import Agent, Verb
from acd.consults import Consults, Stage
from acd.floor import Out
from telephony.agents import AgentState, HoldAsked, ResumeAsked
from telephony.commands import CancelTimer, SetTimer, WarnAgent
from telephony.facts import AlarmCleared, AlarmRaised, CallHeld, CallLeft, CallResumed
from telephony.ids import AgentId, CallId
from telephony.leads import Restored
from telephony.oncall import HoldOverdue, HoldReturned, HoldWarned

S = AgentState
ALARM = "hold_long"
TIMERS = ("hold_warn", "hold_long", "hold_back")


class Holding:
    """Customers on hold, by the agent who has them."""

    def __init__(self, consults: Consults) -> None:
        self._shared = consults
        self._floor = consults.floor
        self._since: dict[AgentId, tuple[CallId, float]] = {}
        self._alarmed: set[AgentId] = set()

    def hold(self, ask: HoldAsked, now: float) -> Out:
        agent = self._shared.with_call(ask, Verb.HOLD)
        if not isinstance(agent, Agent) or agent.call is None:
            return agent if isinstance(agent, list) else []
        consult = self._shared.by_agent.get(agent.id)
        if consult is not None and consult.stage is Stage.THREE:
            consult.stage = Stage.TALKING
            moved = agent.do(Verb.CONSULT, now, actor=ask.actor)
        else:
            moved = agent.do(Verb.HOLD, now, actor=ask.actor)
        call = agent.call
        return [moved, CallHeld(call=call, agent=agent.id), self._shared.hold(agent, call)]

    def resume(self, ask: ResumeAsked, now: float) -> Out:
        agent = self._shared.with_call(ask, Verb.RESUME)
        if not isinstance(agent, Agent) or agent.call is None:
            return agent if isinstance(agent, list) else []
        if agent.state is S.CONSULTING:
            return self._shared.refuse(ask, "consulting", agent=agent.id)
        return [self._shared.back_to(agent, agent.call)]

    def held(self, fact: CallHeld, now: float) -> Out:
        """A hold begins; one that lasts is warned of, alarmed and, when it is forgotten, ended."""
        self._since[fact.agent] = fact.call, now
        return self._timers(fact.agent, now, now)

    def _timers(self, agent: AgentId, since: float, now: float) -> Out:
        rules = self._floor.rules
        if not rules.hold_s:
            return []
        out: Out = []
        if 0 < rules.hold_warn_s < rules.hold_s and since + rules.hold_s - rules.hold_warn_s >= now:
            out.append(SetTimer(key=("hold_warn", agent), at=since + rules.hold_s - rules.hold_warn_s))
        out.append(SetTimer(key=("hold_long", agent), at=max(now, since + rules.hold_s)))
        if rules.hold_back_s:
            out.append(SetTimer(key=("hold_back", agent), at=max(now, since + max(rules.hold_s, rules.hold_back_s))))
        return out

    def over(self, fact: CallResumed | CallLeft, now: float) -> Out:
        known = self._since.get(fact.agent)
        if known is None or known[0] != fact.call:
            return []
        del self._since[fact.agent]
        out: Out = [CancelTimer(key=(timer, fact.agent)) for timer in TIMERS]
        if fact.agent in self._alarmed:
            self._alarmed.discard(fact.agent)
            out.append(AlarmCleared(alarm=ALARM, about=fact.agent))
        return out

    def due(self, what: str, whom: AgentId, now: float) -> Out:
        """One of the timers of a hold."""
        known, agent = self._since.get(whom), self._floor.agents.get(whom)
        if known is None or agent is None or agent.call != known[0]:
            return []
        call, since = known
        held_s = now - since
        if what == "hold_warn":
            left_s = max(0.0, self._floor.rules.hold_s - held_s)
            out: Out = [HoldWarned(call=call, agent=whom, held_s=held_s, left_s=left_s)]
            sound = self._floor.rules.hold_sound
            if sound and agent.state is S.HOLD:
                out.append(WarnAgent(server=agent.server, agent=whom, sound=sound))
            return out
        if what == "hold_long":
            if whom in self._alarmed:
                return []
            self._alarmed.add(whom)
            words = {"agent": whom, "call": call, "seconds": f"{self._floor.rules.hold_s:.0f}"}
            return [
                HoldOverdue(call=call, agent=whom, held_s=held_s),
                AlarmRaised(alarm=ALARM, about=whom, words=words),
            ]
        if agent.state is not S.HOLD or agent.server not in self._floor.up:
            return []
        return [HoldReturned(call=call, agent=whom, held_s=held_s), self._shared.back_to(agent, call)]

    def restored(self, event: Restored, now: float) -> Out:
        """Holds of before the restart go on counting; a long one is alarmed again, and not counted twice."""
        out: Out = []
        for agent in self._floor.agents.values():
            if agent.state not in (S.HOLD, S.CONSULTING) or agent.call is None:
                continue
            self._since[agent.id] = agent.call, agent.since
            if self._floor.rules.hold_s and now - agent.since >= self._floor.rules.hold_s:
                self._alarmed.add(agent.id)
                words = {"agent": agent.id, "call": agent.call, "seconds": f"{self._floor.rules.hold_s:.0f}"}
                out.append(AlarmRaised(alarm=ALARM, about=agent.id, words=words))
            out += self._timers(agent.id, agent.since, now)
        return out

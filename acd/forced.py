"""What a leader has agents be: ready, not ready, signed out, done with a wrap-up, or out of a call they are stuck in."""

from acd.agents import ON_A_CALL, Agent, Verb
from acd.floor import SIGN_OUT, Floor, Out
from telephony.agents import AgentState, Force, ForceAsked, SkillsAsked
from telephony.commands import CancelTimer, HangUp, Park
from telephony.facts import AgentForced, AskRefused, OfferFailed, SkillsAdjusted
from telephony.ids import LegId

S = AgentState
RELEASED = "released"
HIGHEST = 5
"""The best level of a skill."""


class Forced:
    """Hears leaders. Every word is a fact of its own, before what comes of it."""

    def __init__(self, floor: Floor, skills: frozenset[str] = frozenset()) -> None:
        """`skills` are those there are."""
        self._floor = floor
        self._skills = skills

    def asked(self, ask: ForceAsked, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is None:
            return self._refuse(ask, "agent_unknown", agent=ask.agent)
        reasons = self._floor.rules.reasons
        if ask.what is Force.NOT_READY and reasons and ask.reason not in reasons:
            return self._refuse(ask, "reason_unknown", reason=ask.reason, allowed=", ".join(reasons))
        busy = agent.state in ON_A_CALL
        possible = {
            Force.READY: busy or agent.may(Verb.READY) or agent.state is S.WRAP_UP,
            Force.NOT_READY: busy or agent.may(Verb.NOT_READY),
            Force.SIGN_OUT: busy or agent.may(Verb.SIGN_OUT),
            Force.END_WRAP_UP: agent.state is S.WRAP_UP,
            Force.RELEASE: busy,
        }
        if not possible[ask.what]:
            return self._refuse(ask, "agent_state", agent=agent.id, state=agent.state.value, verb=ask.what.value)
        said = AgentForced(agent=agent.id, what=ask.what, reason=ask.reason, why=ask.why, actor=ask.actor)
        return [said, *self._done(agent, ask, now)]

    def skills(self, ask: SkillsAsked, now: float) -> Out:
        """From now on the agent has these skills; without any, those of his settings again."""
        agent = self._floor.agents.get(ask.agent)
        if agent is None:
            return self._refuse(ask, "agent_unknown", agent=ask.agent)
        for name, level in ask.skills.items():
            if name not in self._skills:
                return self._refuse(ask, "skill_unknown", skill=name, allowed=", ".join(sorted(self._skills)) or "–")
            if not 1 <= level <= HIGHEST:
                return self._refuse(ask, "skill_level", skill=name, level=str(level))
        said = SkillsAdjusted(agent=agent.id, skills=ask.skills, why=ask.why, actor=ask.actor)
        return [said, *self._floor.skilled(agent, ask.skills, now)]

    def _done(self, agent: Agent, ask: ForceAsked, now: float) -> Out:
        busy = agent.state in ON_A_CALL
        match ask.what:
            case Force.READY | Force.END_WRAP_UP:
                if busy:
                    self._floor.stays(agent)
                    return []
                if agent.state is S.WRAP_UP:
                    return self._floor.wrapped(agent, now, ask.actor)
                agent.wants_ready = True
                return self._floor.become_ready(agent, now, ask.actor)
            case Force.NOT_READY:
                if busy:
                    self._floor.after_this_call(agent, ask.reason, now, ask.actor)
                    return []
                agent.wants_ready = False
                self._floor.idle.drop(agent)
                done = agent.do(Verb.NOT_READY, now, ask.reason, ask.actor)
                return [CancelTimer(key=("wrap_up", agent.id)), done]
            case Force.SIGN_OUT:
                if busy:
                    self._floor.after_this_call(agent, SIGN_OUT, now, ask.actor)
                    return []
                return self._floor.log_out(agent, now, ask.actor)
            case Force.RELEASE:
                return self._release(agent, ask.actor, now)

    def _release(self, agent: Agent, actor: str, now: float) -> Out:
        """The agent is out of his call at once. A customer who was only offered him waits again; one who talked to him,
        if he is there at all, is hung up."""
        call, talked = agent.call, agent.state not in (S.RESERVED, S.RINGING)
        agent.wants_ready, agent.after = False, ""
        out: Out = [agent.do(Verb.FREE, now, RELEASED, actor)]
        if call is None:
            return out
        self._floor.reserved.pop(call, None)
        out.append(CancelTimer(key=("offer", call)))
        if talked:
            return [*out, HangUp(server=agent.server, leg=LegId(call))]
        return [*out, OfferFailed(call=call, agent=agent.id, why=RELEASED), Park(server=agent.server, call=call)]

    def _refuse(self, ask: ForceAsked | SkillsAsked, code: str, **words: str) -> Out:
        return [AskRefused(actor=ask.actor, what=type(ask).__name__, code=code, words=words)]

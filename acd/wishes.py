"""What agents ask of the floor: granted at once, kept until the call is over, or refused with a code."""

from acd.agents import ON_A_CALL, Agent, Verb
from acd.floor import SIGN_OUT, Floor, Out
from telephony.agents import (
    AgentAsk,
    AgentState,
    DispositionGiven,
    LeaveAsked,
    NotReadyAsked,
    ReadyAsked,
    SeatMode,
    SignInAsked,
    SignOutAsked,
    StayAsked,
)
from telephony.commands import CancelTimer, SetTimer
from telephony.facts import AskRefused, CallDisposed, LeaveAnnounced, LeaveWithdrawn, WrapUpShortened

S = AgentState


class Wishes:
    """Hears what agents ask."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def _refuse(self, ask: AgentAsk, code: str, **words: str) -> Out:
        return [AskRefused(actor=ask.actor, what=type(ask).__name__, code=code, words=words)]

    def _known(self, ask: AgentAsk, verb: Verb) -> Agent | Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is None:
            return self._refuse(ask, "agent_unknown", agent=ask.agent)
        if not agent.may(verb):
            return self._refuse(ask, "agent_state", agent=agent.id, state=agent.state.value, verb=verb.value)
        return agent

    def _needs_token(self, ask: AgentAsk, reason: str) -> bool:
        """Whether the agent may have that reason on a break token only; leaders always may."""
        breaks = self._floor.rules.breaks
        return breaks.required and reason == breaks.reason and ask.actor == ask.agent

    def sign_in(self, ask: SignInAsked, now: float) -> Out:
        agent = self._known(ask, Verb.SIGN_IN)
        if not isinstance(agent, Agent):
            return agent
        agent.mode = ask.mode or SeatMode(agent.settings.mode)
        agent.after, agent.wants_ready, agent.seat_tries = "", False, 0
        return [agent.do(Verb.SIGN_IN, now, "signed_in", ask.actor), *self._floor.take_seat(agent)]

    def sign_out(self, ask: SignOutAsked, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is not None and agent.state in ON_A_CALL:
            self._floor.after_this_call(agent, SIGN_OUT, now, ask.actor)
            return []
        known = self._known(ask, Verb.SIGN_OUT)
        return self._floor.log_out(known, now, ask.actor) if isinstance(known, Agent) else known

    def ready_asked(self, ask: ReadyAsked, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is not None and agent.state is S.WRAP_UP:
            if ask.in_s > 0:
                return self._soon_ready(agent, now + ask.in_s)
            return self._floor.wrapped(agent, now, ask.actor)
        if agent is not None and agent.state in ON_A_CALL:
            return self._stays(agent, ask) if agent.after else []
        known = self._known(ask, Verb.READY)
        if not isinstance(known, Agent):
            return known
        known.wants_ready = True
        return self._floor.become_ready(known, now, ask.actor)

    def _soon_ready(self, agent: Agent, at: float) -> Out:
        if at >= agent.wrap_ends:
            return []
        return [WrapUpShortened(agent=agent.id, at=at), *self._floor.wrap_up(agent, at)]

    def leave(self, ask: LeaveAsked, now: float) -> Out:
        reasons = self._floor.rules.reasons
        if ask.reason and reasons and ask.reason not in reasons:
            return self._refuse(ask, "reason_unknown", reason=ask.reason, allowed=", ".join(reasons))
        if self._needs_token(ask, ask.reason):
            return self._refuse(ask, "break_token", agent=ask.agent)
        agent = self._floor.agents.get(ask.agent)
        if agent is None:
            return self._refuse(ask, "agent_unknown", agent=ask.agent)
        if agent.state in (S.LOGGED_OUT, S.AUX):
            return self._refuse(ask, "agent_state", agent=agent.id, state=agent.state.value, verb="leave")
        at = now + max(0.0, ask.in_s)
        self._floor.will_leave(agent, at, ask.reason)
        return [
            LeaveAnnounced(agent=agent.id, at=at, reason=ask.reason, actor=ask.actor),
            SetTimer(key=("leave", agent.id), at=at),
        ]

    def stay(self, ask: StayAsked, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is None:
            return self._refuse(ask, "agent_unknown", agent=ask.agent)
        if agent.leaves_at is None and not agent.after:
            return self._refuse(ask, "not_leaving", agent=agent.id)
        return self._stays(agent, ask)

    def _stays(self, agent: Agent, ask: AgentAsk) -> Out:
        self._floor.stays(agent)
        return [LeaveWithdrawn(agent=agent.id, actor=ask.actor), CancelTimer(key=("leave", agent.id))]

    def not_ready_asked(self, ask: NotReadyAsked, now: float) -> Out:
        reasons = self._floor.rules.reasons
        if reasons and ask.reason not in reasons:
            return self._refuse(ask, "reason_unknown", reason=ask.reason, allowed=", ".join(reasons))
        if self._needs_token(ask, ask.reason):
            return self._refuse(ask, "break_token", agent=ask.agent)
        agent = self._floor.agents.get(ask.agent)
        if agent is not None and agent.state in ON_A_CALL:
            self._floor.after_this_call(agent, ask.reason, now, ask.actor)
            return []
        known = self._known(ask, Verb.NOT_READY)
        if not isinstance(known, Agent):
            return known
        known.wants_ready = False
        self._floor.idle.drop(known)
        return [CancelTimer(key=("wrap_up", known.id)), known.do(Verb.NOT_READY, now, ask.reason, ask.actor)]

    def dispose(self, ask: DispositionGiven, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is None or ask.call not in (agent.call, agent.last_call):
            return self._refuse(ask, "not_your_call", agent=ask.agent)
        campaign = self._floor.campaigns.get(agent.campaign)
        allowed = campaign.said_of_calls if campaign is not None else []
        if allowed and ask.disposition not in allowed:
            return self._refuse(ask, "disposition_unknown", disposition=ask.disposition, allowed=", ".join(allowed))
        out: Out = [
            CallDisposed(
                call=ask.call,
                agent=agent.id,
                disposition=ask.disposition,
                note=ask.note,
                callback_at=ask.callback_at,
            )
        ]
        if ask.done and agent.state is S.WRAP_UP and ask.call == agent.last_call:
            out += self._floor.wrapped(agent, now)
        return out

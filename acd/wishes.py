"""What agents ask of the floor: granted at once, kept until the call is over, or refused with a code."""

from acd.agents import ON_A_CALL, Agent, Verb
from acd.floor import Floor, Out
from telephony.agents import (
    AgentAsk,
    AgentState,
    DispositionGiven,
    HangUpAsked,
    HoldAsked,
    NotReadyAsked,
    ReadyAsked,
    ResumeAsked,
    SeatMode,
    SignInAsked,
    SignOutAsked,
)
from telephony.commands import CancelTimer, ConnectToSeat, HangUp, HoldCustomer
from telephony.facts import AskRefused, CallDisposed, CallHeld
from telephony.ids import LegId

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

    def sign_in(self, ask: SignInAsked, now: float) -> Out:
        agent = self._known(ask, Verb.SIGN_IN)
        if not isinstance(agent, Agent):
            return agent
        agent.mode = ask.mode or SeatMode(agent.settings.mode)
        agent.after, agent.wants_ready, agent.seat_tries = "", False, 0
        return [agent.do(Verb.SIGN_IN, now, "signed_in"), *self._floor.take_seat(agent)]

    def sign_out(self, ask: SignOutAsked, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is not None and agent.state in ON_A_CALL:
            agent.after = "sign_out"
            return []
        known = self._known(ask, Verb.SIGN_OUT)
        return self._floor.log_out(known, now) if isinstance(known, Agent) else known

    def ready_asked(self, ask: ReadyAsked, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is not None and agent.state is S.WRAP_UP:
            return self._floor.wrapped(agent, now)
        if agent is not None and agent.state in ON_A_CALL:
            agent.after = ""
            return []
        known = self._known(ask, Verb.READY)
        if not isinstance(known, Agent):
            return known
        known.wants_ready = True
        return self._floor.become_ready(known, now)

    def not_ready_asked(self, ask: NotReadyAsked, now: float) -> Out:
        reasons = self._floor.rules.not_ready_reasons
        if reasons and ask.reason not in reasons:
            return self._refuse(ask, "reason_unknown", reason=ask.reason, allowed=", ".join(reasons))
        agent = self._floor.agents.get(ask.agent)
        if agent is not None and agent.state in ON_A_CALL:
            agent.after = ask.reason
            return []
        known = self._known(ask, Verb.NOT_READY)
        if not isinstance(known, Agent):
            return known
        known.wants_ready = False
        self._floor.idle.drop(known)
        return [CancelTimer(key=("wrap_up", known.id)), known.do(Verb.NOT_READY, now, ask.reason)]

    def hold(self, ask: HoldAsked, now: float) -> Out:
        agent = self._known(ask, Verb.HOLD)
        if not isinstance(agent, Agent):
            return agent
        if agent.mode is not SeatMode.NAILED_UP or agent.call is None:
            return self._refuse(ask, "hold_on_phone", agent=agent.id)
        call = agent.call
        return [
            agent.do(Verb.HOLD, now),
            CallHeld(call=call, agent=agent.id),
            HoldCustomer(server=agent.server, call=call),
        ]

    def resume(self, ask: ResumeAsked, now: float) -> Out:
        agent = self._known(ask, Verb.RESUME)
        if not isinstance(agent, Agent):
            return agent
        if agent.call is None:
            return []
        return [ConnectToSeat(server=agent.server, call=agent.call, agent=agent.id)]

    def hang_up(self, ask: HangUpAsked, now: float) -> Out:
        agent = self._floor.agents.get(ask.agent)
        if agent is None or agent.call is None:
            return self._refuse(ask, "no_call", agent=ask.agent)
        return [HangUp(server=agent.server, leg=LegId(agent.call))]

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

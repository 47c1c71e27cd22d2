"""The router: fed events and facts, it reserves agents for waiting customers and keeps every agent's state.

An agent is reserved before anything is sent. Our own table is the truth about agents; a snapshot of the PBX after a
reconnection corrects it, and nothing else does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from acd import seats
from acd.agents import ON_A_CALL, Agent, Idle, Queue, Verb, Waiting
from acd.supply import Supply
from config.model import AgentSettings, CampaignSettings, FloorSettings
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
from telephony.commands import (
    CancelTimer,
    Command,
    ConnectToSeat,
    HangUp,
    HoldCustomer,
    Park,
    PlayAbandonMessage,
    RingAgent,
    SetTimer,
)
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    LegEnded,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxSnapshot,
    TimerFired,
)
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    Anomaly,
    AskRefused,
    AttemptPlaced,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallDisposed,
    CallEnded,
    CallHeld,
    CallLeft,
    CallOffered,
    CallResumed,
    CallWaiting,
    Fact,
    OfferFailed,
    ServerChanged,
)
from telephony.ids import AgentId, CallId, CampaignId, LegId, ServerId, agent_of_seat
from telephony.leads import Restored

Out = list[Fact | Command]
S = AgentState


class AcdEngine:
    """All agents of the floor and the customers waiting for them."""

    def __init__(
        self,
        *,
        agents: Sequence[AgentSettings],
        campaigns: Mapping[str, CampaignSettings],
        floor: FloorSettings,
        serial: Callable[[], str],
    ) -> None:
        """`serial` gives a fresh short text for each seat leg, unique over restarts."""
        self.floor = floor
        self.campaigns = campaigns
        self.agents: dict[AgentId, Agent] = {
            AgentId(a.id): Agent(id=AgentId(a.id), settings=a, server=ServerId(a.asterisk), mode=SeatMode(a.mode))
            for a in agents
        }
        self.idle = Idle()
        self.queue = Queue()
        self.supply = Supply(self.agents, self.idle)
        self._serial = serial
        self._answered: dict[CallId, float] = {}
        self._reserved: dict[CallId, AgentId] = {}
        self._up: set[ServerId] = set()
        self._hears: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            SignInAsked: self._sign_in,
            SignOutAsked: self._sign_out,
            ReadyAsked: self._ready_asked,
            NotReadyAsked: self._not_ready_asked,
            HoldAsked: self._hold,
            ResumeAsked: self._resume,
            HangUpAsked: self._hang_up,
            DispositionGiven: self._dispose,
            AgentChanged: self._moved,
            AttemptPlaced: self._placed,
            CallAnswered: self._answered_by_customer,
            CallWaiting: self._waiting,
            CallOffered: self._carry_out_offer,
            OfferFailed: self._offer_failed,
            CallConnected: self._connected,
            CallResumed: self._resumed,
            CallLeft: self._left,
            CallEnded: self._ended,
            CallAbandoned: self._abandoned,
            BridgeEntered: self._entered,
            LegEnded: self._leg_ended,
            OriginateEnded: self._seat_answered,
            OriginateRefused: self._seat_refused,
            OriginateLost: self._seat_refused,
            ActionFailed: self._action_failed,
            TimerFired: self._timer,
            PbxSnapshot: self._snapshot,
            ServerChanged: self._server_changed,
            Restored: self._restored,
        }
        self.hears = frozenset(self._hears)

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        hear = self._hears.get(type(event))
        return hear(event, now) if hear else ()

    # what agents ask

    def _refuse(self, ask: AgentAsk, code: str, **words: str) -> Out:
        return [AskRefused(actor=ask.actor, what=type(ask).__name__, code=code, words=words)]

    def _known(self, ask: AgentAsk, verb: Verb) -> Agent | Out:
        agent = self.agents.get(ask.agent)
        if agent is None:
            return self._refuse(ask, "agent_unknown", agent=ask.agent)
        if not agent.may(verb):
            return self._refuse(ask, "agent_state", agent=agent.id, state=agent.state.value, verb=verb.value)
        return agent

    def _sign_in(self, ask: SignInAsked, now: float) -> Out:
        agent = self._known(ask, Verb.SIGN_IN)
        if not isinstance(agent, Agent):
            return agent
        agent.mode = ask.mode or SeatMode(agent.settings.mode)
        agent.after, agent.wants_ready, agent.seat_tries = "", False, 0
        return [agent.do(Verb.SIGN_IN, now, "signed_in"), *self._take_seat(agent)]

    def _take_seat(self, agent: Agent) -> Out:
        if agent.server not in self._up:
            return []
        return seats.take(agent, self._serial(), self.floor.ring_s, self.floor.auto_answer)

    def _sign_out(self, ask: SignOutAsked, now: float) -> Out:
        agent = self.agents.get(ask.agent)
        if agent is not None and agent.state in ON_A_CALL:
            agent.after = "sign_out"
            return []
        known = self._known(ask, Verb.SIGN_OUT)
        return self._log_out(known, now) if isinstance(known, Agent) else known

    def _log_out(self, agent: Agent, now: float) -> Out:
        agent.wants_ready, agent.after = False, ""
        self.idle.drop(agent)
        out: Out = [CancelTimer(key=("wrap_up", agent.id)), agent.do(Verb.SIGN_OUT, now)]
        return out + seats.leave(agent)

    def _ready_asked(self, ask: ReadyAsked, now: float) -> Out:
        agent = self.agents.get(ask.agent)
        if agent is not None and agent.state is S.WRAP_UP:
            return self._wrapped(agent, now)
        if agent is not None and agent.state in ON_A_CALL:
            agent.after = ""
            return []
        known = self._known(ask, Verb.READY)
        if not isinstance(known, Agent):
            return known
        known.wants_ready = True
        return self._become_ready(known, now)

    def _become_ready(self, agent: Agent, now: float) -> Out:
        if not agent.phone_ready or not agent.may(Verb.READY):
            return []
        return [agent.do(Verb.READY, now), *self._serve(agent, now)]

    def _not_ready_asked(self, ask: NotReadyAsked, now: float) -> Out:
        agent = self.agents.get(ask.agent)
        if agent is not None and agent.state in ON_A_CALL:
            agent.after = ask.reason
            return []
        known = self._known(ask, Verb.NOT_READY)
        if not isinstance(known, Agent):
            return known
        known.wants_ready = False
        self.idle.drop(known)
        return [CancelTimer(key=("wrap_up", known.id)), known.do(Verb.NOT_READY, now, ask.reason)]

    def _hold(self, ask: HoldAsked, now: float) -> Out:
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

    def _resume(self, ask: ResumeAsked, now: float) -> Out:
        agent = self._known(ask, Verb.RESUME)
        if not isinstance(agent, Agent):
            return agent
        if agent.call is None:
            return []
        return [ConnectToSeat(server=agent.server, call=agent.call, agent=agent.id)]

    def _hang_up(self, ask: HangUpAsked, now: float) -> Out:
        agent = self.agents.get(ask.agent)
        if agent is None or agent.call is None:
            return self._refuse(ask, "no_call", agent=ask.agent)
        return [HangUp(server=agent.server, leg=LegId(agent.call))]

    def _dispose(self, ask: DispositionGiven, now: float) -> Out:
        agent = self.agents.get(ask.agent)
        if agent is None or ask.call not in (agent.call, agent.last_call):
            return self._refuse(ask, "not_your_call", agent=ask.agent)
        allowed = self.campaigns[agent.campaign].dispositions if agent.campaign in self.campaigns else []
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
            out += self._wrapped(agent, now)
        return out

    def _moved(self, fact: AgentChanged, now: float) -> Out:
        self.supply.moved(self.agents[fact.agent], fact.was, fact.now)
        return []

    # customers wait, agents are found

    def _placed(self, fact: AttemptPlaced, now: float) -> Out:
        agent = self.agents.get(fact.agent) if fact.agent is not None else None
        if agent is None or not agent.may(Verb.RESERVE):
            return []
        return self._reserve(agent, fact.call, fact.campaign, now)

    def _reserve(self, agent: Agent, call: CallId, campaign: CampaignId, now: float) -> Out:
        self.idle.drop(agent)
        self._reserved[call] = agent.id
        agent.call, agent.campaign = call, campaign
        return [agent.do(Verb.RESERVE, now)]

    def _answered_by_customer(self, fact: CallAnswered, now: float) -> Out:
        self._answered[fact.call] = now
        return []

    def _waiting(self, fact: CallWaiting, now: float) -> Out:
        if fact.amd == "MACHINE":
            return [HangUp(server=fact.server, leg=LegId(fact.call)), *self._release(fact.call, now)]
        answered = self._answered.setdefault(fact.call, now)
        chosen = self.agents.get(self._reserved.get(fact.call, AgentId("")))
        if chosen is not None:
            return self._offer(chosen, fact.call, fact.campaign, now, "dialled for this agent")
        first = self.idle.first(fact.campaign, fact.server) if fact.agent is None else None
        if first is not None and fact.server in self._up:
            agent = self.agents[first]
            why = f"longest idle, {now - agent.since:.0f} s"
            return [
                *self._reserve(agent, fact.call, fact.campaign, now),
                *self._offer(agent, fact.call, fact.campaign, now, why),
            ]
        until = max(answered, now - 0.001) + self._patience(fact.campaign)
        self.queue.add(
            Waiting(
                call=fact.call,
                campaign=fact.campaign,
                server=fact.server,
                answered_at=answered,
                until=until,
                wanted=fact.agent,
            )
        )
        return [SetTimer(key=("patience", fact.call), at=until)]

    def _patience(self, campaign: str) -> float:
        settings = self.campaigns.get(campaign)
        return settings.pacing.patience_s if settings is not None else 2.0

    def _serve(self, agent: Agent, now: float) -> Out:
        """A free agent takes the customer who has waited longest, or joins the idle."""
        waiting = self.queue.oldest_for(agent) if agent.server in self._up else None
        if waiting is None:
            self.idle.add(agent)
            return []
        self.queue.drop(waiting.call)
        why = f"waited {now - waiting.answered_at:.1f} s"
        return [
            CancelTimer(key=("patience", waiting.call)),
            *self._reserve(agent, waiting.call, waiting.campaign, now),
            *self._offer(agent, waiting.call, waiting.campaign, now, why),
        ]

    def _offer(self, agent: Agent, call: CallId, campaign: CampaignId, now: float, why: str) -> Out:
        return [CallOffered(call=call, campaign=campaign, agent=agent.id, server=agent.server, why=why)]

    def _carry_out_offer(self, fact: CallOffered, now: float) -> Out:
        agent = self.agents[fact.agent]
        if agent.call != fact.call:
            return [Anomaly(where="acd", what="offer without reservation")]
        if agent.mode is SeatMode.NAILED_UP:
            return [
                SetTimer(key=("offer", fact.call), at=now + self.floor.reserve_s),
                ConnectToSeat(server=fact.server, call=fact.call, agent=agent.id),
            ]
        return [
            agent.do(Verb.RING, now),
            SetTimer(key=("offer", fact.call), at=now + self.floor.ring_s + self.floor.reserve_s),
            RingAgent(
                server=fact.server,
                call=fact.call,
                agent=agent.id,
                endpoint=agent.settings.endpoint,
                ring_s=self.floor.ring_s,
                auto_answer=self.floor.auto_answer,
            ),
        ]

    def _offer_failed(self, fact: OfferFailed, now: float) -> Out:
        agent = self.agents.get(fact.agent)
        if agent is None or agent.call != fact.call:
            return []
        self._reserved.pop(fact.call, None)
        out: Out = [CancelTimer(key=("offer", fact.call))]
        if agent.state is S.RINGING and fact.why != "resync":
            agent.wants_ready = False
            out.append(agent.do(Verb.MISS, now, "no_answer"))
        elif agent.may(Verb.RELEASE):
            out.append(agent.do(Verb.RELEASE, now))
        return out + self._after_call(agent, now)

    # talking

    def _connected(self, fact: CallConnected, now: float) -> Out:
        agent = self.agents.get(fact.agent)
        if agent is None:
            return [Anomaly(where="acd", what="connected to an agent nobody knows")]
        out: Out = [CancelTimer(key=("offer", fact.call))]
        if self.queue.drop(fact.call) is not None:
            out.append(CancelTimer(key=("patience", fact.call)))
        self._reserved[fact.call] = agent.id
        if agent.call == fact.call and agent.may(Verb.CONNECT):
            return [*out, agent.do(Verb.CONNECT, now)]
        if agent.call == fact.call and agent.state in (S.TALKING, S.HOLD):
            return out
        if not agent.may(Verb.ADOPT) or agent.state in ON_A_CALL:
            return [*out, Anomaly(where="acd", what=f"connected while {agent.state}")]
        self.idle.drop(agent)
        agent.call = fact.call
        return [*out, agent.do(Verb.ADOPT, now)]

    def _resumed(self, fact: CallResumed, now: float) -> Out:
        agent = self.agents.get(fact.agent)
        return [agent.do(Verb.RESUME, now)] if agent is not None and agent.may(Verb.RESUME) else []

    def _left(self, fact: CallLeft, now: float) -> Out:
        agent = self.agents.get(fact.agent)
        if agent is None or agent.call != fact.call or not agent.may(Verb.CALL_OVER):
            return []
        self._reserved.pop(fact.call, None)
        out: Out = [agent.do(Verb.CALL_OVER, now)]
        seconds = self._wrap_up_s(agent.campaign)
        if seconds <= 0:
            return out + self._wrapped(agent, now)
        return [*out, SetTimer(key=("wrap_up", agent.id), at=now + seconds)]

    def _wrap_up_s(self, campaign: str) -> float:
        settings = self.campaigns.get(campaign)
        own = settings.wrap_up_s if settings is not None else None
        return self.floor.wrap_up_s if own is None else own

    def _wrapped(self, agent: Agent, now: float) -> Out:
        out: Out = [CancelTimer(key=("wrap_up", agent.id))]
        if agent.after:
            return out + self._after_call(agent, now)
        if not agent.phone_ready:
            agent.wants_ready = True
            return [*out, agent.do(Verb.NOT_READY, now, "phone_lost")]
        agent.wants_ready = True
        return [*out, agent.do(Verb.WRAPPED, now), *self._serve(agent, now)]

    def _after_call(self, agent: Agent, now: float) -> Out:
        """Do what the agent asked for during the call; a released agent with no such wish is free again."""
        after, agent.after = agent.after, ""
        if after == "sign_out":
            return self._log_out(agent, now)
        if after:
            agent.wants_ready = False
            return [agent.do(Verb.NOT_READY, now, after)]
        if agent.state is S.READY:
            return self._serve(agent, now)
        return []

    def _ended(self, fact: CallEnded, now: float) -> Out:
        self._answered.pop(fact.call, None)
        out: Out = []
        if self.queue.drop(fact.call) is not None:
            out.append(CancelTimer(key=("patience", fact.call)))
        return out + self._release(fact.call, now)

    def _release(self, call: CallId, now: float) -> Out:
        """The call an agent was reserved for is gone before they talked."""
        agent = self.agents.get(self._reserved.pop(call, AgentId("")))
        if agent is None or agent.call != call or not agent.may(Verb.RELEASE):
            return []
        return [CancelTimer(key=("offer", call)), agent.do(Verb.RELEASE, now), *self._after_call(agent, now)]

    def _abandoned(self, fact: CallAbandoned, now: float) -> Out:
        return [CancelTimer(key=("patience", fact.call))] if self.queue.drop(fact.call) is not None else []

    # phones

    def _entered(self, event: BridgeEntered, now: float) -> Out:
        agent = self.agents.get(agent_of_seat(event.leg) or AgentId(""))
        if agent is None or agent.seat != event.leg:
            return []
        out = seats.stands(agent, event.leg)
        if out and agent.state is S.AUX and agent.wants_ready:
            out += self._become_ready(agent, now)
        return out

    def _leg_ended(self, event: LegEnded, now: float) -> Out:
        return self._phone_gone(event.leg, "hung up", now)

    def _seat_answered(self, event: OriginateEnded, now: float) -> Out:
        return [] if event.ok else self._phone_gone(event.leg, "no answer", now)

    def _seat_refused(self, event: OriginateRefused | OriginateLost, now: float) -> Out:
        return self._phone_gone(event.leg, event.why, now)

    def _phone_gone(self, leg: LegId, why: str, now: float) -> Out:
        agent = self.agents.get(agent_of_seat(leg) or AgentId(""))
        if agent is None or agent.seat != leg:
            return []
        out = seats.gone(agent, why, now, signed_in=agent.state is not S.LOGGED_OUT)
        if agent.state is not S.AUX and agent.may(Verb.LOSE_PHONE):
            agent.wants_ready = True
            self.idle.drop(agent)
            call = agent.call
            out.append(agent.do(Verb.LOSE_PHONE, now, "phone_lost"))
            if call is not None:
                self._reserved.pop(call, None)
                out += [OfferFailed(call=call, agent=agent.id, why="phone_lost"), Park(server=agent.server, call=call)]
        return out

    def _action_failed(self, event: ActionFailed, now: float) -> Out:
        """A refused bridge is not the agent's fault. The customer has either gone, and his end is on its way, or the
        offer runs out and he waits again."""
        if event.leg is None or event.what not in ("ConnectToSeat", "RingAgent"):
            return []
        return [Anomaly(where="acd", what=f"{event.what} refused: {event.why}")]

    # clocks, links, restarts

    def _timer(self, event: TimerFired, now: float) -> Out:
        what, whom = event.key
        match what:
            case "wrap_up":
                agent = self.agents[AgentId(whom)]
                return self._wrapped(agent, now) if agent.state is S.WRAP_UP else []
            case "patience":
                waiting = self.queue.drop(CallId(whom))
                return self._give_up(waiting, now) if waiting is not None else []
            case "offer":
                return self._offer_overdue(CallId(whom), now)
            case "seat":
                agent = self.agents[AgentId(whom)]
                return self._take_seat(agent) if agent.state is not S.LOGGED_OUT else []
        return []

    def _give_up(self, waiting: Waiting, now: float) -> Out:
        return [
            CallAbandoned(
                call=waiting.call,
                campaign=waiting.campaign,
                by=AbandonedBy.SWITCHROOM,
                waited_s=now - waiting.answered_at,
            ),
            PlayAbandonMessage(server=waiting.server, call=waiting.call),
        ]

    def _offer_overdue(self, call: CallId, now: float) -> Out:
        agent = self.agents.get(self._reserved.get(call, AgentId("")))
        if agent is None or agent.call != call or agent.state not in (S.RESERVED, S.RINGING):
            return []
        return [
            OfferFailed(call=call, agent=agent.id, why="overdue"),
            Park(server=agent.server, call=call),
        ]

    def _server_changed(self, fact: ServerChanged, now: float) -> Out:
        if fact.state != "up":
            self._up.discard(fact.server)
            return []
        self._up.add(fact.server)
        out: Out = []
        for agent in self.agents.values():
            if agent.server == fact.server and agent.state is not S.LOGGED_OUT:
                out += self._take_seat(agent)
                if agent.state is S.READY and agent.phone_ready and self.queue.oldest_for(agent) is not None:
                    self.idle.drop(agent)
                    out += self._serve(agent, now)
        return out

    def _snapshot(self, event: PbxSnapshot, now: float) -> Out:
        rows = {row.leg: row for row in event.legs}
        out: Out = []
        for leg in rows:
            owner = agent_of_seat(leg)
            if owner is not None and (owner not in self.agents or self.agents[owner].seat != leg):
                out.append(HangUp(server=event.server, leg=leg))
        for agent in self.agents.values():
            if agent.server != event.server or agent.seat is None:
                continue
            row = rows.get(agent.seat)
            if row is None:
                out += self._phone_gone(agent.seat, "gone after reconnection", now)
            elif row.up and not agent.seated:
                out += seats.stands(agent, agent.seat)
                if agent.state is S.AUX and agent.wants_ready:
                    out += self._become_ready(agent, now)
        return out

    def _restored(self, event: Restored, now: float) -> Out:
        open_calls = {known.call for known in event.calls}
        out: Out = []
        for known in event.agents:
            agent = self.agents.get(known.agent)
            if agent is None:
                continue
            agent.state, agent.reason, agent.since = known.state, known.reason, known.since
            agent.mode, agent.seat, agent.call = known.mode, known.seat, known.call
            agent.seated = known.seat is not None
            self.supply.moved(agent, S.LOGGED_OUT, known.state)
            agent.wants_ready = known.state not in (S.LOGGED_OUT, S.AUX) or known.reason == "phone_lost"
            if agent.state is S.WRAP_UP:
                agent.last_call, agent.call = known.call, None
            elif known.call is not None:
                self._reserved[known.call] = agent.id
            out += self._set_right(agent, known.call in open_calls, now)
        for call in event.calls:
            if call.answered_at is not None:
                self._answered[call.call] = call.answered_at
            holder = self.agents.get(self._reserved.get(call.call, AgentId("")))
            if holder is not None:
                holder.campaign = call.campaign
        return out

    def _set_right(self, agent: Agent, call_open: bool, now: float) -> Out:
        """Make a remembered agent consistent: whoever was on a call that is closed has wrap-up or is free."""
        if agent.state in (S.TALKING, S.HOLD) and not call_open:
            self._reserved.pop(agent.call or CallId(""), None)
            return [
                agent.do(Verb.CALL_OVER, now),
                SetTimer(key=("wrap_up", agent.id), at=now + self._wrap_up_s(agent.campaign)),
            ]
        if agent.state in (S.RESERVED, S.RINGING):
            if not call_open:
                self._reserved.pop(agent.call or CallId(""), None)
                return [agent.do(Verb.RELEASE, now), *self._after_call(agent, now)]
            return [SetTimer(key=("offer", agent.call or ""), at=now + self.floor.ring_s + self.floor.reserve_s)]
        if agent.state is S.WRAP_UP:
            return [SetTimer(key=("wrap_up", agent.id), at=max(now, agent.since + self._wrap_up_s(agent.campaign)))]
        if agent.state is S.READY:
            self.idle.add(agent)
        return []

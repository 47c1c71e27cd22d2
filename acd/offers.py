"""Customers and agents: who waits, who is reserved, who talks, and who goes without.

An agent is reserved before anything is sent, and a customer is either with an agent, in the queue, or given up once.
"""

from acd.agents import ON_A_CALL, WITH_CUSTOMER, Verb, Waiting
from acd.floor import Floor, Out
from acd.reasons import dialled_for, sample
from acd.screening import what_becomes
from telephony.agents import AgentState, SeatMode
from telephony.commands import CancelTimer, ConnectToSeat, HangUp, Park, RingAgent, SetTimer
from telephony.detection import BY_WORD, TAKEN_FOR_MACHINE, Heard, Then
from telephony.events import ActionFailed
from telephony.facts import (
    AbandonedBy,
    Anomaly,
    AttemptPlaced,
    AttemptVetoed,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallEnded,
    CallLeft,
    CallOffered,
    CallResumed,
    CallScreened,
    CallWaiting,
    InboundEnded,
    OfferFailed,
)
from telephony.ids import AgentId, CallId, LegId

S = AgentState
SEAT_EMPTY = "SEAT_EMPTY"
"""The dialplan's word for a customer who was sent into a seat and found no phone there."""


class Offers:
    """Hears of customers, and of agents' part in their calls."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def placed(self, fact: AttemptPlaced, now: float) -> Out:
        agent = self._floor.agents.get(fact.agent) if fact.agent is not None else None
        if agent is None or not agent.may(Verb.RESERVE):
            return []
        return self._floor.reserve(agent, fact.call, fact.campaign, now)

    def vetoed(self, fact: AttemptVetoed, now: float) -> Out:
        return self._floor.release(fact.call, now)

    def answered_by_customer(self, fact: CallAnswered, now: float) -> Out:
        self._floor.answered[fact.call] = now
        return []

    def waiting(self, fact: CallWaiting, now: float) -> Out:
        if fact.call in self._floor.callers:
            return []
        answered = self._floor.answered.setdefault(fact.call, now)
        chosen = self._floor.agents.get(self._floor.reserved.get(fact.call, AgentId("")))
        waiting = Waiting(
            call=fact.call,
            campaign=fact.campaign,
            server=fact.server,
            answered_at=answered,
            until=self._floor.patient_until(fact.call, answered, fact.campaign, now),
            wanted=fact.agent,
        )
        heard = BY_WORD.get(fact.amd, Heard.HUMAN)
        then = Then.AGENT
        out: Out = []
        if heard is not Heard.HUMAN:
            agent_free = chosen is not None or (fact.agent is None and self._floor.free_for(waiting, now) is not None)
            then = what_becomes(heard, self._floor.amd(fact.campaign), fact.call, agent_free=agent_free)
            out.append(CallScreened(call=fact.call, campaign=fact.campaign, heard=heard, then=then))
        if then in TAKEN_FOR_MACHINE:
            hang_up = HangUp(server=fact.server, leg=LegId(fact.call))
            out.append(hang_up if then is Then.HANG_UP else self._floor.left_message(fact))
            return out + self._floor.release(fact.call, now)
        if chosen is not None:
            why = sample() if then is Then.SAMPLE else dialled_for()
            return out + self._floor.offer(chosen, fact.call, fact.campaign, why)
        return out + self._floor.wait(waiting, now, sample() if then is Then.SAMPLE else None)

    def carry_out_offer(self, fact: CallOffered, now: float) -> Out:
        agent = self._floor.agents[fact.agent]
        if agent.call != fact.call:
            return [Anomaly(where="acd", what="offer without reservation")]
        if agent.state in WITH_CUSTOMER:
            return []
        if agent.mode is SeatMode.NAILED_UP:
            return [
                SetTimer(key=("offer", fact.call), at=now + self._floor.rules.reserve_s),
                ConnectToSeat(server=fact.server, call=fact.call, agent=agent.id),
            ]
        return [
            agent.do(Verb.RING, now),
            SetTimer(key=("offer", fact.call), at=now + self._floor.rules.ring_s + self._floor.rules.reserve_s),
            RingAgent(
                server=fact.server,
                call=fact.call,
                agent=agent.id,
                endpoint=agent.settings.endpoint,
                ring_s=self._floor.rules.ring_s,
                auto_answer=self._floor.rules.auto_answer,
            ),
        ]

    def offer_failed(self, fact: OfferFailed, now: float) -> Out:
        agent = self._floor.agents.get(fact.agent)
        if agent is None or agent.call != fact.call:
            return []
        self._floor.reserved.pop(fact.call, None)
        out: Out = [CancelTimer(key=("offer", fact.call))]
        if fact.why == SEAT_EMPTY and agent.seat is not None and agent.may(Verb.RELEASE):
            leg = HangUp(server=agent.server, leg=agent.seat)
            return [*out, agent.do(Verb.RELEASE, now), *self._floor.phone_gone(agent.seat, "seat empty", now), leg]
        if agent.state is S.RINGING and fact.why != "resync":
            out += self._floor.no_answer.rang_in_vain(agent, fact.why, now)
        elif agent.may(Verb.RELEASE):
            out.append(agent.do(Verb.RELEASE, now))
        return out + self._floor.after_call(agent, now)

    def connected(self, fact: CallConnected, now: float) -> Out:
        agent = self._floor.agents.get(fact.agent)
        if agent is None:
            return [Anomaly(where="acd", what="connected to an agent nobody knows")]
        out: Out = [CancelTimer(key=("offer", fact.call))]
        if self._floor.queue.drop(fact.call) is not None:
            out.append(CancelTimer(key=("patience", fact.call)))
        self._floor.reserved[fact.call] = agent.id
        agent.misses = 0
        if agent.call == fact.call and agent.may(Verb.CONNECT):
            return [*out, agent.do(Verb.CONNECT, now)]
        if agent.call == fact.call and agent.state in WITH_CUSTOMER:
            return out
        if not agent.may(Verb.ADOPT) or agent.state in ON_A_CALL:
            return [*out, Anomaly(where="acd", what=f"connected while {agent.state}")]
        self._floor.idle.drop(agent)
        agent.call = fact.call
        return [*out, agent.do(Verb.ADOPT, now)]

    def resumed(self, fact: CallResumed, now: float) -> Out:
        agent = self._floor.agents.get(fact.agent)
        return [agent.do(Verb.RESUME, now)] if agent is not None and agent.may(Verb.RESUME) else []

    def left(self, fact: CallLeft, now: float) -> Out:
        agent = self._floor.agents.get(fact.agent)
        if agent is None or agent.call != fact.call or not agent.may(Verb.CALL_OVER):
            return []
        self._floor.reserved.pop(fact.call, None)
        out: Out = [agent.do(Verb.CALL_OVER, now)]
        seconds = self._floor.wrap_up_s(agent.campaign)
        if seconds <= 0:
            return out + self._floor.wrapped(agent, now)
        return [*out, *self._floor.wrap_up(agent, now + seconds)]

    def ended(self, fact: CallEnded | InboundEnded, now: float) -> Out:
        self._floor.answered.pop(fact.call, None)
        self._floor.again.discard(fact.call)
        out: Out = []
        if self._floor.queue.drop(fact.call) is not None:
            out.append(CancelTimer(key=("patience", fact.call)))
        return out + self._floor.release(fact.call, now)

    def abandoned(self, fact: CallAbandoned, now: float) -> Out:
        return [CancelTimer(key=("patience", fact.call))] if self._floor.queue.drop(fact.call) is not None else []

    def action_failed(self, event: ActionFailed, now: float) -> Out:
        """A refused bridge is not the agent's fault. The customer has either gone, and his end is on its way, or the
        offer runs out and he waits again."""
        if event.leg is None or event.what not in ("ConnectToSeat", "RingAgent"):
            return []
        return [Anomaly(where="acd", what=f"{event.what} refused: {event.why}")]

    def give_up(self, waiting: Waiting, now: float) -> Out:
        return [
            CallAbandoned(
                call=waiting.call,
                campaign=waiting.campaign,
                by=AbandonedBy.SWITCHROOM,
                waited_s=now - waiting.answered_at,
            ),
            self._floor.message(waiting),
        ]

    def offer_overdue(self, call: CallId, now: float) -> Out:
        agent = self._floor.agents.get(self._floor.reserved.get(call, AgentId("")))
        if agent is None or agent.call != call or agent.state not in (S.RESERVED, S.RINGING):
            return []
        return [
            OfferFailed(call=call, agent=agent.id, why="overdue"),
            Park(server=agent.server, call=call),
        ]

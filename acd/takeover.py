"""Take over: the customer goes from an agent to a supervisor who is an agent himself, as by a transfer to him.

First it is put down in the audit trail and the supervisor's phone becomes his own again: back in its seat, or hung up, so
that it can ring. Then he is offered the customer, whose recording goes on, and the former agent has wrap-up. When he does
not take him, the customer waits for the next agent.
"""

from acd.agents import ON_A_CALL, Agent, Verb
from acd.floor import Out
from acd.reasons import Reason
from acd.sessions import SUPERVISING, Sessions
from telephony.agents import AgentState
from telephony.commands import AfterLedger
from telephony.ids import AgentId, CallId, CampaignId
from telephony.oncall import CallHandedOver, How, Kind
from telephony.supervising import CallTakenOver, TakeOverAsked

S = AgentState
DURABLE = "take_over"
"""The timer that fires when the take-over of a supervisor is in the audit trail."""
TAKEN = Reason("offer.taken_over", {}, "taken over")


class TakeOver:
    """Supervisors who are taking a customer, by name: which call, from whom, and whether it is durable."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._taking: dict[AgentId, tuple[CallId, AgentId, bool]] = {}

    def asked(self, ask: TakeOverAsked, now: float) -> Out:
        sessions, what = self._sessions, type(ask).__name__
        call = sessions.calls.get(ask.call)
        if call is None:
            return sessions.refuse(ask.actor, what, "call_gone", call=ask.call)
        if call.agent is None or not call.in_talk:
            return sessions.refuse(ask.actor, what, "call_without_agent", call=ask.call)
        himself = sessions.floor.agents.get(AgentId(ask.actor))
        phone = sessions.phone(ask.actor)
        if himself is None or phone is None or himself.state is S.LOGGED_OUT:
            return sessions.refuse(ask.actor, what, "supervisor_no_agent")
        known = sessions.by_actor.get(ask.actor)
        if known is not None and known.call != ask.call:
            return sessions.refuse(ask.actor, what, "already_listening", call=known.call, ear=known.ear.value)
        objection = sessions.objection(ask.actor, call, phone)
        if objection is None and known is None and not himself.phone_ready:
            objection = ("no_phone", {"supervisor": ask.actor})
        if objection is None and himself.id in self._taking:
            objection = ("supervisor_busy", {"state": SUPERVISING})
        if objection is not None:
            code, words = objection
            return sessions.refuse(ask.actor, what, code, **words)
        self._taking[himself.id] = (call.id, call.agent, False)
        out: Out = [
            CallTakenOver(actor=ask.actor, call=call.id, agent=call.agent),
            AfterLedger(key=(DURABLE, himself.id)),
        ]
        return out + (sessions.end(known, "taken_over", now) if known is not None else [])

    def durable(self, agent: AgentId, now: float) -> Out:
        """It is in the audit trail."""
        taking = self._taking.get(agent)
        if taking is None:
            return []
        call, former, _ = taking
        self._taking[agent] = (call, former, True)
        return self.go_on(agent, now)

    def go_on(self, agent: AgentId, now: float) -> Out:
        """Move the customer, when all that must be before it is."""
        taking = self._taking.get(agent)
        if taking is None or not taking[2] or agent in self._sessions.homing.values():
            return []
        del self._taking[agent]
        floor, himself = self._sessions.floor, self._sessions.floor.agents[agent]
        call = self._sessions.calls.get(taking[0])
        himself.away = False
        himself.private = False
        free = himself.state not in ON_A_CALL and himself.phone_ready and himself.server in floor.up
        moot = call is None or call.agent != taking[1] or not call.in_talk
        if call is None or moot or not free:
            return self._sessions.back_to_work(himself, now)
        handed = CallHandedOver(
            call=call.id,
            agent=taking[1],
            how=How.TAKEN_OVER,
            kind=Kind.AGENT,
            to=agent,
            target=agent,
            queue=CampaignId(""),
            server=call.server,
        )
        return [handed, *self._offered(himself, call.id, call.waits_in, now)]

    def _offered(self, himself: Agent, call: CallId, campaign: CampaignId, now: float) -> Out:
        """He is the customer's next agent; afterwards he is what he was before."""
        floor = self._sessions.floor
        out: Out = []
        after = "" if himself.state is S.READY or himself.wants_ready else himself.reason or SUPERVISING
        if himself.state is not S.READY:
            out.append(himself.do(Verb.READY, now))
        out += floor.reserve(himself, call, campaign, now)
        if after:
            floor.after_this_call(himself, after, now)
        return [*out, *floor.offer(himself, call, campaign, TAKEN)]

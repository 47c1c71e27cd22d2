"""Transfers: blind, to colleague, queue, leader, number outside or IVR node, and to whom the agent has consulted.

The agent's part ends by one fact, CallHandedOver; what follows for the customer follows when his leaving is told, so that
no two agents have him at one instant.
"""

import msgspec

from acd.agents import Agent, Verb
from acd.consulting import Consulting
from acd.consults import Consult, Consults, Stage
from acd.floor import Out
from acd.parties import colleague, knows_queue
from acd.reasons import Reason
from config.oncall import NodeSettings
from telephony.agents import AgentState
from telephony.calls import Stage as CallStage
from telephony.commands import CancelTimer, Command, ConnectOutside, HangUp, HoldCustomer, Park, SendToNode, SetTimer
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    LegEnded,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxSnapshot,
)
from telephony.facts import CallConnected, CallEnded, CallLeft, InboundEnded, OfferFailed
from telephony.ids import AgentId, CallId, CampaignId, LegId, ServerId, call_leg, call_of_outside
from telephony.oncall import CallHandedOver, How, Kind, OutsidePlaced, TransferAsked

S = AgentState
MOVE_S = 5.0
"""A customer who has not come to whom he was handed within so many seconds waits for an agent again."""
AGAIN_S = 0.5
"""Asterisk refuses to move a leg it is just moving; such a customer is moved again after so long."""


class Next(msgspec.Struct, frozen=True):
    """What becomes of a customer once his agent has left him."""

    consult: Consult | None = None
    colleague: AgentId | None = None
    command: Command | None = None
    three: bool = False


class Transferring:
    """Hears wishes to hand customers over, and sees them through."""

    def __init__(self, consults: Consults, consulting: Consulting, nodes: dict[str, NodeSettings]) -> None:
        self._shared = consults
        self._floor = consults.floor
        self.consulting = self._consulting = consulting
        self._nodes = nodes
        self._next: dict[CallId, Next] = {}
        self._moving: dict[CallId, Agent] = {}

    # what is asked

    def asked(self, ask: TransferAsked, now: float) -> Out:
        agent = self._shared.with_call(ask, Verb.CALL_OVER)
        if not isinstance(agent, Agent) or agent.call is None:
            return agent if isinstance(agent, list) else []
        consult = self._shared.by_agent.get(agent.id)
        if ask.to is None:
            if consult is None:
                return self._shared.refuse(ask, "no_consult", agent=agent.id)
            if consult.stage is Stage.CALLING:
                return self._shared.refuse(ask, "consult_stage", agent=agent.id)
            return self.complete(agent, consult, How.ATTENDED)
        if consult is not None:
            return self._shared.refuse(ask, "consulting", agent=agent.id)
        call, to = agent.call, ask.to
        match to.kind:
            case Kind.NUMBER:
                return [self._consulting.wanted(agent, call, blind=True)]
            case Kind.NODE:
                node = self._nodes.get(to.name)
                if node is None:
                    return self._shared.refuse(
                        ask, "node_unknown", node=to.name, allowed=", ".join(sorted(self._nodes)) or "–"
                    )
                command = SendToNode(
                    server=agent.server,
                    call=call,
                    context=node.context,
                    exten=node.exten,
                    message=node.announcement or "",
                )
                return self.hand_over(agent, call, How.BLIND, Kind.NODE, to.name, Next(command=command))
            case Kind.QUEUE:
                inbound = self._shared.calls[call].inbound
                if not knows_queue(self._floor, to.name) or (inbound and to.name not in self._floor.queues):
                    return self._shared.refuse(ask, "queue_unknown", queue=to.name)
                park = Park(server=agent.server, call=call)
                return self.hand_over(agent, call, How.BLIND, Kind.QUEUE, to.name, Next(command=park), queue=to.name)
            case Kind.AGENT | Kind.LEADER:
                found = colleague(self._floor, agent, to)
                if not isinstance(found, Agent):
                    return self._shared.refuse(ask, found[0], **found[1])
                return self.hand_over(
                    agent, call, How.BLIND, to.kind, to.name or found.id, Next(colleague=found.id), target=found.id
                )
        return self._shared.refuse(ask, "party_kind", kind=to.kind.value)

    def complete(self, agent: Agent, consult: Consult, how: How) -> Out:
        """The customer goes to whom the agent has consulted."""
        then = Next(consult=consult, three=consult.stage is Stage.THREE)
        return self.hand_over(agent, consult.call, how, consult.kind, consult.to, then, target=consult.target)

    def hand_over(
        self,
        agent: Agent,
        call: CallId,
        how: How,
        kind: Kind,
        to: str,
        then: Next,
        *,
        target: AgentId | None = None,
        queue: str = "",
    ) -> Out:
        self._next[call] = then
        return [
            CallHandedOver(
                call=call,
                agent=agent.id,
                how=how,
                kind=kind,
                to=to,
                target=target,
                queue=CampaignId(queue),
                server=agent.server,
            )
        ]

    def placed(self, fact: OutsidePlaced, now: float) -> Out:
        """The gate has passed a number a customer is to be sent to: his agent is free, he hears music while it rings."""
        agent, call = self._floor.agents.get(fact.agent), self._shared.calls.get(fact.call)
        if not fact.blind or agent is None or agent.call != fact.call or call is None:
            return []
        self._shared.outside[fact.call] = fact.leg
        hold = HoldCustomer(server=fact.server, call=fact.call)
        command = None if call.stage is CallStage.HELD else hold
        return self.hand_over(agent, fact.call, How.BLIND, Kind.NUMBER, "", Next(command=command))

    # what follows

    def left(self, fact: CallLeft, now: float) -> Out:
        """The agent's part is over: the customer goes where he was handed to, or nowhere."""
        agent = self._floor.agents.get(fact.agent)
        if agent is None:
            return []
        then, consult = self._next.pop(fact.call, None), self._shared.by_agent.get(fact.agent)
        visiting = consult is not None and consult.call == fact.call and consult.visiting
        out: Out = []
        rung = self._shared.legs.pop(agent.id, None)
        if rung is not None:
            out.append(HangUp(server=agent.server, leg=rung))
        elif visiting and agent.seat is not None:
            out += self._shared.home(agent)
        if then is not None:
            return out + self._follow(agent, fact.call, then, now)
        self._moving.pop(fact.call, None)
        if consult is None or consult.call != fact.call:
            return out
        call = self._shared.calls.get(fact.call)
        agent_gone = call is not None and not call.evidence.ended and agent.seat is None and rung is None
        if agent_gone and consult.joined_at is not None and consult.target is not None:
            handed = self.complete(agent, consult, How.AGENT_GONE)
            self._next.pop(fact.call, None)
            return [*out, *handed, *self._follow(agent, fact.call, Next(consult=consult), now)]
        why = "agent_left" if agent_gone else "customer_left"
        return [*out, *self._consulting.ended(consult, why, now), *self._consulting.let_go(consult, now, gone=False)]

    def _follow(self, agent: Agent, call: CallId, then: Next, now: float) -> Out:
        if then.consult is not None:
            return self._to_party(agent, then.consult, then.three, now)
        if then.colleague is not None:
            other = self._floor.agents[then.colleague]
            if not other.may(Verb.RESERVE):
                return [Park(server=agent.server, call=call)]
            campaign = agent.campaign
            return [*self._floor.reserve(other, call, campaign, now), *self._offer(other, agent, call, campaign)]
        return [then.command] if then.command is not None else []

    def _offer(self, to: Agent, by: Agent, call: CallId, campaign: CampaignId) -> Out:
        return self._floor.offer(
            to, call, campaign, Reason("offer.transferred", {"agent": by.id}, f"transferred by {by.id}")
        )

    def _to_party(self, agent: Agent, consult: Consult, three: bool, now: float) -> Out:
        call = consult.call
        out = self._consulting.ended(consult, "transferred", now)
        other = self._floor.agents.get(consult.target) if consult.target is not None else None
        if other is None:
            if consult.leg is not None:
                self._shared.outside[call] = consult.leg
            return out if three else [*out, ConnectOutside(server=agent.server, call=call)]
        other.campaign = agent.campaign
        self._floor.reserved[call] = other.id
        self._moving[call] = other
        out += [*self._offer(other, agent, call, agent.campaign), SetTimer(key=("handover", call), at=now + MOVE_S)]
        return out if three else [*out, self._shared.customer_to_room(agent, consult)]

    def connected(self, fact: CallConnected, now: float) -> Out:
        return [CancelTimer(key=("handover", fact.call))] if self._moving.pop(fact.call, None) is not None else []

    def failed(self, event: ActionFailed, now: float) -> Out:
        """The customer could not be moved to whom he was handed: once more a little later."""
        call = CallId(event.leg or "")
        if event.what in ("ConnectToSeat", "ConnectOutside") and (call in self._moving or call in self._shared.outside):
            return [SetTimer(key=("handover_again", call), at=now + AGAIN_S)]
        return []

    def again(self, call: CallId, now: float) -> Out:
        other, known = self._moving.get(call), self._shared.calls.get(call)
        if other is not None:
            return [self._shared.back_to(other, call)]
        if call in self._shared.outside and known is not None and known.bridge is None:
            return [ConnectOutside(server=known.server, call=call)]
        return []

    def overdue(self, call: CallId, now: float) -> Out:
        """The customer never came to his new agent."""
        other = self._moving.pop(call, None)
        if other is None or other.call != call or call not in self._shared.calls:
            return []
        return [OfferFailed(call=call, agent=other.id, why="overdue"), Park(server=other.server, call=call)]

    def offer_failed(self, fact: OfferFailed, now: float) -> Out:
        """An agent who has talked to a colleague about a customer, and then did not get him, is free again."""
        agent = self._floor.agents.get(fact.agent)
        self._moving.pop(fact.call, None)
        if agent is None or agent.call != fact.call or agent.state is not S.TALKING:
            return []
        rung = self._shared.legs.pop(agent.id, None)
        out: Out = [HangUp(server=agent.server, leg=rung)] if rung is not None else []
        return [*out, agent.do(Verb.CALL_OVER, now), *self._floor.wrapped(agent, now)]

    # customers with parties outside

    def entered(self, event: BridgeEntered, now: float) -> Out:
        """The number a customer was sent to has answered."""
        call = call_of_outside(event.leg)
        if call is None or self._shared.outside.get(call) != event.leg:
            return []
        known = self._shared.calls.get(call)
        if known is None or known.agent is not None:
            return []
        return [ConnectOutside(server=event.server, call=call)] if known.bridge != event.bridge else []

    def party_gone(self, event: LegEnded | OriginateEnded | OriginateRefused | OriginateLost, now: float) -> Out:
        """The party outside has hung up, and the customer with it; one that never answered leaves him to an agent."""
        call = call_of_outside(event.leg)
        if call is None or self._shared.outside.get(call) != event.leg:
            return []
        if isinstance(event, OriginateEnded) and event.ok:
            return []
        del self._shared.outside[call]
        known = self._shared.calls.get(call)
        if known is None:
            return []
        return self._without_party(known.server, call, joined=known.bridge is not None)

    def _without_party(self, server: ServerId, call: CallId, *, joined: bool) -> Out:
        if joined:
            return [HangUp(server=server, leg=call_leg(call))]
        return [Park(server=server, call=call)]

    def snapshot(self, event: PbxSnapshot, now: float) -> Out:
        """Parties outside that hung up while the link was down, and customers who were with them."""
        legs = {row.leg for row in event.legs}
        out: Out = []
        for call, leg in list(self._shared.outside.items()):
            known = self._shared.calls.get(call)
            if known is None or known.server != event.server or leg in legs:
                continue
            del self._shared.outside[call]
            if call_leg(call) in legs and known.stage is CallStage.LEAVING:
                out += self._without_party(known.server, call, joined=known.with_party)
        return out

    def call_over(self, fact: CallEnded | InboundEnded, now: float) -> Out:
        """The customer has hung up: whoever outside is with him is hung up too."""
        self._next.pop(fact.call, None)
        self._moving.pop(fact.call, None)
        leg: LegId | None = self._shared.outside.pop(fact.call, None)
        out: Out = [CancelTimer(key=("handover", fact.call))]
        return [*out, HangUp(server=fact.server, leg=leg)] if leg is not None else []

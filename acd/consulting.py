"""Consultations: begun, joined, turned from one to the other, made a three-way call, and over for whatever reason."""

from acd.agents import Agent, Verb
from acd.consults import Consult, Consults, Stage
from acd.floor import Out
from acd.parties import colleague
from telephony.agents import AgentState, SeatMode
from telephony.commands import CancelTimer, HangUp, SeatAgent, SetTimer
from telephony.events import BridgeEntered, LegEnded, OriginateEnded, OriginateLost, OriginateRefused, PbxSnapshot
from telephony.facts import CallHeld
from telephony.ids import (
    AgentId,
    CallId,
    agent_of_seat,
    call_of_outside,
    is_rung_seat,
    outside_leg,
    rung_seat_leg,
)
from telephony.leads import Restored
from telephony.oncall import (
    ConferenceAsked,
    ConferenceBegun,
    ConsultAsked,
    ConsultBegun,
    ConsultEndAsked,
    ConsultEnded,
    ConsultJoined,
    ConsultSwapped,
    Kind,
    OutsidePlaced,
    OutsideWanted,
    SwapAsked,
)

S = AgentState
LATE_S = 10.0
"""A party whose end nobody reports within the time of ringing and this is given up."""


class Consulting:
    """Hears what agents ask and what becomes of the parties they call."""

    def __init__(self, consults: Consults) -> None:
        self._shared = consults
        self._floor = consults.floor

    # beginning

    def begin(self, ask: ConsultAsked, now: float) -> Out:
        if ask.agent in self._shared.by_agent:
            return self._shared.refuse(ask, "consulting", agent=ask.agent)
        agent = self._shared.with_call(ask, Verb.CONSULT)
        if not isinstance(agent, Agent) or agent.call is None:
            return agent if isinstance(agent, list) else []
        if ask.to.kind is Kind.NUMBER:
            return [self.wanted(agent, agent.call, blind=False)]
        if ask.to.kind not in (Kind.AGENT, Kind.QUEUE, Kind.LEADER):
            return self._shared.refuse(ask, "party_kind", kind=ask.to.kind.value)
        found = colleague(self._floor, agent, ask.to)
        if not isinstance(found, Agent):
            return self._shared.refuse(ask, found[0], **found[1])
        return self._call(agent, agent.call, found, ask.to.kind, ask.to.name, now)

    def wanted(self, agent: Agent, call: CallId, *, blind: bool) -> OutsideWanted:
        leg = outside_leg(call, self._floor.serial())
        return OutsideWanted(
            call=call, agent=agent.id, leg=leg, campaign=agent.campaign, server=agent.server, blind=blind
        )

    def _call(self, agent: Agent, call: CallId, other: Agent, kind: Kind, to: str, now: float) -> Out:
        rings = other.mode is SeatMode.RING_EACH_CALL
        leg = rung_seat_leg(other.id, self._floor.serial()) if rings else None
        consult = Consult(agent=agent.id, call=call, kind=kind, to=to or other.id, target=other.id, leg=leg)
        self._shared.by_agent[agent.id] = consult
        out: Out = [
            ConsultBegun(
                call=call, agent=agent.id, kind=kind, to=consult.to, target=other.id, leg=leg, server=agent.server
            ),
            *self._aside(agent, call, now),
            *self._floor.reserve(other, call, agent.campaign, now),
        ]
        self._floor.reserved[call] = agent.id
        if leg is None:
            return out + self._joined(consult, agent, now)
        self._shared.legs[other.id] = leg
        seconds = self._floor.rules.ring_s
        return [
            *out,
            other.do(Verb.RING, now),
            SetTimer(key=("consult", agent.id), at=now + seconds + LATE_S),
            SeatAgent(
                server=other.server,
                agent=other.id,
                leg=leg,
                endpoint=other.settings.endpoint,
                ring_s=seconds,
                auto_answer=self._floor.rules.auto_answer,
            ),
        ]

    def _aside(self, agent: Agent, call: CallId, now: float) -> Out:
        """The customer goes on hold, if he is not, and the agent consults."""
        held = agent.state is S.HOLD
        out: Out = [agent.do(Verb.CONSULT, now)]
        return out if held else [*out, CallHeld(call=call, agent=agent.id), self._shared.hold(agent, call)]

    def placed(self, fact: OutsidePlaced, now: float) -> Out:
        """The gate has let the number pass: for a consultation the customer goes on hold now."""
        agent = self._floor.agents.get(fact.agent)
        if agent is None or agent.call != fact.call or fact.call in self._shared.outside:
            return []
        consult = Consult(agent=agent.id, call=fact.call, kind=Kind.NUMBER, to="", target=None, leg=fact.leg)
        if agent.id in self._shared.by_agent or not agent.may(Verb.CONSULT):
            return [HangUp(server=fact.server, leg=fact.leg)]
        self._shared.by_agent[agent.id] = consult
        return [
            ConsultBegun(
                call=fact.call,
                agent=agent.id,
                kind=Kind.NUMBER,
                to="",
                target=None,
                leg=fact.leg,
                server=agent.server,
            ),
            *self._aside(agent, fact.call, now),
        ]

    # the party

    def entered(self, event: BridgeEntered, now: float) -> Out:
        """Whoever was rung is there."""
        consult = self._of_leg(event.leg)
        agent = self._floor.agents.get(consult.agent) if consult is not None else None
        if consult is None or agent is None or consult.stage is not Stage.CALLING:
            return []
        return [CancelTimer(key=("consult", agent.id)), *self._joined(consult, agent, now)]

    def _of_leg(self, leg: str) -> Consult | None:
        return next((c for c in self._shared.by_agent.values() if c.leg == leg), None)

    def _joined(self, consult: Consult, agent: Agent, now: float) -> Out:
        consult.stage, consult.joined_at = Stage.TALKING, now
        out: Out = []
        other = self._floor.agents.get(consult.target) if consult.target is not None else None
        if other is not None and other.may(Verb.CONNECT):
            out.append(other.do(Verb.CONNECT, now))
        out.append(ConsultJoined(call=consult.call, agent=agent.id, target=consult.target))
        return out + self._shared.to_room(agent, consult)

    def not_reached(self, event: OriginateEnded | OriginateRefused | OriginateLost, now: float) -> Out:
        consult = self._of_leg(event.leg)
        if consult is None or consult.stage is not Stage.CALLING or (isinstance(event, OriginateEnded) and event.ok):
            return []
        return self.over(consult, "no_answer" if isinstance(event, OriginateEnded) else "refused", now, gone=True)

    def leg_ended(self, event: LegEnded, now: float) -> Out:
        """The party has hung up, or a colleague's seat is gone."""
        consult = self._of_leg(event.leg)
        if consult is None:
            consult = next(
                (
                    c
                    for c in self._shared.by_agent.values()
                    if c.target is not None and c.leg is None and self._seat_gone(c.target)
                ),
                None,
            )
        if consult is None:
            return []
        return self.over(consult, "left" if consult.joined_at is not None else "no_answer", now, gone=True)

    def _seat_gone(self, target: AgentId) -> bool:
        other = self._floor.agents.get(target)
        return other is not None and other.mode is SeatMode.NAILED_UP and other.seat is None

    def late(self, whom: AgentId, now: float) -> Out:
        """Nobody has said what became of the party called."""
        consult = self._shared.by_agent.get(whom)
        return self.over(consult, "no_answer", now) if consult is not None and consult.stage is Stage.CALLING else []

    # turning

    def swap(self, ask: SwapAsked, now: float) -> Out:
        agent, consult, refused = self._mine(ask)
        if agent is None or consult is None:
            return refused
        if consult.stage is Stage.ASIDE:
            consult.stage = Stage.TALKING
            swapped = ConsultSwapped(call=consult.call, agent=agent.id, aside=False)
            return [swapped, *self._aside(agent, consult.call, now), *self._shared.to_room(agent, consult)]
        if consult.stage is not Stage.TALKING:
            return self._shared.refuse(ask, "consult_stage", agent=agent.id)
        consult.stage = Stage.ASIDE
        swapped = ConsultSwapped(call=consult.call, agent=agent.id, aside=True)
        return [swapped, *self._shared.home(agent), self._shared.back_to(agent, consult.call)]

    def conference(self, ask: ConferenceAsked, now: float) -> Out:
        agent, consult, refused = self._mine(ask)
        if agent is None or consult is None:
            return refused
        if consult.stage not in (Stage.TALKING, Stage.ASIDE):
            return self._shared.refuse(ask, "consult_stage", agent=agent.id)
        if agent.state is S.HOLD:
            return self._shared.refuse(ask, "agent_state", agent=agent.id, state=agent.state.value, verb="conference")
        moves = self._shared.to_room(agent, consult) if consult.stage is Stage.ASIDE else []
        consult.stage = Stage.THREE
        begun = ConferenceBegun(call=consult.call, agent=agent.id, target=consult.target)
        return [begun, *moves, self._shared.customer_to_room(agent, consult)]

    def end(self, ask: ConsultEndAsked, now: float) -> Out:
        asked = self._shared.host_of(ask.agent)
        if asked is not None:
            return self.over(asked, "left", now)
        consult = self._shared.by_agent.get(ask.agent)
        if consult is None:
            return self._shared.refuse(ask, "no_consult", agent=ask.agent)
        return self.over(consult, "cancelled", now)

    def _mine(self, ask: SwapAsked | ConferenceAsked) -> tuple[Agent | None, Consult | None, Out]:
        agent = self._shared.with_call(ask)
        if not isinstance(agent, Agent):
            return None, None, agent
        consult = self._shared.by_agent.get(agent.id)
        if consult is None:
            return None, None, self._shared.refuse(ask, "no_consult", agent=agent.id)
        return agent, consult, []

    # the end

    def over(self, consult: Consult, why: str, now: float, *, gone: bool = False) -> Out:
        """The consultation ends and the customer stays with his agent; `gone` when the party's leg has ended by itself."""
        agent = self._floor.agents[consult.agent]
        out = self.ended(consult, why, now)
        if agent.call == consult.call:
            if not gone and consult.visiting:
                out += self._shared.home(agent)
            if consult.stage is Stage.THREE:
                out.append(self._shared.back_to(agent, consult.call))
            elif agent.may(Verb.BACK):
                out.append(agent.do(Verb.BACK, now))
        return out + self.let_go(consult, now, gone=gone)

    def ended(self, consult: Consult, why: str, now: float) -> Out:
        """It is in the books no more."""
        self._shared.by_agent.pop(consult.agent, None)
        talk_s = now - consult.joined_at if consult.joined_at is not None else 0.0
        return [
            CancelTimer(key=("consult", consult.agent)),
            ConsultEnded(
                call=consult.call,
                agent=consult.agent,
                target=consult.target,
                leg=consult.leg,
                why=why,
                talk_s=max(0.0, talk_s),
            ),
        ]

    def let_go(self, consult: Consult, now: float, *, gone: bool) -> Out:
        """The party is free again: a colleague at once, for he has no customer to write up; a leg is hung up."""
        other = self._floor.agents.get(consult.target) if consult.target is not None else None
        out: Out = []
        if consult.leg is not None and not gone and self._server(consult) is not None:
            out.append(HangUp(server=self._floor.agents[consult.agent].server, leg=consult.leg))
        if other is None or other.call != consult.call:
            return out
        self._shared.legs.pop(other.id, None)
        if other.state is S.RINGING and gone:
            out += self._floor.no_answer.rang_in_vain(other, "NOANSWER", now)
        elif other.may(Verb.RELEASE):
            out += [other.do(Verb.RELEASE, now), *self._floor.after_call(other, now)]
        elif other.may(Verb.CALL_OVER):
            out += [other.do(Verb.CALL_OVER, now), *self._floor.wrapped(other, now)]
        return out

    def _server(self, consult: Consult) -> str | None:
        server = self._floor.agents[consult.agent].server
        return server if server in self._floor.up else None

    # after a break

    def restored(self, event: Restored, now: float) -> Out:
        """Consultations of before the restart go on; a colleague who is on a call that is not his is let go."""
        owners = {known.call: known.agent for known in event.calls if known.agent is not None}
        owners.update({known.call: known.agent for known in event.inbound if known.agent is not None})
        for known in event.consults:
            agent = self._floor.agents.get(known.agent)
            if known.call not in owners:
                continue
            if known.stage == "outside":
                if known.leg is not None:
                    self._shared.outside[known.call] = known.leg
                continue
            if agent is None or agent.call != known.call:
                continue
            stage = Stage(known.stage)
            joined_at = known.at if stage is not Stage.CALLING else None
            self._shared.by_agent[agent.id] = Consult(
                agent=agent.id,
                call=known.call,
                kind=Kind(known.kind),
                to=known.to,
                target=known.target,
                leg=known.leg,
                stage=stage,
                joined_at=joined_at,
            )
            self._floor.reserved[known.call] = agent.id
            if known.target is not None and known.leg is not None:
                self._shared.legs[known.target] = known.leg
        out: Out = []
        for agent in self._floor.agents.values():
            stranger = agent.call in owners and owners[agent.call] != agent.id
            if stranger and agent.call is not None and self._shared.host_of(agent.id) is None:
                self._floor.reserved[agent.call] = owners[agent.call]
                if agent.may(Verb.CALL_OVER):
                    out += [agent.do(Verb.CALL_OVER, now), *self._floor.wrapped(agent, now)]
        for agent in self._floor.agents.values():
            if agent.state is S.CONSULTING and agent.id not in self._shared.by_agent:
                out.append(agent.do(Verb.BACK, now))
        return out

    def snapshot(self, event: PbxSnapshot, now: float) -> Out:
        """What became of the parties while the link was down; legs outside nobody knows are hung up."""
        rows = {row.leg: row for row in event.legs}
        for row in event.legs:
            seated = row.exten if row.context == "switchroom-agent" and agent_of_seat(row.leg) is None else None
            owner = agent_of_seat(row.leg) if is_rung_seat(row.leg) else seated
            holder = self._floor.agents.get(AgentId(owner or ""))
            if holder is not None and holder.mode is SeatMode.RING_EACH_CALL and holder.call is not None:
                self._shared.legs[holder.id] = row.leg
        out: Out = []
        known = set(self._shared.outside.values())
        for consult in list(self._shared.by_agent.values()):
            agent = self._floor.agents[consult.agent]
            if agent.server != event.server:
                continue
            if consult.leg is not None:
                known.add(consult.leg)
                seen = rows.get(consult.leg)
                if seen is None:
                    out += self.over(consult, "lost", now, gone=True)
                elif seen.up and seen.bridge is not None and consult.stage is Stage.CALLING:
                    out += self._joined(consult, agent, now)
            elif consult.target is not None and self._seat_gone(consult.target):
                out += self.over(consult, "lost", now, gone=True)
        for leg in rows:
            if call_of_outside(leg) is not None and leg not in known:
                out.append(HangUp(server=event.server, leg=leg))
        return out

"""The table of calls: fed every event, it derives what happened to calls, one outcome each, in whatever order the PBX
tells its story. Pure: no clock, no I/O.
"""

from collections.abc import Callable, Iterable
from typing import Any

from telephony import arrivals, reconcile
from telephony.calls import SHOWN_AS, Call, Stage
from telephony.commands import Command, HangUp, Park, SetTimer, TakeSnapshot
from telephony.detection import BY_WORD, TAKEN_FOR_MACHINE, Heard
from telephony.events import (
    BridgeEntered,
    BridgeLeft,
    DialEnded,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    LegProgressed,
    LegRinging,
    LegSeen,
    LinkLost,
    LinkUp,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxSnapshot,
    TimerFired,
)
from telephony.facts import (
    Anomaly,
    AttemptPlaced,
    AttemptVetoed,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallHeld,
    CallJudged,
    CallOffered,
    CallRang,
    CallResumed,
    CallScreened,
    CallWaiting,
    Fact,
    OfferFailed,
    ServerChanged,
)
from telephony.ids import (
    AgentId,
    BridgeId,
    CallId,
    LegId,
    ServerId,
    agent_of_seat,
    call_leg,
    call_of_outside,
    is_call,
    is_rung_seat,
)
from telephony.leads import Restored
from telephony.oncall import CallHandedOver

VERDICT_GRACE_S = 2.0
"""How long an ended leg waits for its OriginateResponse, which may come after the Hangup (30 of 500 measured)."""
SECOND_LOOK_S = 3.0
"""An attempt missing from a snapshot is looked for once more: its Originate may still have been on its way."""

Out = list[Fact | Command]


class CallTable:
    """All open calls, the legs that belong to them, and the links to the PBXs they live on."""

    def __init__(self) -> None:
        self.calls: dict[CallId, Call] = {}
        self.links: dict[ServerId, str] = {}
        self.agent_legs: dict[LegId, CallId] = {}
        self.bridges: dict[BridgeId, set[LegId]] = {}
        self.bridge_of: dict[LegId, BridgeId] = {}
        self.place_of: Callable[[CallId], int] = lambda _: 0
        """Where a caller stands in his queue, 0 for nowhere; whoever keeps the queues puts it here."""
        self.rules: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            AttemptPlaced: self._placed,
            AttemptVetoed: self._vetoed,
            OriginateRefused: self._refused,
            OriginateLost: self._lost,
            OriginateEnded: self._originate_ended,
            LegCreated: self._created,
            LegRinging: self._ringing,
            LegProgressed: self._progressed,
            LegAnswered: self._answered,
            LegParked: self._parked,
            DialEnded: self._dial_ended,
            BridgeEntered: self._entered,
            BridgeLeft: self._left,
            LegEnded: self._ended,
            TimerFired: self._timer,
            CallOffered: self._offered,
            OfferFailed: self._offer_failed,
            CallScreened: self._screened,
            CallAbandoned: self._abandoned,
            CallHeld: self._held,
            CallHandedOver: self._handed_over,
            LinkLost: self._link_lost,
            LinkUp: self._link_up,
            PbxSnapshot: self._snapshot,
            Restored: self._restored,
            **arrivals.Arrivals(self.calls).rules,
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear else ()

    def sent(self, command: Command, now: float) -> None:
        """Note a command as it leaves: a hang-up of ours explains the end that follows."""
        if type(command) is HangUp:
            call = self.calls.get(CallId(command.leg))
            if call is not None:
                call.hung_up_by_us = True
                if call.answered_at is None:
                    call.evidence.cancelled = True

    def stages(self) -> dict[str, dict[str, int]]:
        """Campaign → shown stage → number of calls."""
        counts: dict[str, dict[str, int]] = {}
        for call in self.calls.values():
            row = counts.setdefault(call.campaign, {})
            stage = SHOWN_AS[call.stage]
            row[stage] = row.get(stage, 0) + 1
        return counts

    # the story of an attempt

    def _placed(self, fact: AttemptPlaced, now: float) -> Out:
        if fact.call in self.calls:
            return [Anomaly(where="calls", what="placed twice")]
        self.calls[fact.call] = Call(
            id=fact.call,
            campaign=fact.campaign,
            lead=fact.lead,
            trunk=fact.trunk,
            server=fact.server,
            mode=fact.mode,
            placed_at=now,
            since=now,
            wanted=fact.agent,
        )
        return []

    def _vetoed(self, fact: AttemptVetoed, now: float) -> Out:
        self.calls.pop(fact.call, None)
        return []

    def _refused(self, event: OriginateRefused, now: float) -> Out:
        call = self.calls.get(CallId(event.leg))
        if call is None or call.evidence.leg_seen:
            return []
        call.evidence.refused = True
        return self._close(call, now)

    def _lost(self, event: OriginateLost, now: float) -> Out:
        call = self.calls.get(CallId(event.leg))
        if call is None or call.evidence.leg_seen:
            return []
        call.stale = True
        return [TakeSnapshot(server=event.server)] if self.links.get(event.server) == "up" else []

    def _created(self, event: LegCreated, now: float) -> Out:
        call = self.calls.get(CallId(event.leg))
        if call is not None:
            call.evidence.leg_seen = True
            call.stale = False
            return []
        if event.linked != event.leg:
            owner = self.calls.get(CallId(event.linked))
            if owner is not None and owner.agent is not None:
                owner.agent_leg = event.leg
                self.agent_legs[event.leg] = owner.id
            return []
        if is_call(event.leg):
            return [
                Anomaly(where="calls", what="a leg appeared for no open attempt"),
                HangUp(server=event.server, leg=event.leg),
            ]
        return []

    def _ringing(self, event: LegRinging, now: float) -> Out:
        call = self.calls.get(CallId(event.leg))
        if call is None or call.rang_at is not None:
            return []
        call.evidence.leg_seen = True
        call.evidence.rang = True
        call.rang_at = now
        if call.stage is Stage.PLACED:
            call.move(Stage.RINGING, now)
        return [CallRang(call=call.id)]

    def _progressed(self, event: LegProgressed, now: float) -> Out:
        call = self.calls.get(CallId(event.leg))
        if call is not None:
            call.evidence.leg_seen = True
            call.evidence.rang = True
        return []

    def _answered(self, event: LegAnswered, now: float) -> Out:
        call = self.calls.get(CallId(event.leg))
        return self._answer(call, now) if call is not None else []

    def _answer(self, call: Call, now: float) -> Out:
        call.evidence.leg_seen = True
        call.evidence.answered = True
        if call.answered_at is not None:
            return []
        call.answered_at = now
        if call.stage in (Stage.PLACED, Stage.RINGING):
            call.move(Stage.ANSWERED, now)
        return [CallAnswered(call=call.id, campaign=call.campaign, server=call.server)]

    def _originate_ended(self, event: OriginateEnded, now: float) -> Out:
        call = self.calls.get(CallId(event.leg))
        if call is None:
            return []
        seen = call.evidence
        seen.originate_ended = True
        if event.ok and not event.foreign:
            seen.originate_ok = True
            return self._answer(call, now)
        if seen.reason is None:
            seen.reason = event.reason
        return self._close_when_complete(call, now)

    def _parked(self, event: LegParked, now: float) -> Out:
        call = self.calls.get(CallId(event.leg))
        if call is None:
            return arrivals.whose(event.leg, event.server)
        if call.stage in (Stage.WAITING, Stage.TALKING, Stage.HELD):
            return []
        if call.stage is Stage.LEAVING and call.with_party:
            return [HangUp(server=call.server, leg=call_leg(call.id))]
        out = self._answer(call, now)
        if call.stage is Stage.OFFERED:
            why = event.dial or call.evidence.dial_status
            if not why:
                return out
            out += self._give_up_offer(call, why)
        call.move(Stage.WAITING, now)
        heard = BY_WORD.get(event.amd) if not call.judged else None
        if heard is not None:
            call.judged = True
            call.evidence.machine = heard is Heard.MACHINE
            took_s = now - call.answered_at if call.answered_at is not None else 0.0
            out.append(CallJudged(call=call.id, campaign=call.campaign, heard=heard, took_s=took_s, why=event.why))
        amd = event.amd if heard is not None else ""
        out.append(CallWaiting(call=call.id, campaign=call.waits_in, server=call.server, agent=call.wanted, amd=amd))
        return out

    def _screened(self, fact: CallScreened, now: float) -> Out:
        call = self.calls.get(fact.call)
        if call is not None:
            call.evidence.machine = fact.then in TAKEN_FOR_MACHINE
        return []

    def _give_up_offer(self, call: Call, why: str) -> Out:
        if call.stage is not Stage.OFFERED or call.agent is None:
            return []
        agent = call.agent
        self._forget_agent(call)
        return [OfferFailed(call=call.id, agent=agent, why=why)]

    def _dial_ended(self, event: DialEnded, now: float) -> Out:
        call = self.calls.get(CallId(event.leg)) or self.calls.get(self.agent_legs.get(event.leg, CallId("")))
        caller = self.calls.get(CallId(event.caller)) if event.caller is not None else None
        if caller is not None and call is None and caller.agent is not None:
            call, caller.agent_leg = caller, event.leg
            self.agent_legs[event.leg] = caller.id
        if call is not None:
            call.evidence.dial_status = event.status
        return []

    # agent and customer

    def _offered(self, fact: CallOffered, now: float) -> Out:
        call = self.calls.get(fact.call)
        if call is None:
            return []
        call.agent = fact.agent
        call.evidence.dial_status = ""
        call.move(Stage.OFFERED, now)
        if call.bridge is not None and any(
            self._agent_on(leg, call) == fact.agent for leg in self.bridges.get(call.bridge, ())
        ):
            return self._meet(call, self.bridges[call.bridge], now)
        return []

    def _handed_over(self, fact: CallHandedOver, now: float) -> Out:
        """The agent's part is over; whoever is next takes him by an offer, or he waits, or leaves the floor."""
        call = self.calls.get(fact.call)
        if call is None:
            return []
        out: Out = list(call.apart(now))
        self._forget_agent(call)
        call.wanted = None
        if fact.queue and call.inbound:
            call.campaign = fact.queue
        elif fact.queue:
            call.queue = fact.queue
        return out

    def _offer_failed(self, fact: OfferFailed, now: float) -> Out:
        call = self.calls.get(fact.call)
        if call is not None and call.stage is Stage.OFFERED:
            self._forget_agent(call)
            call.move(Stage.ANSWERED, now)
        return []

    def _entered(self, event: BridgeEntered, now: float) -> Out:
        self._leave_bridge(event.leg)
        members = self.bridges.setdefault(event.bridge, set())
        members.add(event.leg)
        self.bridge_of[event.leg] = event.bridge
        call = self.calls.get(CallId(event.leg))
        if call is not None:
            call.bridge = event.bridge
            return self._meet(call, members, now)
        for leg in members:
            other = self.calls.get(CallId(leg))
            if other is not None:
                return self._meet(other, members, now)
        return []

    def _meet(self, call: Call, members: Iterable[LegId], now: float) -> Out:
        """The customer is in a bridge: his own agent has him if he is there too, else whichever agent is."""
        if any(call_of_outside(leg) == call.id for leg in members):
            call.with_party = True
        here = [(agent, leg) for leg in sorted(members) if (agent := self._agent_on(leg, call)) is not None]
        for agent, leg in here:
            if agent == call.agent:
                return self._connect(call, agent, leg, now)
        if not here or call.stage is Stage.LEAVING:
            return []
        return self._connect(call, *here[0], now)

    def _agent_on(self, leg: LegId, call: Call) -> AgentId | None:
        seated = agent_of_seat(leg)
        if seated is not None:
            return seated
        return call.agent if self.agent_legs.get(leg) == call.id else None

    def _connect(self, call: Call, agent: AgentId, leg: LegId, now: float) -> Out:
        if call.stage is Stage.HELD and agent == call.agent:
            held = now - (call.held_at or now)
            call.held_s += held
            call.held_at = None
            call.move(Stage.TALKING, now)
            return [CallResumed(call=call.id, agent=agent, held_s=held)]
        if call.stage is Stage.TALKING and agent == call.agent:
            return []
        if call.agent is not None and agent != call.agent:
            return [Anomaly(where="calls", what="bridged with another agent than the one reserved")]
        out = self._answer(call, now)
        since = call.left_at if call.left_at is not None else call.answered_at
        again = call.begin_part(agent, leg, now)
        waited = now - since if since is not None else 0.0
        if call.waited_s is None:
            call.waited_s = waited
        out.append(CallConnected(call=call.id, agent=agent, waited_s=waited, leg=leg, again=again))
        return out

    def _left(self, event: BridgeLeft, now: float) -> Out:
        if self.bridge_of.get(event.leg) == event.bridge:
            self._leave_bridge(event.leg)
        call = self.calls.get(CallId(event.leg))
        if call is not None and call.bridge == event.bridge:
            call.bridge = None
        return []

    def _leave_bridge(self, leg: LegId) -> None:
        bridge = self.bridge_of.pop(leg, None)
        members = self.bridges.get(bridge) if bridge is not None else None
        if bridge is not None and members is not None:
            members.discard(leg)
            if not members:
                del self.bridges[bridge]

    def _held(self, fact: CallHeld, now: float) -> Out:
        call = self.calls.get(fact.call)
        if call is not None and call.stage is Stage.TALKING:
            call.held_at = now
            call.in_seat = call.agent_leg in self.agent_legs
            call.move(Stage.HELD, now)
        return []

    def _abandoned(self, fact: CallAbandoned, now: float) -> Out:
        call = self.calls.get(fact.call)
        if call is not None:
            call.abandoned = True
        return []

    # ends

    def _ended(self, event: LegEnded, now: float) -> Out:
        self._leave_bridge(event.leg)
        call = self.calls.get(CallId(event.leg))
        if call is not None:
            seen = call.evidence
            seen.leg_seen = True
            seen.ended = True
            seen.cause = event.cause
            seen.tech_cause = event.tech_cause
            out: Out = list(call.apart(now))
            return out + self._close_when_complete(call, now)
        return self._agent_leg_ended(event, now)

    def _agent_leg_ended(self, event: LegEnded, now: float) -> Out:
        owner = self.agent_legs.pop(event.leg, None)
        if owner is not None:
            return self._rung_phone_ended(self.calls.get(owner), now)
        agent = agent_of_seat(event.leg)
        if agent is None:
            return []
        for call in self.calls.values():
            if call.agent == agent and call.in_talk:
                if is_rung_seat(event.leg) and call.stage is Stage.TALKING:
                    return [*call.apart(now), HangUp(server=call.server, leg=call_leg(call.id))]
                return [*call.apart(now), Park(server=call.server, call=call.id)]
        return []

    def _rung_phone_ended(self, call: Call | None, now: float) -> Out:
        """By itself it has taken the customer with it; out of a seat it has not, and who is held waits for another."""
        if call is None:
            return []
        held, in_seat = call.stage is Stage.HELD, call.in_seat
        out: Out = list(call.apart(now))
        if held:
            out.append(Park(server=call.server, call=call.id))
        elif in_seat:
            out.append(HangUp(server=call.server, leg=call_leg(call.id)))
        return out

    def _close_when_complete(self, call: Call, now: float) -> Out:
        if call.evidence.complete:
            return self._close(call, now)
        if call.evidence.ended:
            return [SetTimer(key=("verdict", call.id), at=now + VERDICT_GRACE_S)]
        return []

    def _close(self, call: Call, now: float, *, vanished: bool = False) -> Out:
        del self.calls[call.id]
        self._forget_agent_leg(call)
        return list(call.close(now, vanished=vanished, place=self.place_of(call.id) if call.inbound else 0))

    def _timer(self, event: TimerFired, now: float) -> Out:
        what, whom = event.key
        if what == "verdict":
            call = self.calls.get(CallId(whom))
            return self._close(call, now) if call is not None else []
        if what == "second_look":
            return [TakeSnapshot(server=ServerId(whom))]
        return []

    def _forget_agent(self, call: Call) -> None:
        self._forget_agent_leg(call)
        call.agent = None

    def _forget_agent_leg(self, call: Call) -> None:
        if call.agent_leg is not None:
            self.agent_legs.pop(call.agent_leg, None)
            call.agent_leg = None

    # links

    def _link_up(self, event: LinkUp, now: float) -> Out:
        return self._server(event.server, "resyncing", event.version)

    def _link_lost(self, event: LinkLost, now: float) -> Out:
        for call in self.calls.values():
            if call.server == event.server:
                call.stale = True
                call.missed_once = False
        return self._server(event.server, "lost", event.why)

    def _server(self, server: ServerId, state: str, why: str) -> Out:
        if self.links.get(server) == state:
            return []
        self.links[server] = state
        return [ServerChanged(server=server, state=state, why=why)]

    def _snapshot(self, event: PbxSnapshot, now: float) -> Out:
        seen = reconcile.read(event)
        out: Out = []
        for bridge, legs in seen.bridges.items():
            self.bridges[bridge] = set(legs)
            self.bridge_of.update(dict.fromkeys(legs, bridge))
        for leg, row in seen.rows.items():
            if is_call(leg) and CallId(leg) not in self.calls:
                out.append(HangUp(server=event.server, leg=leg))
            elif CallId(leg) not in self.calls and reconcile.is_lost_caller(row):
                out += arrivals.whose(row, event.server)
            elif row.linked != leg and CallId(row.linked) in self.calls and _is_rung_phone(row):
                owner = self.calls[CallId(row.linked)]
                owner.agent_leg = leg
                self.agent_legs[leg] = owner.id
        look_again = False
        for call in [c for c in self.calls.values() if c.server == event.server and c.stale]:
            found = seen.rows.get(LegId(call.id))
            if found is not None:
                out += self._adopt(call, found, seen, now)
            elif call.evidence.leg_seen or call.answered_at is not None or call.missed_once:
                out += self._close(call, now, vanished=True)
            else:
                call.missed_once = True
                look_again = True
        if look_again:
            out.append(SetTimer(key=("second_look", event.server), at=now + SECOND_LOOK_S))
        return out + self._server(event.server, "up", "")

    def _adopt(self, call: Call, row: LegSeen, seen: reconcile.Seen, now: float) -> Out:
        call.stale = False
        call.evidence.leg_seen = True
        out: Out = []
        if row.ringing:
            out += self._ringing(LegRinging(server=call.server, leg=row.leg), now)
        if not row.up and not call.inbound:
            return out
        out += self._answer(call, now)
        agent_leg = seen.partner(row, call.agent)
        if agent_leg is not None:
            agent = agent_of_seat(agent_leg) or call.agent
            call.bridge = row.bridge
            if agent is not None:
                return out + self._connect(call, agent, agent_leg, now)
        if call.inbound and reconcile.is_at_the_door(row):
            return out + arrivals.whose(row, call.server)
        if reconcile.is_parked(row, call.inbound) and call.stage is not Stage.HELD:
            out += call.apart(now)
            out += self._give_up_offer(call, "resync")
            self._forget_agent(call)
            call.judged = True
            call.move(Stage.WAITING, now)
            out.append(CallWaiting(call=call.id, campaign=call.waits_in, server=call.server, agent=call.wanted))
        elif reconcile.is_alone_in_seat(row):
            out += [*call.apart(now), *self._give_up_offer(call, "resync")]
            self._forget_agent(call)
            out.append(Park(server=call.server, call=call.id))
        elif reconcile.is_on_hold(row) and call.agent is not None:
            if call.stage is Stage.LEAVING:
                return out
            call.held_at = call.held_at or now
            call.stage = Stage.HELD
            if not seen.has_agent(call.agent, call.agent_leg):
                out += [*call.apart(now), Park(server=call.server, call=call.id)]
        return out

    def _restored(self, event: Restored, now: float) -> Out:
        for known in event.calls:
            self.calls[known.call] = reconcile.revive(known)
        for caller in event.inbound:
            self.calls[caller.call] = arrivals.revived(caller)
        return []


def _is_rung_phone(row: LegSeen) -> bool:
    """Whether a leg that belongs to a customer's is an agent's phone that rang for him."""
    return agent_of_seat(row.leg) is None and call_of_outside(row.leg) is None and not row.channel.startswith("Local/")

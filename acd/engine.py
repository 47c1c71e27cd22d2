"""The router: fed events and facts, it reserves agents for waiting customers and keeps every agent's state.

Our own table is the truth about agents; a snapshot of the PBX after a reconnection corrects it, and nothing else does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from acd.breakdesk import BreakDesk
from acd.callup import CallUp
from acd.comeback import Comeback
from acd.devices import Devices
from acd.floor import ExpectedS, Floor, Out
from acd.forced import Forced
from acd.moving import Moving
from acd.offers import Offers
from acd.overstay import Overstay
from acd.phones import Phones
from acd.roster import Roster
from acd.training import Training
from acd.wishes import Wishes
from config.model import AgentSettings, CampaignSettings, FloorSettings
from config.queues import QueueSettings, SkillSettings
from config.routing import RoutingSettings
from telephony.agents import (
    AgentState,
    BreakAsked,
    DispositionGiven,
    ForceAsked,
    LeaveAsked,
    NotReadyAsked,
    PhoneMoved,
    ReadyAsked,
    SignInAsked,
    SignOutAsked,
    SkillsAsked,
    StayAsked,
)
from telephony.certificates import (
    CertificateExpired,
    CertificateGranted,
    CertificateWithdrawn,
    CertifyAsked,
    DecertifyAsked,
)
from telephony.commands import CancelTimer, Command
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    DeviceChanged,
    LegEnded,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxSnapshot,
    TimerFired,
)
from telephony.facts import (
    AgentChanged,
    AttemptPlaced,
    AttemptVetoed,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallEnded,
    CallLeft,
    CallOffered,
    CallResumed,
    CallWaiting,
    Fact,
    InboundEnded,
    LeaveTaken,
    LeaveWithdrawn,
    OfferFailed,
    ServerChanged,
)
from telephony.ids import AgentId, CallId
from telephony.leads import Restored
from telephony.surge import SurgeChanged

SURGE = "surge"
"""Why breaks are restricted while the surge plan says so."""


class AcdEngine:
    """All agents of the floor and the customers waiting for them."""

    def __init__(
        self,
        *,
        agents: Sequence[AgentSettings],
        campaigns: Mapping[str, CampaignSettings],
        floor: FloorSettings,
        serial: Callable[[], str],
        queues: Mapping[str, QueueSettings] | None = None,
        skills: Mapping[str, SkillSettings] | None = None,
        routing: RoutingSettings | None = None,
        expected_s: ExpectedS | None = None,
        roster: Roster | None = None,
    ) -> None:
        """`serial` gives a fresh short text for each seat leg, unique over restarts; `expected_s` (queue, position,
        now) tells what a caller can expect to wait; `roster` is when agents are planned to work."""
        self._floor = Floor(
            agents=agents,
            campaigns=campaigns,
            rules=floor,
            serial=serial,
            queues=queues,
            skills=skills,
            routing=routing,
        )
        if expected_s is not None:
            self._floor.expected_s = expected_s
        self.agents = self._floor.agents
        self.supply = self._floor.supply
        self._devices = devices = Devices(self._floor)
        self.breaks = BreakDesk(self._floor, roster)
        self.overstay = Overstay(self._floor, exempt=self.breaks.out)
        forced = Forced(self._floor, frozenset(skills or ()))
        self._call_up = CallUp(self._floor)
        self._offers, self._phones = Offers(self._floor), Phones(self._floor)
        wishes, offers, phones = Wishes(self._floor), self._offers, self._phones
        self._training = Training(self._floor)
        self.rules: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            SignInAsked: wishes.sign_in,
            SignOutAsked: wishes.sign_out,
            ReadyAsked: wishes.ready_asked,
            NotReadyAsked: wishes.not_ready_asked,
            LeaveAsked: wishes.leave,
            StayAsked: wishes.stay,
            DispositionGiven: wishes.dispose,
            PhoneMoved: Moving(self._floor).moved,
            ForceAsked: forced.asked,
            SkillsAsked: forced.skills,
            BreakAsked: self.breaks.asked,
            LeaveWithdrawn: self.breaks.stays,
            AgentChanged: self._moved,
            AttemptPlaced: offers.placed,
            AttemptVetoed: offers.vetoed,
            CallAnswered: offers.answered_by_customer,
            CallWaiting: offers.waiting,
            CallOffered: offers.carry_out_offer,
            OfferFailed: offers.offer_failed,
            CallConnected: offers.connected,
            CallResumed: offers.resumed,
            CallLeft: offers.left,
            CallEnded: offers.ended,
            InboundEnded: offers.ended,
            CallAbandoned: offers.abandoned,
            ActionFailed: offers.action_failed,
            DeviceChanged: devices.changed,
            BridgeEntered: phones.entered,
            LegEnded: phones.leg_ended,
            OriginateEnded: phones.seat_answered,
            OriginateRefused: phones.seat_refused,
            OriginateLost: phones.seat_refused,
            PbxSnapshot: phones.snapshot,
            ServerChanged: phones.server_changed,
            TimerFired: self._timer,
            SurgeChanged: self._surge,
            CertifyAsked: self._training.certify,
            DecertifyAsked: self._training.decertify,
            CertificateGranted: self._training.granted,
            CertificateWithdrawn: self._training.withdrawn,
            CertificateExpired: self._training.withdrawn,
            Restored: self._restored,
        }
        self.hears = frozenset(self.rules)

    @property
    def floor(self) -> Floor:
        """What parts beside this one share with it."""
        return self._floor

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear else ()

    def _moved(self, fact: AgentChanged, now: float) -> Out:
        agent = self.agents[fact.agent]
        self.supply.moved(agent, fact.was, fact.now)
        out = [*self.overstay.moved(fact, now), *self.breaks.moved(fact, now)]
        gone = fact.now is AgentState.LOGGED_OUT or (fact.now is AgentState.AUX and not agent.wants_ready)
        if not gone:
            return out
        announced = agent.leaves_at is not None
        self._floor.stays(agent)
        return [*out, LeaveTaken(agent=agent.id), CancelTimer(key=("leave", agent.id))] if announced else out

    def _surge(self, fact: SurgeChanged, now: float) -> Out:
        restricted = SURGE if "breaks" in fact.actions else ""
        return [*self._call_up.changed(fact, now), *self.breaks.restrict(restricted, now)]

    def _restored(self, event: Restored, now: float) -> Out:
        out = self._training.restored(event, now) + Comeback(self._floor).restored(event, now)
        for known in event.agents:
            if known.agent in self.agents:
                out += self.overstay.watch(known.agent, now)
        return out + self.breaks.restored(event, now)

    def _timer(self, event: TimerFired, now: float) -> Out:
        what, whom = event.key
        match what:
            case "wrap_up":
                agent = self.agents[AgentId(whom)]
                return self._floor.wrapped(agent, now) if agent.state is AgentState.WRAP_UP else []
            case "leave":
                return self._floor.leave(self.agents[AgentId(whom)], now)
            case "patience":
                waiting = self._floor.queue.drop(CallId(whom))
                return self._offers.give_up(waiting, now) if waiting is not None else []
            case "certificate":
                return self._training.expired(whom, now)
            case "widen":
                return self._floor.widened(now)
            case "offer":
                return self._offers.offer_overdue(CallId(whom), now)
            case "aside":
                agent = self.agents[AgentId(whom)]
                return self._floor.become_ready(agent, now) if self._floor.no_answer.is_back(agent) else []
            case "phone_back":
                return self._devices.settled(self.agents[AgentId(whom)], now)
            case "overstay":
                return self.overstay.due(AgentId(whom), now)
            case "break":
                return self.breaks.due(AgentId(whom), now)
            case "seat":
                agent = self.agents[AgentId(whom)]
                return self._floor.take_seat(agent) if agent.state is not AgentState.LOGGED_OUT else []
        return []

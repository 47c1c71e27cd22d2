"""What agents do with the calls they have, as a part of the switchboard after the router: one table of its rules."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from acd.consulting import Consulting
from acd.consults import Consults
from acd.floor import Floor, Out
from acd.holding import TIMERS, Holding
from acd.surveying import Surveying
from acd.transferring import Transferring
from config.oncall import NodeSettings, SurveySettings
from telephony.agents import HangUpAsked, HoldAsked, ResumeAsked
from telephony.calls import Call
from telephony.commands import Command
from telephony.events import (
    ActionFailed,
    BridgeEntered,
    LegEnded,
    OriginateEnded,
    OriginateLost,
    OriginateRefused,
    PbxSnapshot,
    SurveyOver,
    SurveyPressed,
    TimerFired,
)
from telephony.facts import (
    CallConnected,
    CallEnded,
    CallHeld,
    CallLeft,
    CallResumed,
    Fact,
    InboundEnded,
    OfferFailed,
)
from telephony.ids import AgentId, CallId
from telephony.leads import Restored
from telephony.oncall import (
    ConferenceAsked,
    ConsultAsked,
    ConsultEndAsked,
    OutsidePlaced,
    SurveyAsked,
    SwapAsked,
    TransferAsked,
)

Rule = Callable[[Any, float], Out]


class OnCall:
    """Holding, consulting, transferring and surveying."""

    def __init__(
        self,
        floor: Floor,
        calls: Mapping[CallId, Call],
        *,
        nodes: Mapping[str, NodeSettings] | None = None,
        surveys: Mapping[str, SurveySettings] | None = None,
    ) -> None:
        """`calls` is the call table's own, to be looked at only."""
        self._consults = Consults(floor, calls)
        self._holding = holding = Holding(self._consults)
        self._consulting = consulting = Consulting(self._consults)
        self._transferring = transferring = Transferring(self._consults, consulting, dict(nodes or {}))
        surveying = Surveying(self._consults, transferring, surveys or {})
        several: dict[type, tuple[Rule, ...]] = {
            HoldAsked: (holding.hold,),
            ResumeAsked: (holding.resume,),
            HangUpAsked: (surveying.hang_up,),
            ConsultAsked: (consulting.begin,),
            SwapAsked: (consulting.swap,),
            ConferenceAsked: (consulting.conference,),
            ConsultEndAsked: (consulting.end,),
            TransferAsked: (transferring.asked,),
            SurveyAsked: (surveying.asked,),
            OutsidePlaced: (self._placed,),
            CallHeld: (holding.held,),
            CallResumed: (holding.over,),
            CallConnected: (transferring.connected,),
            CallLeft: (holding.over, surveying.left, transferring.left),
            CallEnded: (transferring.call_over, surveying.call_over),
            InboundEnded: (transferring.call_over, surveying.call_over),
            OfferFailed: (transferring.offer_failed,),
            ActionFailed: (transferring.failed,),
            BridgeEntered: (consulting.entered, transferring.entered),
            LegEnded: (self._phone_ended, consulting.leg_ended, transferring.party_gone),
            OriginateEnded: (consulting.not_reached, transferring.party_gone),
            OriginateRefused: (consulting.not_reached, transferring.party_gone),
            OriginateLost: (consulting.not_reached, transferring.party_gone),
            SurveyPressed: (surveying.pressed,),
            SurveyOver: (surveying.over,),
            PbxSnapshot: (consulting.snapshot, transferring.snapshot),
            TimerFired: (self._timer,),
            Restored: (consulting.restored, holding.restored, surveying.restored),
        }
        self.rules: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            kind: rules[0] if len(rules) == 1 else _all(rules) for kind, rules in several.items()
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear else ()

    def _placed(self, fact: OutsidePlaced, now: float) -> Out:
        return self._transferring.placed(fact, now) if fact.blind else self._consulting.placed(fact, now)

    def _phone_ended(self, event: LegEnded, now: float) -> Out:
        for agent, leg in list(self._consults.legs.items()):
            if leg == event.leg:
                del self._consults.legs[agent]
        return []

    def _timer(self, event: TimerFired, now: float) -> Out:
        what, whom = event.key
        if what in TIMERS:
            return self._holding.due(what, AgentId(whom), now)
        match what:
            case "consult":
                return self._consulting.late(AgentId(whom), now)
            case "handover":
                return self._transferring.overdue(CallId(whom), now)
            case "handover_again":
                return self._transferring.again(CallId(whom), now)
        return []


def _all(rules: tuple[Rule, ...]) -> Rule:
    def each(event: Any, now: float) -> Out:
        return [one for rule in rules for one in rule(event, now)]

    return each

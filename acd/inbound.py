"""Callers from the dialplan to their end: which queue, what they hear, who gets them, and the ways out of a queue.

In prose: a caller's line says his queue. Whose number it is is asked, for half a second at most; then he is taken in, or
turned away where the list of nuisance callers, the hours or the queue's length say so. From the moment he can be moved he
waits in his queue and keeps the place of his arrival, whatever agents miss him. Whoever is not given an agent at once is
told his place from time to time, and may overflow. He may hang up at any instant.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from acd.agents import Waiting
from acd.callers import Caller, Standing
from acd.floor import Floor, Out
from acd.openhours import OpenHours
from config.callers import NuisanceSettings, WayOut
from config.model import CalendarSettings, TrunkSettings
from config.queues import QueueSettings
from telephony.agents import AgentState, NuisanceAsked
from telephony.commands import (
    Announce,
    CancelTimer,
    Command,
    GreetCaller,
    HangUp,
    LookUpCaller,
    PutThrough,
    SetTimer,
    TurnAway,
)
from telephony.events import CallerArrived, TimerFired
from telephony.facts import (
    AlarmRaised,
    AskRefused,
    CallArrived,
    CallerNamed,
    CallOffered,
    CallQueued,
    CallSentOn,
    CallWaiting,
    Fact,
    InboundEnded,
    NuisanceMarked,
    Way,
)
from telephony.ids import CallId, CampaignId, LegId
from telephony.inbound import CallerFound, OpenInbound
from telephony.leads import Restored
from telephony.numbers import NumberFault, PhoneNumber, parse
from telephony.oncall import CallHandedOver

LOOK_S = 0.5
"""A caller nobody has been found for in the store by then is served as unknown."""
LAST_AGENT = "last_agent"
"""The trait that names the agent a caller spoke with last."""
LINE_UNKNOWN = "line_unknown"
ANY_LINE = "*"
DAY_S = 86_400.0
MOST_LATELY = 5000
CALL_REJECTED = 21
NOBODYS = CampaignId("")
"""The queue of a caller whose line leads nowhere."""
NUISANCE, HOURS, FULL, NOBODY, LENGTH, WAIT = "nuisance", "closed", "full", "nobody", "length", "wait"


class Inbound:
    """Hears of callers; a part of the switchboard before the router."""

    def __init__(
        self,
        floor: Floor,
        *,
        queues: Mapping[str, QueueSettings],
        nuisance: NuisanceSettings,
        calendars: Mapping[str, CalendarSettings],
        zone: str,
        region: str,
        trunks: Sequence[TrunkSettings],
        fingerprint: Callable[[PhoneNumber], int],
    ) -> None:
        """`region` (ISO 3166) is whose numbering plan numbers outside are in; `fingerprint` gives a number's key."""
        self._floor = floor
        self._queues = queues
        self._nuisance = nuisance
        self._hours = OpenHours(calendars, zone)
        self._region = region
        self._trunks = trunks
        self._fingerprint = fingerprint
        self._queue_of = {line: CampaignId(name) for name, queue in queues.items() for line in queue.lines}
        self._unknown: set[str] = set()
        self.callers: dict[CallId, Caller] = floor.callers
        self.standing = Standing()
        self._lately: dict[CallId, Caller] = {}
        """Callers whose calls have ended, for what agents say of them in wrap-up."""
        self.rules: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            CallerArrived: self._came,
            CallerFound: self._found,
            CallWaiting: self._waiting,
            CallHandedOver: self._handed_over,
            CallOffered: self._offered,
            CallSentOn: self._sent_on,
            CallQueued: self._queued,
            InboundEnded: self._ended,
            NuisanceAsked: self._mark,
            TimerFired: self._timer,
            Restored: self._restored,
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear else ()

    # coming

    def _came(self, event: CallerArrived, now: float) -> Out:
        call = CallId(event.leg)
        known = self.callers.get(call)
        if known is not None:
            known.number = known.number or event.caller
            return self._take_in(known, now) if known.named and not known.left else []
        queue = self._queue_of.get(event.called) or self._queue_of.get(ANY_LINE) or NOBODYS
        caller = self.callers[call] = Caller(
            call=call,
            server=event.server,
            queue=queue,
            line=event.called,
            came=now if event.since is None else min(now, event.since),
            number=event.caller,
            number_key=self._fingerprint(event.caller) if event.caller is not None else 0,
        )
        out: Out = [
            CallArrived(
                call=call,
                queue=queue,
                server=event.server,
                customer=caller.customer,
                number_key=caller.number_key,
                line=event.called,
                came_at=None if event.since is None else caller.came,
            )
        ]
        if queue == NOBODYS:
            return out + self._line_unknown(caller)
        if event.caller is None:
            caller.named = True
            return out + self._take_in(caller, now)
        look = LookUpCaller(server=event.server, call=call, number=event.caller, number_key=caller.number_key)
        return [*out, look, SetTimer(key=("caller", call), at=now + LOOK_S)]

    def _line_unknown(self, caller: Caller) -> Out:
        """His line leads to no queue: he is rejected, and a supervisor told once."""
        caller.left = caller.named = True
        out: Out = [
            CallSentOn(call=caller.call, queue=caller.queue, way=Way.CLOSED, why=LINE_UNKNOWN),
            HangUp(server=caller.server, leg=LegId(caller.call), cause=CALL_REJECTED),
        ]
        if caller.line not in self._unknown:
            self._unknown.add(caller.line)
            out.append(AlarmRaised(alarm=LINE_UNKNOWN, about=caller.line, words={"line": caller.line}))
        return out

    def _found(self, event: CallerFound, now: float) -> Out:
        caller = self.callers.get(event.call)
        if caller is None or caller.named:
            return []
        caller.named = True
        caller.customer, caller.last_agent, caller.nuisance = event.customer, event.last_agent, event.nuisance
        caller.traits = dict(event.traits)
        out: Out = [CancelTimer(key=("caller", caller.call))]
        if event.customer or event.nuisance:
            out.append(CallerNamed(call=caller.call, customer=event.customer, nuisance=event.nuisance))
        return out + self._take_in(caller, now)

    def _take_in(self, caller: Caller, now: float) -> Out:
        """He is answered and waits, or is not served here."""
        if caller.nuisance and not caller.greeted:
            out = self._as_nuisance(caller)
            if caller.left:
                return out
            return [*out, *self._greet(caller, now)]
        return self._greet(caller, now)

    def _greet(self, caller: Caller, now: float) -> Out:
        settings = self._queues.get(caller.queue)
        if settings is None:
            return self._line_unknown(caller)
        out: Out = []
        while not caller.greeted and (refused := self._refused(caller, settings, now)) is not None:
            was = caller.queue
            out += self._leave(caller, *refused, now)
            if caller.left:
                return out
            if caller.queue == was:
                break
            settings = self._queues[caller.queue]
        caller.greeted = True
        greet = GreetCaller(
            server=caller.server,
            call=caller.call,
            queue=caller.queue,
            answer=settings.answer,
            music=settings.music,
            language=settings.language,
        )
        return [*out, greet]

    def _as_nuisance(self, caller: Caller) -> Out:
        match self._nuisance.then:
            case "refuse":
                caller.left = caller.greeted = True
                return [
                    CallSentOn(call=caller.call, queue=caller.queue, way=Way.NUISANCE, why=NUISANCE),
                    TurnAway(server=caller.server, call=caller.call, message=self._nuisance.message),
                ]
            case "queue" if self._nuisance.queue in self._queues and self._nuisance.queue != caller.queue:
                was, caller.queue = caller.queue, CampaignId(self._nuisance.queue)
                caller.been.add(was)
                return [CallSentOn(call=caller.call, queue=was, way=Way.QUEUE, to=caller.queue, why=NUISANCE)]
        return []

    def _refused(self, caller: Caller, settings: QueueSettings, now: float) -> tuple[WayOut, str] | None:
        """Why a caller is not taken into his queue, and where he goes instead; None when he is."""
        flow = settings.overflow
        if not self._hours.open(settings.hours, now):
            return settings.hours.closed, HOURS
        waiting = self.standing.length(caller.queue)
        if flow.nobody.way != "stay" and not self._anybody(caller.queue):
            return flow.nobody, NOBODY
        if flow.most_waiting and waiting >= flow.most_waiting:
            return flow.full, FULL
        if flow.length and waiting >= flow.length:
            return flow.then, LENGTH
        return None

    def _anybody(self, queue: str) -> bool:
        """Whether an agent of the queue is signed in."""
        return any(
            agent.state is not AgentState.LOGGED_OUT and queue in agent.settings.queues
            for agent in self._floor.agents.values()
        )

    # waiting

    def _handed_over(self, fact: CallHandedOver, now: float) -> Out:
        """An agent sends the caller on to another queue, where he will wait."""
        caller = self.callers.get(fact.call)
        if caller is not None and fact.queue in self._queues:
            caller.queue = fact.queue
        return []

    def _waiting(self, fact: CallWaiting, now: float) -> Out:
        caller = self.callers.get(fact.call)
        if caller is None or caller.left or not caller.named or self._floor.queue.get(caller.call) is not None:
            return []
        caller.greeted = True
        return self._queue(caller, "", now)

    def _queue(self, caller: Caller, why: str, now: float) -> Out:
        """He waits in his queue, or has an agent at once."""
        settings = self._queues.get(caller.queue)
        if settings is None:
            return self._line_unknown(caller)
        position = self.standing.join(caller)
        expected = self._floor.expected_s(caller.queue, position, now)
        traits = dict(caller.traits)
        if caller.last_agent is not None:
            traits[LAST_AGENT] = caller.last_agent
        if settings.language:
            traits.setdefault("language", settings.language)
        waiting = Waiting(
            call=caller.call,
            campaign=caller.queue,
            server=caller.server,
            answered_at=caller.came,
            traits=traits,
        )
        out: Out = [
            CallQueued(
                call=caller.call,
                queue=caller.queue,
                server=caller.server,
                position=position,
                expected_s=expected,
                why=why,
            ),
            *self._floor.wait(waiting, now),
        ]
        if self._floor.queue.get(caller.call) is None:
            return out
        if settings.overflow.after_s:
            out.append(SetTimer(key=("overflow", caller.call), at=now + settings.overflow.after_s))
        return out + self._announce(caller, settings, now)

    def _announce(self, caller: Caller, settings: QueueSettings, now: float) -> Out:
        """Tell him what he may know, and when to tell him again."""
        said, greeting = settings.announce, "" if caller.told else settings.announce.greeting
        caller.told = True
        place = self.standing.position(caller.call) if said.every_s and said.position else None
        minutes: int | None = None
        if said.every_s and said.wait:
            expected = self._floor.expected_s(caller.queue, self.standing.position(caller.call), now)
            minutes = None if expected is None else max(1, ceil(expected / 60))
        out: Out = []
        if greeting or place is not None or minutes is not None:
            out.append(
                Announce(server=caller.server, call=caller.call, greeting=greeting, position=place, minutes=minutes)
            )
        if said.every_s:
            out.append(SetTimer(key=("announce", caller.call), at=now + said.every_s))
        return out

    def _offered(self, fact: CallOffered, now: float) -> Out:
        if fact.call not in self.callers:
            return []
        self.standing.leave(fact.call)
        return self._quiet(fact.call)

    # leaving

    def _leave(self, caller: Caller, out_by: WayOut, why: str, now: float) -> Out:
        """He leaves his queue by that way; a way that leads nowhere leaves him where he is."""
        was, call, server = caller.queue, caller.call, caller.server
        waited = max(0.0, now - caller.came)
        if out_by.way == "stay":
            return []
        if out_by.way == "queue":
            return self._overflow(caller, out_by.to, why, now)
        target = self._outside(caller, out_by.to) if out_by.way == "outside" else None
        if out_by.way == "outside" and target is None:
            return []
        way = Way(out_by.way)
        if way is Way.CLOSED and why in (FULL, NOBODY, LENGTH, WAIT):
            way = Way.FULL
        self._drop(call)
        caller.left = caller.greeted = True
        to = "" if way is Way.OUTSIDE else out_by.to
        out: Out = [
            CallSentOn(call=call, queue=was, way=way, to=to, why=why, waited_s=waited),
            *self._quiet(call),
        ]
        if target is not None:
            out.append(target)
        elif way in (Way.CLOSED, Way.FULL):
            out.append(TurnAway(server=server, call=call, message=out_by.message))
        return out

    def _overflow(self, caller: Caller, to: str, why: str, now: float) -> Out:
        """To another queue, where he keeps the time he has waited; to none he has been in."""
        if to not in self._queues or to == caller.queue or to in caller.been:
            return []
        was = caller.queue
        self._drop(caller.call)
        caller.been.add(was)
        caller.queue = CampaignId(to)
        waited = max(0.0, now - caller.came)
        out: Out = [
            CallSentOn(call=caller.call, queue=was, way=Way.QUEUE, to=to, why=why, waited_s=waited),
            *self._quiet(caller.call),
        ]
        return out + self._queue(caller, why, now) if caller.greeted else out

    def _outside(self, caller: Caller, to: str) -> PutThrough | None:
        """The number outside through a trunk of his PBX; None when there is no such number or no such trunk."""
        trunk = next((one for one in self._trunks if one.asterisk == caller.server), None)
        if trunk is None:
            return None
        try:
            number = parse(to, self._region)
        except NumberFault:
            return None
        shown = trunk.caller_ids[0] if trunk.caller_ids else ""
        return PutThrough(server=caller.server, call=caller.call, number=number, dial=trunk.dial, caller_id=shown)

    def _drop(self, call: CallId) -> None:
        self.standing.leave(call)
        self._floor.unwait(call)

    def _quiet(self, call: CallId) -> Out:
        return [CancelTimer(key=("announce", call)), CancelTimer(key=("overflow", call))]

    # what others do, and ends

    def _sent_on(self, fact: CallSentOn, now: float) -> Out:
        """Another part has sent him on."""
        caller = self.callers.get(fact.call)
        if caller is None or fact.way is Way.QUEUE or caller.left:
            return []
        caller.left = True
        self._drop(caller.call)
        return self._quiet(caller.call)

    def _queued(self, fact: CallQueued, now: float) -> Out:
        """Another part has put him into a queue, after a transfer or a message he did not leave."""
        caller = self.callers.get(fact.call)
        if caller is None or (caller.queue == fact.queue and self.standing.position(fact.call)):
            return []
        caller.left, caller.queue = False, fact.queue
        if self._floor.queue.get(fact.call) is not None:
            self.standing.join(caller)
        return []

    def _ended(self, fact: InboundEnded, now: float) -> Out:
        self._drop(fact.call)
        caller = self.callers.pop(fact.call, None)
        if caller is None:
            return []
        self._lately[fact.call] = caller
        if len(self._lately) > MOST_LATELY:
            del self._lately[next(iter(self._lately))]
        return [*self._quiet(fact.call), CancelTimer(key=("caller", fact.call))]

    def _mark(self, ask: NuisanceAsked, now: float) -> Out:
        """An agent marks the caller of his call, at hand or last."""
        agent = self._floor.agents.get(ask.agent)
        caller = self.callers.get(ask.call) or self._lately.get(ask.call)
        code = ""
        if agent is None or ask.call not in (agent.call, agent.last_call):
            code = "not_your_call"
        elif caller is None:
            code = "not_a_caller"
        elif not (caller.number_key or caller.customer):
            code = "caller_withheld"
        if code or caller is None:
            return [AskRefused(actor=ask.actor, what="NuisanceAsked", code=code, words={"agent": ask.agent})]
        return [
            NuisanceMarked(
                call=ask.call,
                customer=caller.customer,
                number_key=caller.number_key,
                reason=ask.reason,
                actor=ask.actor,
                until=now + self._nuisance.days * DAY_S,
            )
        ]

    def _timer(self, event: TimerFired, now: float) -> Out:
        what, whom = event.key
        caller = self.callers.get(CallId(whom))
        if caller is None or what not in ("caller", "announce", "overflow"):
            return []
        if what == "caller":
            return self._found(CallerFound(call=caller.call), now)
        settings = self._queues.get(caller.queue)
        if settings is None or self._floor.queue.get(caller.call) is None:
            return []
        if what == "announce":
            return self._announce(caller, settings, now)
        return self._leave(caller, settings.overflow.then, WAIT, now)

    def _restored(self, event: Restored, now: float) -> Out:
        for known in event.inbound:
            self.callers[known.call] = _revived(known)
        return []

    def place_of(self, call: CallId) -> int:
        """Where a caller stands in his queue, 0 for nowhere."""
        return self.standing.position(call)


def _revived(known: OpenInbound) -> Caller:
    return Caller(
        call=known.call,
        server=known.server,
        queue=known.queue,
        line=known.line,
        came=known.arrived_at,
        number_key=known.number_key,
        customer=known.customer,
        named=True,
        greeted=known.queued_at is not None or known.connected_at is not None,
        told=True,
        left=bool(known.way) and known.way != Way.QUEUE,
    )

"""Callers who are called back instead of waiting: virtual callers, who keep their place in the queue.

The rules in prose. A caller who confirms a number while he waits has ASKED; once the number is put down he is WAITING, is
told so and hangs up: nothing is promised that is not on disk. Callbacks of a queue come to the router one at a time, in
the order in which their callers came, as who has waited since then. While callers wait on the line, callbacks get no more
than their share of the calls handed out. When it is his turn an agent is RESERVED, and in the same drain the dialler
either is DIALLING for that agent, after the gate, or says until when it may not. A call in vain has him wait again, so
many times, then he is closed with a note. He is called off when he calls in again and is answered. A number waits once in
a queue, and a call leads to one callback, so nobody is called twice for one wish. After a restart whoever was RESERVED is
WAITING, for nothing was dialled; whoever was DIALLING is so still if his call is, and else waits as after a call in vain.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from acd.agents import Agent, Verb, Waiting
from acd.floor import Floor, Out
from config.later import CallbackSettings
from telephony.commands import CancelTimer, HangUp, SetTimer
from telephony.events import TimerFired
from telephony.facts import (
    AskRefused,
    AttemptVetoed,
    CallArrived,
    CallConnected,
    CallEnded,
    CallerGone,
    CallOffered,
    CallQueued,
    CallSentOn,
    InboundEnded,
    Way,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, call_leg
from telephony.later import (
    AskCallback,
    CallbackAsked,
    CallbackCancelAsked,
    CallbackClosed,
    CallbackDeclined,
    CallbackDialled,
    CallbackFiled,
    CallbackPutOff,
    CallbackRefused,
    CallbackReserved,
    CallbackWanted,
    CalleeFiled,
    CalleeRead,
    FileCallee,
    OfferKey,
    ReadCallee,
    TellCallback,
    callback_of,
    is_callback,
)
from telephony.leads import Restored
from telephony.outcomes import WHOSE, Fault, Outcome
from telephony.promises import CallbackState, KnownCallback

S = CallbackState
ANSWER_WITHIN_S = 5.0
"""A caller is not kept longer for the store to put his wish down; then he waits on as before."""
READ_WITHIN_S = 10.0
SOON_S = 5.0
STALE_S = 600.0
"""What was read of a customer longer ago is read again before he is dialled."""
IN_CALL_S = 60.0
SETTLE_S = 2.0
"""After a restart links come up first."""
MOST_CREDIT = 2.0


class Step(StrEnum):
    FILE = "file"
    RESERVE = "reserve"
    DIAL = "dial"
    PUT_OFF = "put_off"
    CONNECT = "connect"
    FAIL = "fail"
    CANCEL = "cancel"


TABLE: dict[CallbackState, dict[Step, CallbackState]] = {
    S.ASKED: {Step.FILE: S.WAITING, Step.FAIL: S.FAILED, Step.CANCEL: S.CANCELLED},
    S.WAITING: {
        Step.RESERVE: S.RESERVED,
        Step.PUT_OFF: S.WAITING,
        Step.FAIL: S.FAILED,
        Step.CANCEL: S.CANCELLED,
    },
    S.RESERVED: {Step.DIAL: S.DIALLING, Step.PUT_OFF: S.WAITING, Step.FAIL: S.FAILED, Step.CANCEL: S.CANCELLED},
    S.DIALLING: {Step.CONNECT: S.DONE, Step.PUT_OFF: S.WAITING, Step.FAIL: S.FAILED, Step.CANCEL: S.CANCELLED},
    S.DONE: {},
    S.FAILED: {},
    S.CANCELLED: {},
}


class Callback(msgspec.Struct, kw_only=True):
    """The books of one callback; instants in epoch seconds."""

    id: str
    call: CallId
    queue: CampaignId
    server: ServerId
    since: float
    state: CallbackState = S.ASKED
    lead: LeadId | None = None
    customer: CustomerId = CustomerId("")
    number_key: int = 0
    agent: AgentId | None = None
    dialled: CallId | None = None
    dialled_on: ServerId = ServerId("")
    tries: int = 0
    not_before: float = 0.0
    reading: bool = False
    read_at: float = 0.0
    queued: bool = False
    """Whether he stands in the router's queue now."""

    def do(self, step: Step) -> bool:
        """Take a step; False, and nothing changes, when his state has no such step."""
        target = TABLE[self.state].get(step)
        if target is not None:
            self.state = target
        return target is not None


class _OnLine(msgspec.Struct):
    """A caller who is on the line: since when, in which queue, and whether he waits for an agent."""

    queue: CampaignId
    server: ServerId
    since: float
    customer: CustomerId = CustomerId("")
    number_key: int = 0
    waits: bool = False
    asked: bool = False
    """Sent here by his queue's overflow, which asks him in place of having him wait."""


class Callbacks:
    """All open callbacks. `settings` tells those of a queue, None where there are none."""

    def __init__(self, floor: Floor, settings: Callable[[str], CallbackSettings | None]) -> None:
        self._floor = floor
        self._settings = settings
        self.open: dict[str, Callback] = {}
        self._line: dict[CallId, _OnLine] = {}
        self._waits: dict[CampaignId, dict[CallId, None]] = {}
        self._by_call: dict[CallId, str] = {}
        self._credit: dict[CampaignId, float] = {}

    # who is on the line

    def arrived(self, fact: CallArrived, now: float) -> Out:
        since = now if fact.came_at is None else fact.came_at
        caller = _OnLine(fact.queue, fact.server, since, fact.customer, fact.number_key)
        self._line[fact.call] = caller
        settings = self._settings(fact.queue)
        offered = settings is not None and settings.key and fact.came_at is None
        out: Out = [OfferKey(server=fact.server, call=fact.call, key=settings.key)] if offered and settings else []
        for one in [one for one in self.open.values() if one.queued and _same(one, caller)]:
            self._step_back(one)
            out += self._next(one.queue, now)
        return out

    def queued_up(self, fact: CallQueued, now: float) -> Out:
        caller = self._line.get(fact.call)
        if caller is None:
            known = self._floor.callers.get(fact.call)
            caller = self._line[fact.call] = _OnLine(fact.queue, fact.server, now if known is None else known.came)
            if known is not None:
                caller.customer, caller.number_key = known.customer, known.number_key
        self._waits_no_more(fact.call)
        caller.queue, caller.waits, caller.asked = fact.queue, True, False
        self._waits.setdefault(fact.queue, {})[fact.call] = None
        return []

    def offered(self, fact: CallOffered, now: float) -> Out:
        """A caller on the line has got an agent: callbacks have earned their share."""
        caller = self._line.get(fact.call)
        if caller is None or not caller.waits:
            return []
        self._waits_no_more(fact.call)
        settings = self._settings(caller.queue)
        if settings is not None:
            share = settings.share
            earned = share / (1.0 - share) if share < 1.0 else 1.0
            self._credit[caller.queue] = min(MOST_CREDIT, self._credit.get(caller.queue, 0.0) + earned)
        return self._next(caller.queue, now)

    def sent_on(self, fact: CallSentOn, now: float) -> Out:
        """His queue sends him on; by way of callback he is asked whether and where."""
        self._waits_no_more(fact.call)
        caller = self._line.get(fact.call)
        out = self._next(fact.queue, now)
        if (
            fact.way is not Way.CALLBACK
            or caller is None
            or callback_of(fact.call) in self.open
            or is_callback(fact.to)
        ):
            return out
        if self._settings(fact.queue) is None:
            return [*out, *self._stays(fact.call, caller, now)]
        caller.asked = True
        return [*out, AskCallback(server=caller.server, call=fact.call)]

    def declined(self, event: CallbackDeclined, now: float) -> Out:
        """He rather waits, and does so from where he was."""
        caller = self._line.get(event.leg)
        if caller is None or not caller.asked:
            return []
        caller.asked = False
        return self._stays(event.leg, caller, now)

    def _stays(self, call: CallId, caller: _OnLine, now: float) -> Out:
        waiting = Waiting(call=call, campaign=caller.queue, server=caller.server, answered_at=caller.since, until=None)
        place = 1 + len(self._waits.get(caller.queue, ()))
        queued = CallQueued(
            call=call, queue=caller.queue, server=caller.server, position=place, expected_s=None, why="stays"
        )
        return [queued, *self._floor.wait(waiting, now)]

    def hung_up(self, fact: CallerGone | InboundEnded, now: float) -> Out:
        self._waits_no_more(fact.call)
        self._line.pop(fact.call, None)
        return self._next(fact.queue, now)

    def _waits_no_more(self, call: CallId) -> None:
        caller = self._line.get(call)
        if caller is not None and caller.waits:
            caller.waits = False
            self._waits[caller.queue].pop(call, None)

    def server_of(self, call: CallId) -> ServerId | None:
        """The PBX a caller is on; None when he is not on the line."""
        caller = self._line.get(call)
        return caller.server if caller is not None else None

    # the wish

    def wanted(self, event: CallbackWanted, now: float) -> Out:
        """The caller has confirmed; the number is put down before anything is promised."""
        caller, id = self._line.get(event.leg), callback_of(event.leg)
        no = TellCallback(server=event.server, call=event.leg, noted=False)
        if caller is None or id in self.open or not (caller.waits or caller.asked):
            return []
        settings = self._settings(caller.queue)
        if settings is None or event.number is None:
            return [no, *self.declined(CallbackDeclined(server=event.server, leg=event.leg), now)]
        self.open[id] = Callback(
            id=id, call=event.leg, queue=caller.queue, server=event.server, since=caller.since, customer=caller.customer
        )
        return [
            CallbackAsked(callback=id, call=event.leg, queue=caller.queue, server=event.server, since=caller.since),
            FileCallee(about=id, campaign=CampaignId(settings.campaign), number=event.number),
            SetTimer(key=("callback", id), at=now + ANSWER_WITHIN_S),
        ]

    def filed(self, event: CalleeFiled, now: float) -> Out:
        """The number is put down: he leaves the queue on the line, his place stays his."""
        one = self.open.get(event.about)
        if one is None or one.state is not S.ASKED:
            return []
        caller = self._line.get(one.call)
        if event.lead is None:
            return self._not_possible(one, "store", now)
        if caller is not None and not (caller.waits or caller.asked):
            return self._close(one, Step.CANCEL, "elsewhere", now)
        tell = TellCallback(server=one.server, call=one.call, noted=True)
        known = any(
            other is not one and other.queue == one.queue and other.number_key == event.number_key
            for other in self.open.values()
        )
        out: Out = []
        if caller is not None and not caller.asked:
            self._floor.unwait(one.call)
            self._waits_no_more(one.call)
            waited = max(0.0, now - one.since)
            out.append(CallSentOn(call=one.call, queue=one.queue, way=Way.CALLBACK, to=one.id, waited_s=waited))
        if known:
            return [*self._close(one, Step.CANCEL, "asked_before", now), *out, tell]
        one.do(Step.FILE)
        one.lead, one.customer, one.number_key = event.lead, event.customer or one.customer, event.number_key
        filed = CallbackFiled(callback=one.id, lead=event.lead, customer=one.customer, number_key=event.number_key)
        return [filed, *out, tell, *self._wake(one, now), *self._next(one.queue, now)]

    def _not_possible(self, one: Callback, why: str, now: float) -> Out:
        return [
            *self._close(one, Step.FAIL, why, now),
            TellCallback(server=one.server, call=one.call, noted=False),
            *self.declined(CallbackDeclined(server=one.server, leg=one.call), now),
        ]

    # his turn

    def read(self, event: CalleeRead, now: float) -> Out:
        """What the store knows of him has come: he stands in the router's queue as if he had never left it."""
        one = self.open.get(event.about)
        if one is None or not one.reading:
            return []
        one.reading = False
        if one.state is not S.WAITING:
            return []
        if event.lead is None:
            return self._put_off(one, now + IN_CALL_S, "in_call", now)
        if self._waits.get(one.queue):
            self._credit[one.queue] = self._credit.get(one.queue, 0.0) - 1.0
        one.queued, one.read_at = True, now
        self._floor.turns[CallId(one.id)] = self._turn
        waiting = Waiting(call=CallId(one.id), campaign=one.queue, server=one.server, answered_at=one.since, until=None)
        return [*self._wake(one, now), *self._floor.wait(waiting, now)]

    def _turn(self, agent: Agent, call: CallId, now: float) -> Out:
        """The router has reserved an agent: in place of an offer the dialler is asked."""
        one, settings = self.open[call], self._settings(self.open[call].queue)
        one.queued = False
        self._floor.turns.pop(call, None)
        if now - one.read_at > STALE_S:
            return [*self._floor.release(call, now), *self._next(one.queue, now)]
        if settings is None or one.lead is None or not one.do(Step.RESERVE):
            return [*self._floor.release(call, now), *self._put_off(one, now + IN_CALL_S, "no_callbacks", now)]
        one.agent = agent.id
        return [
            CallbackReserved(
                callback=one.id,
                queue=one.queue,
                campaign=CampaignId(settings.campaign),
                lead=one.lead,
                agent=agent.id,
                server=agent.server,
                waive_frequency=settings.waive_frequency,
            )
        ]

    def dialled(self, fact: CallbackDialled, now: float) -> Out:
        """The call is placed: the agent is its own from now on."""
        one, agent = self.open.get(fact.callback), self._floor.agents.get(fact.agent)
        if one is None or agent is None or not one.do(Step.DIAL):
            return []
        one.dialled, one.dialled_on = fact.call, fact.server
        self._by_call[fact.call] = one.id
        out: Out = []
        if agent.call == one.id and agent.may(Verb.RELEASE):
            self._floor.reserved.pop(CallId(one.id), None)
            out += [agent.do(Verb.RELEASE, now), *self._floor.reserve(agent, fact.call, fact.campaign, now)]
        return [*out, CancelTimer(key=("callback", one.id)), *self._next(one.queue, now)]

    def refused(self, fact: CallbackRefused, now: float) -> Out:
        """The gate says no: the agent is free again, the callback waits until it may pass, or is closed."""
        one = self.open.get(fact.callback)
        if one is None:
            return []
        out = self._floor.release(CallId(one.id), now)
        if fact.until is None:
            return [*out, *self._close(one, Step.FAIL, fact.rule, now)]
        return [*out, *self._put_off(one, fact.until, fact.rule, now)]

    # what becomes of it

    def connected(self, fact: CallConnected, now: float) -> Out:
        if (own := self.open.get(self._by_call.get(fact.call, ""))) is not None:
            return self._close(own, Step.CONNECT, "answered", now)
        if (caller := self._line.get(fact.call)) is None:
            return []
        self._waits_no_more(fact.call)
        again = [one for one in self.open.values() if one.state is not S.ASKED and _same(one, caller)]
        return [each for one in again for each in self._close(one, Step.CANCEL, "called_again", now)]

    def attempt_ended(self, fact: CallEnded, now: float) -> Out:
        """A call in vain; one that was nobody's at the other end does not count as a try."""
        one = self.open.get(self._by_call.get(fact.call, ""))
        if one is None:
            return []
        settings = self._settings(one.queue)
        if settings is None:
            return self._close(one, Step.FAIL, "no_callbacks", now)
        if WHOSE[fact.outcome] in (Fault.CUSTOMER, Fault.NOBODY) or fact.outcome is Outcome.UNKNOWN:
            one.tries += 1
        if one.tries >= settings.times or fact.outcome is Outcome.INVALID:
            return self._close(one, Step.FAIL, fact.outcome.value, now)
        return self._put_off(one, now + settings.after_s, fact.outcome.value, now)

    def vetoed(self, fact: AttemptVetoed, now: float) -> Out:
        one = self.open.get(self._by_call.get(fact.call, ""))
        return self._put_off(one, now + SOON_S, fact.why.value, now) if one is not None else []

    def cancel(self, ask: CallbackCancelAsked, now: float) -> Out:
        one = self.open.get(ask.callback)
        if one is None:
            code = "callback_unknown"
            return [AskRefused(actor=ask.actor, what=type(ask).__name__, code=code, words={"callback": ask.callback})]
        return self._close(one, Step.CANCEL, "by_hand", now, actor=ask.actor)

    def timer(self, event: TimerFired, now: float) -> Out:
        one = self.open.get(event.key[1])
        if one is None:
            return []
        if one.state is S.ASKED:
            return self._not_possible(one, "store", now)
        if one.state is not S.WAITING:
            return []
        if one.reading:
            one.reading = False
            one.not_before = now + SOON_S
        settings = self._settings(one.queue)
        if settings is None or now >= one.since + settings.keep_h * 3600:
            return self._close(one, Step.FAIL, "too_old", now)
        return [*self._wake(one, now), *self._next(one.queue, now)]

    def restored(self, event: Restored, now: float) -> Out:
        calls = {call.call: call for call in event.calls}
        out: Out = []
        for known in event.callbacks:
            one = self.open[known.callback] = _revived(known)
            if one.state is S.ASKED:
                out += self._close(one, Step.FAIL, "restart", now)
            elif one.state is S.DIALLING and (under_way := calls.get(one.dialled or CallId(""))) is not None:
                self._by_call[under_way.call], one.dialled_on = one.id, under_way.server
                if under_way.connected_at is not None:
                    out += self._close(one, Step.CONNECT, "answered", now)
            elif one.state is S.DIALLING:
                settings = self._settings(one.queue)
                one.tries += 1
                out += self._put_off(
                    one, now + (settings.after_s if settings is not None else IN_CALL_S), "restart", now
                )
            elif one.state is S.RESERVED:
                out += self._put_off(one, now + SETTLE_S, "restart", now)
            else:
                one.not_before = max(one.not_before, now + SETTLE_S)
                out += self._wake(one, now)
        return out

    # parts of these

    def _next(self, queue: CampaignId, now: float) -> Out:
        """Bring the next callback of the queue to the router, one at a time, while it is their turn."""
        if not self.open or (self._waits.get(queue) and not self._may_take_a_turn(queue)):
            return []
        best: Callback | None = None
        for one in self._of(queue):
            if one.reading or one.queued or one.state is S.RESERVED:
                return []
            if one.state is S.WAITING and one.not_before <= now and (best is None or one.since < best.since):
                best = one if not self._calls_now(one) else best
        if best is None or best.lead is None:
            return []
        best.reading = True
        return [
            ReadCallee(about=best.id, lead=best.lead),
            SetTimer(key=("callback", best.id), at=now + READ_WITHIN_S),
        ]

    def _may_take_a_turn(self, queue: CampaignId) -> bool:
        settings = self._settings(queue)
        return settings is not None and (settings.share >= 1.0 or self._credit.get(queue, 0.0) >= 1.0)

    def _of(self, queue: CampaignId) -> Iterator[Callback]:
        return (one for one in self.open.values() if one.queue == queue)

    def _calls_now(self, one: Callback) -> bool:
        """Whether he is on the line himself at this moment."""
        return any(_same(one, caller) for caller in self._line.values())

    def _step_back(self, one: Callback) -> None:
        """Out of the router's queue, for now or for good."""
        one.queued = False
        self._floor.turns.pop(CallId(one.id), None)
        self._floor.unwait(CallId(one.id))

    def _put_off(self, one: Callback, until: float, why: str, now: float) -> Out:
        if not one.do(Step.PUT_OFF):
            return []
        self._by_call.pop(one.dialled or CallId(""), None)
        one.agent = one.dialled = None
        one.not_before = max(until, now + SOON_S)
        fact = CallbackPutOff(callback=one.id, until=one.not_before, tries=one.tries, why=why)
        return [fact, *self._wake(one, now), *self._next(one.queue, now)]

    def _wake(self, one: Callback, now: float) -> Out:
        """Look at it again when it may be tried, or when it has become too old."""
        settings = self._settings(one.queue)
        ends = one.since + settings.keep_h * 3600 if settings is not None else now
        at = one.not_before if now < one.not_before < ends else ends
        return [SetTimer(key=("callback", one.id), at=max(at, now))]

    def _close(self, one: Callback, step: Step, why: str, now: float, actor: str = "") -> Out:
        """The end: out of the queue, no agent kept, a call nobody has answered hung up."""
        was = one.state
        if not one.do(step):
            return []
        del self.open[one.id]
        self._by_call.pop(one.dialled or CallId(""), None)
        out: Out = [
            CancelTimer(key=("callback", one.id)),
            CallbackClosed(callback=one.id, state=one.state, why=why, actor=actor),
        ]
        if one.queued:
            self._step_back(one)
        if was is S.RESERVED:
            out += self._floor.release(CallId(one.id), now)
        if was is S.DIALLING and step is Step.CANCEL and one.dialled is not None:
            out.append(HangUp(server=one.dialled_on, leg=call_leg(one.dialled)))
        return [*out, *self._next(one.queue, now)]


def _same(one: Callback, caller: _OnLine) -> bool:
    """Whether it is the same person: by number, or as a customer."""
    by_number = bool(one.number_key) and one.number_key == caller.number_key
    return by_number or (bool(one.customer) and one.customer == caller.customer)


def _revived(known: KnownCallback) -> Callback:
    return Callback(
        id=known.callback,
        call=known.call,
        queue=known.queue,
        server=known.server,
        since=known.since,
        state=known.state,
        lead=known.lead,
        customer=known.customer,
        number_key=known.number_key,
        dialled=known.dialled,
        tries=known.tries,
        not_before=known.not_before,
    )

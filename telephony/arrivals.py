"""The call table's rules for calls that come to us: they arrive, wait in queues, are sent on, and end once each."""

from collections.abc import Callable, Iterable
from typing import Any

from telephony.calls import Call, Stage
from telephony.commands import AskAgain, Command
from telephony.events import CallerArrived, LegSeen
from telephony.facts import Anomaly, CallArrived, CallQueued, CallSentOn, Fact, Way
from telephony.ids import CallId, CampaignId, LeadId, LegId, ServerId, TrunkId, agent_of_seat, is_call
from telephony.inbound import OpenInbound
from telephony.outcomes import Evidence

Out = list[Fact | Command]
INBOUND = "inbound"
"""The mode of a call that came to us."""


class Arrivals:
    """Hears of callers, for the table of calls they share with those we have dialled."""

    def __init__(self, calls: dict[CallId, Call]) -> None:
        self._calls = calls
        self.rules: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            CallerArrived: self._came,
            CallArrived: self._arrived,
            CallQueued: self._queued,
            CallSentOn: self._sent_on,
        }

    def _came(self, event: CallerArrived, now: float) -> Out:
        known = self._calls.get(CallId(event.leg))
        if known is not None:
            known.stale = False
            return [] if known.inbound else [Anomaly(where="calls", what="a caller under the id of an attempt")]
        came = now if event.since is None else min(now, event.since)
        self._calls[CallId(event.leg)] = _call(CallId(event.leg), CampaignId(""), event.server, came, now)
        return []

    def _arrived(self, fact: CallArrived, now: float) -> Out:
        call = self._calls.get(fact.call)
        if call is not None and call.inbound:
            call.campaign = fact.queue
        return []

    def _queued(self, fact: CallQueued, now: float) -> Out:
        call = self._calls.get(fact.call)
        if call is not None and call.inbound:
            call.campaign, call.way, call.waited_s = fact.queue, "", None
        return []

    def _sent_on(self, fact: CallSentOn, now: float) -> Out:
        call = self._calls.get(fact.call)
        if call is not None and call.inbound and fact.way is not Way.QUEUE:
            call.way = fact.way.value
            call.waited_s = max(0.0, now - call.placed_at)
        return []


def revived(known: OpenInbound) -> Call:
    """A caller's call as the store knew it; stale until a snapshot has shown what became of it."""
    since = known.connected_at or known.queued_at or known.arrived_at
    call = _call(known.call, known.queue, known.server, known.arrived_at, since)
    call.connected_at, call.agent, call.way, call.stale = known.connected_at, known.agent, known.way, True
    if known.way == Way.QUEUE:
        call.way = ""
    if known.connected_at is not None:
        call.waited_s = known.connected_at - known.arrived_at
        call.stage = Stage.LEAVING if known.parted else Stage.TALKING
        call.talker, call.talked_s = known.agent, known.talked_s
        call.talk_from = None if known.parted else known.talk_from or known.connected_at
        if known.parted:
            call.agent = None
    elif known.agent is not None:
        call.stage = Stage.OFFERED
    return call


def whose(row_or_leg: LegSeen | LegId, server: ServerId) -> Out:
    """What to do about a leg of our dialplan that nobody knows: it is a caller's, and is asked who he is."""
    leg = row_or_leg.leg if isinstance(row_or_leg, LegSeen) else row_or_leg
    if is_call(leg) or agent_of_seat(leg) is not None:
        return []
    return [AskAgain(server=server, leg=leg)]


def _call(id: CallId, queue: CampaignId, server: ServerId, came: float, since: float) -> Call:
    return Call(
        id=id,
        campaign=queue,
        lead=LeadId(0),
        trunk=TrunkId(""),
        server=server,
        mode=INBOUND,
        placed_at=came,
        since=since,
        stage=Stage.ANSWERED,
        evidence=Evidence(answered=True, leg_seen=True, originate_ended=True),
        answered_at=came,
        judged=True,
        inbound=True,
    )

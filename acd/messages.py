"""Messages callers have left: whose they are, when they go out, who calls back and what came of it (TKT-4).

The rules in prose. A message WAITS from when its caller has left it. In a round, or taken out of turn, it becomes an
agent's (HELD); not answered in time, or given back, it WAITS again for the next round. Only the agent who holds it calls
back, when he is ready, through the dialler and its gate, by the message's name and never by a number; as often as he likes
and the gate lets him. What came of it is noted by him, which is the end (DONE). The caller's number lies in the store
as a customer of the campaign messages are answered on; a withheld one leaves a message that can be heard and noted only.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from acd.floor import Floor, Out
from acd.voicemail import Rota
from config.later import RoundsSettings, VoicemailSettings
from config.queues import QueueSettings
from telephony.agents import AgentAsk, AgentState
from telephony.commands import CancelTimer, SetTimer
from telephony.events import TimerFired
from telephony.facts import AlarmRaised, AskRefused, CallSentOn, Way
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId
from telephony.later import (
    CalleeFiled,
    CalleeRead,
    FileCallee,
    LookForMessage,
    MessageDialAsked,
    MessageDialling,
    MessageDoneAsked,
    MessageLeft,
    MessageLooked,
    MessageReturnAsked,
    MessageTakeAsked,
    ReadCallee,
    TakeMessage,
    VoicemailDialled,
    VoicemailDone,
    VoicemailFiled,
    VoicemailFound,
    VoicemailHandedOut,
    VoicemailLeft,
    VoicemailReturned,
    VoicemailUndialled,
)
from telephony.leads import Restored

LOOK_S = 2.0
"""The file is looked for so long after the message's end."""
ROTA = "rota"
ROUND = ("voicemail", "round")


class Held(StrEnum):
    WAITS = "waits"
    HELD = "held"
    DONE = "done"


class Step(StrEnum):
    HAND_OUT = "hand_out"
    RETURN = "return"
    FINISH = "finish"


TABLE: dict[Held, dict[Step, Held]] = {
    Held.WAITS: {Step.HAND_OUT: Held.HELD},
    Held.HELD: {Step.HAND_OUT: Held.HELD, Step.RETURN: Held.WAITS, Step.FINISH: Held.DONE},
    Held.DONE: {},
}


class Message(msgspec.Struct, kw_only=True):
    """The books of one message. `dialling` while its caller is read for a call back."""

    id: str
    call: CallId
    queue: CampaignId
    server: ServerId
    name: str
    campaign: CampaignId = CampaignId("")
    lead: LeadId | None = None
    agent: AgentId | None = None
    state: Held = Held.WAITS
    dialling: bool = False

    def do(self, step: Step) -> bool:
        """Take a step; False, and nothing changes, when the state has no such step."""
        target = TABLE[self.state].get(step)
        if target is not None:
            self.state = target
        return target is not None


def message_of(call: CallId) -> str:
    """The one message a call can lead to; its file bears the same name."""
    return f"vm-{call}"


class Messages:
    """All messages not done with, and the timer of the next round."""

    def __init__(self, floor: Floor, queues: Mapping[str, QueueSettings], rounds: RoundsSettings, zone: str) -> None:
        self._floor, self._queues, self._rounds = floor, queues, rounds
        self.rota = Rota(rounds, {agent.id: agent.settings.group for agent in floor.agents.values()}, zone)
        self.open: dict[str, Message] = {}

    def settings(self, queue: str) -> VoicemailSettings | None:
        known = self._queues.get(queue)
        return known.voicemail if known is not None else None

    # a message is left

    def sent_on(self, fact: CallSentOn, server: ServerId) -> Out:
        """The caller is sent to the mailbox of his queue, or of the one named."""
        queue = CampaignId(fact.to) if fact.to in self._queues else fact.queue
        settings = self.settings(queue)
        if fact.way is not Way.VOICEMAIL or settings is None:
            return []
        return [
            TakeMessage(
                server=server,
                call=fact.call,
                queue=queue,
                name=message_of(fact.call),
                greeting=settings.greeting,
                longest_s=settings.longest_s,
                silence_s=settings.silence_s,
                key=settings.key,
            )
        ]

    def left(self, event: MessageLeft, now: float) -> Out:
        id, settings = message_of(event.leg), self.settings(event.queue)
        if id in self.open or settings is None:
            return []
        self.open[id] = Message(id=id, call=event.leg, queue=event.queue, server=event.server, name=event.name)
        fact = VoicemailLeft(message=id, call=event.leg, queue=event.queue, server=event.server, name=event.name)
        out: Out = [fact, SetTimer(key=("message_file", id), at=now + LOOK_S)]
        if event.number is not None and settings.campaign:
            out.append(FileCallee(about=id, campaign=CampaignId(settings.campaign), number=event.number))
        return out

    def filed(self, event: CalleeFiled, now: float) -> Out:
        one = self.open.get(event.about)
        settings = self.settings(one.queue) if one is not None else None
        if one is None or settings is None or event.lead is None:
            return []
        one.lead, one.campaign = event.lead, CampaignId(settings.campaign)
        customer = CustomerId(event.customer)
        return [
            VoicemailFiled(
                message=one.id,
                campaign=one.campaign,
                lead=event.lead,
                customer=customer,
                number_key=event.number_key,
            )
        ]

    def looked(self, event: MessageLooked, now: float) -> Out:
        if event.message not in self.open:
            return []
        out: Out = [VoicemailFound(message=event.message, bytes=event.bytes, seconds=event.seconds)]
        if event.bytes is None:
            out.append(AlarmRaised(alarm="voicemail_missing", about=event.message))
        return out

    # rounds

    def timer(self, event: TimerFired, now: float) -> Out:
        what, whom = event.key
        if event.key == ROUND:
            return self._round(now)
        one = self.open.get(whom)
        if one is None:
            return []
        if what == "message_file":
            return [LookForMessage(server=one.server, message=one.id, name=one.name)]
        return self._returned(one, "in_time") if what == "message" else []

    def next_round(self, now: float) -> Out:
        """Wake at the next round."""
        return [SetTimer(key=ROUND, at=self.rota.after(now).at)] if self.rota.branches else []

    def _round(self, now: float) -> Out:
        due = [one for one in self.rota.due(now)]
        waiting = [one.id for one in self.open.values() if one.state is Held.WAITS]
        present = {agent.id for agent in self._floor.agents.values() if agent.state is not AgentState.LOGGED_OUT}
        out: Out = []
        for one in due:
            for handing in self.rota.hand_out(one.number, waiting, present):
                waiting.remove(handing.message)
                message = self.open[handing.message]
                out += self._hand(message, handing.agent, ROTA, now, handing.branch, one.number)
        return [*out, *self.next_round(now)]

    def _hand(self, one: Message, agent: AgentId, by: str, now: float, branch: str = "", number: int = 0) -> Out:
        if not one.do(Step.HAND_OUT):
            return []
        one.agent = agent
        return [
            VoicemailHandedOut(message=one.id, agent=agent, by=by, branch=branch, round=number),
            SetTimer(key=("message", one.id), at=now + self._rounds.return_after_s),
        ]

    def _returned(self, one: Message, why: str) -> Out:
        agent = one.agent
        if agent is None or not one.do(Step.RETURN):
            return []
        one.agent, one.dialling = None, False
        return [
            CancelTimer(key=("message", one.id)),
            VoicemailReturned(message=one.id, agent=agent, why=why),
        ]

    # what people ask

    def take(self, ask: MessageTakeAsked, now: float) -> Out:
        one = self.open.get(ask.message)
        if one is None:
            return _refuse(ask, "message_unknown", message=ask.message)
        if ask.agent not in self._floor.agents:
            return _refuse(ask, "agent_unknown", agent=ask.agent)
        if one.agent is not None and one.agent != ask.agent and ask.actor == ask.agent:
            return _refuse(ask, "message_taken", message=ask.message, agent=one.agent)
        return self._hand(one, ask.agent, ask.actor, now)

    def give_back(self, ask: MessageReturnAsked, now: float) -> Out:
        one = self._own(ask, ask.message)
        return self._returned(one, "by_hand") if isinstance(one, Message) else one

    def dial(self, ask: MessageDialAsked, now: float) -> Out:
        """Granted, the caller is read afresh; the call follows, or VoicemailUndialled says why not."""
        one = self._own(ask, ask.message)
        if not isinstance(one, Message):
            return one
        if one.lead is None:
            return _refuse(ask, "message_no_number", message=ask.message)
        if not self._free(ask.agent):
            return _refuse(ask, "preview.not_free")
        one.dialling = True
        return [ReadCallee(about=one.id, lead=one.lead)]

    def read(self, event: CalleeRead, now: float) -> Out:
        one = self.open.get(event.about)
        if one is None or not one.dialling or one.agent is None or one.lead is None:
            return []
        one.dialling = False
        if event.lead is None or not self._free(one.agent):
            why = "in_call" if event.lead is None else "agent_busy"
            return [VoicemailUndialled(message=one.id, agent=one.agent, rule=why, until=None)]
        settings = self._queues[one.queue].voicemail
        agent = self._floor.agents[one.agent]
        return [
            MessageDialling(
                message=one.id,
                agent=one.agent,
                campaign=one.campaign,
                lead=one.lead,
                server=agent.server,
                waive_frequency=settings.waive_frequency,
            )
        ]

    def dialled(self, fact: VoicemailDialled, now: float) -> Out:
        """Somebody sees to it: it does not go out again by itself."""
        return [CancelTimer(key=("message", fact.message))]

    def finish(self, ask: MessageDoneAsked, now: float) -> Out:
        one = self._own(ask, ask.message)
        if not isinstance(one, Message):
            return one
        allowed = self._rounds.results
        if allowed and ask.result not in allowed:
            return _refuse(ask, "message_result", result=ask.result, allowed=", ".join(allowed))
        one.do(Step.FINISH)
        del self.open[one.id]
        return [
            CancelTimer(key=("message", one.id)),
            VoicemailDone(message=one.id, agent=ask.agent, result=ask.result, note=ask.note),
        ]

    def restored(self, event: Restored, now: float) -> Out:
        out: Out = self.next_round(now)
        self.rota.last.update(event.last_handed)
        for known in event.messages:
            held = known.agent is not None
            self.open[known.message] = Message(
                id=known.message,
                call=known.call,
                queue=known.queue,
                server=known.server,
                name=known.name,
                campaign=known.campaign,
                lead=known.lead,
                agent=known.agent,
                state=Held.HELD if held else Held.WAITS,
            )
            if held and known.dialled is None:
                at = max(now, known.since + self._rounds.return_after_s)
                out.append(SetTimer(key=("message", known.message), at=at))
            if not known.found:
                out.append(SetTimer(key=("message_file", known.message), at=now + LOOK_S))
        return out

    def _own(self, ask: AgentAsk, message: str) -> Message | Out:
        one = self.open.get(message)
        if one is None:
            return _refuse(ask, "message_unknown", message=message)
        if one.agent != ask.agent:
            return _refuse(ask, "message_not_yours", message=message)
        return one

    def _free(self, agent: AgentId) -> bool:
        known = self._floor.agents.get(agent)
        return known is not None and known.state is AgentState.READY and known.phone_ready


def _refuse(ask: AgentAsk, code: str, **words: str) -> Out:
    return [AskRefused(actor=ask.actor, what=type(ask).__name__, code=code, words=words)]

"""The words of calls that are served later: callers who are called back instead of waiting, and messages they leave."""

import msgspec

from telephony.agents import AgentAsk, Ask
from telephony.commands import Command, PbxCommand
from telephony.events import PbxEvent
from telephony.facts import Fact
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId
from telephony.leads import Lead
from telephony.numbers import PhoneNumber
from telephony.promises import CallbackState

CALLBACK_PREFIX = "cb-"
ENDS = {"#": "", "*": "t", "any": "y"}
"""The option of Asterisk's Record() for each key that may end a message."""


def callback_of(call: CallId) -> str:
    """The one callback a call can lead to."""
    return CALLBACK_PREFIX + call


def is_callback(call: str) -> bool:
    """Whether what waits in a queue is a caller who will be called back."""
    return call.startswith(CALLBACK_PREFIX)


# what the PBX says


class CallbackWanted(PbxEvent, frozen=True, kw_only=True):
    """A waiting caller has confirmed that he wants to be called back; `number` None when what he keyed in is none."""

    leg: CallId
    number: PhoneNumber | None


class CallbackDeclined(PbxEvent, frozen=True, kw_only=True):
    """The caller was asked and rather waits; he is back in the dialplan of those who wait."""

    leg: CallId


class MessageLeft(PbxEvent, frozen=True, kw_only=True):
    """A caller has left a message; `name` is its file's, without a number in it; `queue` whose mailbox it is."""

    leg: CallId
    name: str
    queue: CampaignId
    number: PhoneNumber | None


# what the PBX is told


class OfferKey(PbxCommand, frozen=True, kw_only=True):
    """While he waits the caller may press this key to be called back; he is told so once."""

    call: CallId
    key: str


class AskCallback(PbxCommand, frozen=True, kw_only=True):
    """Ask a waiting caller whether and where he wants to be called back."""

    call: CallId


class TellCallback(PbxCommand, frozen=True, kw_only=True):
    """Tell the caller that he will be called back and say goodbye; or, not `noted`, that it is not possible, and have
    him wait on. Sent when the facts decided with it are durable."""

    call: CallId
    noted: bool


class TakeMessage(PbxCommand, frozen=True, kw_only=True):
    """Have the caller leave a message: greeting, beep, record until silence, the key, or the longest time."""

    call: CallId
    queue: CampaignId
    name: str
    greeting: str
    longest_s: float
    silence_s: float
    key: str


# what the store is asked, and its answers


class FileCallee(Command, frozen=True, kw_only=True):
    """Put a caller's number down as one of the campaign's customers who is not due; answered by CalleeFiled.

    `customer` "" looks who has the number; said again it changes nothing."""

    about: str
    campaign: CampaignId
    number: PhoneNumber
    customer: CustomerId = CustomerId("")


class ReadCallee(Command, frozen=True, kw_only=True):
    """Read a customer with his calls so far; answered by CalleeRead."""

    about: str
    lead: LeadId


class LookForMessage(Command, frozen=True, kw_only=True):
    """Look whether a message's file is on disk; answered by MessageLooked."""

    server: ServerId
    message: str
    name: str


class CalleeFiled(msgspec.Struct, frozen=True, kw_only=True):
    """The number is durable as this lead; `lead` None: it could not be put down."""

    about: str
    lead: LeadId | None
    customer: CustomerId = CustomerId("")
    number_key: int = 0


class CalleeRead(msgspec.Struct, frozen=True, kw_only=True):
    """The customer as he is; None when he is gone or in a call."""

    about: str
    lead: Lead | None


class MessageLooked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found on disk for a message: bytes (None: nothing there), seconds of sound."""

    message: str
    bytes: int | None
    seconds: float = 0.0


# facts of callbacks


class CallbackAsked(Fact, frozen=True, kw_only=True):
    """A caller wants to be called back; `since` (epoch seconds) is when he came to the queue, his place in it."""

    callback: str
    call: CallId
    queue: CampaignId
    server: ServerId
    since: float


class CallbackFiled(Fact, frozen=True, kw_only=True):
    """It is put down, and the caller is told so: he waits without holding the line."""

    callback: str
    lead: LeadId
    customer: CustomerId
    number_key: int


class CallbackReserved(Fact, frozen=True, kw_only=True):
    """It is the callback's turn: the agent is kept for it, the dialler is to place the call."""

    callback: str
    queue: CampaignId
    campaign: CampaignId
    lead: LeadId
    agent: AgentId
    server: ServerId
    waive_frequency: bool = False


class CallbackDialled(Fact, frozen=True, kw_only=True):
    """The call that is placed for it, in one drain with its AttemptPlaced."""

    callback: str
    call: CallId
    campaign: CampaignId
    agent: AgentId
    server: ServerId


class CallbackRefused(Fact, frozen=True, kw_only=True):
    """The gate or the floor lets it not be placed now; `until` when it may pass, None: never."""

    callback: str
    rule: str
    until: float | None


class CallbackPutOff(Fact, frozen=True, kw_only=True):
    """It waits again and is not tried before `until`; `tries` calls were placed in vain so far."""

    callback: str
    until: float
    tries: int
    why: str


class CallbackClosed(Fact, frozen=True, kw_only=True):
    """The end of a callback, once each: done, failed or cancelled; `actor` who said so, "" for nobody."""

    callback: str
    state: CallbackState
    why: str
    actor: str = ""


class CallbackCancelAsked(Ask, frozen=True, kw_only=True):
    """A person calls a callback off."""

    callback: str


# facts of messages


class VoicemailLeft(Fact, frozen=True, kw_only=True):
    """A message lies on the PBX's disk under `name`, left in the mailbox of the queue."""

    message: str
    call: CallId
    queue: CampaignId
    server: ServerId
    name: str


class VoicemailFiled(Fact, frozen=True, kw_only=True):
    """Who can be called back about it, a customer of the campaign; `lead` None where the caller's number is not known."""

    message: str
    campaign: CampaignId
    lead: LeadId | None
    customer: CustomerId
    number_key: int


class VoicemailFound(Fact, frozen=True, kw_only=True):
    """Its file was looked for; `bytes` None: it is not there."""

    message: str
    bytes: int | None
    seconds: float


class VoicemailHandedOut(Fact, frozen=True, kw_only=True):
    """The message is this agent's to answer; `by` is rota or the name of who took or gave it."""

    message: str
    agent: AgentId
    by: str
    branch: str = ""
    round: int = 0


class VoicemailReturned(Fact, frozen=True, kw_only=True):
    """Nobody answered it in time, or it was given back: it goes into the next round again."""

    message: str
    agent: AgentId
    why: str


class VoicemailDialled(Fact, frozen=True, kw_only=True):
    """The agent calls back; in one drain with the call's AttemptPlaced."""

    message: str
    call: CallId
    agent: AgentId


class VoicemailUndialled(Fact, frozen=True, kw_only=True):
    """The call back was not placed: the gate's rule or what stood in its way, and until when."""

    message: str
    agent: AgentId
    rule: str
    until: float | None


class VoicemailDone(Fact, frozen=True, kw_only=True):
    """What came of the message, noted by the agent who answered it."""

    message: str
    agent: AgentId
    result: str
    note: str = ""


class MessageTakeAsked(AgentAsk, frozen=True, kw_only=True):
    """The agent takes a message out of turn, or is given it by a leader."""

    message: str


class MessageReturnAsked(AgentAsk, frozen=True, kw_only=True):
    """The agent gives a message back."""

    message: str


class MessageDialAsked(AgentAsk, frozen=True, kw_only=True):
    """The agent calls the one who left his message."""

    message: str


class MessageDoneAsked(AgentAsk, frozen=True, kw_only=True):
    """The agent notes what came of his message."""

    message: str
    result: str
    note: str = ""


class MessageDialling(Fact, frozen=True, kw_only=True):
    """An agent's wish to call back about a message, for the dialler, who places the call or says why not."""

    message: str
    agent: AgentId
    campaign: CampaignId
    lead: LeadId
    server: ServerId
    waive_frequency: bool = False


# appointments


class AppointmentChanged(Fact, frozen=True, kw_only=True):
    """A promised callback was changed by a person: due at that instant (None: no more) by that agent ("" anybody)."""

    lead: LeadId
    campaign: CampaignId
    due: float | None
    agent: str
    actor: str

"""What the store keeps of calls that are served later, as a run finds it: open callbacks, messages not done with."""

from enum import StrEnum

import msgspec

from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId


class CallbackState(StrEnum):
    """Where a callback stands. It is not promised to the caller before it is WAITING on disk."""

    ASKED = "asked"
    """The caller has confirmed a number; it is being put down."""
    WAITING = "waiting"
    RESERVED = "reserved"
    """An agent is kept for it; nothing has been dialled."""
    DIALLING = "dialling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({CallbackState.ASKED, CallbackState.WAITING, CallbackState.RESERVED, CallbackState.DIALLING})


class KnownCallback(msgspec.Struct, frozen=True, kw_only=True):
    """An open callback found in the store at start-up."""

    callback: str
    call: CallId
    queue: CampaignId
    server: ServerId
    since: float
    state: CallbackState
    lead: LeadId | None
    customer: CustomerId
    number_key: int
    dialled: CallId | None
    tries: int
    not_before: float


class KnownMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message not done with, found in the store at start-up; `since` is when it came or was handed out."""

    message: str
    call: CallId
    queue: CampaignId
    server: ServerId
    name: str
    at: float
    campaign: CampaignId
    lead: LeadId | None
    agent: AgentId | None
    since: float
    found: bool
    dialled: CallId | None = None

"""Callers: what the store knows of one whose call is not over, and what it finds out about whose number it is."""

import msgspec

from telephony.ids import AgentId, CallId, CampaignId, CustomerId, ServerId


class OpenInbound(msgspec.Struct, frozen=True, kw_only=True):
    """A call that came to us and had not ended when the process did. Instants in epoch seconds."""

    call: CallId
    queue: CampaignId
    server: ServerId
    customer: CustomerId
    number_key: int
    line: str
    arrived_at: float
    queued_at: float | None = None
    connected_at: float | None = None
    agent: AgentId | None = None
    way: str = ""
    recording: bool = False
    talk_from: float | None = None
    """As in OpenCall, and the next two."""
    talked_s: float = 0.0
    parted: bool = False


class CallerFound(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to LookUpCaller: whose number it is ("" unknown), who talked to him last, what is kept of him.

    `nuisance` is the entry on the list of nuisance callers that he matches, 0 for none."""

    call: CallId
    customer: CustomerId = CustomerId("")
    last_agent: AgentId | None = None
    traits: dict[str, str] = {}
    nuisance: int = 0

"""Leads as the dialler sees them, and what the store answers to FetchLeads and at start-up."""

import msgspec

from telephony.agents import AgentState, BreakState, SeatMode
from telephony.batches import BatchTimed
from telephony.certificates import Certificate
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, LegId, ServerId, TrunkId
from telephony.inbound import OpenInbound
from telephony.numbers import PhoneNumber
from telephony.promises import KnownCallback, KnownMessage
from telephony.supervising import KnownSupervision


class Contact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An earlier call to a customer, as frequency rules count it; `at` epoch seconds, `outcome` empty while it lasts."""

    at: float
    call: CallId
    customer: CustomerId
    number_key: int
    campaign: CampaignId
    answered: bool = False
    connected: bool = False
    outcome: str = ""


class Lead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A customer to call on a campaign, with what is needed to decide whether he may be called now.

    `placed` are earlier calls to this customer or number, newest last, as far back as the longest frequency rule looks;
    `zones` are all plausible time zones of the number; the times of consent are epoch seconds, its end None for none."""

    id: LeadId
    campaign: CampaignId
    customer: CustomerId
    number: PhoneNumber
    number_key: int
    zones: tuple[str, ...]
    attempts: int = 0
    last_outcome: str = ""
    due: float = 0.0
    priority: int = 0
    agent: AgentId | None = None
    placed: tuple[Contact, ...] = ()
    abandoned_at: float | None = None
    """When a call to this customer or number last found no agent in time, on any campaign."""
    consent_at: float | None = None
    consent_until: float | None = None
    batch: str = ""
    holder: str = ""
    """Who may be handed it, as `telephony.batches` writes it; "" is everybody of the campaign."""


class LeadsFetched(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to FetchLeads; fewer than the limit asked for means the campaign has no more due now.

    `next_due` is when the next lead comes due, None when none will."""

    campaign: CampaignId
    leads: tuple[Lead, ...]
    limit: int
    next_due: float | None = None
    holders: tuple[str, ...] = ("",)


class OpenCall(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt found in the store at start-up; `attempts` counts it, `callback_at` is what its agent has promised."""

    call: CallId
    campaign: CampaignId
    lead: LeadId
    customer: CustomerId
    trunk: TrunkId
    server: ServerId
    caller_id: str
    mode: str
    placed_at: float
    rang_at: float | None = None
    answered_at: float | None
    connected_at: float | None
    agent: AgentId | None
    recording: bool
    number_key: int = 0
    attempts: int = 1
    callback_at: float | None = None
    number: PhoneNumber | None = None
    heard_at: float | None = None
    """When the customer could first be connected."""
    abandoned: bool = False
    talk_from: float | None = None
    """Since when the agent who has him has had him; None: since he was first connected."""
    talked_s: float = 0.0
    """How long agents had him who had left him by then."""
    parted: bool = False
    """The last agent had left him."""


class KnownConsult(msgspec.Struct, frozen=True, kw_only=True):
    """A consultation that was under way when the process ended; fields as in the facts that told of it."""

    agent: AgentId
    call: CallId
    kind: str
    to: str
    target: AgentId | None
    leg: LegId | None
    stage: str
    at: float


class KnownSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """A survey that was under way when the process ended."""

    call: CallId
    agent: AgentId
    survey: str
    answered: int


class KnownAgent(msgspec.Struct, frozen=True, kw_only=True):
    """Where an agent was when the process ended."""

    agent: AgentId
    state: AgentState
    reason: str
    since: float
    mode: SeatMode
    server: ServerId
    seat: LegId | None
    call: CallId | None
    leaves_at: float | None = None
    leaves_for: str = ""
    skills: dict[str, int] = {}


class KnownBreak(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's break token when the process ended."""

    agent: AgentId
    state: BreakState
    asked_at: float
    until: float | None


class PausedRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that was silent when the process ended; instants in epoch seconds."""

    call: CallId
    agent: AgentId
    server: ServerId
    actor: str
    since: float
    until: float


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """The first event of every run: what the store knows of calls, agents and campaigns from before.

    `calls` have no outcome yet; `talked` have ended, but their agents may still say what came of them."""

    calls: tuple[OpenCall, ...] = ()
    talked: tuple[OpenCall, ...] = ()
    agents: tuple[KnownAgent, ...] = ()
    campaigns: tuple[tuple[CampaignId, str], ...] = ()
    portions: tuple[tuple[CampaignId, str], ...] = ()
    """Groups and agents that hold open leads of a campaign."""
    breaks: tuple[KnownBreak, ...] = ()
    timed: tuple[BatchTimed, ...] = ()
    """Batches that close at a set time."""
    inbound: tuple[OpenInbound, ...] = ()
    """Calls that came to us and have not ended, in the order in which they came."""
    supervisions: tuple[KnownSupervision, ...] = ()
    """Supervisors who were on calls."""
    consults: tuple[KnownConsult, ...] = ()
    callbacks: tuple[KnownCallback, ...] = ()
    """Callers who are to be called back."""
    messages: tuple[KnownMessage, ...] = ()
    """Messages nobody has done with."""
    last_handed: tuple[tuple[str, AgentId], ...] = ()
    """The agent of each branch whom a round gave a message last."""
    certificates: tuple[Certificate, ...] = ()
    """Every certificate that was granted, as it stands."""
    paused: tuple[PausedRecording, ...] = ()
    surveys: tuple[KnownSurvey, ...] = ()

"""What the engines found out or decided. A fact is past tense, goes to the journal, and joins the queue of events.

Facts carry no number: a lead is named by its id, a number by its keyed fingerprint.
"""

from enum import StrEnum

import msgspec

from telephony.agents import AgentState, BreakState, BreakVerb, Force, SeatMode
from telephony.detection import Heard, Then
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, LegId, ServerId, TrunkId
from telephony.outcomes import Outcome


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    """Journalled; encoded with its class name as tag."""


class AttemptPlaced(Fact, frozen=True, kw_only=True, gc=False):
    """The intent to dial: durable before the Originate leaves, and the frequency count itself."""

    call: CallId
    campaign: CampaignId
    lead: LeadId
    customer: CustomerId
    number_key: int
    trunk: TrunkId
    server: ServerId
    caller_id: str
    mode: str
    agent: AgentId | None = None
    reason: str = ""
    chance: float | None = None
    """How likely a human was thought to answer; None where the journal is older than that."""


class Veto(StrEnum):
    """Why the ledger did not take an attempt."""

    CHANGED = "changed"
    """The customer's history is not the one the gate has judged by: another server has called him meanwhile."""
    IN_CALL = "in_call"
    """Another server is calling him."""
    DO_NOT_CALL = "do_not_call"
    """He was put on the do-not-call list meanwhile."""
    UNWRITTEN = "unwritten"
    """The database does not take the attempt as it is."""


class AttemptVetoed(Fact, frozen=True, kw_only=True):
    """The intent to dial was not made durable: the call never leaves and counts for nothing; stands in the journal in
    the place of its AttemptPlaced."""

    call: CallId
    campaign: CampaignId
    lead: LeadId
    why: Veto


class DialRefused(Fact, frozen=True, kw_only=True):
    """The gate let a lead not be dialled; `rule` is the gate's rule, `until` when it would pass (None: never)."""

    campaign: CampaignId
    lead: LeadId
    rule: str
    until: float | None


class CallRang(Fact, frozen=True, kw_only=True):
    call: CallId


class CallAnswered(Fact, frozen=True, kw_only=True):
    """The customer picked up: the clock of the abandon contract starts."""

    call: CallId
    campaign: CampaignId
    server: ServerId


class CallWaiting(Fact, frozen=True, kw_only=True):
    """The answered customer can be connected now (again: after an agent did not answer)."""

    call: CallId
    campaign: CampaignId
    server: ServerId
    agent: AgentId | None
    """The agent the call was dialled for (preview, manual), who alone may take it."""
    amd: str = ""


class CallJudged(Fact, frozen=True, kw_only=True):
    """Answering machine detection has spoken: `took_s` since the customer answered, `why` in its own word."""

    call: CallId
    campaign: CampaignId
    heard: Heard
    took_s: float
    why: str = ""


class CallScreened(Fact, frozen=True, kw_only=True):
    """What becomes of an answered call that was not heard to be a person's."""

    call: CallId
    campaign: CampaignId
    heard: Heard
    then: Then


class CallOffered(Fact, frozen=True, kw_only=True):
    """An agent is reserved for the call; recording starts and the bridge follows. `code` and `words` say why he, for pages
    to translate, `why` says it in English."""

    call: CallId
    campaign: CampaignId
    agent: AgentId
    server: ServerId
    why: str
    code: str = ""
    words: dict[str, str] = {}


class OfferFailed(Fact, frozen=True, kw_only=True):
    """The agent did not take the call (RONA, phone lost, command refused); the call waits again."""

    call: CallId
    agent: AgentId
    why: str


class CallConnected(Fact, frozen=True, kw_only=True):
    """Customer and agent are in one bridge; `waited_s` since the customer answered, or since another agent left him.

    `leg` is the agent's; `again` where another agent, or the same, had the customer before."""

    call: CallId
    agent: AgentId
    waited_s: float
    leg: LegId | None = None
    again: bool = False


class CallHeld(Fact, frozen=True, kw_only=True):
    call: CallId
    agent: AgentId


class CallResumed(Fact, frozen=True, kw_only=True):
    call: CallId
    agent: AgentId
    held_s: float


class CallLeft(Fact, frozen=True, kw_only=True):
    """Customer and agent are apart for good; the agent's part in the call is over.

    `talk_s` is how long this agent had the customer, `hold_s` of it on hold."""

    call: CallId
    agent: AgentId
    talk_s: float = 0.0
    hold_s: float = 0.0


class AbandonedBy(StrEnum):
    SWITCHROOM = "switchroom"
    """Nobody was free within the patience of the campaign: counts against the ceiling."""
    CUSTOMER = "customer"
    """The customer hung up before anyone could take him."""


class CallAbandoned(Fact, frozen=True, kw_only=True):
    call: CallId
    campaign: CampaignId
    by: AbandonedBy
    waited_s: float


class CallEnded(Fact, frozen=True, kw_only=True):
    """The one outcome of an attempt. Times in seconds; `agent` is who talked."""

    call: CallId
    campaign: CampaignId
    lead: LeadId
    trunk: TrunkId
    server: ServerId
    outcome: Outcome
    agent: AgentId | None
    rang: bool
    ring_s: float
    talk_s: float
    hold_s: float
    cause: int | None
    tech_cause: int | None


class CallArrived(Fact, frozen=True, kw_only=True):
    """Somebody has called us. `queue` is where his line leads; `number_key` 0 and `customer` "" when withheld or unknown."""

    call: CallId
    queue: CampaignId
    server: ServerId
    customer: CustomerId
    number_key: int
    line: str
    came_at: float | None = None
    """When he called (epoch seconds), where he was there before us; None: now."""


class CallerNamed(Fact, frozen=True, kw_only=True):
    """Whose number it is that calls us; `nuisance` is the entry on the list of nuisance callers he matches, 0 for none."""

    call: CallId
    customer: CustomerId
    nuisance: int = 0


class NuisanceMarked(Fact, frozen=True, kw_only=True):
    """An agent has put the caller of his call on the list of nuisance callers, until `until` (epoch seconds)."""

    call: CallId
    customer: CustomerId
    number_key: int
    reason: str
    actor: str
    until: float


class CallQueued(Fact, frozen=True, kw_only=True):
    """The caller waits in this queue from now on; again after an overflow, an agent's miss or a transfer, said by `why`.

    `position` counts from 1, `expected_s` is what he can expect to wait, None when not known."""

    call: CallId
    queue: CampaignId
    server: ServerId
    position: int
    expected_s: float | None
    why: str = ""


class CallerGone(Fact, frozen=True, kw_only=True):
    """The caller hung up before an agent had him; `waited_s` since he came, `position` where he stood, 0: not queued."""

    call: CallId
    queue: CampaignId
    waited_s: float
    position: int


class Way(StrEnum):
    """How a call leaves a queue otherwise than to an agent or by the caller's hanging up."""

    QUEUE = "queue"
    """To another queue, by wait or length."""
    CALLBACK = "callback"
    """He is called back and keeps his place."""
    VOICEMAIL = "voicemail"
    CLOSED = "closed"
    """After hours: the announcement, then the end."""
    NUISANCE = "nuisance"
    """On the list of nuisance callers."""
    FULL = "full"
    """The queue is full, or nobody is signed in, and there is no other way."""
    OUTSIDE = "outside"
    """To a number outside."""


class CallSentOn(Fact, frozen=True, kw_only=True):
    """The call leaves the queue by that way; `to` names the other queue or mailbox where there is one."""

    call: CallId
    queue: CampaignId
    way: Way
    to: str = ""
    why: str = ""
    waited_s: float = 0.0


class CallerDecided(Fact, frozen=True, kw_only=True):
    """A caller's wait is over for the service level, once a call: `how` is answered, abandoned or the way he was sent on.

    `queue` is the one he was in then; `waited_s` since he came."""

    call: CallId
    queue: CampaignId
    how: str
    waited_s: float


class InboundEnded(Fact, frozen=True, kw_only=True):
    """The end of a call that came to us, once each. `agent` is who talked last, None when nobody did; times in seconds."""

    call: CallId
    queue: CampaignId
    server: ServerId
    agent: AgentId | None
    waited_s: float
    talk_s: float
    hold_s: float
    cause: int | None
    way: str = ""


class AgentChanged(Fact, frozen=True, kw_only=True):
    """An agent went from one state to another; `for_s` is how long the old one lasted, `actor` who had it so: the agent
    himself, a leader, or "" when it followed from a call, a phone or a timer."""

    agent: AgentId
    was: AgentState
    now: AgentState
    reason: str
    verb: str
    for_s: float
    call: CallId | None
    mode: SeatMode
    server: ServerId
    actor: str = ""


class AgentForced(Fact, frozen=True, kw_only=True):
    """A leader had the agent be something; what came of it follows, or comes after the call."""

    agent: AgentId
    what: Force
    reason: str
    why: str
    actor: str


class SkillsAdjusted(Fact, frozen=True, kw_only=True):
    """A leader gave the agent these skills, by name with their level."""

    agent: AgentId
    skills: dict[str, int]
    why: str
    actor: str


class BreakChanged(Fact, frozen=True, kw_only=True):
    """An agent's break token; `until` is when an offer lapses or a break is over, `asked_at` his place in the queue."""

    agent: AgentId
    group: str
    was: BreakState
    now: BreakState
    verb: BreakVerb
    actor: str
    why: str
    asked_at: float
    until: float | None


class BreaksRestricted(Fact, frozen=True, kw_only=True):
    """No token is offered while there is a `reason` for it; "" lifts that."""

    reason: str


class LeaveAnnounced(Fact, frozen=True, kw_only=True):
    """The agent takes no further call from `at` (epoch seconds) on; `reason` as in AgentChanged, "" to sign out."""

    agent: AgentId
    at: float
    reason: str
    actor: str


class LeaveWithdrawn(Fact, frozen=True, kw_only=True):
    """The announced leave was taken back."""

    agent: AgentId
    actor: str


class LeaveTaken(Fact, frozen=True, kw_only=True):
    """The agent has left, as he had announced or before."""

    agent: AgentId


class WrapUpShortened(Fact, frozen=True, kw_only=True):
    """The agent in wrap-up will be ready at `at` (epoch seconds) at the latest."""

    agent: AgentId
    at: float


class SeatTaken(Fact, frozen=True, kw_only=True):
    agent: AgentId
    leg: LegId
    server: ServerId


class SeatLeft(Fact, frozen=True, kw_only=True):
    agent: AgentId
    leg: LegId
    why: str


class CallDisposed(Fact, frozen=True, kw_only=True):
    call: CallId
    agent: AgentId
    disposition: str
    note: str
    callback_at: float | None


class LeadShown(Fact, frozen=True, kw_only=True):
    """Preview or manual: this customer is the agent's to dial or skip."""

    agent: AgentId
    campaign: CampaignId
    lead: LeadId


class LeadSkipped(Fact, frozen=True, kw_only=True):
    agent: AgentId
    lead: LeadId


class LeadRested(Fact, frozen=True, kw_only=True):
    """What becomes of a lead after an attempt: due again at `due`, or closed when `due` is None.

    `agent` is who promised to call back; None leaves the lead whose it was."""

    lead: LeadId
    due: float | None
    why: str
    agent: AgentId | None = None


class CustomerBarred(Fact, frozen=True, kw_only=True):
    """A customer must not be called again, on any campaign; `number_key` 0 when only the customer is known."""

    customer: CustomerId
    number_key: int
    why: str
    actor: str


class Acted(Fact, frozen=True, kw_only=True):
    """A person did what the audit trail keeps, e.g. `act` ``number.reveal``; `about` and `words` hold no number."""

    actor: str
    act: str
    about: str
    words: dict[str, str] = {}


class LeadAltered(Fact, frozen=True, kw_only=True):
    """An approved request changed these fields of a lead: whoever holds the lead holds an old one."""

    lead: LeadId
    campaign: CampaignId
    fields: tuple[str, ...]


class CampaignChanged(Fact, frozen=True, kw_only=True):
    campaign: CampaignId
    state: str
    actor: str


class TrunkChanged(Fact, frozen=True, kw_only=True):
    """A trunk's health: ``healthy``, ``probing`` or ``down``."""

    trunk: TrunkId
    state: str
    why: str


class ServerChanged(Fact, frozen=True, kw_only=True):
    """The link to a PBX: ``up``, ``resyncing`` or ``lost``."""

    server: ServerId
    state: str
    why: str


class RecordingStarted(Fact, frozen=True, kw_only=True):
    call: CallId
    agent: AgentId
    name: str
    server: ServerId


class RecordingConfirmed(Fact, frozen=True, kw_only=True):
    """The PBX says it is recording."""

    call: CallId


class RecordingPaused(Fact, frozen=True, kw_only=True):
    """The PBX says that the recording is silent from now on, both ways; it goes on by itself at `until` (epoch seconds)."""

    call: CallId
    agent: AgentId
    actor: str
    until: float


class RecordingResumed(Fact, frozen=True, kw_only=True):
    """The recording has its sound again after `paused_s`; `why` is asked, longest_pause or call_over."""

    call: CallId
    agent: AgentId
    actor: str
    paused_s: float
    why: str


class RecordingNotPaused(Fact, frozen=True, kw_only=True):
    """The PBX did not pause the recording, or did not take it up again (`wanted` paused or resumed)."""

    call: CallId
    agent: AgentId
    wanted: str
    why: str


class RecordingMissing(Fact, frozen=True, kw_only=True):
    """The PBX did not record, or the file is not where it should be."""

    call: CallId
    why: str


class RecordingFiled(Fact, frozen=True, kw_only=True):
    """The recording's files were found on disk; `bytes` in all."""

    call: CallId
    bytes: int
    seconds: float


class AlarmRaised(Fact, frozen=True, kw_only=True):
    """Something a supervisor must see; `alarm` is a code the pages translate."""

    alarm: str
    about: str
    words: dict[str, str] = {}


class AlarmCleared(Fact, frozen=True, kw_only=True):
    alarm: str
    about: str


class AskRefused(Fact, frozen=True, kw_only=True):
    """A person's wish was not granted; `code` is what the pages translate."""

    actor: str
    what: str
    code: str
    words: dict[str, str] = {}


class Anomaly(Fact, frozen=True, kw_only=True):
    """An engine met input it has no rule for; counted, state unchanged."""

    where: str
    what: str

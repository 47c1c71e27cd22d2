"""The vocabulary of agents: states, seat modes, and what a person may ask of the floor."""

from enum import StrEnum

import msgspec

from telephony.ids import AgentId, CallId, CampaignId, LeadId


class AgentState(StrEnum):
    LOGGED_OUT = "logged_out"
    READY = "ready"
    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"
    HOLD = "hold"
    CONSULTING = "consulting"
    WRAP_UP = "wrap_up"
    AUX = "aux"


class SeatMode(StrEnum):
    NAILED_UP = "nailed_up"
    RING_EACH_CALL = "ring_each_call"


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A wish of a person (`actor` is who said it), already checked for rights; the engines may still refuse it."""

    actor: str


class AgentAsk(Ask, frozen=True, kw_only=True):
    agent: AgentId


class SignInAsked(AgentAsk, frozen=True, kw_only=True):
    """Sign in at the phone configured for the agent; `mode` None takes the agent's own setting."""

    mode: SeatMode | None = None


class PhoneMoved(AgentAsk, frozen=True, kw_only=True):
    """The agent's phone is another one from now on: what Asterisk dials to reach it, "" for his own again."""

    endpoint: str


class SignOutAsked(AgentAsk, frozen=True, kw_only=True):
    pass


class ReadyAsked(AgentAsk, frozen=True, kw_only=True):
    """Take calls; in wrap-up with `in_s` not at once but after that many seconds, or when the wrap-up ends before."""

    in_s: float = 0.0


class NotReadyAsked(AgentAsk, frozen=True, kw_only=True):
    reason: str


class LeaveAsked(AgentAsk, frozen=True, kw_only=True):
    """The agent will take no further call from `in_s` seconds on, but finish the one he has: for a `reason` of not
    being ready, or to sign out when that is empty. A later announcement takes the place of an earlier one."""

    in_s: float
    reason: str = ""


class StayAsked(AgentAsk, frozen=True, kw_only=True):
    """The announcement, or the wish to stop after the call, is taken back."""


class Force(StrEnum):
    """What a leader may have an agent be, whatever the agent does."""

    READY = "ready"
    NOT_READY = "not_ready"
    SIGN_OUT = "sign_out"
    END_WRAP_UP = "end_wrap_up"
    RELEASE = "release"
    """Out of a call he is stuck in, at once."""


class ForceAsked(AgentAsk, frozen=True, kw_only=True):
    """A leader's word; `reason` is the not-ready reason, `why` what he says of it. During a call all but RELEASE wait
    for its end."""

    what: Force
    reason: str = ""
    why: str = ""


class SkillsAsked(AgentAsk, frozen=True, kw_only=True):
    """A leader gives the agent these skills, by name with their level, in the place of those he has."""

    skills: dict[str, int]
    why: str = ""


class BreakState(StrEnum):
    """Where an agent is with a break token."""

    NONE = "none"
    WAITING = "waiting"
    OFFERED = "offered"
    LEAVING = "leaving"
    """Taken, but a call or its wrap-up comes first."""
    OUT = "out"


class BreakVerb(StrEnum):
    ASK = "ask"
    OFFER = "offer"
    TAKE = "take"
    LAPSE = "lapse"
    RECALL = "recall"
    GO = "go"
    END = "end"
    WITHDRAW = "withdraw"
    GRANT = "grant"
    REFUSE = "refuse"
    TAKE_BACK = "take_back"
    EXTEND = "extend"
    GONE = "gone"


class BreakAsked(AgentAsk, frozen=True, kw_only=True):
    """What a person wants of break tokens: the agent asks, takes, withdraws or ends, a leader grants, refuses, takes back
    or extends by `extra_s`."""

    verb: BreakVerb
    extra_s: float = 0.0
    why: str = ""


class HoldAsked(AgentAsk, frozen=True, kw_only=True):
    pass


class ResumeAsked(AgentAsk, frozen=True, kw_only=True):
    pass


class HangUpAsked(AgentAsk, frozen=True, kw_only=True):
    """The agent ends the conversation."""


class DispositionGiven(AgentAsk, frozen=True, kw_only=True):
    """The agent's word on a call, during it or in wrap-up; ends the wrap-up when `done`."""

    call: CallId
    disposition: str
    note: str = ""
    done: bool = True
    callback_at: float | None = None


class NuisanceAsked(AgentAsk, frozen=True, kw_only=True):
    """The caller of the agent's call, at hand or last, is to be put on the list of nuisance callers."""

    call: CallId
    reason: str


class PreviewAsked(AgentAsk, frozen=True, kw_only=True):
    """Preview or manual mode: show the agent the next customer."""

    campaign: CampaignId


class DialAsked(AgentAsk, frozen=True, kw_only=True):
    """Preview or manual mode: dial the customer shown."""

    lead: LeadId


class SkipAsked(AgentAsk, frozen=True, kw_only=True):
    """Preview mode: give the customer shown back and show another."""

    lead: LeadId


class CampaignAction(StrEnum):
    START = "start"
    PAUSE = "pause"
    DRAIN = "drain"
    STOP = "stop"


class CampaignAsked(Ask, frozen=True, kw_only=True):
    """Start, pause (no new calls), drain (no new calls, then stop), stop (hang up what is ringing)."""

    campaign: CampaignId
    action: CampaignAction


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why a wish was not granted: a code the pages translate, and the words that fill it in."""

    code: str
    words: dict[str, str] = {}

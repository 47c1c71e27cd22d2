"""The vocabulary of supervision: how a supervisor is on a live call, what he asks, and the facts that tell of it."""

from enum import StrEnum

import msgspec

from telephony.agents import Ask
from telephony.facts import Fact
from telephony.ids import AgentId, CallId, LegId, ServerId


class Ear(StrEnum):
    """How a supervisor is on a call."""

    LISTEN = "listen"
    """He hears both and nobody hears him."""
    WHISPER = "whisper"
    """The agent hears him, the customer does not."""
    BARGE = "barge"
    """Both hear him."""


class SuperviseAsked(Ask, frozen=True, kw_only=True):
    """Open the supervisor's ear on a call, or turn the one that is open on it."""

    call: CallId
    ear: Ear


class TakeOverAsked(Ask, frozen=True, kw_only=True):
    """The supervisor, an agent himself, takes the customer from the agent who has him."""

    call: CallId


class StepOutAsked(Ask, frozen=True, kw_only=True):
    """The supervisor leaves the call he is on."""


class SupervisionBegun(Fact, frozen=True, kw_only=True):
    """A supervisor's phone is let into a call: durable before it is. `leg` is his phone's, `session` no other's."""

    session: str
    actor: str
    call: CallId
    agent: AgentId
    ear: Ear
    leg: LegId
    server: ServerId


class SupervisionTurned(Fact, frozen=True, kw_only=True):
    """He is on the call in another way from now on: durable before it is so."""

    session: str
    actor: str
    call: CallId
    agent: AgentId
    was: Ear
    ear: Ear


class EarOpened(Fact, frozen=True, kw_only=True):
    """The PBX says that he is on the call in this way; `took_s` since he asked."""

    session: str
    actor: str
    call: CallId
    agent: AgentId
    ear: Ear
    took_s: float


class SupervisionEnded(Fact, frozen=True, kw_only=True):
    """He is off the call. `for_s` is how long his ear was open, 0 when it never was; `why` is left, call_over,
    agent_left, phone_gone, no_answer, refused, taken_over, link_lost or not_found."""

    session: str
    actor: str
    call: CallId
    agent: AgentId
    ear: Ear
    for_s: float
    why: str


class CallTakenOver(Fact, frozen=True, kw_only=True):
    """A supervisor takes the customer from the agent: durable before anybody is moved."""

    actor: str
    call: CallId
    agent: AgentId


class KnownSupervision(msgspec.Struct, frozen=True, kw_only=True):
    """A supervision that was open when the process ended; `opened_at` None when the ear was not open yet."""

    session: str
    actor: str
    call: CallId
    agent: AgentId
    ear: Ear
    leg: LegId
    server: ServerId
    opened_at: float | None


class PauseAsked(Ask, frozen=True, kw_only=True):
    """Have a recording pause, or go on when not `pause`: of this call, or of the one this agent has."""

    pause: bool
    call: CallId | None = None
    agent: AgentId | None = None

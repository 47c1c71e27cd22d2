"""Certificates: who may serve a skill that asks for one, until when, and who said so."""

import msgspec

from telephony.agents import AgentAsk
from telephony.facts import Fact
from telephony.ids import AgentId


class CertifyAsked(AgentAsk, frozen=True, kw_only=True):
    """Grant the agent a skill's certificate until an instant (epoch seconds), or for good when that is None."""

    skill: str
    until: float | None = None


class DecertifyAsked(AgentAsk, frozen=True, kw_only=True):
    """Take the agent's certificate back."""

    skill: str
    why: str = ""


class CertificateGranted(Fact, frozen=True, kw_only=True):
    agent: AgentId
    skill: str
    until: float | None
    actor: str


class CertificateWithdrawn(Fact, frozen=True, kw_only=True):
    agent: AgentId
    skill: str
    why: str
    actor: str


class CertificateExpired(Fact, frozen=True, kw_only=True):
    """The certificate's time is over; calls the agent has are finished, further ones of that skill go to others."""

    agent: AgentId
    skill: str


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as the store knows it; `until` None is for good, `withdrawn_at` None still stands."""

    agent: AgentId
    skill: str
    granted_at: float
    until: float | None
    actor: str
    withdrawn_at: float | None = None

    def valid(self, now: float) -> bool:
        return self.withdrawn_at is None and (self.until is None or now < self.until)

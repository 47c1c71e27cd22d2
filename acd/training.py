"""The training gate: a skill that asks for a certificate counts only for agents who hold a valid one."""

from acd.floor import Floor, Out
from telephony.certificates import (
    CertificateExpired,
    CertificateGranted,
    CertificateWithdrawn,
    CertifyAsked,
    DecertifyAsked,
)
from telephony.commands import CancelTimer, SetTimer
from telephony.facts import AskRefused
from telephony.ids import AgentId
from telephony.leads import Restored

Ask = CertifyAsked | DecertifyAsked


class Training:
    """Hears who is certified for what. Until a run knows the certificates, none is valid."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._until: dict[tuple[AgentId, str], float | None] = {}
        floor.terms.certified = self._holds

    def _holds(self, agent: str, skill: str) -> bool:
        return (AgentId(agent), skill) in self._until

    def certify(self, ask: CertifyAsked, now: float) -> Out:
        refused = self._refusal(ask)
        if refused is None and ask.until is not None and ask.until <= now:
            refused = "certificate_past", {"skill": ask.skill}
        if refused is not None:
            return self._refuse(ask, *refused)
        return [CertificateGranted(agent=ask.agent, skill=ask.skill, until=ask.until, actor=ask.actor)]

    def decertify(self, ask: DecertifyAsked, now: float) -> Out:
        refused = self._refusal(ask)
        if refused is None and not self._holds(ask.agent, ask.skill):
            refused = "no_certificate", {"agent": ask.agent, "skill": ask.skill}
        if refused is not None:
            return self._refuse(ask, *refused)
        return [CertificateWithdrawn(agent=ask.agent, skill=ask.skill, why=ask.why, actor=ask.actor)]

    def granted(self, fact: CertificateGranted, now: float) -> Out:
        return self._holds_now(fact.agent, fact.skill, fact.until, now)

    def withdrawn(self, fact: CertificateWithdrawn | CertificateExpired, now: float) -> Out:
        self._until.pop((fact.agent, fact.skill), None)
        agent = self._floor.agents.get(fact.agent)
        out: Out = [CancelTimer(key=_key(fact.agent, fact.skill))]
        return out + (self._floor.reskill(agent, now) if agent is not None else [])

    def expired(self, whom: str, now: float) -> Out:
        """The timer of a certificate has fired."""
        agent, _, skill = whom.partition("/")
        until = self._until.get((AgentId(agent), skill))
        if until is None or now < until:
            return []
        return [CertificateExpired(agent=AgentId(agent), skill=skill)]

    def restored(self, event: Restored, now: float) -> Out:
        """The first event of a run: who holds what."""
        out: Out = []
        for held in event.certificates:
            if held.valid(now):
                out += self._holds_now(held.agent, held.skill, held.until, now)
        return out

    def _holds_now(self, agent: AgentId, skill: str, until: float | None, now: float) -> Out:
        self._until[(agent, skill)] = until
        known = self._floor.agents.get(agent)
        key = _key(agent, skill)
        out: Out = [SetTimer(key=key, at=until) if until is not None else CancelTimer(key=key)]
        return out + (self._floor.reskill(known, now) if known is not None else [])

    def _refusal(self, ask: Ask) -> tuple[str, dict[str, str]] | None:
        if ask.agent not in self._floor.agents:
            return "agent_unknown", {"agent": ask.agent}
        allowed = self._floor.terms.certificate_skills
        if ask.skill not in allowed:
            return "skill_without_certificate", {"skill": ask.skill, "allowed": ", ".join(allowed) or "–"}
        return None

    def _refuse(self, ask: Ask, code: str, words: dict[str, str]) -> Out:
        return [AskRefused(actor=ask.actor, what=type(ask).__name__, code=code, words=words)]


def _key(agent: AgentId, skill: str) -> tuple[str, str]:
    return ("certificate", f"{agent}/{skill}")

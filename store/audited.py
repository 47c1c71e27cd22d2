"""Which facts are acts of people: a table from the kind of fact to what the audit trail keeps of it."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from store.projector import Entry
from telephony import certificates, facts, screens, supervising
from telephony.agents import BreakVerb
from telephony.batches import BatchFact
from telephony.facts import Fact


class Deed(NamedTuple):
    """An act before it has its place in a chain."""

    at: float
    actor: str
    act: str
    about: str
    words: str


def _words(words: dict[str, str]) -> str:
    return msgspec.json.encode(words, order="sorted").decode()


def _befell(at: float, fact: BatchFact) -> Deed:
    fields = {name: str(getattr(fact, name)) for name in fact.__struct_fields__ if name not in _NOT_WORDS}
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", type(fact).__name__).lower()
    return Deed(at, fact.actor, f"batch.{name.removeprefix('batch_')}", fact.batch, _words(fields))


def _batch_facts() -> Iterator[type[Fact]]:
    waiting: list[type[Fact]] = [BatchFact]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        yield from kinds
        waiting.extend(kinds)


_BY_LEADERS = frozenset({BreakVerb.GRANT, BreakVerb.REFUSE, BreakVerb.TAKE_BACK, BreakVerb.EXTEND})


def _came(at: float, fact: supervising.SupervisionBegun | supervising.SupervisionTurned) -> Deed:
    return Deed(at, fact.actor, f"call.{fact.ear.value}", fact.call, _words({"agent": fact.agent}))


def _went(at: float, fact: supervising.SupervisionEnded) -> Deed:
    words = {"agent": fact.agent, "ear": fact.ear.value, "seconds": f"{fact.for_s:.1f}", "why": fact.why}
    return Deed(at, fact.actor, "call.leave", fact.call, _words(words))


_NOT_WORDS = frozenset({"batch", "actor", "leads"})

RULES: dict[type[Fact], Callable[[float, Any], Deed]] = {
    facts.Acted: lambda at, f: Deed(at, f.actor, f.act, f.about, _words(f.words)),
    facts.CampaignChanged: lambda at, f: Deed(at, f.actor, "campaign.steer", f.campaign, _words({"state": f.state})),
    **dict.fromkeys(_batch_facts(), _befell),
    facts.AgentForced: lambda at, f: Deed(
        at, f.actor, f"agent.force_{f.what.value}", f.agent, _words({"reason": f.reason, "why": f.why})
    ),
    facts.SkillsAdjusted: lambda at, f: Deed(
        at,
        f.actor,
        "agent.skills",
        f.agent,
        _words({"skills": ", ".join(f"{name} {level}" for name, level in sorted(f.skills.items())), "why": f.why}),
    ),
    facts.BreakChanged: lambda at, f: Deed(
        at,
        "" if f.actor == f.agent or f.verb not in _BY_LEADERS else f.actor,
        f"agent.break_{f.verb.value}",
        f.agent,
        _words({"why": f.why}),
    ),
    certificates.CertificateGranted: lambda at, f: Deed(
        at,
        f.actor,
        "agent.certify",
        f.agent,
        _words({"skill": f.skill, "until": "" if f.until is None else f"{f.until:.0f}"}),
    ),
    certificates.CertificateWithdrawn: lambda at, f: Deed(
        at, f.actor, "agent.decertify", f.agent, _words({"skill": f.skill, "why": f.why})
    ),
    screens.SeatTakenOver: lambda at, f: Deed(
        at, f.actor, "kvm.take_over", f.failed, _words({"spare": f.spare, "agents": ", ".join(f.agents)})
    ),
    screens.ScreenSignedIn: lambda at, f: Deed(at, f.user, "kvm.sign_in", f.receiver, _words({})),
    supervising.SupervisionBegun: _came,
    supervising.SupervisionTurned: _came,
    supervising.SupervisionEnded: _went,
    supervising.CallTakenOver: lambda at, f: Deed(at, f.actor, "call.take_over", f.call, _words({"agent": f.agent})),
    facts.RecordingPaused: lambda at, f: Deed(at, f.actor, "recording.pause", f.call, _words({"agent": f.agent})),
    facts.RecordingResumed: lambda at, f: Deed(
        at, f.actor, "recording.resume", f.call, _words({"agent": f.agent, "seconds": f"{f.paused_s:.1f}"})
    ),
    facts.NuisanceMarked: lambda at, f: Deed(at, f.actor, "nuisance.add", f.call, _words({"reason": f.reason})),
    facts.CustomerBarred: lambda at, f: Deed(at, f.actor, "dnc.bar", f.customer, _words({"reason": f.why})),
}


def deeds(entries: Sequence[Entry]) -> list[Deed]:
    """What of these facts goes into the audit trail, in their order; what came by itself is nobody's act."""
    found = [RULES[type(fact)](at, fact) for at, fact in entries if type(fact) in RULES]
    return [deed for deed in found if deed.actor]

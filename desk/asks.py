"""From a path and a JSON body to the wish the floor understands; a number somebody wrote into free text is masked."""

from collections.abc import Callable
from typing import Any

from desk import bodies
from desk.faults import Refusal
from desk.masked import mask_digits
from telephony.agents import (
    AgentAsk,
    BreakAsked,
    BreakVerb,
    DialAsked,
    DispositionGiven,
    ForceAsked,
    HangUpAsked,
    HoldAsked,
    LeaveAsked,
    NotReadyAsked,
    NuisanceAsked,
    PreviewAsked,
    ReadyAsked,
    ResumeAsked,
    SignInAsked,
    SignOutAsked,
    SkillsAsked,
    SkipAsked,
    StayAsked,
)
from telephony.ids import AgentId, CallId, CampaignId, LeadId
from telephony.later import MessageDialAsked, MessageDoneAsked, MessageReturnAsked, MessageTakeAsked
from telephony.numbers import NumberFault, parse
from telephony.oncall import (
    ConferenceAsked,
    ConsultAsked,
    ConsultEndAsked,
    Kind,
    Party,
    SurveyAsked,
    SwapAsked,
    TransferAsked,
)


def _disposition(actor: str, agent: AgentId, said: bodies.Disposition) -> AgentAsk:
    return DispositionGiven(
        actor=actor,
        agent=agent,
        call=CallId(said.call),
        disposition=mask_digits(said.disposition),
        note=mask_digits(said.note),
        done=said.done,
        callback_at=said.callback_at,
    )


def _party(body: bodies.PartyBody) -> Party | None:
    """The one party that is meant, None for none; raises Refusal for several, or for what is no number."""
    given = [
        Party(kind=kind, name=name)
        for kind, name in ((Kind.AGENT, body.agent), (Kind.QUEUE, body.queue), (Kind.NODE, body.node))
        if name is not None
    ]
    given += [Party(kind=Kind.LEADER)] if body.leader else []
    if body.number is not None:
        try:
            given.append(Party(kind=Kind.NUMBER, number=parse(body.number, "ZZ")))
        except NumberFault as fault:
            raise Refusal(409, "party_number", {"why": fault.why}) from None
    if len(given) > 1:
        raise Refusal(409, "party_one")
    return given[0] if given else None


def _consult(actor: str, agent: AgentId, body: bodies.PartyBody) -> AgentAsk:
    to = _party(body)
    if to is None:
        raise Refusal(409, "party_one")
    return ConsultAsked(actor=actor, agent=agent, to=to)


AGENT_ASKS: dict[str, Callable[[str, AgentId, Any], AgentAsk]] = {
    "force": lambda actor, agent, body: ForceAsked(
        actor=actor, agent=agent, what=body.what, reason=mask_digits(body.reason), why=mask_digits(body.why)
    ),
    "skills": lambda actor, agent, body: SkillsAsked(
        actor=actor, agent=agent, skills=body.skills, why=mask_digits(body.why)
    ),
    "break": lambda actor, agent, body: BreakAsked(actor=actor, agent=agent, verb=BreakVerb(body.do)),
    "break-lead": lambda actor, agent, body: BreakAsked(
        actor=actor, agent=agent, verb=BreakVerb(body.do), extra_s=body.extra_s, why=mask_digits(body.why)
    ),
    "sign-in": lambda actor, agent, body: SignInAsked(actor=actor, agent=agent, mode=body.mode),
    "sign-out": lambda actor, agent, body: SignOutAsked(actor=actor, agent=agent),
    "ready": lambda actor, agent, body: ReadyAsked(actor=actor, agent=agent, in_s=body.in_s),
    "not-ready": lambda actor, agent, body: NotReadyAsked(actor=actor, agent=agent, reason=mask_digits(body.reason)),
    "leave": lambda actor, agent, body: LeaveAsked(
        actor=actor, agent=agent, in_s=body.in_s, reason=mask_digits(body.reason)
    ),
    "stay": lambda actor, agent, body: StayAsked(actor=actor, agent=agent),
    "hold": lambda actor, agent, body: HoldAsked(actor=actor, agent=agent),
    "resume": lambda actor, agent, body: ResumeAsked(actor=actor, agent=agent),
    "hang-up": lambda actor, agent, body: HangUpAsked(actor=actor, agent=agent),
    "disposition": _disposition,
    "nuisance": lambda actor, agent, body: NuisanceAsked(
        actor=actor, agent=agent, call=CallId(body.call), reason=mask_digits(body.reason)
    ),
    "preview": lambda actor, agent, body: PreviewAsked(actor=actor, agent=agent, campaign=CampaignId(body.campaign)),
    "dial": lambda actor, agent, body: DialAsked(actor=actor, agent=agent, lead=LeadId(body.lead)),
    "take-message": lambda actor, agent, body: MessageTakeAsked(actor=actor, agent=agent, message=body.message),
    "return-message": lambda actor, agent, body: MessageReturnAsked(actor=actor, agent=agent, message=body.message),
    "call-back": lambda actor, agent, body: MessageDialAsked(actor=actor, agent=agent, message=body.message),
    "message-done": lambda actor, agent, body: MessageDoneAsked(
        actor=actor, agent=agent, message=body.message, result=mask_digits(body.result), note=mask_digits(body.note)
    ),
    "skip": lambda actor, agent, body: SkipAsked(actor=actor, agent=agent, lead=LeadId(body.lead)),
    "consult": _consult,
    "consult-end": lambda actor, agent, body: ConsultEndAsked(actor=actor, agent=agent),
    "swap": lambda actor, agent, body: SwapAsked(actor=actor, agent=agent),
    "conference": lambda actor, agent, body: ConferenceAsked(actor=actor, agent=agent),
    "transfer": lambda actor, agent, body: TransferAsked(actor=actor, agent=agent, to=_party(body)),
    "survey": lambda actor, agent, body: SurveyAsked(actor=actor, agent=agent, survey=body.survey),
}

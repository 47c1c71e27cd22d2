"""To the survey: the customer is asked how he found the call, and his scores are kept for it and its agent."""

from collections.abc import Mapping

import msgspec

from acd.agents import Agent, Verb
from acd.consults import Consults
from acd.floor import Out
from acd.transferring import Next, Transferring
from config.oncall import SurveySettings
from telephony.agents import HangUpAsked
from telephony.commands import AskSurvey, HangUp, Question
from telephony.events import SurveyOver, SurveyPressed
from telephony.facts import CallEnded, CallLeft, InboundEnded
from telephony.ids import AgentId, CallId, LegId
from telephony.leads import Restored
from telephony.oncall import How, Kind, SurveyAnswered, SurveyAsked, SurveyEnded, SurveySent


class Asked(msgspec.Struct):
    """A survey under way."""

    agent: AgentId
    survey: str
    answered: int = 0


class Surveying:
    """Hears wishes for surveys, hang-ups that are to end in one, and customers' digits."""

    def __init__(self, consults: Consults, transferring: Transferring, surveys: Mapping[str, SurveySettings]) -> None:
        self._shared = consults
        self._floor = consults.floor
        self._transferring = transferring
        self._surveys = surveys
        self._sending: dict[CallId, str] = {}
        self._asked: dict[CallId, Asked] = {}

    def asked(self, ask: SurveyAsked, now: float) -> Out:
        agent = self._shared.with_call(ask, Verb.CALL_OVER)
        if not isinstance(agent, Agent) or agent.call is None:
            return agent if isinstance(agent, list) else []
        if agent.id in self._shared.by_agent:
            return self._shared.refuse(ask, "consulting", agent=agent.id)
        name = ask.survey or self._of_line(agent)[0]
        if name not in self._surveys:
            code = "survey_unknown" if name else "survey_none"
            return self._shared.refuse(ask, code, survey=name, allowed=", ".join(sorted(self._surveys)) or "–")
        return self._send(agent, agent.call, name)

    def hang_up(self, ask: HangUpAsked, now: float) -> Out:
        """The agent ends the conversation; where his line has it so, in a survey."""
        consulted = self._shared.host_of(ask.agent)
        if consulted is not None:
            return self._transferring.consulting.over(consulted, "left", now)
        agent = self._floor.agents.get(ask.agent)
        if agent is None or agent.call is None:
            return self._shared.refuse(ask, "no_call", agent=ask.agent)
        name, by_itself = self._of_line(agent)
        free = agent.may(Verb.CALL_OVER) and agent.id not in self._shared.by_agent and agent.server in self._floor.up
        if by_itself and name in self._surveys and free and agent.call in self._shared.calls:
            return self._send(agent, agent.call, name)
        return [HangUp(server=agent.server, leg=LegId(agent.call))]

    def _of_line(self, agent: Agent) -> tuple[str, bool]:
        line = self._floor.queues.get(agent.campaign) or self._floor.campaigns.get(agent.campaign)
        return (line.survey or "", line.survey_auto) if line is not None else ("", False)

    def _send(self, agent: Agent, call: CallId, name: str) -> Out:
        survey = self._surveys[name]
        command = AskSurvey(
            server=agent.server,
            call=call,
            questions=tuple(Question(sound=q.sound, digits=q.digits) for q in survey.question),
            tries=survey.tries,
            wait_s=survey.wait_s,
            intro=survey.intro or "",
            thanks=survey.thanks or "",
        )
        self._sending[call] = name
        return self._transferring.hand_over(agent, call, How.SURVEY, Kind.SURVEY, name, Next(command=command))

    def left(self, fact: CallLeft, now: float) -> Out:
        name = self._sending.pop(fact.call, None)
        known = self._shared.calls.get(fact.call)
        if name is None or known is None or known.evidence.ended:
            return []
        self._asked[fact.call] = Asked(fact.agent, name)
        questions = len(self._surveys[name].question)
        return [SurveySent(call=fact.call, agent=fact.agent, survey=name, questions=questions, server=known.server)]

    def pressed(self, event: SurveyPressed, now: float) -> Out:
        call = CallId(event.leg)
        asked = self._asked.get(call)
        if asked is None or not event.digit.isdigit():
            return []
        asked.answered += 1
        return [
            SurveyAnswered(
                call=call,
                agent=asked.agent,
                survey=asked.survey,
                question=event.question,
                score=int(event.digit),
            )
        ]

    def over(self, event: SurveyOver, now: float) -> Out:
        return self._end(CallId(event.leg))

    def call_over(self, fact: CallEnded | InboundEnded, now: float) -> Out:
        self._sending.pop(fact.call, None)
        return self._end(fact.call)

    def _end(self, call: CallId) -> Out:
        asked = self._asked.pop(call, None)
        if asked is None:
            return []
        return [SurveyEnded(call=call, agent=asked.agent, survey=asked.survey, answered=asked.answered)]

    def restored(self, event: Restored, now: float) -> Out:
        """Surveys that were under way go on being heard."""
        for known in event.surveys:
            self._asked[known.call] = Asked(known.agent, known.survey, known.answered)
        return []

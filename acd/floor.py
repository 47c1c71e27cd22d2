"""The floor: agents, waiting customers and who is reserved for whom, with the moves every part of the router makes."""

from collections.abc import Callable, Mapping, Sequence

from acd import seats
from acd.agents import ON_A_CALL, Agent, Verb, Waiting
from acd.callers import Caller
from acd.line import Idle, Line
from acd.no_answer import NoAnswer
from acd.reasons import Reason, reason
from acd.routing import Match, Router
from acd.supply import Supply
from acd.terms import LAST_AGENT, Terms
from config.floor import NoAnswerSettings
from config.model import AgentSettings, AmdSettings, CampaignSettings, FloorSettings
from config.queues import QueueSettings, SkillSettings
from config.routing import RoutingSettings
from telephony.agents import AgentState, SeatMode
from telephony.commands import CancelTimer, Command, LeaveMessage, Park, PlayAbandonMessage, SetTimer
from telephony.facts import CallOffered, CallWaiting, Fact, OfferFailed
from telephony.ids import AgentId, CallId, CampaignId, LegId, ServerId, agent_of_seat

Out = list[Fact | Command]
S = AgentState
SIGN_OUT = "sign_out"
ExpectedS = Callable[[str, int, float], float | None]


class Floor:
    """What the parts of the router share. Every move returns the facts and commands that follow from it."""

    def __init__(
        self,
        *,
        agents: Sequence[AgentSettings],
        campaigns: Mapping[str, CampaignSettings],
        rules: FloorSettings,
        serial: Callable[[], str],
        queues: Mapping[str, QueueSettings] | None = None,
        skills: Mapping[str, SkillSettings] | None = None,
        routing: RoutingSettings | None = None,
    ) -> None:
        self.rules = rules
        self.campaigns = campaigns
        self.queues: Mapping[str, QueueSettings] = queues or {}
        self.no_answer = NoAnswer(self.no_answer_rules, rules.ring_s)
        self.agents: dict[AgentId, Agent] = {
            AgentId(a.id): Agent(id=AgentId(a.id), settings=a, server=ServerId(a.asterisk), mode=SeatMode(a.mode))
            for a in agents
        }
        self.terms = Terms(self.queues, routing, skills)
        self.router = Router(self.terms.values)
        for agent in self.agents.values():
            self.router.enrol(agent.id, agent.server, self.terms.levels(agent.settings), 0.0)
        self.idle = Idle(self.router)
        self.queue = Line(self.router, self.terms.request)
        self._widens_at: float | None = None
        self.supply = Supply(self.agents, self.idle, self.wrap_up_s)
        self.serial = serial
        self.expected_s: ExpectedS = lambda queue, position, now: None
        """What the caller at this position of a queue (from 1) can expect to wait, in seconds, None when nothing tells."""
        self.answered: dict[CallId, float] = {}
        self.reserved: dict[CallId, AgentId] = {}
        self.again: set[CallId] = set()
        """Customers an agent was found for once, or who waited before a restart: they wait anew when they wait again."""
        self.turns: dict[CallId, Callable[[Agent, CallId, float], Out]] = {}
        """What is done in place of an offer when an agent is reserved for somebody who is not on the line."""
        self.callers: dict[CallId, Caller] = {}
        """Those who have called us; `acd.inbound` keeps them."""
        self.up: set[ServerId] = set()

    def take_seat(self, agent: Agent) -> Out:
        if agent.server not in self.up:
            return []
        return seats.take(agent, self.serial(), self.rules.ring_s, self.rules.auto_answer)

    def log_out(self, agent: Agent, now: float, actor: str = "") -> Out:
        agent.wants_ready, agent.after, agent.misses = False, "", 0
        self.idle.drop(agent)
        out: Out = [CancelTimer(key=("wrap_up", agent.id)), agent.do(Verb.SIGN_OUT, now, actor=actor)]
        return out + seats.leave(agent)

    def will_leave(self, agent: Agent, at: float, reason: str) -> None:
        """From that instant the agent takes no further call."""
        agent.leaves_at, agent.leaves_for = at, reason
        self.supply.leaves(agent.id, at)

    def stays(self, agent: Agent) -> None:
        """Nothing keeps the agent from further calls."""
        agent.leaves_at, agent.leaves_for, agent.after, agent.after_by = None, "", "", ""
        self.supply.stays(agent.id)

    def after_this_call(self, agent: Agent, what: str, now: float, actor: str = "") -> None:
        """What the agent does when he is done with the call at hand, a not-ready reason or "sign_out"."""
        agent.after, agent.after_by = what, actor
        self.supply.leaves(agent.id, now)

    def leave(self, agent: Agent, now: float) -> Out:
        """The announced instant has come: a free agent goes, a busy one when he is done."""
        what = agent.leaves_for or SIGN_OUT
        if agent.state in ON_A_CALL or agent.state is S.WRAP_UP:
            self.after_this_call(agent, what, now)
            return []
        if agent.state is S.LOGGED_OUT:
            return []
        if what == SIGN_OUT:
            return self.log_out(agent, now)
        agent.wants_ready = False
        self.idle.drop(agent)
        return [agent.do(Verb.NOT_READY, now, what)]

    def wrap_up(self, agent: Agent, until: float) -> Out:
        """The wrap-up under way ends at that instant at the latest."""
        agent.wrap_ends = until
        return [SetTimer(key=("wrap_up", agent.id), at=until)]

    def become_ready(self, agent: Agent, now: float, actor: str = "") -> Out:
        if not agent.phone_ready or not agent.may(Verb.READY):
            return []
        return [agent.do(Verb.READY, now, actor=actor), *self.serve(agent, now)]

    def reserve(self, agent: Agent, call: CallId, campaign: CampaignId, now: float) -> Out:
        self.idle.drop(agent)
        self.reserved[call] = agent.id
        agent.call, agent.campaign = call, campaign
        return [agent.do(Verb.RESERVE, now)]

    def serve(self, agent: Agent, now: float) -> Out:
        """A free agent takes the call of most value to him, or joins the idle."""
        match = self.router.free(agent.id, agent.since, now)
        return self.met(match, now) if match is not None else []

    def wait(self, waiting: Waiting, now: float, why: Reason | None = None) -> Out:
        """The call is given to an agent at once, or waits for one; `why` takes the place of the router's own reason."""
        self._wait_for_last(waiting, now)
        match = self.queue.add(waiting, now)
        if match is not None:
            return self.met(match, now, waiting, why)
        out: Out = [SetTimer(key=("patience", waiting.call), at=waiting.until)] if waiting.until is not None else []
        return out + self._next_widening()

    def _wait_for_last(self, waiting: Waiting, now: float) -> None:
        """A caller whose last agent is at work waits for him a while, where the queue has it so."""
        last = self.agents.get(AgentId(waiting.traits.get(LAST_AGENT, "")))
        seconds = self.terms.last_agent_wait_s(waiting.campaign)
        if last is None or not seconds or waiting.wanted is not None or last.state in (S.LOGGED_OUT, S.AUX):
            return
        if now < waiting.answered_at + seconds and self.router.suits(last.id, self.terms.request(waiting)):
            waiting.wanted, waiting.wanted_until = last.id, waiting.answered_at + seconds

    def unwait(self, call: CallId) -> Waiting | None:
        """The call waits no more; None when it did not."""
        return self.queue.drop(call)

    def free_for(self, waiting: Waiting, now: float) -> AgentId | None:
        """The agent that call would be given if it came to wait now."""
        found = self.router.could_take(self.terms.request(waiting), now)
        return AgentId(found) if found is not None else None

    def met(self, match: Match, now: float, comes: Waiting | None = None, why: Reason | None = None) -> Out:
        """The router has matched them: the agent is reserved and the call offered. `comes` has not waited at all."""
        agent, call = self.agents[AgentId(match.agent)], CallId(match.call)
        waited = self.queue.taken(call)
        known = waited or comes
        if known is None:
            return [*self.serve(agent, now)]
        out: Out = [CancelTimer(key=("patience", call))] if waited is not None and waited.until is not None else []
        found = why or reason(match, self.router, self.terms, came=waited is None)
        return [
            *out,
            *self.reserve(agent, call, known.campaign, now),
            *self.offer(agent, call, known.campaign, found),
        ]

    def opened(self, server: ServerId, now: float) -> Out:
        """The PBX connects calls again."""
        self.up.add(server)
        return [each for match in self.router.open(server, now) for each in self.met(match, now)]

    def closed(self, server: ServerId) -> None:
        """The PBX cannot be reached: nobody there is given a call."""
        self.up.discard(server)
        self.router.shut(server)

    def widened(self, now: float) -> Out:
        """Demands widen with the wait; who waits may now be for others."""
        self._widens_at = None
        out: Out = [each for match in self.router.due(now) for each in self.met(match, now)]
        return out + self._next_widening()

    def _next_widening(self) -> Out:
        at = self.router.next_at
        if at is None or (self._widens_at is not None and self._widens_at <= at):
            return []
        self._widens_at = at
        return [SetTimer(key=("widen", "router"), at=at)]

    def offer(self, agent: Agent, call: CallId, campaign: CampaignId, why: Reason) -> Out:
        if (turn := self.turns.get(call)) is not None:
            return turn(agent, call, agent.since)
        self.again.add(call)
        return [
            CallOffered(
                call=call,
                campaign=campaign,
                agent=agent.id,
                server=agent.server,
                why=why.text,
                code=why.code,
                words=why.words,
            )
        ]

    def reskill(self, agent: Agent, now: float) -> Out:
        """What the agent has to offer has changed; a call that waits for just that is his at once."""
        settings = agent.settings.model_copy(update={"skills": agent.skills}) if agent.skills else agent.settings
        match = self.router.enrol(agent.id, agent.server, self.terms.levels(settings), now)
        return self.met(match, now) if match is not None else []

    def wrapped(self, agent: Agent, now: float, actor: str = "") -> Out:
        out: Out = [CancelTimer(key=("wrap_up", agent.id))]
        if agent.after:
            return out + self.after_call(agent, now)
        if not agent.phone_ready:
            agent.wants_ready = True
            return [*out, agent.do(Verb.NOT_READY, now, agent.why_no_phone)]
        agent.wants_ready = True
        return [*out, agent.do(Verb.WRAPPED, now, actor=actor), *self.serve(agent, now)]

    def after_call(self, agent: Agent, now: float) -> Out:
        """Do what the agent asked for during the call; a released agent with no such wish is free again."""
        after, by, agent.after, agent.after_by = agent.after, agent.after_by, "", ""
        if after == SIGN_OUT:
            return self.log_out(agent, now, by)
        if after:
            agent.wants_ready = False
            return [agent.do(Verb.NOT_READY, now, after, by)]
        if agent.state is S.READY and not agent.phone_ready:
            agent.wants_ready = True
            return [agent.do(Verb.LOSE_PHONE, now, agent.why_no_phone)]
        if agent.state is S.READY:
            return self.serve(agent, now)
        return []

    def release(self, call: CallId, now: float) -> Out:
        """The call an agent was reserved for is gone before they talked."""
        agent = self.agents.get(self.reserved.pop(call, AgentId("")))
        if agent is None or agent.call != call or not agent.may(Verb.RELEASE):
            return []
        return [CancelTimer(key=("offer", call)), agent.do(Verb.RELEASE, now), *self.after_call(agent, now)]

    def phone_gone(self, leg: LegId, why: str, now: float) -> Out:
        agent = self.agents.get(agent_of_seat(leg) or AgentId(""))
        if agent is None or agent.seat != leg:
            return []
        out = seats.gone(agent, why, now, signed_in=agent.state is not S.LOGGED_OUT)
        if agent.state is not S.AUX and agent.may(Verb.LOSE_PHONE):
            agent.wants_ready = True
            self.idle.drop(agent)
            call = agent.call
            out.append(agent.do(Verb.LOSE_PHONE, now, "phone_lost"))
            if call is not None:
                self.reserved.pop(call, None)
                out += [OfferFailed(call=call, agent=agent.id, why="phone_lost"), Park(server=agent.server, call=call)]
        return out

    def skilled(self, agent: Agent, skills: Mapping[str, int], now: float) -> Out:
        """The agent has these skills from now on, those of his settings when there are none; a free one may match."""
        agent.skills = dict(skills)
        return self.reskill(agent, now)

    def no_answer_rules(self, queue: str) -> NoAnswerSettings:
        """What a missed call of that queue or campaign does."""
        settings = self.queues.get(queue)
        own = settings.no_answer if settings is not None else None
        return self.rules.no_answer if own is None else own

    def wrap_up_s(self, campaign: str) -> float:
        settings = self.campaigns.get(campaign) or self.queues.get(campaign)
        own = settings.wrap_up_s if settings is not None else None
        return self.rules.wrap_up_s if own is None else own

    def message(self, waiting: Waiting) -> PlayAbandonMessage:
        """What a customer hears whom nobody could take, as his campaign has it."""
        settings = self.campaigns.get(waiting.campaign)
        if settings is None:
            return PlayAbandonMessage(server=waiting.server, call=waiting.call)
        return PlayAbandonMessage(
            server=waiting.server,
            call=waiting.call,
            message=settings.abandon_message,
            opt_out_key=settings.opt_out_key,
        )

    def amd(self, campaign: str) -> AmdSettings | None:
        """How the campaign has answering machines treated; None when it is gone."""
        settings = self.campaigns.get(campaign)
        return settings.amd if settings is not None else None

    def left_message(self, fact: CallWaiting) -> LeaveMessage:
        """What an answering machine of the campaign hears."""
        amd = self.amd(fact.campaign) or AmdSettings()
        return LeaveMessage(server=fact.server, call=fact.call, message=amd.message)

    def patient_until(self, call: CallId, answered: float, campaign: str, now: float) -> float:
        """When a waiting customer is given up. The first wait is counted from his answer, whatever machine detection
        took of it; who waits again is given the whole time once more."""
        settings = self.campaigns.get(campaign)
        patience_s = settings.pacing.patience_s if settings is not None else 2.0
        return now + patience_s if call in self.again else max(now, answered + patience_s)

"""Break tokens on the floor: what people ask of them, offers in time, agents who leave and come back, and alarms.

Tokens are kept by ``acd/breaks.py``; here they meet agents, shifts and timers.
"""

from collections.abc import Iterable

from acd.agents import ON_A_CALL, Agent, Verb
from acd.breaks import Token, Tokens
from acd.floor import Floor, Out
from acd.roster import Roster
from telephony.agents import AgentState, BreakAsked, BreakState, BreakVerb
from telephony.commands import CancelTimer, SetTimer
from telephony.facts import (
    AgentChanged,
    AlarmCleared,
    AlarmRaised,
    AskRefused,
    BreakChanged,
    BreaksRestricted,
    LeaveAnnounced,
    LeaveWithdrawn,
)
from telephony.ids import AgentId
from telephony.leads import Restored

B, V = BreakState, BreakVerb
S = AgentState
OVERDUE = "break_overdue"
LEADERS = frozenset({V.GRANT, V.REFUSE, V.TAKE_BACK, V.EXTEND})
PERSONS = LEADERS | {V.ASK, V.TAKE, V.WITHDRAW, V.END}


class BreakDesk:
    """Hands out the tokens. `restricted` is why nobody is offered one, "" when they are."""

    def __init__(self, floor: Floor, roster: Roster | None) -> None:
        self._floor = floor
        self._roster = roster
        self._rules = floor.rules.breaks
        self.tokens = Tokens(lambda group: self._rules.groups.get(group, self._rules.at_once))
        self.restricted = ""
        self._overdue: set[AgentId] = set()

    def asked(self, ask: BreakAsked, now: float) -> Out:
        """What a person wants; refused with a code when it cannot be."""
        agent = self._floor.agents.get(ask.agent)
        if agent is None:
            return self._refuse(ask, "agent_unknown", agent=ask.agent)
        if ask.verb not in PERSONS or not self.tokens.may(agent.id, ask.verb):
            state = self.tokens.state(agent.id)
            return self._refuse(ask, "break_state", agent=agent.id, state=state.value, verb=ask.verb.value)
        if agent.state is S.LOGGED_OUT:
            return self._refuse(ask, "agent_state", agent=agent.id, state=agent.state.value, verb="break")
        match ask.verb:
            case V.ASK:
                if self._guarded(agent.id, now):
                    minutes = f"{self._rules.guard_s / 60:.0f}"
                    return self._refuse(ask, "break_guard", agent=agent.id, minutes=minutes)
                return [self._do(agent, V.ASK, now, ask), *self._offers(agent.settings.group, now)]
            case V.TAKE | V.GRANT:
                return [*self._unless(agent), self._do(agent, ask.verb, now, ask), *self._leave(agent, now, ask.actor)]
            case V.EXTEND:
                return self._extend(agent, ask, now)
            case V.END:
                agent.wants_ready = True
                return self._floor.become_ready(agent, now, ask.actor) or self._over(agent, V.END, now, ask)
            case _:
                return self._away(agent, ask, now)

    def restrict(self, reason: str, now: float) -> Out:
        """No token is offered from now on, or again when `reason` is ""; offers not yet taken are recalled."""
        if reason == self.restricted:
            return []
        self.restricted = reason
        out: Out = [BreaksRestricted(reason=reason)]
        for token in list(self.tokens):
            if reason and token.state is B.OFFERED:
                agent = self._floor.agents[token.agent]
                out += [*self._unless(agent), self._do(agent, V.RECALL, now, why=reason)]
        if not reason:
            for group in sorted(self.tokens.groups()):
                out += self._offers(group, now)
        return out

    def moved(self, fact: AgentChanged, now: float) -> Out:
        """An agent went from one state to another: his break may begin, end, or be given up."""
        token = self.tokens.of(fact.agent)
        if token is None:
            return []
        agent = self._floor.agents[fact.agent]
        on_break = fact.now is S.AUX and fact.reason == self._rules.reason
        if fact.now is S.LOGGED_OUT:
            return self._over(agent, V.GONE, now)
        if token.state is B.LEAVING and on_break:
            until = now + self._rules.last_s
            return [self._do(agent, V.GO, now, until=until), SetTimer(key=("break", agent.id), at=until)]
        if token.state is B.OUT and not on_break:
            return self._over(agent, V.END, now)
        return []

    def stays(self, fact: LeaveWithdrawn, now: float) -> Out:
        """The agent has taken his leave back."""
        if self.tokens.state(fact.agent) is not B.LEAVING:
            return []
        return self._over(self._floor.agents[fact.agent], V.WITHDRAW, now)

    def due(self, agent: AgentId, now: float) -> Out:
        """An offer has waited long enough, or a break lasted so."""
        state = self.tokens.state(agent)
        if state is B.OFFERED:
            return self._over(self._floor.agents[agent], V.LAPSE, now)
        if state is not B.OUT or agent in self._overdue:
            return []
        self._overdue.add(agent)
        minutes = f"{self._rules.last_s / 60:.0f}"
        return [AlarmRaised(alarm=OVERDUE, about=agent, words={"agent": agent, "minutes": minutes})]

    def opened(self, now: float) -> Out:
        """A shift's guarded time may be over: whoever waits is offered what is free."""
        return [each for group in sorted(self.tokens.groups()) for each in self._offers(group, now)]

    def restored(self, event: Restored, now: float) -> Out:
        """Tokens as they were before the restart; what fell due meanwhile falls due at once."""
        out: Out = []
        for known in event.breaks:
            agent = self._floor.agents.get(known.agent)
            if agent is None or agent.state is S.LOGGED_OUT or known.state is B.NONE:
                continue
            self.tokens.put(
                Token(
                    agent=agent.id,
                    group=agent.settings.group,
                    state=known.state,
                    asked_at=known.asked_at,
                    until=known.until,
                )
            )
            if known.until is not None:
                out.append(SetTimer(key=("break", agent.id), at=max(now, known.until)))
            if known.state is B.LEAVING and agent.leaves_at is None:
                out += self._leave(agent, now, "")
        return out + self.opened(now)

    def out(self, agent: AgentId) -> bool:
        """Whether the agent is on a break with a token."""
        return self.tokens.state(agent) is B.OUT

    def _do(
        self,
        agent: Agent,
        verb: BreakVerb,
        now: float,
        ask: BreakAsked | None = None,
        *,
        why: str = "",
        until: float | None = None,
    ) -> BreakChanged:
        return self.tokens.do(
            agent.id,
            agent.settings.group,
            verb,
            now,
            actor=ask.actor if ask is not None else "",
            why=ask.why if ask is not None else why,
            until=until,
        )

    def _offers(self, group: str, now: float) -> Out:
        """Offer the group's free tokens to those who wait, in their order; whoever is on a call has taken his."""
        out: Out = []
        if self.restricted:
            return out
        for token in self.tokens.queue(group):
            if self.tokens.free(group) <= 0:
                break
            agent = self._floor.agents[token.agent]
            if self._guarded(agent.id, now):
                out.append(self._do(agent, V.LAPSE, now, why="guard"))
                continue
            until = now + self._rules.offer_s
            out.append(self._do(agent, V.OFFER, now, until=until))
            if agent.state in ON_A_CALL or agent.state is S.WRAP_UP:
                out += [self._do(agent, V.TAKE, now), *self._leave(agent, now, agent.id)]
            else:
                out.append(SetTimer(key=("break", agent.id), at=until))
        return out

    def _leave(self, agent: Agent, now: float, actor: str) -> Out:
        """The token is his: a free agent goes at once, a busy one when he is done, which the dialler is told."""
        reason = self._rules.reason
        if agent.state in ON_A_CALL or agent.state is S.WRAP_UP:
            self._floor.will_leave(agent, now, reason)
            self._floor.after_this_call(agent, reason, now, actor)
            return [LeaveAnnounced(agent=agent.id, at=now, reason=reason, actor=actor)]
        agent.wants_ready = False
        self._floor.idle.drop(agent)
        return [agent.do(Verb.NOT_READY, now, reason, actor)]

    def _extend(self, agent: Agent, ask: BreakAsked, now: float) -> Out:
        token = self.tokens.of(agent.id)
        begun = token.until if token is not None and token.until is not None else now
        until = max(begun, now) + ask.extra_s
        return [
            self._do(agent, V.EXTEND, now, ask, until=until),
            *self._well(agent.id),
            SetTimer(key=("break", agent.id), at=until),
        ]

    def _away(self, agent: Agent, ask: BreakAsked, now: float) -> Out:
        """The token goes back; an agent who is out is called back, one about to leave stays."""
        was = self.tokens.state(agent.id)
        out = self._over(agent, ask.verb, now, ask)
        if was is B.LEAVING:
            self._floor.stays(agent)
            out += [LeaveWithdrawn(agent=agent.id, actor=ask.actor), CancelTimer(key=("leave", agent.id))]
        if was is B.OUT:
            agent.wants_ready = True
            out += self._floor.become_ready(agent, now, ask.actor)
        return out

    def _over(self, agent: Agent, verb: BreakVerb, now: float, ask: BreakAsked | None = None) -> Out:
        return [
            self._do(agent, verb, now, ask),
            *self._unless(agent),
            *self._well(agent.id),
            *self._offers(agent.settings.group, now),
        ]

    def _unless(self, agent: Agent) -> Iterable[CancelTimer]:
        return (CancelTimer(key=("break", agent.id)),)

    def _well(self, agent: AgentId) -> Iterable[AlarmCleared]:
        if agent not in self._overdue:
            return ()
        self._overdue.discard(agent)
        return (AlarmCleared(alarm=OVERDUE, about=agent),)

    def _guarded(self, agent: AgentId, now: float) -> bool:
        """Whether the first or last guarded part of the agent's shift is under way."""
        shift = self._roster.shift_at(agent, now) if self._roster is not None else None
        if shift is None:
            return False
        return now < shift[0] + self._rules.guard_s or now >= shift[1] - self._rules.guard_s

    def _refuse(self, ask: BreakAsked, code: str, **words: str) -> Out:
        return [AskRefused(actor=ask.actor, what="BreakAsked", code=code, words=words)]

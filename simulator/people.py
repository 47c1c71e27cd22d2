"""Scripted agents: they sign in, talk, wrap up, take breaks and go home, knowing only the facts of the floor.

A plain object on its own heap: feed it facts with ``on_facts``, ask ``next_at`` when somebody will do something, and
put to the floor what ``due`` returns. It works the same in virtual time and over the wire.
"""

import random
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

import msgspec

from simulator.habits import Habits
from telephony.agents import (
    AgentAsk,
    AgentState,
    DialAsked,
    DispositionGiven,
    HangUpAsked,
    HoldAsked,
    NotReadyAsked,
    PreviewAsked,
    ReadyAsked,
    ResumeAsked,
    SignInAsked,
    SignOutAsked,
    SkipAsked,
)
from telephony.facts import AgentChanged, AskRefused, Fact, LeadShown
from telephony.ids import AgentId, CallId, CampaignId

FREE = frozenset({AgentState.READY, AgentState.AUX})


class Person(msgspec.Struct):
    """One scripted agent. `turn` grows with every change of state, so that an intention of before is dropped."""

    agent: AgentId
    preview: CampaignId | None = None
    state: AgentState = AgentState.LOGGED_OUT
    call: CallId | None = None
    turn: int = 0
    break_due: str = ""
    going_home: bool = False
    talk_planned: bool = False


class People:
    """All agents of a floor; `agents` with the campaign they preview for, or None when calls come by themselves."""

    def __init__(
        self,
        agents: Iterable[tuple[AgentId, CampaignId | None]],
        habits: Habits,
        rng: random.Random,
        *,
        start: float,
        end: float,
        dispositions: Sequence[str] = ("not_interested", "sale", "wrong_person"),
    ) -> None:
        self.habits = habits
        self.rng = rng
        self.end = end
        self.dispositions = tuple(dispositions)
        self.people = {agent: Person(agent, preview) for agent, preview in agents}
        self.agenda: list[tuple[float, int, Person, int | None, AgentAsk | str]] = []
        """A heap of what people will want, the instant first; to be looked at only."""
        self._serial = 0
        self._shape = 1 / habits.wrap_cv**2
        for person in self.people.values():
            self._will(start + rng.uniform(0, habits.sign_in_spread_s), person, "sign_in")
            self._will(end - rng.uniform(0, habits.leave_spread_s), person, "go_home")
            if habits.break_every_s:
                self._will(start + habits.break_every_s * rng.uniform(0.5, 1.5), person, "break")

    def next_at(self) -> float | None:
        """When somebody next wants something, epoch seconds."""
        return self.agenda[0][0] if self.agenda else None

    def due(self, now: float) -> list[AgentAsk]:
        """What people want by `now`; each is to be put to the floor at once."""
        asks: list[AgentAsk] = []
        while self.agenda and self.agenda[0][0] <= now:
            at, _, person, turn, what = heappop(self.agenda)
            if turn is not None and turn != person.turn:
                continue
            ask = self._resolve(what, person, at) if isinstance(what, str) else what
            if ask is not None:
                asks.append(ask)
        return asks

    def on_facts(self, facts: Iterable[Fact], now: float) -> None:
        """Learn what happened on the floor."""
        self.hear(now, facts)

    def hear(self, now: float, facts: Iterable[Fact]) -> None:
        """Learn what happened on the floor, as a watcher is told."""
        for fact in facts:
            kind = type(fact)
            if kind is AgentChanged:
                person = self.people.get(fact.agent)  # type: ignore[attr-defined]
                if person is not None:
                    self._changed(person, fact, now)  # type: ignore[arg-type]
            elif kind is LeadShown:
                person = self.people.get(fact.agent)  # type: ignore[attr-defined]
                if person is not None:
                    self._shown(person, fact, now)  # type: ignore[arg-type]
            elif kind is AskRefused and fact.what in ("ReadyAsked", "SignInAsked"):  # type: ignore[attr-defined]
                person = self.people.get(AgentId(fact.actor))  # type: ignore[attr-defined]
                if person is not None:
                    self._will(now + self.habits.retry_s, person, "again", person.turn)

    def _will(self, at: float, person: Person, what: AgentAsk | str, turn: int | None = None) -> None:
        self._serial += 1
        heappush(self.agenda, (at, self._serial, person, turn, what))

    def _resolve(self, what: str, person: Person, now: float) -> AgentAsk | None:
        agent = person.agent
        match what:
            case "sign_in" | "again" if person.state is AgentState.LOGGED_OUT:
                return None if person.going_home else SignInAsked(actor=agent, agent=agent)
            case "again" if person.state is AgentState.AUX:
                return ReadyAsked(actor=agent, agent=agent)
            case "go_home":
                person.going_home = True
                if person.state in FREE:
                    return SignOutAsked(actor=agent, agent=agent)
            case "break":
                person.break_due = self.rng.choice(self.habits.break_reasons)
                following = now + self.habits.break_every_s * self.rng.uniform(0.7, 1.3)
                if following < self.end:
                    self._will(following, person, "break")
                if person.state is AgentState.READY:
                    return NotReadyAsked(actor=agent, agent=agent, reason=person.break_due)
        return None

    def _changed(self, person: Person, fact: AgentChanged, now: float) -> None:
        person.turn += 1
        person.state = fact.now
        if fact.call is not None:
            person.call = fact.call
        elif fact.now in FREE:
            person.call = None
        agent, habits, rng = person.agent, self.habits, self.rng
        match fact.now:
            case AgentState.READY:
                person.talk_planned = False
                if person.going_home:
                    self._will(now + 0.5, person, SignOutAsked(actor=agent, agent=agent), person.turn)
                elif person.break_due:
                    ask = NotReadyAsked(actor=agent, agent=agent, reason=person.break_due)
                    self._will(now + 0.2, person, ask, person.turn)
                elif person.preview is not None:
                    preview = PreviewAsked(actor=agent, agent=agent, campaign=person.preview)
                    self._will(now + rng.uniform(0.5, 2.0), person, preview, person.turn)
            case AgentState.AUX:
                if person.going_home:
                    self._will(now + 0.5, person, SignOutAsked(actor=agent, agent=agent), person.turn)
                    return
                on_break = bool(person.break_due) and fact.reason == person.break_due
                if on_break:
                    person.break_due = ""
                pause = habits.break_s * rng.uniform(0.7, 1.3) if on_break else rng.uniform(1.0, habits.settle_s)
                self._will(now + pause, person, ReadyAsked(actor=agent, agent=agent), person.turn)
            case AgentState.TALKING:
                self._talking(person, now)
            case AgentState.HOLD:
                pause = rng.expovariate(1 / habits.hold_mean_s) + 1.0
                self._will(now + pause, person, ResumeAsked(actor=agent, agent=agent), person.turn)
            case AgentState.WRAP_UP:
                self._wrapping(person, now)
            case AgentState.LOGGED_OUT:
                person.talk_planned = False
                if not person.going_home:
                    self._will(now + habits.retry_s, person, "again", person.turn)
            case _:
                pass

    def _talking(self, person: Person, now: float) -> None:
        """Now and then the agent holds the customer once, or ends the talk himself."""
        if person.talk_planned:
            return
        person.talk_planned = True
        agent, chance = person.agent, self.rng.random()
        if chance < self.habits.ends_share:
            patience = self.rng.expovariate(1 / self.habits.ends_mean_s) + 5.0
            self._will(now + patience, person, HangUpAsked(actor=agent, agent=agent), person.turn)
        elif chance < self.habits.ends_share + self.habits.hold_share:
            self._will(now + self.rng.uniform(5, 60), person, HoldAsked(actor=agent, agent=agent), person.turn)

    def _wrapping(self, person: Person, now: float) -> None:
        person.talk_planned = False
        if person.call is None:
            return
        wrap_s = self.rng.gammavariate(self._shape, self.habits.wrap_mean_s / self._shape)
        given = DispositionGiven(
            actor=person.agent,
            agent=person.agent,
            call=person.call,
            disposition=self.rng.choice(self.dispositions),
        )
        self._will(now + wrap_s, person, given, person.turn)

    def _shown(self, person: Person, fact: LeadShown, now: float) -> None:
        agent, rng = person.agent, self.rng
        ask: AgentAsk
        if rng.random() < self.habits.skip_share:
            ask = SkipAsked(actor=agent, agent=agent, lead=fact.lead)
        else:
            ask = DialAsked(actor=agent, agent=agent, lead=fact.lead)
        self._will(now + rng.uniform(1.0, self.habits.preview_s), person, ask, person.turn)

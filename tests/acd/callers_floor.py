"""A floor with callers in virtual time: the house, one simulated PBX, agents, and all that was decided."""

import random
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, TypeVar

from config.model import (
    AgentSettings,
    AsteriskSettings,
    CalendarSettings,
    CampaignSettings,
    FloorSettings,
    ServerSettings,
    TrunkSettings,
)
from config.queues import QueueSettings
from simulator.carrier import ScriptedCarrier
from simulator.clock import SetClock
from simulator.exchange import VirtualExchange
from simulator.invariants import Invariants
from simulator.legs import Ending, Fate
from switchroom.house import build
from telephony.agents import AgentState, Ask, ReadyAsked, SignInAsked
from telephony.commands import FetchLeads, LookUpCaller, PbxCommand
from telephony.facts import CallQueued, Fact
from telephony.ids import AgentId, CallId, ServerId
from telephony.inbound import CallerFound
from telephony.leads import LeadsFetched, Restored
from telephony.numbers import PhoneNumber

START = 1_772_413_200.0
"""Monday 2 March 2026, 09:00 in Shanghai."""
PBX = ServerId("pbx1")
F = TypeVar("F", bound=Fact)
Look = Callable[[LookUpCaller], CallerFound | None]


class NoBooks:
    """A ledger that writes nothing, and a source of no leads."""

    healthy = True

    def submit(self, facts: Sequence[Fact], now: float, on_durable: Callable[[], None] | None = None) -> None:
        if on_durable is not None:
            on_durable()

    def fetch(self, command: FetchLeads, now: float, deliver: Callable[[LeadsFetched], None]) -> None:
        deliver(LeadsFetched(campaign=command.campaign, leads=(), limit=command.limit))


class CallersFloor:
    """`agents` by number with the queues they serve; `queues` by name as settings write them."""

    def __init__(
        self,
        queues: Mapping[str, Mapping[str, Any]],
        agents: Mapping[str, Sequence[str]],
        *,
        mode: str = "nailed_up",
        start: float = START,
        look: Look | None = None,
        calendars: Mapping[str, CalendarSettings] | None = None,
        pbx: VirtualExchange | None = None,
        clock: SetClock | None = None,
        campaigns: Mapping[str, CampaignSettings] | None = None,
        later: Callable[[Any], None] = lambda _: None,
        **server: Any,
    ) -> None:
        self.clock = clock or SetClock(start)
        self.settings = ServerSettings(
            asterisk=[AsteriskSettings(name=PBX, secret="x")],
            trunk=[
                TrunkSettings(name="trunk1", asterisk=PBX, dial="PJSIP/{digits}@carrier", caller_ids=["4001234567"])
            ],
            agent=[
                AgentSettings.model_validate(
                    {"id": id, "asterisk": PBX, "endpoint": f"PJSIP/{id}", "mode": mode, "queues": list(serves)}
                )
                for id, serves in agents.items()
            ],
            floor=FloorSettings(wrap_up_s=5.0, ring_s=10.0, reserve_s=2.0),
            queue={name: QueueSettings.model_validate(dict(settings)) for name, settings in queues.items()},
            calendar=dict(calendars or {}),
            **server,
        )
        self.pbx = pbx or VirtualExchange(PBX, ScriptedCarrier(), random.Random(1), self.clock)
        if pbx is None:
            for id in agents:
                self.pbx.add_phone(f"PJSIP/{id}")
        self.facts: list[tuple[float, Fact]] = []
        self.commands: list[PbxCommand] = []
        self.watch = Invariants()
        self.look = look or (lambda command: CallerFound(call=command.call))
        books = NoBooks()
        watched = self.watch.around(self.pbx, self.clock.now)
        self.house = build(
            server=self.settings,
            campaigns=campaigns or {},
            later=later,
            ledger=books,
            leads=books,
            exchanges={PBX: _Noted(watched, self.commands)},
            clock=self.clock.now,
            find=self._find,
        )
        watched.subscribe(self.house.core.feed)
        self.house.outbox.watch(self._hear)

    def open(self, restored: Restored | None = None) -> None:
        """The first event of the run, and the link is up."""
        self.house.core.feed(restored or Restored())
        self.pbx.open()
        self.run(0.1)

    def at_work(self, *agents: str) -> None:
        """These agents, or all, sign in and are ready."""
        self.open()
        self.sign_in(*(agents or tuple(self.house.acd.agents)))

    def sign_in(self, *agents: str) -> None:
        for id in agents:
            self.ask(SignInAsked(actor=id, agent=AgentId(id)))
        self.run(2.0)
        for id in agents:
            self.ask(ReadyAsked(actor=id, agent=AgentId(id)))

    def ask(self, ask: Ask) -> None:
        refused = self.house.core.ask(ask)
        assert refused is None, refused

    def call(
        self,
        line: str = "100",
        *,
        number: str | None = "+8613800138000",
        patience_s: float = inf,
        talk_s: float | None = 60.0,
        hangs_up_s: float = inf,
    ) -> CallId:
        """Somebody calls, now."""
        fate = Fate(Ending.ANSWERS, patience_s=patience_s, talk_s=talk_s)
        who = PhoneNumber(number) if number else None
        return CallId(self.pbx.call_in(who, line, fate, hangs_up_s=hangs_up_s))

    def run(self, seconds: float) -> None:
        """Let time pass, event by event."""
        end = self.clock.at + seconds
        while True:
            timer, event = self.house.core.timers.next_at(), self.pbx.next_at()
            at = min((each for each in (timer, event) if each is not None), default=inf)
            if at > end:
                break
            self.clock.to(at)
            self.pbx.advance(self.clock.at)
            self.house.core.fire_due(self.clock.at)
        self.clock.to(end)
        self.pbx.advance(end)

    def of(self, kind: type[F], **fields: object) -> list[F]:
        """Facts of a kind with these values, in order."""
        return [
            fact
            for _, fact in self.facts
            if isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in fields.items())
        ]

    def when(self, fact: Fact) -> float:
        """Seconds from the start at which a fact was decided."""
        return next(at for at, known in self.facts if known is fact) - START

    def sent(self, kind: type[PbxCommand]) -> list[PbxCommand]:
        return [command for command in self.commands if isinstance(command, kind)]

    def state(self, agent: str) -> AgentState:
        return self.house.acd.agents[AgentId(agent)].state

    def positions(self, call: CallId) -> list[tuple[str, int]]:
        """Queue and place each time the call was queued."""
        return [(fact.queue, fact.position) for fact in self.of(CallQueued, call=call)]

    def sound(self) -> None:
        """Nothing that must never be has been."""
        assert not self.watch.violations, self.watch.violations

    def _find(self, command: LookUpCaller) -> None:
        found = self.look(command)
        if found is not None:
            self.house.core.feed(found)

    def _hear(self, now: float, facts: Sequence[Fact]) -> None:
        self.facts.extend((now, fact) for fact in facts)
        self.watch.on_facts(now, facts)


class _Noted:
    """An exchange whose commands are kept."""

    def __init__(self, exchange: Any, commands: list[PbxCommand]) -> None:
        self._exchange, self._commands = exchange, commands

    @property
    def server(self) -> ServerId:
        return PBX

    def perform(self, command: PbxCommand) -> None:
        self._commands.append(command)
        self._exchange.perform(command)

    def subscribe(self, on_event: Any) -> None:
        self._exchange.subscribe(on_event)

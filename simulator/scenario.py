"""A scenario: a closed world written down in TOML, from which settings, leads, customers and agents are made.

A scenario is named by one that ships with the product (``smoke``, ``shift``, ``demo``, ``mixed``, ``outage``) or by the
path of a TOML file.
"""

import math
import random
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib import resources
from math import inf
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError

from config.callers import AnnounceSettings
from config.fields import Name, Section, Share
from config.model import (
    AgentSettings,
    AmdSettings,
    ApiSettings,
    AsteriskSettings,
    CallingWindow,
    CampaignSettings,
    FloorSettings,
    FrequencyRule,
    PacingSettings,
    ServerSettings,
    Settings,
    StoreSettings,
    TrunkSettings,
)
from config.queues import QueueSettings
from simulator.callers import CallersAtWork, CallersLine
from simulator.exchange import VirtualExchange
from simulator.faults import TrunkFaults
from simulator.habits import Habits
from simulator.odds import Odds
from simulator.people import People
from simulator.population import Customers, MadeUpLead, make_leads
from telephony.ids import AgentId, CampaignId, ServerId
from telephony.ports import Clock

TRUNK = "carrier"
TEMPLATE = "PJSIP/{digits}@carrier"
ATTEMPTS_PER_AGENT_HOUR = 160
MOST_LEADS = 400_000


class ScenarioFault(ValueError):
    """The scenario cannot be played; `words` say what is wrong, one line each."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__("; ".join(words))
        self.words = tuple(words)


class Line(Section):
    """One campaign of the scenario."""

    name: Name = Field(description="Name of the campaign.")
    title: str = Field("", description="Name shown to people.")
    mode: Literal["manual", "preview", "progressive", "power", "predictive"] = Field(
        "predictive", description="How calls are placed."
    )
    share: float = Field(1.0, gt=0, description="Its part of the agents, relative to the other campaigns.")
    ring_s: Annotated[float, Field(ge=5, le=120)] = Field(25.0, description="How long customers' phones ring.")
    amd: bool = Field(False, description="Whether AMD listens for machines.")
    target_abandon: Share = Field(0.028, description="Target share of abandoned calls.")
    record: bool = Field(True, description="Whether calls are recorded.")


class Season(Section):
    """From `at_s` on (seconds from the start) the population behaves so."""

    at_s: float = Field(ge=0, description="Begins this many seconds after the start.")
    human: Share | None = Field(None, description="Share of calls a person answers; not given keeps the odds.")
    talk_scale: float = Field(1.0, gt=0, description="Talk times are multiplied by this.")


class Outage(Section):
    at_s: float = Field(ge=0, description="Begins this many seconds after the start …")
    for_s: float = Field(gt=0, description="… and lasts this many.")


class Trouble(Section):
    """What goes wrong on the trunks."""

    outages: list[Outage] = Field(default_factory=list, description="Times in which the carrier is dead.")
    every_s: float = Field(0.0, ge=0, description="An outage recurs after this many seconds; 0 for none …")
    for_s: float = Field(30.0, gt=0, description="… and lasts this many.")
    congestion: Share = Field(0.0, description="Share of all calls refused with 503.")
    says_503: bool = Field(False, description="During an outage the carrier refuses instead of being silent.")


class Scenario(Section):
    """A closed world. Times in seconds unless said otherwise."""

    title: dict[Literal["zh", "en"], str] = Field(description="What it shows, in Chinese and English.")
    seed: int = Field(1, description="Everything random is drawn from this.")
    start: datetime = Field(description="The instant a virtual run begins, with its offset from UTC.")
    hours: float = Field(8.0, gt=0, le=24, description="How long it lasts when nobody says otherwise.")
    agents: int = Field(20, ge=1, le=2000, description="How many agents.")
    servers: int = Field(1, ge=1, le=8, description="How many PBXs; agents are shared out evenly.")
    ring_each_call: Share = Field(0.0, description="Share of agents whose phone rings for each call.")
    leads: int = Field(0, ge=0, description="Leads per campaign; 0 makes as many as the hours can use.")
    campaign: list[Line] = Field(min_length=1, description="The campaigns.")
    queue: list[CallersLine] = Field(default_factory=list, description="The queues of those who call in.")
    odds: Odds = Field(default_factory=Odds, description="What becomes of dialled numbers.")
    season: list[Season] = Field(default_factory=list, description="Changes of the population in the course of a run.")
    people: Habits = Field(default_factory=Habits, description="The habits of agents.")
    trouble: Trouble = Field(default_factory=Trouble, description="What goes wrong on the trunks.")

    @property
    def starts_at(self) -> float:
        """Epoch seconds."""
        return self.start.timestamp()

    def server_ids(self) -> list[ServerId]:
        return [ServerId(f"pbx{n + 1}") for n in range(self.servers)]

    def settings(self, data: Path, *, ports: Sequence[int] = (), secret: str = "simulated") -> Settings:
        """What the server is started with; `ports` are those of the simulated PBXs, none in a virtual run."""
        lines = max(60, self.agents * 8)
        return Settings(
            server=ServerSettings(
                data=data,
                store=StoreSettings(url=f"sqlite:///{data / 'switchroom.db'}", free_mb=0),
                api=ApiSettings(port=0),
                floor=FloorSettings(
                    wrap_up_s=120.0,
                    not_ready_reasons=list(
                        dict.fromkeys(["break", "lunch", "training", "meeting", *self.people.break_reasons])
                    ),
                ),
                asterisk=[
                    AsteriskSettings(
                        name=server,
                        port=ports[n] if n < len(ports) else 5038,
                        secret=SecretStr(secret),
                        recordings=data / "monitor",
                        recordings_here=data / "monitor",
                    )
                    for n, server in enumerate(self.server_ids())
                ],
                trunk=[
                    TrunkSettings(
                        name=f"trunk{n + 1}",
                        asterisk=server,
                        dial=TEMPLATE,
                        channels=min(lines, 10_000),
                        cps=float(min(max(20, self.agents), 1000)),
                        caller_ids=["4001234567", "4001234568"],
                        allowed_prefixes=["+86"],
                    )
                    for n, server in enumerate(self.server_ids())
                ],
                agent=[self._agent(n) for n in range(self.agents)],
                queue={
                    line.name: self._queue(line, number)
                    for line, number in zip(self.queue, self.dialled(), strict=True)
                },
            ),
            campaigns={line.name: self._campaign(line) for line in self.campaign},
        )

    def made_leads(self, hours: float | None = None) -> Iterator[MadeUpLead]:
        """The leads of all campaigns, enough for so many hours (None: the scenario's own)."""
        first = 1
        for number, line in enumerate(self.campaign):
            agents = self._agents_of(line)
            enough = math.ceil(agents * (hours or self.hours) * ATTEMPTS_PER_AGENT_HOUR) + 500
            count = self.leads or min(enough, MOST_LEADS)
            yield from make_leads(count, self.seed * 1000 + number, line.name, first_id=first)
            first += count

    def exchanges(
        self,
        clock: Clock,
        *,
        recordings: Path | None = None,
        kind: type[VirtualExchange] = VirtualExchange,
        hours: float | None = None,
    ) -> list[VirtualExchange]:
        """The PBXs with their customers, trunks and agents' phones, in the order of ``server_ids``; people call in for
        so many hours, None: as long as anybody listens."""
        end = inf if hours is None else clock.now() + hours * 3600
        return [self._exchange(server, clock, recordings, kind, end) for server in self.server_ids()]

    def dialled(self) -> list[str]:
        """What the callers of each queue dial."""
        return [line.line or str(9001 + n) for n, line in enumerate(self.queue)]

    def people_at_work(self, start: float, hours: float | None = None) -> People:
        """The scripted agents; `start` in epoch seconds."""
        previews = {line.name for line in self.campaign if line.mode in ("preview", "manual")}
        agents = []
        for n in range(self.agents):
            settings = self._agent(n)
            campaign = next((CampaignId(name) for name in settings.campaigns if name in previews), None)
            agents.append((AgentId(settings.id), campaign))
        end = start + (hours or self.hours) * 3600
        return People(agents, self.people, random.Random(f"people:{self.seed}"), start=start, end=end)

    def _exchange(
        self, server: ServerId, clock: Clock, recordings: Path | None, kind: type[VirtualExchange], end: float
    ) -> VirtualExchange:
        exchange = kind(
            server,
            Customers(self.odds, random.Random(f"customers:{self.seed}:{server}"), self._season_at(clock.now())),
            random.Random(f"exchange:{self.seed}:{server}"),
            clock,
            trunks=(TRUNK,),
            faults=self._faults(server, clock.now()),
            recordings=recordings,
        )
        dice = random.Random(f"phones:{self.seed}:{server}")
        for n in range(self.agents):
            settings = self._agent(n)
            if settings.asterisk == server:
                ignored = dice.random() < self.people.ignores_share
                exchange.add_phone(settings.endpoint, None if ignored else self.people.answers_after_s)
        if self.queue:
            part = 1 / self.servers
            CallersAtWork(exchange, self.queue, self.dialled(), part=part, seed=str(self.seed), end=end)
        return exchange

    def _queue(self, line: CallersLine, number: str) -> QueueSettings:
        return QueueSettings(
            title=line.title or line.name,
            lines=[number],
            service_level_s=line.service_level_s,
            wrap_up_s=line.wrap_up_s,
            announce=AnnounceSettings(every_s=line.announce_s),
        )

    def _faults(self, server: str, start: float) -> TrunkFaults | None:
        trouble = self.trouble
        outages = [(start + outage.at_s, start + outage.at_s + outage.for_s) for outage in trouble.outages]
        if trouble.every_s:
            times = int(24 * 3600 / trouble.every_s)
            outages += [
                (start + n * trouble.every_s, start + n * trouble.every_s + trouble.for_s) for n in range(1, times + 1)
            ]
        if not outages and not trouble.congestion:
            return None
        rng = random.Random(f"faults:{self.seed}:{server}")
        return TrunkFaults(rng, tuple(sorted(outages)), trouble.congestion, trouble.says_503)

    def _season_at(self, start: float) -> Callable[[float], tuple[float, float]] | None:
        if not self.season:
            return None
        seasons = sorted(self.season, key=lambda season: season.at_s)
        begins = [start + season.at_s for season in seasons]
        values = [(self.odds.human if s.human is None else s.human, s.talk_scale) for s in seasons]

        def season(now: float) -> tuple[float, float]:
            place = bisect_right(begins, now) - 1
            return values[place] if place >= 0 else (self.odds.human, 1.0)

        return season

    def _agents_of(self, line: Line) -> int:
        return math.ceil(self.agents * line.share / sum(other.share for other in self.campaign))

    def _agent(self, n: int) -> AgentSettings:
        whole = sum(line.share for line in self.campaign)
        place, campaign = (n + 0.5) / self.agents * whole, self.campaign[-1].name
        for line in self.campaign:
            place -= line.share
            if place < 0:
                campaign = line.name
                break
        number = str(1001 + n)
        ringing = n < round(self.agents * self.ring_each_call)
        return AgentSettings(
            id=number,
            name=f"坐席 {number}",
            asterisk=self.server_ids()[n % self.servers],
            endpoint=f"PJSIP/{number}",
            mode="ring_each_call" if ringing else "nailed_up",
            campaigns=[campaign],
            queues=[
                line.name for line in self.queue if n // self.servers < round(line.share * self.agents / self.servers)
            ],
        )

    def _campaign(self, line: Line) -> CampaignSettings:
        return CampaignSettings(
            title=line.title or line.name,
            mode=line.mode,
            ring_s=line.ring_s,
            amd=AmdSettings(stage="asterisk" if line.amd else "none"),
            record=line.record,
            pacing=PacingSettings(target_abandon=line.target_abandon),
            windows=[CallingWindow(begin="00:00", end="24:00")],
            frequency=[FrequencyRule(calls=1000, within="1 day", rest="0 days")],
        )


def shipped() -> list[str]:
    """The names of the scenarios that come with the product."""
    folder = resources.files("simulator") / "scenarios"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_scenario(name: str) -> Scenario:
    """A shipped scenario by its name, or one from a TOML file; raises ScenarioFault with all that is wrong."""
    if name in shipped():
        text = (resources.files("simulator") / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    else:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except OSError as error:
            raise ScenarioFault([f"{name}: {error.strerror}; shipped: {', '.join(shipped())}"]) from None
        except UnicodeDecodeError:
            raise ScenarioFault([f"{name}: not UTF-8"]) from None
    try:
        return Scenario.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioFault([f"{name}: {error}"]) from None
    except ValidationError as error:
        words = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise ScenarioFault(words) from None

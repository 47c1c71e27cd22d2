"""A floor made by hand for the dialler's tests: agents by number, a store with leads, facts as the call table makes them."""

from collections.abc import Iterable
from itertools import count
from types import SimpleNamespace
from typing import Any, TypeVar

from config.model import AgentSettings, CallingWindow, CampaignSettings, PacingSettings, TrunkSettings
from dialer.abandonment import Totals
from dialer.engine import DialerEngine
from telephony.agents import AgentState, CampaignAction, CampaignAsked, SeatMode
from telephony.commands import FetchLeads, HangUp, Originate, SetTimer
from telephony.events import TimerFired
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    AttemptPlaced,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallEnded,
    CallWaiting,
    ServerChanged,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.leads import Contact, Lead, LeadsFetched
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome
from telephony.ports import NO_DEPARTURES, NOBODY_BUSY, BusySince, Departures

NOON = 1_780_030_800.0
"""Friday, 29 May 2026, 13:00 in Shanghai."""
ALWAYS = [CallingWindow(begin="00:00", end="24:00")]
PBX = ServerId("pbx1")
SALES = CampaignId("sales")
T = TypeVar("T")


def campaign(mode: str = "progressive", **changes: Any) -> CampaignSettings:
    changes.setdefault("windows", ALWAYS)
    return CampaignSettings(mode=mode, **changes)  # type: ignore[arg-type]


def trunk(name: str = "carrier", **changes: Any) -> TrunkSettings:
    settings = {"asterisk": "pbx1", "dial": "PJSIP/{digits}@carrier", "channels": 500, "cps": 500.0, **changes}
    return TrunkSettings(name=name, **settings)


def contact(at: float, number: int = 1, **changes: Any) -> Contact:
    """A call placed to customer `number`, over and not taken unless told otherwise."""
    values: dict[str, Any] = {
        "at": at,
        "call": CallId(f"c-{at!r}"),
        "customer": CustomerId(f"k{number}"),
        "number_key": 10_000 + number,
        "campaign": SALES,
        "outcome": "no_answer",
    }
    return Contact(**{**values, **changes})


def lead(number: int, **changes: Any) -> Lead:
    """A customer; `placed` may be given as instants."""
    if placed := changes.get("placed"):
        changes["placed"] = tuple(contact(at, number) if isinstance(at, float) else at for at in placed)
    values: dict[str, Any] = {
        "id": LeadId(number),
        "campaign": SALES,
        "customer": CustomerId(f"k{number}"),
        "number": PhoneNumber(f"+86138{number:08d}"),
        "number_key": 10_000 + number,
        "zones": ("Asia/Shanghai",),
    }
    return Lead(**{**values, **changes})


def pacing(**changes: Any) -> PacingSettings:
    return PacingSettings(**changes)


class Agents:
    """An AgentSupply whose numbers the test sets."""

    def __init__(self, free: int = 0) -> None:
        self.counted: dict[str, SimpleNamespace] = {}
        self.takers: set[str] = set()
        self.gone_at = NO_DEPARTURES
        self.set(free=free)

    def set(
        self, server: str = "pbx1", *, free: int = 0, talking: int = 0, wrapping: int = 0, reserved: int = 0
    ) -> None:
        self.counted[server] = SimpleNamespace(
            free=free,
            reserved=reserved,
            talking=talking,
            wrapping=wrapping,
            signed_in=free + reserved + talking + wrapping,
        )

    def counts(self, campaign: str, server: str) -> SimpleNamespace:
        return self.counted.get(server) or SimpleNamespace(free=0, reserved=0, talking=0, wrapping=0, signed_in=0)

    def withheld(self, campaign: str, server: str) -> str:
        return ""

    def leaving(self, campaign: str, server: str, before: float) -> Departures:
        return self.gone_at

    def wrap_ends(self, campaign: str, server: str) -> list[float]:
        return []

    def busy_since(self, campaign: str, server: str) -> BusySince:
        return NOBODY_BUSY

    def wrap_up_s(self, campaign: str) -> float:
        return 30.0

    def may_take(self, agent: str, campaign: str) -> bool:
        return agent in self.takers


class Floor:
    """The engine among its neighbours: answers its FetchLeads from `leads`, keeps all it said."""

    def __init__(
        self,
        settings: CampaignSettings | dict[str, CampaignSettings],
        *,
        agents: Agents,
        trunks: Iterable[TrunkSettings] | None = None,
        leads: Iterable[Lead] = (),
        staff: Iterable[AgentSettings] = (),
        totals: dict[str, Totals] | None = None,
        up: bool = True,
    ) -> None:
        serial = count(1)
        self.now = NOON
        self.agents = agents
        self.leads = list(leads)
        self.next_due: float | None = None
        self.said: list[Any] = []
        self.fetches: list[FetchLeads] = []
        campaigns = settings if isinstance(settings, dict) else {"sales": settings}
        self.engine = DialerEngine(
            campaigns,
            list(trunks) if trunks is not None else [trunk()],
            agents,
            call_ids=lambda: CallId(f"c-{next(serial)}"),
            agents=list(staff),
            totals=totals,
        )
        if up:
            self.tell(ServerChanged(server=PBX, state="up", why=""))

    def tell(self, event: object) -> list[Any]:
        """Feed an event, answer what the engine asks of the store, return all it said."""
        said: list[Any] = list(self.engine.on(event, self.now))
        return self.hear(said)

    def hear(self, said: list[Any]) -> list[Any]:
        for word in list(said):
            if isinstance(word, FetchLeads):
                self.fetches.append(word)
                mine = [one for one in self.leads if one.campaign == word.campaign][: word.limit]
                taken = {one.id for one in mine}
                self.leads = [one for one in self.leads if one.id not in taken]
                answer = LeadsFetched(
                    campaign=word.campaign, leads=tuple(mine), limit=word.limit, next_due=self.next_due
                )
                said += self.tell(answer)
        self.said = said
        return said

    def ask(self, action: str, campaign: CampaignId = SALES) -> list[Any]:
        return self.tell(CampaignAsked(actor="boss", campaign=campaign, action=CampaignAction(action)))

    def tick(self, after_s: float = 0.5, campaign: CampaignId = SALES) -> list[Any]:
        self.now += after_s
        return self.tell(TimerFired(("tick", campaign)))

    def agent(self, agent: str, was: AgentState, now: AgentState, server: ServerId = PBX) -> list[Any]:
        return self.tell(
            AgentChanged(
                agent=AgentId(agent),
                was=was,
                now=now,
                reason="",
                verb="",
                for_s=10.0,
                call=None,
                mode=SeatMode.NAILED_UP,
                server=server,
            )
        )

    def answered(self, call: CallId) -> list[Any]:
        said = self.tell(CallAnswered(call=call, campaign=SALES, server=PBX))
        return said + self.tell(CallWaiting(call=call, campaign=SALES, server=PBX, agent=None))

    def connected(self, call: CallId, agent: str = "1001", waited_s: float = 0.1) -> list[Any]:
        return self.tell(CallConnected(call=call, agent=AgentId(agent), waited_s=waited_s))

    def abandoned(self, call: CallId, by: AbandonedBy = AbandonedBy.SWITCHROOM, waited_s: float = 2.0) -> list[Any]:
        return self.tell(CallAbandoned(call=call, campaign=SALES, by=by, waited_s=waited_s))

    def ended(
        self, placed: AttemptPlaced, outcome: Outcome, *, agent: str | None = None, talk_s: float = 0.0
    ) -> list[Any]:
        return self.tell(
            CallEnded(
                call=placed.call,
                campaign=placed.campaign,
                lead=placed.lead,
                trunk=TrunkId(placed.trunk),
                server=placed.server,
                outcome=outcome,
                agent=AgentId(agent) if agent else None,
                rang=True,
                ring_s=5.0,
                talk_s=talk_s,
                hold_s=0.0,
                cause=None,
                tech_cause=None,
            )
        )


def only(said: Iterable[Any], kind: type[T]) -> list[T]:
    """What was said of one kind."""
    return [word for word in said if isinstance(word, kind)]


def placed(said: Iterable[Any]) -> list[AttemptPlaced]:
    return only(said, AttemptPlaced)


def dialled(said: Iterable[Any]) -> list[Originate]:
    return only(said, Originate)


def hung_up(said: Iterable[Any]) -> list[str]:
    return [str(word.leg) for word in only(said, HangUp)]


def timers(said: Iterable[Any]) -> list[SetTimer]:
    return only(said, SetTimer)

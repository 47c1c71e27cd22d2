"""A house with a disk, a PBX and a store of customers made by hand, to try in it what happens to calls served later."""

from itertools import count
from typing import Any, TypeVar

from acd.agents import Waiting
from config.later import CallbackSettings, RoundsSettings, VoicemailSettings
from config.model import AgentSettings, CallingWindow, CampaignSettings, FloorSettings, ServerSettings, TrunkSettings
from config.queues import QueueSettings
from switchroom.house import build
from telephony.agents import AgentState, CampaignAction, CampaignAsked, ReadyAsked, SignInAsked
from telephony.commands import Originate
from telephony.events import (
    BridgeEntered,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    LegRinging,
    LinkUp,
    OriginateEnded,
    PbxSnapshot,
)
from telephony.facts import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallerGone,
    CallLeft,
    CallOffered,
    CallQueued,
    Fact,
    InboundEnded,
)
from telephony.ids import AgentId, BridgeId, CallId, CampaignId, CustomerId, LeadId, LegId
from telephony.later import (
    CallbackWanted,
    CalleeFiled,
    CalleeRead,
    FileCallee,
    LookForMessage,
    MessageLooked,
    ReadCallee,
)
from telephony.leads import Contact, Lead, Restored
from telephony.numbers import PhoneNumber
from tests.switchroom.fakes import PBX, Disk, NoLeads, Pbx

NOON = 1_780_030_800.0
"""Friday, 29 May 2026, 13:00 in Shanghai."""
SERVICE, BACK = CampaignId("service"), CampaignId("back")
SECRET = b"s" * 32
T = TypeVar("T")


def number(n: int) -> PhoneNumber:
    return PhoneNumber(f"+86138{n:08d}")


class Hall:
    """Agents 1001 … on nailed-up seats of which `ready` are ready; customers are known by number."""

    def __init__(
        self,
        agents: int = 2,
        *,
        ready: int | None = None,
        callback: dict[str, Any] | None = None,
        voicemail: dict[str, Any] | None = None,
        rounds: dict[str, Any] | None = None,
        campaign: dict[str, Any] | None = None,
        restored: Restored | None = None,
        start: bool = True,
        now: float = NOON,
    ) -> None:
        self.now = now
        self.disk, self.pbx = Disk(), Pbx()
        self.asked: list[FileCallee | ReadCallee | LookForMessage] = []
        self.stalled = False
        self.leads: dict[LeadId, Lead] = {}
        self._serial = count(1)
        server = ServerSettings(
            agent=[
                AgentSettings(
                    id=f"{1000 + n}",
                    asterisk="pbx1",
                    endpoint=f"PJSIP/{1000 + n}",
                    queues=["service"],
                    group=f"b{n:02}",
                )
                for n in range(1, agents + 1)
            ],
            trunk=[TrunkSettings(name="gw", asterisk="pbx1", dial="PJSIP/{digits}@gw", channels=50, cps=50.0)],
            floor=FloorSettings(wrap_up_s=0.0),
            queue={
                "service": QueueSettings(
                    lines=["*"],
                    callback=CallbackSettings(
                        **{"campaign": "back", "after_s": 900.0, "share": 1.0, **(callback or {})}
                    ),
                    voicemail=VoicemailSettings(**{"campaign": "back", **(voicemail or {})}),
                )
            },
            voicemail=RoundsSettings(**(rounds or {})),
            asterisk=[],
        )
        back = {"mode": "manual", "windows": [CallingWindow(begin="00:00", end="24:00")], "frequency": []}
        self.house = build(
            server=server,
            campaigns={"back": CampaignSettings(**{**back, "trunks": ["gw"], **(campaign or {})})},
            ledger=self.disk,
            leads=NoLeads(),
            exchanges={PBX: self.pbx},
            clock=lambda: self.now,
            later=self._wish,
        )
        self.feed(restored or Restored())
        self.feed(LinkUp(server=PBX))
        self.feed(PbxSnapshot(server=PBX, legs=()))
        if start:
            self.ask(CampaignAsked(actor="boss", campaign=BACK, action=CampaignAction.START))
        self.seats = [AgentId(f"{1000 + n}") for n in range(1, agents + 1)]
        for agent in self.seats[: agents if ready is None else ready]:
            self.sign_in(agent)

    # people

    def sign_in(self, agent: AgentId) -> None:
        """The agent signs in, takes his seat and is ready."""
        self.ask(SignInAsked(actor=agent, agent=agent))
        leg = next(c.leg for c in reversed(self.pbx.told) if getattr(c, "agent", None) == agent and hasattr(c, "leg"))
        self.feed(OriginateEnded(server=PBX, leg=leg, ok=True, reason=4))
        self.feed(BridgeEntered(server=PBX, leg=leg, bridge=BridgeId(f"seat-{agent}")))
        self.ask(ReadyAsked(actor=agent, agent=agent))
        self.commit()

    def calls(self, n: int) -> CallId:
        """Customer `n` calls in and waits in the queue, or gets an agent at once."""
        call = CallId(f"pbx1-{int(self.now)}.{next(self._serial)}")
        arrived = CallArrived(
            call=call, queue=SERVICE, server=PBX, customer=CustomerId(f"k{n}"), number_key=self.key(n), line="400"
        )
        self.carry([arrived])
        floor = self.house.acd.floor
        waiting = Waiting(call=call, campaign=SERVICE, server=PBX, answered_at=self.now, until=None)
        queued = CallQueued(call=call, queue=SERVICE, server=PBX, position=1, expected_s=None)
        self.carry([queued, *floor.wait(waiting, self.now)])
        return call

    def wants_callback(self, call: CallId, n: int) -> None:
        self.feed(CallbackWanted(server=PBX, leg=call, number=number(n)))

    def leaves(self, call: CallId) -> None:
        """The caller's line is gone."""
        self.carry(
            [
                InboundEnded(
                    call=call, queue=SERVICE, server=PBX, agent=None, waited_s=0.0, talk_s=0.0, hold_s=0.0, cause=16
                )
            ]
        )

    def live_talks(self, call: CallId, agent: AgentId) -> None:
        """A caller on the line is in his agent's bridge."""
        self.carry([CallConnected(call=call, agent=agent, waited_s=0.0)])

    def frees(self, call: CallId) -> None:
        """A caller on the line and his agent are done."""
        agent = next(one.id for one in self.house.acd.agents.values() if one.call == call)
        self.carry([CallLeft(call=call, agent=agent)])
        self.leaves(call)

    def gives_up(self, call: CallId) -> None:
        self.house.acd.floor.unwait(call)
        self.carry([CallerGone(call=call, queue=SERVICE, waited_s=1.0, position=1)])
        self.leaves(call)

    def key(self, n: int) -> int:
        return number(n).key(SECRET)

    # the world

    def feed(self, event: object) -> None:
        self.house.core.feed(event)

    def ask(self, ask: Any) -> Any:
        return self.house.core.ask(ask)

    def carry(self, decided: list[Any]) -> None:
        self.house.core.carry(decided)

    def passes(self, seconds: float) -> None:
        """Time goes by, timers fire when they are due, the disk keeps up."""
        end = self.now + seconds
        while (at := self.house.core.timers.next_at()) is not None and at <= end:
            self.now = max(self.now, at)
            self.house.core.fire_due(self.now)
            self.commit()
        self.now = end

    def commit(self) -> None:
        while self.disk._waiting:
            self.disk.commit()

    def _wish(self, wish: Any) -> None:
        self.asked.append(wish)
        if not self.stalled:
            self.answer(wish)

    def answer(self, wish: Any) -> None:
        """What the store says."""
        match wish:
            case FileCallee():
                n = wish.number.ordinal() % 100_000_000
                lead = Lead(
                    id=LeadId(n),
                    campaign=wish.campaign,
                    customer=wish.customer or CustomerId(f"k{n}"),
                    number=wish.number,
                    number_key=wish.number.key(SECRET),
                    zones=("Asia/Shanghai",),
                )
                self.leads.setdefault(lead.id, lead)
                filed = CalleeFiled(about=wish.about, lead=lead.id, customer=lead.customer, number_key=lead.number_key)
                self.feed(filed)
            case ReadCallee():
                self.feed(CalleeRead(about=wish.about, lead=self.leads.get(wish.lead)))
            case LookForMessage():
                self.feed(MessageLooked(message=wish.message, bytes=16_044, seconds=1.0))

    def answers_late(self) -> None:
        """The store is back and answers what it was asked meanwhile."""
        self.stalled, asked = False, list(self.asked)
        for wish in asked:
            self.answer(wish)

    # what came of it

    def facts(self, kind: type[T]) -> list[T]:
        return [fact for fact in self.disk.submitted if isinstance(fact, kind)]

    def told(self, kind: type[T]) -> list[T]:
        return [command for command in self.pbx.told if isinstance(command, kind)]

    def state(self, agent: AgentId) -> AgentState:
        return self.house.acd.agents[agent].state

    @property
    def dialled(self) -> list[Originate]:
        return self.told(Originate)

    def customer_answers(self, call: CallId) -> None:
        """The one who was dialled picks up and is moved into the agent's seat."""
        leg = LegId(call)
        self.feed(OriginateEnded(server=PBX, leg=leg, ok=True, reason=4))
        self.feed(LegAnswered(server=PBX, leg=leg))
        self.feed(LegParked(server=PBX, leg=leg))
        agent = self.facts(CallOffered)[-1].agent
        self.feed(BridgeEntered(server=PBX, leg=leg, bridge=BridgeId(f"seat-{agent}")))
        self.commit()

    def hangs_up(self, call: CallId, cause: int = 16) -> None:
        self.feed(LegEnded(server=PBX, leg=LegId(call), cause=cause))
        self.passes(3.0)

    def nobody_answers(self, call: CallId) -> None:
        leg = LegId(call)
        self.feed(LegCreated(server=PBX, leg=leg, linked=leg, channel="PJSIP/gw-1"))
        self.feed(LegRinging(server=PBX, leg=leg))
        self.feed(OriginateEnded(server=PBX, leg=leg, ok=False, reason=3))
        self.feed(LegEnded(server=PBX, leg=leg, cause=19, tech_cause=480))
        self.passes(3.0)

    def ends(self) -> list[str]:
        return [fact.outcome.value for fact in self.facts(CallEnded)]


def names(facts: list[Fact]) -> list[str]:
    return [type(fact).__name__ for fact in facts]


def contact(at: float, n: int) -> Contact:
    """A call placed to customer `n` before."""
    return Contact(
        at=at,
        call=CallId(f"c-{at}"),
        customer=CustomerId(f"k{n}"),
        number_key=number(n).key(SECRET),
        campaign=BACK,
        outcome="no_answer",
    )

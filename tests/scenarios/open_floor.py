"""A whole floor on the wire: simulated Asterisks on AMI, the product beside them, its API, and everything that happened."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from pydantic import SecretStr

import store
from config.model import (
    AgentSettings,
    ApiSettings,
    AsteriskSettings,
    CallingWindow,
    CampaignSettings,
    FloorSettings,
    FrequencyRule,
    PacingSettings,
    ServerSettings,
    StoreSettings,
    TrunkSettings,
)
from simulator.amiserver import AmiServer
from simulator.carrier import ScriptedCarrier
from simulator.chaos import Chaos
from simulator.exchange import VirtualExchange
from simulator.invariants import Invariants
from simulator.legs import Population
from store.intake import NewLead, add_leads
from switchroom.clock import WallClock
from switchroom.live import LiveFloor
from telephony.agents import AgentState, Ask, CampaignAction, CampaignAsked, ReadyAsked, Refused, SignInAsked
from telephony.events import PbxEvent
from telephony.facts import Fact
from telephony.ids import AgentId, CampaignId, CustomerId, LegId, ServerId, is_call
from telephony.numbers import PhoneNumber
from telephony.views import AgentView, CampaignView

F = TypeVar("F", bound=Fact)
SECRET = "simulated"
TOKEN = "0123456789abcdef0123456789abcdef"
LIMIT_S = 60.0
LOOK_S = 0.01


def customer(n: int, *, ring_s: float = 0.1, talk_s: float = 1.0, kind: int = 1) -> PhoneNumber:
    """A test number whose fate is written into it (see ``simulator.carrier``); `talk_s` 0 talks for ever."""
    return PhoneNumber(f"+{kind}{round(ring_s * 10):02}{round(talk_s * 10):03}{n:04}")


def campaign(**settings: Any) -> CampaignSettings:
    """A campaign that may call everybody at any hour and decides often."""
    return CampaignSettings.model_validate(
        {
            "mode": "progressive",
            "windows": [CallingWindow(begin="00:00", end="24:00")],
            "frequency": [FrequencyRule(calls=1000, within="1 day", rest="0 days")],
            "pacing": PacingSettings(tick_s=0.1),
            "wrap_up_s": 0.3,
            "record": False,
            **settings,
        }
    )


class OpenFloor:
    """Built by ``open_floor``; `facts` is all that was decided, in order, with its instants."""

    def __init__(
        self,
        folder: Path,
        campaigns: Mapping[str, CampaignSettings],
        *,
        leads: Mapping[str, Sequence[PhoneNumber]],
        agents: int,
        servers: int,
        mode: str,
        population: Population | None,
        chaos: Callable[[int], Chaos] | None,
        secret: str,
        free_mb: int,
        server: Mapping[str, Any],
    ) -> None:
        self.folder = folder
        self.campaigns = dict(campaigns)
        self.facts: list[tuple[float, Fact]] = []
        self.invariants = Invariants()
        self._leads = leads
        self._chaos = chaos
        self._secret = secret
        self._free_mb = free_mb
        self._more = server
        self._mode = mode
        clock = WallClock()
        self.monitor = folder / "monitor"
        self.monitor.mkdir()
        self.pbxs: list[AmiServer] = []
        for n in range(servers):
            exchange = VirtualExchange(
                ServerId(f"pbx{n + 1}"),
                population or ScriptedCarrier(),
                random.Random(n),
                clock,
                recordings=self.monitor,
            )
            users = {"switchroom": SECRET}
            self.pbxs.append(AmiServer(exchange, clock, users=users, chaos=chaos(n) if chaos else None))
        self.agents = [AgentId(f"{1001 + n}") for n in range(agents)]
        for n, agent in enumerate(self.agents):
            self.pbxs[n % servers].exchange.add_phone(f"PJSIP/{agent}", 0.05)

    def settings(self) -> ServerSettings:
        names = [pbx.exchange.server for pbx in self.pbxs]
        return ServerSettings.model_validate(
            {
                "data": self.folder,
                "store": StoreSettings(url=f"sqlite:///{self.folder / 'switchroom.db'}", free_mb=self._free_mb),
                "api": ApiSettings(port=0, tokens={"supervisor": SecretStr(TOKEN)}),
                "floor": FloorSettings(wrap_up_s=0.3, ring_s=3.0, reserve_s=2.0),
                "asterisk": [
                    AsteriskSettings(
                        name=pbx.exchange.server,
                        port=pbx.port,
                        secret=SecretStr(self._secret),
                        recordings=self.monitor,
                        recordings_here=self.monitor,
                        action_timeout_s=3.0,
                        ping_s=2.0,
                    )
                    for pbx in self.pbxs
                ],
                "trunk": [
                    TrunkSettings(
                        name=f"trunk{n + 1}", asterisk=name, dial="PJSIP/{digits}@carrier", channels=100, cps=100.0
                    )
                    for n, name in enumerate(names)
                ],
                "agent": [
                    AgentSettings(
                        id=agent,
                        asterisk=names[n % len(names)],
                        endpoint=f"PJSIP/{agent}",
                        mode=self._mode,
                        campaigns=list(self.campaigns),
                    )
                    for n, agent in enumerate(self.agents)
                ],
                **self._more,
            }
        )

    async def start(self) -> None:
        for pbx in self.pbxs:
            await pbx.start()
        settings = self.settings()
        with closing(store.open(settings.store.url)) as opened:
            add_leads(opened, self._new_leads())
        self.floor = LiveFloor(settings, self.campaigns)
        await self.floor.start()
        self._look_on()
        self.http = aiohttp.ClientSession(
            f"http://127.0.0.1:{self.floor.port}", headers={"Authorization": f"Bearer {TOKEN}"}
        )

    async def close(self) -> None:
        if hasattr(self, "http"):
            await self.http.close()
        if hasattr(self, "floor"):
            await self.floor.close()
        for pbx in self.pbxs:
            await pbx.kill()

    def _new_leads(self) -> Iterator[NewLead]:
        for name, numbers in self._leads.items():
            for n, number in enumerate(numbers):
                yield NewLead(
                    campaign=CampaignId(name),
                    customer=CustomerId(f"{name}{n}"),
                    number=number,
                    zones=("Asia/Shanghai",),
                )

    def _look_on(self) -> None:
        """Have the invariants watch facts, commits, commands and events."""
        floor, watch = self.floor, self.invariants
        floor.watch(lambda now, facts: self.facts.extend((now, fact) for fact in facts))
        floor.watch(watch.on_facts)
        outbox = floor.house.outbox
        outbox._exchanges = {name: watch.around(link, floor.clock.now) for name, link in floor.links.items()}

        def heard(event: PbxEvent) -> None:
            watch.on_event(event)
            floor._hear(event)

        for link in floor.links.values():
            link.subscribe(heard)
        committed = floor.writer._on_committed

        def on_committed(facts: Sequence[Fact]) -> None:
            watch.on_durable(facts)
            if committed is not None:
                committed(facts)

        floor.writer._on_committed = on_committed

    # what people do

    def ask(self, ask: Ask) -> Refused | None:
        return self.floor.ask(ask)

    def campaign(self, name: str, action: str) -> Refused | None:
        return self.ask(CampaignAsked(actor="supervisor", campaign=CampaignId(name), action=CampaignAction(action)))

    async def work(self, *agents: AgentId) -> None:
        """Agents (all when none is named) sign in and are ready."""
        mine = agents or tuple(self.agents)
        await self.linked()
        for agent in mine:
            assert self.ask(SignInAsked(actor=agent, agent=agent)) is None
        await self.until(lambda: all(self.agent(agent).seated for agent in mine), "the phones are there")
        for agent in mine:
            assert self.ask(ReadyAsked(actor=agent, agent=agent)) is None
        await self.until(lambda: all(self.state(agent) != "aux" for agent in mine), "the agents are ready")

    async def linked(self) -> None:
        await self.until(lambda: all(server.state == "up" for server in self.floor.view().servers), "the links are up")

    async def api(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        async with self.http.request(method, f"/api/v1{path}", json=body) as answer:
            value = await answer.json()
            assert answer.status == status, value
            return value

    # what is seen

    async def until(self, done: Callable[[], bool], what: str, within_s: float = LIMIT_S) -> None:
        """Look until it is so; fails when it is not so within the limit."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while not done():
            assert loop.time() < deadline, f"not so: {what}; last: {[fact for _, fact in self.facts[-12:]]}"
            await asyncio.sleep(LOOK_S)

    def told(self, kind: type[F]) -> list[F]:
        return [fact for _, fact in self.facts if type(fact) is kind]

    def at(self, fact: Fact) -> float:
        return next(at for at, known in self.facts if known is fact)

    def agent(self, agent: str) -> AgentView:
        return next(one for one in self.floor.view().agents if one.id == agent)

    def state(self, agent: str) -> str:
        return self.agent(agent).state

    def shown(self, name: str) -> CampaignView:
        return next(one for one in self.floor.view().campaigns if one.id == name)

    def legs(self) -> list[LegId]:
        """Customers' legs that exist on the PBXs."""
        return [leg for pbx in self.pbxs for leg in pbx.exchange.legs if is_call(leg)]

    def idle_again(self) -> bool:
        """No call is left and nobody is in one."""
        busy = {AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING, AgentState.HOLD}
        view = self.floor.view()
        return not view.calls and not self.legs() and all(AgentState(one.state) not in busy for one in view.agents)

    def sound(self) -> bool:
        """No rule of the floor was broken."""
        assert self.invariants.violations == []
        return self.invariants.checked > 0


@asynccontextmanager
async def open_floor(
    folder: Path,
    campaigns: Mapping[str, CampaignSettings],
    *,
    leads: Mapping[str, Sequence[PhoneNumber]] | None = None,
    agents: int = 2,
    servers: int = 1,
    mode: str = "nailed_up",
    population: Population | None = None,
    chaos: Callable[[int], Chaos] | None = None,
    secret: str = SECRET,
    free_mb: int = 0,
    server: Mapping[str, Any] | None = None,
) -> AsyncIterator[OpenFloor]:
    """An open floor; ended in order whatever happens."""
    floor = OpenFloor(
        folder,
        campaigns,
        leads=leads or {},
        agents=agents,
        servers=servers,
        mode=mode,
        population=population,
        chaos=chaos,
        secret=secret,
        free_mb=free_mb,
        server=server or {},
    )
    try:
        await floor.start()
        yield floor
    finally:
        await floor.close()

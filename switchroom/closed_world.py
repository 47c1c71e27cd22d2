"""A closed world in real time: simulated Asterisk servers on the real AMI wire, scripted agents, the product beside them."""

import asyncio
import contextlib
import logging
from pathlib import Path

import store
from config.model import Settings
from simulator.amiserver import AmiServer
from simulator.people import People
from simulator.scenario import Scenario
from store.intake import add_leads
from switchroom.clock import WallClock
from switchroom.kvm_world import USER, SimulatedScreens
from switchroom.live import LiveFloor
from switchroom.worlds import new_leads
from telephony.agents import CampaignAction, CampaignAsked
from telephony.ids import CampaignId

log = logging.getLogger(__name__)

SECRET = "simulated"
FRESH = ("switchroom.db", "switchroom.db-wal", "switchroom.db-shm")


class ClosedWorld:
    """A scenario being played on loopback; ``start`` returns when the desk is open, ``close`` ends everything."""

    def __init__(self, scenario: Scenario, data: Path, *, port: int = 0, hours: float | None = None) -> None:
        self.scenario = scenario
        self.data = data.resolve()
        self._port = port
        self._hours = hours
        self._servers: list[AmiServer] = []
        self._open = False
        self.screens: SimulatedScreens | None = None
        self._people_timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Raises OSError when the port is taken or the folder cannot be written."""
        self.data.mkdir(parents=True, exist_ok=True)
        for name in FRESH:
            (self.data / name).unlink(missing_ok=True)
        sounds = self.data / "monitor"
        sounds.mkdir(exist_ok=True)
        clock = WallClock()
        for exchange in self.scenario.exchanges(clock, recordings=sounds):
            server = AmiServer(exchange, clock, users={"switchroom": SECRET})
            await server.start()
            self._servers.append(server)
        settings = self.scenario.settings(self.data, ports=[s.port for s in self._servers], secret=SECRET)
        settings = _at_port(settings, self._port)
        self.screens = SimulatedScreens([agent.id for agent in settings.server.agent], clock)
        kvm = self.screens.settings(await self.screens.server.start())
        await asyncio.to_thread(self._load_leads, settings)
        self.floor = LiveFloor(settings.server, settings.campaigns, simulated=True, kvm=kvm)
        await self.floor.start()
        self._open = True
        self.people: People = self.scenario.people_at_work(clock.now(), self._hours)
        self.floor.watch(lambda now, facts: self._people_hear(now, facts))
        self._wake_people()
        for name in settings.campaigns:
            self.floor.ask(CampaignAsked(actor="simulator", campaign=CampaignId(name), action=CampaignAction.START))

    async def close(self) -> None:
        if self._people_timer is not None:
            self._people_timer.cancel()
        if self._open:
            self._open = False
            await self.floor.close()
        if self.screens is not None:
            await self.screens.server.close()
        for server in self._servers:
            await server.kill()

    @property
    def screen_user(self) -> tuple[str, str]:
        """Name and password of the one user of the screens."""
        return USER, self.screens.password if self.screens is not None else ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.floor.port}/"

    def _load_leads(self, settings: Settings) -> None:
        opened = store.open(settings.server.store.url, key_file=settings.server.key_file)
        with contextlib.closing(opened):
            add_leads(opened, new_leads(self.scenario, self._hours))

    def _people_hear(self, now: float, facts: object) -> None:
        self.people.on_facts(facts, now)  # type: ignore[arg-type]
        self._arm_people()

    def _arm_people(self) -> None:
        if self._people_timer is not None:
            self._people_timer.cancel()
            self._people_timer = None
        at = self.people.next_at()
        if at is not None:
            loop = asyncio.get_running_loop()
            self._people_timer = loop.call_later(max(0.0, at - self.floor.clock.now()), self._wake_people)

    def _wake_people(self) -> None:
        for ask in self.people.due(self.floor.clock.now()):
            self.floor.ask(ask)
        self._arm_people()


def _at_port(settings: Settings, port: int) -> Settings:
    api = settings.server.api.model_copy(update={"port": port})
    return settings.model_copy(update={"server": settings.server.model_copy(update={"api": api})})

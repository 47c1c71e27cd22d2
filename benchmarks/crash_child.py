"""The product in the crash drill: everything ``switchroom serve`` runs, on a clock the drill can move, in a process made
by a fork of one that has it all loaded, so that a start takes a fraction of a second.
"""

import asyncio
import mmap
import struct
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import switchroom.live
from config.model import CampaignSettings, ServerSettings
from switchroom.clock import WallClock
from switchroom.live import LiveFloor
from switchroom.opening import StoreFault
from switchroom.outbox import Outbox
from telephony.agents import AgentState, CampaignAction, CampaignAsked, ReadyAsked, SignInAsked
from telephony.commands import Command, Originate
from telephony.facts import Fact, ServerChanged
from telephony.ids import AgentId, CampaignId

UP = "up"
LOOK_S = 0.2
WORKING = frozenset({"ready", "reserved", "ringing", "talking", "hold", "consulting", "wrap_up"})
TOO_EARLY, UNRESERVED = "too early", "unreserved"
"""Faults the drill can be given, to see that it finds them."""


class MovedClock:
    """The wall clock and an offset that stands in a file for all processes of the drill."""

    def __init__(self, path: Path) -> None:
        self._wall = WallClock()
        with path.open("r+b") as file:
            self._offset = mmap.mmap(file.fileno(), 8)

    @property
    def offset(self) -> float:
        seconds: float = struct.unpack("d", self._offset[:])[0]
        return seconds

    def now(self) -> float:
        return self._wall.now() + self.offset

    def move(self, seconds: float) -> None:
        """For every process that has the file open."""
        self._offset[:] = struct.pack("d", self.offset + seconds)


def make_clock(path: Path) -> MovedClock:
    path.write_bytes(struct.pack("d", 0.0))
    return MovedClock(path)


def run(
    server: Mapping[str, Any], campaigns: Mapping[str, Mapping[str, Any]], clock: Path, told: Connection, fault: str
) -> None:
    """Serve until killed; "up" is told once the PBX is there, anything else is why it ended. Any word from the drill
    ends the dialling."""
    import uvloop

    _plant(fault)
    try:
        settings = ServerSettings.model_validate(server)
        lines = {name: CampaignSettings.model_validate(one) for name, one in campaigns.items()}
        uvloop.run(_serve(settings, lines, MovedClock(clock), told))
    except BaseException as error:
        told.send(f"{type(error).__name__}: {error}")
        raise


async def _serve(
    server: ServerSettings, campaigns: dict[str, CampaignSettings], clock: MovedClock, told: Connection
) -> None:
    floor = LiveFloor(server, campaigns, clock=clock)
    while True:
        try:
            await floor.start()
            break
        except StoreFault as fault:
            if fault.code != "claims_taken":  # PostgreSQL has not noticed the death of the one before yet
                raise
            await asyncio.sleep(0.02)

    def hear(now: float, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if type(fact) is ServerChanged and fact.state == UP:
                told.send(UP)
                _to_work(floor)

    floor.watch(hear)
    while not told.poll():
        await asyncio.sleep(LOOK_S)
        _to_work(floor)
    for name in campaigns:
        floor.ask(CampaignAsked(actor="drill", campaign=CampaignId(name), action=CampaignAction.DRAIN))
    await asyncio.Event().wait()


def _to_work(floor: LiveFloor) -> None:
    """Everybody signed in and ready, every campaign running; what is so already is refused and changes nothing."""
    view = floor.view()
    for agent in view.agents:
        if agent.state == AgentState.LOGGED_OUT.value:
            floor.ask(SignInAsked(actor="drill", agent=AgentId(agent.id)))
        elif agent.state not in WORKING:
            floor.ask(ReadyAsked(actor="drill", agent=AgentId(agent.id)))
    for campaign in view.campaigns:
        if campaign.state != "running":
            floor.ask(CampaignAsked(actor="drill", campaign=CampaignId(campaign.id), action=CampaignAction.START))


def _plant(fault: str) -> None:
    if fault == UNRESERVED:
        vars(switchroom.live)["Reservations"] = lambda: None
    elif fault == TOO_EARLY:
        take = Outbox.take

        def early(self: Outbox, facts: Sequence[Fact], commands: Sequence[Command], now: float) -> None:
            for command in commands:
                if type(command) is Originate:
                    self._perform(command)
            take(self, facts, [one for one in commands if type(one) is not Originate], now)

        Outbox.take = early  # type: ignore[method-assign]

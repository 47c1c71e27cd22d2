"""The stage over a real Asterisk: the product's own link, SIPp as the carrier and as the agents' phones, real time."""

import asyncio
import random
import time
from collections.abc import Callable

from telephony.ami.link import AmiLink
from telephony.events import CallerArrived, LegCreated, LinkUp, PbxEvent, PbxSnapshot
from telephony.ids import AgentId, LegId
from tests.asterisk.rig.caller import Caller
from tests.asterisk.rig.floor import Rig
from tests.contracts.stage import Phone, Stage


class WallClock:
    def now(self) -> float:
        return time.time()


class AsteriskStage(Stage):
    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self.rig = rig
        self.callers: list[Caller] = []
        """Everybody who has called, the last at the end."""
        self.link = AmiLink(rig.settings.asterisk[0], WallClock(), jitter=random.Random(1), region="CN")
        self._news = asyncio.Event()
        self.link.subscribe(self._see)

    async def open(self) -> None:
        """Connect; returns when the link is up and the first snapshot is in."""
        await self.link.start()
        await self.sees(LinkUp)
        await self.sees(PbxSnapshot)

    @property
    def exchange(self) -> AmiLink:
        return self.link

    def phone(self, habit: Phone) -> tuple[AgentId, str]:
        agent = self.rig.agent(habit.value)
        return AgentId(agent), f"PJSIP/{agent}"

    async def call_in(
        self, line: str, number: str | None = "+8613800138000", *, patience_s: float = 0.0, talk_s: float = 0.0
    ) -> LegId:
        before = len(self.seen(CallerArrived))
        caller = Caller(self.rig.carrier.host, self.rig.pbx.host, line, number, patience_s=patience_s, talk_s=talk_s)
        self.callers.append(caller)
        return (await self.sees(CallerArrived, times=before + 1)).leg

    async def until(self, done: Callable[[], bool], within_s: float) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while not done() and (left := deadline - loop.time()) > 0:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                break
        return done()

    async def press(self, leg: str, digit: str) -> None:
        channel = self.seen(LegCreated, leg=leg)[0].channel
        await self.link.request({"Action": "PlayDTMF", "Channel": channel, "Digit": digit, "Receive": "true"})

    async def close(self) -> None:
        """Leave, and leave no leg behind on the PBX."""
        for caller in self.callers:
            caller.close()
        await self.link.close()
        await asyncio.to_thread(self.rig.pbx.hang_up_all)

    def _see(self, event: PbxEvent) -> None:
        self.log.append(event)
        self._news.set()

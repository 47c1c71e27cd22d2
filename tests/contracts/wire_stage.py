"""The stage over the wire: the simulated Asterisk on a loopback port, and our own AMI link in front of it."""

import asyncio
import random
from collections.abc import Callable
from math import inf
from pathlib import Path

from pydantic import SecretStr

from config.model import AsteriskSettings
from simulator.amiserver import AmiServer
from simulator.carrier import ScriptedCarrier
from simulator.clock import PacedClock
from simulator.exchange import VirtualExchange
from simulator.legs import Ending, Fate
from telephony.ami.link import AmiLink
from telephony.events import CallerArrived, PbxEvent, PbxSnapshot
from telephony.ids import AgentId, LegId, ServerId
from telephony.numbers import PhoneNumber
from telephony.ports import Exchange
from tests.contracts.stage import Overdue, Phone, Stage

SPEED = 2.0


class WireStage(Stage):
    def __init__(self) -> None:
        super().__init__()
        self.clock = PacedClock(SPEED)
        self.pbx = VirtualExchange(ServerId("pbx1"), ScriptedCarrier(), random.Random(1), self.clock)
        self.asterisk = AmiServer(self.pbx, self.clock, speed=SPEED)
        self._stirred = asyncio.Event()
        self._phones = 0
        self._link: AmiLink | None = None

    @classmethod
    async def raised(cls) -> "WireStage":
        """A stage whose link is up."""
        stage = cls()
        await stage.asterisk.start()
        settings = AsteriskSettings(
            name="pbx1", port=stage.asterisk.port, secret=SecretStr("simulated"), recordings=Path("/monitor")
        )
        stage._link = AmiLink(settings, stage.clock, jitter=random.Random(1), region="CN")
        stage._link.subscribe(stage._hear)
        await stage._link.start()
        if not await stage.until(lambda: bool(stage.seen(PbxSnapshot)), stage.patience_s):
            await stage.close()
            raise Overdue("the link did not come up")
        return stage

    @property
    def exchange(self) -> Exchange:
        assert self._link is not None
        return self._link

    def phone(self, habit: Phone) -> tuple[AgentId, str]:
        self._phones += 1
        agent = AgentId(f"{1000 + self._phones}")
        endpoint = f"PJSIP/{agent}"
        self.pbx.add_phone(endpoint, 0.2 if habit is Phone.ANSWERS else None, habit is not Phone.ABSENT)
        return agent, endpoint

    async def call_in(
        self, line: str, number: str | None = "+8613800138000", *, patience_s: float = 0.0, talk_s: float = 0.0
    ) -> LegId:
        leg = self.pbx.call_in(
            None if number is None else PhoneNumber(number),
            line,
            Fate(Ending.ANSWERS, patience_s=patience_s or inf, talk_s=talk_s or None),
        )
        self.asterisk.flush()
        await self.sees(CallerArrived, leg=leg)
        return leg

    async def until(self, done: Callable[[], bool], within_s: float) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s / SPEED
        while not done():
            self._stirred.clear()
            left = deadline - loop.time()
            if left <= 0:
                return done()
            try:
                await asyncio.wait_for(self._stirred.wait(), left)
            except TimeoutError:
                return done()
        return True

    async def press(self, leg: str, digit: str) -> None:
        self.pbx.press(LegId(leg), digit)

    async def close(self) -> None:
        if self._link is not None:
            await self._link.close()
        await self.asterisk.kill()

    def _hear(self, event: PbxEvent) -> None:
        self.log.append(event)
        self._stirred.set()

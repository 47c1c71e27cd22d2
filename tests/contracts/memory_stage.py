"""The stage over the simulated exchange in memory: virtual time, no sockets."""

import random
from collections.abc import Callable
from math import inf

from simulator.carrier import ScriptedCarrier
from simulator.clock import SetClock
from simulator.exchange import VirtualExchange
from simulator.legs import Ending, Fate
from telephony.events import CallerArrived
from telephony.ids import AgentId, LegId, ServerId
from telephony.numbers import PhoneNumber
from tests.contracts.stage import Phone, Stage


class MemoryStage(Stage):
    def __init__(self, seed: int = 1) -> None:
        super().__init__()
        self.clock = SetClock(1_772_413_200.0)
        self.pbx = VirtualExchange(ServerId("pbx1"), ScriptedCarrier(), random.Random(seed), self.clock)
        self.pbx.subscribe(self.log.append)
        self.pbx.open()
        self._phones = 0

    @property
    def exchange(self) -> VirtualExchange:
        return self.pbx

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
        await self.sees(CallerArrived, leg=leg)
        return leg

    async def until(self, done: Callable[[], bool], within_s: float) -> bool:
        deadline = self.clock.now() + within_s
        while not done():
            following = self.pbx.next_at()
            if following is None or following > deadline:
                self.clock.to(deadline)
                self.pbx.advance(deadline)
                return done()
            self.clock.to(following)
            self.pbx.advance(following)
        return True

    async def press(self, leg: str, digit: str) -> None:
        self.pbx.press(LegId(leg), digit)

    async def close(self) -> None:
        self.pbx.subscribe(lambda event: None)

"""What the simulator's own tests share: an exchange on virtual time and the means to let time pass."""

import random
from collections.abc import Callable

from simulator.carrier import ScriptedCarrier
from simulator.clock import SetClock
from simulator.exchange import VirtualExchange
from simulator.faults import TrunkFaults
from simulator.legs import Population
from telephony.commands import Listen, Originate
from telephony.events import PbxEvent
from telephony.ids import CallId, CampaignId, ServerId, TrunkId
from telephony.numbers import PhoneNumber

START = 1_772_413_200.0


class Scene:
    """One exchange, the events it gave, and its clock; times count from the start in seconds."""

    def __init__(self, population: Population | None = None, seed: int = 1, faults: TrunkFaults | None = None) -> None:
        self.clock = SetClock(START)
        self.pbx = VirtualExchange(
            ServerId("pbx1"), population or ScriptedCarrier(), random.Random(seed), self.clock, faults=faults
        )
        self.log: list[tuple[float, PbxEvent]] = []
        self.react: Callable[[PbxEvent], None] = lambda event: None
        self.pbx.subscribe(self._hear)

    def dial(self, digits: str, *, call: str = "c-1", timeout_s: float = 25.0, amd: bool = False) -> CallId:
        self.pbx.perform(
            Originate(
                server=self.pbx.server,
                call=CallId(call),
                campaign=CampaignId("x"),
                number=PhoneNumber(f"+{digits}"),
                trunk=TrunkId("carrier"),
                dial="PJSIP/{digits}@carrier",
                caller_id="4001234567",
                ring_s=timeout_s,
                listen=Listen(most_s=5.0) if amd else None,
            )
        )
        return CallId(call)

    def run(self, seconds: float) -> None:
        """Let time pass, event by event."""
        end = self.clock.at + seconds
        while (at := self.pbx.next_at()) is not None and at <= end:
            self.clock.to(at)
            self.pbx.advance(at)
        self.clock.to(end)
        self.pbx.advance(end)

    def of(self, kind: type[PbxEvent]) -> list[PbxEvent]:
        return [event for _, event in self.log if isinstance(event, kind)]

    def when(self, kind: type[PbxEvent]) -> float:
        """When the first event of this kind came, from the start."""
        return next(at for at, event in self.log if isinstance(event, kind)) - START

    def _hear(self, event: PbxEvent) -> None:
        self.log.append((self.clock.at, event))
        self.react(event)

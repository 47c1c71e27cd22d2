"""The stage every contract test of an exchange plays on: numbers with a known fate, phones with known habits, waits.

A subclass brings one exchange (in memory, over the wire, a real Asterisk) and says how time passes on it; everything
else is shared. Fates are written into the number itself, ``K RR TTT NNNN``: K the fate, RR tenths of a second of
ringing, TTT tenths of a second until the customer hangs up (000 never). The SIPp carrier reads the same numbers.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from telephony.commands import HangUp, Listen, Originate, SeatAgent
from telephony.events import (
    DialEnded,
    HangupRequested,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegProgressed,
    LegRinging,
    OriginateEnded,
    PbxEvent,
)
from telephony.ids import AgentId, CallId, CampaignId, LegId, ServerId, TrunkId, call_leg, seat_leg
from telephony.numbers import PhoneNumber
from telephony.outcomes import Evidence
from telephony.ports import Exchange

Kind = TypeVar("Kind", bound=PbxEvent)
AMD = (2500, 1500, 800, 5000, 100, 50, 2, 256, 5000)
"""The arguments of Asterisk's AMD() as its own sample file has them."""


class Fate(StrEnum):
    """What becomes of a dialled number; the value is the digit the carrier reads."""

    ANSWERS = "1"
    BUSY = "2"
    RINGS_OUT = "3"
    CONGESTED = "4"
    NOT_ASSIGNED = "5"
    UNAVAILABLE = "6"
    DECLINES = "7"
    ANSWERS_TALKING = "8"
    """Answers and talks without a pause: AMD hears a machine."""
    EARLY_MEDIA_THEN_BUSY = "9"


class Phone(StrEnum):
    """The habits of an agent's phone."""

    ANSWERS = "answers"
    IGNORES = "ignores"
    ABSENT = "absent"
    """Known to the PBX, registered nowhere."""


class Overdue(AssertionError):
    """Something that had to happen on the stage did not happen in time."""


class Stage(ABC):
    """One exchange and everything needed to play a scene on it. All times are seconds of the exchange's own clock."""

    template: str = "PJSIP/{digits}@carrier"
    """Dial template of the working trunk."""
    nowhere: str = "PJSIP/{digits}@nowhere"
    """Dial template of a trunk the PBX does not know."""
    patience_s: float = 60.0
    """How long ``sees`` waits when not told otherwise."""

    def __init__(self) -> None:
        self.log: list[PbxEvent] = []
        self._serial = itertools.count(1)
        self._hung_up: set[str] = set()

    @property
    @abstractmethod
    def exchange(self) -> Exchange:
        """The exchange under test; the stage has subscribed ``self.log.append`` to it and the link is up."""

    @abstractmethod
    def phone(self, habit: Phone) -> tuple[AgentId, str]:
        """An agent and his endpoint (``PJSIP/…``) with this habit; two calls give two agents."""

    @abstractmethod
    async def until(self, done: Callable[[], bool], within_s: float) -> bool:
        """Let time pass until `done()` or the deadline; the last value of `done()`."""

    @abstractmethod
    async def press(self, leg: str, digit: str) -> None:
        """Whoever has this leg presses a key."""

    @abstractmethod
    async def close(self) -> None: ...

    @property
    def server(self) -> ServerId:
        return self.exchange.server

    def number(self, fate: Fate, *, ring_s: float = 0.5, talk_s: float = 0.0) -> PhoneNumber:
        """A fresh number with this fate; `talk_s` 0 means the customer never hangs up by himself."""
        return PhoneNumber(f"+{fate.value}{round(ring_s * 10):02d}{round(talk_s * 10):03d}{next(self._serial):04d}")

    def call_id(self) -> CallId:
        return CallId(f"c-{id(self):x}-{next(self._serial):06}")

    def dial(
        self,
        fate: Fate,
        *,
        ring_s: float = 0.5,
        talk_s: float = 0.0,
        timeout_s: float = 20.0,
        amd: bool = False,
        call: CallId | None = None,
        template: str | None = None,
    ) -> CallId:
        """Dial a fresh number with this fate and return the call's id at once."""
        call = call or self.call_id()
        self.exchange.perform(
            Originate(
                server=self.server,
                call=call,
                campaign=CampaignId("contract"),
                number=self.number(fate, ring_s=ring_s, talk_s=talk_s),
                trunk=TrunkId("carrier"),
                dial=template or self.template,
                caller_id="4001234567",
                ring_s=timeout_s,
                listen=Listen(most_s=5.0, arguments=AMD) if amd else None,
            )
        )
        return call

    @abstractmethod
    async def call_in(
        self, line: str, number: str | None = "+8613800138000", *, patience_s: float = 0.0, talk_s: float = 0.0
    ) -> LegId:
        """Somebody calls `line` (`number` None: withheld) and is standing in our dialplan; his leg's id.

        He hangs up `patience_s` after he came unless somebody talks to him, and `talk_s` after the first word; 0 never.
        """

    def seat(self, agent: AgentId, endpoint: str, *, ring_s: float = 10.0) -> LegId:
        """Ask for the agent's seat leg and return its id at once."""
        leg = seat_leg(agent, f"{next(self._serial):06}")
        self.exchange.perform(
            SeatAgent(server=self.server, agent=agent, leg=leg, endpoint=endpoint, ring_s=ring_s, auto_answer=True)
        )
        return leg

    def hang_up(self, leg: str) -> None:
        if not self.seen(LegAnswered, leg=leg):
            self._hung_up.add(leg)
        self.exchange.perform(HangUp(server=self.server, leg=LegId(leg)))

    def seen(self, kind: type[Kind], **fields: object) -> list[Kind]:
        """Events of this kind so far whose fields have these values."""
        return [e for e in self.log if isinstance(e, kind) and all(getattr(e, k) == v for k, v in fields.items())]

    async def sees(self, kind: type[Kind], *, times: int = 1, within_s: float | None = None, **fields: object) -> Kind:
        """Wait for the `times`-th event of this kind with these values and return it; Overdue when it does not come."""
        if not await self.until(lambda: len(self.seen(kind, **fields)) >= times, within_s or self.patience_s):
            raise Overdue(f"no {kind.__name__} {fields} ({times}x); saw {[type(e).__name__ for e in self.log]}")
        return self.seen(kind, **fields)[times - 1]

    async def passes(self, seconds: float) -> None:
        """Let this much time pass, whatever happens in it."""
        await self.until(lambda: False, seconds)

    async def ends(self, call: CallId, within_s: float | None = None) -> Evidence:
        """Wait until all evidence of the attempt is in and return it."""
        await self.until(lambda: self.evidence(call).complete, within_s or self.patience_s)
        evidence = self.evidence(call)
        if not evidence.complete:
            raise Overdue(f"evidence incomplete: {evidence}")
        return evidence

    def evidence(self, call: CallId) -> Evidence:
        """What the events so far say of the attempt."""
        found = Evidence(cancelled=call in self._hung_up)
        for event in self.log:
            if getattr(event, "leg", None) != call_leg(call):
                continue
            match event:
                case LegCreated():
                    found.leg_seen = True
                case LegRinging() | LegProgressed():
                    found.rang = True
                case LegAnswered():
                    found.answered = True
                case HangupRequested(cause=cause):
                    found.cause = found.cause or cause
                case DialEnded(status=status):
                    found.dial_status = status
                case OriginateEnded(foreign=False, ok=ok, reason=reason):
                    found.originate_ended, found.originate_ok, found.reason = True, ok, reason
                case LegEnded(cause=cause, tech_cause=tech_cause):
                    found.ended, found.cause, found.tech_cause = True, cause, tech_cause
        return found

"""What exists on the simulated PBX: legs, the bridges they meet in, agents' phones, and the fate of a dialled party."""

from enum import IntEnum
from math import inf
from typing import Protocol

import msgspec

from telephony.ids import BridgeId, LegId
from telephony.numbers import PhoneNumber


class Ending(IntEnum):
    """How the far end takes a call."""

    ANSWERS = 0
    RINGS_OUT = 1
    BUSY = 2
    CONGESTED = 3
    NOT_ASSIGNED = 4
    UNAVAILABLE = 5
    DECLINES = 6
    EARLY_MEDIA_THEN_BUSY = 7
    DEAD = 8
    """The carrier's socket is dead: silence for 32 s."""


class Fate(msgspec.Struct, gc=False):
    """What a dialled party will do; times in seconds.

    `patience_s` runs from the answer, or from being parked again, while nobody talks to him; `talk_s` from the first
    word with an agent, None when the patience alone decides. `ended_by` is the Q.850 cause his BYE carries, or None."""

    ending: Ending
    setup_s: float = 0.05
    ring_s: float = 0.5
    patience_s: float = inf
    talk_s: float | None = None
    amd: str = "HUMAN"
    amd_s: float = 1.2
    ended_by: int | None = None
    opts_out: bool = False
    calls_back: bool = False
    """A caller who presses the key to be called back, and confirms his number."""
    message_s: float = 8.0
    """How long he speaks when he leaves a message."""
    scores: str = ""
    """The keys he presses in a survey, one for each question; none where it ends."""


class Population(Protocol):
    """Who answers the numbers that are dialled."""

    def fate(self, digits: str, now: float) -> Fate:
        """The fate of a call to `digits` (from the dial string, no plus) placed at `now`, epoch seconds."""
        ...


class Phone(msgspec.Struct):
    """An agent's phone; one call at a time. `answers_after_s` None lets it ring. Seconds."""

    endpoint: str
    answers_after_s: float | None = 0.2
    registered: bool = True
    legs: int = 0


class Bridge:
    """Legs that hear each other: a seat's conference or the two parties of a Dial."""

    __slots__ = ("id", "is_seat", "legs", "name")

    def __init__(self, id: BridgeId, name: str, is_seat: bool) -> None:
        self.id = id
        self.name = name
        self.is_seat = is_seat
        self.legs: list[Leg] = []


class Leg:
    """One leg on the simulated PBX."""

    __slots__ = (
        "amd",
        "amd_why",
        "application",
        "asked",
        "back",
        "born",
        "bridge",
        "caller",
        "caller_id",
        "channel",
        "connected",
        "context",
        "data",
        "dialled",
        "digits",
        "exten",
        "fate",
        "gone",
        "id",
        "inbound",
        "is_customer",
        "keyed",
        "leave_at",
        "linked",
        "muted",
        "number",
        "phone",
        "recording",
        "recording_from",
        "ringing",
        "spied_by",
        "spies",
        "up",
        "variables",
    )

    def __init__(self, id: LegId, linked: LegId, born: float, fate: Fate, phone: Phone | None) -> None:
        self.id = id
        self.linked = linked
        self.born = born
        self.fate = fate
        self.phone = phone
        self.is_customer = phone is None
        self.inbound = False
        self.number: PhoneNumber | None = None
        self.channel = ""
        self.digits = ""
        self.caller_id = ""
        self.context = ""
        self.exten = "s"
        self.application = "AppDial2"
        self.data = "(Outgoing Line)"
        self.up = self.ringing = self.gone = self.connected = False
        self.amd = self.amd_why = ""
        self.bridge: Bridge | None = None
        self.leave_at = inf
        self.dialled: Leg | None = None
        self.caller: Leg | None = None
        self.recording: str | None = None
        self.recording_from = 0.0
        self.asked = (0, 0)
        self.muted = False
        self.spies: Leg | None = None
        self.spied_by: list[Leg] = []
        self.variables: dict[str, str] | None = None
        self.back: PhoneNumber | None = None
        self.keyed = ""

    def __repr__(self) -> str:
        state = "gone" if self.gone else "up" if self.up else "ringing" if self.ringing else "down"
        return f"<Leg {self.id} {state} {self.context}>"

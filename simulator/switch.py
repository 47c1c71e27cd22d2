"""The bare simulated PBX: an event heap, legs that come and go, bridges they enter and leave.

Time is epoch seconds and comes from outside; nothing here waits. Events go to one subscriber in the order of the heap.
"""

import random
import wave
from abc import ABC, abstractmethod
from collections.abc import Callable
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from simulator.legs import Bridge, Leg, Phone, Population
from telephony.events import (
    BridgeEntered,
    BridgeLeft,
    DeviceChanged,
    LegAnswered,
    LegCreated,
    LegEnded,
    PbxEvent,
    RecordingBegan,
    RecordingStopped,
)
from telephony.ids import BridgeId, LegId, ServerId
from telephony.ports import Clock

Step = Callable[[Any], None]


class Switch(ABC):
    """Legs and bridges on a heap of things to come."""

    def __init__(
        self,
        server: ServerId,
        population: Population,
        rng: random.Random,
        clock: Clock,
        recordings: Path | None = None,
    ) -> None:
        self._server = server
        self.population = population
        self.rng = rng
        self._clock = clock
        self._recordings = recordings
        self.agenda: list[tuple[float, int, Step, Any]] = []
        """A heap of what will happen, the instant first; to be looked at only."""
        self._serial = 0
        self._channels = 0
        self._now = clock.now()
        self._on_event: Callable[[PbxEvent], None] = lambda event: None
        self.legs: dict[LegId, Leg] = {}
        self.seats: dict[str, Bridge] = {}
        self.phones: dict[str, Phone] = {}
        self.connected = True

    @property
    def server(self) -> ServerId:
        return self._server

    def subscribe(self, on_event: Callable[[PbxEvent], None]) -> None:
        """Have every event delivered, in order, from within ``advance``."""
        self._on_event = on_event

    def next_at(self) -> float | None:
        """When something happens next, epoch seconds; None when nothing ever will."""
        return self.agenda[0][0] if self.agenda else None

    def advance(self, now: float) -> None:
        """Let everything happen that is due by `now`."""
        heap = self.agenda
        while heap and heap[0][0] <= now:
            at, _, step, subject = heappop(heap)
            if at > self._now:
                self._now = at
            step(subject)
        if now > self._now:
            self._now = now

    def add_phone(self, endpoint: str, answers_after_s: float | None = 0.2, registered: bool = True) -> Phone:
        """Give the PBX an agent's phone, e.g. ``PJSIP/1001``."""
        phone = self.phones[endpoint] = Phone(endpoint, answers_after_s, registered)
        return phone

    def register(self, endpoint: str, registered: bool = True) -> None:
        """The phone registers, or goes away."""
        self.phones[endpoint].registered = registered
        self._in(0.0004, self._device, endpoint)

    @property
    def at(self) -> float:
        """The instant this PBX has come to, epoch seconds."""
        return self._now

    def later(self, seconds: float, step: Step, subject: Any) -> None:
        """Have `step` taken so many seconds from now, e.g. somebody call."""
        self._in(seconds, step, subject)

    def _in(self, seconds: float, step: Step, subject: Any) -> None:
        self._serial = serial = self._serial + 1
        heappush(self.agenda, (self._now + seconds, serial, step, subject))

    def _at(self, when: float, step: Step, subject: Any) -> None:
        self._serial = serial = self._serial + 1
        heappush(self.agenda, (when, serial, step, subject))

    def _catch_up(self) -> None:
        now = self._clock.now()
        if now > self._now:
            self._now = now

    def emit(self, event: PbxEvent) -> None:
        """Tell the subscriber, if the link is up."""
        if self.connected:
            self._on_event(event)

    def device_state(self, endpoint: str) -> str:
        """What the PBX says of a phone."""
        phone = self.phones[endpoint]
        return "UNAVAILABLE" if not phone.registered else "INUSE" if phone.legs else "NOT_INUSE"

    def _device(self, endpoint: str) -> None:
        self.emit(DeviceChanged(server=self._server, endpoint=endpoint, state=self.device_state(endpoint)))

    def _plug_in(self, leg: Leg, name: str) -> None:
        """The leg exists from now on, as channel ``<name>-<serial>``."""
        leg.channel = f"{name}-{self._channels:08x}"
        self._channels += 1
        self.legs[leg.id] = leg
        self.emit(LegCreated(server=self._server, leg=leg.id, linked=leg.linked, channel=leg.channel))
        if leg.phone is not None:
            leg.phone.legs += 1
            self._device(leg.phone.endpoint)

    def _enter_bridge(self, leg: Leg, bridge: Bridge) -> None:
        if leg.inbound and not leg.up:
            leg.up = True
            self.emit(LegAnswered(server=self._server, leg=leg.id))
        bridge.legs.append(leg)
        leg.bridge = bridge
        self.emit(BridgeEntered(server=self._server, leg=leg.id, bridge=bridge.id))
        if len(bridge.legs) > 1:
            for other in bridge.legs:
                if other.is_customer and not other.connected:
                    self._first_word(other)

    def _first_word(self, customer: Leg) -> None:
        customer.connected = True
        talk_s = customer.fate.talk_s
        if talk_s is not None:
            self._leaves_in(customer, talk_s)

    def _leaves_in(self, customer: Leg, seconds: float) -> None:
        customer.leave_at = when = self._now + seconds
        if seconds < 86_400:
            self._at(when, self._hangs_up, customer)

    @abstractmethod
    def _ears_close(self, leg: Leg) -> None:
        """Supervisors who hear the leg, or the one whose it is, hear nothing more."""

    @abstractmethod
    def _hangs_up(self, leg: Leg) -> None:
        """The far end hangs up; what follows from it is the dialplan's."""

    def _leave_bridge(self, leg: Leg) -> None:
        bridge = leg.bridge
        if bridge is None:
            return
        leg.bridge = None
        bridge.legs.remove(leg)
        self.emit(BridgeLeft(server=self._server, leg=leg.id, bridge=bridge.id))
        if bridge.is_seat and not bridge.legs:
            self.seats.pop(bridge.name, None)

    @abstractmethod
    def _enter(self, leg: Leg, context: str, exten: str) -> None:
        """The leg runs an extension of the dialplan."""

    def _seat(self, agent: str) -> Bridge:
        return self._room(f"seat-{agent}")

    def _room(self, name: str) -> Bridge:
        """The conference of that name, made when there is none."""
        bridge = self.seats.get(name)
        if bridge is None:
            self._serial += 1
            bridge = self.seats[name] = Bridge(BridgeId(f"{self._server}-b{self._serial}"), name, True)
        return bridge

    def _gone(self, leg: Leg, cause: int, tech_cause: int | None = None) -> None:
        """The leg leaves its bridge and the PBX."""
        if leg.spies is not None or leg.spied_by:
            self._ears_close(leg)
        self._leave_bridge(leg)
        leg.gone = True
        if leg.recording is not None:
            self._close_recording(leg)
        if self.legs.get(leg.id) is leg:
            self.emit(LegEnded(server=self._server, leg=leg.id, cause=cause, tech_cause=tech_cause))
            self.legs.pop(leg.id, None)
        if leg.phone is not None:
            leg.phone.legs -= 1
            self._device(leg.phone.endpoint)

    def _begin_recording(self, subject: tuple[Leg, str]) -> None:
        leg, name = subject
        if leg.gone:
            return
        leg.recording, leg.recording_from = name, self._now
        self.emit(RecordingBegan(server=self._server, leg=leg.id))

    def _end_recording(self, leg: Leg) -> None:
        if leg.recording is not None:
            self._close_recording(leg)
            self.emit(RecordingStopped(server=self._server, leg=leg.id))

    def _close_recording(self, leg: Leg) -> None:
        """A hang-up closes the files without a word, as on Asterisk."""
        name, leg.recording = leg.recording, None
        if name is not None and self._recordings is not None:
            write_recording(self._recordings, name, self._now - leg.recording_from)


def write_recording(folder: Path, name: str, seconds: float) -> None:
    """Three quiet wav files of at most two seconds, named as MixMonitor would name them; none outside `folder`."""
    for suffix in ("", "-rx", "-tx"):
        write_sound(folder, f"{name}{suffix}.wav", seconds)


def write_sound(folder: Path, name: str, seconds: float) -> None:
    """A quiet wav file of at most two seconds; none outside `folder`."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * int(8000 * min(max(seconds, 0.1), 2.0)))

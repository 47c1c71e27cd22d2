"""The recorder: starts a recording when an agent is reserved, before the bridge, and notices when there is none.

It records the customer's leg, so one recording goes on over hold, consultation, transfer and take-over.

The file is named by the call id, so no name on disk tells a number.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from config.model import CampaignSettings
from config.queues import QueueSettings
from recording.pauses import ALARM as PAUSE
from recording.pauses import Pauses, Recording
from telephony.commands import CheckRecording, Command, SetTimer, StartRecording
from telephony.events import ActionFailed, RecordingBegan, RecordingLooked, RecordingMuted, TimerFired
from telephony.facts import (
    AlarmCleared,
    AlarmRaised,
    CallConnected,
    CallEnded,
    CallOffered,
    Fact,
    InboundEnded,
    RecordingConfirmed,
    RecordingFiled,
    RecordingMissing,
    RecordingStarted,
    ServerChanged,
)
from telephony.ids import CallId, ServerId
from telephony.inbound import OpenInbound
from telephony.leads import OpenCall, Restored
from telephony.supervising import PauseAsked

CONFIRM_S = 3.0
"""A recording the PBX has not confirmed this long after the bridge is missing."""
LOOK_S = 2.0
"""The file is looked for this long after the call's end: MixMonitor closes it after the hang-up."""

Out = list[Fact | Command]


class RecordingEngine:
    """The recordings of calls in progress."""

    def __init__(
        self,
        *,
        campaigns: Mapping[str, CampaignSettings],
        visible: frozenset[str],
        queues: Mapping[str, QueueSettings] | None = None,
        longest_pause_s: float = 300.0,
    ) -> None:
        """`visible` names the servers whose recordings folder this machine can look into."""
        self.campaigns = campaigns
        self.queues: Mapping[str, QueueSettings] = queues or {}
        self._visible = visible
        self._running: dict[CallId, Recording] = {}
        self._alarmed: set[ServerId] = set()
        self._pauses = pauses = Pauses(self._running, longest_pause_s)
        self.rules: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            CallOffered: self._offered,
            RecordingBegan: self._began,
            CallConnected: self._connected,
            CallEnded: self._ended,
            InboundEnded: self._ended,
            PauseAsked: pauses.asked,
            RecordingMuted: pauses.muted,
            ActionFailed: pauses.failed,
            ServerChanged: pauses.server_changed,
            RecordingLooked: self._looked,
            TimerFired: self._timer,
            Restored: self._restored,
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear else ()

    def _offered(self, fact: CallOffered, now: float) -> Out:
        settings = self.campaigns.get(fact.campaign) or self.queues.get(fact.campaign)
        if fact.call in self._running or settings is None or not settings.record:
            return []
        self._running[fact.call] = Recording(fact.server, fact.agent)
        return [
            RecordingStarted(call=fact.call, agent=fact.agent, name=fact.call, server=fact.server),
            StartRecording(server=fact.server, call=fact.call, name=fact.call),
        ]

    def _began(self, event: RecordingBegan, now: float) -> Out:
        recording = self._running.get(CallId(event.leg))
        if recording is None or recording.confirmed:
            return []
        recording.confirmed = True
        return [RecordingConfirmed(call=CallId(event.leg)), *self._well(event.server, looked=False)]

    def _connected(self, fact: CallConnected, now: float) -> Out:
        recording = self._running.get(fact.call)
        if recording is None:
            return []
        recording.agent, recording.connected = fact.agent, True
        return [] if recording.confirmed else [SetTimer(key=("recording", fact.call), at=now + CONFIRM_S)]

    def _timer(self, event: TimerFired, now: float) -> Out:
        what, whom = event.key
        call = CallId(whom)
        if what == "recording":
            recording = self._running.get(call)
            if recording is None or recording.confirmed:
                return []
            return self._missing(recording.server, call, "not confirmed")
        if what == PAUSE:
            return self._pauses.due(call, now)
        if what == "recording_file":
            server, _, name = whom.partition("/")
            return [CheckRecording(server=ServerId(server), call=CallId(name), name=name)]
        return []

    def _ended(self, fact: CallEnded | InboundEnded, now: float) -> Out:
        recording = self._running.pop(fact.call, None)
        if recording is None:
            return []
        out = self._pauses.over(fact.call, recording, now)
        if not recording.connected or recording.server not in self._visible:
            return out
        return [*out, SetTimer(key=("recording_file", f"{recording.server}/{fact.call}"), at=now + LOOK_S)]

    def _looked(self, event: RecordingLooked, now: float) -> Out:
        if event.bytes is None:
            return self._missing(event.server, event.call, "no file")
        filed = RecordingFiled(call=event.call, bytes=event.bytes, seconds=event.seconds)
        return [filed, *self._well(event.server, looked=True)]

    def _missing(self, server: ServerId, call: CallId, why: str) -> Out:
        """Every missing recording is a fact; the alarm is one for its PBX, until that records again."""
        out: Out = [RecordingMissing(call=call, why=why)]
        if server not in self._alarmed:
            self._alarmed.add(server)
            out.append(AlarmRaised(alarm="recording_missing", about=server, words={"why": why, "call": call}))
        return out

    def _well(self, server: ServerId, *, looked: bool) -> Out:
        """A file that was found clears the alarm; the PBX's word does where no file can be looked for."""
        if server not in self._alarmed or (server in self._visible and not looked):
            return []
        self._alarmed.remove(server)
        return [AlarmCleared(alarm="recording_missing", about=server)]

    def _restored(self, event: Restored, now: float) -> Out:
        open_calls: tuple[OpenCall | OpenInbound, ...] = (*event.calls, *event.inbound)
        for known in open_calls:
            if known.recording and known.agent is not None:
                self._running[known.call] = Recording(known.server, known.agent, True, known.connected_at is not None)
        return self._pauses.restored(event, now)

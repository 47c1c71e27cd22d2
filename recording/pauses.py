"""Pauses of recordings: a secret is said, the recording is silent both ways, and goes on when told, in time or by itself.

What is wanted and what the PBX has confirmed are two things: a pause counts from the PBX's word for it, one that is not
confirmed raises an alarm at once, and a recording that should have its sound again is told so until the PBX says it has.
"""

from collections.abc import Mapping

import msgspec

from telephony.commands import CancelTimer, Command, MuteRecording, SetTimer
from telephony.events import ActionFailed, RecordingMuted
from telephony.facts import (
    AlarmCleared,
    AlarmRaised,
    AskRefused,
    Fact,
    RecordingNotPaused,
    RecordingPaused,
    RecordingResumed,
    ServerChanged,
)
from telephony.ids import AgentId, CallId, ServerId
from telephony.leads import Restored
from telephony.supervising import PauseAsked

CONFIRM_S = 3.0
"""A pause, or its end, that the PBX has not confirmed this long after is none."""
ALARM = "recording_pause"

Out = list[Fact | Command]


class Recording(msgspec.Struct):
    """One that runs. `hushed` is what is wanted of it, `silent` what the PBX has said; `actor` had it paused, `because`
    is why it goes on."""

    server: ServerId
    agent: AgentId
    confirmed: bool = False
    connected: bool = False
    hushed: bool = False
    silent: bool = False
    unsure: bool = False
    actor: str = ""
    because: str = "asked"
    paused_at: float = 0.0


class Pauses:
    """The pauses of the recordings `running`, which the recorder keeps."""

    def __init__(self, running: Mapping[CallId, Recording], longest_s: float) -> None:
        self._running = running
        self._longest_s = longest_s
        self._up: set[ServerId] = set()
        self._alarmed: set[ServerId] = set()

    def asked(self, ask: PauseAsked, now: float) -> Out:
        found = self._of(ask)
        if found is None:
            return _refuse(ask, "not_recorded", {"whom": ask.agent or ask.call or ""})
        call, recording = found
        if recording.hushed is ask.pause:
            return _refuse(ask, "already_paused" if ask.pause else "not_paused", {"call": call})
        if recording.server not in self._up:
            return _refuse(ask, "link_down", {"server": recording.server})
        recording.hushed, recording.actor, recording.because = ask.pause, ask.actor, "asked"
        return self._tell(call, recording, now)

    def muted(self, event: RecordingMuted, now: float) -> Out:
        call = CallId(event.leg)
        recording = self._running.get(call)
        if recording is None or recording.silent is event.muted:
            return []
        recording.silent = event.muted
        if event.muted:
            recording.paused_at = now
            if not recording.hushed:
                return self._tell(call, recording, now)
            until = now + self._longest_s
            paused = RecordingPaused(call=call, agent=recording.agent, actor=recording.actor, until=until)
            return [paused, SetTimer(key=(ALARM, call), at=until), *self._well(recording.server)]
        why = "outside" if recording.hushed else recording.because
        recording.hushed = False
        return [CancelTimer(key=(ALARM, call)), self._resumed(call, recording, why, now), *self._well(recording.server)]

    def due(self, call: CallId, now: float) -> Out:
        """The time is over: of the pause, or for the PBX to confirm it."""
        recording = self._running.get(call)
        if recording is None:
            return []
        if recording.hushed and recording.silent:
            recording.hushed, recording.because, recording.actor = False, "longest_pause", ""
            return self._tell(call, recording, now)
        return self._not_done(call, recording, "not confirmed", now)

    def failed(self, event: ActionFailed, now: float) -> Out:
        recording = self._running.get(CallId(event.leg)) if event.leg is not None else None
        if recording is None or event.what != "MuteRecording":
            return []
        return self._not_done(CallId(event.leg or ""), recording, event.why, now)

    def server_changed(self, fact: ServerChanged, now: float) -> Out:
        """What may have been lost with the link is said again."""
        if fact.state != "up":
            self._up.discard(fact.server)
            return []
        self._up.add(fact.server)
        out: Out = []
        for call, recording in self._running.items():
            if recording.server == fact.server and (recording.unsure or recording.hushed is not recording.silent):
                recording.unsure = False
                out += self._tell(call, recording, now)
        return out

    def over(self, call: CallId, recording: Recording, now: float) -> Out:
        """The call has ended, and the pause with it."""
        out: Out = [CancelTimer(key=(ALARM, call))] if recording.hushed or recording.silent else []
        if recording.silent:
            out.append(self._resumed(call, recording, "call_over", now))
        return out

    def restored(self, event: Restored, now: float) -> Out:
        """Pauses that were known go on; of what was asked when the process ended nobody knows, so it is said again."""
        out: Out = []
        for recording in self._running.values():
            recording.unsure = True
        for known in event.paused:
            found = self._running.get(known.call)
            if found is not None:
                found.hushed = found.silent = True
                found.actor, found.paused_at = known.actor, known.since
                out.append(SetTimer(key=(ALARM, known.call), at=max(now, known.until)))
        return out

    def _of(self, ask: PauseAsked) -> tuple[CallId, Recording] | None:
        for call, recording in self._running.items():
            mine = recording.agent == ask.agent if ask.agent is not None else call == ask.call
            if mine and recording.connected:
                return call, recording
        return None

    def _tell(self, call: CallId, recording: Recording, now: float) -> Out:
        mute = MuteRecording(server=recording.server, call=call, muted=recording.hushed)
        if recording.hushed and recording.silent:
            return [mute]
        return [mute, SetTimer(key=(ALARM, call), at=now + CONFIRM_S)]

    def _not_done(self, call: CallId, recording: Recording, why: str, now: float) -> Out:
        """A pause that did not begin is given up; an end that did not come is tried again."""
        if recording.hushed is recording.silent:
            return []
        wanted = "paused" if recording.hushed else "resumed"
        out: Out = [RecordingNotPaused(call=call, agent=recording.agent, wanted=wanted, why=why)]
        if recording.hushed:
            recording.hushed = False
            out += [CancelTimer(key=(ALARM, call)), MuteRecording(server=recording.server, call=call, muted=False)]
        elif recording.server in self._up:
            out = [SetTimer(key=(ALARM, call), at=now + CONFIRM_S), *out]
            out.append(MuteRecording(server=recording.server, call=call, muted=False))
        if recording.server not in self._alarmed:
            self._alarmed.add(recording.server)
            words = {"why": why, "call": call}
            out.append(AlarmRaised(alarm=ALARM, about=recording.server, words=words))
        return out

    def _resumed(self, call: CallId, recording: Recording, why: str, now: float) -> RecordingResumed:
        recording.silent = recording.hushed = False
        return RecordingResumed(
            call=call,
            agent=recording.agent,
            actor=recording.actor,
            paused_s=max(0.0, now - recording.paused_at),
            why=why,
        )

    def _well(self, server: ServerId) -> Out:
        if server not in self._alarmed:
            return []
        self._alarmed.remove(server)
        return [AlarmCleared(alarm=ALARM, about=server)]


def _refuse(ask: PauseAsked, code: str, words: dict[str, str]) -> Out:
    return [AskRefused(actor=ask.actor, what=type(ask).__name__, code=code, words=words)]

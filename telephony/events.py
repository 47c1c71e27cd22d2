"""What the PBX reports, as typed past-tense events; every one names the server it came from.

``telephony.ami.headers`` translates AMI headers into these; the simulated exchange emits them directly and renders
them back into headers for the wire. Nothing in here decides anything.
"""

import msgspec

from telephony.commands import TimerKey
from telephony.ids import BridgeId, CallId, LegId, ServerId
from telephony.numbers import PhoneNumber


class PbxEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Anything that came from a PBX or from the link to it."""

    server: ServerId


class LegCreated(PbxEvent, frozen=True, kw_only=True):
    """A leg exists. `linked` is the call it belongs to; a leg of its own has `linked == leg`."""

    leg: LegId
    linked: LegId
    channel: str


class LegRinging(PbxEvent, frozen=True, kw_only=True):
    leg: LegId


class LegProgressed(PbxEvent, frozen=True, kw_only=True):
    """Early media without ringing (SIP 183)."""

    leg: LegId


class LegAnswered(PbxEvent, frozen=True, kw_only=True):
    leg: LegId


class LegParked(PbxEvent, frozen=True, kw_only=True):
    """An answered customer has reached our dialplan and can be redirected; `amd` is HUMAN, MACHINE, NOTSURE or ''.

    `dial` is Asterisk's DIALSTATUS when he comes back from an agent's phone that was rung in vain, else ''; `why` is
    the detector's word for its verdict, e.g. ``longgreeting``."""

    leg: LegId
    amd: str = ""
    why: str = ""
    dial: str = ""


class CallerArrived(PbxEvent, frozen=True, kw_only=True):
    """Somebody has called us and stands in our dialplan, his line not yet answered; `called` is what he dialled.

    `leg` is the PBX's own id, unique over all PBXs where each has a system name of its own; `caller` None: withheld."""

    leg: LegId
    caller: PhoneNumber | None
    called: str
    channel: str = ""
    since: float | None = None
    """When he called (epoch seconds, the PBX's clock) if he was there already when we came; None: now."""
    up: bool = False
    """Whether his line was answered before we came."""


class OptOutPressed(PbxEvent, frozen=True, kw_only=True):
    """The customer pressed the opt-out key during the abandon message."""

    leg: LegId


class SurveyPressed(PbxEvent, frozen=True, kw_only=True):
    """The customer has answered a question of a survey with a digit; `question` counts from 1."""

    leg: LegId
    question: int
    digit: str


class SurveyOver(PbxEvent, frozen=True, kw_only=True):
    """All questions of a survey have been asked."""

    leg: LegId


class DialEnded(PbxEvent, frozen=True, kw_only=True):
    """A dial attempt to `leg` ended with Asterisk's word for it; a hint only. `caller` is the dialling leg, if any."""

    leg: LegId
    caller: LegId | None
    status: str


class OriginateAccepted(PbxEvent, frozen=True, kw_only=True):
    """The PBX queued our Originate for `leg`."""

    leg: LegId


class OriginateRefused(PbxEvent, frozen=True, kw_only=True):
    """Our Originate for `leg` certainly never left: refused by the PBX, or withdrawn before it was sent."""

    leg: LegId
    why: str


class OriginateLost(PbxEvent, frozen=True, kw_only=True):
    """No reply to our Originate for `leg` (link lost or deadline passed): it may or may not have left."""

    leg: LegId
    why: str


class OriginateEnded(PbxEvent, frozen=True, kw_only=True):
    """The final word on our Originate for `leg`. `reason`: 4 answered, 3 timed out, 0 anything else.

    `foreign` is true when the PBX reported it under another live leg's id (a duplicate ChannelId)."""

    leg: LegId
    ok: bool
    reason: int
    foreign: bool = False


class HangupRequested(PbxEvent, frozen=True, kw_only=True):
    """The far end asked to hang up (before ours did)."""

    leg: LegId
    cause: int | None


class LegEnded(PbxEvent, frozen=True, kw_only=True):
    """The leg is gone. `cause` is Q.850 (0 unknown), `tech_cause` the SIP code where the PBX tells it."""

    leg: LegId
    cause: int
    tech_cause: int | None = None


class BridgeEntered(PbxEvent, frozen=True, kw_only=True):
    leg: LegId
    bridge: BridgeId


class BridgeLeft(PbxEvent, frozen=True, kw_only=True):
    leg: LegId
    bridge: BridgeId


class RecordingBegan(PbxEvent, frozen=True, kw_only=True):
    leg: LegId


class RecordingStopped(PbxEvent, frozen=True, kw_only=True):
    leg: LegId


class RecordingMuted(PbxEvent, frozen=True, kw_only=True):
    """The recording of this leg is silent from now on, or has its sound again."""

    leg: LegId
    muted: bool


class SpyBegan(PbxEvent, frozen=True, kw_only=True):
    """A supervisor's leg hears the leg `on`."""

    leg: LegId
    on: LegId


class SpyStopped(PbxEvent, frozen=True, kw_only=True):
    """A supervisor's leg hears the leg `on` no longer."""

    leg: LegId
    on: LegId


class ActionFailed(PbxEvent, frozen=True, kw_only=True):
    """A command other than an Originate was refused or had no reply; `what` is the command's class name."""

    leg: LegId | None
    what: str
    why: str


class DeviceChanged(PbxEvent, frozen=True, kw_only=True):
    """An agent's phone registered, went away or changed state (NOT_INUSE, INUSE, UNAVAILABLE, …)."""

    endpoint: str
    state: str


class LegSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One row of what the PBX holds at this moment."""

    leg: LegId
    linked: LegId
    channel: str
    up: bool
    ringing: bool
    bridge: BridgeId | None
    application: str = ""
    data: str = ""
    context: str = ""
    exten: str = ""
    duration_s: float = 0.0


class PbxSnapshot(PbxEvent, frozen=True, kw_only=True):
    """All legs of one PBX, asked once after a connection; what is not in it is gone."""

    legs: tuple[LegSeen, ...]


class LinkUp(PbxEvent, frozen=True, kw_only=True):
    """Both connections are logged in and the PBX is fully booted; a PbxSnapshot follows."""

    version: str = ""


class LinkLost(PbxEvent, frozen=True, kw_only=True):
    why: str


class TimerFired(msgspec.Struct, frozen=True, gc=False):
    """A timer set by a command has come due."""

    key: TimerKey


class RecordingLooked(PbxEvent, frozen=True, kw_only=True):
    """What was found on disk for a recording: bytes in all (None: nothing there), seconds of sound."""

    call: CallId
    bytes: int | None
    seconds: float = 0.0


class Pong(PbxEvent, frozen=True, kw_only=True):
    """The PBX answered a ping; `lag_s` is the round trip in seconds."""

    lag_s: float

"""PbxEvents into the AMI messages Asterisk 22 sends for them: names, order and headers as captured, with the noise.

A message is rendered only if somebody wants its name, since most listeners filter most of them out.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from simulator.exchange import VirtualExchange
from simulator.legs import Leg
from telephony.events import (
    BridgeEntered,
    BridgeLeft,
    CallerArrived,
    DeviceChanged,
    DialEnded,
    HangupRequested,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    LegProgressed,
    LegRinging,
    LegSeen,
    OptOutPressed,
    PbxEvent,
    RecordingBegan,
    RecordingMuted,
    RecordingStopped,
    SpyBegan,
    SpyStopped,
    SurveyOver,
    SurveyPressed,
)
from telephony.later import CallbackDeclined, CallbackWanted, MessageLeft

Headers = list[tuple[str, str]]

CAUSES = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    21: "Call Rejected",
    34: "Circuit/channel congestion",
}
STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}
UNKNOWN = "<unknown>"


class Message(NamedTuple):
    """One AMI message: the event's name, the class of users who may read it, its headers without those two."""

    name: str
    privilege: str
    headers: Headers

    def encode(self, system: str) -> bytes:
        """The bytes on the wire, blank line included."""
        lines = [f"Event: {self.name}", f"Privilege: {self.privilege},all", f"SystemName: {system}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def seconds_as_clock(seconds: float) -> str:
    """``HH:MM:SS``."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


class Rendering:
    """Renders the events of one exchange; ask it while the event is being delivered, when its leg still exists."""

    def __init__(self, exchange: VirtualExchange) -> None:
        self._exchange = exchange
        self._bridges: dict[str, tuple[str, int]] = {}
        self._renderings: dict[type[PbxEvent], Callable[[Any], Iterator[Message]]] = {
            LegCreated: self._created,
            LegRinging: self._ringing,
            LegProgressed: self._progressed,
            LegAnswered: self._answered,
            DialEnded: self._dial_ended,
            HangupRequested: self._hangup_requested,
            LegEnded: self._ended,
            LegParked: self._parked,
            OptOutPressed: self._opted_out,
            SurveyPressed: self._scored,
            SurveyOver: self._survey_over,
            CallerArrived: self._caller_arrived,
            CallbackWanted: self._callback_wanted,
            CallbackDeclined: self._callback_declined,
            MessageLeft: self._message_left,
            BridgeEntered: self._bridge_entered,
            BridgeLeft: self._bridge_left,
            RecordingBegan: self._recording_began,
            RecordingStopped: self._recording_stopped,
            RecordingMuted: self._recording_muted,
            SpyBegan: self._spy_began,
            SpyStopped: self._spy_stopped,
            DeviceChanged: self._device_changed,
        }

    def render(self, event: PbxEvent) -> list[Message]:
        """The messages of an event, in order; none for what the PBX says in other ways."""
        rendering = self._renderings.get(type(event))
        return list(rendering(event)) if rendering is not None else []

    def row(self, seen: LegSeen) -> Headers:
        """A row of CoreShowChannels, without the event's name."""
        leg = self._exchange.legs[seen.leg]
        return [
            *self._channel(leg),
            ("Application", seen.application),
            ("ApplicationData", seen.data),
            ("Duration", seconds_as_clock(seen.duration_s)),
            ("BridgeId", seen.bridge or ""),
        ]

    def _leg(self, event: Any) -> Leg:
        return self._exchange.legs[event.leg]

    def _channel(self, leg: Leg, prefix: str = "", state: int | None = None) -> Headers:
        if state is None:
            state = 6 if leg.up else 4 if leg.inbound else 5 if leg.ringing else 0
        caller = leg.caller_id or UNKNOWN
        waiting = leg.is_customer and not leg.up and not leg.inbound
        return [
            (f"{prefix}Channel", leg.channel),
            (f"{prefix}ChannelState", str(state)),
            (f"{prefix}ChannelStateDesc", STATES[state]),
            (f"{prefix}CallerIDNum", caller),
            (f"{prefix}CallerIDName", UNKNOWN),
            (f"{prefix}ConnectedLineNum", caller),
            (f"{prefix}ConnectedLineName", UNKNOWN),
            (f"{prefix}Language", "en"),
            (f"{prefix}AccountCode", ""),
            (f"{prefix}Context", "inbound" if waiting else leg.context),
            (f"{prefix}Exten", "s" if waiting else leg.exten),
            (f"{prefix}Priority", "1"),
            (f"{prefix}Uniqueid", leg.id),
            (f"{prefix}Linkedid", leg.linked),
        ]

    def _dial(self, leg: Leg) -> Headers:
        """Headers of a Dial event: the caller's channel when there is one, then the dialled one's."""
        caller = self._channel(leg.caller) if leg.caller is not None else []
        return [*caller, *self._channel(leg, "Dest")]

    def _created(self, event: LegCreated) -> Iterator[Message]:
        leg = self._leg(event)
        channel = self._channel(leg, state=0)
        yield Message("Newchannel", "call", channel)
        if leg.inbound:
            return
        application = [("Extension", "s"), ("Application", "AppDial2"), ("AppData", "(Outgoing Line)")]
        yield Message("Newexten", "dialplan", [*channel, *application])
        for name, value in (leg.variables or {}).items():
            yield Message("VarSet", "dialplan", [*channel, ("Variable", name), ("Value", value)])
        port = [("Type", "StateChange"), ("State", "RTP_PORT_ALLOCATED"), ("AppFile", "res_rtp_asterisk.c")]
        yield Message("TestEvent", "reporting", port)
        address = f"{leg.digits}@carrier" if leg.digits else leg.channel.partition("/")[2].rpartition("-")[0]
        yield Message("DialBegin", "call", [*self._dial(leg), ("DialString", address)])

    def _ringing(self, event: LegRinging) -> Iterator[Message]:
        leg = self._leg(event)
        yield Message("Newstate", "call", self._channel(leg, state=5))
        yield Message("DialState", "call", [*self._dial(leg), ("DialStatus", "RINGING")])
        device = leg.channel.rpartition("-")[0]
        yield Message("DeviceStateChange", "call", [("Device", device), ("State", "RINGING")])

    def _progressed(self, event: LegProgressed) -> Iterator[Message]:
        yield Message("DialState", "call", [*self._dial(self._leg(event)), ("DialStatus", "PROGRESS")])

    def _answered(self, event: LegAnswered) -> Iterator[Message]:
        yield Message("Newstate", "call", self._channel(self._leg(event), state=6))

    def _dial_ended(self, event: DialEnded) -> Iterator[Message]:
        leg = self._leg(event)
        yield Message("DialEnd", "call", [*self._dial(leg), ("DialStatus", event.status)])

    def _hangup_requested(self, event: HangupRequested) -> Iterator[Message]:
        headers = self._channel(self._leg(event))
        if event.cause is not None:
            headers.append(("Cause", str(event.cause)))
        yield Message("HangupRequest", "call", headers)

    def _ended(self, event: LegEnded) -> Iterator[Message]:
        leg = self._leg(event)
        headers = self._channel(leg)
        if leg.up:
            quality = [("Variable", "RTPAUDIOQOS"), ("Value", "ssrc=1;themssrc=2;lp=0;rxjitter=0.000000")]
            yield Message("VarSet", "dialplan", [*headers, *quality])
            yield Message("SoftHangupRequest", "call", [*headers, ("Cause", "16")])
        headers += [("Cause", str(event.cause)), ("Cause-txt", CAUSES.get(event.cause, "Unknown"))]
        if event.tech_cause is not None:
            headers.append(("TechCause", str(event.tech_cause)))
        yield Message("Hangup", "call", headers)
        if leg.is_customer:
            device = leg.channel.rpartition("-")[0]
            yield Message("DeviceStateChange", "call", [("Device", device), ("State", "NOT_INUSE")])

    def _parked(self, event: LegParked) -> Iterator[Message]:
        channel = self._channel(self._leg(event))
        words = [("UserEvent", "SwitchroomParked"), ("Amd", event.amd), ("AmdCause", event.why.upper())]
        if event.dial:
            words.append(("Dial", event.dial))
        yield Message("Newexten", "dialplan", [*channel, ("Extension", "s"), ("Application", "UserEvent")])
        yield Message("UserEvent", "user", [*channel, *words])
        yield Message("Newexten", "dialplan", [*channel, ("Extension", "s"), ("Application", "MusicOnHold")])

    def _caller_arrived(self, event: CallerArrived) -> Iterator[Message]:
        leg = self._leg(event)
        words = [
            ("UserEvent", "SwitchroomCaller"),
            ("Line", event.called),
            ("Caller", "" if leg.number is None else leg.number.for_exchange("{e164}")),
            ("Shown", "prohib_not_screened" if leg.number is None else "allowed_not_screened"),
            *([("Since", f"{event.since:.3f}")] if event.since is not None else []),
        ]
        yield Message("UserEvent", "user", [*self._channel(leg), *words])

    def _callback_wanted(self, event: CallbackWanted) -> Iterator[Message]:
        number = "" if event.number is None else event.number.for_exchange("{e164}")
        words = [("UserEvent", "SwitchroomCallback"), ("Caller", number)]
        yield Message("UserEvent", "user", [*self._channel(self._leg(event)), *words])

    def _callback_declined(self, event: CallbackDeclined) -> Iterator[Message]:
        yield Message("UserEvent", "user", [*self._channel(self._leg(event)), ("UserEvent", "SwitchroomStays")])

    def _message_left(self, event: MessageLeft) -> Iterator[Message]:
        words = [
            ("UserEvent", "SwitchroomMessage"),
            ("Name", event.name),
            ("Queue", event.queue),
            ("Caller", "" if event.number is None else event.number.for_exchange("{e164}")),
            ("Shown", "prohib_not_screened" if event.number is None else "allowed_not_screened"),
        ]
        yield Message("UserEvent", "user", [*self._channel(self._leg(event)), *words])

    def _opted_out(self, event: OptOutPressed) -> Iterator[Message]:
        channel = self._channel(self._leg(event))
        yield Message("DTMFEnd", "dtmf", [*channel, ("Digit", "9"), ("DurationMs", "120"), ("Direction", "Received")])
        yield Message("UserEvent", "user", [*channel, ("UserEvent", "SwitchroomOptOut")])

    def _scored(self, event: SurveyPressed) -> Iterator[Message]:
        channel = self._channel(self._leg(event))
        yield Message(
            "DTMFEnd", "dtmf", [*channel, ("Digit", event.digit), ("DurationMs", "120"), ("Direction", "Received")]
        )
        words = [("UserEvent", "SwitchroomScore"), ("Question", str(event.question)), ("Digit", event.digit)]
        yield Message("UserEvent", "user", [*channel, *words])

    def _survey_over(self, event: SurveyOver) -> Iterator[Message]:
        yield Message("UserEvent", "user", [*self._channel(self._leg(event)), ("UserEvent", "SwitchroomSurveyOver")])

    def _bridge(self, id: str, name: str, legs: int) -> Headers:
        conference = name.startswith(("seat-", "out-"))
        return [
            ("BridgeUniqueid", id),
            ("BridgeType", "base" if conference else "basic"),
            ("BridgeTechnology", "softmix" if conference else "simple_bridge"),
            ("BridgeCreator", "ConfBridge" if conference else UNKNOWN),
            ("BridgeName", name),
            ("BridgeNumChannels", str(legs)),
            ("BridgeVideoSourceMode", "none"),
        ]

    def _bridge_entered(self, event: BridgeEntered) -> Iterator[Message]:
        leg = self._leg(event)
        assert leg.bridge is not None
        name, before = self._bridges.get(event.bridge, (leg.bridge.name, 0))
        self._bridges[event.bridge] = (name, before + 1)
        if not before:
            yield Message("BridgeCreate", "call", self._bridge(event.bridge, name, 0))
        headers = [*self._bridge(event.bridge, name, before + 1), *self._channel(leg)]
        yield Message("BridgeEnter", "call", headers)
        if name.startswith(("seat-", "out-")):
            yield Message("ConfbridgeJoin", "call", [("Conference", name), *headers, ("Admin", "No"), ("Muted", "No")])

    def _bridge_left(self, event: BridgeLeft) -> Iterator[Message]:
        name, before = self._bridges.get(event.bridge, (UNKNOWN, 1))
        self._bridges[event.bridge] = (name, before - 1)
        headers = [*self._bridge(event.bridge, name, before - 1), *self._channel(self._leg(event))]
        if name.startswith(("seat-", "out-")):
            yield Message("ConfbridgeLeave", "call", [("Conference", name), *headers])
        yield Message("BridgeLeave", "call", headers)
        if before <= 1:
            del self._bridges[event.bridge]
            yield Message("BridgeDestroy", "call", self._bridge(event.bridge, name, 0))

    def _recording_began(self, event: RecordingBegan) -> Iterator[Message]:
        channel = self._channel(self._leg(event))
        yield Message("VarSet", "dialplan", [*channel, ("Variable", "MIXMONITOR_FILENAME"), ("Value", "")])
        yield Message("MixMonitorStart", "call", channel)

    def _recording_stopped(self, event: RecordingStopped) -> Iterator[Message]:
        yield Message("MixMonitorStop", "call", self._channel(self._leg(event)))

    def _recording_muted(self, event: RecordingMuted) -> Iterator[Message]:
        words = [("Direction", "both"), ("State", "1" if event.muted else "0")]
        yield Message("MixMonitorMute", "call", [*self._channel(self._leg(event)), *words])

    def _spy_began(self, event: SpyBegan) -> Iterator[Message]:
        both = [*self._channel(self._leg(event), "Spyer"), *self._channel(self._exchange.legs[event.on], "Spyee")]
        yield Message("ChanSpyStart", "call", both)

    def _spy_stopped(self, event: SpyStopped) -> Iterator[Message]:
        spied = self._exchange.legs.get(event.on)
        both = self._channel(self._leg(event), "Spyer")
        yield Message("ChanSpyStop", "call", [*both, *(self._channel(spied, "Spyee") if spied is not None else [])])

    def _device_changed(self, event: DeviceChanged) -> Iterator[Message]:
        yield Message("DeviceStateChange", "call", [("Device", event.endpoint), ("State", event.state)])

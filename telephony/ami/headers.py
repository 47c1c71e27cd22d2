"""AMI headers into typed events, for Asterisk 16 to 22; pure, cheap, and never raises on what a PBX may send.

A leg's id is its Uniqueid, which for a call of ours is the ChannelId we gave it; Dial events name the dialled leg
(DestUniqueid). An OriginateResponse is ours by the ActionID ``o:<leg>``, because a duplicate ChannelId is reported
under the Uniqueid of the call already live.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from telephony.detection import BY_WORD, cause_word
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
    OriginateEnded,
    PbxEvent,
    RecordingBegan,
    RecordingMuted,
    RecordingStopped,
    SpyBegan,
    SpyStopped,
    SurveyOver,
    SurveyPressed,
)
from telephony.ids import BridgeId, CallId, CampaignId, LegId, ServerId
from telephony.later import CallbackDeclined, CallbackWanted, MessageLeft
from telephony.numbers import NumberFault, PhoneNumber, parse

ORIGINATE_PREFIX = "o:"
STATE_RINGING = "5"
STATE_UP = "6"
MOST_NAMES_COUNTED = 256
CALLER = "SwitchroomCaller"
WITHHELD = ("prohib", "unavailable")
"""How Asterisk's word for a caller's number begins that he does not want shown, or that did not come along."""
LONGEST_LINE_NAME = 40
LONGEST_NAME = 80

Message = Mapping[str, str]
Pairs = Iterable[tuple[str, str]]

_SIP_CODE = re.compile(r"(?<!\d)[1-6]\d\d(?!\d)")
_INSTANT = re.compile(r"\d{1,11}(\.\d{1,6})?", re.ASCII)
_NOBODY = frozenset({"", "<null>", "<unknown>", "(null)", "<none>"})


def translate(message: Message | Pairs, server: ServerId, region: str = "") -> PbxEvent | None:
    """The event a message stands for, or None when it means nothing to us or is garbled.

    Callers' numbers are read in the numbering plan of `region` (ISO 3166)."""
    try:
        headers: Message = message if isinstance(message, Mapping) else dict(reversed(list(message)))
        render = RENDERINGS.get(headers["Event"])
        if render is _user_event and (told := WITH_NUMBERS.get(headers["UserEvent"])) is not None:
            return told(headers, server, region)
        return render(headers, server) if render is not None else None
    except Exception:
        return None


class Translation:
    """Translates the messages of one PBX and counts by name those that became nothing."""

    def __init__(self, server: ServerId, region: str = "") -> None:
        """`region` (ISO 3166) is whose numbering plan callers' numbers are in."""
        self.server = server
        self.region = region
        self.translated = 0
        self.untranslated: dict[str, int] = {}

    def translate(self, message: Message | Pairs) -> PbxEvent | None:
        """As ``translate``, counted."""
        event = translate(message, self.server, self.region)
        if event is not None:
            self.translated += 1
        else:
            name = message.get("Event") if isinstance(message, Mapping) else None
            self.pass_over(name if isinstance(name, str) else "")
        return event

    def pass_over(self, name: str) -> None:
        """Count a message that was not looked into; names beyond the bound are counted together as ``""``."""
        counts = self.untranslated
        if name not in counts and len(counts) >= MOST_NAMES_COUNTED:
            name = ""
        counts[name] = counts.get(name, 0) + 1


def leg_seen(message: Message) -> LegSeen | None:
    """One row of CoreShowChannels, or None when it names no leg."""
    try:
        leg = message.get("Uniqueid", "")
        if leg in _NOBODY:
            return None
        state = message.get("ChannelState", "")
        bridge = message.get("BridgeId", "")
        return LegSeen(
            leg=LegId(leg),
            linked=LegId(message.get("Linkedid") or leg),
            channel=message.get("Channel", ""),
            up=state == STATE_UP,
            ringing=state == STATE_RINGING,
            bridge=None if bridge in _NOBODY else BridgeId(bridge),
            application=message.get("Application", ""),
            data=message.get("ApplicationData", ""),
            context=message.get("Context", ""),
            exten=message.get("Exten", ""),
            duration_s=_seconds(message.get("Duration", "")),
        )
    except Exception:
        return None


def _seconds(text: str) -> float:
    total = 0
    for part in text.split(":"):
        if not (part.isascii() and part.isdigit() and len(part) < 8):
            return 0.0
        total = total * 60 + int(part)
    return float(total)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _tech_cause(text: str) -> int | None:
    found = _SIP_CODE.search(text) if text else None
    return int(found[0]) if found else None


def _leg(message: Message, header: str = "Uniqueid") -> LegId:
    leg = message[header]
    if leg in _NOBODY:
        raise KeyError(header)
    return LegId(leg)


def _newchannel(message: Message, server: ServerId) -> PbxEvent:
    leg = _leg(message)
    return LegCreated(
        server=server, leg=leg, linked=LegId(message.get("Linkedid") or leg), channel=message.get("Channel", "")
    )


def _newstate(message: Message, server: ServerId) -> PbxEvent | None:
    state = message["ChannelState"]
    if state == STATE_UP:
        return LegAnswered(server=server, leg=_leg(message))
    if state == STATE_RINGING:
        return LegRinging(server=server, leg=_leg(message))
    return None


def _dial_state(message: Message, server: ServerId) -> PbxEvent | None:
    if message["DialStatus"] == "PROGRESS":
        return LegProgressed(server=server, leg=_leg(message, "DestUniqueid"))
    return None


def _dial_end(message: Message, server: ServerId) -> PbxEvent:
    caller = message.get("Uniqueid", "")
    return DialEnded(
        server=server,
        leg=_leg(message, "DestUniqueid"),
        caller=None if caller in _NOBODY else LegId(caller),
        status=message.get("DialStatus", ""),
    )


def _originate_response(message: Message, server: ServerId) -> PbxEvent | None:
    action = message.get("ActionID", "")
    uniqueid = message.get("Uniqueid", "")
    named = uniqueid not in _NOBODY
    ours = action.startswith(ORIGINATE_PREFIX) and len(action) > len(ORIGINATE_PREFIX)
    leg = action[len(ORIGINATE_PREFIX) :] if ours else uniqueid
    if not ours and not named:
        return None
    return OriginateEnded(
        server=server,
        leg=LegId(leg),
        ok=message.get("Response") == "Success",
        reason=_number(message.get("Reason", "")) or 0,
        foreign=named and uniqueid != leg,
    )


def _hangup_request(message: Message, server: ServerId) -> PbxEvent:
    return HangupRequested(server=server, leg=_leg(message), cause=_number(message.get("Cause", "")))


def _hangup(message: Message, server: ServerId) -> PbxEvent:
    return LegEnded(
        server=server,
        leg=_leg(message),
        cause=_number(message.get("Cause", "")) or 0,
        tech_cause=_tech_cause(message.get("TechCause", "")),
    )


def _user_event(message: Message, server: ServerId) -> PbxEvent | None:
    match message["UserEvent"]:
        case "SwitchroomParked":
            amd = message.get("Amd", "").strip().upper()
            dial = message.get("Dial", "").strip().upper()
            why = cause_word(message.get("AmdCause", ""))
            amd = amd if amd in BY_WORD else ""
            return LegParked(server=server, leg=_leg(message), amd=amd, dial=dial[:20], why=why if amd else "")
        case "SwitchroomOptOut":
            return OptOutPressed(server=server, leg=_leg(message))
        case "SwitchroomScore":
            question, digit = _number(message.get("Question", "")), message.get("Digit", "").strip()
            if question and len(digit) == 1 and digit in "0123456789*#":
                return SurveyPressed(server=server, leg=_leg(message), question=question, digit=digit)
        case "SwitchroomSurveyOver":
            return SurveyOver(server=server, leg=_leg(message))
        case "SwitchroomStays":
            return CallbackDeclined(server=server, leg=CallId(_leg(message)))
    return None


def _caller(message: Message, server: ServerId, region: str) -> PbxEvent:
    since = message.get("Since", "")
    return CallerArrived(
        server=server,
        leg=_leg(message),
        caller=_shown(message.get("Caller", ""), message.get("Shown", ""), region),
        called=message.get("Line", "")[:LONGEST_LINE_NAME],
        channel=message.get("Channel", ""),
        since=float(since) if _INSTANT.fullmatch(since) else None,
        up=message.get("ChannelState") == STATE_UP,
    )


def _shown(text: str, presentation: str, region: str) -> PhoneNumber | None:
    """The caller's number; None when he withholds it or it is none of the plan's."""
    if presentation.startswith(WITHHELD):
        return None
    try:
        return parse(text, region)
    except NumberFault:
        return None


def _callback(message: Message, server: ServerId, region: str) -> PbxEvent:
    return CallbackWanted(
        server=server, leg=CallId(_leg(message)), number=_shown(message.get("Caller", ""), "", region)
    )


def _message(message: Message, server: ServerId, region: str) -> PbxEvent:
    return MessageLeft(
        server=server,
        leg=CallId(_leg(message)),
        name=message.get("Name", "")[:LONGEST_NAME],
        queue=CampaignId(message.get("Queue", "")[:LONGEST_NAME]),
        number=_shown(message.get("Caller", ""), message.get("Shown", ""), region),
    )


WITH_NUMBERS: dict[str, Callable[[Message, ServerId, str], PbxEvent]] = {
    CALLER: _caller,
    "SwitchroomCallback": _callback,
    "SwitchroomMessage": _message,
}
"""Our own events that carry a number."""


def _bridge_enter(message: Message, server: ServerId) -> PbxEvent:
    return BridgeEntered(server=server, leg=_leg(message), bridge=BridgeId(message["BridgeUniqueid"]))


def _bridge_leave(message: Message, server: ServerId) -> PbxEvent:
    return BridgeLeft(server=server, leg=_leg(message), bridge=BridgeId(message["BridgeUniqueid"]))


def _mix_monitor_start(message: Message, server: ServerId) -> PbxEvent:
    return RecordingBegan(server=server, leg=_leg(message))


def _mix_monitor_stop(message: Message, server: ServerId) -> PbxEvent:
    return RecordingStopped(server=server, leg=_leg(message))


def _mix_monitor_mute(message: Message, server: ServerId) -> PbxEvent | None:
    if message["Direction"] != "both":
        return None
    return RecordingMuted(server=server, leg=_leg(message), muted=message["State"] == "1")


def _chan_spy_start(message: Message, server: ServerId) -> PbxEvent:
    return SpyBegan(server=server, leg=_leg(message, "SpyerUniqueid"), on=_leg(message, "SpyeeUniqueid"))


def _chan_spy_stop(message: Message, server: ServerId) -> PbxEvent:
    return SpyStopped(server=server, leg=_leg(message, "SpyerUniqueid"), on=LegId(message.get("SpyeeUniqueid", "")))


def _device_state(message: Message, server: ServerId) -> PbxEvent:
    return DeviceChanged(server=server, endpoint=message["Device"], state=message["State"])


RENDERINGS: dict[str, Callable[[Message, ServerId], PbxEvent | None]] = {
    "Newchannel": _newchannel,
    "Newstate": _newstate,
    "DialState": _dial_state,
    "DialEnd": _dial_end,
    "OriginateResponse": _originate_response,
    "HangupRequest": _hangup_request,
    "Hangup": _hangup,
    "UserEvent": _user_event,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "MixMonitorStart": _mix_monitor_start,
    "MixMonitorStop": _mix_monitor_stop,
    "MixMonitorMute": _mix_monitor_mute,
    "ChanSpyStart": _chan_spy_start,
    "ChanSpyStop": _chan_spy_stop,
    "DeviceStateChange": _device_state,
}
"""What each event we act on is rendered by; every other event is passed over."""

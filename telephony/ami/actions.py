"""Commands into AMI actions and their bytes; the one place where a dialled number leaves for the PBX.

Nothing that could become a second header or a second command of the PBX gets past ``encode`` and ``actions_for``;
their errors name the header and never its value.
"""

import re
from collections.abc import Callable

from telephony.ami.faults import AmiFault, LineTooLong, UnsafeValue
from telephony.ami.headers import ORIGINATE_PREFIX
from telephony.commands import (
    Announce,
    AskAgain,
    AskSurvey,
    CallSupervisor,
    ConnectOutside,
    ConnectToSeat,
    DialOutside,
    GreetCaller,
    HangUp,
    HoldCustomer,
    LeaveMessage,
    Listen,
    MoveSupervisor,
    MuteRecording,
    Originate,
    Park,
    PbxCommand,
    PlayAbandonMessage,
    PutThrough,
    RingAgent,
    SeatAgent,
    SendHome,
    SendToNode,
    StartRecording,
    StopRecording,
    TakeSnapshot,
    TurnAway,
    VisitRoom,
    WarnAgent,
)
from telephony.ids import LegId, call_leg
from telephony.later import ENDS, AskCallback, OfferKey, TakeMessage, TellCallback

LONGEST_LINE = 1000
"""Bytes of one header line; Asterisk 22 refuses somewhere between 900 and 1,100 together with its line end."""

Action = tuple[tuple[str, str], ...]
ChannelOf = Callable[[LegId], str]
"""The channel name of a leg; for a leg not seen yet its id, which Asterisk also takes for a channel."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_FILE = re.compile(r"[A-Za-z0-9_./:@+-]+", re.ASCII)
_CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,79}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_BREAKS = re.compile(r"[\r\n\0]")
MOST_SOUND_NAMES = 512


class _Prefixes(dict[str, str]):
    """``Name: `` by name, for names that have been found sound."""

    def __missing__(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise UnsafeValue("a header's name")
        prefix = f"{name}: "
        if len(self) < MOST_SOUND_NAMES:
            self[name] = prefix
        return prefix


_prefixes = _Prefixes()


def encode(action: Action) -> bytes:
    """The bytes of one action; raises UnsafeValue or LineTooLong before anything is sent."""
    text = "\r\n".join([_prefixes[name] + value for name, value in action]) + "\r\n\r\n"
    breaks = len(action) + 1
    if text.count("\n") != breaks or text.count("\r") != breaks or "\0" in text or not text.isascii():
        _check_values(action)
    encoded = text.encode()
    if len(encoded) > LONGEST_LINE:
        _check_values(action)
    return encoded


def _check_values(action: Action) -> None:
    for name, value in action:
        if _BREAKS.search(value):
            raise UnsafeValue(name)
        try:
            length = len(f"{name}: {value}".encode())
        except UnicodeEncodeError:
            raise UnsafeValue(name) from None
        if length > LONGEST_LINE:
            raise LineTooLong(name)


def actions_for(command: PbxCommand, channel_of: ChannelOf, recordings: str = "") -> list[Action]:
    """The actions that carry out a command, in order; `recordings` is the folder on the PBX. Raises AmiFault."""
    make = MAKINGS.get(type(command))
    if make is None:
        raise AmiFault("no such command")
    return make(command, channel_of, recordings)


def originate_id(leg: LegId) -> str:
    """The ActionID under which a leg is originated."""
    return ORIGINATE_PREFIX + leg


def _originate(command: Originate, _channel_of: ChannelOf, _recordings: str) -> list[Action]:
    call, listen = command.call, command.listen
    action: Action = (
        ("Action", "Originate"),
        ("ActionID", ORIGINATE_PREFIX + call),
        ("Channel", command.number.for_exchange(command.dial)),
        ("ChannelId", call),
        ("Context", "switchroom-amd" if listen is not None else "switchroom-answered"),
        ("Exten", "own" if listen is not None and listen.context else "s"),
        ("Priority", "1"),
        ("Timeout", str(int(command.ring_s * 1000))),
        ("Async", "true"),
    )
    if listen is not None:
        action += _listening(listen)
    return [(*action, ("CallerID", command.caller_id)) if command.caller_id else action]


def _listening(listen: Listen) -> Action:
    """The channel variables that tell the dialplan how to listen; in quotes, for Asterisk parts them at commas."""
    if not listen.context:
        return (("Variable", f'SWITCHROOM_AMD="{",".join(map(str, listen.arguments))}"'),)
    if not _CONTEXT.fullmatch(listen.context):
        raise UnsafeValue("Variable")
    return (
        ("Variable", f"SWITCHROOM_DETECTOR={listen.context}"),
        ("Variable", f"SWITCHROOM_LISTEN_MS={round(listen.most_s * 1000)}"),
    )


AUTO_ANSWER: Action = (
    ("Variable", "PJSIP_HEADER(add,Call-Info)=<sip:switchroom>;answer-after=0"),
    ("Variable", "PJSIP_HEADER(add,Alert-Info)=<http://switchroom>;info=alert-autoanswer"),
)
"""What SIP phones of the common makes take as the wish to answer by themselves."""


def _seat_agent(command: SeatAgent, _channel_of: ChannelOf, _recordings: str) -> list[Action]:
    action = (
        ("Action", "Originate"),
        ("ActionID", originate_id(command.leg)),
        ("Channel", command.endpoint),
        ("ChannelId", command.leg),
        ("Context", "switchroom-agent"),
        ("Exten", command.agent),
        ("Priority", "1"),
        ("Timeout", str(int(command.ring_s * 1000))),
        ("Async", "true"),
    )
    return [action + AUTO_ANSWER if command.auto_answer else action]


def _redirect(channel: str, context: str, exten: str) -> Action:
    return (
        ("Action", "Redirect"),
        ("Channel", channel),
        ("Context", context),
        ("Exten", exten),
        ("Priority", "1"),
    )


def _setvar(channel: str, variable: str, value: str) -> Action:
    if "," in value:
        raise UnsafeValue(variable)
    return (("Action", "Setvar"), ("Channel", channel), ("Variable", variable), ("Value", value))


def _connect_to_seat(command: ConnectToSeat, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    context = "switchroom-return" if command.waits else "switchroom-seat"
    return [_redirect(channel_of(call_leg(command.call)), context, command.agent)]


def _ring_agent(command: RingAgent, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    return [
        _setvar(channel, "SWITCHROOM_ENDPOINT", command.endpoint),
        _setvar(channel, "SWITCHROOM_RING_S", str(max(1, round(command.ring_s)))),
        _setvar(channel, "SWITCHROOM_AUTO", "1" if command.auto_answer else "0"),
        _redirect(channel, "switchroom-ring", command.agent),
    ]


def _park(command: Park, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [_redirect(channel_of(call_leg(command.call)), "switchroom-answered", "s")]


def _hold(command: HoldCustomer, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    hold = _redirect(channel_of(call_leg(command.call)), "switchroom-hold", "s")
    if command.leg is None or command.agent is None:
        return [hold]
    seat = (
        ("ExtraChannel", channel_of(command.leg)),
        ("ExtraContext", "switchroom-agent"),
        ("ExtraExten", command.agent),
        ("ExtraPriority", "1"),
    )
    return [hold + seat]


def _visit_room(command: VisitRoom, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(command.leg)
    return [
        _setvar(channel, "SWITCHROOM_ROOM", command.room),
        _redirect(channel, "switchroom-guest", command.agent),
    ]


def _send_home(command: SendHome, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [_redirect(channel_of(command.leg), "switchroom-agent", command.agent)]


def _dial_outside(command: DialOutside, _channel_of: ChannelOf, _recordings: str) -> list[Action]:
    action: Action = (
        ("Action", "Originate"),
        ("ActionID", originate_id(command.leg)),
        ("Channel", command.number.for_exchange(command.dial)),
        ("ChannelId", command.leg),
        ("Context", "switchroom-outside"),
        ("Exten", command.call),
        ("Priority", "1"),
        ("Timeout", str(int(command.ring_s * 1000))),
        ("Async", "true"),
    )
    return [(*action, ("CallerID", command.caller_id)) if command.caller_id else action]


def _connect_outside(command: ConnectOutside, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [_redirect(channel_of(call_leg(command.call)), "switchroom-together", command.call)]


def _send_to_node(command: SendToNode, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    return [
        _setvar(channel, "SWITCHROOM_MESSAGE", command.message),
        _setvar(channel, "SWITCHROOM_NODE", command.context),
        _setvar(channel, "SWITCHROOM_NODE_EXTEN", command.exten),
        _redirect(channel, "switchroom-node", "s"),
    ]


def _ask_survey(command: AskSurvey, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    said = {
        "INTRO": command.intro,
        "THANKS": command.thanks,
        "TRIES": str(command.tries),
        "WAIT_S": f"{command.wait_s:g}",
        "QUESTIONS": str(len(command.questions)),
    }
    for serial, question in enumerate(command.questions, 1):
        said[f"SOUND{serial}"], said[f"DIGITS{serial}"] = question.sound, question.digits
    variables = [_setvar(channel, f"SWITCHROOM_{name}", value) for name, value in said.items()]
    return [*variables, _redirect(channel, "switchroom-survey", "s")]


def _warn_agent(command: WarnAgent, _channel_of: ChannelOf, _recordings: str) -> list[Action]:
    if "," in command.sound:
        raise UnsafeValue("Variable")
    return [
        (
            ("Action", "Originate"),
            ("Channel", f"Local/{command.agent}@switchroom-warn"),
            ("Context", "switchroom-warning"),
            ("Exten", "s"),
            ("Priority", "1"),
            ("Timeout", "3000"),
            ("Async", "true"),
            ("Variable", f"SWITCHROOM_MESSAGE={command.sound}"),
        )
    ]


def _abandon(command: PlayAbandonMessage, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    return [
        _setvar(channel, "SWITCHROOM_MESSAGE", command.message),
        _setvar(channel, "SWITCHROOM_OPT_OUT", command.opt_out_key),
        _redirect(channel, "switchroom-abandoned", "s"),
    ]


def _leave_message(command: LeaveMessage, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    return [
        _setvar(channel, "SWITCHROOM_MESSAGE", command.message),
        _redirect(channel, "switchroom-machine", "s"),
    ]


CALLER = "switchroom-caller"


def _greet(command: GreetCaller, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    out = [_setvar(channel, "SWITCHROOM_QUEUE", command.queue)]
    if command.music:
        out.append(_setvar(channel, "CHANNEL(musicclass)", command.music))
    if command.language:
        out.append(_setvar(channel, "CHANNEL(language)", command.language))
    return [*out, _redirect(channel, CALLER, "answer" if command.answer else "early")]


def _ask_again(command: AskAgain, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [_redirect(channel_of(command.leg), CALLER, "again")]


def _announce(command: Announce, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    return [
        _setvar(channel, "SWITCHROOM_GREETING", command.greeting),
        _setvar(channel, "SWITCHROOM_PLACE", "" if command.position is None else str(command.position)),
        _setvar(channel, "SWITCHROOM_MINUTES", "" if command.minutes is None else str(command.minutes)),
        _redirect(channel, CALLER, "announce"),
    ]


def _turn_away(command: TurnAway, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    return [_setvar(channel, "SWITCHROOM_MESSAGE", command.message), _redirect(channel, CALLER, "away")]


def _put_through(command: PutThrough, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    return [
        _setvar(channel, "SWITCHROOM_ENDPOINT", command.number.for_exchange(command.dial)),
        _setvar(channel, "SWITCHROOM_CALLER_ID", command.caller_id),
        _redirect(channel, CALLER, "outside"),
    ]


def _offer_key(command: OfferKey, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [_setvar(channel_of(call_leg(command.call)), "SWITCHROOM_KEY", command.key)]


def _ask_callback(command: AskCallback, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [_redirect(channel_of(call_leg(command.call)), "switchroom-callback", "s")]


def _tell_callback(command: TellCallback, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    said = "noted" if command.noted else "sorry"
    return [_redirect(channel_of(call_leg(command.call)), "switchroom-callback", said)]


def _take_message(command: TakeMessage, channel_of: ChannelOf, recordings: str) -> list[Action]:
    channel = channel_of(call_leg(command.call))
    stem = f"{recordings}/{command.name}" if recordings else command.name
    if not _FILE.fullmatch(stem) or ".." in command.name:
        raise UnsafeValue("SWITCHROOM_FILE")
    return [
        _setvar(channel, "SWITCHROOM_NAME", command.name),
        _setvar(channel, "SWITCHROOM_MAILBOX", command.queue),
        _setvar(channel, "SWITCHROOM_FILE", f"{stem}.wav"),
        _setvar(channel, "SWITCHROOM_MESSAGE", command.greeting),
        _setvar(channel, "SWITCHROOM_LONGEST_S", str(round(command.longest_s))),
        _setvar(channel, "SWITCHROOM_SILENCE_S", str(round(command.silence_s))),
        _setvar(channel, "SWITCHROOM_ENDS", ENDS[command.key]),
        _redirect(channel, "switchroom-voicemail", "s"),
    ]


def _hang_up(command: HangUp, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [(("Action", "Hangup"), ("Channel", channel_of(command.leg)), ("Cause", str(command.cause)))]


def _start_recording(command: StartRecording, channel_of: ChannelOf, recordings: str) -> list[Action]:
    stem = f"{recordings}/{command.name}" if recordings else command.name
    if not _FILE.fullmatch(stem) or ".." in command.name:
        raise UnsafeValue("File")  # a comma here would reach MixMonitor's shell command
    return [
        (
            ("Action", "MixMonitor"),
            ("Channel", channel_of(call_leg(command.call))),
            ("File", f"{stem}.wav"),
            ("Options", f"r({stem}-rx.wav)t({stem}-tx.wav)"),
        )
    ]


def _stop_recording(command: StopRecording, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [(("Action", "StopMixMonitor"), ("Channel", channel_of(call_leg(command.call))))]


def _mute_recording(command: MuteRecording, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [
        (
            ("Action", "MixMonitorMute"),
            ("Channel", channel_of(call_leg(command.call))),
            ("Direction", "both"),
            ("State", "1" if command.muted else "0"),
        )
    ]


def _call_supervisor(command: CallSupervisor, _channel_of: ChannelOf, _recordings: str) -> list[Action]:
    action: Action = (
        ("Action", "Originate"),
        ("ActionID", originate_id(command.leg)),
        ("Channel", command.endpoint),
        ("ChannelId", command.leg),
        ("Context", "switchroom-supervise"),
        ("Exten", command.way),
        ("Priority", "1"),
        ("Timeout", str(int(command.ring_s * 1000))),
        ("Async", "true"),
        ("Variable", f"SWITCHROOM_SPY={_id(command.on)}"),
        ("Variable", f"SWITCHROOM_SEAT={_id(command.agent)}"),
    )
    return [action + AUTO_ANSWER if command.auto_answer else action]


def _move_supervisor(command: MoveSupervisor, channel_of: ChannelOf, _recordings: str) -> list[Action]:
    channel = channel_of(command.leg)
    return [
        _setvar(channel, "SWITCHROOM_SPY", _id(command.on)),
        _setvar(channel, "SWITCHROOM_SEAT", _id(command.agent)),
        _setvar(channel, "SWITCHROOM_BACK", _id(command.back) if command.back else ""),
        _redirect(channel, "switchroom-supervise", command.way),
    ]


def _id(text: str) -> str:
    """An id that stands in a dialplan expression."""
    if not _ID.fullmatch(text):
        raise UnsafeValue("Variable")
    return text


def _take_snapshot(_command: TakeSnapshot, _channel_of: ChannelOf, _recordings: str) -> list[Action]:
    return [(("Action", "CoreShowChannels"),)]


MAKINGS: dict[type[PbxCommand], Callable[..., list[Action]]] = {
    GreetCaller: _greet,
    AskAgain: _ask_again,
    Announce: _announce,
    TurnAway: _turn_away,
    PutThrough: _put_through,
    Originate: _originate,
    SeatAgent: _seat_agent,
    ConnectToSeat: _connect_to_seat,
    RingAgent: _ring_agent,
    Park: _park,
    HoldCustomer: _hold,
    VisitRoom: _visit_room,
    SendHome: _send_home,
    DialOutside: _dial_outside,
    ConnectOutside: _connect_outside,
    SendToNode: _send_to_node,
    AskSurvey: _ask_survey,
    WarnAgent: _warn_agent,
    PlayAbandonMessage: _abandon,
    LeaveMessage: _leave_message,
    OfferKey: _offer_key,
    AskCallback: _ask_callback,
    TellCallback: _tell_callback,
    TakeMessage: _take_message,
    HangUp: _hang_up,
    StartRecording: _start_recording,
    StopRecording: _stop_recording,
    MuteRecording: _mute_recording,
    CallSupervisor: _call_supervisor,
    MoveSupervisor: _move_supervisor,
    TakeSnapshot: _take_snapshot,
}
"""How each command is carried out on the PBX."""

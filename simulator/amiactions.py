"""The actions the simulated Asterisk understands: headers in, a response and perhaps a list of events out."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from simulator.dialplan import ABANDONED, AGENT, AMD, ANSWERED, BY_AGENT, CALLER, HOLD, MACHINE, RING, SEAT
from simulator.later import CALLBACK, KEYS, VOICEMAIL
from simulator.oncall import GUEST, NODE, OUTSIDE, RETURN, SURVEY, TOGETHER
from simulator.render import Headers
from simulator.supervising import SUPERVISE
from telephony.ids import LegId

if TYPE_CHECKING:
    from simulator.amiserver import AmiServer

VERSION = "22.10.1"
WARN, WARNING = "switchroom-warn", "switchroom-warning"
CONTEXTS: dict[str, tuple[str, ...]] = {
    ANSWERED: ("UserEvent", "MusicOnHold", "Wait", "Hangup"),
    AMD: ("Set", "Set", "AMD", "Goto"),
    MACHINE: ("Set", "WaitForSilence", "Playback", "Hangup"),
    AGENT: ("Answer", "ConfBridge", "Hangup"),
    SEAT: ("GotoIf", "ConfBridge", "Goto"),
    RING: ("Set", "Set", "Dial", "Goto"),
    "switchroom-auto": ("ExecIf", "ExecIf", "Return"),
    SUPERVISE: ("ChanSpy", "Goto"),
    HOLD: ("MusicOnHold", "Wait", "Hangup"),
    "switchroom-inbound": ("Goto",),
    CALLER: ("Set", "Goto"),
    ABANDONED: ("Set", "Background", "ExecIf", "WaitExten", "Hangup"),
    RETURN: ("ConfBridge", "Goto"),
    GUEST: ("ConfBridge", "Goto"),
    OUTSIDE: ("Answer", "ConfBridge", "Hangup"),
    TOGETHER: ("GotoIf", "ConfBridge", "Goto"),
    NODE: ("ExecIf", "GotoIf", "UserEvent", "Goto"),
    SURVEY: ("Set", "Set", "ExecIf", "Set", "GotoIf", "Set", "Set", "GotoIf", "Read", "GotoIf", "UserEvent", "Hangup"),
    WARN: ("Answer", "ConfBridge", "Hangup"),
    KEYS: ("GotoIf", "Set", "Background", "WaitExten", "Goto"),
    CALLBACK: ("Answer", "Set", "GotoIf", "Playback", "SayDigits", "Read", "UserEvent", "Wait", "Goto"),
    VOICEMAIL: ("Answer", "Playback", "Record", "UserEvent", "Set", "Playback", "Hangup"),
    WARNING: ("Answer", "Wait", "Playback", "Hangup"),
}
ANYBODY = "_[0-9A-Za-z_]!"


class Request(NamedTuple):
    """An action as it came: names in lower case, and every ``Variable`` in order."""

    headers: dict[str, str]
    variables: dict[str, str]

    def get(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default)


class Reply(NamedTuple):
    """What goes back: a response, then the events of a list and its completion."""

    ok: bool
    headers: Headers
    rows: list[tuple[str, Headers]] = []


def done(message: str = "", *headers: tuple[str, str]) -> Reply:
    return Reply(True, [*([("Message", message)] if message else []), *headers])


def refused(message: str) -> Reply:
    return Reply(False, [("Message", message)])


def listed(message: str, rows: list[tuple[str, Headers]], complete: str) -> Reply:
    """A list: its rows and the event that ends it."""
    end: Headers = [("EventList", "Complete"), ("ListItems", str(len(rows)))]
    return Reply(True, [("EventList", "start"), ("Message", message)], [*rows, (complete, end)])


def _outcome(why: str | None, message: str) -> Reply:
    return done(message) if why is None else refused(why)


def _originate(pbx: "AmiServer", request: Request) -> Reply:
    channel, leg = request.get("channel"), LegId(request.get("channelid") or pbx.next_id())
    if not channel:
        return refused("Channel not specified")
    if request.get("async").lower() not in ("true", "yes", "1", "on"):
        return refused("Originate failed")
    context, exten = request.get("context"), request.get("exten")
    if channel.startswith("Local/"):
        return done("Originate successfully queued") if context == WARNING else refused("Extension does not exist.")
    caller_id = request.get("callerid")
    timeout = request.get("timeout")
    timeout_s = int(timeout) / 1000 if timeout.isascii() and timeout.isdigit() else 30.0
    why = pbx.exchange.originate(
        leg, channel, context, exten, timeout_s, caller_id=caller_id, variables=request.variables or None
    )
    if why is not None:
        return refused(why)
    pbx.originated(leg, request.get("actionid"), channel, context, exten, caller_id)
    return done("Originate successfully queued")


def _redirect(pbx: "AmiServer", request: Request) -> Reply:
    channel, extra, exchange = request.get("channel"), request.get("extrachannel"), pbx.exchange
    leg, context, exten = exchange.find(channel), request.get("context"), request.get("exten")
    if extra:
        other = exchange.find(extra), request.get("extracontext"), request.get("extraexten")
        why = exchange.redirect_both(leg, context, exten, other)
    else:
        why = exchange.redirect(leg, context, exten)
    return _outcome(f"Channel does not exist: {channel}" if why else None, "Redirect successful")


def _setvar(pbx: "AmiServer", request: Request) -> Reply:
    leg = pbx.exchange.find(request.get("channel"))
    return _outcome(pbx.exchange.set_variable(leg, request.get("variable"), request.get("value")), "Variable Set")


def _getvar(pbx: "AmiServer", request: Request) -> Reply:
    leg = pbx.exchange.legs.get(pbx.exchange.find(request.get("channel")))
    if leg is None:
        return refused("No such channel")
    name = request.get("variable")
    return done("", ("Variable", name), ("Value", (leg.variables or {}).get(name, "")))


def _mix_monitor(pbx: "AmiServer", request: Request) -> Reply:
    name = request.get("file").removesuffix(".wav")
    return _outcome(pbx.exchange.record(pbx.exchange.find(request.get("channel")), name), "")


def _stop_mix_monitor(pbx: "AmiServer", request: Request) -> Reply:
    return _outcome(pbx.exchange.stop_recording(pbx.exchange.find(request.get("channel"))), "")


def _mix_monitor_mute(pbx: "AmiServer", request: Request) -> Reply:
    if request.get("direction") not in ("read", "write", "both") or request.get("state") not in ("0", "1"):
        return refused(
            "Invalid direction specified" if request.get("state") in ("0", "1") else "Invalid state specified"
        )
    leg = pbx.exchange.find(request.get("channel"))
    return _outcome(pbx.exchange.mute(leg, request.get("state") == "1"), "")


def _play_dtmf(pbx: "AmiServer", request: Request) -> Reply:
    pbx.exchange.press(pbx.exchange.find(request.get("channel")), request.get("digit"))
    return done("DTMF successfully queued")


def _hangup(pbx: "AmiServer", request: Request) -> Reply:
    cause = request.get("cause")
    leg = pbx.exchange.find(request.get("channel"))
    return _outcome(
        pbx.exchange.hang_up(leg, int(cause) if cause.isascii() and cause.isdigit() else 16), "Channel Hungup"
    )


def _core_show_channels(pbx: "AmiServer", request: Request) -> Reply:
    rows = [("CoreShowChannel", pbx.rendering.row(seen)) for seen in pbx.exchange.rows()]
    return listed("Channels will follow", rows, "CoreShowChannelsComplete")


def _device_state_list(pbx: "AmiServer", request: Request) -> Reply:
    rows = [
        ("DeviceStateChange", [("Device", endpoint), ("State", pbx.exchange.device_state(endpoint))])
        for endpoint in pbx.exchange.phones
    ]
    return listed("Device States will follow", rows, "DeviceStateListComplete")


def _status(pbx: "AmiServer", request: Request) -> Reply:
    rows = [("Status", pbx.rendering.row(seen)) for seen in pbx.exchange.rows()]
    return listed("Channel status will follow", rows, "StatusComplete")


def _ping(pbx: "AmiServer", request: Request) -> Reply:
    return done("", ("Ping", "Pong"), ("Timestamp", f"{pbx.clock.now():.6f}"))


def _list_commands(pbx: "AmiServer", request: Request) -> Reply:
    return done("", *((known.name, f"{known.name}.  (Priv: {known.needs or 'none'})") for known in ACTIONS.values()))


def _core_settings(pbx: "AmiServer", request: Request) -> Reply:
    return done("", ("AMIversion", "11.0.0"), ("AsteriskVersion", VERSION), ("SystemName", pbx.exchange.server))


def _core_status(pbx: "AmiServer", request: Request) -> Reply:
    return done("", ("CoreStartupDate", "2026-03-02"), ("CoreCurrentCalls", str(len(pbx.exchange.legs))))


def _show_dial_plan(pbx: "AmiServer", request: Request) -> Reply:
    wanted = request.get("context")
    if wanted and wanted not in CONTEXTS:
        return refused(f"Did not find context {wanted}")
    rows: list[tuple[str, Headers]] = []
    for context in [wanted] if wanted else CONTEXTS:
        exten = ANYBODY if context in BY_AGENT or context == WARN else "s"
        for priority, application in enumerate(CONTEXTS[context], 1):
            place: Headers = [("Context", context), ("Extension", exten), ("Priority", str(priority))]
            rows.append(("ListDialplan", [*place, ("Application", application), ("AppData", "")]))
    return listed("DialPlan list will follow", rows, "ShowDialPlanComplete")


def _endpoints(pbx: "AmiServer", request: Request) -> Reply:
    rows: list[tuple[str, Headers]] = []
    for phone in pbx.exchange.phones.values():
        name = phone.endpoint.partition("/")[2]
        state = "Unavailable" if not phone.registered else "In use" if phone.legs else "Not in use"
        rows.append(("EndpointList", endpoint_row(name, phone.registered, state, phone.legs)))
    rows += [("EndpointList", endpoint_row(trunk, True, "Not in use", 0)) for trunk in sorted(pbx.exchange.trunks)]
    return listed("A listing of Endpoints follows, presented as EndpointList events", rows, "EndpointListComplete")


def endpoint_row(name: str, registered: bool, state: str, legs: int) -> Headers:
    return [
        ("ObjectType", "endpoint"),
        ("ObjectName", name),
        ("Aor", name),
        ("Contacts", f"{name}/sip:{name}@127.0.0.3:5071," if registered else ""),
        ("DeviceState", state),
        ("ActiveChannels", str(legs)),
    ]


class Known(NamedTuple):
    name: str
    needs: str
    """The write class it asks for; empty for none."""
    answer: Callable[["AmiServer", Request], Reply]


ACTIONS: dict[str, Known] = {
    known.name.lower(): known
    for known in (
        Known("Originate", "originate", _originate),
        Known("Redirect", "call", _redirect),
        Known("Setvar", "call", _setvar),
        Known("Getvar", "call", _getvar),
        Known("MixMonitor", "system", _mix_monitor),
        Known("MixMonitorMute", "system", _mix_monitor_mute),
        Known("StopMixMonitor", "system", _stop_mix_monitor),
        Known("PlayDTMF", "call", _play_dtmf),
        Known("Hangup", "call", _hangup),
        Known("CoreShowChannels", "reporting", _core_show_channels),
        Known("DeviceStateList", "reporting", _device_state_list),
        Known("Status", "call", _status),
        Known("Ping", "", _ping),
        Known("ListCommands", "", _list_commands),
        Known("CoreSettings", "reporting", _core_settings),
        Known("CoreStatus", "reporting", _core_status),
        Known("ShowDialPlan", "reporting", _show_dial_plan),
        Known("PJSIPShowEndpoints", "reporting", _endpoints),
    )
}

"""Settings of the seats' screens: ``kvm.toml``, read at start."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from config.checks import Found
from config.fields import Line, Name, Secret, Section

DeviceId = Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]
"""What people type; leading zeros may be left out."""
Access = Literal["hidden", "none", "view", "full"]
Anyone = Annotated[str, Field(pattern=r"^([0-9]{1,9}|\*)$")]
Time = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
PasswordHash = Annotated[str, Field(pattern=r"^scrypt\$[0-9]+\$[0-9]+\$[0-9]+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+$")]


class KvmRules(Section):
    access: Access = Field(
        "none", description="What users may do with devices nothing is said of: hidden, none (listed only), view, full."
    )
    drift: Literal["show", "restore", "adopt"] = Field(
        "show",
        description="When somebody switches at the device itself: show it with an alarm, restore what was wished, or adopt it.",
    )
    stale_s: Annotated[float, Field(ge=0.5, le=60)] = Field(
        5.0, description="A wish that waited longer than this for a lost matrix is dropped, in seconds."
    )
    short_base: Annotated[int, Field(ge=0, le=100_000_000)] = Field(
        5000, description="Short ids of receivers count from here: with 5000, 1 is 5001."
    )
    push_text: bool = Field(True, description="Show a push on both screens, on devices that can show a text.")
    sign_out: Literal["disconnect", "keep"] = Field(
        "disconnect", description="What becomes of a seat's screens when its agent signs out."
    )


class MatrixSettings(Section):
    name: Name = Field(description="Name of the matrix, or of the system that switches the devices.")
    driver: Name = Field("plain", description="How it is spoken to (`switchroom kvm drivers` lists them).")
    hosts: Annotated[list[Line], Field(min_length=1, max_length=8)] = Field(
        default_factory=lambda: ["127.0.0.1"], description="Its addresses; the next one is tried when one fails."
    )
    port: int = Field(0, ge=0, le=65535, description="Its port; 0 is the driver's own.")
    tls: bool = Field(False, description="Speak HTTPS or TLS to it.")
    options: dict[Name, str | int | float | bool | list[str]] = Field(
        default_factory=dict, description="The driver's own options (`switchroom kvm drivers`)."
    )
    secret: Secret | None = Field(
        None, description="Password of the driver's user at the matrix, where it asks for one."
    )


class _Device(Section):
    id: DeviceId = Field(description="What people type, digits; leading zeros may be left out.")
    name: Line = Field("", description="Name shown in lists.")
    matrix: Name = Field(description="Matrix it is connected to.")
    port: Line = Field("", description="Its connector as the matrix calls it, for all channels; the id when not given.")
    video: Line = Field("", description="Connector of its picture, where it has one of its own.")
    audio: Line = Field("", description="Connector of its sound, where it has one of its own.")
    usb: Line = Field("", description="Connector of keyboard and mouse, where they have one of their own; - for none.")


class TransmitterSettings(_Device):
    """A table ``[[transmitter]]``: one head of a computer."""


class ReceiverSettings(_Device):
    """A table ``[[receiver]]``: one screen."""


class UnitSettings(Section):
    heads: Annotated[list[DeviceId], Field(min_length=2, max_length=8)] = Field(
        description="Ids of its heads in their order, the main one first; all transmitters or all receivers."
    )


class WallSettings(Section):
    receivers: list[DeviceId] = Field(description="Its receivers as they hang, row by row.")
    columns: Annotated[int, Field(ge=1, le=64)] = Field(1, description="How many hang side by side.")


class HotkeySettings(Section):
    targets: Annotated[list[DeviceId], Field(min_length=1, max_length=64)] = Field(
        description="Ids it stands for; the first is the primary one."
    )


class PresetSettings(Section):
    shows: dict[DeviceId, DeviceId] = Field(
        default_factory=dict, description="What each receiver shows: receiver = transmitter, in this order."
    )
    at: list[Time] = Field(
        default_factory=list, description="Times of day at which it is shown by itself, e.g. when a shift begins."
    )


class GrantSettings(Section):
    transmitters: dict[Anyone, Access] = Field(
        default_factory=dict, description="What may be done with transmitters, by id; * is every other one."
    )
    receivers: dict[Anyone, Access] = Field(
        default_factory=dict,
        description="Receivers, by id: view is to get their picture, full to sit there and change it; * is every other one.",
    )
    push: list[Anyone] = Field(default_factory=list, description="Receivers pictures may be pushed to; * for all.")
    force: list[Anyone] = Field(
        default_factory=list, description="Receivers that may be switched though somebody holds them; * for all."
    )


class UserSettings(GrantSettings):
    password: PasswordHash = Field(description="What `switchroom kvm password` has made of the user's password.")
    groups: list[Name] = Field(default_factory=list, description="Groups the user belongs to; the higher right counts.")


class SeatSettings(Section):
    receiver: DeviceId = Field(description="Receiver of the seat's screen; the main one where there are several.")
    station: DeviceId | None = Field(None, description="Transmitter of the work station it shows.")
    phone: Line = Field("", description="What Asterisk dials to reach the seat's phone; empty leaves agents their own.")
    agents: list[Name] = Field(default_factory=list, description="Agents who sit there.")
    spare: bool = Field(False, description="A spare seat, which takes the place of a failed one.")


class ScreenRule(Section):
    on: Literal["call_offered", "call_queued", "alarm", "sign_in", "sign_out"] = Field(
        description="What has to happen on the floor."
    )
    queue: Line = Field("", description="Only calls of this queue or campaign.")
    alarm: Line = Field("", description="Only alarms of this kind, e.g. link_lost.")
    agent: Line = Field("", description="Only this agent.")
    preset: Line = Field("", description="Preset to show; else `to` and `source`.")
    to: Annotated[str, Field(pattern=r"^[0-9,]{0,200}$")] = Field(
        "", description="Receivers to show it on, with commas."
    )
    source: Line = Field("agent", description="Transmitter to show; agent is the work station of the agent's seat.")


class KvmFile(Section):
    """``kvm.toml``."""

    kvm: KvmRules = Field(default_factory=KvmRules, description="Rules for all screens.")
    matrix: list[MatrixSettings] = Field(default_factory=list, description="The matrices.")
    transmitter: list[TransmitterSettings] = Field(default_factory=list, description="The transmitters.")
    receiver: list[ReceiverSettings] = Field(default_factory=list, description="The receivers.")
    unit: list[UnitSettings] = Field(default_factory=list, description="Computers and seats of several heads.")
    wall: dict[Name, WallSettings] = Field(default_factory=dict, description="Walls by name: one picture on all of it.")
    hotkey: dict[Name, HotkeySettings] = Field(default_factory=dict, description="Hotkeys by what is typed.")
    preset: dict[Name, PresetSettings] = Field(
        default_factory=dict, description="Pictures of several receivers by name."
    )
    group: dict[Name, GrantSettings] = Field(default_factory=dict, description="Groups of users by name.")
    user: dict[Name, UserSettings] = Field(
        default_factory=dict, description="Users by name; there is none, and no password, until you make one."
    )
    seat: dict[Name, SeatSettings] = Field(default_factory=dict, description="Seats by name.")
    rule: list[ScreenRule] = Field(default_factory=list, description="What happens on the floor and drives screens.")


def kvm_checks(tree: Mapping[str, Any]) -> Iterator[Found]:
    """Unique ids and names; every device on a matrix that is there; everything named is there."""
    matrices = [str(row.get("name")) for row in _rows(tree, "matrix")]
    known = {side: {_number(row.get("id")) for row in _rows(tree, side)} for side in ("transmitter", "receiver")}
    for table in ("matrix", "transmitter", "receiver"):
        yield from _unique(tree, table)
    for table in known:
        for place, row in enumerate(_rows(tree, table)):
            if isinstance(name := row.get("matrix"), str) and name not in matrices:
                yield (table, place, "matrix"), "no_such_matrix", {"found": name, "allowed": ", ".join(matrices) or "–"}
    both = known["transmitter"] | known["receiver"]
    for place, row in enumerate(_rows(tree, "unit")):
        yield from _ids(("unit", place, "heads"), row.get("heads"), both)
        numbers = {_number(one) for one in _list(row.get("heads"))}
        if numbers <= both and not (numbers <= known["transmitter"] or numbers <= known["receiver"]):
            yield ("unit", place, "heads"), "unit_of_both", {}
    for name, row in _named(tree, "wall"):
        yield from _ids(("wall", name, "receivers"), row.get("receivers"), known["receiver"])
    for name, row in _named(tree, "hotkey"):
        yield from _ids(("hotkey", name, "targets"), row.get("targets"), both)
        if _number(name) in both:
            yield ("hotkey", name), "hotkey_is_id", {"found": name}
    for name, row in _named(tree, "preset"):
        shows = row.get("shows")
        for rx, tx in shows.items() if isinstance(shows, dict) else ():
            yield from _ids(("preset", name, "shows"), [rx], known["receiver"])
            yield from _ids(("preset", name, "shows", rx), [tx], known["transmitter"])
    groups = {name for name, _ in _named(tree, "group")}
    for name, row in _named(tree, "user"):
        for place, group in enumerate(_list(row.get("groups"))):
            if isinstance(group, str) and group not in groups:
                allowed = ", ".join(sorted(groups)) or "–"
                yield ("user", name, "groups", place), "no_such_user_group", {"found": group, "allowed": allowed}
    for name, row in _named(tree, "seat"):
        yield from _ids(("seat", name, "receiver"), [row.get("receiver")], known["receiver"])
        if row.get("station") is not None:
            yield from _ids(("seat", name, "station"), [row.get("station")], known["transmitter"])
    presets = {name for name, _ in _named(tree, "preset")}
    for place, row in enumerate(_rows(tree, "rule")):
        if (preset := row.get("preset")) and preset not in presets:
            allowed = ", ".join(sorted(presets)) or "–"
            yield ("rule", place, "preset"), "no_such_preset", {"found": str(preset), "allowed": allowed}


def _rows(tree: Mapping[str, Any], table: str) -> list[Mapping[str, Any]]:
    return [row if isinstance(row, dict) else {} for row in _list(tree.get(table))]


def _named(tree: Mapping[str, Any], table: str) -> list[tuple[str, Mapping[str, Any]]]:
    rows = tree.get(table)
    return [(name, row) for name, row in rows.items() if isinstance(row, dict)] if isinstance(rows, dict) else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else None


def _unique(tree: Mapping[str, Any], table: str) -> Iterator[Found]:
    key = "name" if table == "matrix" else "id"
    first: dict[Any, int] = {}
    for place, row in enumerate(_rows(tree, table)):
        value = row.get(key)
        same = value if table == "matrix" else _number(value)
        if same is not None and same in first:
            yield (table, place, key), "name_taken", {"found": str(value), "other": f"{table}[{first[same] + 1}]"}
        first.setdefault(same, place)


def _ids(at: tuple[str | int, ...], named: Any, known: set[int | None]) -> Iterator[Found]:
    for one in _list(named):
        if (number := _number(one)) is not None and number not in known:
            yield at, "no_such_device", {"found": str(one)}

"""What an NMOS registry holds (IS-04), read: devices with their connection API, senders, receivers, what they take."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kvmctl.ports import Channel, Point, Port, PortSeen, Side

CONTROL = "urn:x-nmos:control:sr-ctrl/v"
GROUP = "urn:x-nmos:tag:grouphint/v1.0"
USB = "urn:x-nmos:transport:usb"
FORMATS = {"urn:x-nmos:format:video": Channel.VIDEO, "urn:x-nmos:format:audio": Channel.AUDIO}


class Unreadable(ValueError):
    """The text is not what a registry or a node says."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    label: str
    device: str
    channel: Channel | None
    manifest: str
    group: str
    head: int


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """`sender` is what it takes, "" for nothing."""

    id: str
    label: str
    device: str
    channel: Channel | None
    sender: str
    group: str
    head: int


class Resources:
    """The registry's view: what is there, kept up to date by what it tells."""

    def __init__(self) -> None:
        self.connections: dict[str, str] = {}
        """Device → the root of its connection API."""
        self.flows: dict[str, str] = {}
        """Flow → its format."""
        self.senders: dict[str, Sender] = {}
        self.receivers: dict[str, Receiver] = {}

    def put(self, kind: str, found: Any) -> str:
        """Take a resource; returns its id. Raises Unreadable."""
        try:
            id = _text(found["id"])
            match kind:
                case "devices":
                    root = _connection(found["controls"])
                    if root:
                        self.connections[id] = root
                case "flows":
                    self.flows[id] = _text(found["format"])
                case "senders":
                    self.senders[id] = self._sender(id, found)
                case "receivers":
                    self.receivers[id] = _receiver(id, found)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise Unreadable(kind) from None
        return id

    def drop(self, kind: str, id: str) -> None:
        match kind:
            case "devices":
                self.connections.pop(id, None)
            case "flows":
                self.flows.pop(id, None)
            case "senders":
                self.senders.pop(id, None)
            case "receivers":
                self.receivers.pop(id, None)

    def _sender(self, id: str, found: Mapping[str, Any]) -> Sender:
        flow = found.get("flow_id") or ""
        group, head = _group(found)
        usb = found.get("transport") == USB
        return Sender(
            id=id,
            label=_text(found.get("label", "")),
            device=_text(found["device_id"]),
            channel=Channel.USB if usb else FORMATS.get(self.flows.get(str(flow), "")),
            manifest=_text(found.get("manifest_href") or ""),
            group=group,
            head=head,
        )

    # what is shown

    def point(self, receiver: Receiver) -> Point | None:
        """What the receiver takes, as the core has it: USB goes from the operator's end to the computer's."""
        if receiver.channel is Channel.USB:
            return Point(Channel.USB, Port(receiver.sender), Port(receiver.id)) if receiver.sender else None
        if receiver.channel is None:
            return None
        return Point(receiver.channel, Port(receiver.id), Port(receiver.sender) if receiver.sender else None)

    def points(self) -> tuple[Point, ...]:
        return tuple(point for one in self.receivers.values() if (point := self.point(one)) is not None)

    def ports(self) -> tuple[PortSeen, ...]:
        ends: list[Sender | Receiver] = [*self.senders.values(), *self.receivers.values()]
        return tuple(seen for end in ends if (seen := self.port(end)) is not None)

    def port(self, end: Sender | Receiver, *, online: bool = True) -> PortSeen | None:
        if end.channel is None:
            return None
        side = Side.TX if isinstance(end, Sender) is not (end.channel is Channel.USB) else Side.RX
        return PortSeen(
            side=side,
            port=Port(end.id),
            name=end.label,
            online=online,
            channels=(end.channel,),
            group=end.group,
            head=end.head,
        )


def _receiver(id: str, found: Mapping[str, Any]) -> Receiver:
    subscription = found.get("subscription") or {}
    taken = subscription.get("sender_id") if subscription.get("active", True) else None
    group, head = _group(found)
    usb = found.get("transport") == USB
    return Receiver(
        id=id,
        label=_text(found.get("label", "")),
        device=_text(found["device_id"]),
        channel=Channel.USB if usb else FORMATS.get(_text(found.get("format", ""))),
        sender=_text(taken or ""),
        group=group,
        head=head,
    )


def _connection(controls: Any) -> str:
    """The root of the newest connection API among a device's controls, without a slash at its end; "" for none."""
    roots: list[tuple[tuple[int, ...], str]] = []
    for control in controls:
        kind, href = _text(control["type"]), _text(control["href"])
        if kind.startswith(CONTROL) and urlsplit(href).scheme in ("http", "https"):
            version = kind[len(CONTROL) :]
            roots.append((tuple(int(part) for part in version.split(".")), href.rstrip("/")))
    return max(roots)[1] if roots else ""


def _group(found: Mapping[str, Any]) -> tuple[str, int]:
    """The group and the head a tag such as ``Seat 3:video 2`` names, head 1 where it says none."""
    hints = (found.get("tags") or {}).get(GROUP) or []
    group, _, role = _text(hints[0]).partition(":") if hints else ("", "", "")
    number = role.split(":")[0].rpartition(" ")[2]
    return group, int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise ValueError("no text")
    return found

"""Driver of NMOS and IPMX: what there is from the registry (IS-04), switching at the nodes (IS-05), USB as BCP-007-02 has it.

A receiver takes a sender by one PATCH with the sender's description; several of one node go in one bulk request, and with
`salvo_ms` all are activated at one instant. What a receiver takes is what its node's ``active`` and the registry's
subscriptions say. A keyboard goes the other way round: the computer's USB receiver takes the operator's USB sender.
"""

from collections.abc import Mapping

import msgspec

from kvmctl.drivers.nmos_registry import Asked, Registry
from kvmctl.drivers.nmos_resources import Resources
from kvmctl.drivers.nmos_web import Calls, codes
from kvmctl.ports import (
    NOTHING,
    Acked,
    Channel,
    Command,
    DriverKind,
    Event,
    Heard,
    Option,
    OptionValue,
    Outward,
    Point,
    Refresh,
    Refused,
    Replied,
    RequestFailed,
    SocketClosed,
    SocketHeard,
    Switch,
    Traits,
    Turn,
    Why,
)

TAI_AHEAD_S = 37.0
WHY = {400: Why.FAILED, 403: Why.NOT_ALLOWED, 401: Why.NOT_ALLOWED, 404: Why.NO_PORT, 423: Why.LOCKED}


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """One receiver of a switch: what it shall take, "" for nothing."""

    route: str
    receiver: str
    sender: str


class _Under(msgspec.Struct, kw_only=True):
    """A switch under way: descriptions still to come, replies still out, and whom it was refused."""

    ref: int
    changes: list[_Change]
    wanted: set[str]
    out: int = 0
    why: Why | None = None
    words: str = ""
    refused: list[str] = []
    lost: bool = False
    """A request of it had no reply: it has no end."""


class _Describe(msgspec.Struct, frozen=True, kw_only=True):
    """A sender is asked for its description."""

    sender: str
    manifest: str
    under: _Under


class _Make(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of one node are asked for."""

    root: str
    under: _Under
    changes: tuple[_Change, ...]


class _Look(msgspec.Struct, frozen=True):
    """A node is asked what its receiver takes now."""

    receiver: str


_Out = Asked | _Describe | _Make | _Look


class Nmos:
    """One registry and the nodes it knows."""

    def __init__(self, options: Mapping[str, OptionValue]) -> None:
        self._salvo_s = float(str(options["salvo_ms"])) / 1000.0
        self.traits = Traits(
            batch=int(str(options["batch"])), deadline_s=6.0 + self._salvo_s, tells=True, audit_s=60.0, tick_s=0.5
        )
        self._calls: Calls[_Out] = Calls()
        self._registry = Registry(self._calls, f"/x-nmos/query/{options['version']}", int(str(options["paging"])))
        self._described: dict[str, tuple[str, str]] = {}
        """Sender → where its description was found, and the description."""

    @property
    def _there(self) -> Resources:
        return self._registry.there

    def connect(self, now: float) -> Turn:
        self._calls.forget()
        self._registry.forget()
        self._described.clear()
        return Turn(self._registry.begin())

    def feed(self, heard: Heard, now: float) -> Turn:
        send: list[Outward] = []
        events: list[Event] = []
        match heard:
            case Replied() if (out := self._calls.answered(heard.id)) is not None:
                self._replied(out, heard, now, send, events)
            case RequestFailed() if (out := self._calls.answered(heard.id)) is not None:
                self._failed(out, now, send)
            case SocketHeard():
                self._registry.heard(heard.id, heard.text, events)
            case SocketClosed():
                self._registry.closed(heard.id, now)
        return Turn(tuple(send), tuple(events))

    def encode(self, command: Command, now: float) -> Turn:
        match command:
            case Refresh():
                return Turn(self._registry.refresh())
            case Switch():
                return self._switch(command, now)
        return NOTHING

    def tick(self, now: float) -> Turn:
        return Turn(self._registry.tick(now))

    def _replied(self, out: _Out, reply: Replied, now: float, send: list[Outward], events: list[Event]) -> None:
        match out:
            case Asked():
                self._registry.replied(out, reply, now, send, events)
            case _Describe():
                self._describes(out, reply, now, send, events)
            case _Make():
                self._made(out, reply, send, events)
            case _Look():
                self._registry.active(out.receiver, reply, events)

    def _failed(self, out: _Out, now: float, send: list[Outward]) -> None:
        """No reply: what became of a change is unknown."""
        match out:
            case Asked():
                self._registry.failed(out, now, send)
            case _Describe() | _Make():
                out.under.lost = True

    def _switch(self, command: Switch, now: float) -> Turn:
        changes: list[_Change] = []
        for route in command.routes:
            for point in route.points:
                if point.channel not in route.changed:
                    continue
                found = self._change(route.receiver, point)
                if found is None:
                    refused = Refused(ref=command.ref, why=Why.NO_PORT, receivers=(route.receiver,))
                    return Turn((), (refused,))
                changes.extend(found)
        if not changes:
            return Turn((), (Acked(ref=command.ref),))
        manifests = {one.sender: self._manifest(one.sender) for one in changes if one.sender}
        unknown = {id: at for id, at in manifests.items() if self._described.get(id, ("", ""))[0] != at}
        under = _Under(ref=command.ref, changes=changes, wanted=set(unknown))
        send: list[Outward] = []
        events: list[Event] = []
        for id, at in sorted(unknown.items()):
            send.append(self._calls.get(at, _Describe(sender=id, manifest=at, under=under)))
        if not unknown:
            self._make(under, now, send, events)
        return Turn(tuple(send), tuple(events))

    def _change(self, route: str, point: Point) -> list[_Change] | None:
        """The receivers to tell; None when one of the ports is not there."""
        there = self._there
        if point.channel is not Channel.USB:
            known = point.rx in there.receivers and (point.tx is None or point.tx in there.senders)
            return [_Change(route=route, receiver=point.rx, sender=point.tx or "")] if known else None
        if point.rx not in there.senders or (point.tx is not None and point.tx not in there.receivers):
            return None
        freed = [one.id for one in there.receivers.values() if one.sender == point.rx and one.id != point.tx]
        taken = [_Change(route=route, receiver=point.tx, sender=point.rx)] if point.tx is not None else []
        return [*(_Change(route=route, receiver=id, sender="") for id in freed), *taken]

    def _manifest(self, sender: str) -> str:
        """Where a sender describes itself."""
        known = self._there.senders[sender]
        root = self._there.connections.get(known.device, "")
        return known.manifest or f"{root}/single/senders/{sender}/transportfile"

    def _describes(self, out: _Describe, reply: Replied, now: float, send: list[Outward], events: list[Event]) -> None:
        """A sender that does not describe itself cannot be shown; the others are."""
        under, text = out.under, reply.body.decode("utf-8", "replace")
        if reply.status == 200 and text:
            self._described[out.sender] = (out.manifest, text)
        else:
            under.refused += sorted({one.route for one in under.changes if one.sender == out.sender})
            under.changes = [one for one in under.changes if one.sender != out.sender]
            under.why, under.words = Why.OFFLINE, f"no description: {reply.status}"
        under.wanted.discard(out.sender)
        if not under.wanted:
            self._make(under, now, send, events)

    def _make(self, under: _Under, now: float, send: list[Outward], events: list[Event]) -> None:
        by_root: dict[str, list[_Change]] = {}
        for one in under.changes:
            root = self._there.connections.get(self._there.receivers[one.receiver].device, "")
            if root:
                by_root.setdefault(root, []).append(one)
            else:
                under.refused.append(one.route)
                under.why = under.why or Why.OFFLINE
        at = now + self._salvo_s if self._salvo_s and len(under.changes) > 1 else None
        for root, changes in by_root.items():
            under.out += 1
            out = _Make(root=root, under=under, changes=tuple(changes))
            if len(changes) == 1:
                url, body = f"{root}/single/receivers/{changes[0].receiver}/staged", self._staged(changes[0], at)
                send.append(self._calls.send("PATCH", url, out, body))
            else:
                rows = [{"id": one.receiver, "params": self._staged(one, at)} for one in changes]
                send.append(self._calls.send("POST", f"{root}/bulk/receivers", out, rows))
        if not under.out:
            self._end_of(under, events)

    def _staged(self, change: _Change, at: float | None) -> dict[str, object]:
        activation: dict[str, object] = {"mode": "activate_immediate"}
        if at is not None:
            tai = at + TAI_AHEAD_S
            when = f"{int(tai)}:{int(tai % 1.0 * 1e9)}"
            activation = {"mode": "activate_scheduled_absolute", "requested_time": when}
        if not change.sender:
            return {"sender_id": None, "master_enable": False, "activation": activation}
        return {
            "sender_id": change.sender,
            "master_enable": True,
            "activation": activation,
            "transport_file": {"data": self._described[change.sender][1], "type": "application/sdp"},
        }

    def _made(self, out: _Make, reply: Replied, send: list[Outward], events: list[Event]) -> None:
        under = out.under
        for change, code in zip(out.changes, codes(reply, len(out.changes)), strict=True):
            if code == 200:
                url = f"{out.root}/single/receivers/{change.receiver}/active"
                send.append(self._calls.get(url, _Look(change.receiver)))
            elif code != 202:
                under.refused.append(change.route)
                under.why, under.words = WHY.get(code, Why.FAILED), str(code)
        under.out -= 1
        if under.out == 0:
            self._end_of(under, events)

    @staticmethod
    def _end_of(under: _Under, events: list[Event]) -> None:
        if under.lost:
            return
        if under.why is None:
            events.append(Acked(ref=under.ref))
        else:
            all_of = {one.route for one in under.changes} | set(under.refused)
            some = () if set(under.refused) == all_of else tuple(dict.fromkeys(under.refused))
            events.append(Refused(ref=under.ref, why=under.why, words=under.words, receivers=some))


KIND = DriverKind(
    name="nmos",
    title="NMOS IS-04 and IS-05, IPMX",
    transport="http",
    port=80,
    options=(
        Option(name="version", default="v1.3", about="Version of the registry's query API."),
        Option(name="paging", kind="whole", default=100, least=1, most=1000, about="Rows asked for in one page."),
        Option(name="batch", kind="whole", default=64, least=1, most=1024, about="Most routes switched at once."),
        Option(
            name="salvo_ms",
            kind="number",
            default=0.0,
            least=0.0,
            most=10_000.0,
            about="Switch several routes at one instant so many milliseconds ahead (clocks by PTP); 0: each at once.",
        ),
    ),
    make=Nmos,
)

"""Driver of NMOS and IPMX: what there is from the registry (IS-04), switching at the nodes (IS-05), USB as BCP-007-02 has it.

A receiver takes a sender by one PATCH with the sender's description; several of one node go in one bulk request, and with
`salvo_ms` all are activated at one instant. What a receiver takes is what its node's ``active`` and the registry's
subscriptions say. A keyboard goes the other way round: the computer's USB receiver takes the operator's USB sender.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from kvmctl.drivers.nmos_resources import Receiver, Resources, Sender, Unreadable
from kvmctl.ports import (
    NOTHING,
    Acked,
    Channel,
    Command,
    DriverKind,
    Dumped,
    Event,
    Garbage,
    HangUp,
    Heard,
    OpenSocket,
    Option,
    OptionValue,
    Outward,
    Point,
    PointReported,
    Port,
    PortReported,
    Refresh,
    Refused,
    Replied,
    Request,
    RequestFailed,
    SocketClosed,
    SocketHeard,
    Switch,
    Traits,
    Turn,
    Why,
)

KINDS = ("devices", "flows", "senders", "receivers")
PAGES = 1000
TAI_AHEAD_S = 37.0
WHY = {400: Why.FAILED, 403: Why.NOT_ALLOWED, 401: Why.NOT_ALLOWED, 404: Why.NO_PORT, 423: Why.LOCKED}
SOCKET_AGAIN_S = 2.0


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


class _Out(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is out: a `kind` of resource, a subscription, a description, a change, or what is active."""

    what: str
    about: str = ""
    under: _Under | None = None
    changes: tuple[_Change, ...] = ()
    page: int = 0


class Nmos:
    """One registry and the nodes it knows."""

    def __init__(self, options: Mapping[str, OptionValue]) -> None:
        self._query = f"/x-nmos/query/{options['version']}"
        self._limit = int(str(options["paging"]))
        self._salvo_s = float(str(options["salvo_ms"])) / 1000.0
        self.traits = Traits(
            batch=int(str(options["batch"])), deadline_s=6.0 + self._salvo_s, tells=True, audit_s=60.0, tick_s=0.5
        )
        self._serial = 0
        self._described: dict[str, str] = {}
        self._forget()

    def _forget(self) -> None:
        self._out: dict[int, _Out] = {}
        self._there = Resources()
        self._fresh: Resources | None = None
        self._again = False
        self._sockets: dict[int, str] = {}
        self._closed: dict[str, float] = {}
        self._lost = 0

    def connect(self, now: float) -> Turn:
        self._forget()
        return Turn((*self._read(), *(self._subscribe(kind) for kind in KINDS)))

    def feed(self, heard: Heard, now: float) -> Turn:
        send: list[Outward] = []
        events: list[Event] = []
        match heard:
            case Replied() if (out := self._out.pop(heard.id, None)) is not None:
                self._lost = 0
                self._replied(out, heard, now, send, events)
            case RequestFailed() if (out := self._out.pop(heard.id, None)) is not None:
                self._no_reply(out, now, send)
            case SocketHeard() if (kind := self._sockets.get(heard.id)) is not None:
                self._grain(kind, heard.text, events)
            case SocketClosed() if (kind := self._sockets.pop(heard.id, None)) is not None:
                self._closed[kind] = now
        return Turn(tuple(send), tuple(events))

    def encode(self, command: Command, now: float) -> Turn:
        match command:
            case Refresh():
                self._again = self._fresh is not None
                return NOTHING if self._again else Turn(self._read())
            case Switch():
                return self._switch(command, now)
        return NOTHING

    def tick(self, now: float) -> Turn:
        again = [kind for kind, at in self._closed.items() if now - at >= SOCKET_AGAIN_S]
        for kind in again:
            del self._closed[kind]
        send: list[Outward] = [self._subscribe(kind) for kind in again]
        if again and self._fresh is None:
            send.extend(self._read())
        return Turn(tuple(send))

    # what registry and nodes say

    def _replied(self, out: _Out, reply: Replied, now: float, send: list[Outward], events: list[Event]) -> None:
        match out.what:
            case "read":
                self._page(out, reply, send, events)
            case "subscribe":
                self._subscribed(out, reply, now, send, events)
            case "describe" if out.under is not None:
                text = reply.body.decode("utf-8", "replace")
                if reply.status == 200 and text:
                    self._described[out.about] = text
                    self._ready(out.under, out.about, now, send, events)
                else:
                    self._said_no(out.under, out.about, reply.status, now, send, events)
            case "change" if out.under is not None:
                self._changed(out, reply, send, events)
            case "active":
                self._active(out, reply, events)

    def _page(self, out: _Out, reply: Replied, send: list[Outward], events: list[Event]) -> None:
        fresh = self._fresh
        rows = _rows(reply)
        if fresh is None or rows is None:
            self._fresh = None
            send.append(HangUp(why=f"no dump: {reply.status}"))
            return
        for row in rows:
            self._put(fresh, out.about, row, events)
        onward = _next(reply.headers.get("link", ""))
        if onward and rows and out.page < PAGES:
            send.append(self._get(onward, _Out(what="read", about=out.about, page=out.page + 1)))
        elif out.about != KINDS[-1]:
            send.append(self._list(KINDS[KINDS.index(out.about) + 1]))
        else:
            self._there, self._fresh = fresh, None
            if self._again:
                self._again = False
                send.extend(self._read())
            else:
                events.append(Dumped(points=fresh.points(), ports=fresh.ports()))

    @staticmethod
    def _put(resources: Resources, kind: str, row: Any, events: list[Event]) -> str:
        try:
            return resources.put(kind, row)
        except Unreadable:
            events.append(Garbage(size=1, where=kind))
            return ""

    def _subscribed(self, out: _Out, reply: Replied, now: float, send: list[Outward], events: list[Event]) -> None:
        href = _value(reply, "ws_href")
        if reply.status not in (200, 201) or not isinstance(href, str):
            events.append(Garbage(size=len(reply.body), where="subscription"))
            self._closed[out.about] = now
            return
        self._serial += 1
        self._sockets[self._serial] = out.about
        send.append(OpenSocket(id=self._serial, url=href))

    def _grain(self, kind: str, text: str, events: list[Event]) -> None:
        """What the registry tells: only `post` is new, only `pre` is gone, both is changed."""
        try:
            rows = msgspec.json.decode(text)["grain"]["data"]
            told = [(row["path"], row.get("pre"), row.get("post")) for row in rows]
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError, RecursionError):
            events.append(Garbage(size=len(text), where="grain"))
            return
        for path, _, post in told:
            if post is None:
                self._gone(kind, str(path), events)
            else:
                self._told(kind, post, events)

    def _gone(self, kind: str, id: str, events: list[Event]) -> None:
        end = self._end(kind, id)
        seen = self._there.port(end, online=False) if end is not None else None
        self._there.drop(kind, id)
        if seen is not None and self._fresh is None:
            events.append(PortReported(seen=seen))

    def _told(self, kind: str, post: Any, events: list[Event]) -> None:
        id = str(post.get("id", "")) if isinstance(post, dict) else ""
        was = self._end(kind, id)
        if not self._put(self._there, kind, post, events):
            return
        end = self._end(kind, id)
        if self._fresh is not None:
            self._again = True
        elif end is not None and end != was:
            seen = self._there.port(end)
            if seen is not None and (was is None or self._there.port(was) != seen):
                events.append(PortReported(seen=seen))
            if isinstance(end, Receiver):
                events.extend(self._takes(was if isinstance(was, Receiver) else None, end))
        if kind == "senders" and end != was:
            self._described.pop(id, None)

    def _end(self, kind: str, id: str) -> Sender | Receiver | None:
        return self._there.senders.get(id) if kind == "senders" else self._there.receivers.get(id)

    def _takes(self, was: Receiver | None, end: Receiver) -> list[Event]:
        """What the change of a receiver comes to: a computer's keyboard leaves one desk when it goes to another."""
        if was is not None and was.sender == end.sender:
            return []
        events: list[Event] = []
        if end.channel is Channel.USB and was is not None and was.sender:
            events.append(PointReported(point=Point(Channel.USB, Port(was.sender), None)))
        point = self._there.point(end)
        return [*events, PointReported(point=point)] if point is not None else events

    def _active(self, out: _Out, reply: Replied, events: list[Event]) -> None:
        """What the node says that the receiver takes; the registry may say so later."""
        end = self._there.receivers.get(out.about)
        if reply.status != 200 or end is None or self._fresh is not None:
            return
        sender = _value(reply, "sender_id") if _value(reply, "master_enable") is True else ""
        now = msgspec.structs.replace(end, sender=sender if isinstance(sender, str) else "")
        self._there.receivers[out.about] = now
        events.extend(self._takes(end, now))

    def _no_reply(self, out: _Out, now: float, send: list[Outward]) -> None:
        """What became of a change is unknown; the registry that does not answer is given up."""
        if out.what == "subscribe":
            self._closed[out.about] = now
        elif out.what == "read":
            self._fresh = None
            send.append(HangUp(why="no reply"))
        elif out.under is not None:
            out.under.ref = -1

    # switching

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
        unknown = {one.sender for one in changes if one.sender and one.sender not in self._described}
        under = _Under(ref=command.ref, changes=changes, wanted=set(unknown))
        send: list[Outward] = []
        events: list[Event] = []
        for sender in sorted(unknown):
            url = self._there.senders[sender].manifest or self._transport_file(sender)
            send.append(self._get(url, _Out(what="describe", about=sender, under=under)))
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

    def _transport_file(self, sender: str) -> str:
        root = self._there.connections.get(self._there.senders[sender].device, "")
        return f"{root}/single/senders/{sender}/transportfile"

    def _ready(self, under: _Under, sender: str, now: float, send: list[Outward], events: list[Event]) -> None:
        under.wanted.discard(sender)
        if not under.wanted:
            self._make(under, now, send, events)

    def _said_no(
        self, under: _Under, sender: str, status: int, now: float, send: list[Outward], events: list[Event]
    ) -> None:
        """A sender that does not describe itself cannot be shown; the others are."""
        under.refused += sorted({one.route for one in under.changes if one.sender == sender})
        under.changes = [one for one in under.changes if one.sender != sender]
        under.why, under.words = Why.OFFLINE, f"no description: {status}"
        self._ready(under, sender, now, send, events)

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
            out = _Out(what="change", about=root, under=under, changes=tuple(changes))
            if len(changes) == 1:
                url, body = f"{root}/single/receivers/{changes[0].receiver}/staged", self._staged(changes[0], at)
                send.append(self._request("PATCH", url, out, body))
            else:
                rows = [{"id": one.receiver, "params": self._staged(one, at)} for one in changes]
                send.append(self._request("POST", f"{root}/bulk/receivers", out, rows))
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
            "transport_file": {"data": self._described[change.sender], "type": "application/sdp"},
        }

    def _changed(self, out: _Out, reply: Replied, send: list[Outward], events: list[Event]) -> None:
        assert out.under is not None
        under = out.under
        codes = _codes(reply, len(out.changes))
        for change, code in zip(out.changes, codes, strict=True):
            if code in (200, 202):
                root = out.about
                url = f"{root}/single/receivers/{change.receiver}/active"
                if code == 200:
                    send.append(self._get(url, _Out(what="active", about=change.receiver)))
            else:
                under.refused.append(change.route)
                under.why, under.words = WHY.get(code, Why.FAILED), str(code)
        under.out -= 1
        if under.out == 0:
            self._end_of(under, events)

    @staticmethod
    def _end_of(under: _Under, events: list[Event]) -> None:
        if under.ref < 0:
            return
        if under.why is None:
            events.append(Acked(ref=under.ref))
        else:
            all_of = {one.route for one in under.changes} | set(under.refused)
            some = () if set(under.refused) == all_of else tuple(dict.fromkeys(under.refused))
            events.append(Refused(ref=under.ref, why=under.why, words=under.words, receivers=some))

    # requests

    def _read(self) -> tuple[Outward, ...]:
        """Read the registry from its beginning."""
        self._fresh = Resources()
        return (self._list(KINDS[0]),)

    def _list(self, kind: str) -> Request:
        pages = urlencode({"paging.order": "create", "paging.since": "0:0", "paging.limit": self._limit})
        return self._get(f"{self._query}/{kind}?{pages}", _Out(what="read", about=kind))

    def _subscribe(self, kind: str) -> Request:
        body = {
            "max_update_rate_ms": 100,
            "resource_path": f"/{kind}",
            "params": {},
            "persist": False,
            "secure": False,
        }
        return self._request("POST", f"{self._query}/subscriptions", _Out(what="subscribe", about=kind), body)

    def _get(self, path: str, out: _Out) -> Request:
        self._serial += 1
        self._out[self._serial] = out
        return Request(id=self._serial, method="GET", path=path)

    def _request(self, method: Any, path: str, out: _Out, body: object) -> Request:
        self._serial += 1
        self._out[self._serial] = out
        headers = {"Content-Type": "application/json"}
        return Request(id=self._serial, method=method, path=path, body=msgspec.json.encode(body), headers=headers)


def _rows(reply: Replied) -> list[Any] | None:
    if reply.status != 200:
        return None
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _value(reply: Replied, name: str) -> object:
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found.get(name) if isinstance(found, dict) else None


def _codes(reply: Replied, changes: int) -> Sequence[int]:
    """What became of each change of a request: of a bulk request each has its own code."""
    rows = _rows(reply) if changes > 1 else None
    if rows is None:
        return [reply.status if changes == 1 or reply.status not in (200, 202) else 500] * changes
    codes = [row.get("code") if isinstance(row, dict) else None for row in rows]
    return [code if isinstance(code, int) else 500 for code in (*codes, *[None] * changes)][:changes]


def _next(link: str) -> str:
    """The address of the next page in a Link header, "" for none."""
    for part in link.split(","):
        address, _, about = part.strip().partition(";")
        if 'rel="next"' in about.replace(" ", "").lower() and address.startswith("<") and address.endswith(">"):
            return address[1:-1]
    return ""


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

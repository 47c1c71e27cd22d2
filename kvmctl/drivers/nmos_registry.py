"""The registry of an NMOS site, read page by page and kept up to date by its subscriptions."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from kvmctl.drivers.nmos_resources import Receiver, Resources, Sender, Unreadable
from kvmctl.drivers.nmos_web import Calls, next_page, rows, value
from kvmctl.ports import (
    Channel,
    Dumped,
    Event,
    Garbage,
    HangUp,
    OpenSocket,
    Outward,
    Point,
    PointReported,
    Port,
    PortReported,
    Replied,
    Request,
)

KINDS = ("devices", "flows", "senders", "receivers")
PAGES = 1000
SOCKET_AGAIN_S = 2.0


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question to the registry: to read a page of that kind, or to be told of it."""

    kind: str
    page: int = 0
    subscribe: bool = False


class Registry:
    """What is there and what receivers take, as far as the registry and the nodes have said."""

    def __init__(self, calls: Calls[Any], query: str, limit: int) -> None:
        self._calls, self._query, self._limit = calls, query, limit
        self.forget()

    def forget(self) -> None:
        self.there = Resources()
        self._fresh: Resources | None = None
        self._again = False
        self._sockets: dict[int, str] = {}
        self._closed: dict[str, float] = {}

    def begin(self) -> tuple[Outward, ...]:
        """Read everything, and be told what changes."""
        return (*self._read(), *map(self._subscribe, KINDS))

    def refresh(self) -> tuple[Outward, ...]:
        """Read everything again; once more when it is being read already."""
        self._again = self._fresh is not None
        return () if self._again else self._read()

    def tick(self, now: float) -> tuple[Outward, ...]:
        again = [kind for kind, at in self._closed.items() if now - at >= SOCKET_AGAIN_S]
        for kind in again:
            del self._closed[kind]
        send = tuple(map(self._subscribe, again))
        return (*send, *self._read()) if again and self._fresh is None else send

    def replied(self, asked: Asked, reply: Replied, now: float, send: list[Outward], events: list[Event]) -> None:
        if asked.subscribe:
            self._subscribed(asked, reply, now, send, events)
        else:
            self._page(asked, reply, send, events)

    def failed(self, asked: Asked, now: float, send: list[Outward]) -> None:
        """No reply: a registry that cannot be read is given up."""
        if asked.subscribe:
            self._closed[asked.kind] = now
        else:
            self._fresh = None
            send.append(HangUp(why="no reply"))

    def heard(self, socket: int, text: str, events: list[Event]) -> None:
        kind = self._sockets.get(socket)
        if kind is not None:
            self._grain(kind, text, events)

    def closed(self, socket: int, now: float) -> None:
        kind = self._sockets.pop(socket, None)
        if kind is not None:
            self._closed[kind] = now

    def active(self, receiver: str, reply: Replied, events: list[Event]) -> None:
        """What a node says that its receiver takes; the registry may say so later."""
        end = self.there.receivers.get(receiver)
        if reply.status != 200 or end is None or self._fresh is not None:
            return
        sender = value(reply, "sender_id") if value(reply, "master_enable") is True else ""
        now = msgspec.structs.replace(end, sender=sender if isinstance(sender, str) else "")
        self.there.receivers[receiver] = now
        events.extend(self._takes(end, now))

    def _page(self, asked: Asked, reply: Replied, send: list[Outward], events: list[Event]) -> None:
        fresh = self._fresh
        found = rows(reply)
        if fresh is None or found is None:
            self._fresh = None
            send.append(HangUp(why=f"no dump: {reply.status}"))
            return
        for row in found:
            self._put(fresh, asked.kind, row, events)
        onward = next_page(reply.headers.get("link", ""))
        if onward and found and asked.page < PAGES:
            send.append(self._calls.get(onward, Asked(kind=asked.kind, page=asked.page + 1)))
        elif asked.kind != KINDS[-1]:
            send.append(self._list(KINDS[KINDS.index(asked.kind) + 1]))
        else:
            self.there, self._fresh = fresh, None
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

    def _subscribed(self, asked: Asked, reply: Replied, now: float, send: list[Outward], events: list[Event]) -> None:
        href = value(reply, "ws_href")
        if reply.status not in (200, 201) or not isinstance(href, str):
            events.append(Garbage(size=len(reply.body), where="subscription"))
            self._closed[asked.kind] = now
            return
        self._sockets[id := self._calls.number()] = asked.kind
        send.append(OpenSocket(id=id, url=href))

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
        seen = self.there.port(end, online=False) if end is not None else None
        self.there.drop(kind, id)
        if self._fresh is not None:
            self._again = True
        elif seen is not None:
            events.append(PortReported(seen=seen))

    def _told(self, kind: str, post: Any, events: list[Event]) -> None:
        id = str(post.get("id", "")) if isinstance(post, dict) else ""
        was = self._end(kind, id)
        if not self._put(self.there, kind, post, events):
            return
        end = self._end(kind, id)
        if self._fresh is not None:
            self._again = True
        elif end is not None and end != was:
            seen = self.there.port(end)
            if seen is not None and (was is None or self.there.port(was) != seen):
                events.append(PortReported(seen=seen))
            if isinstance(end, Receiver):
                events.extend(self._takes(was if isinstance(was, Receiver) else None, end))

    def _end(self, kind: str, id: str) -> Sender | Receiver | None:
        return self.there.senders.get(id) if kind == "senders" else self.there.receivers.get(id)

    def _takes(self, was: Receiver | None, end: Receiver) -> list[Event]:
        """What the change of a receiver comes to: a computer's keyboard leaves one desk when it goes to another."""
        if was is not None and was.sender == end.sender:
            return []
        events: list[Event] = []
        if end.channel is Channel.USB and was is not None and was.sender:
            events.append(PointReported(point=Point(Channel.USB, Port(was.sender), None)))
        point = self.there.point(end)
        return [*events, PointReported(point=point)] if point is not None else events

    def _read(self) -> tuple[Outward, ...]:
        """Read the registry from its beginning."""
        self._fresh = Resources()
        return (self._list(KINDS[0]),)

    def _list(self, kind: str) -> Request:
        pages = urlencode({"paging.order": "create", "paging.since": "0:0", "paging.limit": self._limit})
        return self._calls.get(f"{self._query}/{kind}?{pages}", Asked(kind=kind))

    def _subscribe(self, kind: str) -> Request:
        body = {
            "max_update_rate_ms": 100,
            "resource_path": f"/{kind}",
            "params": {},
            "persist": False,
            "secure": False,
        }
        return self._calls.send("POST", f"{self._query}/subscriptions", Asked(kind=kind, subscribe=True), body)

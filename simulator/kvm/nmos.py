"""A simulated NMOS site: a registry with pages and subscriptions, and nodes that are switched by IS-05."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from simulator.kvm.misbehaviour import Luck

QUERY = "/x-nmos/query/v1.3"
USB = "urn:x-nmos:transport:usb"


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


class SimulatedNmos:
    """Computers with a picture, sound and a USB receiver each; desks with receivers and a USB sender each.

    All on one host; `page` is the most rows the registry gives at once. What subscribers are told goes to `on_grain`."""

    def __init__(
        self,
        computers: int = 4,
        desks: int = 4,
        *,
        page: int = 10,
        base: str = "http://127.0.0.1:1",
        luck: Luck | None = None,
    ) -> None:
        self.base, self._page = base, page
        self.luck = luck or Luck()
        self.on_grain: Callable[[str, str], None] = lambda kind, text: None
        self.kinds: dict[str, dict[str, dict[str, Any]]] = {"devices": {}, "flows": {}, "senders": {}, "receivers": {}}
        self.active: dict[str, str | None] = {}
        self.patches: list[tuple[str, dict[str, Any]]] = []
        self.locked: set[str] = set()
        self._due: list[tuple[float, str, str | None]] = []
        for n in range(1, computers + 1):
            device = self._device(f"PC {n}")
            self._sender(f"PC {n}", "video", device)
            self._sender(f"PC {n}", "audio", device)
            self._receiver(f"PC {n}", "usb", device)
        for n in range(1, desks + 1):
            device = self._device(f"Desk {n}")
            self._receiver(f"Desk {n}", "video", device)
            self._receiver(f"Desk {n}", "audio", device)
            self._sender(f"Desk {n}", "usb", device)

    @staticmethod
    def sender(unit: str, what: str) -> str:
        return _id(f"{unit} {what} sender")

    @staticmethod
    def receiver(unit: str, what: str) -> str:
        return _id(f"{unit} {what} receiver")

    def _device(self, unit: str) -> str:
        id = _id(f"{unit} device")
        controls = [
            {
                "type": f"urn:x-nmos:control:sr-ctrl/v{version}",
                "href": f"{self.base}/{slug}/x-nmos/connection/v{version}/",
            }
            for slug, version in ((unit.replace(" ", ""), "1.0"), (unit.replace(" ", ""), "1.1"))
        ]
        self.kinds["devices"][id] = {"id": id, "label": unit, "controls": controls}
        return id

    def _sender(self, unit: str, what: str, device: str) -> None:
        id, flow = self.sender(unit, what), _id(f"{unit} {what} flow")
        self.kinds["flows"][flow] = {"id": flow, "format": f"urn:x-nmos:format:{'data' if what == 'usb' else what}"}
        self.kinds["senders"][id] = {
            "id": id,
            "label": f"{unit} {what}",
            "device_id": device,
            "flow_id": flow,
            "transport": USB if what == "usb" else "urn:x-nmos:transport:rtp.mcast",
            "manifest_href": f"{self.base}/sdp/{id}",
            "tags": {"urn:x-nmos:tag:grouphint/v1.0": [f"{unit}:{what} 1"]},
        }

    def _receiver(self, unit: str, what: str, device: str) -> None:
        id = self.receiver(unit, what)
        self.active[id] = None
        self.kinds["receivers"][id] = {
            "id": id,
            "label": f"{unit} {what}",
            "device_id": device,
            "format": f"urn:x-nmos:format:{'data' if what == 'usb' else what}",
            "transport": USB if what == "usb" else "urn:x-nmos:transport:rtp",
            "subscription": {"sender_id": None, "active": False},
            "tags": {"urn:x-nmos:tag:grouphint/v1.0": [f"{unit}:{what} 1"]},
        }

    # what happens there

    def by_hand(self, receiver: str, sender: str | None) -> None:
        """Another controller switches."""
        self._activate(receiver, sender)

    def gone(self, kind: str, id: str) -> None:
        """A resource is no longer registered."""
        was = self.kinds[kind].pop(id)
        self._grain(kind, id, was, None)

    def advance(self, now: float) -> None:
        """Let what was scheduled happen."""
        for at, receiver, sender in [one for one in self._due if one[0] <= now]:
            self._due.remove((at, receiver, sender))
            self._activate(receiver, sender)

    def _activate(self, receiver: str, sender: str | None) -> None:
        was = json.loads(json.dumps(self.kinds["receivers"][receiver]))
        self.active[receiver] = sender
        self.kinds["receivers"][receiver]["subscription"] = {"sender_id": sender, "active": sender is not None}
        self._grain("receivers", receiver, was, self.kinds["receivers"][receiver])

    def _grain(self, kind: str, id: str, pre: Any, post: Any) -> None:
        row = {"path": id} | ({"pre": pre} if pre is not None else {}) | ({"post": post} if post is not None else {})
        text = json.dumps({"grain": {"topic": f"/{kind}/", "data": [row] * (2 if self.luck.strikes("twice") else 1)}})
        if self.luck.strikes("babble"):
            self.on_grain(kind, "{what")
        self.on_grain(kind, text)

    # what is asked

    def answer(self, method: str, url: str, body: bytes | None = None) -> Answer | None:
        """What a request gives; None for no reply."""
        split = urlsplit(url)
        path = split.path
        if path.startswith(f"{QUERY}/subscriptions") and method == "POST":
            kind = json.loads(body or b"{}")["resource_path"].strip("/")
            return _json(201, {"ws_href": f"{self.base.replace('http', 'ws')}/ws/{kind}", "id": kind})
        if path.startswith(QUERY):
            return self._query(path.removeprefix(QUERY).strip("/"), parse_qs(split.query))
        if path.startswith("/sdp/"):
            known = path.removeprefix("/sdp/") in self.kinds["senders"]
            return Answer(200, f"v=0\r\no=- {path}\r\n".encode()) if known else Answer(404)
        parts = path.strip("/").split("/")
        if parts[-2:] == ["bulk", "receivers"] and method == "POST":
            rows = json.loads(body or b"[]")
            codes = [{"id": row["id"], "code": self._stage(row["id"], row["params"])} for row in rows]
            return None if self.luck.strikes("lost_replies") else _json(200, codes)
        if len(parts) > 3 and parts[-3] == "receivers" and parts[-1] == "staged" and method == "PATCH":
            staged = json.loads(body or b"{}")
            code = self._stage(parts[-2], staged)
            return None if self.luck.strikes("lost_replies") else _json(code, {"code": code} if code > 202 else staged)
        if len(parts) > 3 and parts[-3] == "receivers" and parts[-1] == "active":
            sender = self.active.get(parts[-2])
            return _json(200, {"sender_id": sender, "master_enable": sender is not None})
        return _json(404, {"code": 404, "error": "not found", "debug": None})

    def _query(self, kind: str, words: Mapping[str, list[str]]) -> Answer:
        rows = list(self.kinds[kind].values())
        limit = min(self._page, int(words.get("paging.limit", ["10"])[0]))
        first = int(words.get("paging.since", ["0:0"])[0].split(":")[0])
        link = f'<{self.base}{QUERY}/{kind}?paging.since={first + limit}:0&paging.limit={limit}>; rel="next"'
        return _json(200, rows[first : first + limit], {"link": link})

    def _stage(self, receiver: str, staged: dict[str, Any]) -> int:
        self.patches.append((receiver, staged))
        if receiver not in self.kinds["receivers"]:
            return 404
        if receiver in self.locked:
            return 423
        if self.luck.strikes("refused"):
            return 500
        sender = staged["sender_id"] if staged["master_enable"] else None
        activation = staged["activation"]
        if activation["mode"] == "activate_scheduled_absolute":
            seconds, nanos = activation["requested_time"].split(":")
            self._due.append((int(seconds) + int(nanos) / 1e9 - 37.0, receiver, sender))
            return 202
        if not self.luck.strikes("lost_changes"):
            self._activate(receiver, sender)
        if self.luck.strikes("foreign"):
            receivers = [id for id, row in self.kinds["receivers"].items() if "video" in row["format"]]
            senders = [id for id, row in self.kinds["senders"].items() if "video" in row["label"]]
            self.by_hand(self.luck.rng.choice(receivers), self.luck.rng.choice(senders))
        return 200


def _json(status: int, what: object, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(what).encode(), dict(headers or {}))

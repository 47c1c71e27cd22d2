"""What of NMOS's HTTP is out, and how replies are read: JSON lists, single values, codes of bulk requests, next pages."""

from collections.abc import Sequence
from typing import Generic, Literal, TypeVar

import msgspec

from kvmctl.ports import Replied, Request

Out = TypeVar("Out")
Method = Literal["GET", "POST", "PATCH"]


class Calls(Generic[Out]):
    """Requests by their number, each with what its reply will mean."""

    def __init__(self) -> None:
        self._serial = 0
        self._out: dict[int, Out] = {}

    def forget(self) -> None:
        """Replies to what is out mean nothing any more."""
        self._out.clear()

    def number(self) -> int:
        self._serial += 1
        return self._serial

    def answered(self, id: int) -> Out | None:
        """What the reply to that request means; None to one that is not ours any more."""
        return self._out.pop(id, None)

    def get(self, path: str, out: Out) -> Request:
        self._out[id := self.number()] = out
        return Request(id=id, method="GET", path=path)

    def send(self, method: Method, path: str, out: Out, body: object) -> Request:
        self._out[id := self.number()] = out
        headers = {"Content-Type": "application/json"}
        return Request(id=id, method=method, path=path, body=msgspec.json.encode(body), headers=headers)


def rows(reply: Replied) -> list[object] | None:
    if reply.status != 200:
        return None
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def value(reply: Replied, name: str) -> object:
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found.get(name) if isinstance(found, dict) else None


def codes(reply: Replied, changes: int) -> Sequence[int]:
    """What became of each change of a request: of a bulk request each has its own code."""
    each = rows(reply) if changes > 1 else None
    if each is None:
        return [reply.status if changes == 1 or reply.status not in (200, 202) else 500] * changes
    found = [row.get("code") if isinstance(row, dict) else None for row in each]
    return [code if isinstance(code, int) else 500 for code in (*found, *[None] * changes)][:changes]


def next_page(link: str) -> str:
    """The address of the next page in a Link header, "" for none."""
    for part in link.split(","):
        address, _, about = part.strip().partition(";")
        if 'rel="next"' in about.replace(" ", "").lower() and address.startswith("<") and address.endswith(">"):
            return address[1:-1]
    return ""

"""Replies of an AdderLink Infinity Manager, read: devices, channels, tokens and errors, out of its XML."""

from collections.abc import Iterator
from xml.etree import ElementTree

import msgspec

LARGEST = 8 * 1024 * 1024
MOST = 5000


class Unreadable(ValueError):
    """The reply is no reply of a manager."""


class Failed(Exception):
    """The manager says no; `code` is its own."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code}")
        self.code, self.words = code, words


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver: `channel` is what it is connected to, "" for nothing; `works` whether with keyboard and mouse."""

    id: str
    name: str
    online: bool
    channel: str = ""
    works: bool = False
    private: bool = False


class Transmitter(msgspec.Struct, frozen=True):
    id: str
    online: bool


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """What receivers are connected to: heads by their transmitters."""

    id: str
    name: str
    video: tuple[str, ...]


def read(body: bytes) -> ElementTree.Element:
    """The reply's tree; raises Unreadable, or Failed with the manager's code."""
    if len(body) > LARGEST or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Unreadable("no reply of a manager")
    try:
        tree = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise Unreadable("no XML") from None
    if tree.tag != "api_response":
        raise Unreadable("no reply of a manager")
    if _text(tree, "success") != "1":
        error = tree.find("errors/error")
        code = _text(error, "code") if error is not None else ""
        raise Failed(int(code) if code.isascii() and code.isdigit() else 0, _text(error, "msg")[:80])
    return tree


def token(tree: ElementTree.Element) -> str:
    return _text(tree, "token")


def receivers(tree: ElementTree.Element) -> Iterator[Receiver]:
    for row in _rows(tree, "device"):
        connected = bool(_text(row, "con_c_id")) and not _text(row, "con_end_time")
        yield Receiver(
            id=_text(row, "d_id"),
            name=_text(row, "d_name"),
            online=_text(row, "d_online") == "1",
            channel=_text(row, "con_c_id") if connected else "",
            works=connected and _text(row, "con_control") in ("2", "3"),
            private=connected and _text(row, "con_exclusive") == "1",
        )


def transmitters(tree: ElementTree.Element) -> Iterator[Transmitter]:
    for row in _rows(tree, "device"):
        yield Transmitter(_text(row, "d_id"), _text(row, "d_online") == "1")


def channels(tree: ElementTree.Element) -> Iterator[Channel]:
    for row in _rows(tree, "channel"):
        video = tuple(found for key in ("c_video1", "c_video2") if (found := _text(row, key)) not in ("", "0"))
        yield Channel(id=_text(row, "c_id"), name=_text(row, "c_name"), video=video)


def _rows(tree: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    for number, row in enumerate(tree.iter(tag)):
        if number >= MOST:
            return
        if len(row):
            yield row


def _text(tree: ElementTree.Element | None, tag: str) -> str:
    return ((tree.findtext(tag) if tree is not None else "") or "").strip()

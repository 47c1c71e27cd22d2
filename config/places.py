"""Where each key of a TOML text stands: a scan of text that ``tomllib`` has already accepted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

Key = tuple[str | int, ...]

_DEEPEST = 64

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\r\n]*")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_SHORT = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, counted from 1."""

    line: int
    column: int


def places(text: str) -> dict[Key, Place]:
    """Path of every key and element -> its place; tables in arrays are counted from 0. Empty for text out of order."""
    try:
        return _Scan(text).run()
    except (IndexError, AttributeError, RecursionError):
        return {}


def nearest(known: dict[Key, Place], key: Key) -> Place | None:
    """The place of `key`, else of the closest table around it; None when nothing of it stands in the text."""
    for length in range(len(key), 0, -1):
        if (place := known.get(key[:length])) is not None:
            return place
    return None


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._line_began = 0
        self._counted = 0
        self._found: dict[Key, Place] = {}
        self._arrays: dict[Key, int] = {}

    def run(self) -> dict[Key, Place]:
        table: Key = ()
        while self._next():
            place = self._place()
            if self._text.startswith("[[", self._at):
                self._at += 2
                table = self._element(self._dotted(), place)
                self._at += 2
            elif self._text[self._at] == "[":
                self._at += 1
                table = self._within(self._dotted())
                self._note(table, place)
                self._at += 1
            else:
                self._pair(table)
        return self._found

    def _next(self) -> bool:
        self._skip(_BLANK)
        return self._at < len(self._text)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return match.group()

    def _place(self) -> Place:
        newlines = self._text.count("\n", self._counted, self._at)
        if newlines:
            self._line += newlines
            self._line_began = self._text.rindex("\n", self._counted, self._at) + 1
        self._counted = self._at
        return Place(self._line, self._at - self._line_began + 1)

    def _note(self, key: Key, place: Place) -> None:
        for length in range(1, len(key) + 1):
            self._found.setdefault(key[:length], place)

    def _within(self, names: list[str]) -> Key:
        """The path of a table header: an array of tables on the way stands for its last table."""
        key: Key = ()
        for name in names:
            key = (*key, name)
            if key in self._arrays:
                key = (*key, self._arrays[key])
        return key

    def _element(self, names: list[str], place: Place) -> Key:
        array = (*self._within(names[:-1]), names[-1])
        self._arrays[array] = self._arrays.get(array, -1) + 1
        key = (*array, self._arrays[array])
        self._note(key, place)
        return key

    def _dotted(self) -> list[str]:
        names: list[str] = []
        while True:
            self._skip(_SPACE)
            if len(names) == _DEEPEST:
                raise RecursionError
            names.append(self._string() if self._text[self._at] in "\"'" else self._skip(_BARE))
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return names
            self._at += 1

    def _pair(self, table: Key) -> None:
        place = self._place()
        key: Key = (*table, *self._dotted())
        self._note(key, place)
        self._at += 1
        self._skip(_SPACE)
        self._value(key)

    def _value(self, key: Key) -> None:
        mark = self._text[self._at]
        if mark in "\"'":
            self._string()
        elif mark == "[":
            for number in self._items("]"):
                element = (*key, number)
                self._note(element, self._place())
                self._value(element)
        elif mark == "{":
            for _ in self._items("}"):
                self._pair(key)
        else:
            self._skip(_SCALAR)

    def _items(self, end: str) -> Iterator[int]:
        self._at += 1
        number = 0
        while True:
            self._skip(_BLANK)
            if self._text[self._at] == end:
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
                continue
            yield number
            number += 1

    def _string(self) -> str:
        quote = self._text[self._at]
        fence = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        begin = self._at = self._at + len(fence)
        while not self._text.startswith(fence, self._at):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        if len(fence) == 3:
            while self._text.startswith(quote, self._at + 3):
                self._at += 1
        inner = self._text[begin : self._at]
        self._at += len(fence)
        return _ESCAPE.sub(_unescape, inner) if quote == '"' else inner


def _unescape(match: re.Match[str]) -> str:
    what = match.group(1)
    return chr(int(what[1:], 16)) if what[0] in "uU" else _SHORT.get(what, what)

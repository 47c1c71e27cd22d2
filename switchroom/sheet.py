"""A CSV file from anywhere as numbered rows of cells, in bounded memory: encodings, separators, quotes, endless lines.

A row that cannot be read is a code in its place; only a file that is no text table at all raises.
"""

import codecs
import csv
import io
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

CHUNK = 256 * 1024
LINE = 64 * 1024
"""Most characters of one row."""
JOINED = 20
"""Most lines one quoted row may run over."""
HEAD = 4 * 1024 * 1024
"""Bytes looked at, at most, to tell one encoding from another."""

DELIMITERS = (",", "\t", ";", "|", "，")
_QUOTED = re.compile(r'"[^"]*"')
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MAGIC = ((b"PK\x03\x04", "is_xlsx"), (b"\xd0\xcf\x11\xe0", "is_xls"), (b"%PDF", "is_pdf"), (b"\x1f\x8b", "is_gzip"))

Row = tuple[int, list[str] | str]
"""Line number counted from 1, and the cells, or the code of what is wrong with the line."""


class SheetFault(Exception):
    """The file as a whole cannot be taken in; `code` and `words` are for the catalogue of texts."""

    def __init__(self, code: str, **words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was found out about a file before its rows are read."""

    path: Path
    size: int
    encoding: str
    delimiter: str


def examine(path: Path) -> Sheet:
    """Tell encoding and separator of a file; raises SheetFault."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise SheetFault("unreadable", why=error.strerror or type(error).__name__) from None
    if not head.strip():
        raise SheetFault("empty")
    for magic, code in _MAGIC:
        if head.startswith(magic):
            raise SheetFault(code)
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "") or _by_zeros(head) or _encoding(path)
    lines = [line for line in islice(_lines(path, encoding, None), 50) if line]
    return Sheet(path, size, encoding, _delimiter(lines[:20]))


def rows(sheet: Sheet, on_bytes: Callable[[int], None] | None = None) -> Iterator[Row]:
    """The rows that are not blank; `on_bytes` is told how far into the file the reading is."""
    source = _lines(sheet.path, sheet.encoding, on_bytes)
    again: deque[str | None] = deque()
    delimiter, number = sheet.delimiter, 0
    while True:
        if again:
            line = again.popleft()
        else:
            try:
                line = next(source)
            except StopIteration:
                return
        number += 1
        if line is None:
            yield number, "line_too_long"
        elif "\0" in line:
            yield number, "nul"
        elif '"' not in line:
            if line and not line.isspace():
                yield number, line.split(delimiter)
        else:
            more = _rest_of_row(line, again, source)
            cells = _cells(line if not more else "\n".join((line, *more)), delimiter)
            if cells is None:
                again.extendleft(reversed(more))
                yield number, "broken_quotes"
            else:
                yield number, cells
                number += len(more)


def _rest_of_row(line: str, again: deque[str | None], source: Iterator[str | None]) -> list[str]:
    """The lines that follow until the quotes are even, at most JOINED; they are taken from where they stand."""
    more: list[str] = []
    size, odd = len(line), line.count('"') % 2 == 1
    while odd and len(more) < JOINED and size < LINE:
        try:
            following = again.popleft() if again else next(source)
        except StopIteration:
            break
        if following is None:
            again.appendleft(following)
            break
        more.append(following)
        size += len(following) + 1
        odd ^= following.count('"') % 2 == 1
    return more


def _cells(text: str, delimiter: str) -> list[str] | None:
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _lines(path: Path, encoding: str, on_bytes: Callable[[int], None] | None) -> Iterator[str | None]:
    """Lines without their ends, None for one longer than LINE; bytes that do not fit become U+FFFD."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    tail, skipping, done = "", False, 0
    with path.open("rb") as file:
        while True:
            raw = file.read(CHUNK)
            done += len(raw)
            parts = (tail + decoder.decode(raw, final=not raw)).split("\n")
            tail = parts.pop()
            if on_bytes is not None:
                on_bytes(done)
            for part in parts:
                if skipping:
                    skipping = False
                elif len(part) > LINE:
                    yield None
                else:
                    yield part
            if len(tail) > LINE:
                if not skipping:
                    yield None
                tail, skipping = "", True
            if skipping:
                tail = ""
            if not raw:
                break
    if tail:
        yield tail


def _encoding(path: Path) -> str:
    """UTF-8 if all that was looked at is, else GB18030; looks on while there is nothing but ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as file:
        done = 0
        while raw := file.read(CHUNK):
            done += len(raw)
            try:
                text = decoder.decode(raw)
            except UnicodeDecodeError:
                return "utf-8" if _mostly_utf8(raw) else "gb18030"
            if done >= HEAD and not text.isascii():
                break
    return "utf-8"


def _by_zeros(head: bytes) -> str:
    """UTF-16 without its mark shows by the zeros beside every digit; empty when there are few."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) <= len(head) // 5:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _mostly_utf8(raw: bytes) -> bool:
    """Whether damaged bytes are the exception: GB18030 hardly ever looks like UTF-8."""
    text = raw.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    return sum(letter > "\x7f" for letter in text) > 2 * damaged


def _delimiter(lines: list[str]) -> str:
    plain = [_QUOTED.sub("", line) for line in lines]
    best, score = ",", (0, 0)
    for delimiter in DELIMITERS:
        counts = Counter(line.count(delimiter) for line in plain)
        counts.pop(0, None)
        if counts:
            often, times = counts.most_common(1)[0]
            best, score = max((best, score), (delimiter, (times, often)), key=lambda pair: pair[1])
    return best

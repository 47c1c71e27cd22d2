"""How stamps and acts are chained: each carries a digest over its own content and the digest of the one before it.

Pure: the same functions write a chain and check it. The texts hashed are JSON arrays, so that no two contents are alike.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any
from zlib import crc32

import msgspec

START = ""
"""What stands for the digest before the first link of a chain."""
MARK_DIGITS = 8

Span = tuple[int, int]
"""First and last number of rows without a gap."""
Line = tuple[int, float, str, str, str | None]
"""A row of the journal: seq, at, kind, payload, call."""

_encode = msgspec.json.Encoder().encode


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the audit trail; `words` is a JSON object, `at` epoch seconds."""

    chain: str
    n: int
    at: float
    actor: str
    act: str
    about: str
    words: str
    prev: str
    hash: str = ""


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What closes a commit: the rows it put into the journal, and the last act it put into the audit trail.

    `marks` holds eight hexadecimal digits for each row, which name the row when the digest does not fit."""

    chain: str
    n: int
    at: float
    spans: str
    marks: str
    acts: str
    digest: str = ""

    @property
    def rows(self) -> int:
        return len(self.marks) // MARK_DIGITS


def act_hash(act: Act) -> str:
    """The digest of an act, from all its other fields."""
    fields = (act.chain, act.n, float(act.at), act.actor, act.act, act.about, act.words, act.prev)
    return sha256(_encode(fields)).hexdigest()


def encoded(rows: Sequence[Sequence[Any]]) -> list[bytes]:
    """Rows (at, kind, payload, call) of the journal as they are hashed: the payload last, with the length of what stands
    before it, so that no two rows are alike."""
    found = []
    for at, kind, payload, call in rows:
        head = f"{float(at)!r} {kind} {'-' if call is None else '+' + call} "
        found.append(f"{len(head)} {head}{payload}".encode())
    return found


def marks_of(lines: Sequence[bytes]) -> str:
    return "".join([f"{crc32(line):08x}" for line in lines])


def stamp_digest(stamp: Stamp, prev: str, lines: Sequence[bytes]) -> str:
    """The digest of a stamp over its rows, its own fields and the stamp before it."""
    hasher = sha256(_encode((prev, stamp.chain, stamp.n, float(stamp.at), stamp.spans, stamp.marks, stamp.acts)))
    hasher.update(b"\n".join(lines))
    return hasher.hexdigest()


def write_spans(spans: Sequence[Span]) -> str:
    return ",".join(f"{first}-{last}" for first, last in spans)


def read_spans(text: str) -> list[Span]:
    """The spans of a stamp; raises ValueError for a text that ``write_spans`` did not write."""
    spans: list[Span] = []
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        spans.append((int(first), int(last)))
        if spans[-1][0] > spans[-1][1] or (len(spans) > 1 and spans[-2][1] >= spans[-1][0]):
            raise ValueError("spans out of order")
    return spans


def numbers_in(spans: Sequence[Span]) -> Iterator[int]:
    for first, last in spans:
        yield from range(first, last + 1)

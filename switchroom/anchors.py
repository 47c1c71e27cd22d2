"""The heads of the chains put down elsewhere, line by line: who cuts off the tail of the books cannot cut it off there."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from store.chaining import Head
from store.verifying import Heads


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """The chains' last stamps at an instant (epoch seconds): number and digest by the chain's name."""

    at: float
    heads: Heads


class AnchorFault(Exception):
    """The file is not one of anchors; `line` is where."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def append(path: Path, heads: Mapping[str, Head], at: float) -> None:
    """Add a line; raises OSError."""
    anchor = Anchor(at=at, heads={name: (head.n, head.digest) for name, head in heads.items()})
    with path.open("ab") as file:
        file.write(msgspec.json.encode(anchor) + b"\n")


def read(path: Path) -> list[Heads]:
    """The heads of every line; raises OSError and AnchorFault."""
    found: list[Heads] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    found.append(msgspec.json.decode(line, type=Anchor).heads)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    raise AnchorFault(number) from None
    return found

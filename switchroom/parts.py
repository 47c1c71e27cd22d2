"""The parts of a workbook's archive, unpacked as they are read and no further than their bounds."""

import re
import zipfile
from collections.abc import Callable
from typing import IO, Any

from switchroom.sheet import SheetFault

MOST_PARTS = 10_000
MOST_SMALL = 8 * 1024 * 1024
"""Unpacked bytes of a part that is read whole (styles, the list of sheets)."""
MOST_STRINGS = 192 * 1024 * 1024
MOST_ROWS_BYTES = 1024 * 1024 * 1024
LONGEST_ITEM = 1024 * 1024
"""Most bytes of one row or one shared text."""
MOST_TAGS = 6_000_000
"""Most beginnings and ends of rows, or of shared texts."""
CHUNK = 64 * 1024
_LOOK_BACK = 64

_ITEM = re.compile(rb"<(?:(!)|/?(?:[\w.-]+:)?(?:row|si)[\s/>]|/((?:[\w.-]+:)?)sheetData\s*>)")
_HOW_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive(zipfile.ZipFile):
    """A workbook's ZIP file; what would unpack beyond its bounds raises SheetFault instead."""

    on_bytes: Callable[[int], None] | None = None
    unpacked = 0

    def examine(self) -> None:
        """Refuse what is no workbook, or one that cannot be read; by the directory alone."""
        if len(self.infolist()) > MOST_PARTS:
            raise SheetFault("workbook_bomb")
        names = set(self.namelist())
        if any(name.lower() == "xl/workbook.bin" for name in names):
            raise SheetFault("is_xlsb")
        if "content.xml" in names and "mimetype" in names:
            raise SheetFault("is_ods")
        if "[Content_Types].xml" not in names:
            raise SheetFault("is_zip")
        if any(info.flag_bits & 1 for info in self.infolist()):
            raise SheetFault("is_encrypted")
        if any(info.compress_type not in _HOW_PACKED for info in self.infolist()):
            raise SheetFault("workbook_broken", why="compression")

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        """A small part, whole."""
        if self.getinfo(name).file_size > MOST_SMALL:
            raise SheetFault("workbook_bomb")
        with super().open(name) as part:
            content = part.read()
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise SheetFault("workbook_broken", why="DOCTYPE")
        return content

    def open(self, name: Any, mode: Any = "r", pwd: bytes | None = None, *, force_zip64: bool = False) -> Any:
        """A large part, as a stream of bounded items."""
        most = MOST_STRINGS if "sharedStrings" in str(name) else MOST_ROWS_BYTES
        if self.getinfo(name).file_size > most:
            raise SheetFault("workbook_bomb")
        return Items(super().open(name), self._count)

    def _count(self, more: int) -> None:
        self.unpacked += more
        if self.on_bytes is not None:
            self.on_bytes(self.unpacked)


class Items:
    """A part that is a long series of rows or texts, read up to the end of the rows."""

    def __init__(self, part: IO[bytes], count: Callable[[int], None]) -> None:
        self._part = part
        self._count = count
        self._tail = b""
        self._since = 0
        self._tags = 0
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises SheetFault for what no spreadsheet writes and would cost memory without end."""
        if self._ended:
            return b""
        chunk = self._part.read(CHUNK if size is None or size < 0 else min(size, CHUNK))
        self._count(len(chunk))
        text = self._tail + chunk
        behind = len(self._tail)
        last: int | None = None
        for found in _ITEM.finditer(text):
            if found[1]:
                raise SheetFault("workbook_broken", why="markup")
            if found[2] is not None:
                self._ended = True
                return text[behind : found.end()] + b"</" + found[2] + b"worksheet>"
            if found.end() > behind:
                last = found.end()
                self._tags += 1
        self._since = self._since + len(chunk) if last is None else len(text) - last
        if self._since > LONGEST_ITEM or self._tags > MOST_TAGS:
            raise SheetFault("workbook_bomb")
        self._tail = text[-_LOOK_BACK:]
        return chunk

    def close(self) -> None:
        self._part.close()

    def __enter__(self) -> "Items":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

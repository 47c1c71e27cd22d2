"""Makes a mapped list out of a text file: read in pieces, sorted, written beside the old one, verified, then put in its place.

Memory: eight bytes a number while sorting, an eighth more while reading; a crash or a full disk leaves the old file.
"""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from dialer.donotcall.mapped import DIGEST, HEADER, LARGEST, Head, MappedList, bits_for
from dialer.donotcall.veil import BITS, Veil, Words
from switchroom.dnc_lines import Lines

PIECE = 16 * 1024 * 1024
AT_ONCE = 1 << 22
SHOWN = 100
READABLE = 0o444
"""A list may be replaced but not written over: whoever has it mapped would lose the ground under his feet."""

Progress = Callable[[str, float], None]
"""Called with the stage (reading, sorting, writing, verifying) and the share of it that is done."""


class BuildFault(Exception):
    """The text file is not what was promised; `code` and `words` are for the catalogue of texts."""

    def __init__(self, code: str, **words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """How it went: lines = numbers + duplicates + rejected + blank; `rejects` names the first rejected lines only."""

    lines: int
    numbers: int
    duplicates: int
    blank: int
    rejected: dict[str, int]
    rejects: tuple[tuple[int, str], ...]
    bytes: int
    bytes_a_number: float
    sha256: str
    seconds: float
    stages: dict[str, float]


def build(
    source: Path,
    out: Path,
    *,
    secret: bytes = b"",
    region: str | None = None,
    sha256: str | None = None,
    salt: bytes | None = None,
    made_at: float | None = None,
    progress: Progress = lambda _stage, _share: None,
) -> Built:
    """Build `out` from `source`; raises BuildFault, OSError. `sha256` is what the text file must come to.

    `secret` is the installation's: only it can use the list; without one every installation can."""
    began = time.perf_counter()
    rejected: Counter[str] = Counter()
    rejects: list[tuple[int, str]] = []

    def reject(line: int, why: str) -> None:
        rejected[why] += 1
        if len(rejects) < SHOWN:
            rejects.append((line, why))

    lines = Lines(region, reject)
    stages: dict[str, float] = {}
    numbers, told = _gather(source, lines, progress)
    stages["reading"] = time.perf_counter() - began
    if sha256 is not None and sha256.strip().lower() != told:
        raise BuildFault("wrong_sha256", found=told)
    given = len(numbers)
    if not given:
        raise BuildFault("no_numbers")
    veil = Veil(salt := salt or os.urandom(16), secret)
    for begin in range(0, given, AT_ONCE):
        veil.cover(numbers[begin : begin + AT_ONCE])
    mark = time.perf_counter()
    progress("sorting", 0.0)
    numbers.sort()
    count = _once_each(numbers)
    progress("sorting", 1.0)
    stages["sorting"] = time.perf_counter() - mark
    mark = time.perf_counter()
    size = write(
        numbers[:count],
        out,
        head=lambda bits, fullest, digest: Head(
            bits=bits,
            count=count,
            made_at=time.time() if made_at is None else made_at,
            fullest=fullest,
            salt=salt,
            check=veil.check,
            digest=digest,
            source=source.name,
            keyed=bool(secret),
        ),
        secret=secret,
        progress=progress,
    )
    stages["writing and verifying"] = time.perf_counter() - mark
    return Built(
        lines=lines.lines,
        numbers=count,
        duplicates=given - count,
        blank=lines.blank,
        rejected=dict(rejected),
        rejects=tuple(rejects),
        bytes=size,
        bytes_a_number=size / count,
        sha256=told,
        seconds=time.perf_counter() - began,
        stages=stages,
    )


def write(
    places: Words,
    out: Path,
    *,
    head: Callable[[int, int, bytes], Head],
    secret: bytes,
    progress: Progress = lambda _stage, _share: None,
) -> int:
    """Write sorted places under the veil as a list, verify it and put it in the place of `out`; returns its size."""
    aside = out.with_name(out.name + ".tmp")
    aside.unlink(missing_ok=True)
    try:
        with aside.open("xb") as file:
            ready = _body(places, file, head, progress)
            file.seek(0)
            file.write(ready.packed())
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(READABLE)
        progress("verifying", 0.0)
        made = MappedList(aside, secret)
        try:
            made.verify()
        finally:
            made.close()
        progress("verifying", 1.0)
        aside.replace(out)
        _settle(out.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return ready.size


def _body(places: Words, file: IO[bytes], head: Callable[[int, int, bytes], Head], progress: Progress) -> Head:
    count = len(places)
    bits = bits_for(count)
    shift = np.uint64(BITS - bits)
    starts = np.searchsorted(places, np.arange((1 << bits) + 1, dtype=np.uint64) << shift)
    fullest = int(np.diff(starts).max())
    digest = blake2b(digest_size=DIGEST)
    file.write(b"\0" * HEADER)
    low = np.uint64((1 << int(shift)) - 1)

    def put(piece: bytes | memoryview) -> None:
        digest.update(piece)
        file.write(piece)

    put(starts.astype("<u4").tobytes())
    for begin in range(0, count, AT_ONCE):
        put((places[begin : begin + AT_ONCE] & low).astype("<u4").tobytes())
        progress("writing", min(1.0, (begin + AT_ONCE) / count))
    return head(bits, fullest, digest.digest())


def _gather(source: Path, lines: Lines, progress: Progress) -> tuple[Words, str]:
    """All numbers of the file in one array, and the file's SHA-256."""
    digest = hashlib.sha256()
    total = max(1, source.stat().st_size)
    numbers: Words = np.empty(max(1024, min(AT_ONCE, total // 4)), dtype=np.uint64)
    filled = read = 0
    progress("reading", 0.0)
    for piece, raw in _pieces(source):
        digest.update(raw)
        read += len(raw)
        if not piece:
            continue
        found = lines.read(piece)
        if filled + len(found) > len(numbers):
            expected = int((filled + len(found)) * total / max(1, read) * 1.01) + 1024
            room = max(filled + len(found), min(expected, (filled + len(found)) * 9 // 8 + AT_ONCE))
            numbers.resize(room, refcheck=False)
        numbers[filled : filled + len(found)] = found
        filled += len(found)
        if filled > LARGEST:
            raise BuildFault("too_many")
        progress("reading", read / total)
    numbers.resize(filled, refcheck=False)
    return numbers, digest.hexdigest()


def _pieces(source: Path) -> Iterator[tuple[bytes, bytes]]:
    """(whole lines, the bytes read for them); a last line without a break gets one."""
    left = b""
    with source.open("rb") as file:
        while raw := file.read(PIECE):
            if b"\0" in raw[:4096]:
                raise BuildFault("not_text")
            cut = raw.rfind(b"\n") + 1
            if not cut and len(left) + len(raw) > 4 * PIECE:
                raise BuildFault("not_text")
            yield left + raw[:cut] if cut else b"", raw
            left = raw[cut:] if cut else left + raw
    if left:
        yield left + b"\n", b""


def _once_each(numbers: Words) -> int:
    """Move the different values of a sorted array to its front; returns how many there are."""
    kept = 0
    last: int | None = None
    for begin in range(0, len(numbers), AT_ONCE):
        piece = numbers[begin : begin + AT_ONCE]
        fresh = np.ones(len(piece), dtype=np.bool_)
        fresh[1:] = piece[1:] != piece[:-1]
        fresh[0] = last is None or int(piece[0]) != last
        last = int(piece[-1])
        chosen = piece[fresh]
        numbers[kept : kept + len(chosen)] = chosen
        kept += len(chosen)
    return kept


def _settle(folder: Path) -> None:
    """Have the folder's entry on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""A list of up to 250 million numbers in one memory-mapped file: exact, 4.3 to 4.6 bytes a number, ready when opened.

Layout (little endian): a page of header; 2**b + 1 offsets (uint32), one for each value of a number's b high bits under
the veil; then, bucket after bucket, the low bits of its numbers (uint32), rising. A number is in the list when its low
bits stand in its bucket, so there is no false answer either way.
"""

import mmap
import struct
from bisect import bisect_left
from hashlib import blake2b
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from dialer.donotcall.veil import BITS, Veil, Words

MAGIC = b"SWDNC\x00\x01\n"
HEADER = 4096
LARGEST = 4_000_000_000
FEWEST_BITS = BITS - 32
"""What does not go into the bucket's number must fit into 32 bits."""
MOST_BITS = 26
IN_A_BUCKET = 12
AT_ONCE = 16_384
"""So many numbers of a batch are looked up together that what they touch stays in the processor's cache."""
DIGEST = 32
PIECE = 1 << 24
_HEAD = struct.Struct("<8sIIQdQ16s8s32s64s")
KEYED = 1

Bits = npt.NDArray[np.bool_]


class ListFault(Exception):
    """The file cannot be used as a list; `code` names the text that says why and what to do."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a list says of itself. `made_at` epoch seconds, `source` the name of the file it was made of."""

    bits: int
    count: int
    made_at: float
    fullest: int
    salt: bytes
    check: bytes
    digest: bytes
    source: str
    keyed: bool

    @property
    def size(self) -> int:
        """How long the whole file is, in bytes."""
        return HEADER + 4 * ((1 << self.bits) + 1) + 4 * self.count

    def packed(self) -> bytes:
        """The header as it stands in the file, with a checksum of its own."""
        source = self.source.encode()[:64].decode(errors="ignore").encode()
        plain = _HEAD.pack(
            *(MAGIC, KEYED if self.keyed else 0, self.bits, self.count, self.made_at, self.fullest),
            *(self.salt, self.check, self.digest, source),
        )
        return (plain + blake2b(plain, digest_size=16).digest()).ljust(HEADER, b"\0")


def bits_for(count: int) -> int:
    """How many high bits choose the bucket in a list of so many numbers."""
    return min(MOST_BITS, max(FEWEST_BITS, (count // IN_A_BUCKET).bit_length()))


def read_head(page: bytes) -> Head:
    """The header from a file's first page; raises ListFault."""
    if len(page) < HEADER or page[: len(MAGIC)] != MAGIC:
        raise ListFault("not_a_list")
    plain = page[: _HEAD.size]
    if blake2b(plain, digest_size=16).digest() != page[_HEAD.size : _HEAD.size + 16]:
        raise ListFault("damaged")
    _, flags, bits, count, made_at, fullest, salt, check, digest, source = _HEAD.unpack(plain)
    if not FEWEST_BITS <= bits <= MOST_BITS or count > LARGEST:
        raise ListFault("damaged")
    return Head(
        bits=bits,
        count=count,
        made_at=made_at,
        fullest=fullest,
        salt=salt,
        check=check,
        digest=digest,
        source=source.rstrip(b"\0").decode(errors="replace"),
        keyed=bool(flags & KEYED),
    )


class MappedList:
    """An open list. Looking up is safe from any thread; replacing the file by another leaves an open list as it is."""

    def __init__(self, path: Path, secret: bytes = b"") -> None:
        """Map the file and look whether it is whole, in milliseconds; raises ListFault, OSError."""
        self.path = path
        with path.open("rb") as file:
            self.head = read_head(file.read(HEADER))
            size = file.seek(0, 2)
            if size != self.head.size:
                raise ListFault("truncated" if size < self.head.size else "damaged")
            self._map = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
        self._veil = Veil(self.head.salt, secret if self.head.keyed else b"")
        if self._veil.check != self.head.check:
            self._map.close()
            raise ListFault("other_secret")
        whole = memoryview(self._map)
        body = HEADER + 4 * ((1 << self.head.bits) + 1)
        self._starts = whole[HEADER:body].cast("I")
        self._rest = whole[body:].cast("I")
        self._shift = BITS - self.head.bits
        self._low = (1 << self._shift) - 1
        self._starts_np: npt.NDArray[np.uint32] = np.frombuffer(self._starts, dtype=np.uint32)
        self._rest_np: npt.NDArray[np.uint32] = np.frombuffer(self._rest, dtype=np.uint32)
        if not self._plausible():
            raise ListFault("damaged")

    def __len__(self) -> int:
        return self.head.count

    def holds(self, ordinal: int) -> bool:
        """Whether the number (its E.164 digits as an integer) is in the list."""
        if ordinal >> BITS:
            return False
        place = self._veil.over(ordinal)
        bucket = place >> self._shift
        starts = self._starts
        first, end = starts[bucket], starts[bucket + 1]
        low = place & self._low
        found = bisect_left(self._rest, low, first, end)
        return found < end and self._rest[found] == low

    def hold(self, ordinals: Words) -> Bits:
        """``holds`` for many at once."""
        answer = np.zeros(len(ordinals), dtype=np.bool_)
        if not self.head.count:
            return answer
        for begin in range(0, len(ordinals), AT_ONCE):
            answer[begin : begin + AT_ONCE] = self._some(ordinals[begin : begin + AT_ONCE])
        return answer

    def _some(self, ordinals: Words) -> Bits:
        places = ordinals.astype(np.uint64)
        possible = places >> np.uint64(BITS) == 0
        self._veil.cover(places)
        low = (places & np.uint64(self._low)).astype(np.uint32)
        places >>= np.uint64(self._shift)
        buckets = places.view(np.int64)
        at = self._starts_np.take(buckets, mode="clip").astype(np.int64)
        buckets += 1
        end = self._starts_np.take(buckets, mode="clip").astype(np.int64)
        rest = self._rest_np
        further, there = np.empty_like(at), np.empty_like(low)
        at -= 1  # the last place known to hold less
        step = 1 << max(0, self.head.fullest.bit_length() - 1)
        while step:
            np.add(at, step, out=further)
            rest.take(further, mode="clip", out=there)
            smaller = there < low
            smaller &= further < end
            at += smaller * np.int64(step)
            step >>= 1
        at += 1
        found: Bits = rest.take(at, mode="clip") == low
        found &= at < end
        found &= possible
        return found

    def verify(self) -> None:
        """Read the whole file and compare it with its checksum; raises ListFault."""
        digest = blake2b(digest_size=DIGEST)
        with self.path.open("rb") as file:
            if read_head(file.read(HEADER)) != self.head:
                raise ListFault("damaged")
            while piece := file.read(PIECE):
                digest.update(piece)
        if digest.digest() != self.head.digest:
            raise ListFault("checksum")

    def close(self) -> None:
        """Give the file back; the list answers no more."""
        del self._starts_np, self._rest_np
        self._starts.release()
        self._rest.release()

    def _plausible(self) -> bool:
        """Whether offsets and a sample of buckets are in order."""
        starts, rest = self._starts_np, self._rest_np
        if starts[0] != 0 or starts[-1] != self.head.count:
            return False
        sample = starts[:: max(1, len(starts) // 4096)]
        if np.any(sample[1:] < sample[:-1]) or sample[-1] > self.head.count:
            return False
        for bucket in range(0, 1 << self.head.bits, max(1, (1 << self.head.bits) // 64)):
            some = rest[starts[bucket] : starts[bucket + 1]]
            if len(some) > self.head.fullest or np.any(some[1:] <= some[:-1]):
                return False
        return True

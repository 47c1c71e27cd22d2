"""A keyed bijection on 50 bits: spreads numbers evenly over a list's file and keeps them from standing in it in the clear.

It hides numbers from whoever looks at the file; it is no strong cipher. Whoever holds the file, the program and the
installation's secret reads it, and without a secret the file's salt alone opens it.
"""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

BITS = 50
"""Enough for every E.164 number: its digits as an integer are below 10**15."""
FULL = (1 << BITS) - 1
_FIRST, _SECOND, _LAST = 27, 25, 29
"""At least half the bits each, so that one shift more undoes it."""

Words = npt.NDArray[np.uint64]


class Veil:
    """The bijection of one file, from its salt (16 bytes) and the installation's secret (empty for none)."""

    __slots__ = ("_a", "_b", "_ma", "_mb", "check")

    def __init__(self, salt: bytes, secret: bytes = b"") -> None:
        drawn = blake2b(salt, key=secret[:64], person=b"dnc veil", digest_size=40).digest()
        a, b, ma, mb, told = (int.from_bytes(drawn[at : at + 8], "little") for at in range(0, 40, 8))
        self._a, self._b = a & FULL, b & FULL
        self._ma, self._mb = ma & FULL | 1, mb & FULL | 1
        self.check = blake2b(told.to_bytes(8, "little"), person=b"dnc check", digest_size=8).digest()
        """Tells whether a file was made under the same secret, without telling the secret."""

    def over(self, ordinal: int) -> int:
        """Where an ordinal below 2**50 lies."""
        x = (ordinal ^ self._a) * self._ma & FULL
        x = (x ^ x >> _FIRST) * self._mb & FULL
        x = (x ^ x >> _SECOND) + self._b & FULL
        x = x * self._ma & FULL
        return x ^ x >> _LAST

    def under(self, place: int) -> int:
        """The ordinal that lies there: the inverse of ``over``."""
        x = _unshift(place, _LAST) * pow(self._ma, -1, 1 << BITS) & FULL
        x = _unshift(x - self._b & FULL, _SECOND) * pow(self._mb, -1, 1 << BITS) & FULL
        return _unshift(x, _FIRST) * pow(self._ma, -1, 1 << BITS) & FULL ^ self._a

    def cover(self, ordinals: Words) -> None:
        """``over`` for many at once, in place."""
        full, ma, mb = np.uint64(FULL), np.uint64(self._ma), np.uint64(self._mb)
        ordinals ^= np.uint64(self._a)
        ordinals *= ma
        ordinals &= full
        ordinals ^= ordinals >> np.uint64(_FIRST)
        ordinals *= mb
        ordinals &= full
        ordinals ^= ordinals >> np.uint64(_SECOND)
        ordinals += np.uint64(self._b)
        ordinals &= full
        ordinals *= ma
        ordinals &= full
        ordinals ^= ordinals >> np.uint64(_LAST)


def _unshift(x: int, by: int) -> int:
    return x ^ x >> by

"""Numbers out of a text file, one a line, by the hundred thousand: plain digits at once, whatever else one by one."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from phonenumbers import PhoneMetadata

from dialer.donotcall.veil import Words
from telephony.numbers import NumberFault, parse

FEWEST, MOST = 4, 15
"""Digits of an E.164 number; shorter ones are no subscriber's."""
LEADING = 6
"""So many leading digits and the length decide how a national number is written internationally."""
LONGEST_LINE = 200
_NEWLINE, _RETURN, _PLUS, _ZERO = 10, 13, 43, 48

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
Reject = Callable[[int, str], None]
"""Called with a line's number, from 1, and the code of why it was not taken."""


class Lines:
    """Reads pieces of one file that end with a line break; `region` (ISO 3166) reads digits without + as national."""

    def __init__(self, region: str | None, reject: Reject) -> None:
        self.lines = 0
        self.blank = 0
        self._region = region
        self._reject = reject
        self._learned: dict[tuple[int, int], tuple[int, int] | None] = {}

    def read(self, piece: bytes) -> Words:
        """The numbers of the piece, as the integers their E.164 digits make, in no order."""
        text: Bytes = np.frombuffer(piece, dtype=np.uint8)
        ends = np.flatnonzero(text == _NEWLINE)
        starts = np.empty_like(ends)
        starts[:1] = 0
        starts[1:] = ends[:-1] + 1
        first_line = self.lines + 1
        self.lines += len(ends)
        lengths = ends - starts
        returns = (lengths > 0) & (text[ends - 1] == _RETURN)
        lengths -= returns
        plus = (lengths > 0) & (text[np.minimum(starts, len(text) - 1)] == _PLUS)
        digits_at = starts + plus
        lengths -= plus
        found: list[Words] = []
        slow = np.ones(len(ends), dtype=np.bool_)
        for length in np.flatnonzero(np.bincount(np.clip(lengths, 0, MOST + 1), minlength=MOST + 2)):
            if not FEWEST <= length <= MOST:
                continue
            chosen = np.flatnonzero(lengths == length)
            values, clean = _digits(text, digits_at[chosen], int(length))
            if self._region is not None:
                international = plus[chosen]
                national = np.flatnonzero(clean & ~international)
                clean &= international
                found.append(self._national(values[national], int(length), chosen[national], slow))
            taken = chosen[clean]
            slow[taken] = False
            found.append(values[clean])
        odd: list[int] = []
        for line in np.flatnonzero(slow).tolist():
            ordinal = self._slowly(piece[starts[line] : ends[line]], first_line + line)
            if ordinal:
                odd.append(ordinal)
        return np.concatenate([*found, np.array(odd, dtype=np.uint64)])

    def _national(self, values: Words, length: int, places: Indices, slow: npt.NDArray[np.bool_]) -> Words:
        """National numbers whose beginning says how they are written; the others stay for the slow way."""
        if not len(values) or length < LEADING + 1 or not _regular(self._region or ""):
            return values[:0]
        heads, which = np.unique(values // np.uint64(10 ** (length - LEADING)), return_inverse=True)
        cut = np.zeros(len(heads), dtype=np.int64)
        code = np.zeros(len(heads), dtype=np.uint64)
        sample = np.zeros(len(heads), dtype=np.uint64)
        sample[which] = values
        for n, head in enumerate(heads.tolist()):
            key = (length, head)
            if key not in self._learned:
                self._learned[key] = self._learn(int(sample[n]), length)
            if (how := self._learned[key]) is None:
                cut[n] = -1
            else:
                cut[n], code[n] = how
        cuts = cut[which]
        taken = cuts >= 0
        slow[places[taken]] = False
        keep = np.uint64(10) ** (length - cuts[taken]).astype(np.uint64)
        result: Words = values[taken] % keep + code[which][taken] * keep
        return result

    def _learn(self, value: int, length: int) -> tuple[int, int] | None:
        """(leading digits to cut off, country code to put before) for numbers like this one; None: ask one by one."""
        text = str(value).rjust(length, "0")
        try:
            whole = parse(text, self._region or "").ordinal()
        except NumberFault:
            return None
        written = str(whole)
        for cut in range(length - FEWEST + 1):
            if written.endswith(text[cut:]):
                code = written[: len(written) - (length - cut)]
                return (cut, int(code)) if code else None
        return None

    def _slowly(self, line: bytes, number: int) -> int:
        """One line of whatever form; 0 when it holds no number."""
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            text = "?"
        if not text or text.startswith("#"):
            self.blank += 1
            return 0
        if len(text) > LONGEST_LINE:
            self._reject(number, "too_long")
            return 0
        plain = "".join(letter for letter in text if letter not in " -()./\t\u00a0")
        digits = plain.removeprefix("+")
        if self._region is None or plain.startswith("+"):
            if digits.isascii() and digits.isdigit() and FEWEST <= len(digits) <= MOST and digits[0] != "0":
                return int(digits)
            self._reject(number, "not_e164")
            return 0
        try:
            return parse(text, self._region).ordinal()
        except NumberFault as fault:
            self._reject(number, fault.why)
            return 0


def _digits(text: Bytes, starts: Indices, length: int) -> tuple[Words, npt.NDArray[np.bool_]]:
    """The values of so many digits from each start, and which of them are digits only and begin with none but 1–9."""
    values = np.zeros(len(starts), dtype=np.uint64)
    worst = np.zeros(len(starts), dtype=np.uint8)
    first = text[starts] - np.uint8(_ZERO)
    for place in range(length):
        digit = text[starts + place] - np.uint8(_ZERO)
        np.maximum(worst, digit, out=worst)
        values *= np.uint64(10)
        values += digit
    return values, (worst <= 9) & (first != 0)


@lru_cache(maxsize=8)
def _regular(region: str) -> bool:
    """Whether the region's national numbers become international by cutting off and putting before only."""
    plan = PhoneMetadata.metadata_for_region(region)
    return plan is not None and plan.national_prefix_transform_rule is None

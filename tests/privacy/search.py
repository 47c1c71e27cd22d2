"""Searches bytes for known numbers in every form they could have been written in, and says where and in which form.

A number counts as found when its hidden middle four digits and the four behind them stand there together.
"""

import base64
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import phonenumbers

PURE = re.compile(rb"\d{8,}")
PARTED = re.compile(rb"\d+(?:[ \-().,/:_\t]{1,2}\d+)+")
WIDE = re.compile(rb"(?:[0-9+() \-]\x00){8,}")
QUOTED = re.compile(rb"(?:%3[0-9]|[0-9]){8,}")
ENCODED = re.compile(rb"(?:[MNO][DTjz][AEIMQUYcgk][wxyz0-5]){2,}")
"""Six digits and more in base64: whole groups of three."""
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
TO_ALPHABET = bytes(code if code in ALPHABET else ALPHABET[0] for code in range(256))
AROUND = 16
HEXED = re.compile(rb"(?:3[0-9]){8,}")
HEX_INTEGER = re.compile(rb"(?<![0-9a-fA-F])[0-9a-fA-F]{9,16}(?![0-9a-fA-F])")
CORE = (8, 13)


class Search:
    """Looks for numbers given in E.164 with plus; all of them of at least nine digits."""

    def __init__(self, numbers: Iterable[str]) -> None:
        whole = {number.lstrip("+") for number in numbers}
        assert whole, "no number to look for"
        self._nationals: dict[int, set[bytes]] = {}
        self._cores: set[bytes] = set()
        integers: set[int] = set()
        for digits in whole:
            national = phonenumbers.national_significant_number(phonenumbers.parse(f"+{digits}"))
            self._nationals.setdefault(len(national), set()).add(national.encode())
            last = len(digits)
            for first in range(last - CORE[0] + 1):
                for end in range(max(first + CORE[0], last - 4), last + 1):
                    if first <= last - 8:
                        self._cores.add(digits[first:end].encode())
            integers |= {int(digits), int(national)}
        self._integers = np.array(sorted(integers), dtype=np.uint64)
        self._known = integers

    def forms(self, data: bytes) -> set[str]:
        """The forms in which any of the numbers stands in `data`; empty when none does."""
        found = {form for form, stands in self._looks() if stands(data)}
        if data[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                for name in packed.namelist():
                    found |= {f"packed {form}" for form in self.forms(packed.read(name)) | self.forms(name.encode())}
        return found

    def leaks(self, places: Iterable[tuple[str, bytes | str]]) -> list[str]:
        """``place: form`` for whatever is found in these places."""
        found = []
        for place, data in places:
            raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
            found += [f"{place}: {form}" for form in sorted(self.forms(raw))]
        return found

    def _looks(self) -> Iterator[tuple[str, Callable[[bytes], bool]]]:
        yield "digits", self._in_digits
        yield "separated digits", self._in_separated
        yield "UTF-16", self._in_wide
        yield "percent-encoded", self._in_percent
        yield "base64", self._in_base64
        yield "hexadecimal", self._in_hex
        yield "integer", self._in_integers

    def _is(self, run: bytes) -> bool:
        for length, nationals in self._nationals.items():
            if any(run[at : at + length] in nationals for at in range(len(run) - length + 1)):
                return True
        return CORE[0] <= len(run) <= CORE[1] and run in self._cores

    def _in_digits(self, data: bytes) -> bool:
        return any(
            self._is(run.group()) for run in PURE.finditer(data) if data[max(0, run.start() - 1) : run.start()] != b"."
        )

    def _in_separated(self, data: bytes) -> bool:
        return any(self._is(re.sub(rb"\D", b"", run.group())) for run in PARTED.finditer(data))

    def _in_wide(self, data: bytes) -> bool:
        for start in (data, data[1:]):
            for run in WIDE.finditer(start):
                if self._is(re.sub(rb"\D", b"", run.group())):
                    return True
        return False

    def _in_percent(self, data: bytes) -> bool:
        runs = (run.group() for run in QUOTED.finditer(data))
        return any(self._in_digits(unquote_to_bytes(run)) for run in runs if b"%" in run)

    def _in_base64(self, data: bytes) -> bool:
        for run in ENCODED.finditer(data):
            first = run.start() - min(run.start() // 4 * 4, AROUND)
            part = data[first : run.end() + AROUND]
            decoded = base64.b64decode(part[: len(part) // 4 * 4].translate(TO_ALPHABET))
            if any(self._is(inner.group()) for inner in PURE.finditer(decoded)):
                return True
        return False

    def _in_hex(self, data: bytes) -> bool:
        if any(self._is(bytes.fromhex(run.group().decode())) for run in HEXED.finditer(data)):
            return True
        return any(int(run.group(), 16) in self._known for run in HEX_INTEGER.finditer(data))

    def _in_integers(self, data: bytes) -> bool:
        """As a 64-bit integer of either order, or of six bytes as SQLite keeps it."""
        for length in (8, 6):
            if len(data) < length:
                continue
            windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(data, dtype=np.uint8), length)
            for weights in (range(length), range(length - 1, -1, -1)):
                values = np.zeros(len(windows), dtype=np.uint64)
                for column, weight in enumerate(weights):
                    values |= windows[:, column].astype(np.uint64) << np.uint64(8 * weight)
                near = values[(values >= self._integers[0]) & (values <= self._integers[-1])]
                if np.isin(near, self._integers).any():
                    return True
        return False


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file's name and content below a folder, sounds' content aside."""
    for path in sorted(folder.rglob("*")):
        yield f"name of {path.name}", str(path.relative_to(folder)).encode()
        if path.is_file() and path.suffix != ".wav":
            yield path.name, path.read_bytes()

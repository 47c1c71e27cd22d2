"""The carrier's log: every call the simulated exchange was asked to dial, in a file of its own, and the slow check that
no customer in it was called beyond his rule.
"""

from collections import defaultdict
from pathlib import Path

import msgspec

CALLS, WITHIN_S, REST_S = 2, 30 * 86_400.0, 90 * 86_400.0
"""The drill's rule: two calls within thirty days, and then none for ninety after the last."""
ON_THE_WAY_S = 10.0
"""The rule is kept at the instant of dialling; the carrier hears of the call so much later at most."""


class Dialled(msgspec.Struct, frozen=True, kw_only=True):
    """One line: when (epoch seconds of the drill's clock), by which exchange, under which call id, what."""

    at: float
    server: str
    call: str
    digits: str


class CarrierLog:
    """Append-only; nothing of the product writes here or reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab", buffering=0)
        self.count = 0

    def dialled(self, at: float, server: str, call: str, digits: str) -> None:
        self._file.write(msgspec.json.encode(Dialled(at=at, server=server, call=call, digits=digits)) + b"\n")
        self.count += 1

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> list[Dialled]:
    """The log in the order in which it was written."""
    return [msgspec.json.decode(line, type=Dialled) for line in path.read_bytes().splitlines()]


def violations(log: list[Dialled], owners: dict[str, str]) -> list[str]:
    """Calls beyond the rule in words, customer by customer; `owners` tells whose the digits are."""
    calls: dict[str, list[float]] = defaultdict(list)
    for line in log:
        calls[owners[line.digits]].append(line.at)
    found = []
    for customer, instants in sorted(calls.items()):
        instants.sort()
        for n, at in enumerate(instants):
            why = _objection(instants[:n], at)
            if why:
                found.append(f"{customer}: call {n + 1} at {at:.3f}, {why}")
    return found


def repeated(log: list[Dialled]) -> list[str]:
    """Call ids dialled more than once."""
    seen: set[str] = set()
    return [line.call for line in log if line.call in seen or seen.add(line.call)]  # type: ignore[func-returns-value]


def _objection(before: list[float], at: float) -> str:
    at += ON_THE_WAY_S
    if sum(at - one < WITHIN_S for one in before) >= CALLS:
        return f"the third within {WITHIN_S / 86_400:g} days"
    for n in range(CALLS - 1, len(before)):
        last, first = before[n], before[n - CALLS + 1]
        if last - first < WITHIN_S - ON_THE_WAY_S and at - last < REST_S:
            return f"{(at - last) / 86_400:.1f} days after the call that began his rest"
    return ""

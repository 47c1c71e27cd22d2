"""What every benchmark gives back: one figure with its unit, its spread, its peers of the same run, and the machine."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec


class Unmeasurable(Exception):
    """This benchmark cannot run on this machine; the text says why."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures were taken on."""

    cpu: str
    cores: int
    python: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. `p50` and `p99` are in `p_unit`; `peers` were measured in the same run, `notes` say what was fed.

    `limit` is the bar in words, e.g. ``≥ 15000``; `met` whether the figure clears it, None where there is no bar."""

    name: str
    unit: str
    value: float
    p50: float | None = None
    p99: float | None = None
    p_unit: str = ""
    peers: dict[str, float] = {}
    limit: str = ""
    met: bool | None = None
    notes: dict[str, float | str] = {}
    machine: Machine = msgspec.field(default_factory=lambda: machine())
    date: str = msgspec.field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def machine() -> Machine:
    """This machine: model of its processor, processors we may use, Python."""
    return Machine(cpu=_cpu(), cores=len(os.sched_getaffinity(0)), python=platform.python_version())


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; raises ValueError when there are no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

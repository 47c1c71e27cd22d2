"""``python -m benchmarks [NAME…]``: measure, and say it as a table, as JSON lines, or into a page of the documents."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from benchmarks import page
from benchmarks.result import Result, Unmeasurable

NAMES = (
    "dial_path",
    "ami_ingest",
    "answer_to_bridge",
    "shift",
    "startup",
    "restart_drill",
    "crash",
    "gate",
    "dnc",
    "asterisk_bridge",
    "hour_simulated",
    "predictive_hour",
    "pacing_decision",
    "pacing",
    "acd_match",
    "acd_flexibility",
    "acd_events",
    "kvm_fanout",
)
ONLY_BY_NAME = frozenset({"predictive_hour", "pacing"})
"""What takes as long as the time it plays; left out when none is named."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks named (all when none is); returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition(":")[2].strip())
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="one object a line on standard output")
    parser.add_argument("--write", type=Path, metavar="FILE", help="renew the figures between the markers of this page")
    parser.add_argument("--hours", type=float, default=8.0, help="virtual hours of the benchmark `shift`")
    parser.add_argument("--rounds", type=int, default=20, help="kills of the benchmark `restart_drill`")
    parser.add_argument("--kills", type=int, default=500, help="kills of each part of the benchmark `crash`")
    parser.add_argument("--customers", type=int, default=10_000_000, help="customers of the benchmark `gate`")
    parser.add_argument(
        "--numbers", type=int, default=50_000_000, help="numbers in the list of the benchmark `dnc`, up to 250000000"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the benchmark `predictive_hour`")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="leave database and logs of `predictive_hour` there; must not be there yet",
    )
    parser.add_argument("--states", type=int, default=100_000, help="random states of the benchmark `pacing_decision`")
    parser.add_argument("--events", type=int, default=200_000, help="random events of the benchmark `acd_events`")
    parser.add_argument("--seeds", type=int, default=4, help="seeds of the benchmark `pacing`")
    parser.add_argument("--scale", type=float, default=0.4, help="share of the hours the benchmark `pacing` plays")
    parser.add_argument(
        "--rows", default="pacing-rows.jsonl", help="where `pacing` keeps its rows, to go on after a stop"
    )
    given = parser.parse_args(arguments)
    errors = Console(stderr=True)
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        errors.print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(NAMES)}", markup=False)
        return 2
    results: list[Result] = []
    for name in given.names or (one for one in NAMES if one not in ONLY_BY_NAME):
        errors.print(f"{name} …", markup=False)
        try:
            found = measure(
                name,
                hours=given.hours,
                rounds=given.rounds,
                kills=given.kills,
                customers=given.customers,
                numbers=given.numbers,
                states=given.states,
                seeds=given.seeds,
                events=given.events,
                scale=given.scale,
                rows=given.rows,
                minutes=given.minutes,
                keep=given.keep,
            )
        except Unmeasurable as why:
            errors.print(f"{name}: {why}", markup=False)
            continue
        results.append(found)
        if given.json:
            print(msgspec.json.encode(found).decode(), flush=True)
    if not given.json:
        Console().print(page.table(results))
    if given.write is not None:
        try:
            page.renew(given.write, results, " ".join(("python -m benchmarks", *(given.names or ()))))
        except (OSError, page.NoMarkers) as fault:
            errors.print(str(fault), markup=False)
            return 1
    return 0


def measure(
    name: str,
    *,
    hours: float,
    rounds: int,
    kills: int,
    customers: int,
    numbers: int,
    minutes: float,
    keep: Path | None,
    **more: float | str,
) -> Result:
    """Run one benchmark with what it takes of the options."""
    module = importlib.import_module(f"benchmarks.{name}")
    options: dict[str, Any] = {}
    if name == "shift":
        options["hours"] = hours
    elif name == "restart_drill":
        options["rounds"] = rounds
    elif name == "dnc":
        options["numbers"] = numbers
    elif name == "crash":
        options["kills"] = kills
    elif name == "predictive_hour":
        options["minutes"], options["keep"] = minutes, keep
    elif name == "gate":
        options["customers"] = customers
    elif name == "pacing_decision":
        options["states"] = more["states"]
    elif name == "acd_events":
        options["events"] = more["events"]
    elif name == "pacing":
        options = {one: more[one] for one in ("seeds", "scale", "rows")}
    found: Result = module.run(**options)
    return found


if __name__ == "__main__":
    sys.exit(main())

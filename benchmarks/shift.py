"""A virtual shift of 200 agents: the whole product on virtual time, in a process of its own as a user starts it."""

import json
import os
import subprocess
import sys
import tempfile
import time

from benchmarks.result import Result

SCENARIO = "shift"
LONGEST_S = 60.0
WHOLE_H = 8.0
GIVES_UP_S = 900.0


def play(scenario: str, hours: float, *options: str, hash_seed: str = "random") -> dict[str, object]:
    """``switchroom simulate --virtual`` in a process of its own; its summary. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix="switchroom-shift-") as folder:
        found = subprocess.run(
            [
                *(sys.executable, "-m", "switchroom", "simulate", "--virtual", "--json"),
                *("--scenario", scenario, "--hours", f"{hours:g}", "--out", folder, *options),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=GIVES_UP_S,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
    summary: dict[str, object] = json.loads(found.stdout)
    return summary


def run(hours: float = WHOLE_H) -> Result:
    """Wall seconds of the shift from the start of its process to its end."""
    began = time.perf_counter()
    summary = play(SCENARIO, hours)
    took = time.perf_counter() - began
    events, violations = int(str(summary["events"])), int(str(summary["violations"]))
    whole = hours >= WHOLE_H
    return Result(
        name="shift",
        unit="s",
        value=round(took, 1),
        limit=f"< {LONGEST_S:g} s for {WHOLE_H:g} h, 0 violations",
        met=violations == 0 and took < LONGEST_S if whole else (False if violations else None),
        notes={
            "virtual hours": hours,
            "agents": int(str(summary["agents"])),
            "attempts": int(str(summary["placed"])),
            "events/s": round(events / took),
            "violations": violations,
            "checks": int(str(summary["invariants_checked"])),
        },
    )

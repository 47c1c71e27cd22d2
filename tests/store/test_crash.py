"""A process killed in the midst of writing: every attempt acknowledged as durable is there, exactly once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import store
from store.recall import read_journal, restored
from telephony.facts import AttemptPlaced

PLACING = """
import sys
import time
import store
from store.writer import Writer
from tests.store.trade import NOON, placed

opened = store.open(sys.argv[1])
run = sys.argv[2]
writer = Writer(opened, post=lambda what: what(), commit_wait_ms=0.5)
for serial in range(10_000_000):
    call = f"c-{run}-{serial}"
    writer.submit([placed(call)], NOON, lambda call=call: sys.stdout.write(call + "\\n"))
    if serial % 50 == 0:
        while writer.waiting > 500:
            time.sleep(0.001)
        sys.stdout.flush()
"""


def acknowledged_before_death(url: str, run: int, after: int) -> list[str]:
    """Start a process that places attempts without end, kill it once it has acknowledged `after`, return them all."""
    root = Path(store.__file__).parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", PLACING, url, str(run)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    heard: list[str] = []
    for line in process.stdout:
        heard.append(line.strip())
        if len(heard) == after:
            process.send_signal(signal.SIGKILL)
        if len(heard) > 1_000_000:
            break
    process.stdout.close()
    process.kill()
    assert process.wait() == -signal.SIGKILL
    return [call for call in heard if call.startswith("c-")][:-1]


def test_what_was_acknowledged_survives_a_kill_exactly_once(url: str) -> None:
    heard = [call for run in range(2) for call in acknowledged_before_death(url, run, 700 + 331 * run)]
    assert len(heard) >= 700
    opened = store.open(url)
    entries = read_journal(opened, limit=1_000_000)
    journalled = [entry.fact.call for entry in entries if isinstance(entry.fact, AttemptPlaced)]
    standing = [call.call for call in restored(opened).calls]
    opened.close()
    assert len(journalled) == len(set(journalled))
    assert set(heard) <= set(journalled)
    assert sorted(standing) == sorted(journalled)

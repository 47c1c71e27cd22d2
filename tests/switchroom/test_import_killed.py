"""A killed import, and a large one: what the process leaves behind, and what it needs."""

import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.switchroom.terminal import LIMIT_S, Terminal, settings

IMPORT = ("leads", "import", "list.csv", "--campaign", "spring", "--batch", "list")
ROWS = 12_000
TRIES = 5
"""On a busy machine an import may be over before we look."""
BOUND_MB = 120
"""More than this on top of an empty import would mean that the list is held in memory."""


def written(folder: Path, rows: int) -> None:
    odd = {7: "12345", 11: "13700000003"}
    lines = (f"{odd.get(n % 40, f'137{n:08}')},客户{n},K{n},订单 {n}" for n in range(rows))
    (folder / "list.csv").write_text("手机号,姓名,客户号,备注\n" + "\n".join(lines) + "\n", encoding="utf-8")


def tables(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What is in the tables but for instants and what is keyed to the installation."""
    asked = {
        "leads": "SELECT id, campaign, customer, zones, due, priority, batch FROM leads ORDER BY id",
        "batches": "SELECT id, rows, added, duplicates, rejected, counts, state, position FROM batches",
        "batch_rejects": "SELECT id, batch, row, code FROM batch_rejects ORDER BY id",
    }
    with sqlite3.connect(folder / "var" / "switchroom.db") as database:
        return {table: database.execute(query).fetchall() for table, query in asked.items()}


def position(folder: Path) -> int:
    try:
        with sqlite3.connect(folder / "var" / "switchroom.db") as database:
            found = database.execute("SELECT position FROM batches").fetchone()
    except sqlite3.OperationalError:
        return 0
    return found[0] if found else 0


def killed_after(terminal: Terminal, rows: int) -> int:
    """Import until so many rows are in, or to the end where we look too late; returns how many were in at the kill."""
    process = subprocess.Popen(
        terminal.command(*IMPORT),
        cwd=terminal.folder,
        env=terminal.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + LIMIT_S
    while position(terminal.folder) < rows and process.poll() is None and time.monotonic() < deadline:
        pass
    process.kill()
    process.wait()
    return position(terminal.folder)


@pytest.fixture
def terminals(tmp_path: Path) -> list[Terminal]:
    made = []
    for name in ("killed", "whole"):
        folder = tmp_path / name
        folder.mkdir()
        settings(folder)
        written(folder, ROWS)
        made.append(Terminal(folder))
    return made


def test_an_import_killed_in_its_middle_ends_as_one_that_never_was(terminals: list[Terminal]) -> None:
    killed, whole = terminals
    for _ in range(TRIES):
        stops = [killed_after(killed, rows) for rows in (1, 5_000)]
        if 0 < stops[0] < ROWS:
            break
        shutil.rmtree(killed.folder / "var")
    assert 0 < stops[0] < ROWS
    report = killed.json(*IMPORT, "--rejects", "rejects.csv")
    assert report["already"] or report["resumed_after"] == stops[-1]
    assert whole.run(*IMPORT, "--rejects", "rejects.csv").code == 0
    assert tables(killed.folder) == tables(whole.folder)
    assert (killed.folder / "rejects.csv").read_bytes() == (whole.folder / "rejects.csv").read_bytes()


MEASURED = """
import resource, sys
from pathlib import Path
import store
from switchroom.intake import Order, take_in

def taken(name):
    order = Order(path=Path(name), campaign="spring", author="lee", region="CN", zone="Asia/Shanghai")
    return take_in(opened, order).rows

opened = store.open("sqlite:///list.db", durable=False)
taken("few.csv")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = taken("list.csv")
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_hundred_thousand_rows_are_taken_in_bounded_memory(tmp_path: Path) -> None:
    written(tmp_path, 2_000)
    (tmp_path / "list.csv").rename(tmp_path / "few.csv")
    written(tmp_path, 100_000)
    environment = {**Terminal(tmp_path).environment(), "SWITCHROOM_TEST": "1"}
    said = subprocess.run(
        [sys.executable, "-c", MEASURED], cwd=tmp_path, env=environment, capture_output=True, timeout=300, check=False
    )
    assert said.returncode == 0, said.stderr.decode()
    rows, grown_mb = (int(word) for word in said.stdout.split())
    assert rows == 100_000
    assert grown_mb < BOUND_MB

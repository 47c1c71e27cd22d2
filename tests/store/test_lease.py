"""Two servers on one database: the second is told, and a server that was killed leaves nothing locked."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import store
from store.lease import Taken, take
from store.opening import Store

HOLDER = """
import sys, time, store
from store.lease import take
let_go = take(store.open(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_second_server_is_refused_until_the_first_lets_go(opened: Store) -> None:
    let_go = take(opened)
    with pytest.raises(Taken):
        take(opened)
    let_go()
    take(opened)()


def test_lease_of_a_killed_server_is_free(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'house.db'}"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True)
    told = holder.stdout
    assert told is not None
    try:
        assert told.readline() == "held\n"
        house = store.open(url)
        with pytest.raises(Taken):
            take(house)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
        take(house)()
        house.close()
    finally:
        holder.kill()
        holder.wait()
        told.close()


def test_database_in_memory_needs_no_lease() -> None:
    house = store.open("sqlite://")
    take(house)()
    take(house)()
    house.close()

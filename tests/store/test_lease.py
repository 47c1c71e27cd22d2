"""Two servers on one database: the second is told, and a server that was killed leaves nothing locked."""

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import text

import store
from store.lease import Taken, _key, begin_run, take
from store.opening import Store
from tests.store.trade import NOON, until

NAME = ("name", "main")

HOLDER = """
import sys, time, store
from store.lease import take
lease = take(store.open(sys.argv[1]), [("name", "main")])
print("held", flush=True)
time.sleep(60)
"""


def test_second_server_is_refused_until_the_first_lets_go(opened: Store) -> None:
    lease = take(opened, [NAME])
    with pytest.raises(Taken):
        take(opened, [NAME])
    lease.let_go()
    take(opened, [NAME]).let_go()


@pytest.mark.postgres
def test_servers_on_one_postgres_share_nothing_they_name(postgres_url: str) -> None:
    house = store.open(postgres_url)
    east = take(house, [("name", "east"), ("asterisk", "pbx1"), ("campaign", "spring")])
    with pytest.raises(Taken) as refused:
        take(house, [("name", "west"), ("asterisk", "pbx2"), ("campaign", "spring")])
    assert refused.value.claims == (("campaign", "spring"),)
    west = take(house, [("name", "west"), ("asterisk", "pbx2"), ("campaign", "autumn")])
    assert west.more([("campaign", "spring"), ("campaign", "winter")]) == [("campaign", "spring")]
    east.drop([("campaign", "spring")])
    assert west.more([("campaign", "spring")]) == []
    east.let_go()
    take(house, [("name", "east")]).let_go()
    with pytest.raises(Taken):
        take(house, [("campaign", "winter")])
    west.let_go()
    house.close()


@pytest.mark.postgres
def test_what_a_lost_connection_held_is_claimed_again_unless_another_was_faster(postgres_url: str) -> None:
    house = store.open(postgres_url)
    east = take(house, [("name", "east"), ("campaign", "spring")])
    assert east.keep() == []
    cut(house)
    assert east.keep() == []
    with pytest.raises(Taken):
        take(house, [("campaign", "spring")])
    cut(house)
    west = take(house, [("campaign", "spring")])
    assert east.keep() == [("campaign", "spring")]
    west.let_go()
    until(lambda: east.keep() == [])
    with pytest.raises(Taken):
        take(house, [("campaign", "spring")])
    east.let_go()
    house.close()


def cut(house: Store) -> None:
    """The database ends the connections that hold advisory locks."""
    with house.reading.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        )


def test_one_name_is_one_claim_whatever_it_names(opened: Store) -> None:
    assert len({_key((kind, name)) for kind in ("name", "agent") for name in ("a", "b")}) == 4
    assert -(2**63) <= _key(NAME) < 2**63


def test_lease_of_a_killed_server_is_free(url: str) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True)
    told = holder.stdout
    assert told is not None
    try:
        assert told.readline() == "held\n"
        house = store.open(url)
        with pytest.raises(Taken):
            take(house, [NAME])
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
        until(lambda: _free(house))
        house.close()
    finally:
        holder.kill()
        holder.wait()
        told.close()


def _free(house: Store) -> bool:
    try:
        take(house, [NAME]).let_go()
    except Taken:
        return False
    return True


def test_database_in_memory_needs_no_lease() -> None:
    house = store.open("sqlite://")
    first = take(house)
    take(house).let_go()
    first.let_go()
    house.close()


def test_runs_never_begin_at_the_same_instant_whatever_the_clock_says(opened: Store) -> None:
    begun = [begin_run(opened, at) for at in (NOON, NOON, NOON - 5.0, NOON + 1.0)]
    assert begun == [NOON, NOON + 0.001, NOON + 0.002, NOON + 1.0]

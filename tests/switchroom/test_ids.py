"""Ids are fresh over restarts, name what they belong to, and can stand in a channel id."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchroom.ids import base36, call_ids, serials
from telephony.ids import AgentId, agent_of_seat, is_call, seat_leg


@given(st.integers(0, 2**64))
def test_base_36_reads_back(number: int) -> None:
    assert int(base36(number), 36) == number


def test_a_run_never_gives_a_call_id_twice_and_each_is_known_as_a_call() -> None:
    fresh = call_ids(1_772_413_200.0)
    ids = [fresh() for _ in range(2000)]
    assert len(set(ids)) == len(ids)
    assert all(is_call(one) and re.fullmatch(r"c-[0-9a-z]+-[0-9a-z]+", one) for one in ids)


def test_no_id_is_the_beginning_of_another_for_asterisk_takes_that_for_the_same() -> None:
    call, serial = call_ids(1_772_413_200.0), serials(1_772_413_200.0)
    for fresh in (call, lambda: seat_leg(AgentId("1001"), serial())):
        ids = sorted(str(fresh()) for _ in range(2000))
        assert not any(later.startswith(earlier) for earlier, later in pairwise(ids))


@pytest.mark.parametrize("later_s", [0.001, 1.0, 86_400.0])
def test_a_restart_gives_other_ids_than_the_run_before(later_s: float) -> None:
    before, after = call_ids(1_772_413_200.0), call_ids(1_772_413_200.0 + later_s)
    assert not {before() for _ in range(500)} & {after() for _ in range(500)}
    old, new = serials(1_772_413_200.0), serials(1_772_413_200.0 + later_s)
    assert not {old() for _ in range(35)} & {new() for _ in range(35)}


@pytest.mark.parametrize("agent", ["1001", "lin.wei", "a_b", "ü-1"])
def test_the_seat_leg_of_an_agent_names_him_whatever_the_serial(agent: str) -> None:
    serial = serials(1_772_413_200.0)
    for _ in range(100):
        assert agent_of_seat(seat_leg(AgentId(agent), serial())) == agent

"""Killed at random instants, alone or two on one database, the product calls nobody beyond his rule; a product with a fault
does, and the drill says so."""

import os
from pathlib import Path

import pytest

from benchmarks import carrier_log, crash
from benchmarks.carrier_log import CALLS, Dialled, violations
from benchmarks.crash import POSTGRES, SQLITE, TWO_ON_POSTGRES, Findings
from benchmarks.crash_child import TOO_EARLY, UNRESERVED
from benchmarks.result import Unmeasurable

DAY_S = 86_400.0
NOON = 1_750_000_000.0


async def drill(folder: Path, kind: str, *, kills: int, customers: int, fault: str = "") -> Findings:
    try:
        with crash.database(kind, folder) as url:
            return await crash.drilled(
                folder,
                kind,
                url,
                kills=kills,
                customers=customers,
                longest_s=0.3,
                settles_s=4.0,
                seed=kills,
                fault=fault,
            )
    except Unmeasurable as why:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(why))


@pytest.mark.parametrize(
    "kind",
    [
        SQLITE,
        pytest.param(POSTGRES, marks=pytest.mark.postgres),
        pytest.param(TWO_ON_POSTGRES, marks=pytest.mark.postgres),
    ],
)
async def test_nobody_is_called_beyond_his_rule_however_often_servers_are_killed(kind: str, tmp_path: Path) -> None:
    found = await drill(tmp_path, kind, kills=25, customers=300)
    assert found.words == []
    assert found.wrong == 0
    assert found.kills >= 25
    assert found.attempts > 100
    assert found.refusals > 0
    assert found.vetoes > 0 or kind != TWO_ON_POSTGRES


@pytest.mark.postgres
async def test_two_servers_that_do_not_reserve_are_caught_by_the_carrier(tmp_path: Path) -> None:
    found = await drill(tmp_path, TWO_ON_POSTGRES, kills=6, customers=300, fault=UNRESERVED)
    assert found.beyond > 0


async def test_a_call_that_leaves_before_its_attempt_is_on_disk_is_caught(tmp_path: Path) -> None:
    found = await drill(tmp_path, SQLITE, kills=1, customers=300, fault=TOO_EARLY)
    assert found.not_durable > 0


def log(*days: float, digits: str = "1") -> list[Dialled]:
    return [Dialled(at=NOON + day * DAY_S, server="pbx", call=f"c-{day}", digits=digits) for day in days]


@pytest.mark.parametrize(
    ("days", "beyond"),
    [
        ((0.0, 10.0), 0),
        ((0.0, 10.0, 20.0), 1),
        ((0.0, 10.0, 99.9), 1),
        ((0.0, 10.0, 100.0), 0),
        ((0.0, 31.0, 62.0, 93.0), 0),
        ((0.0, 31.0, 32.0, 92.0), 1),
        ((0.0, 0.0, 0.0), 1),
    ],
)
def test_the_oracle_counts_two_in_thirty_days_and_ninety_of_rest(days: tuple[float, ...], beyond: int) -> None:
    assert CALLS == 2
    assert len(violations(log(*days), {"1": "k1"})) == beyond


def test_calls_to_both_numbers_of_a_customer_are_his() -> None:
    both = [*log(0.0, 1.0), *log(2.0, digits="2")]
    assert len(violations(both, {"1": "k1", "2": "k1"})) == 1
    assert violations(both, {"1": "k1", "2": "k2"}) == []


def test_the_log_is_read_from_its_file(tmp_path: Path) -> None:
    written = carrier_log.CarrierLog(tmp_path / "log")
    for call in ("c-1", "c-2", "c-1"):
        written.dialled(NOON, "pbx", call, "1")
    written.close()
    assert carrier_log.repeated(carrier_log.read(tmp_path / "log")) == ["c-1"]

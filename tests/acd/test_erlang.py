"""Erlang's formulas against published figures, each other, and limits that need no formula."""

from math import exp, factorial

import pytest

from acd.erlang import blocked, impatient, patient

# (load, agents, handling time, threshold): waits, in time, mean wait
C = [
    (10.0, 14, 180.0, 20.0, 0.174132, 0.888350, 7.836),
    (10.0, 15, 180.0, 20.0, 0.102042, 0.941453, 3.673),
    (20.0, 24, 180.0, 20.0, 0.298072, 0.808882, 13.413),
    (100.0 / 3.0, 40, 120.0, 20.0, 0.190737, 0.937211, 3.433),
    (48.0, 55, 240.0, 15.0, 0.238701, 0.845883, 8.184),
]
# (load, agents, handling time, patience): waits, abandons, in time of those offered
A = [
    (10.0, 10, 180.0, 180.0, 0.542070, 0.125110, 0.586980),
    (20.0, 22, 180.0, 120.0, 0.325968, 0.055995, 0.828822),
    (50.0, 50, 180.0, 180.0, 0.518808, 0.056325, 0.750911),
    (100.0, 100, 180.0, 120.0, 0.464236, 0.043879, 0.884642),
]


@pytest.mark.parametrize("case", C)
def test_patient_callers_wait_as_erlang_c_says_to_five_digits(case: tuple[float, ...]) -> None:
    a, agents, handling, threshold, waits, in_time, mean = case
    found = patient(a, int(agents), handling, threshold)
    assert found.waits == pytest.approx(waits, abs=5e-7)
    assert found.in_time == pytest.approx(in_time, abs=5e-7)
    assert found.mean_s == pytest.approx(mean, abs=1e-3)


@pytest.mark.parametrize("case", A)
def test_impatient_callers_wait_and_leave_as_erlang_a_says_to_five_digits(case: tuple[float, ...]) -> None:
    a, agents, handling, patience, waits, abandons, in_time = case
    found = impatient(a, int(agents), handling, patience, 20.0)
    assert found.waits == pytest.approx(waits, abs=5e-7)
    assert found.abandons == pytest.approx(abandons, abs=5e-7)
    assert found.in_time == pytest.approx(in_time, abs=5e-7)


@pytest.mark.parametrize("a", [0.5, 5.0, 10.0, 30.0])
def test_with_patience_as_long_as_the_call_waiting_is_a_poisson_tail(a: float) -> None:
    agents = 12
    tail = 1.0 - sum(exp(-a) * a**k / factorial(k) for k in range(agents))
    assert impatient(a, agents, 60.0, 60.0, 20.0).waits == pytest.approx(tail, abs=1e-9)


def test_endless_patience_is_erlang_c() -> None:
    c, a = patient(20.0, 24, 180.0, 20.0), impatient(20.0, 24, 180.0, 1e9, 20.0)
    assert a.waits == pytest.approx(c.waits, abs=1e-5)
    assert a.in_time == pytest.approx(c.in_time, abs=1e-5)
    assert a.mean_s == pytest.approx(c.mean_s, abs=1e-3)


def test_no_patience_is_erlang_b() -> None:
    assert impatient(20.0, 24, 180.0, 1e-6, 20.0).abandons == pytest.approx(blocked(20.0, 24), abs=1e-6)


def test_large_crews_and_heavy_overload_stay_figures() -> None:
    crew = impatient(10_000.0, 10_000, 180.0, 180.0, 20.0)
    assert 0.5 < crew.waits < 0.51
    assert 0.0 < crew.abandons < 0.005
    assert crew.in_time > 0.99
    flooded = impatient(8_000.0, 2_000, 180.0, 180.0, 20.0)
    assert flooded.abandons == pytest.approx(0.75, abs=1e-3)
    assert flooded.waits == pytest.approx(1.0, abs=1e-9)
    assert 0.0 <= flooded.in_time < 1e-6
    assert patient(9_900.0, 10_000, 180.0, 20.0).in_time > 0.99
    assert blocked(1e-300, 1000) == 0.0


def test_too_few_agents_wait_for_ever_and_no_load_never() -> None:
    assert patient(14.0, 14, 180.0, 20.0).mean_s == float("inf")
    assert impatient(0.0, 3, 180.0, 60.0, 20.0).in_time == 1.0
    assert impatient(1.0, 0, 180.0, 60.0, 20.0).abandons == 1.0

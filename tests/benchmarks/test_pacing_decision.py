"""What the look-ahead places in states drawn at random, and when the last agent has gone."""

from random import Random

from benchmarks.pacing import reached
from benchmarks.pacing_decision import TARGET, beyond_room, learned, state
from config.model import PacingSettings
from dialer.abandonment import Budget
from dialer.pacing import Predictive
from simulator.lab.play import Cell, Summed


def test_no_state_makes_the_look_ahead_place_a_call_it_has_no_line_for() -> None:
    assert beyond_room(20_000) == 0


def test_the_first_decision_after_the_last_agent_left_places_nothing() -> None:
    rng = Random(3)
    rule = Predictive(PacingSettings(target_abandon=TARGET), learned(rng), Budget(TARGET))
    assert rule.place(state(rng, 1000.0, 40, 0, 1000)).count > 0
    assert rule.place(state(rng, 1000.5, 0, 0, 1000)).count == 0


def row(utilisation: float, abandonment: float) -> Summed:
    cell = Cell(rule="predictive", scenario="stationary", agents=5, answer=0.35)
    return Summed(
        cell=cell,
        utilisation=utilisation,
        within=0.0,
        abandonment=abandonment,
        wait_s=0.0,
        worst_hour=0.0,
        hours_above=0.0,
        first_quarter=0.0,
        seeds=4,
    )


def test_a_row_is_as_good_as_the_best_known_only_within_what_may_be_abandoned() -> None:
    assert reached(row(0.732, 0.0297))
    assert not reached(row(0.730, 0.0297))
    assert not reached(row(0.760, 0.0310))

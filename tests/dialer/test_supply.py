"""What the pacer makes of agents who leave, of wrap-ups whose end is known, and of what it is told of them."""

import numpy as np
import pytest

from dialer.abandonment import Budget
from dialer.forecast import HORIZON, Forecast
from dialer.pacing import PaceView, Placement, pacer_for
from dialer.pacing.supply import agents_there
from simulator.lab.play import Cell, play
from telephony.ports import Departures

from .floor import NOON, Agents, Floor, campaign, lead, pacing, placed

PATIENCE_S = 2.0


def view(**changes: object) -> PaceView:
    seen = {"now": NOON, "free": 0, "talking": 0, "wrapping": 0, "pending": (), "waiting": 0, "room": 1000, **changes}
    return PaceView(**seen)


def place(mode: str = "predictive", **changes: object) -> Placement:
    return pacer_for(campaign(mode, pacing=pacing()), Forecast(25.0), Budget(0.028)).place(view(**changes))


def there(**changes: object) -> list[float]:
    seen = view(**changes)
    talk, wrap = Forecast(25.0).freed(PATIENCE_S, seen.wrap_limit_s)
    return agents_there(seen, talk, wrap, PATIENCE_S).there.mean.tolist()


def test_free_agents_count_until_the_instant_they_leave_at() -> None:
    found = there(free=10, leaving=Departures(free=[NOON + 12.0] * 8))
    assert found == [10.0] * 12 + [2.0] * (HORIZON - 12)


def test_busy_agent_who_leaves_after_his_call_never_comes_free() -> None:
    assert there(talking=1, leaving=Departures(talking=[NOON - 1.0])) == [0.0] * HORIZON
    assert there(wrapping=1, leaving=Departures(wrapping=[NOON])) == [0.0] * HORIZON


def test_answers_before_the_leave_take_those_who_leave_as_well_as_those_who_stay() -> None:
    seen = view(free=10, leaving=Departures(free=[NOON + 10.0] * 8))
    talk, wrap = Forecast(25.0).freed(PATIENCE_S)
    supply = agents_there(seen, talk, wrap, PATIENCE_S)
    early, late = np.zeros(HORIZON), np.zeros(HORIZON)
    early[5:], late[20:] = 5.0, 5.0
    assert supply.left_of(early)[-1] == pytest.approx(1.0), "two in ten of the agents they take would have stayed"
    assert supply.left_of(late)[-1] == pytest.approx(5.0)


def test_leave_announced_for_a_minute_hence_changes_nothing_yet() -> None:
    later = Departures(free=[NOON + 60.0] * 10, talking=[NOON + 60.0] * 40)
    assert place(free=10, talking=40, wrapping=10, leaving=later).code == "pace.predictive"
    assert there(free=10, talking=40, leaving=later) == pytest.approx(there(free=10, talking=40))


def test_fewer_calls_are_placed_for_agents_who_leave_and_the_reason_says_so() -> None:
    going = Departures(talking=[NOON + 10.0] * 40, wrapping=[NOON + 10.0] * 10)
    staying, leaving = place(talking=60, wrapping=15), place(talking=60, wrapping=15, leaving=going)
    assert leaving.count < staying.count
    assert leaving.code == "pace.leaving"
    assert (leaving.words["leaving"], leaving.words["within"]) == ("50", "10")
    assert staying.code == "pace.predictive"


@pytest.mark.parametrize("mode", ["progressive", "predictive"])
def test_nobody_is_dialled_for_a_lone_free_agent_who_will_be_gone_at_the_answer(mode: str) -> None:
    assert place(mode, free=1).count >= 1
    assert place(mode, free=1, leaving=Departures(free=[NOON + 2.0])).count == 0


def test_wrap_up_at_its_limit_is_an_agent_for_certain() -> None:
    found = there(wrapping=4, wrap_ends=[NOON + 5.0, NOON + 6.0, NOON + 90.0, NOON + 90.0])
    unknown = there(wrapping=4)
    assert found[6] > unknown[6] + 0.5
    assert found[6] == pytest.approx(2.0 + unknown[6] / 2.0)


def test_short_limit_brings_agents_back_sooner_than_the_mean_alone_would() -> None:
    forecast = Forecast(25.0)
    for _ in range(200):
        forecast.wrapped(10.0)
    limited, free = forecast.freed(PATIENCE_S, 10.0)[0].share, forecast.freed(PATIENCE_S)[0].share
    assert limited[5] < free[5], "nobody is back before the ten seconds are over"
    assert limited[-1] > free[-1], "and nobody takes longer"


def test_engine_asks_the_floor_who_leaves() -> None:
    agents = Agents(10)
    agents.gone_at = Departures(free=[NOON + 3.0] * 10)
    floor = Floor(campaign("progressive"), agents=agents, leads=[lead(n) for n in range(1, 50)])
    assert placed(floor.ask("start")) == []
    agents.gone_at = Departures()
    assert len(placed(floor.tick())) == 10


def test_mass_sign_out_announced_ahead_loses_few_answers() -> None:
    lost = {}
    for scenario in ("logout", "logout_unannounced"):
        lost[scenario] = play(
            Cell(rule="predictive", scenario=scenario, agents=50, target=0.028, hours=0.4, tick_s=1.0), 3
        ).after_leaving
    assert lost["logout"] < 0.06
    assert lost["logout_unannounced"] > 0.2

"""What the pacer makes of agents who leave, of wrap-ups whose end is known, and of what it is told of them."""

import numpy as np
import pytest

from config.model import AbandonContract
from dialer.abandonment import Budget
from dialer.contracts import Decided, Way
from dialer.forecast import HORIZON, Forecast
from dialer.impatience import Impatience
from dialer.pacing import PaceView, Placement, pacer_for
from dialer.pacing.supply import agents_there
from dialer.taken import Taken
from simulator.lab.play import Cell, play
from telephony.agents import AgentState, SeatMode
from telephony.facts import AgentChanged
from telephony.ids import AgentId, CallId
from telephony.outcomes import Outcome
from telephony.ports import Departures

from .floor import NOON, PBX, Agents, Floor, campaign, lead, pacing, placed

PATIENCE_S = 2.0


def view(**changes: object) -> PaceView:
    seen = {"now": NOON, "free": 0, "talking": 0, "wrapping": 0, "pending": (), "waiting": 0, "room": 1000, **changes}
    return PaceView(**seen)


def place(mode: str = "predictive", **changes: object) -> Placement:
    return pacer_for(campaign(mode, pacing=pacing()), Forecast(25.0), Budget(0.028)).place(view(**changes))


def reserved(agent: str, call: CallId) -> AgentChanged:
    return AgentChanged(
        agent=AgentId(agent),
        was=AgentState.READY,
        now=AgentState.RESERVED,
        reason="",
        verb="reserve",
        for_s=1.0,
        call=call,
        mode=SeatMode.NAILED_UP,
        server=PBX,
    )


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


def test_inbound_calls_expected_in_the_next_seconds_lower_the_supply() -> None:
    assert there(free=5, taken_per_s=0.1)[9] == pytest.approx(4.0)
    assert min(there(free=1, taken_per_s=5.0)) == 0.0
    assert place(free=2, talking=60, wrapping=15, taken_per_s=0.3).count < place(free=2, talking=60, wrapping=15).count


def test_rate_of_agents_taken_otherwise_is_learned_and_forgotten() -> None:
    taken = Taken()
    assert taken.per_s(NOON) == 0.0
    for minute in range(60):
        taken.one(NOON + 60.0 * minute)
    assert taken.per_s(NOON + 3600.0) == pytest.approx(1 / 60.0, rel=0.15)
    assert taken.per_s(NOON + 4 * 3600.0) == 0.0


def test_call_dialled_for_one_agent_alone_is_learned_as_taking_him() -> None:
    agents = Agents(5)
    agents.takers.add("1001")
    floor = Floor(
        campaign("predictive"), agents=agents, leads=[lead(1, agent="1001"), *(lead(n) for n in range(2, 90))]
    )
    calls = placed(floor.ask("start"))
    taken = floor.engine._campaigns["sales"].taken
    (his,) = [one.call for one in calls if one.agent == "1001"]
    anyone = next(one.call for one in calls if one.agent is None)
    floor.tell(reserved("1002", anyone))
    assert taken.per_s(floor.now) == 0.0
    floor.tell(reserved("1001", his))
    assert taken.per_s(floor.now) > 0.0


def test_call_under_detection_counts_by_its_own_probability() -> None:
    seen = {"free": 2, "talking": 60, "wrapping": 15}
    assert place(**seen, listening=[0.95] * 4).count < place(**seen, pending=[NOON - 12.0] * 4).count
    assert place("progressive", free=3, listening=[0.1]).count == 2


def test_time_spent_listening_is_taken_off_the_customers_patience() -> None:
    whole, rest = place(talking=60, wrapping=15), place(talking=60, wrapping=15, patience_s=0.2)
    assert rest.count < whole.count


def test_customers_who_hang_up_early_leave_less_time_to_find_an_agent() -> None:
    impatience = Impatience()
    assert impatience.within(2.0) == 2.0
    for _ in range(400):
        impatience.waited(1.0, hung_up=True)
    assert 0.7 < impatience.within(2.0) < 1.2


def test_early_hang_ups_shorten_the_patience_only_where_the_contract_counts_them() -> None:
    for early, shorter in (("left_out", False), ("abandoned", True)):
        contract = AbandonContract(name="strict", target=0.001, early=early)
        floor = Floor(campaign("predictive", abandon=[contract]), agents=Agents(5), leads=[lead(1)])
        line = floor.engine._campaigns["sales"]
        for turn in range(300):
            line.decided(Decided(NOON + turn, Way.HUNG_UP, 1.0))
        line.aim(NOON + 300.0)
        assert (line.patience_s < 1.5) is shorter


def test_budget_earns_nothing_while_leads_run_out() -> None:
    floor = Floor(campaign("predictive"), agents=Agents(20), leads=[lead(n) for n in range(1, 4)])
    calls = placed(floor.ask("start"))
    line = floor.engine._campaigns["sales"]
    assert len(calls) == 3
    assert line.placement.code == "pace.no_leads"
    assert not line.budget.binding
    before = line.budget.cap
    line.budget.connected(floor.now)
    assert line.budget.cap == before


def test_supervisor_is_told_that_a_failing_trunk_is_only_probed() -> None:
    floor = Floor(campaign("predictive"), agents=Agents(9), leads=[lead(n) for n in range(1, 200)])
    for call in placed(floor.ask("start")):
        floor.ended(call, Outcome.TRUNK_DOWN)
    line = floor.engine._campaigns["sales"]
    floor.tick(30.0)
    floor.tick()
    assert line.placement.code == "pace.trunk_probed"
    assert line.placement.words["trunk"] == "carrier"
    assert not line.budget.binding

"""The pacing rules, each asked by itself, and the predictive one at work on a small floor."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.abandonment import LEAST, Budget, Totals
from dialer.forecast import Forecast
from dialer.pacing import PaceView, Placement, RatioWithBudget, pacer_for

from .floor import NOON, Agents, Floor, campaign, lead, pacing, placed
from .small_floor import work

MODES = ("manual", "preview", "progressive", "power", "predictive")


def view(
    *, free: int = 0, talking: int = 0, wrapping: int = 0, pending: int = 0, waiting: int = 0, room: int = 1000
) -> PaceView:
    return PaceView(
        now=NOON,
        free=free,
        talking=talking,
        wrapping=wrapping,
        pending=[NOON - age % 25 for age in range(pending)],
        waiting=waiting,
        room=room,
    )


def ask(mode: str, seen: PaceView, *, cap: float | None = None, **changes) -> Placement:
    budget = Budget(0.028)
    if cap is not None:
        while budget.cap > cap:
            budget.abandoned(NOON)
    return pacer_for(campaign(mode, pacing=pacing(**changes)), Forecast(25.0), budget).place(seen)


def test_progressive_places_one_call_for_each_free_agent_nobody_dials_for() -> None:
    assert ask("progressive", view(free=5, pending=2, waiting=1)).count == 2
    assert ask("progressive", view(free=1, pending=4)).count == 0


def test_power_places_its_ratio_of_calls_for_free_agents() -> None:
    assert ask("power", view(free=4, pending=1), ratio=1.5).count == 5


def test_by_hand_places_nothing() -> None:
    assert ask("preview", view(free=9)).count == ask("manual", view(free=9)).count == 0


def test_predictive_dials_for_agents_about_to_be_free() -> None:
    assert ask("predictive", view(talking=80, wrapping=20)).count > 0


def test_predictive_with_its_budget_spent_is_one_call_for_each_free_agent() -> None:
    placement = ask("predictive", view(free=3, talking=80, wrapping=20, pending=1), cap=LEAST)
    assert placement.count == 2


def test_one_agent_who_has_just_begun_to_talk_is_not_dialled_for() -> None:
    assert ask("predictive", view(talking=1)).count == 0


def test_reason_tells_a_supervisor_what_decided() -> None:
    placement = ask("predictive", view(free=3, talking=7))
    assert placement.code == "pace.predictive"
    assert placement.words["free"] == "3"
    assert placement.words["answer"] == "35%"
    assert ask("progressive", view(free=3, room=1)) == Placement(1, "pace.lines", {"free": "3", "pending": "0"})
    assert ask("progressive", view()).code == "pace.no_agents"


@settings(max_examples=200, deadline=None)
@given(
    mode=st.sampled_from(MODES),
    free=st.integers(0, 60),
    talking=st.integers(0, 300),
    wrapping=st.integers(0, 100),
    pending=st.integers(0, 400),
    waiting=st.integers(0, 30),
    room=st.integers(0, 500),
    owed=st.integers(0, 60),
)
def test_no_rule_ever_places_more_than_the_lines_carry_or_for_nobody(
    mode: str, free: int, talking: int, wrapping: int, pending: int, waiting: int, room: int, owed: int
) -> None:
    budget = Budget(0.028, live=100, abandoned=owed)
    pacer = pacer_for(campaign(mode), Forecast(25.0), budget)
    asked = view(free=free, talking=talking, wrapping=wrapping, pending=pending, waiting=waiting, room=room)
    for one in (pacer, RatioWithBudget(pacing(), Forecast(25.0), budget)):
        placement = one.place(asked)
        assert 0 <= placement.count <= room
        if free + talking + wrapping == 0:
            assert placement.count == 0


@settings(max_examples=60, deadline=None)
@given(free=st.integers(0, 20), talking=st.integers(0, 100), pending=st.integers(0, 60))
def test_smaller_budget_never_means_more_calls(free: int, talking: int, pending: int) -> None:
    asked = view(free=free, talking=talking, pending=pending)
    counts = [ask("predictive", asked, cap=cap).count for cap in (1.0, 0.01, 0.002, LEAST)]
    assert counts == sorted(counts, reverse=True)


@settings(deadline=None)
@given(abandoned=st.lists(st.booleans(), max_size=300))
def test_budget_stays_within_its_clamps(abandoned: list[bool]) -> None:
    budget = Budget(0.028)
    for at, lost in enumerate(abandoned):
        (budget.abandoned if lost else budget.connected)(NOON + at)
        assert LEAST <= budget.cap <= 0.5


def test_nothing_is_earned_while_the_budget_is_not_what_holds_the_pace() -> None:
    budget = Budget(0.028)
    before = budget.cap
    budget.binding = False
    for at in range(100):
        budget.connected(NOON + at)
    assert budget.cap == before
    budget.abandoned(NOON)
    assert budget.cap < before


def test_campaign_that_owed_before_a_restart_still_owes_after_it() -> None:
    assert Budget(0.028, live=1000, abandoned=60).cap < Budget(0.028, live=1000, abandoned=28).cap


def test_abandonment_is_counted_over_live_answers_and_not_over_calls() -> None:
    assert Totals(placed=1000, connected=97, abandoned=3).abandon_rate == 0.03
    assert Totals(placed=1000).abandon_rate is None


def test_forecast_learns_the_answer_rate_and_follows_its_change() -> None:
    forecast = Forecast(25.0)
    now = NOON
    for share, expected in ((5, 0.2), (2, 0.5)):
        for turn in range(1500):
            now += 1.0
            if turn % share == 0:
                forecast.human(10.0, now)
            else:
                forecast.other(25.0, now)
        forecast.look([], now)
        assert abs(forecast.rate - expected) < 0.05


def test_long_pending_call_is_less_likely_to_answer_than_a_young_one() -> None:
    forecast = Forecast(25.0)
    young = forecast.answers(forecast.look([NOON - 3.0], NOON))[0][-1]
    old = forecast.answers(forecast.look([NOON - 24.0], NOON))[0][-1]
    assert young > old


def test_predictive_keeps_agents_busier_than_progressive_within_the_ceiling() -> None:
    """Twenty agents, answer rate 35 %, two hours after half an hour's warm-up; bounds are generous, the seed is fixed."""
    shifts = {}
    for mode in ("progressive", "predictive"):
        forecast, budget = Forecast(25.0), Budget(0.028)
        pacer = pacer_for(campaign(mode), forecast, budget)
        shifts[mode] = work(pacer, forecast, budget, agents=20, rate=0.35, hours=2.5, warm_s=1800.0, seed=11)
    assert shifts["progressive"].abandonment == 0
    assert shifts["predictive"].abandonment < 0.04
    assert shifts["predictive"].utilisation > shifts["progressive"].utilisation + 0.15


def test_floor_of_two_stays_within_the_ceiling() -> None:
    forecast, budget = Forecast(25.0), Budget(0.028)
    pacer = pacer_for(campaign("predictive"), forecast, budget)
    shift = work(pacer, forecast, budget, agents=2, rate=0.35, hours=2, warm_s=600.0, seed=5)
    assert shift.abandonment < 0.045


def test_campaign_under_predictive_pacing_dials_from_the_first_tick() -> None:
    floor = Floor(campaign("predictive"), agents=Agents(5), leads=[lead(n) for n in range(1, 200)])
    calls = placed(floor.ask("start"))
    assert 5 <= len(calls) <= 15
    assert calls[0].reason == "pace.predictive"

"""Matching: skills, demands, steps that widen, priorities, rules, and random events held against a plain scan."""

import random
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from acd.routing import Request, Router, Rule, Step, Values
from acd.routing.assignment import FORBIDDEN, assign
from benchmarks.acd_events import Play, play
from config.demands import ANYBODY, NotADemand, demand


def router(values: Values | None = None, **agents: dict[str, int]) -> Router:
    """A router with these agents, none of them free yet."""
    found = Router(values or Values())
    for name, levels in agents.items():
        found.enrol(name, "pbx", levels, 0.0)
    found.open("pbx", 0.0)
    return found


def call(name: str, needs: str = "", entered: float = 0.0, **more: object) -> Request:
    steps = more.pop("steps", (Step(0.0, demand(needs)),))
    return Request(call=name, server="pbx", entered=entered, steps=steps, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "levels", "met"),
    [
        ("broadband>=3 and (yue or cmn>=2) and not trainee", {"broadband": 3, "cmn": 2}, True),
        ("broadband>=3 and (yue or cmn>=2) and not trainee", {"broadband": 3, "cmn": 1}, False),
        ("broadband>=3 and (yue or cmn>=2) and not trainee", {"broadband": 5, "yue": 1, "trainee": 1}, False),
        ("voice<3", {}, True),
        ("voice<3", {"voice": 3}, False),
        ("voice=2 or queue:night", {"queue:night": 1}, True),
        ("not not voice", {"voice": 1}, True),
        ("", {}, True),
    ],
)
def test_demand_is_met_as_it_reads(text: str, levels: dict[str, int], met: bool) -> None:
    assert demand(text).meets(levels) is met
    assert demand(demand(text).text).meets(levels) is met


@pytest.mark.parametrize(
    "text", ["and", "voice >=", "voice>=9", "(voice", "voice)", "voice mail", "é", "not", "(" * 99]
)
def test_text_that_is_no_demand_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(NotADemand) as found:
        demand(text)
    assert 0 <= found.value.at <= len(text)


def test_call_goes_to_the_agent_who_has_been_idle_longest_of_those_who_may_take_it() -> None:
    floor = router(early={"mail": 1}, late={"voice": 1}, later={"voice": 1})
    for since, name in enumerate(("early", "late", "later")):
        floor.free(name, float(since), 5.0)
    match = floor.ask(call("c", "voice", 10.0), 10.0)
    assert match is not None
    assert (match.agent, match.idle_s, match.rivals) == ("late", 9.0, 1)


def test_better_level_is_worth_so_many_seconds_of_idling_and_no_more() -> None:
    for level, chosen in ((30.0, "best"), (5.0, "idlest")):
        floor = router(Values(level=level), best={"voice": 5}, idlest={"voice": 4})
        floor.free("idlest", 0.0, 0.0)
        floor.free("best", 20.0, 20.0)
        match = floor.ask(call("c", "voice", 30.0), 30.0)
        assert match is not None
        assert match.agent == chosen


def test_demand_widens_with_the_wait_and_whoever_is_free_gets_the_call_then() -> None:
    floor = router(expert={"voice": 5}, novice={"voice": 1})
    floor.free("novice", 0.0, 0.0)
    steps = (Step(0.0, demand("voice>=3")), Step(20.0, demand("voice>=2")), Step(40.0, ANYBODY))
    assert floor.ask(call("c", entered=0.0, steps=steps), 0.0) is None
    assert floor.next_at == 20.0
    assert floor.due(20.0) == []
    assert floor.next_at == 40.0
    [match] = floor.due(40.0)
    assert (match.agent, match.step) == ("novice", 2)
    assert floor.next_at is None


def test_caller_keeps_his_place_when_he_waits_again() -> None:
    floor = router(one={})
    assert floor.ask(call("first", entered=0.0), 0.0) is None
    assert floor.ask(call("second", entered=1.0), 1.0) is None
    assert floor.withdraw("first") is not None
    assert floor.ask(call("first", entered=0.0), 9.0) is None
    match = floor.free("one", 10.0, 10.0)
    assert match is not None
    assert match.call == "first"


def test_priority_puts_ahead_and_ageing_overtakes() -> None:
    floor = router(one={})
    floor.ask(call("plain", entered=0.0), 0.0)
    floor.ask(call("ahead", entered=5.0, priority=10.0), 5.0)
    floor.ask(call("ageing", entered=6.0, pace=3.0), 6.0)
    order = []
    for _ in range(3):
        match = floor.free("one", 7.0, 7.0)
        assert match is not None
        order.append(match.call)
    assert order == ["ahead", "plain", "ageing"]
    floor.ask(call("plain", entered=0.0), 0.0)
    floor.ask(call("ageing", entered=6.0, pace=3.0), 6.0)
    match = floor.free("one", 20.0, 20.0)
    assert match is not None
    assert match.call == "ageing"


def test_cap_keeps_an_ageing_call_from_overtaking_for_ever() -> None:
    floor = router(one={})
    floor.ask(call("capped", entered=0.0, pace=5.0, cap=30.0), 0.0)
    floor.ask(call("plain", entered=50.0), 50.0)
    match = floor.free("one", 100.0, 100.0)
    assert match is not None
    assert match.call == "plain"


def test_wanted_agent_alone_takes_the_call_until_his_time_is_over() -> None:
    floor = router(wanted={}, other={})
    floor.free("other", 0.0, 0.0)
    assert floor.ask(call("c", wanted="wanted", wanted_until=15.0), 0.0) is None
    assert floor.due(14.0) == []
    [match] = floor.due(15.0)
    assert (match.agent, match.wanted) == ("other", False)


def test_agent_the_caller_spoke_with_last_is_preferred_on_both_sides() -> None:
    floor = router(last={"v": 1}, other={"v": 1})
    floor.free("other", 0.0, 0.0)
    floor.free("last", 30.0, 30.0)
    match = floor.ask(call("c", "v", 40.0, last="last", last_worth=60.0), 40.0)
    assert match is not None
    assert (match.agent, match.last) == ("last", True)
    floor.busy("other")
    floor.ask(call("older", "v", 50.0), 50.0)
    floor.ask(call("his", "v", 60.0, last="last", last_worth=60.0), 60.0)
    match = floor.free("last", 70.0, 70.0)
    assert match is not None
    assert match.call == "his"


def test_rules_see_language_customer_value_region_and_channel() -> None:
    values = Values(
        (
            Rule(name="language", when={"language": ("*",)}, agent="lang.{language}", points=100.0, each_level=True),
            Rule(name="region", when={"region": ("*",)}, agent="accent.{region}>=2", points=50.0),
            Rule(name="channel", when={"channel": ("chat",)}, agent="chat", points=40.0),
            Rule(name="gold", when={"value": ("gold",)}, ahead_s=120.0),
        )
    )
    floor = router(values, fr={"lang.fr": 2}, north={"accent.north": 3}, chat={"chat": 1}, plain={})
    names = ("plain", "fr", "north", "chat")
    for traits, chosen in (
        ({"language": "fr"}, "fr"),
        ({"region": "north"}, "north"),
        ({"channel": "chat"}, "chat"),
        ({"region": "south", "channel": "voice"}, "plain"),
        ({"language": "fr", "region": "north"}, "fr"),
    ):
        for since, name in enumerate(names):
            floor.free(name, float(since), 5.0)
        match = floor.ask(call("c", traits=traits, entered=6.0), 6.0)
        assert match is not None
        assert match.agent == chosen
    for name in names:
        floor.busy(name)
    floor.ask(call("plain", entered=0.0), 0.0)
    floor.ask(call("gold", entered=90.0, traits={"value": "gold"}), 90.0)
    match = floor.free("plain", 100.0, 100.0)
    assert match is not None
    assert match.call == "gold"


def test_agent_who_learns_a_skill_takes_the_call_that_waits_for_it() -> None:
    floor = router(one={})
    floor.free("one", 0.0, 0.0)
    floor.ask(call("c", "voice"), 0.0)
    match = floor.enrol("one", "pbx", {"voice": 1}, 5.0)
    assert match is not None
    assert match.call == "c"


def test_nobody_is_matched_on_a_pbx_that_cannot_connect_and_everybody_when_it_is_back() -> None:
    floor = router(a={"v": 5}, b={"v": 1})
    floor.shut("pbx")
    assert floor.free("a", 0.0, 0.0) is None
    assert floor.free("b", 1.0, 1.0) is None
    for name in ("c1", "c2", "c3"):
        assert floor.ask(call(name, "v", 2.0), 2.0) is None
    matches = floor.open("pbx", 9.0)
    assert sorted(match.agent for match in matches) == ["a", "b"]
    assert sorted(match.call for match in matches) == ["c1", "c2"]


def test_burst_is_spread_as_is_best_for_all_and_not_one_after_another() -> None:
    values = Values((Rule(name="fr", when={"language": ("fr",)}, agent="fr", points=100.0),), idle=0.0)
    floor = router(values, both={"fr": 1, "v": 1}, plain={"v": 1})
    floor.ask(call("any", "v", 0.0), 0.0)
    floor.ask(call("french", "v", 1.0, traits={"language": "fr"}), 1.0)
    matches = floor.free_together([("both", 5.0), ("plain", 5.0)], 5.0)
    assert {match.call: match.agent for match in matches} == {"any": "plain", "french": "both"}


@given(st.integers(1, 5), st.integers(1, 5), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_assignment_is_the_best_of_all(rows: int, columns: int, rng: random.Random) -> None:
    worth = np.array(
        [[FORBIDDEN if rng.random() < 0.25 else rng.uniform(-9, 9) for _ in range(columns)] for _ in range(rows)]
    )
    found = assign(worth)
    few, many = sorted((rows, columns))
    best = (0, 0.0)
    for order in permutations(range(many), few):
        pairs = [(a, b) if rows <= columns else (b, a) for a, b in enumerate(order)]
        allowed = [worth[pair] for pair in pairs if worth[pair] > FORBIDDEN]
        best = max(best, (len(allowed), float(sum(allowed))))
    assert len(found) == best[0]
    assert sum(worth[pair] for pair in found) == pytest.approx(best[1])


def test_mean_optimum_of_random_assignment_is_the_known_sum() -> None:
    rng = np.random.default_rng(7)
    for n in (3, 8):
        sums = [-sum(cost[pair] for pair in assign(cost)) for cost in -rng.exponential(size=(800, n, n))]
        exact = sum(1 / k**2 for k in range(1, n + 1))
        assert abs(np.mean(sums) - exact) < 4 * np.std(sums) / 800**0.5


@pytest.mark.parametrize("seed", range(4))
def test_random_events_are_answered_as_a_plain_scan_would(seed: int) -> None:
    played = play(1500, seed, agents=12)
    assert played.served > 100


class Matching(RuleBasedStateMachine):
    """Hypothesis looks for a sequence of events the router answers otherwise than the scan."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play(1, agents=5)

    @rule(seed=st.integers(0, 2**20))
    def something_happens(self, seed: int) -> None:
        self.play.rng.seed(seed)
        self.play.step()

    @rule(seconds=st.floats(0.0, 60.0))
    def time_passes(self, seconds: float) -> None:
        self.play.now += seconds

    @invariant()
    def nobody_is_lost_stuck_or_offered_twice(self) -> None:
        self.play.settle()


Matching.TestCase.settings = settings(max_examples=40, stateful_step_count=60, deadline=None)
TestMatching = Matching.TestCase

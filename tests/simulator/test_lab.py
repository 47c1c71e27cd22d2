"""The pacing lab: its world keeps the laws it is given, its scenarios do what they say, its rules stay within them."""

from math import factorial

import msgspec
import numpy as np
import pytest

from simulator.lab.laws import Dice, Fate, Law, Laws
from simulator.lab.play import Cell, play, play_all, summed
from simulator.lab.rules import RULES
from simulator.lab.scenarios import Scenario, ScenarioFault, Steps, names, scenario
from simulator.lab.world import Counted, Course, Rule, Scene, World

ALWAYS = Fate(human=1.0, busy=0.0, machine=0.0)
USUAL = Fate(human=0.35, busy=0.08, machine=0.2)
HOUR_S = 3600.0


class Told:
    """A rule that places what it is given and keeps what it is told."""

    def __init__(self, places: object = None) -> None:
        self._places = places or (lambda scene: 0)
        self.heard: list[tuple[str, float]] = []
        self.scenes: list[Scene] = []

    def human(self, age_s: float, now: float) -> None:
        self.heard.append(("human", now))

    def other(self, age_s: float, now: float) -> None:
        self.heard.append(("other", now))

    def failed(self, now: float) -> None:
        self.heard.append(("failed", now))

    def connected(self, now: float) -> None:
        self.heard.append(("connected", now))

    def abandoned(self, now: float) -> None:
        self.heard.append(("abandoned", now))

    def talked(self, for_s: float, now: float) -> None:
        self.heard.append(("talked", for_s))

    def wrapped(self, for_s: float, now: float) -> None:
        self.heard.append(("wrapped", for_s))

    def place(self, scene: Scene) -> int:
        self.scenes.append(msgspec.structs.replace(scene, pending=dict(scene.pending)))
        return self._places(scene)  # type: ignore[operator, no-any-return]


def erlang_b(agents: int, load: float) -> float:
    return (load**agents / factorial(agents)) / sum(load**k / factorial(k) for k in range(agents + 1))


def course(agents: int = 5, fate: Fate = USUAL, **more: object) -> Course:
    return Course(agents=lambda _: agents, fate=lambda _: fate, **more)  # type: ignore[arg-type]


def progressive(agents: int, hours: float, seed: int = 1) -> Counted:
    world = World(Laws(), course(agents), RULES["progressive"](0.03, Laws()), seed=seed)
    return world.run(hours * HOUR_S)


@pytest.mark.parametrize(("agents", "load"), [(5, 3.0), (20, 15.0)])
def test_customers_without_patience_are_lost_as_erlang_says(agents: int, load: float) -> None:
    laws, tick = Laws(patience_s=0.0), 2.0
    rng = np.random.default_rng(11)
    cycle = 0.6 * 12.0 + 0.4 * 120.0 + 15.0
    world = World(
        laws, course(agents, ALWAYS), Told(lambda _: int(rng.poisson(load / cycle * tick))), seed=5, tick_s=tick
    )
    counted = world.run(120 * HOUR_S)
    assert counted.abandonment == pytest.approx(erlang_b(agents, load), abs=0.012)


def test_one_call_for_each_idle_agent_abandons_nobody_and_keeps_six_tenths_of_the_time_busy() -> None:
    counted = progressive(20, 12.0)
    assert counted.abandoned == 0
    assert counted.utilisation == pytest.approx(0.597, abs=0.015)


def test_the_share_of_busy_time_does_not_hang_on_the_number_of_agents_with_one_call_each() -> None:
    assert progressive(5, 40.0).utilisation == pytest.approx(progressive(40, 5.0).utilisation, abs=0.015)


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    runs = [progressive(10, 1.0, seed) for seed in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]


def test_every_answer_is_connected_or_abandoned_or_still_waits() -> None:
    rule = Told(lambda scene: 3 if scene.now % 5 == 0 else 0)
    world = World(Laws(), course(5), rule, seed=2)
    counted = world.run(HOUR_S)
    assert counted.abandoned > 0
    assert 0 <= counted.humans - counted.connected - counted.abandoned <= 12
    assert counted.placed == sum(1 for kind, _ in rule.heard if kind in ("human", "other")) + len(world._pending)


def test_agents_who_leave_finish_their_calls_and_come_back_as_many_as_planned() -> None:
    rule = Told(lambda scene: scene.free)
    plan = Course(agents=lambda now: 10 if now % 1200 < 600 else 2, fate=lambda _: ALWAYS)
    World(Laws(), plan, rule, seed=2).run(2 * HOUR_S)
    present = [scene.free + scene.talking + scene.wrapping for scene in rule.scenes]
    assert max(present) == 10
    assert min(present[100:]) == 2
    assert all(
        count - sum(map(len, scene.leaving)) in (2, 10) for count, scene in zip(present, rule.scenes, strict=True)
    )


def test_a_call_during_an_outage_fails_and_says_nothing_of_customers() -> None:
    rule = Told(lambda scene: 1)
    World(Laws(), course(outage=lambda _: True), rule, seed=2).run(600.0)
    assert {kind for kind, _ in rule.heard} == {"failed"}


def test_lines_and_rate_are_never_exceeded() -> None:
    rule = Told(lambda scene: 50)
    World(Laws(), course(30, ALWAYS, lines=12, cps=4.0), rule, seed=2, tick_s=0.5).run(900.0)
    assert all(len(scene.pending) + scene.talking + scene.waiting <= 12 for scene in rule.scenes)
    assert all(scene.room <= 4 for scene in rule.scenes)


def test_a_law_keeps_its_mean_and_its_limit() -> None:
    rng = np.random.default_rng(1)
    for law in (Law(mean=12.0, cv=0.6), Law(mean=15.0, cv=0.6, kind="gamma")):
        assert law.draw(rng, 200_000).mean() == pytest.approx(law.mean, rel=0.01)
    assert Law(mean=9.0, cv=0.6, most=25.0).draw(rng, 50_000).max() <= 25.0
    dice = Dice(Laws(), 1)
    assert np.mean([dice.talk() for _ in range(50_000)]) == pytest.approx(55.2, rel=0.03)


@pytest.mark.parametrize("name", names())
def test_a_shipped_scenario_says_what_it_is_in_both_languages_and_plays(name: str) -> None:
    plan = scenario(name)
    assert set(plan.title) == {"en", "zh-CN"}
    played = play(Cell(rule="progressive", scenario=name, agents=5, hours=0.2), seed=1)
    assert played.placed > 0
    assert 0.0 < played.utilisation < 1.0


def test_steps_go_round_and_swings_return() -> None:
    steps = Steps(values=(0.2, 0.45, 0.12), every_s=1200.0)
    assert [steps.at(now) for now in (0.0, 1200.0, 2400.0, 3600.0)] == [0.2, 0.45, 0.12, 0.2]
    swing = Steps(mean=0.35, swing=0.2, period_s=3600.0)
    assert [round(swing.at(now), 2) for now in (0.0, 900.0, 2700.0)] == [0.35, 0.55, 0.15]


def test_a_scenario_with_a_mistake_is_refused_by_name(tmp_path: object) -> None:
    with pytest.raises(ScenarioFault, match="nowhere"):
        scenario("nowhere")
    path = tmp_path / "mine.toml"  # type: ignore[operator]
    path.write_text("answr = 0.2\n")
    with pytest.raises(ScenarioFault, match="answr"):
        scenario(str(path))
    path.write_text("answer = 0.2\nbusy = 0.0\n")
    assert scenario(str(path)).answer == 0.2


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_keeps_agents_talking_and_places_nothing_for_nobody(name: str) -> None:
    rule: Rule = RULES[name](0.03, Laws())
    empty = Scene(now=0.0, free=0, talking=0, wrapping=0, pending={}, waiting=0, room=100, since={})
    assert rule.place(empty) == 0
    played = play(Cell(rule=name, scenario="cold", agents=8, hours=0.5), seed=1)
    assert played.utilisation > 0.4


def test_our_rule_keeps_the_ceiling_where_a_fixed_ratio_of_the_same_work_does_not() -> None:
    cells = [Cell(rule=rule, scenario="cold", agents=10, hours=2.0, target=0.028) for rule in ("predictive", "power_3")]
    ours, ratio = summed([play(cell, seed) for cell in cells for seed in (1, 2)])
    assert ours.abandonment < 0.035 < ratio.abandonment
    assert ours.utilisation > 0.75


def test_all_cells_and_seeds_are_played_once() -> None:
    cells = [Cell(rule="progressive", scenario="cold", agents=n, hours=0.1) for n in (2, 3)]
    played = list(play_all(cells, range(1, 4), processes=2))
    assert sorted((one.cell.agents, one.seed) for one in played) == [(n, s) for n in (2, 3) for s in (1, 2, 3)]
    assert [row.seeds for row in summed(played)] == [3, 3]


def test_scenarios_are_plain_data() -> None:
    assert msgspec.convert(msgspec.to_builtins(scenario("mixed")), Scenario) == scenario("mixed")

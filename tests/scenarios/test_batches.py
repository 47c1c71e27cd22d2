"""A virtual floor dials only what is released, for whom it is allocated, until its batch closes on the second."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.allocation import in_order, standings
from telephony.batches import BatchClosed, BatchOpened, BatchTimed, LeadsAllocated, LeadsRecovered, group_holder
from telephony.facts import AlarmCleared, AlarmRaised, AttemptPlaced, CallConnected, CallEnded
from telephony.outcomes import Outcome
from tests.scenarios.batch_world import BatchWorld

B = group_holder("B")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BatchWorld]:
    made = BatchWorld(tmp_path, groups=("A", "B"))
    yield made
    made.close()


def test_customers_not_released_are_never_dialled_and_released_ones_are_at_once(world: BatchWorld) -> None:
    world.bring("b1", 1200, share=1 / 8)
    world.open()
    order = in_order(world.store, "b1")
    first = {lead for at, lead in order if at < 1 / 8}
    half = {lead for at, lead in order if at < 1 / 2}
    world.play(1200.0, {800.0: lambda: world.carry(world.work.release("b1", 0.5, recovered=False, actor="lee"))})
    assert {lead for at, lead in world.dialled() if at < 800} == first, "all of them, nobody else"
    after = {lead for at, lead in world.dialled() if at >= 800}
    assert after <= half
    assert after - first, "what was released is dialled"


def test_a_sample_on_trial_is_all_that_is_dialled_and_is_measured(world: BatchWorld) -> None:
    world.bring("b1", 2000, share=1 / 3)
    world.open()
    world.play(1800.0, {60.0: lambda: world.carry(world.work.trial("b1", count=100, share=None, actor="lee"))})
    sample = {lead for _, lead in in_order(world.store, "b1")[:100]}
    assert {lead for at, lead in world.dialled() if at > 60} <= sample
    assert {lead for at, lead in world.dialled()} >= sample, "and all of it"
    life = world.work.life("b1")
    assert life.trial == life.share
    held = {one.holder: one for one in standings(world.store, "b1")}
    assert held[""].open <= 100
    assert held["-"].open > 1800
    assert world.carry(world.work.release("b1", 1.0, recovered=False, actor="lee")) == held["-"].leads


def test_a_group_s_customers_reach_that_group_s_agents_only(world: BatchWorld) -> None:
    world.bring("b1", 1500, share=1.0)
    world.open()
    given = world.carry(world.work.allocate("b1", B, count=500, share=None, order="random", actor="lee"))
    assert given == 500
    world.play(1200.0)
    its = {lead for _, fact in world.of(LeadsAllocated) for lead in fact.leads}
    calls = {fact.call: fact for _, fact in world.of(AttemptPlaced) if fact.lead in its}
    assert len(calls) > 20
    assert {world.group[fact.agent] for fact in calls.values()} == {"B"}
    talked = [fact for _, fact in world.of(CallConnected) if fact.call in calls]
    assert talked
    assert {world.group[fact.agent] for fact in talked} == {"B"}


def test_what_is_withdrawn_is_dialled_no_more(world: BatchWorld) -> None:
    world.bring("b1", 600, share=1.0)
    world.open()
    world.carry(world.work.allocate("b1", B, count=None, share=0.5, order="oldest", actor="lee"))
    world.play(900.0, {300.0: lambda: world.carry(world.work.withdraw("b1", B, count=None, actor="lee"))})
    back = {lead for _, fact in world.of(LeadsRecovered) for lead in fact.leads}
    assert len(back) > 100
    assert not back & {lead for at, lead in world.dialled() if at >= 300}


def test_the_cut_over_happens_on_the_second_with_calls_in_the_air(world: BatchWorld) -> None:
    world.bring("b1", 2000, share=1.0)
    world.bring("b2", 2000, share=1 / 3)
    world.open()
    ours, heirs = world.leads_of("b1"), world.leads_of("b2")
    cut = 725.0

    def wish() -> None:
        at = world.start + cut
        world.carry(world.work.cutover("b1", "b2", at, share=1.0, now=world.clock.now(), actor="lee"))

    wish()
    world.play(1200.0)
    dialled = world.dialled()
    assert [at for at, _ in world.of(BatchClosed)] == [cut]
    assert [at for at, _ in world.of(BatchOpened)] == [cut]
    assert max(at for at, lead in dialled if lead in ours) <= cut
    first = min(at for at, lead in dialled if lead in heirs)
    assert first == min(at for at, _ in dialled if at > cut)
    assert cut <= first <= cut + 30.0, "as soon as the pace allows a call"
    placed = {fact.call: at for at, fact in world.of(AttemptPlaced) if fact.lead in ours}
    over = [(fact.outcome, at) for at, fact in world.of(CallEnded) if placed.get(fact.call, cut) < cut < at]
    assert len(over) >= 3, "calls were in the air"
    assert {outcome for outcome, _ in over} <= set(Outcome) - {Outcome.CANCELLED}
    assert [(one.holder, one.open) for one in standings(world.store, "b1") if one.open] == []


def test_an_end_that_passed_while_the_server_was_off_comes_at_the_start(world: BatchWorld) -> None:
    world.bring("b1", 500, share=1.0)
    world.open()
    world.carry(world.work.close("b1", world.start + 600, now=world.start, actor="lee"))
    assert [fact.close_at for _, fact in world.of(BatchTimed)] == [world.start + 600]
    world.play(60.0)
    world.clock.to(world.start + 1000)
    world.told.clear()
    world.open()
    world.play(1300.0)
    assert [(at, fact.why) for at, fact in world.of(BatchClosed)] == [(1000.0, "time")]
    assert world.dialled() == []


def test_the_alarm_comes_before_the_customers_run_out(world: BatchWorld) -> None:
    world.bring("b1", 1500, share=1.0)
    world.open()
    world.play(1.5 * 3600)
    at, alarm = next((at, fact) for at, fact in world.of(AlarmRaised) if fact.alarm == "data_low")
    assert alarm.about == "smoke"
    first_time: dict[int, float] = {}
    for when, lead in world.dialled():
        first_time.setdefault(lead, when)
    assert len(first_time) == 1500
    dry = max(first_time.values())
    assert dry - at > 15 * 60, "in time"
    forecast = [seen for _, seen in world.seen if seen.dry_at is not None]
    assert abs(forecast[len(forecast) // 4].dry_at - world.start - dry) < 0.25 * dry


def test_the_alarm_is_cleared_when_more_is_released(world: BatchWorld) -> None:
    world.bring("b1", 5000, share=0.16)
    world.open()
    world.play(1200.0, {900.0: lambda: world.carry(world.work.release("b1", 1.0, recovered=False, actor="lee"))})
    raised = [at for at, fact in world.of(AlarmRaised) if fact.alarm == "data_low"]
    cleared = [at for at, fact in world.of(AlarmCleared) if fact.alarm == "data_low"]
    assert len(raised) == 1
    assert raised[0] < 900
    assert [at for at in cleared if at < 900] == []
    assert len(cleared) == 1
    assert cleared[0] <= 960

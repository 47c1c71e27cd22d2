"""The surge plan: entered and left by measured load, never to and fro, and what each level does."""

import heapq
from itertools import count
from random import Random

import pytest

from acd.engine import AcdEngine
from acd.figures import Figures
from acd.surge import ALARM, TICK, Load, SurgePlan, measured
from config.model import AgentSettings, CampaignSettings, FloorSettings
from config.queues import QueueSettings
from config.surge import SurgeLevel, SurgeSettings
from telephony.agents import AgentState, ReadyAsked, SeatMode, SignInAsked
from telephony.commands import SetTimer
from telephony.events import BridgeEntered, TimerFired
from telephony.facts import (
    AgentChanged,
    AlarmCleared,
    AlarmRaised,
    AskRefused,
    BreaksRestricted,
    CallArrived,
    CallConnected,
    CallerGone,
    CallOffered,
    CallQueued,
    CallWaiting,
    Fact,
    InboundEnded,
    ServerChanged,
)
from telephony.ids import AgentId, BridgeId, CallId, CampaignId, CustomerId, ServerId
from telephony.leads import Restored
from telephony.surge import SurgeAsked, SurgeChanged

PBX = ServerId("pbx1")
X = CampaignId("x")
S = AgentState
CALM = Load(0.0, 0.0, 1.0, 0.5)
BUSY = Load(0.3, 60.0, 0.9, 0.95)


class Plan:
    """A plan that is shown a load and ticked."""

    def __init__(self, **settings: object) -> None:
        self.load = CALM
        self.plan = SurgePlan(SurgeSettings(enabled=True, **settings), lambda now: self.load)
        self.now = 1000.0
        self.facts: list[Fact] = []
        self.hear(Restored())

    def hear(self, event: object) -> list[Fact]:
        said = [one for one in self.plan.on(event, self.now) if isinstance(one, Fact)]
        self.facts += said
        return said

    def passes(self, seconds: float, load: Load | None = None) -> int:
        """The level after so long under that load."""
        self.load = load or self.load
        until = self.now + seconds
        while self.now < until:
            self.now += 5.0
            self.hear(TimerFired(TICK))
        return self.plan.level

    def changes(self) -> list[int]:
        return [fact.level for fact in self.facts if isinstance(fact, SurgeChanged)]


def test_a_level_is_entered_when_the_load_has_been_high_for_a_while_and_the_leader_is_alarmed() -> None:
    plan = Plan()
    assert plan.passes(30.0, BUSY) == 0
    assert plan.passes(5.0) == 1
    assert [f.alarm for f in plan.facts if isinstance(f, AlarmRaised)] == [ALARM]
    changed = next(f for f in plan.facts if isinstance(f, SurgeChanged))
    assert (changed.why, changed.actions) == ("load", ("reserves", "filler"))
    assert changed.load["waiting_per_agent"] == 0.3


def test_a_short_peak_enters_no_level() -> None:
    plan = Plan()
    for _ in range(20):
        plan.passes(25.0, BUSY)
        plan.passes(5.0, CALM)
    assert plan.changes() == []


def test_a_rush_climbs_level_by_level_and_calm_comes_down_level_by_level_after_the_least_stay() -> None:
    plan = Plan()
    rush = Load(5.0, 900.0, 0.1, 1.0)
    assert plan.passes(140.0, rush) == 4
    assert plan.changes() == [1, 2, 3, 4]
    assert plan.plan.actions() == ("reserves", "filler", "breaks", "outbound", "off_shift", "support")
    assert plan.passes(295.0, CALM) == 4
    assert plan.passes(1200.0) == 0
    assert plan.changes() == [1, 2, 3, 4, 3, 2, 1, 0]
    assert isinstance(plan.facts[-1], AlarmCleared)


def test_between_the_marks_of_entering_and_leaving_nothing_moves() -> None:
    plan = Plan()
    plan.passes(60.0, Load(0.3, 40.0, 0.9, 0.9))
    assert plan.passes(3600.0, Load(0.2, 40.0, 0.9, 0.9)) == 1
    assert plan.changes() == [1]


def test_agents_who_are_not_busy_are_no_surge() -> None:
    assert Plan().passes(600.0, Load(1.0, 300.0, 0.2, 0.4)) == 0


def test_a_leader_holds_a_level_and_gives_it_back() -> None:
    plan = Plan()
    said = plan.hear(SurgeAsked(actor="li", level=3))
    assert said[0] == SurgeChanged(
        was=0,
        level=3,
        why="leader",
        actor="li",
        held=True,
        actions=("reserves", "filler", "breaks", "outbound", "off_shift"),
        load=CALM.told(),
    )
    assert plan.passes(7200.0, CALM) == 3
    plan.hear(SurgeAsked(actor="li", level=None))
    assert plan.plan.level == 0
    assert plan.passes(60.0, BUSY) == 0
    assert plan.passes(400.0) == 1


def test_levels_there_are_not_and_nothing_to_leave_are_refused() -> None:
    plan = Plan()
    assert [f.code for f in plan.hear(SurgeAsked(actor="li", level=5)) if isinstance(f, AskRefused)] == [
        "no_such_surge_level"
    ]
    assert [f.code for f in plan.hear(SurgeAsked(actor="li", level=None)) if isinstance(f, AskRefused)] == ["no_surge"]


def test_a_restart_goes_on_at_the_level_it_was_at_and_does_again_what_it_does() -> None:
    plan = Plan()
    last = SurgeChanged(was=0, level=2, why="load")
    out = plan.plan.resume(last, 900.0, 1000.0)
    changed = next(one for one in out if isinstance(one, SurgeChanged))
    assert (changed.level, changed.why, changed.held) == (2, "restart", False)
    assert "breaks" in changed.actions
    assert plan.plan.since == 900.0
    assert Plan().plan.resume(None, 0.0, 0.0) == []


def test_marks_that_never_let_a_level_go_are_refused() -> None:
    with pytest.raises(ValueError, match="no way out"):
        SurgeSettings(level=[SurgeLevel(waiting_enter=1.0, waiting_leave=1.0)])
    with pytest.raises(ValueError, match="no way out"):
        SurgeSettings(level=[SurgeLevel(service_enter=0.5, service_leave=0.4)])


# a shift


class Shift:
    """A queue of twenty agents through a day's rush, its figures from facts, its plan looked at every five seconds."""

    def __init__(self, seed: int) -> None:
        self.lot = Random(seed)
        names = [str(1001 + n) for n in range(20)]
        agents = [AgentSettings(id=a, asterisk="pbx1", endpoint=f"PJSIP/{a}", queues=["x"]) for a in names]
        self.figures = Figures(agents, {"x": QueueSettings(service_level_s=20)})
        self.plan = SurgePlan(SurgeSettings(enabled=True), lambda now: measured(self.figures, ["x"], now))
        self.free, self.waiting = list(names), {}
        self.events: list[tuple[float, int, str, str]] = []
        self.serial = count()
        self.changes: list[SurgeChanged] = []
        self.offered_a_second = 0.0
        for agent in names:
            self.tell(moved(agent, S.LOGGED_OUT, S.READY), 0.0)

    def tell(self, fact: Fact, now: float) -> None:
        self.figures.on(fact, now)

    def at(self, when: float, what: str, whom: str = "") -> None:
        heapq.heappush(self.events, (when, next(self.serial), what, whom))

    def run(self, loads: list[tuple[float, float]]) -> list[SurgeChanged]:
        """Play spans of (seconds, erlangs); returns the changes of level."""
        begin = 0.0
        for seconds, erlangs in loads:
            at = begin
            while (at := at + self.lot.expovariate(erlangs / 180.0)) < begin + seconds:
                self.at(at, "call", f"c{next(self.serial)}")
            begin += seconds
        for tick in range(int(begin // 5)):
            self.at(tick * 5.0, "tick")
        while self.events:
            now, _, what, whom = heapq.heappop(self.events)
            if what == "tick":
                self.changes += [f for f in self.plan.on(TimerFired(TICK), now) if isinstance(f, SurgeChanged)]
            elif what == "call":
                self.tell(arrived(whom), now)
                self.tell(queued(whom), now)
                self.waiting[whom] = now
                self.at(now + self.lot.expovariate(1 / 600.0), "gives up", whom)
            elif what == "freed":
                self.tell(moved(whom, S.TALKING, S.READY), now)
                self.free.append(whom)
            elif whom in self.waiting:
                self.tell(
                    CallerGone(call=CallId(whom), queue=X, waited_s=now - self.waiting.pop(whom), position=1), now
                )
                self.tell(ended(whom), now)
            while self.free and self.waiting:
                call = next(iter(self.waiting))
                came, agent = self.waiting.pop(call), self.free.pop(0)
                self.tell(moved(agent, S.READY, S.TALKING), now)
                self.tell(CallConnected(call=CallId(call), agent=AgentId(agent), waited_s=now - came), now)
                self.tell(ended(call), now)
                self.at(now + self.lot.expovariate(1 / 180.0), "freed", agent)
        return self.changes


def moved(agent: str, was: AgentState, now: AgentState) -> AgentChanged:
    return AgentChanged(
        agent=AgentId(agent),
        was=was,
        now=now,
        reason="",
        verb="",
        for_s=0.0,
        call=None,
        mode=SeatMode.NAILED_UP,
        server=PBX,
    )


def arrived(call: str) -> CallArrived:
    return CallArrived(call=CallId(call), queue=X, server=PBX, customer=CustomerId(""), number_key=0, line="400")


def queued(call: str) -> CallQueued:
    return CallQueued(call=CallId(call), queue=X, server=PBX, position=1, expected_s=None)


def ended(call: str) -> InboundEnded:
    return InboundEnded(
        call=CallId(call), queue=X, server=PBX, agent=None, waited_s=0.0, talk_s=0.0, hold_s=0.0, cause=16
    )


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_a_days_rush_climbs_to_the_fourth_level_and_comes_back_without_flapping(seed: int) -> None:
    hour = 3600.0
    changes = Shift(seed).run([(hour, 14.0), (hour, 55.0), (hour / 2, 25.0), (3 * hour, 9.0)])
    steps = [change.level for change in changes]
    assert max(steps) == 4
    assert steps[-1] == 0
    turns = sum(1 for a, b, c in zip(steps, steps[1:], steps[2:], strict=False) if (b - a) * (c - b) < 0)
    print(f"levels {steps}")
    assert turns <= 3


def test_an_ordinary_day_enters_no_level_above_the_first() -> None:
    assert max([change.level for change in Shift(9).run([(6 * 3600.0, 12.0)])], default=0) <= 1


# what a level does


def crew() -> AcdEngine:
    serial = count()
    return AcdEngine(
        agents=[
            AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001", queues=["x"], campaigns=["sale"]),
            AgentSettings(id="9001", asterisk="pbx1", endpoint="PJSIP/9001", reserve_queues=["x"]),
        ],
        campaigns={"sale": CampaignSettings()},
        floor=FloorSettings(),
        queues={"x": QueueSettings()},
        serial=lambda: f"k{next(serial)}",
    )


def tell(engine: AcdEngine, event: object, now: float = 1000.0) -> list[object]:
    said, waiting = [], [event]
    while waiting:
        for out in engine.on(waiting.pop(0), now):
            said.append(out)
            if isinstance(out, Fact):
                waiting.append(out)
    return said


def ready(engine: AcdEngine, agent: str) -> None:
    name = AgentId(agent)
    tell(engine, SignInAsked(actor=agent, agent=name))
    tell(engine, ReadyAsked(actor=agent, agent=name))
    tell(engine, BridgeEntered(server=PBX, leg=engine.agents[name].seat, bridge=BridgeId(agent)))


def test_a_manager_takes_a_waiting_caller_as_soon_as_the_reserves_are_called_and_none_after() -> None:
    engine = crew()
    tell(engine, ServerChanged(server=PBX, state="up", why=""))
    ready(engine, "9001")
    tell(engine, CallWaiting(call=CallId("1.1"), campaign=X, server=PBX, agent=None))
    assert engine.agents[AgentId("9001")].state is S.READY
    said = tell(engine, SurgeChanged(was=0, level=1, why="load", actions=("reserves",)))
    assert [one.agent for one in said if isinstance(one, CallOffered)] == ["9001"]
    engine = crew()
    tell(engine, ServerChanged(server=PBX, state="up", why=""))
    ready(engine, "9001")
    tell(engine, SurgeChanged(was=0, level=1, why="load", actions=("reserves",)))
    tell(engine, SurgeChanged(was=1, level=0, why="calm"))
    said = tell(engine, CallWaiting(call=CallId("1.2"), campaign=X, server=PBX, agent=None))
    assert not [one for one in said if isinstance(one, CallOffered)]


def test_without_the_filler_the_dialler_counts_no_agent_who_serves_a_queue() -> None:
    engine = crew()
    tell(engine, ServerChanged(server=PBX, state="up", why=""))
    ready(engine, "1001")
    assert engine.supply.counts("sale", "pbx1").free == 1
    tell(engine, SurgeChanged(was=0, level=1, why="load", actions=("filler",)))
    assert engine.supply.counts("sale", "pbx1").free == 0
    tell(engine, SurgeChanged(was=1, level=0, why="calm"))
    assert engine.supply.counts("sale", "pbx1").free == 1


def test_breaks_are_held_back_while_the_plan_has_it_so() -> None:
    engine = crew()
    said = tell(engine, SurgeChanged(was=1, level=2, why="load", actions=("breaks",)))
    assert BreaksRestricted(reason="surge") in said
    assert BreaksRestricted(reason="") in tell(engine, SurgeChanged(was=2, level=1, why="calm"))


def test_the_plan_looks_at_the_load_only_where_it_is_enabled() -> None:
    assert SurgePlan(SurgeSettings(), lambda now: CALM).on(Restored(), 0.0) == []
    assert SurgePlan(SurgeSettings(enabled=True), lambda now: CALM).on(Restored(), 0.0) == [SetTimer(key=TICK, at=5.0)]

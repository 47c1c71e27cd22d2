"""What callers are told to expect, held against what they then wait in a queue played out."""

import heapq
from random import Random
from statistics import mean

import pytest

from acd.erlang import patient
from acd.expected import ExpectedWait
from telephony.agents import AgentState, SeatMode
from telephony.facts import AgentChanged, CallConnected, CallerGone, CallOffered, CallQueued, InboundEnded, OfferFailed
from telephony.ids import AgentId, CallId, CampaignId, ServerId
from telephony.leads import KnownAgent, Restored

S = AgentState
PBX = ServerId("pbx1")


def changed(agent: str, was: AgentState, now: AgentState) -> AgentChanged:
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


def queued(call: str, queue: str, position: int = 1) -> CallQueued:
    return CallQueued(call=CallId(call), queue=CampaignId(queue), server=PBX, position=position, expected_s=None)


class Floor:
    """A queue played out: callers by lot, first come first served by whoever of those who may is free."""

    def __init__(
        self, serves: dict[str, list[str]], loads: dict[str, float], talk_s: float, patience_s: float, seed: int
    ) -> None:
        self.lot = Random(seed)
        self.serves, self.loads, self.talk_s, self.patience_s = serves, loads, talk_s, patience_s
        self.asked = ExpectedWait({AgentId(a): q for a, q in serves.items()}, dict.fromkeys(loads, 0.0))
        self.events: list[tuple[float, int, str, str]] = []
        self.serial = 0
        self.free = dict.fromkeys(serves, True)
        self.waiting: dict[str, tuple[str, float]] = {}
        self.told: dict[str, tuple[float, float]] = {}
        self.average = dict.fromkeys(loads, 0.0)
        self.found: list[tuple[float, float, float]] = []

    def at(self, when: float, what: str, whom: str) -> None:
        self.serial += 1
        heapq.heappush(self.events, (when, self.serial, what, whom))

    def run(self, callers: int) -> list[tuple[float, float, float]]:
        """What was told, what a moving average of waits said then, and what it was, of those told to wait."""
        for agent in self.serves:
            self.asked.on(changed(agent, S.LOGGED_OUT, S.AUX), 0.0)
            self.asked.on(changed(agent, S.AUX, S.READY), 0.0)
        for queue, load in self.loads.items():
            self.at(self.lot.expovariate(load), "call", queue)
        came = 0
        while came < callers:
            now, _, what, whom = heapq.heappop(self.events)
            if what == "call":
                came += 1
                self.at(now + self.lot.expovariate(self.loads[whom]), "call", whom)
                self.comes(f"{whom}-{came}", whom, now)
            elif what == "freed":
                self.asked.on(changed(whom, S.TALKING, S.WRAP_UP), now)
                self.asked.on(changed(whom, S.WRAP_UP, S.READY), now)
                self.free[whom] = True
                self.serve(now)
            elif whom in self.waiting:
                del self.waiting[whom]
                self.asked.on(CallerGone(call=CallId(whom), queue=CampaignId(""), waited_s=0.0, position=1), now)
        return self.found

    def comes(self, call: str, queue: str, now: float) -> None:
        position = self.asked.waiting(queue) + 1
        told = self.asked.expected_s(queue, position, now)
        self.asked.on(queued(call, queue, position), now)
        self.waiting[call] = (queue, now)
        if told is not None:
            self.told[call] = (told, self.average[queue])
        if self.patience_s:
            self.at(now + self.lot.expovariate(1.0 / self.patience_s), "gives up", call)
        self.serve(now)

    def serve(self, now: float) -> None:
        for call, (queue, came) in list(self.waiting.items()) if any(self.free.values()) else ():
            agent = next((a for a, free in self.free.items() if free and queue in self.serves[a]), None)
            if agent is None:
                continue
            del self.waiting[call]
            self.free[agent] = False
            self.asked.on(changed(agent, S.READY, S.RESERVED), now)
            self.asked.on(
                CallOffered(call=CallId(call), campaign=CampaignId(queue), agent=AgentId(agent), server=PBX, why=""),
                now,
            )
            self.asked.on(changed(agent, S.RESERVED, S.TALKING), now)
            self.asked.on(CallConnected(call=CallId(call), agent=AgentId(agent), waited_s=now - came), now)
            self.at(now + self.lot.expovariate(1.0 / self.talk_s), "freed", agent)
            told, average = self.told.pop(call, (0.0, 0.0))
            if told > 0.0:
                self.found.append((told, average, now - came))
            self.average[queue] += 0.1 * (now - came - self.average[queue])


def errors(found: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Bias and mean error as shares of the mean wait, and the mean error of a moving average of waits."""
    real = mean(was for *_, was in found)
    bias = mean(told - was for told, _, was in found) / real
    ours = mean(abs(told - was) for told, _, was in found) / real
    return bias, ours, mean(abs(average - was) for _, average, was in found) / real


ONE = {f"a{i}": ["x"] for i in range(10)}
TWO = {
    **{f"x{i}": ["x"] for i in range(6)},
    **{f"y{i}": ["y"] for i in range(6)},
    **{f"b{i}": ["x", "y"] for i in range(6)},
}


@pytest.mark.parametrize(
    ("serves", "loads", "patience"),
    [
        (ONE, {"x": 9.3 / 200}, 0.0),
        (ONE, {"x": 11.0 / 200}, 300.0),
        (TWO, {"x": 8.5 / 200, "y": 8.5 / 200}, 0.0),
        (TWO, {"x": 12.5 / 200, "y": 4.0 / 200}, 0.0),
    ],
    ids=["one queue", "overloaded with impatient callers", "two queues with agents in common", "one of two loaded"],
)
def test_callers_are_told_what_they_then_wait(
    serves: dict[str, list[str]], loads: dict[str, float], patience: float
) -> None:
    found = Floor(serves, loads, 200.0, patience, seed=7).run(8_000)[300:]
    bias, ours, moving_average = errors(found)
    print(f"bias {bias:+.3f}, mean error {ours:.3f}, of a moving average {moving_average:.3f} ({len(found)} callers)")
    assert abs(bias) < 0.15
    assert ours < 0.85 * moving_average


def test_the_mean_told_is_the_mean_erlang_gives_those_who_wait() -> None:
    floor = Floor(ONE, {"x": 7.5 / 200}, 200.0, 0.0, seed=11)
    found = floor.run(20_000)[300:]
    theory = patient(7.5, 10, 200.0, 20.0)
    assert mean(told for told, *_ in found) == pytest.approx(theory.mean_s / theory.waits, rel=0.15)


def busy_floor(now: float, agents: int = 4, freed: int = 10) -> ExpectedWait:
    """A floor whose agents have each been busy 100 s at a time and are busy again."""
    asked = ExpectedWait({AgentId(f"a{i}"): ["x"] for i in range(agents)}, {"x": 0.0, "vip": 60.0})
    crew = [f"a{i}" for i in range(agents)]
    for agent in crew:
        asked.on(changed(agent, S.LOGGED_OUT, S.READY), now - 100.0 * freed)
    for spell in range(freed + 1):
        at = now - 100.0 * (freed - spell)
        for agent in crew if spell else ():
            asked.on(changed(agent, S.TALKING, S.READY), at)
        for agent in crew:
            asked.on(changed(agent, S.READY, S.TALKING), at)
    return asked


def test_each_caller_ahead_costs_one_agent_becoming_free() -> None:
    asked = busy_floor(10_000.0)
    first, third = asked.expected_s("x", 1, 10_000.0), asked.expected_s("x", 3, 10_000.0)
    assert first == pytest.approx(25.0, rel=0.02)
    assert third == pytest.approx(75.0, rel=0.02)


def test_with_agents_free_nobody_waits_and_with_none_there_nothing_is_told() -> None:
    asked = busy_floor(10_000.0)
    asked.on(changed("a0", S.TALKING, S.READY), 10_001.0)
    assert asked.expected_s("x", 1, 10_001.0) == 0.0
    for i in range(4):
        asked.on(changed(f"a{i}", S.TALKING if i else S.READY, S.LOGGED_OUT), 10_002.0)
    assert asked.expected_s("x", 1, 10_003.0) is None
    assert asked.expected_s("nowhere", 1, 10_003.0) is None


def test_where_too_little_is_known_the_last_callers_wait_is_told() -> None:
    asked = ExpectedWait({AgentId("a1"): ["x"]}, {"x": 0.0})
    asked.on(changed("a1", S.LOGGED_OUT, S.READY), 0.0)
    asked.on(queued("c1", "x"), 0.0)
    asked.on(changed("a1", S.READY, S.TALKING), 12.0)
    asked.on(CallConnected(call=CallId("c1"), agent=AgentId("a1"), waited_s=12.0), 12.0)
    assert asked.expected_s("x", 1, 13.0) == 12.0


def test_a_missed_offer_gives_the_caller_his_place_back() -> None:
    asked = busy_floor(10_000.0)
    asked.on(queued("first", "x"), 10_000.0)
    asked.on(queued("second", "x", 2), 10_001.0)
    asked.on(
        CallOffered(call=CallId("first"), campaign=CampaignId("x"), agent=AgentId("a0"), server=PBX, why=""), 10_002.0
    )
    assert (asked.waiting("x"), asked.longest_s("x", 10_005.0)) == (1, 4.0)
    asked.on(OfferFailed(call=CallId("first"), agent=AgentId("a0"), why="overdue"), 10_003.0)
    assert (asked.waiting("x"), asked.longest_s("x", 10_005.0)) == (2, 5.0)


def test_callers_of_a_queue_with_priority_are_ahead() -> None:
    asked = busy_floor(10_000.0)
    for i in range(4):
        asked.joins(AgentId(f"a{i}"), ["x", "vip"], 10_000.0)
    asked.on(queued("plain", "x"), 10_000.0)
    alone = asked.expected_s("x", 1, 10_030.0)
    asked.on(queued("vip", "vip"), 10_030.0)
    behind = asked.expected_s("x", 1, 10_030.0)
    assert alone is not None
    assert behind == pytest.approx(2 * alone)


def test_after_a_restart_agents_and_callers_are_known_again() -> None:
    asked = ExpectedWait({AgentId("a1"): ["x"]}, {"x": 0.0})
    known = KnownAgent(
        agent=AgentId("a1"),
        state=S.READY,
        reason="",
        since=0.0,
        mode=SeatMode.NAILED_UP,
        server=PBX,
        seat=None,
        call=None,
    )
    asked.on(Restored(agents=(known,)), 5.0)
    assert asked.expected_s("x", 1, 5.0) == 0.0
    asked.on(queued("c1", "x"), 6.0)
    asked.on(
        InboundEnded(
            call=CallId("c1"),
            queue=CampaignId("x"),
            server=PBX,
            agent=None,
            waited_s=1.0,
            talk_s=0.0,
            hold_s=0.0,
            cause=None,
        ),
        7.0,
    )
    assert asked.waiting("x") == 0

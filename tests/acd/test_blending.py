"""Blending: callers first when their service level is at risk, outbound with the agents callers can spare."""

from typing import Any

from acd.agents import Agent, Verb
from acd.blending import WAITS, Blending, enough
from acd.line import Idle
from acd.routing import Router
from acd.supply import Supply
from config.model import AgentSettings
from config.queues import QueueSettings
from config.routing import BlendingSettings
from telephony.agents import SeatMode
from telephony.blending import BlendingChanged
from telephony.commands import SetTimer
from telephony.events import TimerFired
from telephony.facts import CallArrived, CallConnected, CallerGone, CallQueued
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, ServerId

PBX, SERVICE = ServerId("pbx1"), CampaignId("service")


class Day:
    """Blending with one queue, T = 20 s, and what it has said."""

    def __init__(self, **rules: float) -> None:
        self.blending = Blending({"service": QueueSettings(service_level_s=20.0)}, BlendingSettings(**rules))
        self.now = 1000.0
        self.said: list[Any] = []
        self.timer: float | None = None

    def tell(self, event: object) -> None:
        out = self.blending.on(event, self.now)
        self.said += [one for one in out if isinstance(one, BlendingChanged)]
        for one in out:
            if isinstance(one, SetTimer):
                self.timer = one.at

    def arrives(self, call: str) -> None:
        self.tell(
            CallArrived(call=CallId(call), queue=SERVICE, server=PBX, customer=CustomerId(""), number_key=0, line="1")
        )
        self.tell(CallQueued(call=CallId(call), queue=SERVICE, server=PBX, position=1, expected_s=None))

    def connected(self, call: str) -> None:
        self.tell(CallConnected(call=CallId(call), agent=AgentId("1"), waited_s=0.0))

    def until(self, instant: float) -> None:
        while self.timer is not None and self.timer <= instant:
            self.now, self.timer = self.timer, None
            self.tell(TimerFired(("blending", PBX)))
        self.now = instant


def test_caller_who_waits_half_the_threshold_takes_the_agents_from_outbound_until_all_is_well_for_a_while() -> None:
    day = Day(rest_s=30.0)
    day.arrives("i-1")
    day.until(1009.0)
    assert day.blending.withheld(PBX) == ""
    day.until(1010.0)
    assert [(one.spared, one.why) for one in day.said] == [(False, WAITS)]
    assert day.blending.withheld(PBX) == "pace.callers_first"
    day.now = 1015.0
    day.connected("i-1")
    day.until(1039.0)
    assert day.blending.withheld(PBX) == "pace.callers_first", "no sooner than rest_s after the risk was over"
    day.until(1100.0)
    assert [one.spared for one in day.said] == [False, True]
    assert day.blending.withheld(PBX) == ""


def test_too_few_answered_in_time_of_late_is_a_risk_and_needs_a_margin_to_be_over() -> None:
    day = Day(target=0.8, margin=0.1, rest_s=10.0, window_s=600.0)
    for n in range(8):
        day.arrives(f"good{n}")
        day.connected(f"good{n}")
    assert not day.said
    for n in range(3):
        day.arrives(f"lost{n}")
        day.now += 9.0
        day.tell(CallerGone(call=CallId(f"lost{n}"), queue=SERVICE, waited_s=9.0, position=1))
    assert [one.spared for one in day.said] == [False]
    for n in range(5):
        day.arrives(f"more{n}")
        day.connected(f"more{n}")
    day.until(day.now + 60.0)
    assert [one.spared for one in day.said] == [False], "13 of 16 are above the target and below target and margin"
    day.until(day.now + 700.0)
    assert [one.spared for one in day.said] == [False, True]


def test_as_many_agents_are_kept_free_as_callers_expected_need() -> None:
    assert [enough(mean, 0.9) for mean in (0.0, 0.1, 1.0, 5.0)] == [0, 0, 2, 8]
    day = Day(ahead_s=20.0, sure=0.9, window_s=100.0)
    for n in range(30):
        day.now += 2.0
        day.arrives(f"i{n}")
        day.connected(f"i{n}")
    assert day.blending.kept(PBX) == enough(10.0, 0.9)


def crew() -> tuple[Supply, Router]:
    """Two free agents who serve callers and the campaign, one of the campaign alone."""
    agents = {}
    router = Router()
    router.open(PBX, 0.0)
    supply = Supply(agents, Idle(router))
    for name, queues in (("1", ["service"]), ("2", ["service"]), ("3", [])):
        settings = AgentSettings(id=name, asterisk="pbx1", endpoint="PJSIP/1", campaigns=["sale"], queues=queues)
        agent = agents[AgentId(name)] = Agent(
            id=AgentId(name), settings=settings, server=PBX, mode=SeatMode.RING_EACH_CALL
        )
        levels = {"campaign:sale": 1} | ({"queue:service": 1, "blend:sale": 1} if queues else {})
        router.enrol(name, PBX, levels, 0.0)
        for verb in (Verb.SIGN_IN, Verb.READY):
            fact = agent.do(verb, 0.0)
            supply.moved(agent, fact.was, fact.now)
        router.free(name, 0.0, 0.0)
    return supply, router


def test_dialler_is_never_told_of_more_agents_than_callers_can_spare() -> None:
    supply, router = crew()
    assert supply.counts("sale", PBX).free == 3
    supply.kept = lambda server: 1
    assert (supply.counts("sale", PBX).free, supply.counts("sale", PBX).signed_in) == (2, 2)
    supply.kept = lambda server: 9
    assert supply.counts("sale", PBX).free == 1
    supply.kept = lambda server: 2
    router.enrol("9", PBX, {"queue:service": 1, "blend:": 1}, 0.0)
    router.free("9", 0.0, 0.0)
    assert supply.counts("sale", PBX).free == 2, "one who serves callers alone is one of the two kept for them"
    supply.withheld_why = lambda server: "pace.callers_first"
    assert (supply.counts("sale", PBX).free, supply.counts("sale", PBX).signed_in) == (1, 1)
    assert supply.withheld("sale", PBX) == "pace.callers_first"
    assert supply.withheld("other", PBX) == ""


def test_agents_on_a_call_who_will_serve_callers_next_are_not_expected_either() -> None:
    supply, router = crew()
    agent = supply._agents[AgentId("1")]
    router.busy("1")
    agent.call, agent.campaign = CallId("c-1"), CampaignId("sale")
    for verb in (Verb.RESERVE, Verb.CONNECT):
        fact = agent.do(verb, 5.0)
        supply.moved(agent, fact.was, fact.now)
    assert (supply.counts("sale", PBX).talking, list(supply.busy_since("sale", PBX).talks)) == (1, [5.0])
    supply.withheld_why = lambda server: "pace.callers_first"
    assert (supply.counts("sale", PBX).talking, list(supply.busy_since("sale", PBX).talks)) == (0, [])


def test_surge_plan_takes_the_filler_away() -> None:
    supply, _ = crew()
    supply.filler = False
    assert (supply.counts("sale", PBX).free, supply.withheld("sale", PBX)) == (1, "pace.surge")

"""The pains of other call centres that the matching ends, by their numbers in the list of pains."""

import inspect
import random
from pathlib import Path

import acd.routing
from acd.routing import Request, Router, Step
from benchmarks.acd_events import play
from config.demands import demand
from config.model import AgentSettings, AsteriskSettings, CampaignSettings, ServerSettings
from switchroom.house import build
from telephony.agents import ReadyAsked, SignInAsked
from telephony.commands import RingAgent
from telephony.facts import CallAnswered, CallOffered, CallWaiting, ServerChanged
from telephony.ids import AgentId, CallId, CampaignId, ServerId
from tests.switchroom.fakes import Disk, NoLeads, Pbx

PBX = ServerId("pbx1")
PURE = ("asyncio", "threading", "time", "datetime", "random", "sqlalchemy", "store")


def test_pain_1_no_two_agents_answer_one_call_and_no_agent_gets_two() -> None:
    for seed in (11, 12, 13):
        played = play(1200, seed, agents=15)
        assert played.served == len(set(played.with_call.values())) + played.served - len(played.with_call)
        assert len(set(played.with_call.values())) == len(played.with_call)


def test_pain_3_matching_has_no_lock_no_poll_and_no_thread_so_a_load_of_events_cannot_deadlock_it() -> None:
    folder = Path(inspect.getfile(acd.routing)).parent
    for file in folder.glob("*.py"):
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
        imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
        assert not imported & set(PURE), file.name
        assert not [line for line in lines if "Lock(" in line or "async " in line or "await " in line], file.name
    router = Router()
    router.open("pbx", 0.0)
    for n in range(200):
        router.enrol(f"a{n}", "pbx", {"v": 1}, 0.0)
        router.free(f"a{n}", 0.0, 0.0)
    served = sum(
        router.ask(Request(call=f"c{n}", server="pbx", entered=0.0, steps=(Step(0.0, demand("v")),)), 0.0) is not None
        for n in range(5000)
    )
    assert (served, len(router)) == (200, 4800)


def test_pain_7_callers_are_served_in_the_order_in_which_they_came_whoever_left_and_came_back() -> None:
    rng = random.Random(7)
    router = Router()
    router.open("pbx", 0.0)
    router.enrol("one", "pbx", {"v": 1}, 0.0)
    asked = [Request(call=f"c{n}", server="pbx", entered=float(n), steps=(Step(0.0, demand("v")),)) for n in range(300)]
    for request in rng.sample(asked, len(asked)):
        router.ask(request, 300.0)
    for request in rng.sample(asked, 100):
        assert router.withdraw(request.call) is request
        router.ask(request, 400.0)
    order = []
    for _ in asked:
        match = router.free("one", 500.0, 500.0)
        assert match is not None
        order.append(match.call)
    assert order == [request.call for request in asked]


def test_pain_12_database_that_never_answers_stops_no_decision_and_no_bridge() -> None:
    disk, pbx = Disk(), Pbx(PBX)
    house = build(
        server=ServerSettings(
            asterisk=[AsteriskSettings(name="pbx1", secret="s")],
            agent=[
                AgentSettings(
                    id="1001", asterisk="pbx1", endpoint="PJSIP/1001", mode="ring_each_call", campaigns=["sale"]
                )
            ],
        ),
        campaigns={"sale": CampaignSettings()},
        ledger=disk,
        leads=NoLeads(),
        exchanges={PBX: pbx},
        clock=lambda: 1000.0,
    )
    agent, call, sale = AgentId("1001"), CallId("c-1"), CampaignId("sale")
    house.core.carry([ServerChanged(server=PBX, state="up", why="")])
    assert house.core.ask(SignInAsked(actor="1001", agent=agent)) is None
    assert house.core.ask(ReadyAsked(actor="1001", agent=agent)) is None
    house.core.carry(
        [
            CallAnswered(call=call, campaign=sale, server=PBX),
            CallWaiting(call=call, campaign=sale, server=PBX, agent=None),
        ]
    )
    assert [one.agent for one in disk.submitted if isinstance(one, CallOffered)] == ["1001"]
    assert [one.call for one in pbx.told if isinstance(one, RingAgent)] == ["c-1"], "rung before anything is on disk"

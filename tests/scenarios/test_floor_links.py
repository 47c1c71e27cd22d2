"""Links of a live floor: two Asterisks in one process, a wrong password, a bad network between."""

import logging
import random
from pathlib import Path

import pytest

from simulator.chaos import Chaos
from telephony.agents import SignOutAsked
from telephony.facts import (
    AlarmRaised,
    AttemptPlaced,
    CallAnswered,
    CallConnected,
    CallEnded,
    CallOffered,
    ServerChanged,
)
from tests.scenarios.open_floor import campaign, customer, open_floor

SHORT = [customer(n, talk_s=0.5) for n in range(1, 2000)]


async def test_two_asterisks_in_one_process_each_keep_their_customers_and_agents_together(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": SHORT}, agents=4, servers=2) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        home = {agent: f"pbx{n % 2 + 1}" for n, agent in enumerate(floor.agents)}
        await floor.until(
            lambda: (
                {home[fact.agent] for fact in floor.told(CallConnected)} == {"pbx1", "pbx2"}
                and len(floor.told(CallConnected)) >= 12
            ),
            "customers are connected on both",
        )
        place = {fact.call: fact.server for fact in floor.told(AttemptPlaced)}
        assert all(place[fact.call] == home[fact.agent] for fact in floor.told(CallConnected))
        assert all(place[fact.call] == fact.server == home[fact.agent] for fact in floor.told(CallOffered))
        assert floor.sound()
    assert [fact.state for fact in floor.told(ServerChanged)][-2:] == ["lost", "lost"]
    assert floor.told(AlarmRaised) == [], "an orderly end is no alarm"


async def test_one_asterisk_down_leaves_the_other_dialling(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": SHORT}, agents=4, servers=2) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: len(floor.told(CallConnected)) >= 4, "customers are connected")
        await floor.pbxs[0].kill()
        await floor.until(
            lambda: {one.id: one.state for one in floor.floor.view().servers} == {"pbx1": "lost", "pbx2": "up"},
            "the loss is seen",
        )
        assert [(alarm.alarm, alarm.about) for alarm in floor.floor.view().alarms] == [("link_lost", "pbx1")]
        placed = len(floor.told(AttemptPlaced))
        await floor.until(lambda: len(floor.told(AttemptPlaced)) >= placed + 6, "the other goes on")
        assert {fact.server for fact in floor.told(AttemptPlaced)[placed:]} == {"pbx2"}
        assert [view.why for view in floor.floor.view().servers if view.id == "pbx1"] != [""]
        await floor.pbxs[0].start()
        await floor.until(lambda: floor.floor.view().alarms == (), "the link is back")
        await floor.until(lambda: any(f.server == "pbx1" for f in floor.told(AttemptPlaced)[placed:]), "both dial")
        assert floor.sound()


async def test_a_wrong_password_is_one_clear_word_and_nothing_is_dialled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": SHORT}, secret="not the one") as floor:
        await floor.until(lambda: bool(floor.told(ServerChanged)), "the refusal is seen")
        (lost,) = floor.told(ServerChanged)
        assert (lost.server, lost.state) == ("pbx1", "lost")
        assert "auth" in lost.why
        (shown,) = await floor.api("GET", "/servers")
        assert (shown["state"], shown["why"]) == ("lost", lost.why)
        floor.campaign("spring", "start")
        await floor.until(lambda: floor.shown("spring").reason_code == "pace.server", "the reason is shown")
        assert floor.told(AttemptPlaced) == []
        said = [record for record in caplog.records if record.name.startswith("telephony.ami")]
        assert [record.levelname for record in said if record.levelno >= logging.WARNING] == ["ERROR"]
        assert "refuses user 'switchroom'" in said[0].getMessage()
        assert "not the one" not in caplog.text


def bad_network(n: int) -> Chaos:
    return Chaos(random.Random(n), split=0.3, late=0.1, late_s=0.3, lost=0.01, repeated=0.05)


async def test_a_bad_network_breaks_no_rule_and_leaves_nobody_stuck(tmp_path: Path) -> None:
    leads = {"spring": [customer(n, talk_s=0.3) for n in range(1, 3000)]}
    async with open_floor(tmp_path, {"spring": campaign()}, leads=leads, agents=8, chaos=bad_network) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: len(floor.told(CallConnected)) >= 120, "a hundred conversations", within_s=180.0)
        floor.campaign("spring", "drain")
        await floor.until(lambda: floor.shown("spring").state == "stopped", "it has drained")
        await floor.until(floor.idle_again, "nobody is left in a call")
        for pbx in floor.pbxs:
            pbx.chaos = None
        placed = {fact.call for fact in floor.told(AttemptPlaced)}
        assert placed == {fact.call for fact in floor.told(CallEnded)}
        assert len(floor.told(CallEnded)) == len(placed)
        assert {fact.call for fact in floor.told(CallConnected)} <= {fact.call for fact in floor.told(CallAnswered)}
        await floor.until(
            lambda: all(view.state in ("ready", "aux") for view in floor.floor.view().agents), "all are free"
        )
        for agent in floor.agents:
            assert floor.ask(SignOutAsked(actor=agent, agent=agent)) is None
        assert {view.state for view in floor.floor.view().agents} == {"logged_out"}
        floor.invariants.finish(floor.floor.clock.now())
        assert floor.sound()

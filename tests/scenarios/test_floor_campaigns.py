"""Campaigns steered while the floor is live: new settings, an empty room, drain, stop."""

from pathlib import Path

import pytest

from simulator.scenario import load_scenario
from switchroom.closed_world import ClosedWorld
from telephony.agents import NotReadyAsked, SignOutAsked
from telephony.facts import AttemptPlaced, CallConnected, CallEnded, CampaignChanged
from telephony.outcomes import Outcome
from tests.scenarios.open_floor import campaign, customer, open_floor

TALKERS = [customer(n, talk_s=0) for n in range(1, 40)]
"""Answer soon and stay."""
NEVER = [customer(n, kind=3) for n in range(1, 40)]
"""Ring and do not answer."""


async def test_new_settings_are_in_force_at_once_and_calls_placed_by_them_are_dialled(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign(mode="preview")}, leads={"spring": TALKERS}) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: floor.shown("spring").hopper > 0, "leads are at hand")
        assert floor.told(AttemptPlaced) == []
        floor.floor.reload({"spring": campaign(mode="progressive", title="Spring")})
        await floor.until(lambda: len(floor.told(CallConnected)) == 2, "both agents talk")
        assert (floor.shown("spring").mode, floor.shown("spring").title) == ("progressive", "Spring")
        assert floor.floor.house.outbox.held == 0
        assert floor.sound()


async def test_a_campaign_taken_out_of_the_file_drains_and_its_talks_go_on(tmp_path: Path) -> None:
    both = {"spring": campaign(), "autumn": campaign()}
    async with open_floor(tmp_path, both, leads={"spring": [customer(n, talk_s=4.0) for n in range(1, 30)]}) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: len(floor.told(CallConnected)) >= 2, "both agents talk")
        placed = len(floor.told(AttemptPlaced))
        floor.floor.reload({"autumn": campaign()})
        await floor.until(lambda: [one.id for one in floor.floor.view().campaigns] == ["autumn"], "spring is gone")
        assert len(floor.told(AttemptPlaced)) == placed
        assert all(fact.talk_s > 1.0 for fact in floor.told(CallEnded) if fact.agent is not None)
        assert floor.sound()


async def test_when_the_last_agent_leaves_dialling_stops_and_calls_nobody_can_take_are_taken_back(
    tmp_path: Path,
) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": NEVER}) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: len(floor.legs()) == 2, "two customers ring")
        first, last = floor.agents
        floor.ask(NotReadyAsked(actor=first, agent=first, reason="lunch"))
        floor.ask(SignOutAsked(actor=last, agent=last))
        placed = len(floor.told(AttemptPlaced))
        await floor.until(lambda: len(floor.told(CallEnded)) == placed and not floor.legs(), "both are taken back")
        assert {fact.outcome for fact in floor.told(CallEnded)} == {Outcome.CANCELLED}
        await floor.until(lambda: floor.shown("spring").reason_code == "pace.no_agents", "the reason is shown")
        assert len(floor.told(AttemptPlaced)) == placed
        assert floor.sound()


async def test_a_draining_campaign_places_no_call_more_and_stops_with_its_last(tmp_path: Path) -> None:
    leads = {"spring": [customer(n, talk_s=1.0) for n in range(1, 40)]}
    async with open_floor(tmp_path, {"spring": campaign()}, leads=leads) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: len(floor.told(CallConnected)) >= 2, "both agents talk")
        assert (await floor.api("POST", "/campaigns/spring/drain")) == {"granted": True}
        placed = len(floor.told(AttemptPlaced))
        await floor.until(lambda: floor.shown("spring").state == "stopped", "it has stopped")
        assert len(floor.told(CallEnded)) == len(floor.told(AttemptPlaced)) == placed
        assert [fact.state for fact in floor.told(CampaignChanged)] == ["running", "draining", "stopped"]
        assert floor.sound()


async def test_stop_hangs_up_what_rings_and_leaves_talks_alone(tmp_path: Path) -> None:
    leads = {"spring": [customer(1, talk_s=0), *NEVER[2:]]}
    async with open_floor(tmp_path, {"spring": campaign()}, leads=leads) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(
            lambda: len(floor.told(CallConnected)) == 1 and len(floor.legs()) == 2, "one talks, one rings"
        )
        assert (await floor.api("POST", "/campaigns/spring/stop")) == {"granted": True}
        await floor.until(lambda: len(floor.told(CallEnded)) == 1, "the ringing call is hung up")
        assert floor.told(CallEnded)[0].outcome is Outcome.CANCELLED
        assert floor.shown("spring").stages["talking"] == 1
        assert len(floor.legs()) == 1
        refused = await floor.api("POST", "/campaigns/spring/pause", status=409)
        assert refused["code"] == "campaign.cannot"
        assert floor.sound()


def test_a_closed_world_in_a_relative_folder_keeps_its_recordings_where_they_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = ClosedWorld(load_scenario("demo"), Path("var/simulate"))
    assert world.data == tmp_path / "var" / "simulate"

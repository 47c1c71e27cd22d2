"""A campaign's forecast: played apart from the floor, bounded in time, the same for a minute, honest about what it knows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

import store
from config.model import CampaignSettings, ServerSettings
from desk.forecast_ports import ForecastRefused
from store.recall import last_texts
from switchroom.cli_forecast import sentence
from switchroom.forecasts import Forecasts
from telephony.views import CampaignView
from tests.desk.fake_floor import FakeFloor

TARGETS = (0.0, 0.01, 0.02, 0.03, 0.05)


class Clock:
    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


@pytest.fixture
async def forecasts(smoke_shift: Path) -> AsyncIterator[tuple[Forecasts, Clock]]:
    opened = store.open(f"sqlite:///{smoke_shift / 'switchroom.db'}", key_file=smoke_shift / "number.key")
    with contextlib.closing(opened):
        clock = Clock(last_texts(opened, ("AgentChanged",), 0.0, 1)[0][0])
        lines = {"smoke": CampaignSettings(mode="predictive"), "other": CampaignSettings(mode="predictive")}
        made = Forecasts(opened, ServerSettings(), lines, clock.now, played_s=3.0, limit_s=300.0)
        yield made, clock
        made.close()


def view(name: str, signed_in: int) -> CampaignView:
    campaign = FakeFloor().view().campaigns[0]
    return msgspec.structs.replace(campaign, id=name, agents={"signed_in": signed_in})


async def test_a_higher_target_keeps_agents_busier_and_none_costs_most(forecasts: tuple[Forecasts, Clock]) -> None:
    found = await forecasts[0].forecast(view("smoke", 20), TARGETS, None)
    own, none, *rising = found.rows
    assert own.own
    assert own.target == 0.028
    assert none.target == 0.0
    assert none.change_s < -100.0
    assert [row.target for row in rising] == [0.01, 0.02, 0.03, 0.05]
    assert [row.talk_s for row in rising] == sorted(row.talk_s for row in rising)
    assert rising[1].change_s < 0.0 < rising[3].change_s
    assert found.agents == 20
    assert 0.3 < found.answer_rate < 0.6
    assert none.abandonment < rising[0].abandonment < rising[-1].abandonment


async def test_the_same_question_within_a_minute_has_the_same_answer(forecasts: tuple[Forecasts, Clock]) -> None:
    made, clock = forecasts
    asked = [made.forecast(view("smoke", 5), (0.02,), None) for _ in range(2)]
    first, second = await asyncio.gather(*asked)
    assert first is second
    clock.at += 61.0
    assert await made.forecast(view("smoke", 5), (0.02,), None) is not first


async def test_nobody_there_and_nothing_learned_are_said(forecasts: tuple[Forecasts, Clock]) -> None:
    with pytest.raises(ForecastRefused) as refused:
        await forecasts[0].forecast(view("smoke", 0), TARGETS, None)
    assert refused.value.code == "forecast_no_agents"
    with pytest.raises(ForecastRefused) as refused:
        await forecasts[0].forecast(view("other", 5), TARGETS, None)
    assert refused.value.code == "forecast_too_early"
    assert refused.value.words["outcomes"] == "0"


def test_a_target_is_said_in_a_sentence_and_chance_is_not_called_a_difference() -> None:
    own = {"target": 0.028, "wait_s": 12.0}
    row = {"target": 0.02, "change_s": -41.0, "within_s": 6.0, "wait_s": 13.2}
    assert "2.0%" in sentence(row, own)
    assert "41 s less talk an agent-hour" in sentence(row, own)
    assert "±" not in sentence({**row, "within_s": 0.0}, own)
    assert "41" not in sentence({**row, "within_s": 50.0}, own)

"""Scenarios: what ships is sound, and mistakes in one's own are told."""

from pathlib import Path

import pytest

from simulator.clock import SetClock
from simulator.scenario import ScenarioFault, load_scenario, shipped


def test_five_worlds_ship() -> None:
    assert set(shipped()) >= {"smoke", "shift", "demo", "mixed", "outage"}


@pytest.mark.parametrize("name", shipped())
def test_shipped_scenario_makes_settings_leads_exchanges_and_people(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    settings = scenario.settings(tmp_path)
    assert set(scenario.title) == {"zh", "en"}
    assert len(settings.server.agent) == scenario.agents
    served = {campaign for agent in settings.server.agent for campaign in agent.campaigns}
    assert served == set(settings.campaigns)
    exchanges = scenario.exchanges(SetClock(scenario.starts_at))
    assert [e.server for e in exchanges] == [a.name for a in settings.server.asterisk]
    phones = {endpoint for exchange in exchanges for endpoint in exchange.phones}
    assert phones == {agent.endpoint for agent in settings.server.agent}
    people = scenario.people_at_work(scenario.starts_at, 0.5)
    assert set(people.people) == {agent.id for agent in settings.server.agent}
    first = next(scenario.made_leads(0.1))
    assert first.campaign in settings.campaigns


def test_leads_are_enough_for_the_hours() -> None:
    scenario = load_scenario("smoke")
    few, many = (sum(1 for _ in scenario.made_leads(hours)) for hours in (0.5, 2.0))
    assert many > few > scenario.agents * 0.5 * 120


def test_own_scenario_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = { zh = "我的", en = "Mine" }\nstart = 2026-03-02T09:00:00+08:00\nagents = 3\n[[campaign]]\nname = "a"\n',
        encoding="utf-8",
    )
    assert load_scenario(str(path)).agents == 3


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(
        'title = { zh = "x", en = "y" }\nstart = 2026-03-02T09:00:00+08:00\nagents = 0\nagnets = 3\n'
        '[[campaign]]\nname = "a b"\n',
        encoding="utf-8",
    )
    with pytest.raises(ScenarioFault) as fault:
        load_scenario(str(path))
    told = "\n".join(fault.value.words)
    assert "agents" in told
    assert "agnets" in told
    assert "campaign.0.name" in told


def test_unknown_scenario_names_those_that_ship() -> None:
    with pytest.raises(ScenarioFault, match="shift"):
        load_scenario("no-such-world")

"""The example files and the pages of settings are what the models say."""

from pathlib import Path

import pytest

from config.catalogue import everything
from config.load import load_campaigns, load_server
from config.model import CampaignSettings, ServerSettings
from config.render import files
from config.words import settings_in_chinese

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", files(ROOT), ids=lambda path: path.name)
def test_the_file_checked_in_is_the_one_rendered(path: Path) -> None:
    assert path.read_text("utf-8") == files(ROOT)[path], "run: python -m config.render"


def test_the_examples_load_and_show_the_defaults() -> None:
    server = load_server(ROOT / "config" / "example.toml")
    campaigns = load_campaigns(ROOT / "config" / "campaigns.example.toml", server)
    plain = ServerSettings(asterisk=server.asterisk, trunk=server.trunk, agent=server.agent)
    assert server == plain
    assert campaigns == {"spring": CampaignSettings(title="春季回访")}
    assert [len(rows) for rows in (server.asterisk, server.trunk, server.agent)] == [1, 1, 1]


def test_every_setting_is_described_in_both_languages() -> None:
    assert {name for name, row in everything().items() if not row.description} == set()
    assert set(settings_in_chinese()) == set(everything())
    assert {name for name, text in settings_in_chinese().items() if not text.strip()} == set()


def test_every_setting_stands_in_the_example() -> None:
    text = "".join(text for path, text in files(ROOT).items() if path.suffix == ".toml")
    missing = [name for name, row in everything().items() if row.description not in text]
    assert missing == []

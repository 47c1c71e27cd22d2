"""What several tests here look at: a virtual shift that was played once."""

from pathlib import Path

import pytest

from simulator.scenario import load_scenario
from switchroom.shift import run


@pytest.fixture(scope="session")
def smoke_shift(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an hour and a half of 20 agents."""
    folder = tmp_path_factory.mktemp("shift")
    run(load_scenario("smoke"), hours=1.5, out=folder)
    return folder

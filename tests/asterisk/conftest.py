"""The rig for tests against a real Asterisk, once for all of them; skipped loudly where it cannot be had."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.asterisk.rig.floor import Rig
from tests.asterisk.rig.install import Unavailable, installation
from tests.asterisk.rig.probe import Probe
from tests.contracts.asterisk_stage import AsteriskStage


@pytest.fixture(scope="session")
def asterisk(request: pytest.FixtureRequest) -> Path:
    """The private installation; without one the tests are skipped, or fail where CI asked for them."""
    try:
        return installation()
    except Unavailable as why:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no Asterisk for the tests: {why}")
        capture = request.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            print(f"\n*** NO REAL ASTERISK: {why} ***", flush=True)
        pytest.skip(f"NO REAL ASTERISK: {why}")


@pytest.fixture(scope="session")
def rig(asterisk: Path) -> Iterator[Rig]:
    rig = Rig(asterisk)
    try:
        rig.start()
        yield rig
    finally:
        rig.close()


@pytest_asyncio.fixture
async def probe(rig: Rig) -> AsyncIterator[Probe]:
    """An AMI session that sees everything."""
    probe = await Probe.connect(rig.pbx.ami)
    yield probe
    await probe.close()


@pytest_asyncio.fixture
async def stage(rig: Rig) -> AsyncIterator[AsteriskStage]:
    """The contract's stage on the real Asterisk, connected through the product's own link."""
    stage = AsteriskStage(rig)
    await stage.open()
    yield stage
    await stage.close()

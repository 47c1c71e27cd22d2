"""Which stages the contract is played on; a stage that needs more than Python says so with a marker."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.contracts.memory_stage import MemoryStage
from tests.contracts.stage import Stage
from tests.contracts.wire_stage import WireStage


async def _memory() -> Stage:
    return MemoryStage()


STAGES: dict[str, Callable[[], Awaitable[Stage]]] = {"memory": _memory, "wire": WireStage.raised}


@pytest.fixture(params=list(STAGES))
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    setting = await STAGES[request.param]()
    try:
        yield setting
    finally:
        await setting.close()

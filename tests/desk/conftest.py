"""A desk over the fake floor, open (simulated) or behind tokens, with a client that speaks to its real port."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import pytest

from config.model import ApiSettings
from desk.server import Desk
from desk.tokens import Tokens
from tests.desk.fake_callers import FakeCallers
from tests.desk.fake_floor import FakeBatches, FakeDoNotCall, FakeFloor, FakeForecaster, FakeQueries
from tests.desk.fake_kvm import FakeKvm
from tests.desk.fake_later import FakeLater
from tests.desk.fake_queue_books import FakeQueueBooks
from tests.desk.fake_routing import FakeRouting

TOKEN = "correct-horse-battery-staple"


@dataclass(kw_only=True)
class Office:
    """Everything a test of the desk touches."""

    desk: Desk
    floor: FakeFloor
    queries: FakeQueries
    batches: FakeBatches
    kvm: FakeKvm
    later: FakeLater
    client: aiohttp.ClientSession
    port: int
    waits: list[float]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def _open(*, simulated: bool, kvm: bool = True, **settings: object) -> Office:
    floor = FakeFloor(simulated=simulated)
    queries, batches = FakeQueries(), FakeBatches()
    screens, books = FakeKvm(), FakeLater()
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    api = ApiSettings.model_validate({"port": 0, "tokens": {"wang": TOKEN}, **settings})
    desk = Desk(
        floor,
        api,
        simulated=simulated,
        queries=queries,
        batches=batches,
        do_not_call=FakeDoNotCall(),
        forecaster=FakeForecaster(),
        callers=FakeCallers(),
        routing=FakeRouting(),
        clock=floor.clock,
        queue_books=FakeQueueBooks(),
        kvm=screens if kvm else None,
        later=books,
        tokens=Tokens(api.tokens, note, roles=api.roles),
    )
    port = await desk.start()
    client = aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(total=60))
    return Office(
        desk=desk,
        floor=floor,
        queries=queries,
        batches=batches,
        kvm=screens,
        later=books,
        client=client,
        port=port,
        waits=waits,
    )


@pytest.fixture
async def opened() -> AsyncIterator[Callable[..., Awaitable[Office]]]:
    offices: list[Office] = []

    async def open_(**how: object) -> Office:
        offices.append(await _open(**how))  # type: ignore[arg-type]
        return offices[-1]

    yield open_
    for office in offices:
        await office.client.close()
        await office.desk.close()


@pytest.fixture
async def office(opened: Callable[..., Awaitable[Office]]) -> Office:
    return await opened(simulated=True)


@pytest.fixture
async def guarded(opened: Callable[..., Awaitable[Office]]) -> Office:
    return await opened(simulated=False)

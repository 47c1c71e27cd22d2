"""Serves the desk over a lively fake floor for looking at: ``python -m tests.desk.serve [port] [agents]``; ends with Ctrl-C."""

import asyncio
import sys
import time

from config.model import ApiSettings
from desk.server import Desk
from tests.desk.fake_callers import FakeCallers
from tests.desk.fake_floor import FakeBatches, FakeClock, FakeDoNotCall, FakeFloor, FakeForecaster, FakeQueries
from tests.desk.fake_routing import FakeRouting


async def serve(port: int, agents: int) -> None:
    clock = FakeClock(time.time())
    floor = FakeFloor(clock, agents=agents)
    desk = Desk(
        floor,
        ApiSettings(port=port),
        simulated=True,
        queries=FakeQueries(),
        batches=FakeBatches(),
        do_not_call=FakeDoNotCall(),
        forecaster=FakeForecaster(),
        callers=FakeCallers(),
        routing=FakeRouting(),
        clock=clock,
    )
    await desk.start()
    past(desk, floor, clock)
    if len(sys.argv) > 3:
        floor.trouble()
    try:
        while True:
            clock.at = time.time()
            floor.stir()
            await asyncio.sleep(0.7)
    finally:
        await desk.close()


def past(desk: Desk, floor: FakeFloor, clock: FakeClock) -> None:
    """Give the plots an hour of history."""
    now = clock.at
    for step in range(720):
        clock.at = now - 3600 + step * 5
        for _ in range(1 + (step // 20) % 2):
            floor.stir()
        desk.live.step()
    clock.at = now


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8700, int(sys.argv[2]) if len(sys.argv) > 2 else 96))

"""Our simulated Videohub as a client of another's making finds it: what we test drivers with is no invention of ours."""

import asyncio

import pytest
from videohubwire.client import Videohub, VideohubError

from simulator.kvm.device import Served
from simulator.kvm.videohub import SimulatedVideohub


def _visit(port: int) -> tuple[dict[int, int], dict[int, int], str]:
    """Read, switch, be refused, read again."""
    with Videohub("127.0.0.1", port) as hub:
        before = dict(hub.routing)
        hub.route(7, 2)
        hub.state()
        after = dict(hub.routing)
        with pytest.raises(VideohubError):
            hub.route(99, 2)
        return before, after, hub.input_labels[3]


@pytest.mark.parametrize("ends_prelude", [True, False])
async def test_a_foreign_client_reads_and_switches_the_simulated_hub(ends_prelude: bool) -> None:
    hub = SimulatedVideohub(16, 16, ends_prelude=ends_prelude)
    served = Served(hub)
    port = await served.start()
    try:
        before, after, label = await asyncio.wait_for(asyncio.to_thread(_visit, port), 60)
    finally:
        await served.close()
    assert before == {n: n for n in range(16)}
    assert after == before | {7: 2}
    assert (label, hub.shown[7]) == ("PC 3", 2)

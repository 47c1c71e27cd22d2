"""One picture pushed to all of 256 receivers: from the wish to the last command on the wire, and to the state reported.

The room is the product's own, over real loopback connections to simulated devices that answer in 20 ms: once with all
receivers on one matrix, once with a device for each of them, as KVM over IP has it. The peer is a controller that does
what many do: one command, its answer, the next, on the same matrix.
"""

import asyncio
import gc
import time

import msgspec

from benchmarks.result import Result, percentile
from config.kvm import KvmFile, MatrixSettings, ReceiverSettings, TransmitterSettings
from kvmctl.matrix.plant import RxId, TxId
from kvmctl.matrix.wishes import Connect, Push, Salvo
from kvmctl.rights import HOUSE
from simulator.matrix import SimulatedMatrix
from simulator.matrixserver import MatrixServer
from switchroom.clock import WallClock
from switchroom.kvm_room import KvmRoom

RECEIVERS = 256
WIRE_MS, CONFIRMED_MS = 10.0, 500.0
ANSWER_S = 0.02
ROUNDS, SEQUENTIAL_ROUNDS = 100, 3
START_S = 60.0
WRITTEN_TURNS = 3
"""Turns of the loop after which all that was sent has been handed to the kernel."""
FIRST = 5000


class Floor:
    """256 receivers and one that pushes, on so many matrices, and the room that switches them."""

    def __init__(self, matrices: int) -> None:
        self._clock = WallClock()
        per = RECEIVERS // matrices
        self.receivers = [[str(FIRST + m * per + n + 1) for n in range(per)] for m in range(matrices)]
        self.sources = [[f"{m * 2 + n + 1:04}" for n in range(2)] for m in range(matrices)]
        self.devices = [
            SimulatedMatrix(receivers=rx, transmitters=tx, answer_s=ANSWER_S)
            for rx, tx in zip(self.receivers, self.sources, strict=True)
        ]
        for device in self.devices:
            device.keeps_log = False
        self.servers = [MatrixServer(device, self._clock) for device in self.devices]

    async def open(self) -> None:
        names = [f"m{number}" for number in range(len(self.devices))]
        ports = [await server.start() for server in self.servers]
        file = KvmFile(
            matrix=[
                MatrixSettings(name=name, port=port, options={"batch": 1024})
                for name, port in zip(names, ports, strict=True)
            ],
            transmitter=[
                TransmitterSettings(id=id, matrix=name)
                for name, ids in zip(names, self.sources, strict=True)
                for id in ids
            ],
            receiver=[
                ReceiverSettings(id=id, matrix=name)
                for name, ids in zip(names, self.receivers, strict=True)
                for id in ids
            ],
        )
        self.room = KvmRoom(file, clock=self._clock, zone="UTC")
        self.room.start()
        end = time.monotonic() + START_S
        while not all(loop.settled for loop in self.room.engine.loops.values()):
            if time.monotonic() > end:
                raise TimeoutError("the simulated matrices do not come up")
            await asyncio.sleep(0.05)
        gc.freeze()  # as the server does once it has started

    async def close(self) -> None:
        await self.room.close()
        for server in self.servers:
            await server.close()


async def _one_matrix() -> tuple[list[float], list[float], list[float]]:
    """Wire, confirmation and the processor's own time to the wire of pushes to all on one matrix, in milliseconds."""
    floor = Floor(1)
    await floor.open()
    wire, confirmed, busy = [], [], []
    here = RxId(floor.receivers[0][0])
    for number in range(ROUNDS):
        await floor.room.ask(Connect(actor=HOUSE, rx=here, source=floor.sources[0][number % 2]))
        begin, worked = time.perf_counter(), time.thread_time()
        asking = asyncio.ensure_future(floor.room.ask(Push(actor=HOUSE, rx=here, targets="all")))
        for _ in range(WRITTEN_TURNS):
            await asyncio.sleep(0)
        wire.append((time.perf_counter() - begin) * 1000)
        busy.append((time.thread_time() - worked) * 1000)
        answer = await asking
        confirmed.append((time.perf_counter() - begin) * 1000)
        if (answer.good, answer.done) != (True, RECEIVERS - 1):
            raise RuntimeError(f"{answer.done} of {RECEIVERS - 1} receivers were switched: {answer.said}")
    await floor.close()
    return wire, confirmed, busy


async def _a_device_each() -> tuple[list[float], list[float], list[float]]:
    """The same with a connection to each receiver: a salvo of 256."""
    floor = Floor(RECEIVERS)
    await floor.open()
    wire, confirmed, busy = [], [], []
    for number in range(ROUNDS):
        pairs = tuple(
            (RxId(rx[0]), TxId(tx[number % 2])) for rx, tx in zip(floor.receivers, floor.sources, strict=True)
        )
        begin, worked = time.perf_counter(), time.thread_time()
        asking = asyncio.ensure_future(floor.room.ask(Salvo(actor=HOUSE, pairs=pairs)))
        for _ in range(WRITTEN_TURNS):
            await asyncio.sleep(0)
        wire.append((time.perf_counter() - begin) * 1000)
        busy.append((time.thread_time() - worked) * 1000)
        answer = await asking
        confirmed.append((time.perf_counter() - begin) * 1000)
        if (answer.good, answer.done) != (True, RECEIVERS):
            raise RuntimeError(f"{answer.done} of {RECEIVERS} receivers were switched: {answer.said}")
    await floor.close()
    return wire, confirmed, busy


async def _sequential() -> list[float]:
    """One command, its answer, the next; to the last answer, in milliseconds."""
    clock = WallClock()
    receivers = [str(FIRST + n + 1) for n in range(RECEIVERS)]
    server = MatrixServer(SimulatedMatrix(receivers=receivers, transmitters=["1", "2"], answer_s=ANSWER_S), clock)
    reader, writer = await asyncio.open_connection("127.0.0.1", await server.start())
    await reader.readline()
    took = []
    for number in range(SEQUENTIAL_ROUNDS):
        begin = time.perf_counter()
        for ref, rx in enumerate(receivers):
            points = [(channel, rx, str(number % 2 + 1)) for channel in ("video", "audio", "usb")]
            writer.write(msgspec.json.encode({"do": "switch", "ref": ref, "points": points}) + b"\n")
            seen = 0
            while seen < len(points):
                seen += b'"point"' in await reader.readline()
        took.append((time.perf_counter() - begin) * 1000)
    writer.close()
    await server.close()
    return took


async def _measured() -> Result:
    wire, confirmed, busy = await _one_matrix()
    wire_each, confirmed_each, busy_each = await _a_device_each()
    sequential = await _sequential()
    worst_wire = max(percentile(wire, 0.99), percentile(wire_each, 0.99))
    worst_confirmed = max(percentile(confirmed, 0.99), percentile(confirmed_each, 0.99))
    return Result(
        name="kvm_fanout",
        unit="ms to the wire, p99",
        value=worst_wire,
        p50=percentile(confirmed, 0.5),
        p99=worst_confirmed,
        p_unit="ms to the state reported",
        peers={"one after another, ms to the state reported": percentile(sequential, 0.5)},
        limit=f"≤ {WIRE_MS:g} ms to the wire, ≤ {CONFIRMED_MS:g} ms reported",
        met=worst_wire <= WIRE_MS and worst_confirmed <= CONFIRMED_MS,
        notes={
            "receivers": RECEIVERS,
            "devices answer in ms": ANSWER_S * 1000,
            "rounds": ROUNDS,
            "one matrix, wire p50/p99": f"{percentile(wire, 0.5):.1f} / {percentile(wire, 0.99):.1f}",
            "one matrix, reported p50/p99": f"{percentile(confirmed, 0.5):.0f} / {percentile(confirmed, 0.99):.0f}",
            "one matrix, processor to the wire p50": round(percentile(busy, 0.5), 1),
            "256 devices, processor to the wire p50": round(percentile(busy_each, 0.5), 1),
            "256 devices, wire p50/p99": f"{percentile(wire_each, 0.5):.1f} / {percentile(wire_each, 0.99):.1f}",
            "256 devices, reported p50/p99": (
                f"{percentile(confirmed_each, 0.5):.0f} / {percentile(confirmed_each, 0.99):.0f}"
            ),
        },
    )


def run() -> Result:
    """Raises RuntimeError when a push does not reach every receiver."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(_measured())
    return uvloop.run(_measured())

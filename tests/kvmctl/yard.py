"""Any driver beside its simulated device under the core, on virtual time: what is sent takes a while, and so do replies."""

import heapq
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from itertools import count
from random import Random

from kvmctl.engine import Engine, GiveUp, Out, Send
from kvmctl.matrix.loop import Drift
from kvmctl.matrix.plant import MatrixId, Plant, Receiver, RxId, Transmitter, TxId
from kvmctl.matrix.tickets import Answer
from kvmctl.matrix.wishes import Wish
from kvmctl.ports import (
    Bytes,
    Channel,
    Driver,
    HangUp,
    Heard,
    OpenSocket,
    Outward,
    Port,
    Received,
    Replied,
    Request,
    RequestFailed,
    SocketClosed,
    SocketHeard,
    SocketOpened,
    Turn,
)
from kvmctl.rights import Grants, Level, Rights
from simulator.kvm.adder import SimulatedAdder
from simulator.kvm.device import Client, Device
from simulator.kvm.nmos import SimulatedNmos
from telephony.facts import Fact

MAIN = MatrixId("main")
ANSWER_S = 0.02
EVERYTHING = Grants(
    transmitters={"*": Level.FULL}, receivers={"*": Level.FULL}, push=frozenset({"*"}), force=frozenset({"*"})
)


class Box(ABC):
    """The device at the other end of one connection: what it says comes a little later."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int, Heard]] = []
        self._serial = count()
        self._link = 0

    @property
    def due_at(self) -> float:
        return self._heap[0][0] if self._heap else float("inf")

    def plug(self, now: float) -> None:
        self._link += 1

    def unplug(self) -> None:
        """What was not heard yet is never heard."""
        self._link += 1

    def take(self, now: float) -> Heard | None:
        """The next thing heard by now."""
        while self._heap and self._heap[0][0] <= now:
            _, _, link, heard = heapq.heappop(self._heap)
            if link == self._link:
                return heard
        return None

    def _later(self, heard: Heard, at: float) -> None:
        heapq.heappush(self._heap, (at, next(self._serial), self._link, heard))

    @abstractmethod
    def send(self, outward: Outward, now: float) -> bool:
        """Carry it to the device; False when the device ends the connection."""


class StreamBox(Box):
    """A device of a stream; its segments are split as the dice say."""

    def __init__(self, device: Device, dice: Random) -> None:
        super().__init__()
        self.device, self._dice = device, dice
        self._client: Client | None = None

    def plug(self, now: float) -> None:
        super().plug(now)
        self._client = self.device.connect()
        self.flush(now)

    def unplug(self) -> None:
        super().unplug()
        if self._client is not None:
            self.device.leave(self._client)
            self._client = None

    def send(self, outward: Outward, now: float) -> bool:
        if isinstance(outward, Bytes) and self._client is not None:
            self.device.hear(self._client, outward.data)
            self.flush(now)
        return self._client is None or not self._client.ends

    def flush(self, now: float) -> None:
        """Let what the device has said be on its way."""
        if self._client is None or not self._client.out:
            return
        data = bytes(self._client.out)
        self._client.out.clear()
        while data:
            size = self._dice.randint(1, len(data)) if self._dice.random() < 0.1 else len(data)
            self._later(Received(data[:size]), now + ANSWER_S)
            data = data[size:]


class WebBox(Box):
    """A device of HTTP requests; one that is not answered fails after two seconds."""

    def __init__(self, answer: Callable[[Request], tuple[int, bytes, Mapping[str, str]] | None]) -> None:
        super().__init__()
        self._answer = answer
        self._sockets: dict[str, int] = {}
        self.now = 0.0

    def plug(self, now: float) -> None:
        super().plug(now)
        self._sockets.clear()

    def tell(self, kind: str, text: str) -> None:
        """Something for whoever has that socket open."""
        if kind in self._sockets:
            self._later(SocketHeard(id=self._sockets[kind], text=text), self.now + ANSWER_S)

    def drop_sockets(self, now: float) -> None:
        for id in self._sockets.values():
            self._later(SocketClosed(id=id, why="reset"), now)
        self._sockets.clear()

    def send(self, outward: Outward, now: float) -> bool:
        self.now = now
        if isinstance(outward, OpenSocket):
            self._sockets[outward.url.rpartition("/")[2]] = outward.id
            self._later(SocketOpened(id=outward.id), now + ANSWER_S)
        elif isinstance(outward, Request):
            answer = self._answer(outward)
            if answer is None:
                self._later(RequestFailed(id=outward.id, why="timeout"), now + 2.0)
            else:
                status, body, headers = answer
                self._later(Replied(id=outward.id, status=status, body=body, headers=headers), now + ANSWER_S)
        return True


def adder_box(manager: SimulatedAdder) -> WebBox:
    def answer(request: Request) -> tuple[int, bytes, Mapping[str, str]] | None:
        found = manager.answer(request.path)
        return None if found is None else (*found, {})

    return WebBox(answer)


def nmos_box(site: SimulatedNmos) -> WebBox:
    def answer(request: Request) -> tuple[int, bytes, Mapping[str, str]] | None:
        found = site.answer(request.method, request.path, request.body)
        return None if found is None else (found.status, found.body, found.headers)

    box = WebBox(answer)
    site.on_grain = box.tell
    return box


class Yard:
    """One matrix with receivers 5001… and transmitters 0001…, on the ports given."""

    def __init__(
        self, driver: Driver, box: Box, *, rx: list[str], tx: list[str], drift: Drift, short: bool = True
    ) -> None:
        channels = (Channel.VIDEO,) if short else tuple(Channel)
        self.driver, self.box, self.now = driver, box, 1_000_000.0
        self.plant = Plant(
            transmitters=[
                Transmitter(id=TxId(f"{n:04}"), name="", matrix=MAIN, ports=dict.fromkeys(channels, Port(port)))
                for n, port in enumerate(tx, 1)
            ],
            receivers=[
                Receiver(id=RxId(f"{5000 + n}"), name="", matrix=MAIN, ports=dict.fromkeys(channels, Port(port)))
                for n, port in enumerate(rx, 1)
            ],
        )
        rights = Rights(users={"chief": EVERYTHING}, groups={}, member={}, default=Level.NONE)
        self.engine = Engine(plant=self.plant, rights=rights, traits={MAIN: driver.traits}, drift=drift)
        self.facts: list[Fact] = []
        self.breaks = 0
        self._back_at: float | None = None
        self._tick_at = self.now
        self.plug()
        self.run(2.0)

    def plug(self) -> None:
        self._back_at, self._tick_at = None, self.now
        self.box.plug(self.now)
        self._take(self.engine.link_up(MAIN, self.now))
        self._turn(self.driver.connect(self.now))

    def unplug(self, for_s: float) -> None:
        if self._back_at is not None:
            return
        self.breaks += 1
        self._back_at = self.now + for_s
        self.box.unplug()
        self._take(self.engine.link_down(MAIN, "cut", self.now))

    def ask(self, wish: Wish) -> None:
        self._take(self.engine.ask(wish, self.now))

    def run(self, for_s: float) -> None:
        end = self.now + for_s
        while self.now < end:
            back = self._back_at if self._back_at is not None else float("inf")
            tick = self._tick_at if self._back_at is None else float("inf")
            self.now = max(self.now, min(self.engine.due_at, self.box.due_at, back, tick, end))
            if back <= self.now:
                self.plug()
            while self._back_at is None and (heard := self.box.take(self.now)) is not None:
                self._turn(self.driver.feed(heard, self.now))
            if self._back_at is None and self._tick_at <= self.now:
                self._tick_at = self.now + self.driver.traits.tick_s
                self._turn(self.driver.tick(self.now))
            if self.engine.due_at <= self.now:
                self._take(self.engine.due(self.now))
            if self._back_at is not None:
                while self.box.take(self.now) is not None:
                    pass

    def _turn(self, turn: Turn) -> None:
        broken = False
        for sent in turn.send:
            if isinstance(sent, HangUp):
                broken = True
            elif self._back_at is None:
                broken = not self.box.send(sent, self.now) or broken
        for event in turn.events:
            self._take(self.engine.heard(MAIN, event, self.now))
        if broken:
            self.unplug(0.5)

    def _take(self, out: list[Out] | tuple[Out, ...]) -> None:
        for each in out:
            if isinstance(each, Send):
                self._turn(self.driver.encode(each.command, self.now))
            elif isinstance(each, GiveUp):
                self.unplug(0.5)
            elif not isinstance(each, Answer):
                self.facts.append(each)

"""A driver and a simulated device on one cable, in virtual time; segments are split as told."""

import random

from kvmctl.ports import (
    Acked,
    Bytes,
    Channel,
    Driver,
    Dumped,
    Event,
    HangUp,
    Hold,
    Point,
    PointReported,
    Port,
    Received,
    Refresh,
    Route,
    Switch,
    Turn,
)
from simulator.kvm.device import Client, Device


class Cable:
    """What the driver has found out stands in `events`, what it has sent in `sent`."""

    def __init__(self, driver: Driver, device: Device, *, split: random.Random | None = None) -> None:
        self.driver, self.device, self._split = driver, device, split
        self.now = 1000.0
        self.events: list[Event] = []
        self.sent: list[bytes] = []
        self.shown: dict[tuple[Channel, Port], Port | None] = {}
        self.hung_up: list[str] = []
        self.client: Client | None = None
        self.ref = 0

    def connect(self) -> None:
        self.client = self.device.connect()
        self._take(self.driver.connect(self.now))
        self.settle()

    def settle(self, most: int = 50) -> None:
        """Let everything said arrive."""
        for _ in range(most):
            if self.client is None or not self.client.out:
                return
            data = bytes(self.client.out)
            self.client.out.clear()
            for piece in self._pieces(data):
                self._take(self.driver.feed(Received(piece), self.now))
            if self.client is not None and self.client.ends and not self.client.out:
                self.cut()

    def cut(self) -> None:
        if self.client is not None:
            self.device.leave(self.client)
            self.client = None

    def passes(self, seconds: float) -> None:
        """Time goes by, tick by tick."""
        end = self.now + seconds
        while self.now < end:
            self.now += self.driver.traits.tick_s
            if self.client is not None:
                self._take(self.driver.tick(self.now))
                self.settle()

    def switch(self, rx: str, tx: str | None, *, hold: Hold = Hold.SHARED, channel: Channel = Channel.VIDEO) -> int:
        return self.switch_all({rx: tx}, hold=hold, channel=channel)

    def switch_all(
        self, wanted: dict[str, str | None], *, hold: Hold = Hold.SHARED, channel: Channel = Channel.VIDEO
    ) -> int:
        self.ref += 1
        routes = tuple(
            Route(
                receiver=rx,
                points=(Point(channel, Port(rx), None if tx is None else Port(tx)),),
                changed=frozenset({channel}),
                hold=hold,
            )
            for rx, tx in wanted.items()
        )
        self._take(self.driver.encode(Switch(ref=self.ref, routes=routes), self.now))
        self.settle()
        return self.ref

    def refresh(self) -> None:
        self._take(self.driver.encode(Refresh(), self.now))
        self.settle()

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def acked(self, ref: int) -> bool:
        return any(isinstance(event, Acked) and event.ref == ref for event in self.events)

    def on(self, rx: str, channel: Channel = Channel.VIDEO) -> str | None:
        """What the device has last reported there."""
        return self.shown[channel, Port(rx)]

    def _pieces(self, data: bytes) -> list[bytes]:
        if self._split is None:
            return [data]
        pieces = []
        while data:
            size = self._split.randint(1, max(1, len(data)))
            pieces.append(data[:size])
            data = data[size:]
        return pieces

    def _take(self, turn: Turn) -> None:
        for event in turn.events:
            self.events.append(event)
            if isinstance(event, Dumped):
                self.shown = {(point.channel, point.rx): point.tx for point in event.points}
            elif isinstance(event, PointReported):
                self.shown[event.point.channel, event.point.rx] = event.point.tx
        for one in turn.send:
            if isinstance(one, Bytes):
                self.sent.append(one.data)
                if self.client is not None:
                    self.device.hear(self.client, one.data)
            elif isinstance(one, HangUp):
                self.hung_up.append(one.why)
                self.cut()

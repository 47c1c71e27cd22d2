"""Screens on virtual time: the engine, the plain driver and simulated matrices, joined without I/O."""

from collections.abc import Mapping, Sequence
from random import Random

from kvmctl.drivers.plain import Plain
from kvmctl.engine import Engine, GiveUp, Out, Send
from kvmctl.matrix.loop import Drift
from kvmctl.matrix.plant import MatrixId, Plant, Receiver, RxId, Transmitter, TxId
from kvmctl.matrix.tickets import Answer
from kvmctl.matrix.wishes import Wish
from kvmctl.ports import Bytes, Channel, HangUp, Port, Received, Switch, Turn
from kvmctl.rights import Grants, Level, Rights
from simulator.matrix import Faults, SimulatedMatrix
from telephony.facts import Fact
from telephony.screens import ScreenPlanned

ALL = tuple(Channel)
EVERYTHING = Grants(
    transmitters={"*": Level.FULL}, receivers={"*": Level.FULL}, push=frozenset({"*"}), force=frozenset({"*"})
)


def tx(id: str, matrix: str = "main", name: str = "") -> Transmitter:
    return Transmitter(id=TxId(id), name=name, matrix=MatrixId(matrix), ports={c: Port(f"t{int(id)}") for c in ALL})


def rx(id: str, matrix: str = "main", name: str = "") -> Receiver:
    return Receiver(id=RxId(id), name=name, matrix=MatrixId(matrix), ports={c: Port(f"r{int(id)}") for c in ALL})


class World:
    """Everything at one instant `now`; ``run`` lets time pass."""

    def __init__(
        self,
        plant: Plant,
        *,
        users: Mapping[str, Grants] | None = None,
        groups: Mapping[str, Grants] | None = None,
        member: Mapping[str, Sequence[str]] | None = None,
        default: Level = Level.NONE,
        drift: Drift = Drift.SHOW,
        batch: int = 64,
        faults: Faults | None = None,
        seed: int = 1,
        push_text: str = "",
        connected: bool = True,
    ) -> None:
        self.now = 1_000_000.0
        self.plant = plant
        self.devices: dict[MatrixId, SimulatedMatrix] = {}
        self.drivers: dict[MatrixId, Plain] = {}
        for number, matrix in enumerate(sorted(plant.matrices)):
            self.drivers[matrix] = Plain({"batch": batch})
            self.devices[matrix] = SimulatedMatrix(
                receivers=[p for r in plant.rx.values() if r.matrix == matrix for p in set(r.ports.values())],
                transmitters=[p for t in plant.tx.values() if t.matrix == matrix for p in set(t.ports.values())],
                faults=faults,
                random=Random(seed * 1000 + number),
            )
        rights = Rights(
            users=users if users is not None else {"chief": EVERYTHING},
            groups=groups or {},
            member=member or {},
            default=default,
        )
        self.engine = Engine(
            plant=plant,
            rights=rights,
            traits={matrix: driver.traits for matrix, driver in self.drivers.items()},
            drift=drift,
            push_text=push_text,
        )
        self.facts: list[Fact] = []
        self.answers: list[Answer] = []
        self.sent: list[tuple[float, MatrixId, bytes]] = []
        self.wanted: dict[str, tuple[str, float]] = {}
        """By receiver the transmitter that was last granted, and when."""
        self.replayed: list[str] = []
        """Routes sent though something newer was granted, or after a break though they were stale."""
        self.plugged: dict[MatrixId, float] = {}
        self.cut: dict[MatrixId, float] = {}
        """Matrices without a connection, and when they come back."""
        for matrix in self.devices:
            if connected:
                self.plug(matrix)
        if connected:
            self.run(1.0)

    def plug(self, matrix: MatrixId) -> None:
        self.cut.pop(matrix, None)
        self.plugged[matrix] = self.now
        self.devices[matrix].connect(self.now)
        self._take(self.engine.link_up(matrix, self.now))
        self._turn(matrix, self.drivers[matrix].connect(self.now))

    def unplug(self, matrix: MatrixId, for_s: float = 1e9) -> None:
        if matrix in self.cut:
            return
        self.cut[matrix] = self.now + for_s
        self.devices[matrix].disconnect()
        self._take(self.engine.link_down(matrix, "cut", self.now))

    def ask(self, wish: Wish) -> Answer | None:
        """Wish; the answer when it is there at once."""
        before = len(self.answers)
        self._take(self.engine.ask(wish, self.now))
        return self.answers[-1] if len(self.answers) > before else None

    def get(self, wish: Wish, within_s: float = 2.0) -> Answer:
        """Wish, and let time pass until the answer."""
        before = len(self.answers)
        self.ask(wish)
        end = self.now + within_s
        while len(self.answers) == before:
            assert self.now < end, "no answer"
            self.run(0.01)
        return self.answers[-1]

    def run(self, for_s: float) -> None:
        end = self.now + for_s
        while True:
            at = min(
                self.engine.due_at,
                min((device.due_at for device in self.devices.values()), default=end),
                min(self.cut.values(), default=end),
                end,
            )
            self.now = max(self.now, at)
            for matrix, back in list(self.cut.items()):
                if back <= self.now:
                    self.plug(matrix)
            for matrix, device in self.devices.items():
                while device.due_at <= self.now:
                    if said := device.take(self.now):
                        self._turn(matrix, self.drivers[matrix].feed(Received(said), self.now))
            if self.engine.due_at <= self.now:
                self._take(self.engine.due(self.now))
            if self.now >= end:
                return

    def shown(self, receiver: str, channel: Channel = Channel.VIDEO) -> str | None:
        """What the device itself shows there."""
        one = self.plant.rx[RxId(receiver)]
        return self.devices[one.matrix].points.get((channel.value, one.ports[channel]))

    def _turn(self, matrix: MatrixId, turn: Turn) -> None:
        for sent in turn.send:
            if isinstance(sent, Bytes) and matrix not in self.cut:
                self.sent.append((self.now, matrix, sent.data))
                self.devices[matrix].feed(sent.data, self.now)
            elif isinstance(sent, HangUp):
                self.unplug(matrix, 0.5)
        for event in turn.events:
            self._take(self.engine.heard(matrix, event, self.now))

    def _take(self, out: Sequence[Out]) -> None:
        for each in out:
            if isinstance(each, Send):
                self._check(each)
                self._turn(each.matrix, self.drivers[each.matrix].encode(each.command, self.now))
            elif isinstance(each, GiveUp):
                self.unplug(each.matrix, 0.5)
            elif isinstance(each, Answer):
                self.answers.append(each)
            else:
                if isinstance(each, ScreenPlanned):
                    self.wanted.update((receiver, (source, self.now)) for receiver, source in each.steps)
                self.facts.append(each)

    def _check(self, sent: Send) -> None:
        """A route that somebody's wish is behind must be the newest one's, and fresh when the connection is new."""
        if not isinstance(sent.command, Switch):
            return
        loop = self.engine.loops[sent.matrix]
        for route in sent.command.routes:
            source, at = self.wanted[route.receiver]
            want = loop.screens[RxId(route.receiver)].want
            if want is None or (want.tx or "") != source:
                self.replayed.append(f"{route.receiver}: {want} instead of {source}")
            if at < self.plugged[sent.matrix] and self.now - at > loop.stale_s + 1.0 and loop.drift is Drift.ADOPT:
                self.replayed.append(f"{route.receiver}: {source} of {self.now - at:.1f} s ago")

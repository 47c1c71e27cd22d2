"""The loop of one matrix: makes what it reports into what is wanted, with one change under way at a time.

An acknowledgement only ends the change; the state is what the device reports. A change whose end does not come in time
has an unknown outcome: the whole state is read, and only what then still differs, is still wanted and is not stale may be
asked for once more. A newer wish for a receiver takes the place of an older one. What waited through a lost connection
for too long is dropped. Nothing is sent while a whole state is awaited, so no dump is older than the change before it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from kvmctl.matrix.plant import Receiver, RxId
from kvmctl.matrix.screen import Drifted, DriftOver, Ended, Screen, Standing, Want
from kvmctl.matrix.wishes import Said
from kvmctl.ports import (
    Acked,
    Busy,
    Channel,
    Command,
    Dumped,
    Event,
    Point,
    PointReported,
    Port,
    PortReported,
    PortSeen,
    Refresh,
    Refused,
    Route,
    Side,
    Switch,
    Traits,
    Why,
)

DUMP_S = 8.0
"""A whole state that has not come after so long: the connection is given up."""
BUSY_S = 0.2
BUSY_MOST = 25
TRIES = 2
RESTORES_A_MINUTE = 3

REFUSED: dict[Why, Said] = {Why.OFFLINE: Said.OFFLINE, Why.NOT_ALLOWED: Said.OUT_OF_RANGE}


class Phase(StrEnum):
    DOWN = "down"
    SYNCING = "syncing"
    """Connected; the whole state is awaited."""
    IDLE = "idle"
    CHANGING = "changing"
    """A Switch is under way."""
    WAITING = "waiting"
    """The device was busy."""


class Drift(StrEnum):
    """What becomes of a receiver somebody else has switched at the device."""

    SHOW = "show"
    RESTORE = "restore"
    ADOPT = "adopt"


class Tell(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    command: Command


class Reconnect(msgspec.Struct, frozen=True, kw_only=True):
    why: str


Out = Tell | Reconnect | Ended | Drifted | DriftOver


class Loop:
    """One matrix. Every method answers with what follows, in order; `due_at` is when `due` must be called next."""

    def __init__(
        self,
        receivers: Iterable[Receiver],
        *,
        traits: Traits,
        drift: Drift = Drift.SHOW,
        stale_s: float = 5.0,
    ) -> None:
        self.traits = traits
        self.phase = Phase.DOWN
        self.drift, self.stale_s = drift, stale_s
        self.screens = {rx.id: Screen(rx, traits.channels) for rx in receivers}
        self.points: dict[tuple[Channel, Port], Port | None] = {}
        self.ports: dict[tuple[Side, Port], PortSeen] = {}
        self.known = False
        """Whether a whole state has come since the connection was opened."""
        self._at = {
            (channel, port): screen for screen in self.screens.values() for channel, port in screen.rx.ports.items()
        }
        self._pending: dict[RxId, Screen] = {}
        self._flying: dict[RxId, Mapping[Channel, Port | None]] = {}
        self._ref = 0
        self._acked = False
        self._deadline = float("inf")
        self._busy = 0

    # what there is

    def reported(self, rx: Receiver) -> dict[Channel, Port | None]:
        return {place[0]: self.points.get(place) for place in self.screens[rx.id].ports}

    def desired(self, rx: Receiver) -> Mapping[Channel, Port | None]:
        screen = self.screens[rx.id]
        return screen.want.ports if screen.want is not None else self.reported(rx)

    def is_online(self, side: Side, ports: Mapping[Channel, Port]) -> bool:
        """Whether the device says so of every connector; a device that names none is taken to have all."""
        if not self.ports:
            return self.known
        seen_before: Port | None = None
        for port in ports.values():
            if port == seen_before:
                continue
            seen_before, seen = port, self.ports.get((side, port))
            if seen is None or not seen.online:
                return False
        return True

    def has_signal(self, port: Port | None) -> bool:
        seen = self.ports.get((Side.TX, port)) if port is not None else None
        return seen is None or seen.signal is not False

    @property
    def due_at(self) -> float:
        if self.phase is Phase.DOWN:
            return min((screen.since + self.stale_s for screen in self._pending.values()), default=float("inf"))
        return self._deadline

    @property
    def settled(self) -> bool:
        """Whether nothing is under way or waits."""
        return self.phase is Phase.IDLE and not self._pending and not self._flying

    # what is wanted

    def want(self, rx: RxId, want: Want, ticket: int | None, now: float) -> list[Out]:
        out: list[Out] = []
        screen = self.screens[rx]
        if screen.ticket is not None:
            out.append(self._ended(screen, Said.SUPERSEDED, now))
        if screen.standing is Standing.DRIFTED:
            out.append(DriftOver(screen=screen))
        self._pending.pop(rx, None)
        if len(want.ports) != len(screen.channels):
            want = msgspec.structs.replace(
                want, ports={channel: want.ports.get(channel) for channel in screen.channels}
            )
        screen.take(want, ticket, now)
        self._pending[rx] = screen
        return out

    def settle_drift(self, rx: RxId, restore: bool, now: float) -> list[Out]:
        """A person has looked at a drift: what was wanted is put back, or what is shown is right."""
        screen = self.screens.get(rx)
        if screen is None or screen.standing is not Standing.DRIFTED:
            return []
        if restore and screen.want is not None:
            screen.take(screen.want, None, now)
            self._pending[rx] = screen
        else:
            screen.follow()
        return [DriftOver(screen=screen), *self.go_on(now)]

    def go_on(self, now: float) -> list[Out]:
        """Send what waits, when nothing is under way: call once all receivers of a wish are wanted."""
        out: list[Out] = []
        if self.phase is not Phase.IDLE or not self._pending:
            return out
        routes: list[Route] = []
        for rx, screen in list(self._pending.items()):
            if len(routes) >= self.traits.batch:
                break
            del self._pending[rx]
            want = screen.want
            if want is None:
                continue
            ports, shown = want.ports, self.points.get
            changed = [place[0] for place in screen.ports if shown(place) != ports[place[0]]]
            if not changed:
                out.append(self._ended(screen, None, now))
                continue
            points = tuple([Point(channel, port, ports[channel]) for channel, port in screen.ports])
            routes.append(Route(receiver=rx, points=points, changed=frozenset(changed), hold=want.hold))
            screen.standing, screen.sent_ever = Standing.SENT, True
            screen.tries += 1
            self._flying[rx] = want.ports
        if routes:
            self._ref += 1
            self._acked = False
            self._enter(Phase.CHANGING, now + self.traits.deadline_s)
            out.append(Tell(command=Switch(ref=self._ref, routes=tuple(routes))))
        return out

    def refresh(self, now: float) -> list[Out]:
        """Read the whole state, unless something is under way."""
        return self._resync(now) if self.phase is Phase.IDLE else []

    # what the connection and the device say

    def link_up(self, now: float) -> list[Out]:
        """A connection is open, and its driver asks for the whole state by itself."""
        self.known = False
        self._enter(Phase.SYNCING, now + DUMP_S)
        return []

    def link_down(self, now: float) -> list[Out]:
        self.phase, self.known = Phase.DOWN, False
        for rx in self._flying:
            screen = self.screens[rx]
            if screen.standing is Standing.SENT:
                screen.standing = Standing.PENDING
                self._pending[rx] = screen
        self._flying.clear()
        return []

    def heard(self, event: Event, now: float) -> list[Out]:
        if self.phase is Phase.DOWN:
            return []
        match event:
            case PointReported(point=point):
                self.points[(point.channel, point.rx)] = point.tx
                screen = self._at.get((point.channel, point.rx))
                return [] if screen is None else [*self._look(screen, now), *self._landed(now)]
            case PortReported(seen=seen):
                self.ports[(seen.side, seen.port)] = seen
                return []
            case Dumped():
                return self._dumped(event, now)
            case Acked(ref=ref) if ref == self._ref and self.phase is Phase.CHANGING:
                self._acked = True
                return self._landed(now) if self.traits.tells else self._resync(now)
            case Refused(ref=ref) if ref == self._ref and self.phase is Phase.CHANGING:
                return self._refused(event, now)
            case Busy(ref=ref) if ref == self._ref and self.phase is Phase.CHANGING:
                return self._was_busy(now)
        return []

    def due(self, now: float) -> list[Out]:
        if now < self.due_at:
            return []
        match self.phase:
            case Phase.DOWN:
                return self._drop_stale(now)
            case Phase.CHANGING if not self._flying:
                return self._rest(now)
            case Phase.CHANGING | Phase.IDLE:
                return self._resync(now)
            case Phase.WAITING:
                return self._rest(now)
            case Phase.SYNCING:
                self._enter(Phase.SYNCING, now + DUMP_S)
                return [Reconnect(why="silent")]
        return []

    # how it goes on

    def _dumped(self, dump: Dumped, now: float) -> list[Out]:
        self.points = {(point.channel, point.rx): point.tx for point in dump.points}
        self.ports = {(seen.side, seen.port): seen for seen in dump.ports}
        out: list[Out] = []
        whole = self.phase is Phase.SYNCING
        first, self.known = not self.known, True
        if whole:
            self._flying.clear()
        for screen in self.screens.values():
            out += self._look(screen, now)
            if whole and screen.standing is Standing.SENT:
                out += self._once_more(screen, now)
            elif whole and screen.standing is Standing.DRIFTED and self._may_restore(screen, now):
                out += self._drifted(screen, now)
        if not whole:
            return [*out, *self._landed(now)]
        if first:
            out += self._drop_stale(now)
        return [*out, *self._rest(now)]

    def _once_more(self, screen: Screen, now: float) -> list[Out]:
        """The outcome was unknown and is now read: it was not made."""
        if screen.tries < TRIES and now - screen.since <= self.stale_s:
            screen.standing = Standing.PENDING
            self._pending[screen.rx.id] = screen
            return []
        return [self._failed(screen, Said.UNKNOWN_OUTCOME, now)]

    def _look(self, screen: Screen, now: float) -> list[Out]:
        """Compare what is reported of a receiver with what is wanted of it."""
        shown, rx = self.reported(screen.rx), screen.rx.id
        if self._flying.get(rx) == shown:
            del self._flying[rx]
        same = screen.want is not None and shown == screen.want.ports
        match screen.standing:
            case Standing.SENT if same:
                return [self._ended(screen, None, now)]
            case Standing.PENDING if same and rx not in self._flying:
                self._pending.pop(rx, None)
                return [self._ended(screen, None, now)]
            case Standing.SETTLED if not same and self.is_online(Side.RX, screen.rx.ports):
                return self._drifted(screen, now)
            case Standing.DRIFTED if same:
                screen.settle()
                return [DriftOver(screen=screen)]
        return []

    def _drifted(self, screen: Screen, now: float) -> list[Out]:
        then, want = self.drift, screen.want
        if then is Drift.RESTORE and not self._may_restore(screen, now):
            then = Drift.SHOW
        match then:
            case Drift.ADOPT:
                screen.follow()
            case Drift.SHOW:
                screen.standing = Standing.DRIFTED
            case Drift.RESTORE if want is not None:
                screen.restored.append(now)
                screen.take(want, None, now)
                self._pending[screen.rx.id] = screen
        return [Drifted(screen=screen, wanted=want.tx if want is not None else None, then=then)]

    def _may_restore(self, screen: Screen, now: float) -> bool:
        """Not again and again: somebody at the device may want it otherwise."""
        screen.restored = [at for at in screen.restored if now - at < 60.0]
        return self.drift is Drift.RESTORE and len(screen.restored) < RESTORES_A_MINUTE

    def _landed(self, now: float) -> list[Out]:
        """After a report: go on when the change under way is through, or when there is something to put back."""
        if self.phase is Phase.CHANGING:
            return self._rest(now) if self._acked and not self._flying else []
        return self.go_on(now)

    def _refused(self, event: Refused, now: float) -> list[Out]:
        said = REFUSED.get(event.why, Said.DEVICE_REFUSED)
        out: list[Out] = []
        for rx in [RxId(name) for name in event.receivers] or list(self._flying):
            screen = self.screens.get(rx)
            if self._flying.pop(rx, None) is not None and screen is not None and screen.standing is Standing.SENT:
                out.append(self._failed(screen, said, now))
        self._acked = True
        return [*out, *self._landed(now)]

    def _was_busy(self, now: float) -> list[Out]:
        self._busy += 1
        out: list[Out] = []
        for rx in self._flying:
            screen = self.screens[rx]
            if screen.standing is not Standing.SENT:
                continue
            if self._busy >= BUSY_MOST:
                out.append(self._failed(screen, Said.DEVICE_REFUSED, now))
            else:
                screen.standing, screen.tries = Standing.PENDING, screen.tries - 1
                self._pending[rx] = screen
        self._flying.clear()
        self._enter(Phase.WAITING, now + BUSY_S)
        return out

    def _resync(self, now: float) -> list[Out]:
        self._enter(Phase.SYNCING, now + DUMP_S)
        return [Tell(command=Refresh())]

    def _rest(self, now: float) -> list[Out]:
        if self.phase is not Phase.WAITING:
            self._busy = 0
        self._enter(Phase.IDLE, now + self.traits.audit_s)
        return self.go_on(now)

    def _drop_stale(self, now: float) -> list[Out]:
        stale = [screen for screen in self._pending.values() if now - screen.since >= self.stale_s]
        for screen in stale:
            del self._pending[screen.rx.id]
        return [self._failed(screen, Said.STALE, now) for screen in stale]

    def _failed(self, screen: Screen, why: Said, now: float) -> Ended:
        """What was wanted before is wanted again where the device still shows it, else what it shows."""
        ended, settled = self._ended(screen, why, now), screen.settled
        screen.follow()
        unsure = self.phase is Phase.DOWN and screen.sent_ever
        if settled is not None and not unsure and self.reported(screen.rx) == settled.ports:
            screen.want = settled
            screen.settle()
        return ended

    def _ended(self, screen: Screen, why: Said | None, now: float) -> Ended:
        ended = Ended(screen=screen, ticket=screen.ticket, why=why, took_s=now - screen.since)
        screen.ticket = None
        if why is None:
            screen.settle()
        return ended

    def _enter(self, phase: Phase, deadline: float) -> None:
        self.phase, self._deadline = phase, deadline

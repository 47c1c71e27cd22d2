"""The screens' engine: fed wishes, what connections and devices say, and the time; answers with facts and what to send."""

from collections.abc import Iterable, Mapping

import msgspec
from prometheus_client import Counter, Gauge, Histogram

from kvmctl.matrix.loans import Before, Loan, Loans
from kvmctl.matrix.loop import Drift, Loop, Phase, Reconnect, Tell
from kvmctl.matrix.loop import Out as LoopOut
from kvmctl.matrix.picture import Picture
from kvmctl.matrix.planner import Planner
from kvmctl.matrix.plant import MatrixId, Plant, RxId, TxId
from kvmctl.matrix.screen import Drifted, DriftOver, Ended, Standing, Want
from kvmctl.matrix.targets import hide_numbers
from kvmctl.matrix.tickets import Answer, Tickets
from kvmctl.matrix.wishes import AtReceiver, Control, Plan, PointAt, Push, Refusal, Said, Step, Wish
from kvmctl.ports import Channel, Command, Event, ShowText, Side, Traits
from kvmctl.rights import HOUSE, Rights
from telephony.facts import Acted, AlarmCleared, AlarmRaised, Fact
from telephony.screens import (
    MatrixChanged,
    ScreenDrifted,
    ScreenPlanned,
    ScreenPushed,
    ScreenPushEnded,
    ScreenRefused,
    ScreenSwitched,
    ScreenWished,
    ScreenWishEnded,
)

WISHES = Counter(
    "switchroom_kvm_wishes_total", "Wishes of the screens by what was wished and what came of it", ["what", "said"]
)
CONFIRMED = Histogram(
    "switchroom_kvm_confirmed_seconds",
    "From the wish to the state the device reports, by receiver",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DRIFTED = Gauge("switchroom_kvm_drifted", "Receivers that show something else than was wished")
MATRICES_DOWN = Gauge("switchroom_kvm_matrices_down", "Matrices without a connection")
OFFLINE = Gauge("switchroom_kvm_devices_offline", "Transmitters and receivers that are offline", ["side"])

MATRIX_LOST = "kvm_matrix_lost"
DRIFT_ALARM = "kvm_drift"
PUSH_TEXT_S = 5.0
TEXT_NAMES = 6
"""Most receivers named in the text on the screen a push comes from."""


class Send(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A command for the driver of that matrix."""

    matrix: MatrixId
    command: Command


class GiveUp(msgspec.Struct, frozen=True, kw_only=True):
    """The connection to that matrix is no good: open a new one."""

    matrix: MatrixId
    why: str


Out = Fact | Send | GiveUp | Answer


class Engine:
    """All screens. Every method answers with what follows, in order; `due_at` is when `due` must be called next."""

    def __init__(
        self,
        *,
        plant: Plant,
        rights: Rights,
        traits: Mapping[MatrixId, Traits],
        drift: Drift = Drift.SHOW,
        stale_s: float = 5.0,
        push_text: str = "",
    ) -> None:
        """`push_text` is shown on both screens of a push by devices that can; its slots are {source} and {receiver}."""
        self.plant, self.rights = plant, rights
        self.loops = {
            matrix: Loop(
                (rx for rx in plant.rx.values() if rx.matrix == matrix), traits=has, drift=drift, stale_s=stale_s
            )
            for matrix, has in traits.items()
        }
        self.loans = Loans()
        self.picture = Picture(plant, self.loops)
        self.tickets = Tickets()
        self._push_text = push_text
        self._lost: set[MatrixId] = set()
        self._planner = Planner(plant, rights, self.picture, self.loans)

    @property
    def due_at(self) -> float:
        return min((loop.due_at for loop in self.loops.values()), default=float("inf"))

    # what people and rules wish

    def ask(self, wish: Wish, now: float, *, house: bool = False) -> list[Out]:
        """An Answer with this wish's ticket ends it: at once when it is refused. With `house` no right binds the actor."""
        ticket = self.tickets.next()
        what, at = type(wish).__name__.lower(), wish.rx if isinstance(wish, AtReceiver) else ""
        out: list[Out] = [
            ScreenWished(ticket=ticket, actor=wish.actor, what=what, receiver=at, words=_words(wish)),
        ]
        planned = self._planner.plan(msgspec.structs.replace(wish, actor=HOUSE) if house else wish)
        if isinstance(planned, Refusal):
            WISHES.labels(what, planned.said).inc()
            return [
                *out,
                ScreenRefused(ticket=ticket, actor=wish.actor, said=planned.said, about=planned.about),
                Answer(ticket=ticket, wish=wish, said=planned.said, about=planned.about, final=True),
            ]
        out.append(
            ScreenPlanned(
                ticket=ticket,
                steps=tuple((step.rx, step.tx or "") for step in planned.steps),
                left_out=tuple((one.about, one.said.value) for one in planned.left_out),
            )
        )
        if isinstance(wish, Push):
            out += self._lend(wish, planned, now)
        elif not isinstance(wish, PointAt):
            out += self._left(planned.steps, what)
        self.tickets.open(ticket, wish, planned, now)
        out += self._make(ticket, planned.steps, now)
        if not planned.steps:
            out += self._told(self.tickets.over(ticket, now), now)
        return out

    def settle_drift(self, rx: RxId, restore: bool, now: float, *, actor: str = HOUSE) -> list[Out]:
        """Put back what was wanted there, or take what is shown for right."""
        receiver = self.plant.rx.get(rx)
        if receiver is None:
            return []
        then = "restore" if restore else "adopt"
        acted = Acted(actor=actor, act="kvm.drift", about=rx, words={"then": then})
        return [acted, *self._follow(receiver.matrix, self.loops[receiver.matrix].settle_drift(rx, restore, now), now)]

    def refresh(self, matrix: MatrixId, now: float) -> list[Out]:
        """Read the whole state of a matrix now, unless something is under way."""
        return self._follow(matrix, self.loops[matrix].refresh(now), now)

    # what connections and devices say

    def link_up(self, matrix: MatrixId, now: float) -> list[Out]:
        return self._follow(matrix, self.loops[matrix].link_up(now), now)

    def link_down(self, matrix: MatrixId, why: str, now: float) -> list[Out]:
        """The connection ended, or none could be opened; said once until the matrix is back."""
        out = self._follow(matrix, self.loops[matrix].link_down(now), now)
        if matrix not in self._lost:
            self._lost.add(matrix)
            out += [
                MatrixChanged(matrix=matrix, state="lost", why=why),
                AlarmRaised(alarm=MATRIX_LOST, about=matrix),
            ]
        return out

    def heard(self, matrix: MatrixId, event: Event, now: float) -> list[Out]:
        loop = self.loops[matrix]
        was = loop.known
        out = self._follow(matrix, loop.heard(event, now), now)
        if loop.known and not was:
            self._lost.discard(matrix)
            out += [MatrixChanged(matrix=matrix, state="up"), AlarmCleared(alarm=MATRIX_LOST, about=matrix)]
            for rx, loan in list(self.loans.by_rx.items()):
                if self.plant.rx[rx].matrix == matrix and self.picture.shows(rx) != loan.tx:
                    out += self._end_loan(rx, "device")
        return out

    def due(self, now: float) -> list[Out]:
        out: list[Out] = []
        for matrix, loop in self.loops.items():
            if loop.due_at <= now:
                out += self._follow(matrix, loop.due(now), now)
        return out

    def recall(self, loans: Iterable[Loan]) -> None:
        """Pushes of the run before; those whose picture is gone end when their matrix says what it shows."""
        for loan in loans:
            if {loan.rx, loan.source} <= self.plant.rx.keys() and loan.tx in self.plant.tx:
                self.loans.lend(loan)

    def measure(self) -> None:
        """Bring the gauges up to date."""
        screens = [screen for loop in self.loops.values() for screen in loop.screens.values()]
        DRIFTED.set(sum(screen.standing is Standing.DRIFTED for screen in screens))
        MATRICES_DOWN.set(sum(loop.phase is Phase.DOWN for loop in self.loops.values()))
        OFFLINE.labels(Side.RX).set(sum(not self.picture.rx_online(rx) for rx in self.plant.rx))
        OFFLINE.labels(Side.TX).set(sum(not self.picture.tx_online(tx) for tx in self.plant.tx))

    # how it goes on

    def _make(self, ticket: int, steps: Iterable[Step], now: float) -> list[Out]:
        """Want all receivers of a plan, then let each matrix begin."""
        out: list[Out] = []
        touched: dict[MatrixId, None] = {}
        for step in steps:
            matrix = self.plant.rx[step.rx].matrix
            touched[matrix] = None
            out += self._follow(matrix, self.loops[matrix].want(step.rx, self._want(step), ticket, now), now)
        for matrix in touched:
            out += self._follow(matrix, self.loops[matrix].go_on(now), now)
        return out

    def _want(self, step: Step) -> Want:
        channels = self.plant.rx[step.rx].ports
        if step.tx is None:
            return Want(tx=None, ports=dict.fromkeys(channels), hold=step.hold)
        there = self.plant.tx[step.tx].ports
        ports = {channel: there.get(channel) for channel in channels}
        if Channel.USB in ports:
            if step.control is Control.VIEW:
                ports[Channel.USB] = None
            elif step.usb is not None:
                ports[Channel.USB] = self.plant.tx[step.usb].ports[Channel.USB]
        return Want(tx=step.tx, ports=ports, hold=step.hold)

    def _follow(self, matrix: MatrixId, said: Iterable[LoopOut], now: float) -> list[Out]:
        out: list[Out] = []
        for each in said:
            match each:
                case Tell(command=command):
                    out.append(Send(matrix=matrix, command=command))
                case Reconnect(why=why):
                    out.append(GiveUp(matrix=matrix, why=why))
                case Ended():
                    out += self._ended(each, now)
                case Drifted(screen=screen, wanted=wanted, then=then):
                    rx = screen.rx.id
                    shows = self.picture.reported(rx) or ""
                    out.append(ScreenDrifted(receiver=rx, wanted=wanted or "", shows=shows, then=then))
                    if then == Drift.SHOW:
                        out.append(AlarmRaised(alarm=DRIFT_ALARM, about=rx))
                    elif then == Drift.ADOPT:
                        out += self._end_loan(rx, "device")
                case DriftOver(screen=screen):
                    out.append(AlarmCleared(alarm=DRIFT_ALARM, about=screen.rx.id))
        return out

    def _ended(self, ended: Ended, now: float) -> list[Out]:
        ticket, rx = ended.ticket, ended.screen.rx.id
        if ticket is None:
            return []
        out: list[Out] = []
        if ended.why is None:
            CONFIRMED.observe(ended.took_s)
        step = self.tickets.step(ticket, rx)
        if step is not None:
            out.append(
                ScreenSwitched(
                    ticket=ticket,
                    receiver=rx,
                    transmitter=step.tx or "",
                    control=step.control,
                    why=ended.why or "",
                    took_s=round(ended.took_s, 6),
                )
            )
        loan = self.loans.to(rx)
        if ended.why is None and loan and step and loan.tx == step.tx:
            out += self._text(rx, loan.source, rx)
        if ended.why not in (None, Said.SUPERSEDED) and loan and step and loan.tx == step.tx:
            out += self._end_loan(rx, "failed")
        return [*out, *self._told(self.tickets.ended(ticket, rx, ended.why, now), now)]

    def _told(self, answer: Answer | None, now: float) -> list[Out]:
        if answer is None:
            return []
        what = type(answer.wish).__name__.lower()
        WISHES.labels(what, answer.said).inc()
        fact = ScreenWishEnded(
            ticket=answer.ticket,
            actor=answer.wish.actor,
            what=what,
            said=answer.said,
            done=answer.done,
            of=answer.of,
            took_s=round(answer.took_s, 6),
        )
        if isinstance(answer.wish, Push) and answer.done:
            return [fact, answer, *self._text_of_pusher(answer.wish.rx)]
        return [fact, answer]

    # pictures lent

    def _lend(self, wish: Push, plan: Plan, now: float) -> list[Out]:
        out: list[Out] = []
        heads: dict[TxId, RxId] = {}
        for step in plan.steps:
            if step.tx is None:
                continue
            picture, rx = self.picture, step.rx
            before = Before(tx=picture.shows(rx), control=picture.control(rx), hold=picture.hold(rx))
            if (source := heads.get(step.tx)) is None:
                source = heads[step.tx] = self._head_showing(wish.rx, step.tx)
            self.loans.lend(Loan(rx=rx, tx=step.tx, source=source, actor=wish.actor, since=now, before=before))
            out.append(
                ScreenPushed(actor=wish.actor, source=source, receiver=rx, transmitter=step.tx, before=before.tx or "")
            )
        return out

    def _head_showing(self, rx: RxId, tx: TxId) -> RxId:
        return next((head for head in self.plant.rx_heads(rx) if self.picture.shows(head) == tx), rx)

    def _text_of_pusher(self, rx: RxId) -> list[Out]:
        """Both ends see a push: here, to whom the picture is lent."""
        lent = [loan.rx for head in self.plant.rx_heads(rx) for loan in self.loans.of(head)]
        several = ", ".join(lent[:TEXT_NAMES]) + (" …" if len(lent) > TEXT_NAMES else "")
        return self._text(rx, rx, several) if lent else []

    def _text(self, rx: RxId, source: RxId, about: str) -> list[Out]:
        """A text on that screen, where its device can show one."""
        receiver = self.plant.rx[rx]
        loop = self.loops[receiver.matrix]
        if not (self._push_text and loop.traits.shows_text and loop.known):
            return []
        text = self._push_text.replace("{source}", source).replace("{receiver}", about)
        port = next(iter(receiver.ports.values()))
        return [Send(matrix=receiver.matrix, command=ShowText(rx=port, text=text, seconds=PUSH_TEXT_S))]

    def _left(self, steps: Iterable[Step], why: str) -> list[Out]:
        """Whoever shows something else has left what was pushed to him."""
        return [fact for step in steps for fact in self._end_loan(step.rx, why)]

    def _end_loan(self, rx: RxId, why: str) -> list[Out]:
        loan = self.loans.end(rx)
        return [] if loan is None else [ScreenPushEnded(receiver=rx, source=loan.source, why=why)]


def _words(wish: Wish) -> dict[str, str]:
    """What was typed, for the journal."""
    skipped = {"actor", "rx", "type"}
    return {
        name: hide_numbers(str(value)[:200])
        for name, value in msgspec.structs.asdict(wish).items()
        if name not in skipped and value
    }

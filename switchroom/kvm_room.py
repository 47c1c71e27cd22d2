"""The screens running: the engine on an event loop, a link to each matrix, people signed in at receivers, the floor's facts."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from config.kvm import KvmFile
from config.words import say
from desk.kvm_ports import KvmRefused, ScreenAnswer, Screens, ScreenWish, SeatSession, SeatSignIn, SeatWish, Settings
from kvmctl.engine import Engine, GiveUp, Out, Send
from kvmctl.floor import FloorRules
from kvmctl.matrix.loans import Loan
from kvmctl.matrix.loop import Drift
from kvmctl.matrix.plant import MatrixId, RxId, TxId
from kvmctl.matrix.tickets import Answer
from kvmctl.matrix.wishes import (
    CallPreset,
    CancelPush,
    Connect,
    Control,
    Disconnect,
    Get,
    PointAt,
    Push,
    Said,
    Salvo,
    TakeOver,
    Wish,
)
from kvmctl.osd.show import Shown, Told
from kvmctl.people import People, matches
from kvmctl.ports import Event, Hold, Introduced
from kvmctl.rights import HOUSE, Level
from switchroom.kvm_file import Unfit, masked, put
from switchroom.kvm_link import Link
from switchroom.kvm_plant import build
from switchroom.kvm_sessions import Sessions
from switchroom.kvm_view import found, screens, shown
from telephony.facts import Acted, Fact
from telephony.ports import Clock
from telephony.screens import ScreenSignedIn, ScreenSignedOut, ScreenSignInRefused, SeatTakenOver

log = logging.getLogger(__name__)

ANSWER_S = 15.0
"""A wish nothing is known of after so long is answered with 'under way'."""
SLOW_S = 1.0


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart must not forget, in ``kvm.json`` of the data folder."""

    loans: tuple[Loan, ...] = ()
    stands_in: dict[str, str] = {}


class KvmRoom:
    """All screens; `path` is where a restart finds what was, `file_at` the settings' own file; `carry` takes facts for the journal, `move_phone` an agent's phone to another seat's."""

    def __init__(
        self,
        file: KvmFile,
        *,
        clock: Clock,
        zone: str,
        path: Path | None = None,
        file_at: Path | None = None,
        carry: Callable[[Sequence[Fact]], None] = lambda facts: None,
        move_phone: Callable[[str, str, str], None] = lambda actor, agent, endpoint: None,
        lang: str = "zh-CN",
    ) -> None:
        """Raises KvmFault when a driver is not there or its options do not fit."""
        self.built = build(file)
        self.clock, self._zone, self._path = clock, ZoneInfo(zone), path
        self._file, self._replaced = file_at, False
        self._carry, self._move_phone = carry, move_phone
        self.engine = Engine(
            plant=self.built.plant,
            rights=self.built.rights,
            traits={matrix: driver.traits for matrix, driver in self.built.drivers.items()},
            drift=Drift(file.kvm.drift),
            stale_s=file.kvm.stale_s,
            push_text=say(lang, "kvm.osd.push_text") if file.kvm.push_text else "",
        )
        self.rules = FloorRules(
            self.built.plant, self.built.rules, times=self.built.times, disconnects=file.kvm.sign_out == "disconnect"
        )
        self.people = People(self.built.passwords)
        self.sessions = Sessions()
        self.models: dict[MatrixId, str] = {}
        self.whys: dict[MatrixId, str] = {}
        """Why a matrix was last lost, in the link's own word."""
        self.links = {matrix: self._link(matrix) for matrix in self.built.drivers}
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._arming = self._closed = False
        self._keeping: asyncio.Task[None] | None = None
        self._day_s = 0.0
        self._kept = Kept()
        self.recall()

    def recall(self) -> None:
        """Pushes in force and seats taken over, as the run before has left them; a file that cannot be read is none."""
        if self._path is None:
            return
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except (OSError, msgspec.DecodeError):
            return
        self.engine.recall(kept.loans)
        seats = self.built.plant.seats
        self.rules.stands_in = {a: b for a, b in kept.stands_in.items() if a in seats and b in seats}
        self._kept = kept

    def _remember(self) -> None:
        kept = Kept(loans=tuple(self.engine.loans.by_rx.values()), stands_in=dict(self.rules.stands_in))
        if self._path is None or kept == self._kept:
            return
        part = self._path.with_name(self._path.name + ".part")
        try:
            part.write_bytes(msgspec.json.encode(kept))
            part.replace(self._path)
            self._kept = kept
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error.strerror)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._day_s = self._time_of_day()
        for failed, spare in self.rules.stands_in.items():
            self._phones(HOUSE, self.rules.moved(failed), self.built.plant.seats[spare].phone)
        for link in self.links.values():
            link.start()
        self._keeping = asyncio.create_task(self._keep(), name="kvm clock")

    async def close(self) -> None:
        self._closed = True
        if self._keeping is not None:
            self._keeping.cancel()
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*(link.close() for link in self.links.values()))
        for future in self._waiting.values():
            future.cancel()
        self._remember()

    # wishes

    def post(self, wish: Wish, *, house: bool = False) -> int:
        """Begin a wish; returns its ticket."""
        ticket = self.engine.tickets.last + 1
        self._take(self.engine.ask(wish, self.clock.now(), house=house))
        return ticket

    async def ask(self, wish: Wish, *, house: bool = False) -> Answer:
        """The answer when all of the wish is known; 'under way' after fifteen seconds."""
        ticket = self.engine.tickets.last + 1
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = future
        try:
            self._take(self.engine.ask(wish, self.clock.now(), house=house))
            return await asyncio.wait_for(asyncio.shield(future), ANSWER_S)
        except TimeoutError:
            return Answer(ticket=ticket, wish=wish, said=Said.SENT, final=False)
        finally:
            self._waiting.pop(ticket, None)

    def on_facts(self, now: float, facts: Iterable[Fact]) -> None:
        """What happened on the floor; called with every fact, also our own."""
        for fact in facts:
            for wish in self.rules.on(fact):
                self.post(wish)

    # what the desk asks

    def screens(self) -> Screens:
        return msgspec.structs.replace(screens(self), found=found(self))

    def known_user(self, name: str) -> bool:
        return self.people.knows(name)

    async def wish(self, said: ScreenWish, actor: str, *, house: bool) -> ScreenAnswer:
        if said.do == "take_over":
            return await self._take_over(said, actor, house)
        if said.do == "give_back":
            return await self._give_back(said, actor, house)
        answer = await self.ask(self._wish_of(said, actor), house=house)
        return _answer(answer)

    async def settle_drift(self, rx: str, then: str, actor: str) -> None:
        receiver = self.built.plant.receiver(rx)
        if receiver is None:
            raise KvmRefused(404, "unknown_receiver", {"receiver": rx[:20]})
        self._take(self.engine.settle_drift(receiver.id, then == "restore", self.clock.now(), actor=actor))

    def shown(self, rx: str, session: str) -> Shown:
        receiver = self._receiver(rx)
        return shown(self, receiver, self.sessions.user(receiver, session))

    def settings(self) -> Settings:
        """Raises KvmRefused where the screens have no file."""
        try:
            text = self._file.read_text("utf-8") if self._file is not None else ""
        except OSError:
            text = ""
        if not text:
            raise KvmRefused(404, "no_kvm_file")
        return Settings(text=masked(text), pending=self._replaced)

    async def put_settings(self, text: str, actor: str, lang: str) -> None:
        if self._file is None:
            raise KvmRefused(404, "no_kvm_file")
        try:
            await asyncio.to_thread(put, self._file, text, lang)
        except Unfit as unfit:
            raise KvmRefused(409, "kvm_settings", {"why": unfit.why[:2000]}) from None
        except OSError as error:
            raise KvmRefused(409, "kvm_settings", {"why": error.strerror or type(error).__name__}) from None
        self._replaced = True
        self._carry([Acted(actor=actor, act="kvm.settings", about=self._file.name)])

    async def sign_in(self, rx: str, said: SeatSignIn) -> SeatSession:
        receiver, user = self._receiver(rx), said.user.strip()
        wait_s = self.people.wait_s(user, receiver, self.clock.now())
        if wait_s > 0:
            return SeatSession(told=Told(said="wait", more={f"{wait_s:.0f} s": "wait_s"}))
        good = await asyncio.to_thread(matches, said.password, self.people.kept(user)) and self.people.knows(user)
        now = self.clock.now()
        wait_s = self.people.tried(user, receiver, good, now)
        if not good:
            who = user if self.people.knows(user) else "?"
            self._carry([ScreenSignInRefused(user=who, receiver=receiver, wait_s=round(wait_s, 1))])
            return SeatSession(told=Told(said="wrong_password"))
        if self.built.rights.on_rx(user, receiver) is not Level.FULL:
            return SeatSession(told=Told(said="not_here"))
        session = self.sessions.begin(receiver, user, secrets.token_urlsafe(24))
        self._carry([ScreenSignedIn(user=user, receiver=receiver)])
        return SeatSession(told=Told(said="signed_in", good=True), session=session)

    async def at_seat(self, rx: str, said: SeatWish) -> Told:
        receiver = self._receiver(rx)
        user = self.sessions.user(receiver, said.session)
        if not user:
            return Told(said=Said.NOT_SIGNED_IN)
        match said.do:
            case "sign_out":
                self.sessions.end(receiver)
                self._carry([ScreenSignedOut(user=user, receiver=receiver)])
                return Told(said="signed_out", good=True)
            case "refresh":
                for matrix in {self.built.plant.rx[receiver].matrix}:
                    self._take(self.engine.refresh(matrix, self.clock.now()))
                return Told(said="refreshed", good=True)
        answer = await self.ask(_at_seat(said, user, receiver))
        return Told(
            said=answer.said,
            good=answer.good,
            about=answer.about,
            more={one.about: one.said.value for one in answer.left_out},
        )

    # the edge

    def _receiver(self, rx: str) -> RxId:
        receiver = self.built.plant.receiver(rx)
        if receiver is None:
            raise KvmRefused(404, "unknown_receiver", {"receiver": rx[:20]})
        return receiver.id

    def _wish_of(self, said: ScreenWish, actor: str) -> Wish:
        receiver = self.built.plant.receiver(said.rx)
        rx = receiver.id if receiver is not None else RxId(said.rx)
        match said.do:
            case "connect":
                return Connect(
                    actor=actor,
                    rx=rx,
                    source=said.text,
                    control=Control(said.control),
                    hold=Hold(said.hold),
                    force=said.force,
                )
            case "push":
                return Push(actor=actor, rx=rx, targets=said.text, force=said.force)
            case "get":
                return Get(actor=actor, rx=rx, other=said.text)
            case "disconnect":
                return Disconnect(actor=actor, rx=rx)
            case "cancel_push":
                return CancelPush(actor=actor, rx=rx, targets=said.text)
            case "preset":
                return CallPreset(actor=actor, name=said.text)
        plant = self.built.plant
        pairs = []
        for one, source in said.pairs.items():
            at, from_ = plant.receiver(one), plant.transmitter(source)
            pairs.append((at.id if at is not None else RxId(one), from_.id if from_ is not None else TxId(source)))
        return Salvo(actor=actor, pairs=tuple(pairs))

    async def _take_over(self, said: ScreenWish, actor: str, house: bool) -> ScreenAnswer:
        """Screens, agents and their phone in one step; the phone moves with the screens, not after them."""
        wish = TakeOver(actor=actor, failed=said.failed, spare=said.spare)
        asking = asyncio.ensure_future(self.ask(wish, house=house))
        await asyncio.sleep(0)
        if not (asking.done() and not asking.result().good):
            moving = self.rules.take_over(said.failed, said.spare)
            self._phones(actor, moving, self.built.plant.seats[said.spare].phone)
            self._carry([SeatTakenOver(actor=actor, failed=said.failed, spare=said.spare, agents=moving)])
        return _answer(await asking)

    async def _give_back(self, said: ScreenWish, actor: str, house: bool) -> ScreenAnswer:
        """The seat works again: agents, phone and screens come back to it."""
        seats, spare = self.built.plant.seats, self.rules.stands_in.get(said.failed)
        if spare is None:
            return ScreenAnswer(said=Said.UNKNOWN_SEAT, good=False, about=said.failed)
        answer = await self.ask(TakeOver(actor=actor, failed=spare, spare=said.failed), house=house)
        if answer.good or answer.said is Said.TAKE_OVER_FAILED:
            moving = self.rules.give_back(said.failed)
            self._phones(actor, moving, seats[said.failed].phone)
            self._carry([SeatTakenOver(actor=actor, failed=spare, spare=said.failed, agents=moving)])
        return _answer(answer)

    def _phones(self, actor: str, agents: Iterable[str], endpoint: str) -> None:
        for agent in agents:
            self._move_phone(actor, agent, endpoint)

    def _link(self, matrix: MatrixId) -> Link:
        settings, kind = self.built.matrices[matrix], self.built.kinds[matrix]
        return Link(
            matrix,
            self.built.drivers[matrix],
            transport=kind.transport,
            hosts=settings.hosts,
            port=settings.port or kind.port,
            tls=settings.tls,
            clock=self.clock,
            jitter=Random(),
            up=lambda: self._take(self.engine.link_up(matrix, self.clock.now())),
            down=lambda why: self._lost(matrix, why),
            heard=lambda event: self._heard(matrix, event),
        )

    def _lost(self, matrix: MatrixId, why: str) -> None:
        self.whys[matrix] = why
        self._take(self.engine.link_down(matrix, why, self.clock.now()))

    def _heard(self, matrix: MatrixId, event: Event) -> None:
        if isinstance(event, Introduced):
            self.models[matrix] = f"{event.model} {event.version}".strip()[:80]
        self._take(self.engine.heard(matrix, event, self.clock.now()))

    def _take(self, out: Sequence[Out]) -> None:
        facts: list[Fact] = []
        for each in out:
            match each:
                case Send(matrix=matrix, command=command):
                    self.links[matrix].tell(command)
                case GiveUp(matrix=matrix, why=why):
                    self.links[matrix].give_up(why)
                case Answer():
                    future = self._waiting.get(each.ticket)
                    if future is not None and not future.done():
                        future.set_result(each)
                case _:
                    facts.append(each)
        if facts:
            self._carry(facts)
        if not self._arming:
            self._arming = True
            self._loop.call_soon(self._arm)

    def _arm(self) -> None:
        """Have the engine asked when something is due; once for all that came together."""
        self._arming = False
        if self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self.engine.due_at
        if at != float("inf"):
            self._timer = self._loop.call_later(max(0.0, at - self.clock.now()), self._due)

    def _due(self) -> None:
        self._timer = None
        self._take(self.engine.due(self.clock.now()))

    async def _keep(self) -> None:
        """Presets at their times of day, the gauges."""
        while True:
            await asyncio.sleep(SLOW_S)
            self.engine.measure()
            self._remember()
            now_s = self._time_of_day()
            for wish in self.rules.by_clock(self._day_s, now_s):
                self.post(wish)
            self._day_s = now_s

    def _time_of_day(self) -> float:
        at = datetime.fromtimestamp(self.clock.now(), self._zone)
        return at.hour * 3600.0 + at.minute * 60.0 + at.second


def _answer(answer: Answer) -> ScreenAnswer:
    return ScreenAnswer(
        said=answer.said,
        good=answer.good,
        about=answer.about,
        done=answer.done,
        of=answer.of,
        took_s=round(answer.took_s, 4),
        left_out={one.about: one.said.value for one in answer.left_out},
    )


def _at_seat(said: SeatWish, user: str, rx: RxId) -> Wish:
    match said.do:
        case "connect":
            return Connect(actor=user, rx=rx, source=said.text)
        case "push":
            return Push(actor=user, rx=rx, targets=said.text)
        case "get":
            return Get(actor=user, rx=rx, other=said.text)
        case "cancel_push":
            return CancelPush(actor=user, rx=rx, targets=said.text)
        case "point":
            return PointAt(
                actor=user, rx=rx, screen=int(said.text) if said.text.isdigit() and len(said.text) == 1 else 0
            )
    return Disconnect(actor=user, rx=rx)

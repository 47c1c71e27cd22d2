"""The link to one Asterisk: two AMI sessions, one for events and one for actions, kept up for as long as it runs.

Each is useless without the other, so both are dropped when one is lost. What was asked and not answered ends with a
typed event and is never asked again: after a reconnection the snapshot says what is true.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import StrEnum
from random import Random
from typing import Any

from config.model import AsteriskSettings
from telephony.ami.actions import actions_for
from telephony.ami.backoff import Backoff, Delays
from telephony.ami.faults import ActionRefused, AmiFault, LinkDown, LoginRefused, NoReply
from telephony.ami.headers import RENDERINGS, Translation
from telephony.ami.outcome import CommandOutcome, failure, granted
from telephony.ami.protocol import whereabouts
from telephony.ami.resync import Resync
from telephony.ami.session import Rows, Session
from telephony.commands import PbxCommand, TakeSnapshot
from telephony.events import DeviceChanged, LegCreated, LegEnded, LinkLost, LinkUp, PbxEvent, PbxSnapshot, Pong
from telephony.ids import LegId, ServerId
from telephony.ports import Clock

MOST_CHANNELS = 50_000
CLOSED_BY_US = "closed by us"
"""Why a link is lost when the product itself ends it."""

LINK_EVENTS = ("FullyBooted", "Shutdown", "Rename")
LIST_EVENTS = ("CoreShowChannel", "CoreShowChannelsComplete")
WANTED = frozenset(name.encode() for name in (*RENDERINGS, *LINK_EVENTS, *LIST_EVENTS))
"""What the events connection reads; the manager user of ``asterisk-config`` is sent hardly more."""


log = logging.getLogger(__name__)


class LinkState(StrEnum):
    DOWN = "down"
    CONNECTING = "connecting"
    LOGIN = "login"
    BOOTING = "booting"
    UP = "up"


STEPS: dict[LinkState, frozenset[LinkState]] = {
    LinkState.DOWN: frozenset({LinkState.CONNECTING}),
    LinkState.CONNECTING: frozenset({LinkState.LOGIN, LinkState.DOWN}),
    LinkState.LOGIN: frozenset({LinkState.CONNECTING, LinkState.BOOTING, LinkState.DOWN}),
    LinkState.BOOTING: frozenset({LinkState.UP, LinkState.DOWN}),
    LinkState.UP: frozenset({LinkState.DOWN}),
}
"""Which state may follow which; the second connection is made after the first has logged in."""


class AmiLink:
    """One Asterisk as an Exchange. `jitter` spreads the reconnections; results of commands come as events."""

    def __init__(
        self,
        settings: AsteriskSettings,
        clock: Clock,
        *,
        jitter: Random,
        delays: Delays | None = None,
        region: str = "",
    ) -> None:
        """`region` (ISO 3166) is whose numbering plan callers' numbers are in."""
        self._settings = settings
        self._clock = clock
        self._delays = delays or Delays()
        self._retry = Backoff(self._delays.first_retry, self._delays.longest_retry, jitter)
        self._auth_retry = Backoff(self._delays.first_auth_retry, self._delays.longest_auth_retry, jitter)
        self._server = ServerId(settings.name)
        self._recordings = settings.recordings.as_posix().rstrip("/")
        self._deliver: Callable[[PbxEvent], None] | None = None
        self._translation = Translation(self._server, region)
        self._channels: dict[LegId, str] = {}
        self._resyncs: list[Resync] = []
        self._sessions: list[Session] = []
        self._events: Session | None = None
        self._actions: Session | None = None
        self._booted = asyncio.Event()
        self._lost: asyncio.Future[str] | None = None
        self._running: asyncio.Task[None] | None = None
        self._closing = False
        self._told: set[str] = set()
        self._shutdown = False
        self._spent_messages = 0
        self.tap: Callable[[bytes], None] | None = None
        """Gets the raw bytes of the events connection, whole numbers included: for a capture a person asked for."""
        self.state = LinkState.DOWN
        self.since = clock.now()
        self.tries = 0
        self.listener_failures = 0

    @property
    def server(self) -> ServerId:
        return self._server

    @property
    def counts(self) -> dict[str, int]:
        """Messages read, events translated, failures of the listener, replies nobody waited for, actions pending."""
        return {
            "messages": self._spent_messages + sum(session.protocol.messages for session in self._sessions),
            "translated": self._translation.translated,
            "listener_failures": self.listener_failures,
            "unmatched": sum(session.unmatched for session in self._sessions),
            "pending": sum(session.pending for session in self._sessions),
            "channels": len(self._channels),
        }

    def subscribe(self, on_event: Callable[[PbxEvent], None]) -> None:
        self._deliver = on_event

    async def start(self) -> None:
        """Begin to connect; returns at once, LinkUp follows when it is so."""
        if self._running is None:
            self._closing = False
            self._running = asyncio.create_task(self._run(), name=f"ami-{self._server}")

    async def close(self) -> None:
        """Drop the link for good; what is pending ends with its event."""
        self._closing = True
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        self._drop(CLOSED_BY_US)

    def perform(self, command: PbxCommand) -> None:
        """Carry a command out; never raises, every result comes as an event."""
        events, actions = self._events, self._actions
        if self.state is not LinkState.UP or events is None or actions is None:
            self._later(failure(command, LinkDown("link down")))
        elif isinstance(command, TakeSnapshot):
            self._take_snapshot(events, lambda fault: self._later(failure(command, fault)))
        else:
            self._send(actions, command)

    async def request(self, headers: Mapping[str, str] | Iterable[tuple[str, str]], *, timeout_s: float = 5.0) -> Rows:
        """Ask the PBX and return its reply and the rows of its list; raises AmiFault (ActionRefused, NoReply, …)."""
        if self.state is not LinkState.UP or self._actions is None:
            raise LinkDown("link down")
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        action = tuple((name, value) for name, value in pairs if name.lower() != "actionid")
        return granted(await self._actions.ask(action, timeout_s=timeout_s))

    def replay(self) -> Callable[[bytes], None]:
        """A way in for recorded bytes of an events connection, without a socket; needs a running loop."""
        protocol = self._session(self._event).protocol
        return protocol.data_received

    def _send(self, session: Session, command: PbxCommand) -> None:
        try:
            actions = actions_for(command, self._channel_of, self._recordings)
        except Exception as error:
            self._later(failure(command, _as_fault(error)))
            return
        outcome = CommandOutcome(command, len(actions), self._emit)
        for action in actions:
            try:
                session.send(action, outcome.take)
            except Exception as error:
                asyncio.get_running_loop().call_soon(outcome.fail, _as_fault(error))
                return

    def _channel_of(self, leg: LegId) -> str:
        return self._channels.get(leg) or leg

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._closing:
            backoff = self._retry
            try:
                await self._bring_up()
                up_at = loop.time()
                self._auth_retry.reset()
                assert self._lost is not None
                why = await self._lost
                if loop.time() - up_at >= self._delays.steady:
                    self._retry.reset()
            except LoginRefused as fault:
                why, backoff = f"auth: {fault.why}", self._auth_retry
            except AmiFault as fault:
                why = self._lost.result() if self._lost is not None and self._lost.done() else fault.why
            except TimeoutError:
                why = f"no answer while {self.state.value}"
            except OSError as error:
                why = f"cannot connect: {type(error).__name__}"
            except Exception as error:
                why = f"fault of ours: {whereabouts(error)}"
            self._drop(why)
            await asyncio.sleep(backoff.next())

    async def _bring_up(self) -> None:
        self.tries += 1
        self._lost = asyncio.get_running_loop().create_future()
        self._booted.clear()
        self._shutdown = False
        events = await self._connect(self._event, "on")
        actions = await self._connect(self._stray, "off")
        self._step(LinkState.BOOTING)
        self._events, self._actions = events, actions
        events.protocol.tap = self._tapped
        await self._wait_booted()
        version = await self._version(actions)
        self._auth_retry.reset()
        self._step(LinkState.UP)
        self._told.clear()
        log.info("link to %s is up (%s)", self._server, version)
        self._emit(LinkUp(server=self._server, version=version))
        for session in (events, actions):
            session.keep_pinging(self._settings.ping_s, self._pong)
        self._take_snapshot(events, lambda fault: events.close(f"snapshot: {fault.why}"))

    def _session(self, on_event: Callable[[dict[str, str]], None]) -> Session:
        session = Session(
            on_event=on_event, on_lost=self._session_lost, timeout_s=self._settings.action_timeout_s, wanted=WANTED
        )
        self._sessions.append(session)
        return session

    async def _connect(self, on_event: Callable[[dict[str, str]], None], events: str) -> Session:
        self._step(LinkState.CONNECTING)
        settings, session = self._settings, self._session(on_event)
        async with asyncio.timeout(self._delays.connect):
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: session.protocol, settings.host, settings.port)
        self._step(LinkState.LOGIN)
        login = (
            ("Action", "Login"),
            ("Username", settings.user),
            ("Secret", settings.secret.get_secret_value()),
            ("Events", events),
        )
        try:
            granted(await session.ask(login, timeout_s=self._delays.login))
        except ActionRefused as fault:
            raise LoginRefused(fault.why) from None
        return session

    async def _wait_booted(self) -> None:
        assert self._lost is not None
        booted = asyncio.ensure_future(self._booted.wait())
        ends: list[asyncio.Future[Any]] = [booted, self._lost]
        try:
            await asyncio.wait(ends, timeout=self._delays.booted, return_when=asyncio.FIRST_COMPLETED)
        finally:
            booted.cancel()
        if self._lost.done():
            raise NoReply(self._lost.result())
        if not self._booted.is_set():
            log.warning("%s did not say FullyBooted (has the user read class system?); going on", self._server)

    async def _version(self, actions: Session) -> str:
        try:
            rows = granted(await actions.ask((("Action", "CoreSettings"),), timeout_s=self._delays.version))
            if version := rows[0].get("AsteriskVersion", ""):
                return version
        except AmiFault:
            if actions.protocol.closed:
                raise
        return f"AMI {actions.protocol.version}"

    def _session_lost(self, why: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(
                "PBX shut down" if self._shutdown and why.startswith(("closed", "Connection")) else why
            )
            self._enter(LinkState.DOWN)
            for session in self._sessions:
                session.close(why)

    def _drop(self, why: str) -> None:
        self._enter(LinkState.DOWN)
        self._events = self._actions = None
        self._resyncs.clear()
        for session in self._sessions:
            session.close(why)
            self._spent_messages += session.protocol.messages
        self._sessions.clear()
        refused = why.startswith("auth:")
        kind = "auth" if refused else "lost"
        if kind in self._told or (self._closing and self._told):
            log.debug("link to %s still lost: %s", self._server, why)
            return
        self._told.add(kind)
        if refused:
            log.error("%s refuses user %r: %s", self._server, self._settings.user, why.removeprefix("auth: "))
        else:
            log.log(logging.INFO if self._closing else logging.WARNING, "link to %s lost: %s", self._server, why)
        self._emit(LinkLost(server=self._server, why=why))

    def _take_snapshot(self, session: Session, on_fault: Callable[[AmiFault], None]) -> None:
        resync = Resync(self._server)

        def done(rows: Rows, fault: AmiFault | None) -> None:
            if resync in self._resyncs:
                self._resyncs.remove(resync)
            try:
                if fault is not None:
                    raise fault
                granted(rows)
                if resync.overflowed:
                    raise AmiFault("too many events meanwhile")
            except AmiFault as refused:
                on_fault(refused)
                return
            self._emit(resync.assemble(rows[1:]))
            self._take_devices(session)

        self._resyncs.append(resync)
        try:
            session.send((("Action", "CoreShowChannels"),), done)
        except AmiFault as fault:
            self._resyncs.remove(resync)
            on_fault(fault)

    def _take_devices(self, session: Session) -> None:
        """Ask how the phones are, which may have changed while nobody listened; a PBX that cannot say is let be."""

        def done(rows: Rows, fault: AmiFault | None) -> None:
            if fault is None and rows[:1] and rows[0].get("Response") == "Success":
                for row in rows[1:]:
                    event = self._translation.translate(row)
                    if isinstance(event, DeviceChanged):
                        self._emit(event)

        with suppress(AmiFault):
            session.send((("Action", "DeviceStateList"),), done)

    def _event(self, message: dict[str, str]) -> None:
        name = message["Event"]
        if name == "FullyBooted":
            self._booted.set()
        elif name == "Shutdown":
            self._shutdown = True
        elif name == "Rename":
            leg = LegId(message.get("Uniqueid", ""))
            if leg in self._channels:
                self._channels[leg] = message.get("Newname", "")
        else:
            event = self._translation.translate(message)
            if event is not None:
                for resync in self._resyncs:
                    resync.see(event)
                self._emit(event)

    def _tapped(self, data: bytes) -> None:
        if self.tap is not None:
            try:
                self.tap(data)
            except Exception as error:
                self.tap = None
                log.error("the capture of %s ends: %s", self._server, whereabouts(error))

    def _stray(self, message: dict[str, str]) -> None:
        if message["Event"] == "Shutdown":
            self._shutdown = True

    def _emit(self, event: PbxEvent) -> None:
        match event:
            case LegCreated(leg=leg, channel=channel):
                if len(self._channels) >= MOST_CHANNELS:
                    del self._channels[next(iter(self._channels))]
                self._channels[leg] = channel
            case LegEnded(leg=leg):
                self._channels.pop(leg, None)
            case PbxSnapshot(legs=legs):
                self._channels = {seen.leg: seen.channel for seen in legs}
        if self._deliver is None:
            return
        try:
            self._deliver(event)
        except Exception as error:
            self.listener_failures += 1
            log.error("the listener of %s failed at %s: %s", self._server, type(event).__name__, whereabouts(error))

    def _later(self, event: PbxEvent) -> None:
        try:
            asyncio.get_running_loop().call_soon(self._emit, event)
        except RuntimeError:
            self._emit(event)

    def _pong(self, lag_s: float) -> None:
        self._emit(Pong(server=self._server, lag_s=lag_s))

    def _step(self, state: LinkState) -> None:
        """One step up; raises NoReply when a connection was lost meanwhile."""
        if self._lost is not None and self._lost.done():
            raise NoReply(self._lost.result())
        self._enter(state)

    def _enter(self, state: LinkState) -> None:
        if state in STEPS[self.state]:
            log.debug("link to %s: %s -> %s", self._server, self.state.value, state.value)
            self.state = state
            self.since = self._clock.now()


def _as_fault(error: Exception) -> AmiFault:
    return error if isinstance(error, AmiFault) else AmiFault(f"unfit command: {type(error).__name__}")

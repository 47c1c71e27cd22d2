"""A live floor: the parts on an event loop, beside real (or simulated) Asterisk servers, with the desk open."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec
from prometheus_client import Histogram

from config.kvm import KvmFile
from config.model import AbandonContract, CampaignSettings, ServerSettings
from desk.server import Desk
from dialer.abandonment import Totals
from dialer.gate import look_back_s
from store import lease
from store.leads import LOOK_BACK_S, LeadBook
from store.opening import Store
from store.queries import tallies
from store.recall import decode, last_texts, restored
from store.reservations import Reservations
from store.verifying import heads
from store.writer import Writer
from switchroom import anchors, oddsbook, soundfiles
from switchroom.abandonment import counted_before
from switchroom.batchdesk import LiveBatches
from switchroom.callbooks import CallWork
from switchroom.callerbook import CallerBook
from switchroom.callers_desk import CallersBook
from switchroom.claims import Holdings, claims_of, mine, said
from switchroom.clock import WallClock
from switchroom.deskwork import Deskwork
from switchroom.dnc_desk import DoNotCallBook
from switchroom.dnc_watch import DoNotCallWatch
from switchroom.forecasts import Forecasts
from switchroom.house import House, build, roster_of
from switchroom.kvm_room import KvmRoom
from switchroom.laterdesk import LaterDesk
from switchroom.laterwork import LaterWork
from switchroom.opening import StoreFault, open_store
from switchroom.queuelog import QueueLogFile
from switchroom.queuework import Queuework, put_in
from switchroom.routing_desk import RoutingBook
from switchroom.surge_messages import SurgeMessages
from switchroom.view import Window
from switchroom.worktimes import Worktimes
from telephony.agents import Ask, PhoneMoved, Refused
from telephony.ami.link import AmiLink
from telephony.commands import CheckRecording, WriteQueueLog
from telephony.events import PbxEvent, Pong
from telephony.facts import Acted, AlarmCleared, AlarmRaised, AttemptVetoed, Fact, LeadAltered
from telephony.ids import AgentId, CampaignId, ServerId
from telephony.ports import Clock
from telephony.surge import SurgeChanged
from telephony.views import FloorView

log = logging.getLogger(__name__)

LEASE = "lease"
EVENT_LAG = Histogram(
    "telephony_event_lag_seconds",
    "Round trip of pings, in the stream events come in: no event is older when it is handled.",
    ["server"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
READ_BEFORE_S = 5.0
"""Leads read before a change of one was committed have come to the dialler by then."""
LOOK_AT_LEASE_S = 5.0


class LiveFloor:
    """The product running; ``start`` opens the store, restores, connects and opens the desk, ``close`` ends in order.

    It is the Floor that the desk and the command line see."""

    def __init__(
        self,
        server: ServerSettings,
        campaigns: Mapping[str, CampaignSettings],
        *,
        simulated: bool = False,
        store_url: str | None = None,
        clock: Clock | None = None,
        kvm: KvmFile | None = None,
        kvm_file: Path | None = None,
    ) -> None:
        """Raises KvmFault when a driver of the screens is not there or its options do not fit."""
        self.server = server
        self.campaigns: dict[str, CampaignSettings] = dict(campaigns)
        self.simulated = simulated
        self.clock: Clock = clock or WallClock()
        self._url = store_url or server.store.url
        self._timer: asyncio.TimerHandle | None = None
        self._armed: float | None = None
        self.links: dict[ServerId, AmiLink] = {}
        self.port = 0
        self.kvm: KvmRoom | None = None
        if kvm is not None:
            self.kvm = KvmRoom(
                kvm,
                clock=self.clock,
                zone=server.zone,
                path=server.data / "kvm.json",
                file_at=kvm_file,
                carry=lambda facts: self.house.core.carry(facts),
                move_phone=lambda actor, agent, endpoint: self._move_phone(actor, agent, endpoint),
            )

    async def start(self) -> None:
        """Raises StoreFault when the database does not open, OSError when the port is taken; then nothing is left open."""
        self._loop = asyncio.get_running_loop()
        self.store: Store = await asyncio.to_thread(open_store, self._url, self.server.key_file)
        try:
            claims = claims_of(self.server, self.campaigns)
            self._lease = await asyncio.to_thread(lease.take, self.store, claims)
        except lease.Taken as taken:
            self.store.close()
            code = "claims_taken" if taken.claims else "database_in_use"
            raise StoreFault(code, url=self.store.url, what=said(taken.claims)) from None
        reservations = Reservations() if self._lease.shared else None
        self.leads = LeadBook(self.store, post=self._post, reservations=reservations, look_back_s=self._look_back_s())
        self.writer = Writer(
            self.store,
            post=self._post,
            commit_wait_ms=self.server.store.commit_wait_ms,
            free_mb=self.server.store.free_mb,
            on_trouble=self._store_trouble,
            on_recovered=self._store_recovered,
            on_committed=self.leads.on_facts,
            on_vetoed=self._vetoed,
            reservations=reservations,
            name=self.server.name,
        )
        for settings in self.server.asterisk:
            self.links[ServerId(settings.name)] = AmiLink(
                settings, self.clock, jitter=Random(), region=self.server.region
            )
        self.do_not_call = DoNotCallWatch(self.store, self.server.do_not_call.list, self.campaigns, self.clock.now)
        self.later = LaterWork(
            self.store,
            folders=self._folders(),
            now=self.clock.now,
            look_back_s=self._look_back_s,
            post=self._post,
            feed=lambda event: self.house.core.feed(event),
        )
        self.queue_log: QueueLogFile | None = None
        self.house: House = build(
            server=self.server,
            campaigns=self.campaigns,
            ledger=self.writer,
            leads=self.leads,
            exchanges=self.links,
            clock=self.clock.now,
            totals=await asyncio.to_thread(self._today),
            bars=await asyncio.to_thread(self.do_not_call.load),
            started=await asyncio.to_thread(lease.begin_run, self.store, self.clock.now()),
            look=self._look,
            later=self.later.ask,
            find=lambda command: self.callers.find(command),
            fingerprint=self.store.number_key,
            log_queue=self._log_queue,
            on_idle=self._arm,
        )
        self.callers = CallerBook(self.store, post=self._post, feed=self.house.core.feed, now=self.clock.now)
        self.house.dialer.remember(await asyncio.to_thread(oddsbook.found, self.store))
        self._holdings = Holdings(
            self._lease,
            runs=lambda name: self.house.dialer.view(name, self.clock.now()) is not None,
            alarm=self._claims_lost,
        )
        self._keeping: asyncio.Task[None] | None = None
        if self._lease.shared:
            self.watch(self._holdings.on_facts)
            self._keeping = asyncio.create_task(self._holdings.keep(LOOK_AT_LEASE_S), name="keep the lease")
        if self.server.acd.queue_log is not None:
            self.queue_log = QueueLogFile(
                self.server.acd, self.server.zone, feed=self.house.core.feed, now=self.clock.now
            )
            self.queue_log.start()
        self.surge_messages = SurgeMessages(
            self.server.surge.webhook, self.server.name, feed=self.house.core.feed, now=self.clock.now
        )
        self.watch(self.surge_messages.on_facts)
        self.window = Window(self.house, simulated=self.simulated, zone=self.server.zone)
        for name, link in self.links.items():
            link.subscribe(self._hear)
            self.window.expect(name)
        known = await asyncio.to_thread(
            restored, self.store, mine(self.server, self.campaigns) if self._lease.shared else None
        )
        self.batches = LiveBatches(
            opened=self.store,
            server=self.server,
            campaigns=self.campaigns,
            house=self.house,
            writer=self.writer,
            leads=self.leads,
            now=self.clock.now,
        )
        self.forecasts = Forecasts(self.store, self.server, self.campaigns, self.clock.now)
        self.promises = LaterDesk(self.store, self.campaigns, self._folders(), self.house, self.writer, self.clock.now)
        self.desk = Desk(
            self,
            self.server.api,
            simulated=self.simulated,
            queries=Deskwork(self.store, self.server, self.campaigns, now=self.clock.now, altered=self._altered),
            batches=self.batches,
            forecaster=self.forecasts,
            routing=RoutingBook(self.store, self.clock.now),
            do_not_call=DoNotCallBook(self.store, self.server, self.campaigns, self.do_not_call, self.clock.now),
            calls=CallWork(self.store),
            clock=self.clock,
            kvm=self.kvm,
            counters=self.house.figures.counters,
            later=self.promises,
            queue_books=Queuework(
                self.store, self.server.queue, self.server.zone, now=self.clock.now, carry=self.house.core.carry
            ),
            callers=CallersBook(self.store, self.server, self.clock.now),
            worktimes=Worktimes(self.store, self.server, roster_of(self.server)),
            not_ready_reasons=list(self.server.floor.reasons),
        )
        try:
            self.port = await self.desk.start()
        except OSError:
            await self._close_books()
            raise
        await self.batches.start()
        await self._count_in(self.house.dialer.uncounted(), self.clock.now())
        await asyncio.to_thread(put_in, self.store, self.house.figures, self.clock.now())
        self.house.core.feed(known)
        await self._resume_surge()
        self.do_not_call.start(self.house.core.feed, self.house.core.carry)
        self._learning = asyncio.create_task(self._put_away_again(), name="put away what is learned")
        self._promising = asyncio.create_task(self.promises.watch(), name="watch promised calls")
        self._anchoring = asyncio.create_task(self._anchor(), name="anchor")
        if self.kvm is not None:
            self.watch(self.kvm.on_facts)
            self.kvm.start()
        for link in self.links.values():
            await link.start()

    async def close(self) -> None:
        """Stop listening and acting, then write what is left; calls in progress go on."""
        self.forecasts.close()
        await self.desk.close()
        await self.surge_messages.close()
        if self.kvm is not None:
            await self.kvm.close()
        self._anchoring.cancel()
        self._promising.cancel()
        self._learning.cancel()
        await asyncio.gather(self._anchoring, self._promising, self._learning, return_exceptions=True)
        await asyncio.to_thread(oddsbook.put_away, self.store, self.house.dialer.learned())
        await self.batches.close()
        await self.do_not_call.close()
        for link in self.links.values():
            await link.close()
        if self._timer is not None:
            self._timer.cancel()
        self.house.core.close()
        if self.queue_log is not None:
            await self.queue_log.close()
        await self._close_books()

    async def _resume_surge(self) -> None:
        """Go on at the surge plan's level of the last run."""
        found = await asyncio.to_thread(last_texts, self.store, (SurgeChanged.__name__,), 0.0, 1)
        for at, text in found:
            last = decode(text)
            if isinstance(last, SurgeChanged):
                self.house.core.carry(self.house.surge.resume(last, at, self.clock.now()))

    async def _put_away_again(self) -> None:
        while True:
            await asyncio.sleep(oddsbook.PUT_AWAY_S)
            await asyncio.to_thread(oddsbook.put_away, self.store, self.house.dialer.learned())

    async def _anchor(self) -> None:
        """Put the heads of the books down elsewhere, again and again."""
        while self.server.audit.anchor is not None:
            await asyncio.sleep(self.server.audit.anchor_s)
            await asyncio.to_thread(self._anchor_now)

    def _anchor_now(self) -> None:
        path = self.server.audit.anchor
        if path is None:
            return
        try:
            anchors.append(path, heads(self.store), self.clock.now())
        except Exception as error:
            log.error("the stamps could not be anchored in %s: %s", path, type(error).__name__)

    async def _close_books(self) -> None:
        await asyncio.to_thread(self.callers.close)
        if self._keeping is not None:
            self._keeping.cancel()
        await asyncio.to_thread(self.leads.close)
        await asyncio.to_thread(self.later.close)
        unwritten = await asyncio.to_thread(self.writer.close)
        await asyncio.to_thread(self._anchor_now)
        if unwritten:
            log.error("%d facts could not be written", unwritten)
        await asyncio.to_thread(self._lease.let_go)
        self.store.close()

    # the Floor

    def view(self) -> FloorView:
        return msgspec.structs.replace(self.window.view(self.clock.now()), stocks=self.batches.stockroom.views)

    def ask(self, ask: Ask) -> Refused | None:
        return self.house.core.ask(ask)

    def watch(self, on_facts: Callable[[float, Sequence[Fact]], None]) -> Callable[[], None]:
        return self.house.outbox.watch(on_facts)

    def reload(self, campaigns: Mapping[str, CampaignSettings]) -> None:
        """Put new campaign settings in force; running campaigns go on with them. Where servers share the database, a
        new campaign must be claimed first, so that the settings come into force a little later."""
        fresh = [name for name in campaigns if name not in self.campaigns]
        if self._lease.shared and fresh:
            self._claiming = self._loop.create_task(self._claim_and_reload(campaigns, fresh), name="claim campaigns")
        else:
            self._reload(campaigns)

    async def _claim_and_reload(self, campaigns: Mapping[str, CampaignSettings], fresh: Sequence[str]) -> None:
        left_out = await self._holdings.take(campaigns, fresh)
        self._reload({name: settings for name, settings in campaigns.items() if name not in left_out})

    def _reload(self, campaigns: Mapping[str, CampaignSettings]) -> None:
        self._note("settings.reload", "campaigns.toml", campaigns=", ".join(sorted(campaigns)))
        gone = self.campaigns.keys() - campaigns.keys()
        self.campaigns.clear()
        self.campaigns.update(campaigns)
        self.leads.look_back(self._look_back_s())
        now = self.clock.now()
        self.house.core.carry(self.house.dialer.reload(self.campaigns, now))
        if fresh := self.house.dialer.uncounted():
            self.writer.submit([], now, lambda: self._count_later(fresh, now))
        if self._lease.shared and gone:
            self._holdings.leave(gone)

    def _count_later(self, fresh: Sequence[tuple[CampaignId, AbandonContract]], until: float) -> None:
        """Everything up to that instant is on disk."""
        self._counting = self._loop.create_task(self._count_in(fresh, until), name="count contracts")

    async def _count_in(self, fresh: Sequence[tuple[CampaignId, AbandonContract]], until: float) -> None:
        """Put what the store has counted of these contracts up to that instant into their counts."""
        for campaign, contract in fresh:
            slots = await asyncio.to_thread(counted_before, self.store, campaign, contract, self.server.zone, until)
            self.house.dialer.recount(campaign, contract, slots, self.clock.now())

    def _claims_lost(self, what: str) -> None:
        """Another server has what was ours: it dials, we do not."""
        if what:
            log.error("another server has taken what this one held (%s): dialling stops here", what)
            self.house.core.feed(AlarmRaised(alarm="store", about=LEASE, words={"what": what}))
        else:
            self.house.core.feed(AlarmCleared(alarm="store", about=LEASE))

    # the edge

    def _move_phone(self, actor: str, agent: str, endpoint: str) -> None:
        self.house.core.ask(PhoneMoved(actor=actor, agent=AgentId(agent), endpoint=endpoint))

    def _altered(self, fact: LeadAltered) -> None:
        """Said again when whatever was being read from the store meanwhile has come."""
        self.house.core.feed(fact)
        self._loop.call_later(READ_BEFORE_S, self.house.core.feed, fact)

    def _note(self, act: str, about: str, **words: str) -> None:
        """Put what the machine's keeper did into the audit trail, with the next commit."""
        self.writer.submit([Acted(actor="host", act=act, about=about, words=words)], self.clock.now())

    def _folders(self) -> dict[ServerId, Path]:
        """Where recordings of each PBX lie on this machine, as far as they do."""
        return {ServerId(a.name): a.recordings_here for a in self.server.asterisk if a.recordings_here is not None}

    def _look_back_s(self) -> float:
        return max(LOOK_BACK_S, look_back_s(self.campaigns.values()))

    def _today(self) -> dict[str, Totals]:
        """What each campaign has counted since midnight of the site, so that a restart forgets no abandoned call."""
        now = self.clock.now()
        day = datetime.fromtimestamp(now, ZoneInfo(self.server.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            tally.campaign: Totals(
                placed=tally.placed,
                answered=tally.answered,
                connected=tally.connected,
                abandoned=tally.abandoned,
                outcomes=tally.outcomes,
            )
            for tally in tallies(self.store, day.timestamp(), now)
        }

    def _vetoed(self, fact: AttemptVetoed) -> None:
        self.house.outbox.veto(fact)

    def _post(self, act: Callable[[], None]) -> None:
        """Have something done in the loop's thread."""
        self._loop.call_soon_threadsafe(act)

    def _hear(self, event: PbxEvent) -> None:
        if type(event) is Pong:
            EVENT_LAG.labels(event.server).observe(event.lag_s)
            self.window.on_pong(event)
        self.house.core.feed(event)

    def _arm(self) -> None:
        """Have the earliest timer fire when it is due."""
        at = self.house.core.timers.next_at()
        if at == self._armed and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._armed = at
        if at is not None:
            self._timer = self._loop.call_later(max(0.0, at - self.clock.now()), self._fire)

    def _fire(self) -> None:
        self._timer, self._armed = None, None
        self.house.core.fire_due(self.clock.now())
        self._arm()

    def _look(self, command: CheckRecording) -> None:
        folder = next((a.recordings_here for a in self.server.asterisk if a.name == command.server), None)
        if folder is not None:
            looking = self._loop.run_in_executor(None, soundfiles.look, Path(folder), command)
            looking.add_done_callback(lambda done: self.house.core.feed(done.result()))

    def _log_queue(self, command: WriteQueueLog) -> None:
        if self.queue_log is not None:
            self.queue_log.take(command)

    def _store_trouble(self, kind: str, words: dict[str, str]) -> None:
        log.error("the store does not take facts (%s): dialling stops until it does", kind)
        self.house.core.feed(AlarmRaised(alarm="store", about=kind, words=words))

    def _store_recovered(self) -> None:
        log.warning("the store takes facts again: dialling goes on")
        for alarm in self.window.raised("store"):
            if alarm != LEASE:
                self.house.core.feed(AlarmCleared(alarm="store", about=alarm))

"""Keeps a running gate up to date: entries other processes made or lifted, and lists whose files were replaced.

A new file is verified from end to end in a thread before it takes the place of the one in use; a bad one raises an alarm
and the last good one stays. Leads that rest because of the list are due again once nothing bars them any more.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from prometheus_client import Gauge

from config.model import CampaignSettings, DoNotCallListSettings
from config.watch import Stamp, stamp
from dialer.donotcall.bars import Bars, Listed, ListsChanged
from dialer.donotcall.mapped import ListFault, MappedList
from store import barred
from store.faults import trouble_of
from store.opening import Store
from telephony.donotcall import BarEntry, BarsChanged
from telephony.facts import AlarmCleared, AlarmRaised, Fact, LeadRested
from telephony.ids import CampaignId

log = logging.getLogger(__name__)

LOOK_S = 0.5
ALARM = "do_not_call_list"
ENTRIES = Gauge("switchroom_do_not_call_entries", "Entries of the do-not-call list in force.", ["kind"])
NUMBERS = Gauge("switchroom_do_not_call_list_numbers", "Numbers in a mapped do-not-call list.", ["list"])
AGE = Gauge("switchroom_do_not_call_list_age_seconds", "Seconds since a mapped list was built.", ["list"])


class Shelf:
    """One list of the settings: its file as it was last looked at, and the list in use."""

    def __init__(self, settings: DoNotCallListSettings) -> None:
        self.settings = settings
        self.numbers: MappedList | None = None
        self.read: Stamp | None = None
        self.seen: Stamp | None = None
        self.fault = ""

    @property
    def listed(self) -> Listed:
        return Listed(self.settings.name, self.numbers, self.settings.campaign, self.settings.owner)


class DoNotCallWatch:
    """Looks every half second; ``look`` looks at once."""

    def __init__(
        self,
        opened: Store,
        lists: Sequence[DoNotCallListSettings],
        campaigns: Mapping[str, CampaignSettings],
        now: Callable[[], float],
    ) -> None:
        self._store = opened
        self._shelves = [Shelf(settings) for settings in lists]
        self._campaigns = campaigns
        self._now = now
        self._since = 0.0
        self._last_id = 0
        self._told: dict[int, BarEntry] = {}
        self.bars = Bars()
        self._feed: Callable[[object], None] = lambda _: None
        self._carry: Callable[[Iterable[Fact]], None] = lambda _: None
        self._task: asyncio.Task[None] | None = None
        self._looking = asyncio.Lock()
        self._freed = True
        """Something may bar fewer than before: leads at rest are to be gone through."""

    def load(self) -> Bars:
        """Everything in force, read and mapped; a list whose file cannot be used is awaited."""
        self._since = self._now()
        entries = barred.in_force(self._store, self._since)
        self._last_id = max((one.id for one in entries), default=0)
        for shelf in self._shelves:
            shelf.read = shelf.seen = stamp(shelf.settings.file)
            shelf.numbers, shelf.fault = _open(shelf.settings.file, self._store.secret, whole=False)
        self.bars = Bars(entries, [shelf.listed for shelf in self._shelves], now=self._since)
        return self.bars

    def start(self, feed: Callable[[object], None], carry: Callable[[Iterable[Fact]], None]) -> None:
        """Begin to look; `feed` takes events, `carry` facts decided here, both in the loop's thread."""
        self._feed, self._carry = feed, carry
        for shelf in self._shelves:
            if shelf.fault:
                self._complain(shelf)
        self._task = asyncio.create_task(self._run(), name="do-not-call")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Take up whatever has changed in the database by now."""
        async with self._looking:
            now = self._now()
            found = await asyncio.to_thread(barred.changed, self._store, since=self._since, after_id=self._last_id)
            news = [one for one in found if self._told.get(one.id) != one]
            self._told = {one.id: one for one in found}
            self._last_id = max((self._last_id, *self._told))
            self._since = now
            if news:
                self._feed(BarsChanged(tuple(news)))
                self._freed = self._freed or any(one.lifted_at is not None for one in news)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
                await self._look_at_files()
                if self._freed:
                    self._freed = False
                    await self._wake()
            except Exception as error:
                if trouble_of(error) is None:
                    log.exception("the do-not-call list could not be looked at")
            self._measure()
            await asyncio.sleep(LOOK_S)

    async def _look_at_files(self) -> None:
        for shelf in self._shelves:
            now = await asyncio.to_thread(stamp, shelf.settings.file)
            resting, shelf.seen = now == shelf.seen, now
            if not resting or now == shelf.read:
                continue
            shelf.read = now
            fresh, fault = await asyncio.to_thread(_open, shelf.settings.file, self._store.secret, whole=True)
            if fresh is None:
                shelf.fault = fault
                self._complain(shelf)
                continue
            shelf.numbers, was_bad, shelf.fault = fresh, bool(shelf.fault), ""
            log.info("do-not-call list %s: %d numbers in use", shelf.settings.name, len(fresh))
            self._feed(ListsChanged(tuple(one.listed for one in self._shelves)))
            self._freed = True
            if was_bad:
                self._feed(AlarmCleared(alarm=ALARM, about=shelf.settings.name))

    def _complain(self, shelf: Shelf) -> None:
        kept = "the last good one stays in use" if shelf.numbers is not None else "nothing is dialled without it"
        log.error("do-not-call list %s (%s): %s; %s", shelf.settings.name, shelf.settings.file, shelf.fault, kept)
        words = {"why": shelf.fault, "file": str(shelf.settings.file)}
        self._feed(AlarmRaised(alarm=ALARM, about=shelf.settings.name, words=words))

    async def _wake(self) -> None:
        """Have every lead due again that rests because of the list and is barred by nothing any more."""
        for name in list(self._campaigns):
            after = 0
            while portion := await asyncio.to_thread(
                barred.closed_leads, self._store, CampaignId(name), self._now(), after=after
            ):
                now, after = self._now(), portion[-1].id
                owner = self._campaigns[name].owner if name in self._campaigns else ""
                free = [
                    lead.id
                    for lead in portion
                    if self.bars.objection(lead.number, lead.number_key, lead.customer, name, owner, now) is None
                ]
                if free:
                    self._carry([LeadRested(lead=lead, due=now, why="bar_lifted") for lead in free])
                await asyncio.sleep(0)

    def _measure(self) -> None:
        for kind, count in self.bars.counts().items():
            ENTRIES.labels(kind).set(count)
        for shelf in self._shelves:
            if shelf.numbers is not None:
                NUMBERS.labels(shelf.settings.name).set(len(shelf.numbers))
                AGE.labels(shelf.settings.name).set(max(0.0, self._now() - shelf.numbers.head.made_at))


def _open(path: Path, secret: bytes, *, whole: bool) -> tuple[MappedList | None, str]:
    """The list in the file and "", or None and the code of what is wrong with it."""
    try:
        numbers = MappedList(path, secret)
        if whole:
            numbers.verify()
    except ListFault as fault:
        return None, fault.code
    except FileNotFoundError:
        return None, "missing"
    except OSError:
        return None, "unreadable"
    return numbers, ""

"""The stockroom: counts once a minute what is left to dial today, says when it runs dry, and warns in time."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from config.model import ServerSettings
from dialer.stock import WINDOW_S, Outlook, Sample, alarmed, hours_left, outlook
from store.opening import Store
from store.stock import Stock, newest, stock
from switchroom.recovery import next_midnight
from telephony.batches import group_of
from telephony.facts import AlarmCleared, AlarmRaised, Fact
from telephony.ids import CampaignId
from telephony.views import CampaignView, StockView

DATA_LOW = "data_low"
EVERY_S = 60.0

Count = tuple[dict[CampaignId, dict[str, Stock]], dict[CampaignId, int]]
Pool = tuple[str, str]
"""A campaign, and a group of it or "" for all of it."""


class Stockroom:
    """Samples by campaign and group. `opens` says whether a campaign may call at an instant (0.0: yes)."""

    def __init__(
        self, opened: Store, server: ServerSettings, opens: Callable[[str, tuple[str, ...], float], float]
    ) -> None:
        self._store = opened
        self._zone = server.zone
        self._horizon_s = server.batch.warn_min * 60.0
        self._opens = opens
        self._samples: dict[Pool, deque[Sample]] = {}
        self._moved: dict[str, int] = {}
        self._raised: set[Pool] = set()
        self.views: tuple[StockView, ...] = ()

    def moved(self, campaign: str) -> None:
        """Customers of the campaign have changed hands: that is no consumption."""
        self._moved[campaign] = self._moved.get(campaign, 0) + 1

    def hours(self, campaign: str, now: float) -> list[tuple[float, float]]:
        """The calling hours the campaign has left today, in the site's time zone."""
        zones = (self._zone,)
        return hours_left(lambda at: self._opens(campaign, zones, at), now, next_midnight(now, self._zone))

    def count(self, campaigns: Sequence[str], now: float) -> Count:
        """Ask the store what comes due until the last calling hour of today; may be asked in any thread."""
        until = {}
        for name in campaigns:
            hours = self.hours(name, now)
            until[CampaignId(name)] = hours[-1][1] if hours else now
        return stock(self._store, until, now), newest(self._store, until)

    def note(self, counted: Count, campaigns: Sequence[CampaignView], now: float) -> list[Fact]:
        """Take a count in; returns the alarms that begin and end with it."""
        held, last = counted
        shown = {view.id: view for view in campaigns}
        views: list[StockView] = []
        said: list[Fact] = []
        for campaign, holders in held.items():
            view = shown.get(campaign)
            running = view is not None and view.state == "running"
            in_the_air = sum(view.stages.values()) if view is not None else 0
            pools: dict[Pool, Stock] = {(campaign, ""): _together(holders.values(), in_the_air)}
            for holder, found in holders.items():
                if (group := group_of(holder)) is not None:
                    pools[(campaign, group)] = found
            pools.update({pool: NOTHING for pool in self._samples if pool[0] == campaign and pool not in pools})
            hours = self.hours(campaign, now)
            dialling = running and bool(hours) and hours[0][0] <= now
            mark = last[campaign] * 1_000_003 + self._moved.get(campaign, 0)
            for pool, found in pools.items():
                samples = self._samples.setdefault(pool, deque(maxlen=int(WINDOW_S / EVERY_S) + 2))
                soon = sum(count for minute, count in found.coming if minute == 1)
                samples.append(Sample(at=now, ready=found.ready, soon=soon, mark=mark, dialling=dialling))
                coming = [(now + 60.0 * minute, count) for minute, count in found.coming]
                seen = outlook(samples, coming, hours, now)
                views.append(_view(pool, seen))
                said += self._warn(pool, seen.dry_at if running else None, seen.left, now)
        for gone in [pool for pool in self._samples if pool[0] not in held]:
            del self._samples[gone]
            said += self._warn(gone, None, 0, now)
        self.views = tuple(sorted(views, key=lambda view: (view.campaign, view.group)))
        return said

    def _warn(self, pool: Pool, dry_at: float | None, left: int, now: float) -> list[Fact]:
        was = pool in self._raised
        bad = alarmed(was, dry_at, now, self._horizon_s)
        about = "/".join(filter(None, pool))
        if bad and not was and dry_at is not None:
            self._raised.add(pool)
            at = datetime.fromtimestamp(dry_at, ZoneInfo(self._zone)).strftime("%H:%M")
            return [AlarmRaised(alarm=DATA_LOW, about=about, words={"at": at, "left": str(left)})]
        if was and not bad:
            self._raised.discard(pool)
            return [AlarmCleared(alarm=DATA_LOW, about=about)]
        return []


NOTHING = Stock(ready=0)


def _view(pool: Pool, seen: Outlook) -> StockView:
    return StockView(campaign=pool[0], group=pool[1], left=seen.left, per_hour=seen.per_hour, dry_at=seen.dry_at)


def _together(found: Iterable[Stock], in_the_air: int) -> Stock:
    """All of a campaign, without those being called."""
    ready, coming = 0, Counter[int]()
    for one in found:
        ready += one.ready
        coming.update(dict(one.coming))
    return Stock(ready=max(0, ready - in_the_air), coming=tuple(sorted(coming.items())))

"""The do-not-call list in memory: the one question the gate asks, answered in a microsecond.

Exact numbers and customers are looked up by key, prefixes by their lengths, ranges by bisection, a regulator's lists in
their mapped files. An entry counts while it is in force and where its scope reaches; of several the longest counts.
"""

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from dialer.donotcall.mapped import MappedList
from telephony.donotcall import BarEntry, BarKind
from telephony.ids import CustomerId
from telephony.numbers import PhoneNumber

LIST = "list"


class Bar(msgspec.Struct, frozen=True, gc=False):
    """Why a call may not be: the kind of entry, until when (None: for good), its id or the list's name."""

    kind: str
    until: float | None
    campaign: str
    owner: str
    reason: str
    at: float
    id: int
    name: str = ""

    def reaches(self, campaign: str, owner: str, now: float) -> bool:
        """Whether it is in force there and now."""
        return (
            (self.until is None or self.until > now)
            and (not self.campaign or self.campaign == campaign)
            and (not self.owner or self.owner == owner)
        )


class Listed(msgspec.Struct, frozen=True):
    """A regulator's list and where it holds; `numbers` None while its file is not there: then nothing may be dialled."""

    name: str
    numbers: MappedList | None
    campaign: str = ""
    owner: str = ""


class ListsChanged(msgspec.Struct, frozen=True):
    """All lists as they are from now on."""

    lists: tuple[Listed, ...]


class Bars:
    """All entries in force and all lists."""

    def __init__(self, entries: Iterable[BarEntry] = (), lists: Iterable[Listed] = (), *, now: float = 0.0) -> None:
        self._entries: dict[int, BarEntry] = {}
        self._keys: dict[int | CustomerId, tuple[Bar, ...]] = {}
        self._prefixes: dict[int, dict[str, tuple[Bar, ...]]] = {}
        self._ranges: tuple[tuple[int, int, Bar], ...] = ()
        self._lows: tuple[int, ...] = ()
        self._reach: tuple[int, ...] = ()
        self._lists: tuple[tuple[MappedList, Bar], ...] = ()
        self._wide = False
        self.awaited: tuple[str, ...] = ()
        """Names of lists whose files are not there."""
        self.hang(lists)
        self.take(entries, now)

    def objection(
        self, number: PhoneNumber | None, number_key: int, customer: str, campaign: str, owner: str, now: float
    ) -> Bar | None:
        """What keeps the number and its customer (empty: unknown) from being called on this campaign of this list owner,
        None when nothing does; without the number (None) by the keys alone."""
        keys, worst = self._keys, None
        if keys:
            if found := keys.get(number_key):
                worst = _worst(found, campaign, owner, now, worst)
            if customer and (found := keys.get(CustomerId(customer))):
                worst = _worst(found, campaign, owner, now, worst)
        if self._wide and number is not None and (worst is None or worst.until is not None):
            return self._widely(number.ordinal(), campaign, owner, now, worst)
        return worst

    def _widely(self, ordinal: int, campaign: str, owner: str, now: float, worst: Bar | None) -> Bar | None:
        if self._prefixes:
            digits = str(ordinal)
            for length, entries in self._prefixes.items():
                if found := entries.get(digits[:length]):
                    worst = _worst(found, campaign, owner, now, worst)
        at = bisect_right(self._lows, ordinal) - 1
        while at >= 0 and self._reach[at] >= ordinal:
            low, high, bar = self._ranges[at]
            if low <= ordinal <= high:
                worst = _worst((bar,), campaign, owner, now, worst)
            at -= 1
        for numbers, bar in self._lists:
            if bar.reaches(campaign, owner, now) and numbers.holds(ordinal):
                return bar
        return worst

    def take(self, entries: Iterable[BarEntry], now: float) -> None:
        """Put entries in force, or out of it when they are lifted; said twice it changes nothing."""
        areas = False
        for entry in entries:
            areas |= entry.kind in (BarKind.PREFIX, BarKind.RANGE)
            old = self._entries.pop(entry.id, None)
            for named in (entry,) if old is None else (entry, old):
                self._strike(named)
            if entry.lifted_at is not None or (entry.until is not None and entry.until <= now):
                continue
            self._entries[entry.id] = entry
            for key in _keys_of(entry):
                self._keys[key] = (*self._keys.get(key, ()), _bar(entry))
        if areas:
            self._survey()

    def bar_now(self, customer: CustomerId, number_key: int, reason: str, at: float) -> None:
        """Bar a customer and a number everywhere until the store tells of the entry made at that instant."""
        bar = Bar(BarKind.CUSTOMER if customer else BarKind.NUMBER, None, "", "", reason, at, 0)
        for key in (customer, number_key):
            if key and bar not in self._keys.get(key, ()):
                self._keys[key] = (*self._keys.get(key, ()), bar)

    def hang(self, lists: Iterable[Listed]) -> None:
        """Ask these lists from now on, and no others."""
        known = tuple(lists)
        self._lists = tuple(
            (one.numbers, Bar(LIST, None, one.campaign, one.owner, LIST, one.numbers.head.made_at, 0, one.name))
            for one in known
            if one.numbers is not None
        )
        self.awaited = tuple(one.name for one in known if one.numbers is None)
        self._widen()

    def counts(self) -> dict[str, int]:
        """How many entries of each kind are in force."""
        found = dict.fromkeys((kind.value for kind in BarKind), 0)
        for entry in self._entries.values():
            found[entry.kind.value] += 1
        return found

    def _strike(self, entry: BarEntry) -> None:
        """Forget an entry, and what was barred on its behalf before the store knew of it."""
        for key in _keys_of(entry):
            bars = self._keys.get(key)
            if bars is None:
                continue
            left = tuple(bar for bar in bars if bar.id != entry.id and (bar.id or bar.at != entry.at))
            if left:
                self._keys[key] = left
            else:
                del self._keys[key]

    def _survey(self) -> None:
        """Lay out prefixes and ranges anew."""
        prefixes: dict[int, dict[str, tuple[Bar, ...]]] = {}
        ranges: list[tuple[int, int, Bar]] = []
        for entry in self._entries.values():
            if entry.kind is BarKind.PREFIX:
                text = str(entry.low)
                same = prefixes.setdefault(len(text), {})
                same[text] = (*same.get(text, ()), _bar(entry))
            elif entry.kind is BarKind.RANGE:
                ranges.append((entry.low, entry.high, _bar(entry)))
        ranges.sort(key=lambda one: (one[0], one[1], one[2].id))
        reach: list[int] = []
        for _, high, _ in ranges:
            reach.append(max(high, reach[-1]) if reach else high)
        self._prefixes, self._ranges = prefixes, tuple(ranges)
        self._lows, self._reach = tuple(low for low, _, _ in ranges), tuple(reach)
        self._widen()

    def _widen(self) -> None:
        self._wide = bool(self._prefixes or self._ranges or self._lists)


def _keys_of(entry: BarEntry) -> list[int | CustomerId]:
    return [key for key in (entry.number_key, entry.customer) if key]


def _bar(entry: BarEntry) -> Bar:
    return Bar(entry.kind.value, entry.until, entry.campaign, entry.owner, entry.reason, entry.at, entry.id)


def _worst(bars: tuple[Bar, ...], campaign: str, owner: str, now: float, than: Bar | None) -> Bar | None:
    """The bar that lasts longest of those that reach here, `than` included."""
    for bar in bars:
        if bar.reaches(campaign, owner, now) and (
            than is None or (than.until is not None and (bar.until is None or bar.until > than.until))
        ):
            than = bar
    return than

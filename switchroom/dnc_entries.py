"""What people do with the do-not-call list, by command line or API: entries made, lifted and shown, complaints filed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from config.model import CampaignSettings
from desk.dnc_ports import Barring, ComplaintFiled, Objection
from dialer.donotcall.bars import Bars
from store import audit, barred
from store.barred import NewBar
from store.opening import Store
from switchroom.numbering import read_number
from telephony.donotcall import BarEntry, BarKind
from telephony.ids import CustomerId
from telephony.numbers import NumberFault, PhoneNumber

SHOWN_DIGITS = 9
"""A prefix this long stands for ten thousand numbers or more; of a longer one the rest is hidden."""
SMALL_RANGE = 10_000
LONGEST_PREFIX = 12
HOW = ("phone", "letter", "visit")


class EntryFault(Exception):
    """The entry cannot be made; `code` and `words` are for the catalogue of texts."""

    def __init__(self, code: str, **words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as people write it: one of number, customer, prefix or range (`first` to `last`)."""

    number: str = ""
    customer: str = ""
    prefix: str = ""
    first: str = ""
    last: str = ""
    campaign: str = ""
    owner: str = ""
    reason: str = ""
    until: float | None = None


def entry_of(wish: Wish, region: str, now: float) -> NewBar:
    """The entry a wish asks for; raises EntryFault."""
    named = [bool(part) for part in (wish.number, wish.customer, wish.prefix, wish.first or wish.last)]
    if sum(named) != 1:
        raise EntryFault("one_of")
    if wish.campaign and wish.owner:
        raise EntryFault("one_scope")
    if wish.until is not None and wish.until <= now:
        raise EntryFault("until_past")
    more: dict[str, Any] = {
        "campaign": wish.campaign,
        "owner": wish.owner,
        "reason": wish.reason or "other",
        "until": wish.until,
    }
    if wish.number:
        return NewBar(kind=BarKind.NUMBER, number=_number(wish.number, region), **more)
    if wish.customer:
        return NewBar(kind=BarKind.CUSTOMER, customer=CustomerId(wish.customer.strip()), **more)
    if wish.prefix:
        digits = wish.prefix.strip().removeprefix("+")
        if not (digits.isascii() and digits.isdigit() and 1 <= len(digits) <= LONGEST_PREFIX and digits[0] != "0"):
            raise EntryFault("prefix")
        return NewBar(kind=BarKind.PREFIX, low=int(digits), **more)
    first, last = _number(wish.first, region), _number(wish.last, region)
    low, high = first.ordinal(), last.ordinal()
    if len(str(low)) != len(str(high)) or low > high:
        raise EntryFault("range")
    if low == high:
        return NewBar(kind=BarKind.NUMBER, number=first, **more)
    return NewBar(kind=BarKind.RANGE, low=low, high=high, **more)


def add(opened: Store, entries: Sequence[NewBar], *, source: str, author: str, now: float, chain: str) -> list[int]:
    """Make entries; returns the ids of those that were new."""
    made = barred.bar(opened, entries, source=source, author=author, at=now)
    audit.act(opened, actor=author, act="dnc.add", about=source, now=now, chain=chain, entries=len(made))
    return made


def lift(opened: Store, ids: Sequence[int], *, author: str, now: float, chain: str) -> int:
    """Take entries off the list; returns how many were in force."""
    lifted = barred.lift(opened, ids, by=author, at=now)
    if lifted:
        about = ", ".join(f"entry {one}" for one in ids[:20])
        audit.act(opened, actor=author, act="dnc.lift", about=about, now=now, chain=chain, entries=lifted)
    return lifted


def complain(
    opened: Store, *, number: str, customer: str, how: str, author: str, region: str, now: float, chain: str
) -> ComplaintFiled:
    """File a complaint: the customer and all numbers known of him are barred everywhere at once (S0 一.3)."""
    if bool(number) == bool(customer):
        raise EntryFault("one_of")
    if how not in HOW:
        raise EntryFault("how")
    known = _number(number, region) if number else None
    key = opened.number_key(known) if known is not None else 0
    customers, numbers = barred.known_of(opened, number_key=key, customer=customer.strip())
    if known is not None:
        numbers[key] = known
    entries = [NewBar(kind=BarKind.CUSTOMER, customer=one, reason="complaint") for one in sorted(customers)]
    entries += [NewBar(kind=BarKind.NUMBER, number=one, reason="complaint") for _, one in sorted(numbers.items())]
    made = barred.bar(opened, entries, source=how, author=author, at=now)
    words = {"how": how, "customers": len(customers), "numbers": len(numbers)}
    audit.act(opened, actor=author, act="dnc.complaint", about=f"{len(made)} entries", now=now, chain=chain, **words)
    return ComplaintFiled(customers=len(customers), numbers=len(numbers), entries=tuple(made))


def check(
    opened: Store, bars: Bars, number: PhoneNumber, campaigns: Mapping[str, CampaignSettings], now: float
) -> list[Objection]:
    """What bars a number: first everywhere, then on each campaign that has a bar of its own."""
    key = opened.number_key(number)
    customers = sorted(barred.known_of(opened, number_key=key)[0]) or [CustomerId("")]
    found: list[Objection] = []
    for campaign, owner in [("", ""), *((name, one.owner) for name, one in campaigns.items())]:
        for customer in customers:
            bar = bars.objection(number, key, customer, campaign, owner, now)
            if bar is None:
                continue
            one = Objection(
                kind=bar.kind, until=bar.until, campaign=campaign, reason=bar.reason, name=bar.name, id=bar.id
            )
            if all((one.kind, one.id, one.name) != (known.kind, known.id, known.name) for known in found):
                found.append(one)
    return found


def number_in(text: str, region: str) -> PhoneNumber:
    """The number people wrote; raises EntryFault."""
    return _number(text, region)


def row_of(entry: BarEntry) -> Barring:
    """The entry as people may see it."""
    return Barring(
        id=entry.id,
        kind=entry.kind.value,
        what=_shown(entry),
        campaign=entry.campaign,
        owner=entry.owner,
        reason=entry.reason,
        source=entry.source,
        author=entry.author,
        at=entry.at,
        until=entry.until,
        lifted_at=entry.lifted_at,
        lifted_by=entry.lifted_by,
    )


def until_of(text: str, zone: str) -> float | None:
    """The instant of a date or of a date and time at the site, None for an empty text; raises EntryFault."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=ZoneInfo(zone)).timestamp()
    except ValueError:
        raise EntryFault("until") from None


def _number(text: str, region: str) -> PhoneNumber:
    """The number; an international one need not be assigned to be barred."""
    try:
        return read_number(text, region)
    except NumberFault as fault:
        plain = "".join(letter for letter in text if letter not in " -()./")
        if fault.why == "not_assigned" and plain.startswith("+"):
            return PhoneNumber(plain)
        raise EntryFault("number", why=fault.why) from None


def _shown(entry: BarEntry) -> str:
    if entry.kind is BarKind.PREFIX:
        digits = str(entry.low)
        return f"+{digits}" if len(digits) <= SHOWN_DIGITS else f"+{digits[: SHOWN_DIGITS - 2]}{'*' * 4}"
    if entry.kind is BarKind.RANGE:
        ends = PhoneNumber(f"+{entry.low}"), PhoneNumber(f"+{entry.high}")
        if entry.high - entry.low + 1 < SMALL_RANGE:
            return " – ".join(end.masked for end in ends)
        return f"+{entry.low} – +{entry.high}"
    return entry.shown or entry.customer or "****"

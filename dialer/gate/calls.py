"""The gate's own book of calls placed: binding for every campaign at once, before the store tells of them.

A call is one row of 37 bytes in a page, found by the number and by the customer through a chain of rows; ten million
customers with their histories take some three gigabytes. Two pages are kept: a full-time page is put away as the old one,
and the one before it forgotten, calls under way carried over.
"""

from collections.abc import Sequence
from operator import attrgetter
from struct import Struct

import msgspec

from telephony.ids import CallId, CampaignId, CustomerId
from telephony.leads import Contact
from telephony.outcomes import Outcome

_ROW = Struct("<dqqiiHHB")
_SIZE = _ROW.size
_pack = _ROW.pack
_BRIEF = Struct("<dq8xii2xHx")
"""Of a row: instant, call, both rows before, outcome."""
_OUTCOME = Struct("<H")
_OUTCOME_AT, _REACHED_AT = _SIZE - 3, _SIZE - 1
_END = -1
_ANSWERED, _CONNECTED = 1, 2
REFUSED = Outcome.REFUSED.value
"""The outcome of an attempt that certainly never left: it counts under no rule."""
_REFUSED = 1
_instant = attrgetter("at")

Row = tuple[float, int, int, int, int, int, int, int]
"""Instant, call (hashed), number, the row before of this number, of this customer, campaign, outcome, what it reached."""


class Page:
    """Rows of calls; `last` leads from a number's fingerprint or a customer to his latest row."""

    __slots__ = ("count", "last", "rows")

    def __init__(self) -> None:
        self.count = 0
        self.last: dict[int | CustomerId, int] = {}
        self.rows = bytearray()

    def of(self, number_key: int, customer: CustomerId) -> list[Row]:
        """The rows of the number or the customer, latest first."""
        rows, read, found = self.rows, _ROW.unpack_from, list[Row]()
        mine, his = self.last.get(number_key, _END), self.last.get(customer, _END)
        while (at := mine if mine > his else his) != _END:
            row = read(rows, at * _SIZE)
            found.append(row)
            if at == mine:
                mine = row[3]
            if at == his:
                his = row[4]
        return found

    def instants(self, number_key: int, customer: CustomerId, but: int, calls: set[int] | None) -> list[float]:
        """When the number or the customer was called, but for calls of the outcome `but`; adds what they are to `calls`."""
        rows, read, found = self.rows, _BRIEF.unpack_from, list[float]()
        mine, his = self.last.get(number_key, _END), self.last.get(customer, _END)
        while (at := mine if mine > his else his) != _END:
            instant, call, before_mine, before_his, outcome = read(rows, at * _SIZE)
            if outcome != but:
                found.append(instant)
            if calls is not None:
                calls.add(call)
            if at == mine:
                mine = before_mine
            if at == his:
                his = before_his
        return found


class _UnderWay(msgspec.Struct, gc=False):
    """Where a call that has not ended stands: its page, the first byte of its row, whose it is."""

    page: Page
    at: int
    customer: CustomerId


class Calls:
    """What this process has placed of late, and what became of it."""

    def __init__(self) -> None:
        self.young, self.old = Page(), Page()
        self._names: list[str] = ["", REFUSED]
        self._index: dict[str, int] = {"": 0, REFUSED: _REFUSED}
        self._open: dict[CallId, _UnderWay] = {}

    def enter(self, contact: Contact) -> None:
        """Write a call down; it counts at once, as one that will reach an agent until it has ended otherwise."""
        page, index = self.young, self._index
        last, customer, number_key, outcome = page.last, contact.customer, contact.number_key, contact.outcome
        row = page.count
        page.count = row + 1
        before_number = before_customer = _END
        if number_key:
            before_number = last.get(number_key, _END)
            last[number_key] = row
        if customer:
            before_customer = last.get(customer, _END)
            last[customer] = row
        campaign = index.get(contact.campaign)
        reached = _CONNECTED if contact.connected else 0
        page.rows += _pack(
            contact.at,
            hash(contact.call),
            number_key,
            before_number,
            before_customer,
            self._name(contact.campaign) if campaign is None else campaign,
            self._name(outcome) if outcome else 0,
            reached | _ANSWERED if contact.answered else reached,
        )
        if not outcome:
            self._open[contact.call] = _UnderWay(page, row * _SIZE, customer)

    def reached(self, call: CallId, *, connected: bool) -> None:
        """The customer answered or, `connected`, an agent has him."""
        if known := self._open.get(call):
            known.page.rows[known.at + _REACHED_AT] |= _ANSWERED | _CONNECTED if connected else _ANSWERED

    def ended(self, call: CallId, outcome: str) -> None:
        """The call is over: from now on it counts as what it was."""
        if known := self._open.pop(call, None):
            _OUTCOME.pack_into(known.page.rows, known.at + _OUTCOME_AT, self._name(outcome))

    def turn(self) -> None:
        """Begin a new page and forget the one before the last."""
        gone, self.old, self.young = self.old, self.young, Page()
        for call, known in list(self._open.items()):
            if known.page is gone:
                self.enter(self._contact(_ROW.unpack_from(gone.rows, known.at), call, known.customer))

    def knows(self, number_key: int, customer: CustomerId) -> bool:
        """Whether there is any call of the number or the customer."""
        young, old = self.young.last, self.old.last
        return number_key in young or customer in young or number_key in old or customer in old

    def together(self, told: Sequence[Contact], number_key: int, customer: CustomerId) -> list[Contact]:
        """The calls of number and customer, oldest first: those in the book and those `told` by the store that are not.

        Calls of the book have no call id."""
        rows = self.young.of(number_key, customer)
        if self.old.last:
            rows += self.old.of(number_key, customer)
        nameless = CallId("")
        found = [self._contact(row, nameless, customer) for row in rows]
        if told:
            mine = {row[1] for row in rows}
            found += [contact for contact in told if hash(contact.call) not in mine]
        if len(found) > 1:
            found.sort(key=_instant)
        return found

    def instants(self, told: Sequence[Contact], number_key: int, customer: CustomerId) -> list[float]:
        """When they were called, earliest first, as ``together`` has it, without the attempts that never left."""
        mine = set[int]() if told else None
        found = self.young.instants(number_key, customer, _REFUSED, mine)
        if self.old.last:
            found += self.old.instants(number_key, customer, _REFUSED, mine)
        if mine is not None:
            found += [one.at for one in told if one.outcome != REFUSED and hash(one.call) not in mine]
        found.sort()
        return found

    def _contact(self, row: Row, call: CallId, customer: CustomerId) -> Contact:
        return Contact(
            at=row[0],
            call=call,
            customer=customer,
            number_key=row[2],
            campaign=CampaignId(self._names[row[5]]),
            answered=bool(row[7] & _ANSWERED),
            connected=bool(row[7] & _CONNECTED),
            outcome=self._names[row[6]],
        )

    def _name(self, name: str) -> int:
        index = self._index.get(name)
        if index is None:
            index = self._index[name] = len(self._names)
            self._names.append(name)
        return index

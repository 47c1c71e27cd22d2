"""Takes a list of customers into the store: in portions, each noted with how far it came; nothing lost without a word."""

import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from config.faults import mask_digits
from config.model import DoNotCallListSettings
from store.arrivals import take_portion
from store.audit import CLI
from store.batches import Batch, BatchExists, BatchMoved, BatchState, batch_of, batch_of_file, create_batch
from store.intake import BREATH_S, NewLead
from store.known import ASIDE, DUPLICATES, Against, Arrival
from store.left_out import LeftOut
from store.opening import Store
from switchroom.cells import without_numbers
from switchroom.columns import Columns, columns_of
from switchroom.dnc_watch import DoNotCallWatch
from switchroom.lead_rows import LeadRows, RowRefused
from switchroom.lists import CustomerList, digest_of, examine_list, rows_of
from switchroom.numbering import reads_as_number
from switchroom.sheet import Row, SheetFault
from telephony.ids import CampaignId

PORTION = 512
"""Rows of one transaction: the ledger of a running server waits for it."""
REMEMBERED = 2_000_000
"""Numbers of one file remembered to find those that stand in it twice; beyond, the store finds them."""
NAME = 60
NAMES_TRIED = 1000

Progress = Callable[[int, int, int], None]
"""Called with (rows so far, bytes read, bytes of the file)."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be taken in where, and by whom.

    `file` is the name to be remembered, `name` the batch's ("" makes one), `sheet` names one of a workbook's;
    `against` are the comparisons wanted beside the campaign's own numbers: campaign, live, yesterday."""

    path: Path
    campaign: CampaignId
    author: str
    file: str = ""
    name: str = ""
    sheet: str = ""
    against: frozenset[str] = frozenset({"campaign", "live", "yesterday"})
    region: str
    zone: str
    agents: Collection[str] | None = None
    owner: str = ""
    """The campaign's list owner, whose own do-not-call entries hold too."""
    lists: Sequence[DoNotCallListSettings] = ()
    """Do-not-call lists in files."""
    groups: Collection[str] | None = None
    """Groups a row may name, None for any."""
    share: float = 1.0
    """How much of the batch may be dialled at once."""
    chain: str = CLI
    """The chain of the audit trail that says who did it."""
    dry_run: bool = False


class IntakeReport(msgspec.Struct, frozen=True, kw_only=True):
    """How it went: rows = added + duplicates + rejected, the latter two by code; `further` counts more numbers a row.

    `already` says that the file was taken in before and nothing was done; `resumed_after` is the line at which an
    earlier import of it had broken off, 0 for a new one; `extra` are the columns kept as they are."""

    batch: str
    campaign: str
    file: str
    sheet: str
    already: bool
    dry_run: bool
    resumed_after: int
    created_at: float
    rows: int
    added: int
    duplicates: dict[str, int]
    rejected: dict[str, int]
    further: dict[str, int]
    encoding: str
    delimiter: str
    headed: bool
    extra: tuple[str, ...]
    ignored: tuple[str, ...]


class BrokenOff(Exception):
    """The list turned out unreadable in its middle; `batch` is what of it was taken in."""

    def __init__(self, fault: SheetFault, batch: Batch) -> None:
        super().__init__(fault.code)
        self.fault = fault
        self.batch = batch


def take_in(
    store: Store, order: Order, *, now: Callable[[], float] = time.time, progress: Progress | None = None
) -> IntakeReport:
    """Take a list in, or go on with it where an earlier import of the same file broke off.

    Raises SheetFault for a file that is no list of customers, BrokenOff where it is damaged further down, BatchExists
    when the name is another list's, BatchMoved when somebody else imports the same file, and the store's errors; what
    was taken in before any of them stays, and the same order goes on from there."""
    found = examine_list(order.path, order.sheet)
    digest = digest_of(order.path)
    known = batch_of_file(store, order.campaign, digest, _sheet(found))
    if known is not None and known.state is not BatchState.IMPORTING:
        return _report(known, order, found, None, already=True, resumed_after=0)
    intake = _Intake(store, order, found, digest, known, now, progress)
    return intake.run()


def yesterday(zone: str, now: float) -> tuple[float, float]:
    """The day before in the site's zone: its first instant and its end."""
    today = datetime.fromtimestamp(now, ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=1)).timestamp(), today.timestamp()


class _Intake:
    """One list on its way in."""

    def __init__(
        self,
        store: Store,
        order: Order,
        found: CustomerList,
        digest: str,
        known: Batch | None,
        now: Callable[[], float],
        progress: Progress | None,
    ) -> None:
        self._store = store
        self._order = order
        self._found = found
        self._now = now
        self._progress = progress
        self._read = 0
        self._bars = DoNotCallWatch(store, order.lists, {}, now).load()
        self._known = known is not None
        self._resumed_after = known.position if known is not None else 0
        self._columns: Columns | None = None
        self._seen: set[int] = set()
        self._arrivals: list[Arrival] = []
        self._refused: list[LeftOut] = []
        self._line = 0
        created = known.created_at if known is not None else now()
        self._batch = known or Batch(
            id=order.name,
            campaign=order.campaign,
            file=shown_name(order.file or order.path.name),
            sheet=_sheet(found),
            digest=digest,
            created_at=created,
            author=order.author,
            share=order.share,
        )
        self._begun = False
        self._illegible: list[tuple[int, str]] = []
        if known is not None:
            self._begin()
        self._against = Against(
            campaign="campaign" in order.against,
            live="live" in order.against,
            yesterday=yesterday(order.zone, created) if "yesterday" in order.against else None,
        )

    def run(self) -> IntakeReport:
        try:
            for line, cells in _without_sep_line(rows_of(self._found, self._on_bytes)):
                self._take(line, cells)
                if len(self._arrivals) + len(self._refused) >= PORTION:
                    self._hand_over()
                    time.sleep(BREATH_S)
        except SheetFault as fault:
            if not self._begun:
                raise
            self._hand_over(opens=True)
            raise BrokenOff(fault, self._batch) from None
        if not self._begun:
            raise SheetFault("no_legible_rows" if self._illegible else "no_rows")
        self._hand_over(opens=True)
        return _report(
            self._batch, self._order, self._found, self._columns, already=False, resumed_after=self._resumed_after
        )

    def _on_bytes(self, count: int) -> None:
        self._read = count

    def _take(self, line: int, cells: list[str] | str) -> None:
        order = self._order
        if self._columns is None:
            if isinstance(cells, str):
                self._illegible.append((line, cells))
                if len(self._illegible) > PORTION:
                    raise SheetFault("no_legible_rows")
                return
            self._columns = columns_of(cells, lambda cell: reads_as_number(cell, order.region))
            before, self._illegible = self._illegible, []
            for row in before:
                self._take(*row)
            if self._columns.headed:
                return
        if not self._begun:
            self._begin()
        self._line = line
        done = line <= self._resumed_after
        try:
            if isinstance(cells, str):
                raise RowRefused(cells)
            arrival, asides = self._arrival(line, cells)
        except RowRefused as why:
            if not done:
                shown = () if isinstance(cells, str) else cells
                self._refused.append(LeftOut(row=line, code=why.code, value=why.value, cells=shown))
            return
        if not done:
            self._arrivals.append(arrival)
            self._refused.extend(asides)

    def _arrival(self, line: int, cells: list[str]) -> tuple[Arrival, list[LeftOut]]:
        columns = self._columns
        assert columns is not None
        if getattr(self._found, "padded", False) and len(cells) < columns.count:
            cells = cells + [""] * (columns.count - len(cells))
        customer = self._rows.read(cells, columns)
        leads = []
        for lead in customer.leads:
            key = lead.number.key(b"")
            if key not in self._seen:
                leads.append(lead)
                if len(self._seen) < REMEMBERED:
                    self._seen.add(key)
        if not leads:
            raise RowRefused("repeated", customer.leads[0].number.masked)
        asides = [LeftOut(row=line, code=code, value=value, cells=cells, aside=True) for code, value in customer.unread]
        if len(leads) < len(customer.leads):
            left = [lead for lead in customer.leads if lead not in leads]
            asides += [
                LeftOut(row=line, code="repeated", value=lead.number.masked, cells=cells, aside=True) for lead in left
            ]
        return Arrival(row=line, leads=tuple(leads), cells=cells), asides

    def _barred_until(self, lead: NewLead, number_key: int) -> float | None:
        """Until when the do-not-call list names him: 0 when it does not, None for good."""
        order, now = self._order, self._now()
        bar = self._bars.objection(lead.number, number_key, lead.customer, order.campaign, order.owner, now)
        return 0.0 if bar is None else bar.until

    def _begin(self) -> None:
        """Enter a new batch in the books, under its name or the first free one made from the file's."""
        order, self._begun = self._order, True
        if not self._known:
            day = datetime.fromtimestamp(self._batch.created_at, ZoneInfo(order.zone)).date().isoformat()
            made = f"{_stem(order.file or order.path.name, order.region)}-{day}"
            self._batch = _entered(self._store, self._batch, made, only_named=order.dry_run)
        self._rows = LeadRows(
            order.campaign,
            self._batch.id,
            order.region,
            order.zone,
            self._store.number_key,
            order.agents,
            order.groups,
            share=order.share,
            at=self._batch.created_at,
        )

    def _hand_over(self, *, opens: bool = False) -> None:
        self._batch = take_portion(
            self._store,
            self._batch,
            self._arrivals,
            self._refused,
            position=max(self._line, self._resumed_after),
            against=self._against,
            barred_until=self._barred_until,
            now=self._now(),
            opens=opens,
            chain=self._order.chain,
            write=not self._order.dry_run,
        )
        self._arrivals, self._refused = [], []
        if self._progress is not None:
            self._progress(self._batch.rows, self._read, self._found.size)


def good_name(name: str, region: str) -> bool:
    """Whether a batch may be called so: short, fit for a path of the API, and no telephone number."""
    return re.fullmatch(rf"\w[\w.\-]{{0,{NAME - 1}}}", name) is not None and without_numbers(name, region) == name


def shown_name(name: str) -> str:
    """A file's name as it may be kept: digits of numbers hidden, nothing that cannot be printed."""
    return "".join(letter if letter.isprintable() else "·" for letter in mask_digits(name[:200]))


def _stem(name: str, region: str) -> str:
    shown = without_numbers(Path(name).stem[:200], region).replace("*", "x")
    return re.sub(r"[^\w.]+", "-", shown)[: NAME - 15].strip("-.") or "list"


def _entered(store: Store, batch: Batch, made: str, *, only_named: bool) -> Batch:
    """The batch under the first free name, in the books unless it is `only_named`."""
    names = [batch.id] if batch.id else [made, *(f"{made}-{serial}" for serial in range(2, NAMES_TRIED))]
    for name in names:
        entered = msgspec.structs.replace(batch, id=name)
        if only_named:
            if batch_of(store, name) is None:
                return entered
            continue
        try:
            create_batch(store, entered)
        except BatchExists:
            if batch_of_file(store, batch.campaign, batch.digest, batch.sheet) is not None:
                raise BatchMoved(name) from None
            continue
        return entered
    raise BatchExists(names[0])


def _sheet(found: CustomerList) -> str:
    return mask_digits(getattr(found, "sheet", ""))


def _report(
    batch: Batch, order: Order, found: CustomerList, columns: Columns | None, *, already: bool, resumed_after: int
) -> IntakeReport:
    counts = dict(batch.counts)
    further = {str(code): counts.pop(code) for code in ASIDE if code in counts}
    duplicates = {code: counts.pop(code) for code in DUPLICATES if code in counts}
    return IntakeReport(
        batch=batch.id,
        campaign=batch.campaign,
        file=batch.file,
        sheet=batch.sheet,
        already=already,
        dry_run=order.dry_run,
        resumed_after=resumed_after,
        created_at=batch.created_at,
        rows=batch.rows,
        added=batch.added,
        duplicates=duplicates,
        rejected=counts,
        further=further,
        encoding=found.encoding,
        delimiter=found.delimiter,
        headed=columns is not None and columns.headed,
        extra=tuple(name for _, name in columns.extra) if columns is not None else (),
        ignored=columns.ignored if columns is not None else (),
    )


def _without_sep_line(source: Iterator[Row]) -> Iterator[Row]:
    """Leave out the ``sep=;`` line some spreadsheets write first."""
    for number, cells in source:
        if number == 1 and not isinstance(cells, str) and cells[0].lower().lstrip("\ufeff").startswith("sep="):
            continue
        yield number, cells

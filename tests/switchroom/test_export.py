"""Exports: masked unless an order was concluded, harmless in a spreadsheet, in the trail with rows and digest."""

import csv
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import openpyxl
import pytest
from sqlalchemy import select

import store
from config.model import CampaignSettings, ServerSettings
from desk.books import BooksRefused
from store import Store, tables
from store.audit import trail
from store.inline import InlineLedger
from store.intake import NewLead, add_leads
from switchroom import bookwork as bookwork_module
from switchroom.bookwork import Bookwork
from switchroom.export import Form, guarded, write
from telephony.facts import CallDisposed
from telephony.ids import AgentId, CallId, CustomerId
from telephony.numbers import PhoneNumber
from tests.store.trade import NOON, SPRING, ended, placed

SOLD, OTHER = "+8613800138000", "+8613912345678"
SALES = {SPRING: ["sale"]}
EVIL = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Store]:
    made = store.open(f"sqlite:///{tmp_path}/switchroom.db")
    add_leads(
        made,
        [
            NewLead(campaign=SPRING, customer=CustomerId(f"k{n}"), number=PhoneNumber(number), name=name,
                    extra={"note": "call 13912345678"} if n else {})
            for n, (number, name) in enumerate(((SOLD, EVIL), (OTHER, "@SUM(1)")))
        ],
    )  # fmt: skip
    with made.reading.begin() as connection:
        rows = connection.execute(select(tables.leads).order_by(tables.leads.c.id)).all()
    ledger = InlineLedger(made)
    for n, row in enumerate(rows):
        call = f"c-{n}"
        ledger.submit([placed(call, lead=row.id, customer=row.customer, number_key=row.number_key)], NOON)
        ledger.submit([ended(call, lead=row.id)], NOON + 5)
        said = "sale" if n == 0 else "callback"
        ledger.submit(
            [CallDisposed(call=CallId(call), agent=AgentId("1001"), disposition=said, note="-1+1", callback_at=None)],
            NOON + 6,
        )
    ledger.close()
    yield made
    made.close()


def exported(books: Store, path: Path, what: str, form: Form, sales: object) -> list[list[object]]:
    written = write(books, path, what=what, form=form, campaign=SPRING, sales=sales, zone="Asia/Shanghai")  # type: ignore[arg-type]
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    if form == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows: list[list[object]] = [list(row) for row in csv.reader(file)]
    else:
        sheet = openpyxl.load_workbook(path, read_only=True).active
        rows = [list(row) for row in sheet.values]
    assert written.rows == len(rows) - 1
    return rows


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("what", ["leads", "attempts"])
def test_numbers_are_masked(books: Store, tmp_path: Path, what: str, form: Form) -> None:
    heading, *rows = exported(books, tmp_path / f"x.{form}", what, form, None)
    numbers = [str(row[heading.index("number")]) for row in rows]
    assert [number.lstrip("'") for number in numbers] == ["+86138****8000", "+86139****5678"]
    assert "13912345678" not in repr(rows)


@pytest.mark.parametrize("what", ["leads", "attempts"])
def test_a_whole_number_is_given_only_where_an_order_was_concluded(books: Store, tmp_path: Path, what: str) -> None:
    heading, *rows = exported(books, tmp_path / "x.csv", what, "csv", SALES)
    assert [row[heading.index("number")] for row in rows] == ["'" + SOLD, "'+86139****5678"]
    heading, *rows = exported(books, tmp_path / "y.csv", what, "csv", {SPRING: []})
    assert SOLD not in repr(rows)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_cell_is_never_a_formula(text: str) -> None:
    assert guarded(text) == "'" + text
    assert guarded("1" + text) == "1" + text


def test_formulas_of_customers_stay_text_in_both_forms(books: Store, tmp_path: Path) -> None:
    for form in ("csv", "xlsx"):
        heading, first, second = exported(books, tmp_path / f"x.{form}", "leads", form, None)  # type: ignore[arg-type]
        assert first[heading.index("name")] == "'" + EVIL
        assert second[heading.index("name")] == "'@SUM(1)"
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}


def test_an_export_without_rows_has_its_heading(books: Store, tmp_path: Path) -> None:
    for form in ("csv", "xlsx"):
        assert exported(books, tmp_path / f"x.{form}", "recordings", form, None)[0][0] == "name"  # type: ignore[arg-type]


def guarded_books(opened: Store, clock: Callable[[], float] = lambda: NOON, **api: object) -> Bookwork:
    server = ServerSettings.model_validate({"api": api})
    return Bookwork(opened, server, {SPRING: CampaignSettings()}, now=clock)


async def test_an_export_stands_in_the_trail_before_it_leaves(books: Store) -> None:
    done = await guarded_books(books).export(
        what="leads", form="csv", campaign=SPRING, whole=True, reason="audit 13800138000", actor="boss"
    )
    try:
        (act,) = trail(books)
        words = msgspec.json.decode(act.words)
        assert (act.actor, act.act, act.about) == ("boss", "data.export", "leads of spring")
        assert (words["rows"], words["sha256"]) == ("2", hashlib.sha256(done.path.read_bytes()).hexdigest())
        assert words["reason"] == "audit 138****8000"
        assert "138" not in done.name
    finally:
        done.path.unlink()


async def test_a_reveal_is_durable_before_the_number_is_told_and_refused_when_it_cannot_be(books: Store) -> None:
    desk = guarded_books(books)
    lead = _first(books)
    assert (await desk.reveal(lead=lead, reason="fraud case", actor="boss")).number == SOLD
    (act,) = trail(books)
    assert msgspec.json.decode(act.words) == {"number": "+86138****8000", "reason": "fraud case"}
    with books.writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO gone")
    with pytest.raises(BooksRefused) as refused:
        await desk.reveal(lead=lead, reason="fraud case", actor="boss")
    assert (refused.value.status, refused.value.code) == (503, "store_sick")


async def test_nobody_sees_more_whole_numbers_in_an_hour_than_the_site_allows(books: Store) -> None:
    now = NOON
    desk = guarded_books(books, lambda: now, reveals_per_hour=2)
    lead = _first(books)
    for _ in range(2):
        await desk.reveal(lead=lead, reason="x", actor="boss")
    with pytest.raises(BooksRefused) as refused:
        await desk.reveal(lead=lead, reason="x", actor="boss")
    assert (refused.value.status, refused.value.code) == (429, "too_many_reveals")
    await desk.reveal(lead=lead, reason="x", actor="chief")
    now += 3601
    await desk.reveal(lead=lead, reason="x", actor="boss")
    assert len(trail(books)) == 4


async def test_an_export_the_trail_does_not_take_leaves_no_file(
    books: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookwork_module.tempfile, "tempdir", str(tmp_path))
    with books.writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO gone")
    with pytest.raises(BooksRefused):
        await guarded_books(books).export(what="leads", form="csv", campaign=None, whole=False, reason="", actor="boss")
    assert list(tmp_path.glob("switchroom-*.csv")) == []


@pytest.mark.parametrize(("said", "code"), [({"number": "12"}, "bad_number"), ({"zone": "Moon/Sea"}, "bad_zone")])
async def test_a_change_to_what_cannot_be_is_refused(books: Store, said: dict[str, str], code: str) -> None:
    wish: dict[str, str | None] = {"name": None, "number": None, "zone": None, **said}
    with pytest.raises(BooksRefused) as refused:
        await guarded_books(books).ask_change(lead=_first(books), extra=None, actor="1001", **wish)  # type: ignore[arg-type]
    assert refused.value.code == code


async def test_a_changed_number_gets_the_zones_of_its_prefix_unless_one_is_given(books: Store) -> None:
    desk = guarded_books(books)
    await desk.ask_change(lead=_first(books), name=None, number="13512345678", zone=None, extra=None, actor="1001")
    (row,) = await desk.changes(state="open", limit=10)
    assert row.after["number"] == "+86135****5678"
    assert row.after["zones"] == "Asia/Shanghai"


def _first(books: Store) -> int:
    with books.reading.begin() as connection:
        return int(connection.execute(select(tables.leads.c.id).order_by(tables.leads.c.id)).scalars().first() or 0)

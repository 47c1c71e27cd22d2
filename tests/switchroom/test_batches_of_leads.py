"""Lists against lists: what is known already is told and not taken; what broke off goes on; a customer keeps his numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, update

from config.model import DoNotCallListSettings
from store.arrivals import take_portion
from store.audit import trail
from store.barred import NewBar, bar
from store.batches import Batch, BatchExists, BatchMoved, BatchState, batch_of, batches_list
from store.tables import batch_rejects, batches, leads
from switchroom import intake as intake_module
from switchroom.dnc_build import build
from switchroom.intake import PORTION, BrokenOff, Order, good_name, take_in, yesterday
from telephony.donotcall import BarKind
from telephony.ids import CampaignId, CustomerId
from telephony.numbers import parse
from tests.store.trade import DAY, NOON
from tests.switchroom.desk_of_lists import SPRING, Intake, balanced

AUTUMN = CampaignId("autumn")
ALL = frozenset({"campaign", "live", "yesterday"})


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake(tmp_path)
    yield made
    made.store.close()


FIRST = "phone,customer\n13800138000,K1\n13900139000,K2\n"
SECOND = "phone,customer\n13800138000,K9\n18612345678,K2\n13712345678,K3\n"


def test_the_campaigns_own_numbers_and_customers_are_counted_apart(intake: Intake) -> None:
    known = intake.take(FIRST)
    report = intake.take(SECOND)
    assert report.duplicates == {"campaign_number": 1, "campaign_customer": 1}
    assert (report.rows, report.added, balanced(report)) == (3, 1, True)
    assert intake.rejects(report.batch) == [
        (2, "campaign_number", f"+86138****8000 · {known.batch}"),
        (3, "campaign_customer", f"+86186****5678 · {known.batch}"),
    ]


def test_without_comparisons_a_number_still_stands_in_a_campaign_once(intake: Intake) -> None:
    intake.take(FIRST)
    intake.take(FIRST + "\n", campaign=AUTUMN, against=frozenset())
    report = intake.take(SECOND, against=frozenset())
    assert report.duplicates == {"campaign_number": 1}
    assert report.added == 2


def test_open_batches_of_other_campaigns_are_compared_and_closed_ones_are_not(intake: Intake) -> None:
    other = intake.take(FIRST, campaign=AUTUMN)
    report = intake.take(SECOND)
    assert report.duplicates == {"live_number": 1, "live_customer": 1}
    assert intake.rejects(report.batch)[0] == (2, "live_number", f"+86138****8000 · {other.batch}")
    with intake.store.writing.begin() as connection:
        connection.execute(update(batches).where(batches.c.id == other.batch).values(state="closed"))
    assert intake.take(SECOND + "\n", against=frozenset({"campaign", "live"})).duplicates == {"campaign_number": 1}


@pytest.mark.parametrize(
    ("days", "against", "duplicates"),
    [
        (1, ALL, {"yesterday_number": 1, "yesterday_customer": 1}),
        (1, frozenset({"campaign", "live"}), {}),
        (0, ALL, {}),
        (2, ALL, {}),
    ],
)
def test_batches_opened_the_day_before_are_compared_even_if_closed_since(
    intake: Intake, days: int, against: frozenset[str], duplicates: dict[str, int]
) -> None:
    other = intake.take_file(written(intake, FIRST), campaign=AUTUMN, now=NOON)
    with intake.store.writing.begin() as connection:
        connection.execute(update(batches).where(batches.c.id == other.batch).values(state="closed"))
    report = intake.take_file(written(intake, SECOND), now=NOON + days * DAY, against=against)
    assert report.duplicates == duplicates


def written(intake: Intake, text: str) -> Path:
    intake.path.write_text(text, encoding="utf-8")
    return intake.path


def test_yesterday_is_the_sites_whatever_the_clocks_do() -> None:
    begin, end = yesterday("Asia/Shanghai", NOON)
    assert (end - begin, begin < NOON - DAY / 2 < NOON) == (DAY, True)
    spring_forward = 1_774_785_600.0  # 2026-03-29 12:00 UTC, the day clocks go forward in Berlin
    begin, end = yesterday("Europe/Berlin", spring_forward + DAY)
    assert end - begin == DAY - 3600


def test_a_customer_on_the_do_not_call_list_is_not_taken_and_one_barred_for_a_time_rests(intake: Intake) -> None:
    def of(number: str, **more: Any) -> NewBar:
        return NewBar(kind=BarKind.NUMBER, number=parse(number, "CN"), reason="complaint", **more)

    entries = [
        of("13800138000"),
        NewBar(kind=BarKind.CUSTOMER, customer=CustomerId("K2"), reason="moved", until=NOON + DAY),
        of("18612345678", campaign=AUTUMN),
        of("13712345678", until=NOON - 1),
        of("13612345678", owner="bank"),
        NewBar(kind=BarKind.PREFIX, low=86170, reason="fraud"),
    ]
    bar(intake.store, entries, source="phone", author="lee", at=NOON - DAY)
    text = FIRST + "18612345678,K3\n13712345678,K4\n13612345678,K5\n17012345678,K6\n"
    report = intake.take(text, owner="bank")
    assert (report.added, report.rejected, report.further) == (3, {"barred": 3}, {"barred_for_now": 1})
    assert {lead.customer: lead.due for lead in intake.leads} == {"K2": NOON + DAY, "K3": 0.0, "K4": 0.0}


def test_a_number_on_a_regulators_list_is_not_taken(intake: Intake, tmp_path: Path) -> None:
    (tmp_path / "register.txt").write_text("+8613800138000\n+8613712345678\n")
    build(tmp_path / "register.txt", tmp_path / "register.dnc", secret=intake.store.secret)
    lists = [DoNotCallListSettings(name="register", file=tmp_path / "register.dnc")]
    report = intake.take(FIRST, lists=lists)
    assert (report.added, report.rejected) == (1, {"barred": 1})


def test_several_numbers_of_a_row_are_leads_of_one_customer(intake: Intake) -> None:
    text = (
        "手机号,手机号2,备用电话,客户号\n13800138000,13900139000,12,K1\n,18612345678,,K2\n13900139000,13712345678,,K3\n"
    )
    report = intake.take(text)
    assert [(str(lead.number), lead.customer) for lead in intake.leads] == [
        ("+86138****8000", "K1"),
        ("+86139****9000", "K1"),
        ("+86186****5678", "K2"),
        ("+86137****5678", "K3"),
    ]
    assert (report.rows, report.added) == (3, 3)
    assert report.further == {"further_added": 1, "further_left_out": 2}
    assert intake.rejects(report.batch) == [(2, "number_wrong_length", "12"), (4, "repeated", "+86139****9000")]


def test_several_rows_of_one_customer_are_his_numbers(intake: Intake) -> None:
    report = intake.take("phone,customer\n13800138000,K1\n13900139000,K1\n")
    assert (report.added, report.duplicates) == (2, {})
    assert {lead.customer for lead in intake.leads} == {"K1"}


def test_due_agent_group_priority_and_zone_come_from_the_list(intake: Intake) -> None:
    text = (
        "phone,due,agent,group,zone\n13800138000,2026-11-21 09:30,1001,north,\n13900139000,2026/11/22,,,Asia/Urumqi\n"
    )
    intake.take(text, agents=frozenset({"1001"}))
    first, second = intake.leads
    assert (first.due, first.agent, first.holder) == (1_795_224_600.0, "1001", "group:north")
    assert (second.due, second.agent, second.zones) == (1_795_276_800.0, None, ("Asia/Urumqi",))


@pytest.mark.parametrize(
    ("cell", "due"),
    [
        ("2026-11-21", 1_795_190_400.0),
        ("2026年11月21日 9时30分", 1_795_224_600.0),
        ("2026-11-21T09:30:00+08:00", 1_795_224_600.0),
        ("2026-11-21 01:30:00Z", 1_795_224_600.0),
        ("2026.11.21 9:30", 1_795_224_600.0),
    ],
)
def test_instants_are_read_as_people_write_them(intake: Intake, cell: str, due: float) -> None:
    intake.take(f"phone,due\n13800138000,{cell}\n")
    assert [lead.due for lead in intake.leads] == [due]


@pytest.mark.parametrize(
    ("heading", "cell", "code"),
    [
        ("due", "tomorrow", "due_form"),
        ("due", "2026-02-30", "due_form"),
        ("due", "0001-01-01", "due_form"),
        ("agent", "9999", "agent_unknown"),
        ("group", "south", "group_unknown"),
        ("consent_at", "yes", "consent_form"),
        ("consent_until", "2026-11-21", "consent_order"),
        ("consent_proof", "p" * 201, "proof_too_long"),
    ],
)
def test_a_cell_that_says_nothing_sensible_costs_the_row(intake: Intake, heading: str, cell: str, code: str) -> None:
    report = intake.take(
        f"phone,{heading}\n13800138000,{cell}\n", agents=frozenset({"1001"}), groups=frozenset({"north"})
    )
    assert report.rejected == {code: 1}


def test_consent_comes_from_the_list_with_its_end_and_its_proof(intake: Intake) -> None:
    text = "phone,同意时间,授权到期,同意凭证\n13800138000,2026-01-05 10:00,2026-12-31,call 13900139000 of 5 Jan\n13900139000,,,\n"
    intake.take(text)
    with intake.store.reading.begin() as connection:
        columns = (leads.c.consent_at, leads.c.consent_until, leads.c.consent_proof)
        found = connection.execute(select(*columns).order_by(leads.c.id)).all()
    assert [tuple(row) for row in found] == [
        (1_767_578_400.0, 1_798_732_800.0, "call 139****9000 of 5 Jan"),
        (None, None, None),
    ]


def test_a_workbook_comes_in_by_the_same_rules(intake: Intake, tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    for row in (["手机号", "姓名", "备注"], [13800138000, "张三", None], ["12345"], [13800138000.0, "张三", "x"]):
        made.active.append(row)
    made.save(tmp_path / "客户.xlsx")
    report = intake.take_file(tmp_path / "客户.xlsx")
    assert (report.sheet, report.encoding, report.added) == ("Sheet", "xlsx", 1)
    assert (report.duplicates, report.rejected) == ({"repeated": 1}, {"number_not_assigned": 1})
    assert intake.take_file(tmp_path / "客户.xlsx").already
    assert report.batch.startswith("客户-2025-")


def test_a_batch_is_named_after_its_file_and_day_and_shows_no_number(intake: Intake) -> None:
    named = [
        intake.take_file(
            written(intake, FIRST + "\n" * count), campaign=CampaignId(f"c{count}"), file=file, against=frozenset()
        )
        for count, file in enumerate(("spring list.csv", "spring list.csv", "客户13800138000.csv", "../..", ""))
    ]
    assert [report.batch for report in named] == [
        "spring-list-2025-06-15",
        "spring-list-2025-06-15-2",
        "客户138xxxx8000-2025-06-15",
        "list-2025-06-15",
        "leads-2025-06-15",
    ]
    assert named[2].file == "客户138****8000.csv"
    assert all(good_name(report.batch, "CN") for report in named)


def test_a_name_that_is_taken_or_unfit_is_refused(intake: Intake) -> None:
    intake.take(FIRST, name="first")
    with pytest.raises(BatchExists):
        intake.take(SECOND, name="first")
    assert not [name for name in ("", "a/b", "13800138000", "x" * 61, "-a", "a b", "..") if good_name(name, "CN")]


def rows(count: int) -> str:
    """A list with everything in it: good rows, repeated ones, broken ones."""
    odd = {7: "12345", 11: "13800000003", 13: "abc"}
    lines = (f"{odd.get(n % 50, f'1380{n:07}')},客户{n},K{n}" for n in range(count))
    return "phone,name,customer\n" + "\n".join(lines) + "\n"


def tables(intake: Intake) -> list[list[tuple[Any, ...]]]:
    with intake.store.reading.begin() as connection:
        return [
            [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
            for table in (leads, batches, batch_rejects)
        ]


def test_an_import_that_broke_off_goes_on_and_ends_as_if_it_never_had(
    intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rows(PORTION * 3)
    whole = intake.take(text)
    wanted = tables(intake)
    intake.clear()
    left = [2]

    def failing(*words: Any, **more: Any) -> Batch:
        if not left[0]:
            raise OSError("disk full")
        left[0] -= 1
        return take_portion(*words, **more)

    monkeypatch.setattr(intake_module, "take_portion", failing)
    with pytest.raises(OSError, match="disk full"):
        intake.take(text)
    (broken,) = batches_list(intake.store)
    assert (broken.state, broken.rows) == (BatchState.IMPORTING, 2 * PORTION)
    left[0] = 100
    report = intake.take(text)
    assert report.resumed_after == broken.position == 2 * PORTION + 1
    assert (report.rows, report.added, report.duplicates, report.rejected) == (
        whole.rows,
        whole.added,
        whole.duplicates,
        whole.rejected,
    )
    assert [[row[1:] for row in table] for table in tables(intake)] == [[row[1:] for row in table] for table in wanted]
    assert intake.take(text).already


def test_two_who_import_the_same_file_at_once_do_not_take_a_row_twice(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rows(PORTION * 2)
    turns = [0]

    def meddled(*words: Any, **more: Any) -> Batch:
        turns[0] += 1
        if turns[0] == 2:
            monkeypatch.undo()
            assert intake.take(text).resumed_after == PORTION + 1
        return take_portion(*words, **more)

    monkeypatch.setattr(intake_module, "take_portion", meddled)
    with pytest.raises(BatchMoved):
        intake.take(text)
    (batch,) = batches_list(intake.store)
    assert (batch.state, batch.rows, batch.added) == (BatchState.OPEN, 2 * PORTION, len(intake.leads))


def test_a_list_damaged_in_its_middle_keeps_what_came_before(intake: Intake, tmp_path: Path) -> None:
    from tests.switchroom.test_workbook import SHEET, book, changed, sheet_of

    good = "".join(f'<row r="{n}"><c r="A{n}"><v>{13_800_000_000 + n}</v></c></row>' for n in range(1, PORTION + 20))
    path = changed(book(tmp_path / "list.xlsx", ["a"]), SHEET, sheet_of(good + "<row><c></row>"))
    with pytest.raises(BrokenOff) as caught:
        intake.take_file(path)
    assert caught.value.fault.code == "workbook_broken"
    kept = batch_of(intake.store, caught.value.batch.id)
    assert kept is not None
    assert (kept.state, kept.added) == (BatchState.OPEN, len(intake.leads))
    assert kept.added >= PORTION


def test_a_dry_run_tells_all_and_changes_nothing(intake: Intake) -> None:
    intake.take(FIRST)
    before = tables(intake)
    report = intake.take(SECOND, dry_run=True)
    assert (report.added, report.duplicates) == (1, {"campaign_number": 1, "campaign_customer": 1})
    assert tables(intake) == before


def test_rejects_keep_the_rows_cells_with_their_numbers_masked(intake: Intake) -> None:
    report = intake.take("phone,name,remark\n13800138000,张三,a\n13800138000,张三 13900139000,see 186-1234-5678\n")
    with intake.store.reading.begin() as connection:
        raw = connection.execute(select(batch_rejects)).all()
    assert "张三" not in str(raw)
    (told,) = intake.told(report.batch)
    assert list(told.cells) == ["138****8000", "张三 139****9000", "see 186-****-5678"]


def test_only_a_share_of_a_batch_is_released_at_once(intake: Intake) -> None:
    report = intake.take(rows(600), share=0.25)
    with intake.store.reading.begin() as connection:
        holders = [row.holder for row in connection.execute(select(leads))]
    assert 0.15 < holders.count("") / len(holders) < 0.35
    assert set(holders) == {"", "-"}
    assert batch_of(intake.store, report.batch).share == 0.25  # type: ignore[union-attr]


def test_an_order_says_who_and_what(intake: Intake) -> None:
    path = written(intake, FIRST)
    order = Order(path=path, campaign=SPRING, author="lee", region="CN", zone="Asia/Shanghai")
    take_in(intake.store, order, now=lambda: NOON)
    (act,) = trail(intake.store, act="batch.import")
    assert (act.actor, act.act, act.about) == ("lee", "batch.import", "leads-2025-06-15")
    assert (
        act.words == '{"added":"2","campaign":"spring","duplicates":"0","file":"leads.csv","rejected":"0","rows":"2"}'
    )
    (batch,) = batches_list(intake.store)
    assert (batch.author, batch.file, batch.created_at, batch.opened_at) == ("lee", "leads.csv", NOON, NOON)

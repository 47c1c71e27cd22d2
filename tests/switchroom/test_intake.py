"""Lists of leads come in from anywhere: what can be dialled is taken, everything else is told, nothing is shown whole."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.words import known
from store.batches import batch_of
from store.known import ASIDE, DUPLICATES
from store.left_out import LeftOut, rejects_of
from switchroom.intake import PORTION
from switchroom.numbering import read_number
from switchroom.rejects import write_rejects
from switchroom.sheet import CHUNK, LINE, SheetFault, examine, rows
from telephony.numbers import NumberFault, PhoneNumber, parse
from tests.store.trade import NOON
from tests.switchroom.desk_of_lists import Intake, balanced, numbers

GOOD = ("13800138000", "13900139000", "18612345678")


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake(tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_lists_come_in_any_encoding_and_with_any_separator(intake: Intake, encoding: str, delimiter: str) -> None:
    lines = ["手机,姓名,客户号,优先级", "13800138000,张三,K1,5", "13900139000,李四,K2,"]
    report = intake.take("\r\n".join(lines).replace(",", delimiter).encode(encoding))
    assert [(lead.name, lead.customer, lead.priority) for lead in intake.leads] == [
        ("张三", "K1", 5),
        ("李四", "K2", 0),
    ]
    assert [lead.number for lead in intake.leads] == numbers("13800138000", "13900139000")
    assert (report.rows, report.added, report.delimiter) == (2, 2, delimiter)


@pytest.mark.parametrize(
    "heading", ["手机", "手机号码", "电话", "联系电话（必填）", "号码", "phone", "Phone Number", "MOBILE", "number"]
)
def test_the_number_is_found_by_its_heading(intake: Intake, heading: str) -> None:
    assert intake.take(f"备注,{heading},name\nx,13800138000,Zhang\n").added == 1
    assert intake.leads[0].name == "Zhang"


def test_a_list_without_a_heading_begins_with_a_lead(intake: Intake) -> None:
    report = intake.take("1,张三,13800138000\n2,李四,13900139000\n")
    assert (report.rows, report.added, report.headed) == (2, 2, False)
    assert [lead.name for lead in intake.leads] == ["张三", "李四"]


def test_a_bare_column_of_numbers_is_a_list(intake: Intake) -> None:
    assert intake.take("\n".join(GOOD)).added == 3
    assert [lead.number for lead in intake.leads] == numbers(*GOOD)


def test_the_same_list_twice_changes_nothing(intake: Intake) -> None:
    text = "phone,name\n" + "".join(f"{number},x\n" for number in GOOD)
    first = intake.take(text)
    before = intake.leads
    again = intake.take(text)
    assert (first.added, first.already) == (3, False)
    assert (again.already, again.batch, again.created_at, again.added) == (True, first.batch, NOON, 3)
    assert intake.leads == before


def test_a_number_that_stands_twice_in_the_list_is_told_and_taken_once(intake: Intake) -> None:
    report = intake.take("phone\n13800138000\n+86 138 0013 8000\n008613800138000\n")
    assert (report.rows, report.added, report.duplicates) == (3, 1, {"repeated": 2})
    assert intake.rejects(report.batch) == [(3, "repeated", "+86138****8000"), (4, "repeated", "+86138****8000")]


@pytest.mark.parametrize(
    ("row", "code", "value"),
    [
        ("138001380001380,x", "number_wrong_length", "138********1380"),
        ("12345678901,x", "number_not_assigned", "123****8901"),
        ("abc,x", "number_not_a_number", "abc"),
        (",x", "number_empty", ""),
        ("1.38E+10,x", "number_scientific", "1.38E+10"),
        ("13800138000", "column_count", "1"),
        ("13800138000,x,y", "column_count", "3"),
        ("138\x0000138000,x", "nul", ""),
        ("13800138000,\x1b[31m", "control_character", "·[31m"),
        ("13800138000," + "x" * 200, "name_too_long", "x" * 40),
        ('"13800138000,x', "broken_quotes", ""),
        ('"13800138000"0,x', "broken_quotes", ""),
        ("13800138000," + "x" * LINE, "line_too_long", ""),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_and_the_rest_goes_on(
    intake: Intake, row: str, code: str, value: str
) -> None:
    report = intake.take(f"phone,name\n{row}\n13900139000,李四\n")
    assert intake.rejects(report.batch) == [(2, code, value)]
    assert (report.rows, report.added, report.rejected) == (2, 1, {code: 1})
    assert [lead.name for lead in intake.leads] == ["李四"]


def test_ten_megabytes_without_a_line_break_are_one_rejected_row(intake: Intake) -> None:
    report = intake.take("phone\n" + "1" * 10_000_000 + "\n13800138000\n" + "2" * 1_000_000)
    told = [(row, code) for row, code, _ in intake.rejects(report.batch)]
    assert told == [(2, "line_too_long"), (4, "line_too_long")]
    assert report.added == 1


def test_quotes_may_hold_separators_quotes_and_line_breaks(intake: Intake) -> None:
    report = intake.take('phone,name\n"13800138000","张, ""三""\n(家)"\n13900139000,李四\nbad,x\n')
    assert [lead.name for lead in intake.leads] == ['张, "三" (家)', "李四"]
    assert intake.rejects(report.batch) == [(5, "number_not_a_number", "bad")]
    assert balanced(report)


def test_a_quote_never_closed_costs_one_row_only(intake: Intake) -> None:
    text = 'phone,name\n13800138000,"张三\n' + "".join(f"139001390{n:02},x\n" for n in range(50))
    report = intake.take(text)
    assert (report.added, report.rejected) == (50, {"broken_quotes": 1})


@pytest.mark.parametrize(
    "cell", ["'13800138000", '="13800138000"', "13800138000.0", "\u200b138-0013-8000\u3000", "１３８００１３８０００"]
)
def test_scars_of_spreadsheets_are_healed(intake: Intake, cell: str) -> None:
    cell = f'"{cell.replace(chr(34), chr(34) * 2)}"'
    assert intake.take(f"phone,name\n{cell},x\n").added == 1
    assert [lead.number for lead in intake.leads] == numbers("13800138000")


def test_bytes_that_fit_no_encoding_spoil_their_row_only(intake: Intake) -> None:
    report = intake.take("手机,姓名\n13800138000,张三\n13900139000,".encode() + b"\xff\xff\n18612345678,x\n")
    assert (report.added, report.rejected, report.encoding) == (2, {"bad_encoding": 1}, "utf-8")
    assert intake.leads[0].name == "张三"


def test_an_encoding_shows_itself_late_in_a_long_list(intake: Intake) -> None:
    lines = [f"1380{n:07},x" for n in range(CHUNK // 10)] + ["13900139000,张三"]
    report = intake.take("\n".join(lines).encode("gb18030"))
    assert (report.encoding, intake.leads[-1].name) == ("gb18030", "张三")


def test_a_customer_who_is_not_named_is_known_by_a_fingerprint_never_by_his_number(intake: Intake) -> None:
    intake.take("phone,customer\n13800138000,13800138000\n13900139000,\n18612345678,K3\n")
    first, second, third = (lead.customer for lead in intake.leads)
    assert third == "K3"
    for customer, number in zip((first, second), GOOD, strict=False):
        assert customer.startswith("n")
        assert number not in customer
    assert first != second


def test_a_number_written_beside_the_name_is_masked(intake: Intake) -> None:
    intake.take("phone,name\n13800138000,张三 13900139000\n")
    assert intake.leads[0].name == "张三 139****9000"


def test_a_customer_known_by_another_number_of_his_keeps_one_fingerprint(intake: Intake) -> None:
    intake.take("phone,customer\n13800138000,13900139000\n13900139000,\n")
    first, second = (lead.customer for lead in intake.leads)
    assert first == second
    assert "13900139000" not in first


def test_zones_come_from_the_list_else_from_the_number(intake: Intake) -> None:
    text = "phone,zone\n+12125550123,\n13800138000,\n13900139000,Asia/Urumqi\n18612345678,Mars/Base\n"
    report = intake.take(text)
    assert [lead.zones for lead in intake.leads] == [("America/New_York",), ("Asia/Shanghai",), ("Asia/Urumqi",)]
    assert report.rejected == {"zone_unknown": 1}


def test_the_mobile_column_is_preferred_and_the_telephone_stands_in(intake: Intake) -> None:
    intake.take("电话,手机\n010-62345678,13800138000\n010-62345678,\n")
    assert [lead.number for lead in intake.leads] == numbers("13800138000", "01062345678")


def test_columns_nobody_asked_for_are_kept_as_they_are_and_named(intake: Intake) -> None:
    report = intake.take("手机,姓名,备注,备注,订单号\n13800138000,x,家 13911112222,周末,202611210001\n")
    assert report.extra == ("备注", "备注 (4)", "订单号")
    assert intake.leads[0].extra == {"备注": "家 139****2222", "备注 (4)": "周末", "订单号": "202611210001"}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"PK\x03\x04rest", "workbook_broken"),
        (b"phone,name\n", "no_rows"),
        (b"x" * 70_000, "no_legible_rows"),
        (b"\xd0\xcf\x11\xe0rest", "is_xls"),
        ("姓名,备注\n张三,x\n".encode(), "no_number_column"),
        (b"a,b\nc,d\n", "no_number_column"),
    ],
)
def test_a_file_that_is_no_list_gets_one_clear_answer(intake: Intake, raw: bytes, code: str) -> None:
    with pytest.raises(SheetFault) as caught:
        intake.take(raw)
    assert caught.value.code == code
    assert known(f"intake.{code}")


def test_leads_are_handed_over_in_batches_with_progress(intake: Intake) -> None:
    count = PORTION * 2 + 10
    report = intake.take("phone\n" + "".join(f"1380{n:07}\n" for n in range(count)))
    assert report.added == count
    assert [step[0] for step in intake.progress] == [PORTION, PORTION * 2, count]
    assert intake.progress[-1] == (count, intake.path.stat().st_size, intake.path.stat().st_size)


def test_the_file_of_rejects_opens_in_a_spreadsheet_and_shows_no_number(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    refused = LeftOut(row=2, code="number_wrong_length", value="+86138*****0009", cells=("=1+1", "张三"))
    write_rejects(path, [refused], "zh-CN")
    head, row = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    assert head[0] == "行号"
    assert row[:2] == ["2", "number_wrong_length"]
    assert row[3:] == ["'+86138*****0009", "'=1+1", "张三"]


def test_every_reason_has_a_text() -> None:
    faults = ("empty", "too_long", "not_a_number", "wrong_length", "not_assigned", "not_e164", "scientific")
    codes = [f"number_{why}" for why in faults] + [
        *("column_count", "nul", "broken_quotes", "line_too_long", "bad_encoding", "control_character"),
        *("name_too_long", "customer_too_long", "zone_unknown", "priority_form", "due_form", "agent_unknown"),
        *("consent_form", "consent_order", "proof_too_long"),
        *("group_unknown", "broken_cell", "barred", *DUPLICATES, *ASIDE),
        *("is_xlsx", "is_xls", "is_pdf", "is_gzip", "unreadable", "empty", "no_number_column", "no_rows"),
        *("no_legible_rows", "is_encrypted", "is_xlsb", "is_ods", "is_zip", "workbook_bomb", "workbook_broken"),
        *("workbook_without_sheets", "no_such_sheet", "csv_has_no_sheets"),
    ]
    assert [code for code in codes if not known(f"intake.{code}")] == []


def text_of_numbers() -> Iterator[st.SearchStrategy[str]]:
    digits = st.text("0123456789", min_size=3, max_size=14)
    yield digits
    yield digits.map("+86".__add__)
    yield st.integers(10**9, 2 * 10**10).map(str)
    yield st.integers(10_000_000, 99_999_999).flatmap(
        lambda tail: st.integers(130, 199).map(lambda head: f"{head}{tail}")
    )
    yield st.from_regex(r"(\+86|86|0086|0|17951|12593)?1[3-9][0-9]{9}", fullmatch=True)


@settings(deadline=None, max_examples=200)
@given(st.one_of(*text_of_numbers()))
def test_the_quick_way_to_read_a_number_agrees_with_the_thorough_one(text: str) -> None:
    def answer(read: object) -> object:
        try:
            return read(text, "CN")  # type: ignore[operator]
        except NumberFault as fault:
            return fault.why

    assert answer(read_number) == answer(parse)


def test_the_quick_way_agrees_on_every_mobile_prefix() -> None:
    for prefix in range(1000, 2000):
        text = f"{prefix}5550123"
        try:
            thorough: PhoneNumber | None = parse(text, "CN")
        except NumberFault:
            thorough = None
        try:
            quick: PhoneNumber | None = read_number(text, "CN")
        except NumberFault:
            quick = None
        assert quick == thorough


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text('1380,;"\n\r\t\0=张\ufeff', max_size=200).map(str.encode),
        st.text('1380,"\n张', max_size=100).map(lambda text: ("手机,姓名\n" + text).encode("gb18030")),
        st.text('1380,"\n张', max_size=100).map(lambda text: ("phone,name\n" + text).encode("utf-16")),
    )
)
def test_no_bytes_break_the_intake_and_every_row_is_accounted_for(intake: Intake, raw: bytes) -> None:
    intake.clear()
    try:
        report = intake.take(raw)
    except SheetFault as fault:
        assert known(f"intake.{fault.code}")  # noqa: PT017
        return
    rejects = list(rejects_of(intake.store, report.batch))
    assert balanced(report)
    assert batch_of(intake.store, report.batch).rows == report.rows  # type: ignore[union-attr]
    assert len(rejects) == report.rows - report.added
    assert all(known(f"intake.{reject.code}") for reject in rejects)
    assert all(sum(letter.isdigit() for letter in text) <= 7 for each in rejects for text in (each.value, *each.cells))


def test_lines_are_the_same_wherever_the_reading_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    lines = [f"1380{n:07},张三{'x' * (n % 50)}" for n in range(CHUNK // 20)]
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    assert ["".join((cells[0], ",", cells[1])) for _, cells in rows(examine(path))] == lines

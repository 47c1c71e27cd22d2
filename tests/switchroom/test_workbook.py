"""Excel workbooks come in as CSV files do: values as stored, one sheet, hostile ones refused with one answer."""

import datetime
import io
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.words import known
from switchroom import parts
from switchroom.lists import examine_list, rows_of
from switchroom.sheet import CHUNK, LINE, Row, SheetFault

SHEET = "xl/worksheets/sheet1.xml"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(path: Path, *rows: list[Any], title: str = "客户", **more: list[list[Any]]) -> Path:
    made = openpyxl.Workbook()
    first = made.active
    first.title = title
    for row in rows:
        first.append(row)
    for name, others in more.items():
        sheet = made.create_sheet(name)
        for row in others:
            sheet.append(row)
    made.save(path)
    return path


def read(path: Path, sheet: str = "") -> list[Row]:
    return list(rows_of(examine_list(path, sheet)))


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The same workbook with one part rewritten or added."""
    with zipfile.ZipFile(path) as old:
        content = {info.filename: old.read(info) for info in old.infolist()}
    content[part] = change(content.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in content.items():
            new.writestr(name, data)
    return path


def sheet_of(rows: str) -> Callable[[bytes], bytes]:
    return lambda _: f'<?xml version="1.0"?><worksheet {NS}><sheetData>{rows}</sheetData></worksheet>'.encode()


def shared(path: Path, strings: str, rows: str) -> Path:
    """A workbook whose cells refer to texts of a table, as Excel writes them."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    changed(path, "[Content_Types].xml", lambda old: old.replace(b"</Types>", override))
    changed(path, "xl/sharedStrings.xml", lambda _: f"<sst {NS}>{strings}</sst>".encode())
    return changed(path, SHEET, sheet_of(rows))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.xlsx"


def test_cells_are_read_as_they_are_stored_and_rows_keep_their_numbers(path: Path) -> None:
    noon = datetime.datetime(2026, 11, 21, 12, 30)  # noqa: DTZ001
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["手机", "姓名", "日期", "在线"],
        [13800138000, "张三", noon, True],
        [1.38001e10, "李四", noon.date(), None],
    ):
        sheet.append(row)
    sheet["A6"] = "13900139000"
    made.save(path)
    assert read(path) == [
        (1, ["手机", "姓名", "日期", "在线"]),
        (2, ["13800138000", "张三", "2026-11-21 12:30:00", "TRUE"]),
        (3, ["13800100000", "李四", "2026-11-21"]),
        (6, ["13900139000"]),
    ]


def test_a_number_stored_as_a_float_is_whole_again(path: Path) -> None:
    changed(book(path, ["phone"]), SHEET, sheet_of('<row r="1"><c r="A1"><v>1.3800138E+10</v></c></row>'))
    assert read(path) == [(1, ["13800138000"])]


def test_texts_of_the_shared_table_are_read_without_their_fonts(path: Path) -> None:
    strings = "<si><t>13800138000</t></si><si><r><t>张</t></r><r><rPr><b/></rPr><t>三</t></r></si><si/>"
    cells = "".join(f'<c r="{column}1" t="s"><v>{index}</v></c>' for index, column in enumerate("ABC"))
    shared(book(path, ["a"]), strings, f'<row r="1">{cells}</row>')
    assert read(path) == [(1, ["13800138000", "张三", ""])]


def test_formulas_give_the_value_they_had(path: Path) -> None:
    cell = '<row r="1"><c r="A1"><f>13800138000+0</f><v>13800138000</v></c><c r="B1"><f>NOW()</f></c></row>'
    changed(book(path, ["phone"]), SHEET, sheet_of(cell))
    assert read(path) == [(1, ["13800138000"])]


def test_the_first_sheet_shown_is_taken_unless_another_is_named(path: Path) -> None:
    book(path, ["13800138000"], 名单二=[["13900139000"]])
    assert read(path) == [(1, ["13800138000"])]
    assert read(path, "名单二") == [(1, ["13900139000"])]
    with pytest.raises(SheetFault) as caught:
        read(path, "三")
    assert (caught.value.code, caught.value.words) == ("no_such_sheet", {"sheet": "三", "known": "客户, 名单二"})
    made = openpyxl.load_workbook(path)
    made["客户"].sheet_state = "hidden"
    made.active = 1
    made.save(path)
    assert examine_list(path).sheet == "名单二"  # type: ignore[union-attr]


def test_a_text_file_has_no_sheets(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("phone\n13800138000\n")
    with pytest.raises(SheetFault, match="csv_has_no_sheets"):
        read(tmp_path / "list.csv", "One")


def test_a_macro_is_not_even_unpacked(path: Path) -> None:
    book(path, ["13800138000"])
    changed(path, "xl/vbaProject.bin", lambda _: b"\xd0\xcf\x11\xe0" + b"AutoOpen" * 100)
    assert read(path) == [(1, ["13800138000"])]


def test_rows_without_numbers_or_with_wrong_ones_are_counted_on(path: Path) -> None:
    rows = '<row><c><v>1</v></c></row><row r="x"><c><v>2</v></c></row><row r="2"><c><v>3</v></c></row>'
    changed(book(path, ["a"]), SHEET, sheet_of(rows + '<row r="99999999999"><c><v>4</v></c></row>'))
    assert read(path) == [(1, ["1"]), (2, ["2"]), (3, ["3"]), (4, ["4"])]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ('<c r="A1" t="s"><v>77</v></c>', "broken_cell"),
        ('<c r="A1"><v>abc</v></c>', "broken_cell"),
        ('<c r="A1" s="x"><v>1</v></c>', "broken_cell"),
        ('<c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c>', "line_too_long"),
        ('<c r="A1" t="inlineStr"><is><t>' + "x" * (LINE + 1) + "</t></is></c>", "line_too_long"),
    ],
)
def test_a_damaged_cell_spoils_its_row_only(path: Path, cells: str, code: str) -> None:
    changed(book(path, ["a"]), SHEET, sheet_of(f'<row r="1">{cells}</row><row r="2"><c r="A2"><v>5</v></c></row>'))
    assert read(path) == [(1, code), (2, ["5"])]


def refused(path: Path) -> str:
    with pytest.raises(SheetFault) as caught:
        read(path)
    assert known(f"intake.{caught.value.code}")
    return caught.value.code


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("<row>" + "<c/>" * 400_000 + "</row>", "workbook_bomb"),
        ("<row/>" * (parts.MOST_TAGS + 100_000), "workbook_bomb"),
        ("<!--x--><row/>", "workbook_broken"),
        ("<row><c><![CDATA[<row>]]></c></row>", "workbook_broken"),
        ("<row><c></row>", "workbook_broken"),
        ("<row><c>&x;</c></row>", "workbook_broken"),
    ],
    ids=["endless_row", "endless_rows", "comment", "cdata", "unclosed", "entity"],
)
def test_rows_no_spreadsheet_writes_are_refused(path: Path, rows: str, code: str) -> None:
    assert refused(changed(book(path, ["a"]), SHEET, sheet_of(rows))) == code


def test_a_workbook_that_would_unpack_to_more_than_the_bound_is_refused_before_it_does(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MOST_ROWS_BYTES", 20_000)
    monkeypatch.setattr(parts, "MOST_STRINGS", 3_000)
    monkeypatch.setattr(parts, "MOST_SMALL", 20_000)
    book(path, ["13800138000"])
    assert read(path) == [(1, ["13800138000"])]
    assert refused(changed(path, SHEET, sheet_of("<row/>" * 5000))) == "workbook_bomb"
    shared(book(path, ["a"]), "<si/>" * 1000, '<row r="1"><c r="A1" t="s"><v>0</v></c></row>')
    assert refused(path) == "workbook_bomb"
    changed(book(path, ["a"]), "xl/styles.xml", lambda old: old.replace(b"<fonts", b"<x/>" * 9000 + b"<fonts"))
    assert refused(path) == "workbook_bomb"


def test_entities_are_never_expanded(path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    changed(book(path, ["a"]), "xl/workbook.xml", lambda old: bomb + old)
    assert refused(path) == "workbook_broken"


def test_other_kinds_of_files_are_told_what_to_do(tmp_path: Path) -> None:
    def zipped(**members: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as made:
            for name, data in members.items():
                made.writestr(name.replace("__", "/"), data)
        return out.getvalue()

    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000
    files = {
        "is_encrypted": ole + "EncryptedPackage".encode("utf-16-le") + b"\0" * 100,
        "is_xls": ole + "Workbook".encode("utf-16-le"),
        "is_zip": zipped(**{"list.csv": b"phone\n"}),
        "is_xlsb": zipped(**{"xl__workbook.bin": b"x", "[Content_Types].xml": b"x"}),
        "is_ods": zipped(**{"mimetype": b"x", "content.xml": b"x"}),
        "workbook_broken": zipped(**{"[Content_Types].xml": b"<Types/>"}),
    }
    for code, content in files.items():
        (tmp_path / code).write_bytes(content)
        assert refused(tmp_path / code) == code


def test_a_hundred_thousand_rows_are_read_in_bounded_memory(path: Path) -> None:
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet()
    for serial in range(20_000):
        sheet.append([13_800_000_000 + serial, f"客户 {serial}"])
    made.save(path)
    rows = "".join(
        f'<row r="{serial}" ht="15"><c r="A{serial}"><v>{13_800_000_000 + serial}</v></c></row>'
        for serial in range(1, 100_001)
    )
    changed(path, SHEET, sheet_of(rows))
    del rows
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in rows_of(examine_list(path))) == 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32).map(Random))
def test_no_damage_to_a_workbook_breaks_the_reading(path: Path, chance: Random) -> None:
    book(path, ["phone", "name"], [13800138000, "张三"], ["13900139000", "李四"])
    raw = bytearray(path.read_bytes())
    if chance.random() < 0.3:
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(4, len(raw))] = chance.randrange(256)
        path.write_bytes(raw[: chance.randint(30, len(raw))])
    else:
        with zipfile.ZipFile(path) as old:
            part = chance.choice(old.namelist())
            inside = bytearray(old.read(part))
        for _ in range(chance.randint(1, 8)):
            inside[chance.randrange(len(inside))] = chance.choice(b'<>/"0a\x00\xff=')
        changed(path, part, lambda _: bytes(inside))
    try:
        found = read(path)
    except SheetFault as fault:
        assert known(f"intake.{fault.code}")  # noqa: PT017
        return
    assert all(isinstance(cells, str) or all(isinstance(cell, str) for cell in cells) for _, cells in found)


def test_progress_comes_to_its_end(path: Path) -> None:
    book(path, *(["x" * 50, serial] for serial in range(3000)))
    found = examine_list(path)
    told: list[int] = []
    assert sum(1 for _ in rows_of(found, told.append)) == 3000
    assert told == sorted(told)
    assert told[-1] == found.size > CHUNK

"""Lists that come over the API: taken as from the command line, refused by codes the desk can say."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from config.model import AgentSettings, ServerSettings
from desk.ports import ImportRefused, ListOrder
from desk.words import catalogue
from store.audit import DESK, trail
from switchroom import upload
from tests.switchroom.desk_of_lists import Intake

SERVER = ServerSettings(agent=[AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001")])
LIST = "phone,name,agent\n13800138000,王芳,1001\n13900139000,李强,\n13800138000,x,\n12345,y,9\n"


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake(tmp_path)
    yield made
    made.store.close()


def order(**wishes: object) -> ListOrder:
    return ListOrder(**{"campaign": "spring", "actor": "lee", "file": "list.csv", **wishes})  # type: ignore[arg-type]


def taken(intake: Intake, text: str | bytes = LIST, **wishes: object):  # type: ignore[no-untyped-def]
    intake.path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return upload.take_upload(intake.store, SERVER, order(**wishes), intake.path, "")


def test_a_list_is_taken_once_and_told_row_by_row(intake: Intake) -> None:
    report = taken(intake)
    assert (report.accepted, report.rejected, report.total, report.already) == (2, 2, 4, False)
    assert report.counts == {"repeated": 1, "number_not_assigned": 1}
    assert [(row.line, row.why) for row in report.rows] == [(4, "repeated"), (5, "number_not_assigned")]
    again = taken(intake, batch="another")
    assert (again.already, again.batch, again.created_at) == (True, report.batch, report.created_at)
    (batch,) = upload.batch_rows(intake.store, campaign="spring", state="open", before=None, limit=10)
    assert (batch, batch.author) == (upload.batch_row(intake.store, report.batch), "lee")
    assert upload.batch_rows(intake.store, campaign=None, state="lost", before=None, limit=10) == []
    assert [act.chain for act in trail(intake.store, act="batch.import")] == [DESK]


def test_what_was_not_taken_is_read_in_pages(intake: Intake) -> None:
    report = taken(intake)
    (first,) = upload.rejected_rows(intake.store, report.batch, after=0, limit=1)
    (second,) = upload.rejected_rows(intake.store, report.batch, after=first.serial, limit=5)
    assert (first.line, first.cells, second.line) == (4, ("138****8000", "x", ""), 5)


def test_a_workbook_is_known_by_what_is_in_it(intake: Intake) -> None:
    made = openpyxl.Workbook()
    for row in (["phone"], [13800138000]):
        made.active.append(row)
    made.save(intake.path)
    assert taken(intake, intake.path.read_bytes(), file="list.xlsx").accepted == 1


@pytest.mark.parametrize(
    ("text", "wishes", "code"),
    [
        (LIST, {"batch": "a b"}, "bad_batch_name"),
        (LIST, {"batch": "13800138000"}, "bad_batch_name"),
        (LIST, {"against": "nobody"}, "bad_against"),
        (LIST, {"sheet": "One"}, "csv_has_no_sheets"),
        (LIST + "\n", {"batch": "used"}, "batch_exists"),
        ("phone\n", {}, "no_rows"),
        (b"PK\x03\x04x", {}, "workbook_broken"),
        (b"\xd0\xcf\x11\xe0", {}, "is_xls"),
    ],
)
def test_what_cannot_be_taken_is_a_code_the_desk_can_say(
    intake: Intake, text: str | bytes, wishes: dict[str, str], code: str
) -> None:
    taken(intake, "phone\n18612345678\n", batch="used")
    with pytest.raises(ImportRefused) as caught:
        taken(intake, text, **wishes)
    assert caught.value.code == code
    assert f"code.{code}" in catalogue()


def test_a_database_that_takes_nothing_asks_for_the_same_file_later(intake: Intake, tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "switchroom.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(ImportRefused) as caught:
            taken(intake)
    finally:
        holder.close()
    assert (caught.value.code, intake.leads) == ("import_interrupted", [])
    assert taken(intake).accepted == 2

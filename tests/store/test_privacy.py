"""A whole number stands nowhere in the database's files: its column is sealed."""

from pathlib import Path

from sqlalchemy import text

import store
from store.barred import NewBar, bar
from store.inline import InlineLedger
from store.intake import add_leads
from store.leads import LeadBook
from telephony.commands import FetchLeads
from telephony.donotcall import BarKind
from telephony.leads import LeadsFetched
from tests.store.trade import NOON, SPRING, customer, ended, placed


def test_no_whole_number_is_in_the_files_of_the_database(tmp_path: Path) -> None:
    opened = store.open(f"sqlite:///{tmp_path}/switchroom.db")
    serials = range(76_543_210, 76_543_260)
    rows = [customer(serial) for serial in serials]
    add_leads(opened, rows)
    ledger = InlineLedger(opened)
    answers: list[LeadsFetched] = []
    LeadBook(opened).fetch(FetchLeads(campaign=SPRING, limit=50), NOON, answers.append)
    for lead in answers[0].leads:
        call = f"c-{lead.id}"
        ledger.submit([placed(call, lead=lead.id, number_key=lead.number_key), ended(call, lead=lead.id)], NOON)
    ledger.close()
    entries = [NewBar(kind=BarKind.NUMBER, number=row.number, reason="complaint") for row in rows]
    bar(opened, entries, source="phone", author="lead", at=NOON)
    with opened.writing.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert sum(occurrences(tmp_path, serial) for serial in serials) == 0
    with opened.writing.begin() as connection:
        connection.execute(text("UPDATE leads SET number=:open WHERE id=1"), {"open": rows[0].number.for_store()})
    assert occurrences(tmp_path, serials[0]) > 0
    opened.close()


def occurrences(folder: Path, serial: int) -> int:
    """How often a customer's number stands in the files, however it is encoded and with whatever before it."""
    national = f"138{serial:08d}"
    shapes = [national.encode(), national.encode("utf-16-le")]
    files = [path.read_bytes() for path in folder.iterdir()]
    return sum(content.count(shape) for content in files for shape in shapes)

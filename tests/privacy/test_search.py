"""The search itself: a number planted in any form, in anything the product writes, is found; what is masked is not."""

import base64
import csv
import io
import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from telephony.numbers import PhoneNumber
from tests.privacy.search import Search, files

WHOLE = "+8613800138000"
OTHERS = [f"+8613912{n:06}" for n in range(500)]
SEARCH = Search([WHOLE, *OTHERS])

TEXTS: dict[str, str] = {
    "with plus": WHOLE,
    "without plus": "8613800138000",
    "national": "13800138000",
    "trunk prefix": "013800138000",
    "core": "00138000",
    "with dashes": "138-0013-8000",
    "with spaces": "+86 138 0013 8000",
    "with brackets": "(138) 0013.8000",
    "dial string": "PJSIP/13800138000@carrier",
    "within digits": "9913800138000991234",
    "percent": quote(WHOLE),
    "some percent": "%313800%3138000",
    "all percent": "".join(f"%{ord(letter):02x}" for letter in "13800138000"),
    "hexadecimal": WHOLE.encode().hex(),
    "hexadecimal, great": b"13800138000".hex().upper(),
    "hexadecimal integer": f"{8613800138000:x}",
    "hexadecimal national": f"0x{13800138000:010x}",
    "base64": base64.b64encode(WHOLE.encode()).decode(),
    "base64 within": base64.b64encode(b"to 13800138000 at once").decode(),
    "base64 of a web page": base64.urlsafe_b64encode(b"??13800138000>>").decode().rstrip("="),
}
BYTES: dict[str, bytes] = {
    **{name: text.encode() for name, text in TEXTS.items()},
    "UTF-16": WHOLE.encode("utf-16-le"),
    "UTF-16, great end first": "138 0013 8000".encode("utf-16-be"),
    "integer, small end first": (8613800138000).to_bytes(8, "little"),
    "integer, great end first": (13800138000).to_bytes(8, "big"),
    "integer of six bytes": (13800138000).to_bytes(6, "big"),
}


def _journal(folder: Path, text: str) -> None:
    with closing(sqlite3.connect(folder / "switchroom.db")) as database, database:
        database.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, payload TEXT)")
        database.executemany("INSERT INTO journal (payload) VALUES (?)", [("x" * 500,)] * 50)
        database.execute("INSERT INTO journal (payload) VALUES (?)", (json.dumps({"what": text}),))


def _log(folder: Path, text: str) -> None:
    handler = logging.FileHandler(folder / "switchroom.log")
    handler.handle(logging.LogRecord("trial", logging.INFO, "x.py", 1, "said %r", (text,), None))
    handler.close()


def _metrics(folder: Path, text: str) -> None:
    registry = CollectorRegistry()
    Counter("calls", "calls", ["who"], registry=registry).labels(who=text).inc()
    (folder / "metrics.prom").write_bytes(generate_latest(registry))


def _table(folder: Path, text: str) -> None:
    with (folder / "rejects.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["row", "value"], [17, text]])


def _workbook(folder: Path, text: str) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["value", text])
    book.save(folder / "export.xlsx")


def _frame(folder: Path, text: str) -> None:
    (folder / "frames").write_text(json.dumps({"facts": [{"kind": "AlarmRaised", "words": {"who": text}}]}))


def _sound(folder: Path, text: str) -> None:
    (folder / f"c-abc-{text.replace('/', '_')}.wav").touch()


MEDIA: list[Callable[[Path, str], None]] = [_journal, _log, _metrics, _table, _workbook, _frame, _sound]


@pytest.mark.parametrize("form", BYTES)
def test_a_number_is_found_in_every_form(form: str) -> None:
    noise = bytes(range(256)) * 20
    for before in (b"", b"x", b" xy", b"\0\0\0"):
        assert SEARCH.forms(noise + before + BYTES[form] + noise), form
    assert SEARCH.leaks([("here", BYTES[form])])[0].startswith("here: ")


@pytest.mark.parametrize("plant", MEDIA)
@pytest.mark.parametrize("form", TEXTS)
def test_a_number_planted_in_whatever_is_written_is_found(
    form: str, plant: Callable[[Path, str], None], tmp_path: Path
) -> None:
    plant(tmp_path, TEXTS[form])
    assert SEARCH.leaks(files(tmp_path)), f"{form} by {plant.__name__}"


@pytest.mark.parametrize("plant", MEDIA)
def test_a_masked_number_and_our_own_ids_are_no_leak(plant: Callable[[Path, str], None], tmp_path: Path) -> None:
    number = PhoneNumber(WHOLE)
    plant(tmp_path, f"{number} n{number.key(b's'):x} {number.key(b's')} c-mh3k2f1a-00001z 2026-03-02 1772413200.123456")
    assert SEARCH.leaks(files(tmp_path)) == []


def test_an_integer_in_a_table_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database, database:
        database.execute("CREATE TABLE calls (number INTEGER)")
        database.execute("INSERT INTO calls VALUES (?)", (8613800138000,))
    assert SEARCH.leaks(files(tmp_path)) == ["a.db: integer"]


def test_a_row_that_is_only_in_the_write_ahead_log_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA wal_autocheckpoint=0")
        database.execute("CREATE TABLE calls (note TEXT)")
        database.execute("INSERT INTO calls VALUES ('ring 138 0013 8000')")
        database.commit()
        assert SEARCH.leaks(files(tmp_path)) == ["a.db-wal: separated digits"]


def test_figures_of_a_whole_journal_are_no_number() -> None:
    out = io.StringIO()
    for n in range(20_000):
        out.write(
            f'{1772413200 + n * 0.731:.6f} {{"at":{1772413200.25 + n},"key":{PhoneNumber(WHOLE).key(b"%d" % n)}}}\n'
        )
    assert SEARCH.forms(out.getvalue().encode()) == set()

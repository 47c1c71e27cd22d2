"""A number shows its middle four digits to nobody, whichever way it is written; whole it leaves by named doors only."""

import ast
import copy
import csv
import dataclasses
import io
import json
import logging
import pickle
import pprint
import traceback
from pathlib import Path

import msgspec
import openpyxl
import pytest
from openpyxl.cell.cell import Cell
from prometheus_client import CollectorRegistry, Counter, generate_latest
from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticSerializationError

from telephony.numbers import NumberFault, PhoneNumber, parse, zones_of

ROOT = Path(__file__).parents[2]
WHOLE = "+8613800138000"
MASKED = "+86138****8000"
DOORS = {
    "for_exchange": {
        *("telephony/ami/actions.py", "simulator/exchange.py"),
        "simulator/render.py",  # a simulated caller's number on its way to us
        *("benchmarks/crash.py", "benchmarks/hour_books.py"),  # made-up people, to compare with a carrier's log
    },
    "for_store": {
        *("store/intake.py", "store/requests.py"),
        "store/inbound.py",  # somebody who called, into the sealed column meant for it
        "store/export.py",  # orders concluded, for a role that may take whole numbers out
        "switchroom/bookwork.py",  # a change asked for, on its way into its sealed column
        "switchroom/leadpipe.py",  # made-up people, between the two processes of a virtual shift
    },
    "reveal": {"switchroom/bookwork.py", "desk/trust.py"},
    "_e164": {"telephony/numbers.py"},
}
"""Who may use each door; a new user is added here by whoever has thought about where the number goes."""


@pytest.fixture
def number() -> PhoneNumber:
    return PhoneNumber(WHOLE)


@dataclasses.dataclass
class Card:
    name: str
    number: PhoneNumber


class Row(msgspec.Struct):
    number: PhoneNumber


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    number: PhoneNumber


def hidden(text: str) -> bool:
    return "138****8000" in text and "0013" not in text


def test_text_of_it_is_masked(number: PhoneNumber) -> None:
    percent = "%s"
    said = (
        *(str(number), repr(number), f"{number}", f"{number!r}", f"{number!s:>20}", f"{number:<20}"),
        *(percent % number, percent % [number], f"{number}", format(number), ascii(number)),
        *(pprint.pformat({"a": [number]}), str({number: 1}), repr((number,)), str(Card("w", number))),
    )
    assert [text for text in said if not hidden(text)] == []


@pytest.mark.parametrize(
    ("whole", "masked"),
    [
        ("+110", "+*10"),
        ("+1234", "+**34"),
        ("+1234567", "+*****67"),
        ("+12345678", "+****5678"),
        ("+861012345", "+8****2345"),
        ("+85261234567", "+852****4567"),
        ("+123456789012345", "+1234567****2345"),
    ],
)
def test_short_and_odd_ones_hide_four_digits_or_all_but_two(whole: str, masked: str) -> None:
    assert str(PhoneNumber(whole)) == masked


def test_an_extension_is_not_kept() -> None:
    assert parse("+86 138 0013 8000 ext. 4711", "CN") == PhoneNumber(WHOLE)


def test_json_refuses_it_or_says_it_masked(number: PhoneNumber) -> None:
    with pytest.raises(TypeError) as refused:
        json.dumps({"n": number})
    assert "0013" not in str(refused.value)
    assert hidden(json.dumps({"n": number}, default=str))
    with pytest.raises(TypeError):
        msgspec.json.encode(Row(number))
    with pytest.raises(TypeError):
        msgspec.msgpack.encode(Row(number))
    assert hidden(msgspec.json.encode(Row(number), enc_hook=str).decode())
    with pytest.raises(PydanticSerializationError) as unknown:
        Model(number=number).model_dump_json()
    assert "0013" not in str(unknown.value)
    assert hidden(str(Model(number=number)) + repr(Model(number=number).model_dump()))


def test_it_has_no_inside_to_look_at(number: PhoneNumber) -> None:
    with pytest.raises(TypeError):
        vars(number)
    assert not hasattr(number, "__dict__")
    assert hidden(repr(dataclasses.asdict(Card("w", number))))
    assert hidden(repr(msgspec.structs.asdict(Row(number))))
    assert hidden(repr(msgspec.structs.astuple(Row(number))))


def test_it_is_not_pickled_and_a_copy_is_itself(number: PhoneNumber) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(number, protocol)
    assert copy.copy(number) is number
    assert copy.deepcopy({"a": number})["a"] is number


def test_tables_get_it_masked_or_refuse_it(number: PhoneNumber) -> None:
    text = io.StringIO()
    csv.writer(text).writerow([number, [number]])
    csv.DictWriter(text, ["n"]).writerow({"n": number})
    assert hidden(text.getvalue())
    sheet = openpyxl.Workbook().active
    assert sheet is not None
    with pytest.raises(ValueError, match="Cannot convert") as refused:
        sheet.append([number])
    assert hidden(str(refused.value))
    cell = sheet.cell(1, 1)
    assert isinstance(cell, Cell)
    cell.value = str(number)
    assert hidden(str(cell.value))


def test_metrics_labels_get_it_masked(number: PhoneNumber) -> None:
    registry = CollectorRegistry()
    Counter("calls", "calls", ["number"], registry=registry).labels(number).inc()
    Counter("more", "more", ["number"], registry=registry).labels(number=number).inc()
    assert hidden(generate_latest(registry).decode())


def test_log_lines_and_tracebacks_with_all_locals_have_it_masked(
    number: PhoneNumber, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("trial")

    def deep(called: PhoneNumber) -> None:
        raise LookupError(called, [called])

    try:
        deep(number)
    except LookupError as error:
        log.exception("%s %r %s", number, [number], {"n": number})
        whole = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert hidden(caplog.text)
    assert hidden(whole)


@pytest.mark.parametrize("text", ["13800138000" * 4, "+861380013800055", "1380013800 0 0 0 1", "+13800138000"])
def test_a_text_that_is_no_number_is_not_repeated_in_the_fault(text: str) -> None:
    with pytest.raises(NumberFault) as fault:
        parse(text, "CN")
    shown = "".join(traceback.format_exception(fault.value)) + repr(fault.value.args)
    assert "0013" not in shown


def test_to_see_it_takes_a_reason_and_leaves_a_trace_first(number: PhoneNumber) -> None:
    seen: list[tuple[str, str, str]] = []
    with pytest.raises(ValueError, match="reason"):
        number.reveal(reason=" ", actor="lead", ledger=lambda *said: seen.append(said))
    assert seen == []
    assert number.reveal(reason="order", actor="lead", ledger=lambda *said: seen.append(said)) == WHOLE
    assert seen == [(MASKED, "order", "lead")]

    def broken(*_: str) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        number.reveal(reason="order", actor="lead", ledger=broken)


@pytest.mark.parametrize("door", DOORS)
def test_nobody_but_those_listed_uses_a_door(door: str) -> None:
    users = set()
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("tests/", ".", "build/")) or "/." in name:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        if any(isinstance(node, ast.Attribute) and node.attr == door for node in ast.walk(tree)):
            users.add(name)
    assert users == DOORS[door]


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+8613800138000", {"Asia/Shanghai"}),
        ("+12025550123", {"America/New_York"}),
        ("+61291234567", {"Australia/Sydney"}),
        ("+34612345678", {"Europe/Madrid", "Atlantic/Canary"}),
        ("+88812345678", set()),
    ],
)
def test_number_of_no_place_may_be_in_any_zone_of_its_country(number: str, zones: set[str]) -> None:
    assert set(zones_of(PhoneNumber(number))) == zones


def test_australian_mobile_may_be_in_perth_and_in_sydney() -> None:
    assert {"Australia/Perth", "Australia/Sydney"} < set(zones_of(PhoneNumber("+61412345678")))

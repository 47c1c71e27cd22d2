"""The log masks what looks like a number in anybody's words: messages, tracebacks, errors nobody caught."""

import asyncio
import io
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.model import LogSettings
from switchroom.logbook import LogStream, Masking, hide_numbers, start_log

WHOLE = "13800138000"


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    """A log file in force; afterwards everything is as before."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook, sys.unraisablehook
    path = tmp_path / "switchroom.log"
    start_log(LogSettings(file=path, level="debug"))
    yield path
    for handler in set(root.handlers) - set(before[0]):
        handler.close()
    root.handlers[:], level, sys.excepthook, threading.excepthook, sys.unraisablehook = before
    root.setLevel(level)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("dial +8613800138000 now", "dial +86138****8000 now"),
        ("PJSIP/13800138000@gw", "PJSIP/138****8000@gw"),
        ("{'Exten': '13800138000'}", "{'Exten': '138****8000'}"),
        ("tel 0138-0013-8000.", "tel 0138-****-8000."),
        ("86 138 0013 8000", "86 138 **** 8000"),
        ("61234567", "****4567"),
        ("at 2026-11-21 23:24:01,123 call c-mh3k2f1a-00001z", "at 2026-11-21 23:24:01,123 call c-mh3k2f1a-00001z"),
        ("c-1764000000000-000012 on 127.0.0.1:50380", "c-1764000000000-000012 on 127.0.0.1:50380"),
        ("0.123456789 s, 1234567 rows", "0.123456789 s, 1234567 rows"),
        ("digest 13800138000ab", "digest 13800138000ab"),
    ],
)
def test_runs_of_digits_that_could_be_numbers_are_masked_and_nothing_else(text: str, masked: str) -> None:
    assert hide_numbers(text) == masked


def test_words_of_libraries_and_their_tracebacks_are_masked(logged: Path) -> None:
    library = logging.getLogger("panoramisk.manager")
    library.debug("received <Message Event='DialBegin' DialString='%s@gw' CallerIDNum=%r>", WHOLE, int(WHOLE))
    try:
        raise ValueError(f"cannot send Channel: PJSIP/{WHOLE}@gw")
    except ValueError:
        library.exception("lost", stack_info=True)
    text = logged.read_text()
    assert WHOLE not in text
    assert text.count("138****8000") == 3


async def test_errors_of_the_loop_and_of_threads_are_masked(logged: Path) -> None:
    def fail() -> None:
        raise RuntimeError(f"no route to {WHOLE}")

    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    text = logged.read_text()
    assert text.count("RuntimeError: no route to 138****8000") == 2
    assert WHOLE not in text


def test_an_error_nobody_caught_is_shown_masked(logged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise RuntimeError(f"no route to {WHOLE}")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    said = capsys.readouterr().err
    assert "no route to 138****8000" in said
    assert WHOLE not in said


def test_a_line_that_cannot_be_written_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    handler = LogStream(io.StringIO())
    handler.setFormatter(Masking("%(message)s"))
    handler.handle(logging.LogRecord("trial", logging.INFO, "x.py", 1, "%d %d", (WHOLE, WHOLE), None))
    said = capsys.readouterr().err
    assert "a log line of trial was lost: TypeError" in said
    assert WHOLE not in said

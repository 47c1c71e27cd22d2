"""The log, and the net below it: a run of digits that could be a telephone number is masked in whatever anybody logs.

Our own code logs numbers that mask themselves; this is for texts of libraries, of the PBX, and of errors nobody expected.
"""

import logging
import re
import sys
import threading
from types import TracebackType
from typing import Any

from config.model import LogSettings

FORM = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_RUN = re.compile(r"(?<![0-9A-Za-z_.-])(?!\d{4}-\d\d-\d\d)\+?\d(?:[ -]?\d){7,}+(?![0-9a-fA-F])")

log = logging.getLogger(__name__)


def hide_numbers(text: str) -> str:
    """The text with the middle four digits hidden of every run of eight digits and more that stands by itself."""
    return _RUN.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    run = found.group()
    places = [place for place, letter in enumerate(run) if letter.isdigit()]
    hidden = set(places[-8:-4])
    return "".join("*" if place in hidden else letter for place, letter in enumerate(run))


class Masking(logging.Formatter):
    """Formats a record with message, traceback and stack masked; the instant is left as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = hide_numbers(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return hide_numbers(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return hide_numbers(super().formatStack(stack_info))


class LogFile(logging.FileHandler):
    """A log file; a line that cannot be written is dropped without repeating its words elsewhere."""

    def handleError(self, record: logging.LogRecord) -> None:
        _lost(record)


class LogStream(logging.StreamHandler[Any]):
    """Standard error as the log; a line that cannot be written is dropped without repeating its words."""

    def handleError(self, record: logging.LogRecord) -> None:
        _lost(record)


def start_log(settings: LogSettings) -> None:
    """Log as the settings say, errors nobody caught included, every number masked."""
    handler: logging.Handler
    if settings.file is not None:
        settings.file.parent.mkdir(parents=True, exist_ok=True)
        handler = LogFile(settings.file, encoding="utf-8")
    else:
        handler = LogStream(sys.stderr)
    handler.setFormatter(Masking(FORM))
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    mask_tracebacks()


def mask_tracebacks() -> None:
    """From now on an error nobody caught, in any thread, is shown with its numbers masked."""
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    print(Masking().formatException((kind, error, trace)), file=sys.stderr)


def _uncaught_in_thread(said: threading.ExceptHookArgs) -> None:
    if said.exc_value is None or issubclass(said.exc_type, SystemExit):
        return
    name = said.thread.name if said.thread is not None else "?"
    log.error("thread %s failed", name, exc_info=(said.exc_type, said.exc_value, said.exc_traceback))


def _unraisable(said: Any) -> None:
    if said.exc_value is None:
        return
    log.error("an error nobody could be told of", exc_info=(said.exc_type, said.exc_value, said.exc_traceback))


def _lost(record: logging.LogRecord) -> None:
    error = sys.exc_info()[0]
    print(f"a log line of {record.name} was lost: {error.__name__ if error else '?'}", file=sys.stderr)

"""Opening the database for a command: whatever is wrong with it becomes one fault that says what to do."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

import store
from config.model import ServerSettings
from config.words import say
from store.keyfile import KeyFault
from store.opening import Store


class StoreFault(Exception):
    """The database does not open or does not answer; `code` names the doctor's text and remedy."""

    def __init__(self, code: str, **words: object) -> None:
        super().__init__(code)
        self.code = code
        self.words = words

    def say(self, lang: str) -> str:
        """What is wrong and what to do, without any password."""
        return "\n".join(say(lang, f"doctor.{part}{self.code}", **self.words) for part in ("", "fix."))


@contextlib.contextmanager
def store_faults(url: str) -> Iterator[None]:
    """Within it every error of the database is raised as StoreFault."""
    shown = _shown(url)
    try:
        yield
    except CommandError:
        raise StoreFault("database_newer", url=shown) from None
    except KeyFault as fault:
        raise StoreFault(fault.code, url=shown, **fault.words) from None
    except DBAPIError as error:
        raise StoreFault("database_unreachable", url=shown, why=_first_line(error.orig or error)) from None
    except SQLAlchemyError as error:
        raise StoreFault("database_broken", url=shown, why=type(error).__name__) from None


def open_store(url: str, key_file: Path | None = None) -> Store:
    """The open database, unsealed by the key in that file; raises StoreFault."""
    with store_faults(url):
        try:
            return store.open(url, key_file=key_file)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise StoreFault("database_unreachable", url=_shown(url), why=why) from None


@contextlib.contextmanager
def site_store(server: ServerSettings) -> Iterator[Store]:
    """The site's database, open within; whatever goes wrong with it there is raised as StoreFault."""
    opened = open_store(server.store.url, server.key_file)
    with store_faults(server.store.url), contextlib.closing(opened):
        yield opened


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        raise StoreFault("database_url") from None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

"""What the doctor looks at on this machine: packages, folders, disk, database, port."""

import errno
import importlib.util
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

import store
from config.model import AsteriskSettings, ServerSettings
from dialer.donotcall.mapped import HEADER, ListFault, read_head
from store.keyfile import KeyFault
from switchroom.findings import Finding, bad, few, ok, warn

PACKAGES = (
    *("switchroom", "telephony", "dialer", "acd", "kvmctl", "recording", "config", "store", "desk", "reports"),
    *("simulator", "benchmarks"),
)
OURS = "switchroom"
MEGABYTE = 1_000_000
AMPLE = 5


def list_findings(settings: ServerSettings) -> Iterator[Finding]:
    """Whether the do-not-call lists of the settings are there and whole by their size."""
    for one in settings.do_not_call.list:
        try:
            with one.file.open("rb") as file:
                head = read_head(file.read(HEADER))
            if one.file.stat().st_size != head.size:
                raise ListFault("truncated")
        except ListFault as fault:
            yield bad("dnc_list", name=one.name, file=one.file, why=fault.code)
        except OSError as error:
            yield bad("dnc_list", name=one.name, file=one.file, why=error.strerror or type(error).__name__)
        else:
            yield ok("dnc_list_well", name=one.name, numbers=f"{head.count:,}")


def machine_findings(settings: ServerSettings) -> list[Finding]:
    """All checks of this machine, in the order a start of the server would meet them."""
    return [
        *package_findings(packages_distributions()),
        *folder_findings(settings.data, "data"),
        *(folder_findings(settings.log.file.parent, "log") if settings.log.file is not None else ()),
        *disk_findings(settings),
        *database_findings(settings.store.url, settings.key_file),
        *list_findings(settings),
        *port_findings(settings.api.host, settings.api.port),
        *(finding for pbx in settings.asterisk for finding in recordings_findings(pbx)),
    ]


def package_findings(owners: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Every top-level name of ours has one owner and is found where this program is."""
    root = Path(__file__).resolve().parent.parent
    faults = 0
    for name in PACKAGES:
        others = sorted({owner for owner in owners.get(name, ()) if owner.lower() != OURS})
        if others:
            faults += 1
            yield bad("package_shared", package=name, others=few(others))
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or not Path(spec.origin).resolve().is_relative_to(root):
            faults += 1
            yield bad("package_elsewhere", package=name)
    if not faults:
        yield ok("packages", count=len(PACKAGES))


def folder_findings(folder: Path, use: str) -> Iterator[Finding]:
    """Whether files can be written in a folder, or it can be made."""
    there = _nearest(folder)
    if not there.is_dir():
        yield bad("folder_is_file", path=there, use=use)
        return
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".switchroom-"):
            pass
    except OSError as error:
        yield bad("folder_not_writable", path=there, use=use, why=_why(error))
        return
    yield ok("folder_writable" if there == folder.absolute() else "folder_to_be_made", path=folder, use=use)


def disk_findings(settings: ServerSettings) -> Iterator[Finding]:
    """Free space on the data disk against the limit at which dialling stops."""
    try:
        free = shutil.disk_usage(_nearest(settings.data)).free // MEGABYTE
    except OSError as error:
        yield bad("disk_unknown", path=settings.data, why=_why(error))
        return
    words = {"path": settings.data, "free": free, "limit": settings.store.free_mb}
    if free < settings.store.free_mb:
        yield bad("disk_full", **words)
    elif free < AMPLE * settings.store.free_mb:
        yield warn("disk_low", **words)
    else:
        yield ok("disk_free", **words)


def database_findings(url: str, key_file: Path | None = None) -> Iterator[Finding]:
    """Whether the database opens and is, or can be brought, at this program's version."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        yield bad("database_url")
        return
    shown = parsed.render_as_string(hide_password=True)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        file = Path(str(parsed.database))
        if not file.exists():
            yield from folder_findings(file.parent, "database")
            return
    try:
        store.open(url, key_file=key_file).close()
    except CommandError:
        yield bad("database_newer", url=shown)
    except KeyFault as fault:
        yield bad(fault.code, url=shown, **fault.words)
    except OperationalError as error:
        yield bad("database_unreachable", url=shown, why=type(error.orig).__name__)
    except Exception as error:
        yield bad("database_broken", url=shown, why=type(error).__name__)
    else:
        yield ok("database", url=shown)


def port_findings(host: str, port: int) -> Iterator[Finding]:
    """Whether the API's address can be listened on now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            if os.name == "posix":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                yield warn("port_taken", host=host, port=port)
            case errno.EACCES:
                yield bad("port_forbidden", host=host, port=port)
            case _:
                yield bad("address_unusable", host=host, port=port, why=_why(error))
        return
    yield ok("port_free", host=host, port=port)


def recordings_findings(pbx: AsteriskSettings) -> Iterator[Finding]:
    """Whether the folder of recordings is seen from here."""
    folder = pbx.recordings_here
    if folder is None:
        yield warn("recordings_unseen", server=pbx.name)
    elif not folder.is_dir():
        yield bad("recordings_missing", server=pbx.name, path=folder)
    elif not os.access(folder, os.R_OK | os.X_OK):
        yield bad("recordings_unreadable", server=pbx.name, path=folder)
    else:
        yield ok("recordings", server=pbx.name, path=folder)


def _nearest(path: Path) -> Path:
    """The path itself or the closest folder above it that is there."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__

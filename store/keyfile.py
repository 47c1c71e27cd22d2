"""The key file: the keys that seal what customers' rows hold, kept outside the database and readable by its owner only.

One line a key, ``SERIAL = 64 hexadecimal digits``. The highest serial seals; the others only open what it has not
resealed yet.
"""

import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

KEY_BYTES = 32
OTHERS = 0o007
MODE = 0o600
HEAD = (
    "# The key to the telephone numbers in Switchroom's database. Without it they cannot be read again by anybody.\n"
    "# Keep a copy, and not beside the copies of the database. Nobody else may read this file (chmod 600).\n"
)
_LINE = re.compile(r"\s*([1-9][0-9]{0,8})\s*=\s*([0-9a-fA-F]{64})\s*")

Keys = Mapping[int, bytes]
"""Keys by serial."""


class KeyFault(Exception):
    """The key does not serve; `code` names the doctor's text, `words` fill it. Never holds a key."""

    def __init__(self, code: str, path: Path | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.words: dict[str, object] = {"path": path or "?"}


def read(path: Path) -> Keys | None:
    """The keys in a file, None when there is no such file. Raises KeyFault, OSError."""
    try:
        with path.open(encoding="ascii") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & OTHERS:
                raise KeyFault("key_open", path)
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise KeyFault("key_broken", path) from None
    found: dict[int, bytes] = {}
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None or int(match[1]) in found:
            raise KeyFault("key_broken", path)
        found[int(match[1])] = bytes.fromhex(match[2])
    if not found:
        raise KeyFault("key_broken", path)
    return found


def make(path: Path, key: bytes | None = None) -> Keys:
    """A new file with one key (`key` or fresh random bytes); one that is there meanwhile stays and is read instead."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, {1: key or fresh()})
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _settle(path.parent)
    found = read(path)
    assert found is not None
    return found


def write(path: Path, keys: Keys) -> None:
    """Put these keys in the place of what the file holds, whole or not at all."""
    draft = _draft(path, keys)
    draft.replace(path)
    _settle(path.parent)


def keep_old(path: Path) -> Path:
    """Copy the file as it is beside itself, for backups of the database made until now; returns the copy's path."""
    keys = read(path)
    assert keys is not None
    kept = path.with_name(f"{path.name}.until-{max(keys)}")
    write(kept, keys)
    return kept


def _draft(path: Path, keys: Keys) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    text = HEAD + "".join(f"{serial} = {keys[serial].hex()}\n" for serial in sorted(keys))
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _settle(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def fresh() -> bytes:
    """A new key."""
    return secrets.token_bytes(KEY_BYTES)

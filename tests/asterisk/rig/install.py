"""Brings the private Asterisk and SIPp into the cache, once for all test processes of the machine."""

import fcntl
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


class Unavailable(Exception):
    """This machine cannot have the private Asterisk; the text says why."""


def installation() -> Path:
    """The folder with ``bin/asterisk`` and ``bin/sipp``; unpacked on the first call (some 15 s). Raises Unavailable."""
    _needs_debian()
    cache = Path(os.environ.get("SWITCHROOM_CACHE") or Path.home() / ".cache" / "switchroom")
    cache.mkdir(parents=True, exist_ok=True)
    dest = cache / "asterisk"
    with (cache / "asterisk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = subprocess.run(
            ["bash", str(HERE / "install_asterisk.sh"), str(dest), "forky"],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    if made.returncode:
        raise Unavailable(f"install_asterisk.sh failed: {made.stderr.strip()[-400:]}")
    return dest


def _needs_debian() -> None:
    release = Path("/etc/os-release")
    if not release.exists() or "ID=debian" not in release.read_text().splitlines():
        raise Unavailable("needs Debian on amd64: the packages come from this machine's own apt sources")
    if os.uname().machine != "x86_64":
        raise Unavailable("needs amd64")

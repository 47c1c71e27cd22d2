"""Finds Chromium: on the machine, in our cache, or from this machine's own Debian package sources."""

import os
import shutil
import subprocess
from pathlib import Path

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")
FETCH_S = 600


class Unavailable(Exception):
    """No Chromium, and why it could not be had."""


def cache() -> Path:
    return Path(os.environ.get("SWITCHROOM_CACHE") or Path.home() / ".cache" / "switchroom") / "chromium"


def find() -> Path | None:
    """Chromium on this machine or in the cache; SWITCHROOM_CHROMIUM names another."""
    named = os.environ.get("SWITCHROOM_CHROMIUM")
    if named:
        return Path(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    unpacked = cache() / "bin" / "chromium"
    return unpacked if unpacked.exists() else None


def obtain() -> Path:
    """Chromium, fetched when there is none: installed by root, else unpacked into the cache; raises Unavailable."""
    found = find()
    if found is not None:
        return found
    if shutil.which("apt-get") is None:
        raise Unavailable("there is no Chromium, and no apt-get to fetch it with: set SWITCHROOM_CHROMIUM")
    try:
        if os.geteuid() == 0:
            _run(["apt-get", "update", "-q"])
            _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES])
        else:
            _run(["bash", str(Path(__file__).with_name("unpack_chromium.sh")), str(cache())])
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"Chromium could not be fetched: {error}") from None
    found = find()
    if found is None:
        raise Unavailable("the packages came but Chromium is not among them")
    return found


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=False,
    )
    if done.returncode:
        raise subprocess.SubprocessError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-300:]}")

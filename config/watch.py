"""Reloads ``campaigns.toml`` while the server runs: a bad file is refused and the campaigns in force stay."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.faults import SettingsError
from config.load import load_campaigns
from config.model import CampaignSettings, ServerSettings

LOOK_S = 2.0
"""Seconds between two looks at the file."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another without reading it."""

    modified_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class Reloaded:
    """New campaigns are in force; the names of those added, removed and changed."""

    campaigns: dict[str, CampaignSettings]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReloadRefused:
    """The file changed and cannot be used; the campaigns before stay in force."""

    error: SettingsError


class CampaignWatch:
    """Decides when to read the file again; a file still being written is left until it rests between two looks."""

    def __init__(self, path: Path, campaigns: dict[str, CampaignSettings], server: ServerSettings) -> None:
        self.path = path
        self.campaigns = campaigns
        self._server = server
        self._read = stamp(path)
        self._seen = self._read
        self._poked = asyncio.Event()

    def look(self, *, poked: bool = False) -> Reloaded | ReloadRefused | None:
        """Read the file if it changed and rests, or at once when poked; None when there is nothing new."""
        now = stamp(self.path)
        resting, self._seen = now == self._seen, now
        if not poked and (now == self._read or not resting):
            return None
        self._read = now
        try:
            fresh = load_campaigns(self.path, self._server)
        except SettingsError as error:
            return ReloadRefused(error)
        before, self.campaigns = self.campaigns, fresh
        if fresh == before and not poked:
            return None
        return Reloaded(
            campaigns=fresh,
            added=tuple(sorted(fresh.keys() - before.keys())),
            removed=tuple(sorted(before.keys() - fresh.keys())),
            changed=tuple(sorted(name for name in fresh.keys() & before.keys() if fresh[name] != before[name])),
        )

    def poke(self) -> None:
        """Look now, as SIGHUP asks for; from the loop's thread."""
        self._poked.set()

    async def run(self, deliver: Callable[[Reloaded | ReloadRefused], None], every_s: float = LOOK_S) -> None:
        """Deliver every reload and every refusal until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), every_s)
            poked = self._poked.is_set()
            self._poked.clear()
            if (news := self.look(poked=poked)) is not None:
                deliver(news)


def stamp(path: Path) -> Stamp | None:
    """The state of a file; None when it is not there."""
    try:
        state = path.stat()
    except OSError:
        return None
    return Stamp(state.st_mtime_ns, state.st_size, state.st_ino)

"""The queue log's file: lines gathered, written off the loop, a new file by size and by day; a full disk does no harm."""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.acd import AcdSettings
from telephony.commands import WriteQueueLog
from telephony.facts import AlarmCleared, AlarmRaised

log = logging.getLogger(__name__)

ALARM = "queue_log"
MOST_LINES = 100_000
"""Lines kept while the file cannot be written; beyond that the oldest are lost, and counted."""
RETRY_S = 5.0


class QueueLogFile:
    """Takes lines at any pace and writes them in order. Faults become one alarm, cleared when lines are written again."""

    def __init__(
        self,
        settings: AcdSettings,
        zone: str,
        *,
        feed: Callable[[object], None],
        now: Callable[[], float],
        retry_s: float = RETRY_S,
    ) -> None:
        """`feed` puts alarms to the floor."""
        assert settings.queue_log is not None
        self._path: Path = settings.queue_log
        self._most_bytes = settings.queue_log_mb * 1_000_000
        self._kept = settings.queue_log_kept
        self._zone = ZoneInfo(zone)
        self._feed, self._now, self._retry_s = feed, now, retry_s
        self._lines: deque[str] = deque()
        self._wake = asyncio.Event()
        self._sick = False
        self._task: asyncio.Task[None] | None = None
        self.lost = 0

    def take(self, command: WriteQueueLog) -> None:
        if len(self._lines) >= MOST_LINES:
            self._lines.popleft()
            self.lost += 1
        self._lines.append(command.line)
        self._wake.set()

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="queue log")

    async def close(self) -> None:
        """Write what is there, once, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._write_all()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not await self._write_all():
                self._wake.set()
                await asyncio.sleep(self._retry_s)

    async def _write_all(self) -> bool:
        lines = list(self._lines)
        if not lines:
            return True
        writing = asyncio.ensure_future(asyncio.to_thread(self._append, lines))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            if writing.exception() is None:
                self._done(len(lines))
            raise
        except OSError as error:
            self._fails(error)
            return False
        self._done(len(lines))
        if self._sick:
            self._sick = False
            self._feed(AlarmCleared(alarm=ALARM, about=ALARM))
        return True

    def _done(self, count: int) -> None:
        for _ in range(min(count, len(self._lines))):
            self._lines.popleft()

    def _fails(self, error: OSError) -> None:
        if not self._sick:
            self._sick = True
            why = error.strerror or type(error).__name__
            log.error("the queue log %s cannot be written (%s); calls go on", self._path, why)
            self._feed(AlarmRaised(alarm=ALARM, about=ALARM, words={"why": why}))

    def _append(self, lines: list[str]) -> None:
        """Raises OSError; a torn write is taken back, so that lines stand in the file once each."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._turn_over()
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            size = os.fstat(handle).st_size
            data = "".join(f"{line}\n" for line in lines).encode()
            try:
                if os.write(handle, data) != len(data):
                    raise OSError(28, os.strerror(28))
            except OSError:
                os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)

    def _turn_over(self) -> None:
        """Begin a new file when this one is full or of another day."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return
        day = datetime.fromtimestamp(found.st_mtime, self._zone).date()
        if found.st_size == 0 or (found.st_size < self._most_bytes and day == self._today()):
            return
        number = 1
        while (old := self._path.with_name(f"{self._path.name}.{day:%Y%m%d}-{number:03}")).exists():
            number += 1
        self._path.rename(old)
        kept = sorted(self._path.parent.glob(f"{self._path.name}.[0-9]*-[0-9]*"))
        for gone in kept[: -self._kept]:
            gone.unlink(missing_ok=True)

    def _today(self) -> date:
        return datetime.fromtimestamp(self._now(), self._zone).date()

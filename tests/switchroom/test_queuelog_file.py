"""The queue log's file: in order, turned over by size and day, and no harm from a disk that is full."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.acd import AcdSettings
from switchroom import queuelog
from switchroom.queuelog import QueueLogFile
from telephony.commands import WriteQueueLog
from telephony.facts import AlarmCleared, AlarmRaised

T = 1_750_000_000.0


def line(n: int) -> WriteQueueLog:
    return WriteQueueLog(line=f"{int(T) + n}|NONE|x|PJSIP/1001|UNPAUSE|")


class Writing:
    """A queue log into a folder, its clock and its alarms."""

    def __init__(self, folder: Path, now: float | None = None, **settings: object) -> None:
        self.path, self.now, self.alarms = folder / "queue_log", now or time.time(), []
        made = AcdSettings(queue_log=self.path, **settings)
        self.file = QueueLogFile(made, "Asia/Shanghai", feed=self.alarms.append, now=lambda: self.now, retry_s=0.01)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_lines_stand_in_the_file_in_their_order_readable_by_the_group(tmp_path: Path) -> None:
    log = Writing(tmp_path / "logs")
    log.file.start()
    for n in range(500):
        log.file.take(line(n))
        if n % 50 == 0:
            await asyncio.sleep(0)
    await log.file.close()
    assert log.path.read_text().splitlines() == [line(n).line for n in range(500)]
    assert log.path.stat().st_mode & 0o027 == 0


async def test_a_full_file_and_one_of_yesterday_are_put_aside_and_the_oldest_go(tmp_path: Path) -> None:
    log = Writing(tmp_path, T, queue_log_mb=0.01, queue_log_kept=3)
    for n in range(6):
        log.file._append([line(n).line * 300])
        os.utime(log.path, (T + n * 86_400, T + n * 86_400))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["queue_log", "queue_log.20250617-001", "queue_log.20250618-001", "queue_log.20250619-001"]
    os.utime(log.path, (T - 86_400, T - 86_400))
    small = Writing(tmp_path, T)
    small.path.write_text("old\n")
    os.utime(small.path, (T - 86_400, T - 86_400))
    small.file._append([line(1).line])
    assert small.path.read_text() == line(1).line + "\n"
    assert (tmp_path / "queue_log.20250614-001").read_text() == "old\n"


async def test_a_full_disk_is_an_alarm_and_when_there_is_room_every_line_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Writing(tmp_path)
    whole, full = os.write, [True]

    def write(handle: int, data: bytes) -> int:
        return whole(handle, data[:10]) if full[0] else whole(handle, data)

    monkeypatch.setattr(queuelog.os, "write", write)
    log.file.start()
    log.file.take(line(1))
    await log.until(lambda: bool(log.alarms))
    log.file.take(line(2))
    assert isinstance(log.alarms[0], AlarmRaised)
    assert (log.alarms[0].alarm, log.alarms[0].words) == ("queue_log", {"why": "No space left on device"})
    full[0] = False
    await log.until(lambda: len(log.alarms) == 2)
    assert isinstance(log.alarms[1], AlarmCleared)
    await log.file.close()
    assert log.path.read_text().splitlines() == [line(1).line, line(2).line]


async def test_memory_is_bounded_while_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queuelog, "MOST_LINES", 10)
    log = Writing(tmp_path)
    for n in range(25):
        log.file.take(line(n))
    assert log.file.lost == 15
    log.file.start()
    await log.file.close()
    assert log.path.read_text().splitlines() == [line(n).line for n in range(15, 25)]

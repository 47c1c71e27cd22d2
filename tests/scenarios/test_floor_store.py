"""The store in trouble on a live floor: an alarm, no dialling, talks go on, nothing is lost, all resumes by itself."""

import sqlite3
from contextlib import closing
from pathlib import Path

from store import queries
from telephony.agents import HangUpAsked
from telephony.facts import AlarmCleared, AlarmRaised, AttemptPlaced, CallConnected, CallEnded
from tests.scenarios.open_floor import OpenFloor, campaign, customer, open_floor

STAY = [customer(n, talk_s=0) for n in range(1, 80)]


async def two_talk(floor: OpenFloor) -> None:
    await floor.work()
    floor.campaign("spring", "start")
    await floor.until(lambda: len(floor.told(CallConnected)) == 2, "both agents talk")


async def end_a_talk(floor: OpenFloor) -> None:
    """An agent hangs up and is free again after his wrap-up."""
    ended = len(floor.told(CallEnded))
    floor.ask(HangUpAsked(actor="1001", agent=floor.agents[0]))
    await floor.until(lambda: len(floor.told(CallEnded)) > ended, "the call has ended")
    await floor.until(lambda: floor.state("1001") == "ready", "the agent is free again")


async def test_a_disk_that_fills_up_stops_dialling_and_nothing_else(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": STAY}, free_mb=1) as floor:
        await two_talk(floor)
        floor.floor.writer._free_bytes = lambda: 0
        await floor.until(lambda: "disk_low" in [alarm.about for alarm in floor.floor.view().alarms], "the alarm")
        assert not floor.floor.writer.healthy
        await end_a_talk(floor)
        placed = len(floor.told(AttemptPlaced))
        await floor.until(lambda: floor.shown("spring").reason_code == "pace.store", "the reason is shown")
        assert floor.state("1002") == "talking"
        assert len(floor.told(AttemptPlaced)) == placed
        assert [fact["kind"] for fact in await floor.api("GET", "/events?limit=1")]

        floor.floor.writer._free_bytes = lambda: 10**12
        await floor.until(lambda: len(floor.told(AttemptPlaced)) > placed, "dialling goes on by itself")
        assert floor.floor.view().alarms == ()
        assert [type(f) for _, f in floor.facts if isinstance(f, AlarmRaised | AlarmCleared)] == [
            AlarmRaised,
            AlarmCleared,
        ]
        await floor.until(lambda: len(floor.told(CallConnected)) == 3, "the next customer is connected")
        assert floor.sound()


async def test_a_database_somebody_locks_stops_dialling_keeps_talks_and_loses_no_fact(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": STAY}) as floor:
        await two_talk(floor)
        with closing(sqlite3.connect(tmp_path / "switchroom.db", isolation_level=None)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            await end_a_talk(floor)
            await floor.until(lambda: "locked" in [alarm.about for alarm in floor.floor.view().alarms], "the alarm")
            unsent = len(floor.told(AttemptPlaced)) - 2
            assert unsent <= 1
            assert floor.state("1002") == "talking"
            await floor.until(lambda: len(floor.legs()) == 1, "nobody is dialled")
            holder.execute("ROLLBACK")
        await floor.until(lambda: len(floor.told(CallConnected)) == 3, "the next customer is connected")
        assert floor.floor.view().alarms == ()
        before = [fact for _, fact in floor.facts]
        await floor.until(lambda: floor.floor.writer.waiting == 0, "all is written")
        written = [entry.fact for entry in queries.journal_tail(floor.floor.store, 100_000)]
        assert [fact for fact in written if fact in before][: len(before)] == before
        assert floor.sound()

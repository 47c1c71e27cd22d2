"""Callers on a live floor over the wire: served, named, listed, refused; a locked database and a restart cost nobody his place."""

import sqlite3
from contextlib import closing
from math import inf
from pathlib import Path
from typing import Any

from config.model import AgentSettings
from config.queues import QueueSettings
from simulator.legs import Ending, Fate
from switchroom.live import LiveFloor
from telephony.facts import CallArrived, CallConnected, CallerNamed, InboundEnded
from telephony.ids import CallId
from telephony.numbers import PhoneNumber
from tests.scenarios.open_floor import OpenFloor, campaign, open_floor

HOME = PhoneNumber("+8613800138000")


def with_queue(**nuisance: Any) -> dict[str, Any]:
    """One queue, two agents who serve it."""
    return {
        "queue": {"service": QueueSettings(lines=["100"], wrap_up_s=0.2, record=False)},
        "agent": [
            AgentSettings(id=id, asterisk="pbx1", endpoint=f"PJSIP/{id}", queues=["service"]) for id in ("1001", "1002")
        ],
        **nuisance,
    }


def calls(floor: OpenFloor, number: PhoneNumber | None = HOME, *, talk_s: float | None = 0.5) -> CallId:
    """Somebody calls, now."""
    pbx = floor.pbxs[0]
    leg = pbx.exchange.call_in(number, "100", Fate(Ending.ANSWERS, patience_s=inf, talk_s=talk_s))
    pbx.flush()
    return CallId(leg)


async def test_caller_is_named_served_and_listed_and_a_nuisance_is_refused_the_next_time(tmp_path: Path) -> None:
    server = with_queue(nuisance={"then": "refuse"})
    async with open_floor(tmp_path, {"spring": campaign()}, leads={"spring": [HOME]}, server=server) as floor:
        await floor.work()
        call = calls(floor)
        await floor.until(lambda: len(floor.told(InboundEnded)) == 1, "the call is over")
        assert floor.told(CallConnected)[0].call == call
        assert floor.told(CallerNamed)[0].customer == "spring0"
        await floor.until(lambda: floor.floor.writer.healthy, "the store takes facts")
        rows: list[dict[str, Any]] = []
        for _ in range(100):
            rows = await floor.api("GET", "/inbound")
            if rows and rows[0]["ended_at"] and rows[0]["number"]:
                break
        assert (rows[0]["call"], rows[0]["customer"], rows[0]["queue"]) == (call, "spring0", "service")
        assert rows[0]["number"] == "+86138****8000"
        said = {"number": "13800138000", "reason": "silent"}
        entry = await floor.api("POST", "/nuisance", said)
        again = calls(floor)
        await floor.until(lambda: len(floor.told(InboundEnded)) == 2, "he is refused", within_s=60.0)
        assert floor.told(InboundEnded)[1].way == "nuisance"
        await floor.api("DELETE", f"/nuisance/{entry['id']}")
        assert await floor.api("GET", "/nuisance") == []
        assert again != call
        assert floor.sound()


async def test_pain_12_a_locked_database_keeps_no_caller_waiting_and_loses_none(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, server=with_queue()) as floor:
        await floor.work()
        with closing(sqlite3.connect(tmp_path / "switchroom.db", isolation_level=None)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            for _ in range(3):
                calls(floor)
            await floor.until(lambda: len(floor.told(InboundEnded)) == 3, "all are served and over")
            assert len(floor.told(CallConnected)) == 3
            holder.execute("ROLLBACK")
        rows: list[dict[str, Any]] = []
        for _ in range(400):
            rows = await floor.api("GET", "/inbound")
            if len(rows) == 3 and all(row["ended_at"] for row in rows):
                break
        assert len(rows) == 3
        assert floor.sound()


async def test_callers_keep_their_order_when_the_product_starts_anew(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign()}, server=with_queue()) as floor:
        await floor.linked()
        waiting = [calls(floor, PhoneNumber(f"+861380013800{n}"), talk_s=None) for n in range(3)]
        inbound = lambda: floor.floor.house.inbound  # noqa: E731
        await floor.until(lambda: [inbound().place_of(one) for one in waiting] == [1, 2, 3], "they stand in line")
        await floor.floor.close()
        late = calls(floor, None, talk_s=None)
        floor.floor = LiveFloor(floor.settings(), floor.campaigns)
        await floor.floor.start()
        everybody = [*waiting, late]
        await floor.until(lambda: [inbound().place_of(one) for one in everybody] == [1, 2, 3, 4], "they stand again")
        assert all(one in floor.pbxs[0].exchange.legs for one in everybody)
        assert len(floor.told(CallArrived)) == 3

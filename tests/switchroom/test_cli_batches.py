"""``batch …`` beside a served floor: a list is imported, released, allocated, measured, taken back and closed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.switchroom.terminal import CHINESE, Server, Terminal, settings


@pytest.fixture(params=["en", "zh-CN"])
async def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal beside a server whose Asterisk cannot be reached: nothing is dialled."""
    port = free_port()
    settings(tmp_path, asterisk_port=1, port=port)
    rows = "".join(f"138001380{n:02}\n" for n in range(30))
    (tmp_path / "list.csv").write_text("number\n" + rows, encoding="utf-8")
    made = Terminal(tmp_path, request.param)
    server = await asyncio.to_thread(Server, made)
    yield made
    await asyncio.to_thread(server.close)


async def test_a_batch_s_life_from_the_terminal(terminal: Terminal) -> None:
    good = [
        ("leads", "import", "list.csv", "--campaign", "spring", "--batch", "list"),
        ("batch", "list"),
        ("batch", "release", "list"),
        ("batch", "allocate", "list", "--agent", "1001", "--count", "20", "--order", "oldest"),
        ("batch", "show", "list"),
        ("batch", "show", "list", "--json"),
        ("batch", "withdraw", "list", "--agent", "1001", "--count", "5"),
        ("batch", "trial", "list", "--count", "4"),
        ("batch", "trial", "list"),
        ("batch", "targets", "list", "--connect", "0.3", "--success", "0.02", "--calls", "10"),
        ("batch", "close", "list", "--at", "2099-01-01 18:00"),
        ("batch", "list", "--json"),
        ("batch", "close", "list", "--never"),
        ("batch", "forecast"),
        ("batch", "recover"),
        ("batch", "close", "list"),
    ]
    bad = [
        ("batch", "release", "list"),
        ("batch", "show", "nobody"),
        ("batch", "allocate", "nobody", "--agent", "1001", "--count", "1"),
        ("batch", "allocate", "list", "--count", "1"),
        ("batch", "trial", "nobody"),
        ("batch", "allocate", "list", "--agent", "1001", "--count", "1", "--order", "best"),
        ("batch", "close", "list", "--at", "teatime"),
    ]
    said = await asyncio.to_thread(terminal.each, *good, *bad)
    assert all(one.clean for one in said)
    assert [one.code for one in said] == [0] * len(good) + [1] * 5 + [2] * 2, [one.err for one in said if one.code]
    chinese = terminal.lang == "zh-CN"
    told = [one for one, words in zip(said, [*good, *bad], strict=True) if "--json" not in words]
    assert [bool(CHINESE.search(one.out + one.err)) for one in told] == [chinese] * len(told)
    assert "cli." not in "".join(one.out + one.err for one in said)
    shown = json.loads(said[5].out)
    assert {one["holder"]: one["leads"] for one in shown["holdings"]} == {"everybody": 10, "agent:1001": 20}
    assert shown["batch"]["share"] == 1.0
    (listed,) = json.loads(said[11].out)
    assert listed["close_at"] == 4070944800.0, "18:00 in Shanghai"
    assert listed["targets"] == {"connect_rate": 0.3, "success_rate": 0.02, "calls_per_hour": 10.0}
    assert "13800" not in "".join(one.out + one.err for one in said)


async def test_facts_of_batches_stand_in_the_journal_with_counts_and_who_wanted_them(terminal: Terminal) -> None:
    said = await asyncio.to_thread(
        terminal.each,
        ("leads", "import", "list.csv", "--campaign", "spring", "--batch", "list"),
        ("batch", "release", "list", "--share", "1"),
        ("batch", "allocate", "list", "--agent", "1001", "--share", "0.5"),
        ("batch", "withdraw", "list"),
    )
    assert [one.code for one in said] == [0] * 4
    import sqlite3

    with sqlite3.connect(next(terminal.folder.rglob("*.db"))) as books:
        rows = books.execute("SELECT kind, payload FROM journal WHERE kind LIKE 'Leads%' ORDER BY seq").fetchall()
    facts = [(kind, json.loads(payload)) for kind, payload in rows]
    assert [(kind, fact["count"], fact["actor"]) for kind, fact in facts[1:]] == [
        ("LeadsAllocated", 15, "admin"),
        ("LeadsRecovered", 15, "admin"),
    ]
    assert facts[0][0] == "LeadsReleased"
    assert all(fact["count"] == len(fact["leads"]) for _, fact in facts)

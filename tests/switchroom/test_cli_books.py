"""The guarded books from another terminal: reveal, requests, export, refusals, and the proof afterwards."""

import asyncio
import json
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switchroom import anchors
from tests.ports import free_port
from tests.switchroom.terminal import TOKEN, Said, Server, Terminal, settings

LIST = "phone,name\n13800138000,Wang\n13900139000,Li\n"
AGENT = "agent-agent-agent-agent-agent"
NUMBER = "13800138000"


def roles(folder: Path) -> None:
    path = folder / "server.toml"
    tokens = f'tokens = {{ admin = "{TOKEN}", "1001" = "{AGENT}" }}\nroles = {{ admin = "manager", "1001" = "agent" }}'
    text = re.sub(r"tokens = .*", tokens, path.read_text(encoding="utf-8"))
    path.write_text(text + '\n[audit]\nanchor = "var/anchor"\n', encoding="utf-8")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[tuple[Terminal, Server]]:
    port = free_port()
    settings(tmp_path, port=port)
    roles(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    terminal = Terminal(tmp_path)
    assert terminal.run("leads", "import", "list.csv", "--campaign", "spring").code == 0
    server = await asyncio.to_thread(Server, terminal)
    yield terminal, server
    await asyncio.to_thread(server.close)


async def each(terminal: Terminal, *commands: tuple[str, ...]) -> list[Said]:
    return await asyncio.to_thread(terminal.each, *commands)


async def test_a_day_of_guarded_books_proves_itself(site: tuple[Terminal, Server]) -> None:
    terminal, server = site
    agent = ("--token", AGENT)
    asked = await each(
        terminal,
        ("leads", "reveal", "1", "--reason", "he asked us to"),
        ("leads", "reveal", "1"),
        ("leads", "reveal", "1", "--reason", "curious", *agent),
        ("leads", "reveal", "99", "--reason", "x"),
        ("export", "leads", "--campaign", "spring", "--out", "leads.csv"),
        ("export", "leads", "--out", "whole.xlsx", "--whole-numbers", "--reason", "audit"),
        ("export", "leads", "--out", "no.csv", *agent),
        ("export", "songs", "--out", "no.csv"),
        ("requests", "list"),
        ("requests", "approve", "1"),
        ("requests", "list", "--state", "lost"),
        ("refusals", "--campaign", "spring"),
        ("refusals", "--since", "someday"),
    )
    assert [said.code for said in asked] == [0, 1, 1, 1, 0, 0, 1, 2, 0, 1, 2, 0, 2]
    assert asked[0].out.strip() == f"+86{NUMBER}"
    assert "Give a reason" in asked[1].err
    assert "number.reveal" in asked[2].err
    assert all(said.clean for said in asked)
    text = (terminal.folder / "leads.csv").read_text("utf-8-sig")
    assert "138****8000" in text
    assert NUMBER not in text
    assert (terminal.folder / "leads.csv").stat().st_mode & 0o077 == 0
    assert not (terminal.folder / "no.csv").exists()
    ended = await asyncio.to_thread(server.end, signal.SIGTERM)
    assert ended.code == 0
    assert NUMBER not in ended.err
    proof, acts, shown = await each(
        terminal,
        ("audit", "verify", "--anchor", "var/anchor", "--json"),
        ("audit", "list", "--json"),
        ("audit", "show", "desk:1"),
    )
    assert json.loads(proof.out)["ok"] is True
    assert json.loads(proof.out)["anchors"] == len(anchors.read(terminal.folder / "var" / "anchor")) == 1
    kept = [(one["actor"], one["act"]) for one in reversed(json.loads(acts.out))]
    assert kept[1:] == [
        ("admin", "number.reveal"),
        ("1001", "right.missing"),
        ("admin", "data.export"),
        ("admin", "data.export"),
        ("1001", "right.missing"),
    ]
    assert kept[0][1] == "batch.import"
    assert "he asked us to" in shown.out
    assert NUMBER not in acts.out + shown.out


def test_a_changed_row_ends_the_proof_with_its_name(tmp_path: Path) -> None:
    settings(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    terminal = Terminal(tmp_path)
    whole = terminal.each(("leads", "import", "list.csv", "--campaign", "spring"), ("audit", "verify"))
    assert [said.code for said in whole] == [0, 0]
    assert "whole" in whole[1].out
    with sqlite3.connect(tmp_path / "var" / "switchroom.db") as books:
        books.execute("DROP TRIGGER journal_no_update")
        books.execute("UPDATE journal SET at = at + 1 WHERE seq = 1")
    books.close()
    (tmp_path / "bad").write_text("nonsense\n", encoding="utf-8")
    broken, as_json, bad, none = terminal.each(
        ("audit", "verify"),
        ("audit", "verify", "--json"),
        ("audit", "verify", "--anchor", "bad"),
        ("audit", "show", "x:9"),
    )
    assert [said.code for said in (broken, as_json, bad, none)] == [1, 1, 2, 1]
    assert "journal 1" in broken.err
    assert json.loads(as_json.out) == {"ok": False, "table": "journal", "row": "1", "why": "changed"}
    assert "line 1" in bad.err
    terminal.lang = "zh-CN"
    assert "账目不完整：journal 1" in terminal.run("audit", "verify").err

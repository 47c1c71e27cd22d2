"""Why this agent, from the journal: in both languages, on the command line, and for calls from before there were reasons."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import store
from store.inline import InlineLedger
from switchroom import cli, cli_routing
from switchroom.routing_desk import offers_of, told
from telephony.facts import CallOffered, OfferFailed
from telephony.ids import AgentId, CallId, CampaignId, ServerId


def offered(agent: str, code: str = "", **words: str) -> CallOffered:
    return CallOffered(
        call=CallId("i-1"),
        campaign=CampaignId("service"),
        agent=AgentId(agent),
        server=ServerId("pbx1"),
        why="longest idle, 5 s",
        code=code,
        words=words,
    )


def test_every_offer_of_a_call_is_told_with_its_reason_and_why_it_failed(tmp_path: Path) -> None:
    opened = store.open(f"sqlite:///{tmp_path}/switchroom.db")
    ledger = InlineLedger(opened)
    ledger.submit([offered("1001", "offer.idle", idle_s="74", skills="宽带 5", rivals="3")], 100.0)
    ledger.submit([OfferFailed(call=CallId("i-1"), agent=AgentId("1001"), why="NOANSWER")], 110.0)
    ledger.submit([offered("1002")], 111.0)
    ledger.close()
    first, second = offers_of(opened, "i-1")
    opened.close()
    assert (first.agent, first.failed, second.agent, second.failed) == ("1001", "NOANSWER", "1002", "")
    assert first.zh == "空闲 74 秒，是空闲坐席中最适合此通话的；技能等级：宽带 5；另有 3 位坐席空闲可接"
    assert first.en == "idle 74 s, the best free agent for the call; level: 宽带 5; 3 others were free for it"
    assert (second.zh, second.en) == ("longest idle, 5 s", "longest idle, 5 s")


@pytest.mark.parametrize("code", ["idle", "waited", "last", "wanted", "dialled", "sample"])
def test_every_reason_has_words_in_both_languages_and_leaves_no_slot_open(code: str) -> None:
    words = {"idle_s": "1", "waited_s": "2", "skills": "a 1", "rules": "b +1", "step": "1", "rivals": "2"}
    zh, en = (told(lang, f"offer.{code}", words) for lang in ("zh-CN", "en"))
    assert zh != en
    assert "{" not in zh + en
    assert "offer." not in zh + en


def test_command_line_tells_why_and_certifies(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, Any]] = []
    row = {"at": 0.0, "agent": "1001", "campaign": "service", "zh": "空闲 74 秒", "en": "idle 74 s", "failed": ""}

    class Remote:
        def __init__(self, *_: object) -> None: ...

        def ask(self, method: str, path: str, body: Any = None) -> Any:
            asked.append((method, path, body))
            return [row] if method == "GET" else {}

    monkeypatch.setattr(cli_routing, "Remote", Remote)
    run = CliRunner()
    said = run.invoke(cli.app, ["acd", "why", "i-1"])
    assert said.exit_code == 0, said.output
    assert "1001" in said.output
    assert "74" in said.output
    assert run.invoke(cli.app, ["agent", "certify", "1001", "broadband", "--days", "30"]).exit_code == 0
    assert run.invoke(cli.app, ["agent", "decertify", "1001", "broadband", "--why", "x"]).exit_code == 0
    assert asked == [
        ("GET", "/calls/i-1/why", None),
        ("POST", "/agents/1001/certify", {"skill": "broadband", "days": 30.0}),
        ("POST", "/agents/1001/decertify", {"skill": "broadband", "why": "x"}),
    ]

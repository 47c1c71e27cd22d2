"""``may-call``: the gate asked from the terminal, about leads and about numbers that are nobody's."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

import store
from store.inline import InlineLedger
from telephony.facts import AttemptPlaced, CallEnded
from telephony.ids import CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome
from tests.switchroom.terminal import CHINESE, Terminal, settings

WHOLE = "13800138000"
ASK = ("may-call", "spring", WHOLE)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    settings(tmp_path)
    (tmp_path / "list.csv").write_text(f"手机号\n{WHOLE}\n", encoding="utf-8")
    return Terminal(tmp_path)


def call(folder: Path, serial: int, *, ended: bool = True) -> None:
    """A call to the number, placed and perhaps over."""
    with closing(store.open(f"sqlite:///{folder / 'var' / 'switchroom.db'}")) as opened:
        ledger, call = InlineLedger(opened), CallId(f"c-{serial}")
        placed = AttemptPlaced(
            call=call,
            campaign=CampaignId("spring"),
            lead=LeadId(1),
            customer=CustomerId("somebody"),
            number_key=opened.number_key(PhoneNumber(f"+86{WHOLE}")),
            trunk=TrunkId("gw"),
            server=ServerId("pbx1"),
            caller_id="",
            mode="preview",
        )
        over = CallEnded(
            call=call,
            campaign=CampaignId("spring"),
            lead=LeadId(1),
            trunk=TrunkId("gw"),
            server=ServerId("pbx1"),
            outcome=Outcome.BUSY,
            agent=None,
            rang=True,
            ring_s=1.0,
            talk_s=0.0,
            hold_s=0.0,
            cause=None,
            tech_cause=None,
        )
        ledger.submit([placed, over] if ended else [placed], time.time() - 3600 + serial)
        ledger.close()


@pytest.mark.parametrize("imported", [True, False], ids=["a lead", "nobody's number"])
def test_number_called_as_often_as_allowed_is_refused_until_the_rest_is_over(
    terminal: Terminal, imported: bool
) -> None:
    if imported:
        terminal.run("leads", "import", "list.csv", "--campaign", "spring")
    first = terminal.run(*ASK)
    assert (first.code, first.clean) == (0, True)
    for serial in (1, 2):
        call(terminal.folder, serial)
    second = terminal.run(*ASK, "--json")
    verdict = json.loads(second.out)
    assert (second.code, verdict["passed"], verdict["rule"]) == (1, False, "frequency")
    assert verdict["until"] > time.time() + 80 * 86_400
    assert WHOLE not in first.out + second.out


def test_lead_in_a_call_is_in_a_call(terminal: Terminal) -> None:
    terminal.run("leads", "import", "list.csv", "--campaign", "spring")
    call(terminal.folder, 1, ended=False)
    assert json.loads(terminal.run(*ASK, "--json").out)["rule"] == "in_call"


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_reason_is_in_the_readers_language_and_the_number_masked(terminal: Terminal, lang: str) -> None:
    terminal.lang = lang
    for serial in (1, 2):
        call(terminal.folder, serial)
    said = terminal.run(*ASK)
    assert (said.code, said.clean) == (1, True)
    assert "138****8000" in said.out
    assert bool(CHINESE.search(said.out)) == (lang == "zh-CN")
    assert "gate." not in said.out


def test_what_is_no_number_or_no_campaign_is_one_error(terminal: Terminal) -> None:
    assert "+86" in terminal.run("may-call", "spring", "12345").one_error(2)
    assert "autumn" in terminal.run("may-call", "autumn", WHOLE).one_error(2)

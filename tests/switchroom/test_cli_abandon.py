"""``abandon``: a campaign's contracts recounted at the terminal."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

import store
from store.inline import InlineLedger
from telephony.facts import AbandonedBy, AttemptPlaced, CallAbandoned, CallConnected
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from tests.switchroom.terminal import Terminal, settings


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    settings(tmp_path)
    with closing(store.open(f"sqlite:///{tmp_path / 'var' / 'switchroom.db'}")) as opened:
        ledger = InlineLedger(opened)
        for serial in range(10):
            call, at = CallId(f"c-{serial}"), time.time() - 600.0
            placed = AttemptPlaced(
                call=call,
                campaign=CampaignId("spring"),
                lead=LeadId(serial),
                customer=CustomerId("somebody"),
                number_key=serial,
                trunk=TrunkId("gw"),
                server=ServerId("pbx1"),
                caller_id="",
                mode="predictive",
            )
            by = AbandonedBy.SWITCHROOM
            lost = CallAbandoned(call=call, campaign=CampaignId("spring"), by=by, waited_s=2.0)
            ledger.submit([placed, CallConnected(call=call, agent=AgentId("1"), waited_s=0.1) if serial else lost], at)
        ledger.close()
    return Terminal(tmp_path)


def test_contracts_are_shown_with_their_rate_and_what_is_left(terminal: Terminal) -> None:
    found = terminal.run("abandon", "spring", "--window", "1 hour", "--json")
    assert found.code == 0
    (daily,) = json.loads(found.out)
    assert (daily["name"], daily["window"], daily["abandoned"], daily["counted"]) == ("pacing", "1 hour", 1, 10)
    assert (daily["rate"], daily["left"]) == (0.1, -1)
    assert daily["begins"] <= daily["at"] - 3600.0
    assert "10.00%" in terminal.run("abandon", "spring", "--window", "1 hour").out


def test_a_campaign_or_a_window_that_is_not_there_is_refused_with_what_to_write(terminal: Terminal) -> None:
    assert "autumn" in terminal.run("abandon", "autumn").one_error(2)
    for lang, word in (("en", "There is no window"), ("zh-CN", "没有时间窗")):
        terminal.lang = lang
        assert word in terminal.run("abandon", "spring", "--window", "fortnight").one_error(2)

"""The do-not-call list on a running floor: what is entered while a phone rings, by whomever, hangs it up."""

import time
from pathlib import Path

import pytest

from store import barred
from store.barred import NewBar
from switchroom.dnc_build import build
from telephony.donotcall import BarKind
from telephony.facts import AlarmCleared, AlarmRaised, CallEnded, CallRang, DialRefused, LeadRested
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome
from tests.scenarios.open_floor import OpenFloor, campaign, customer, open_floor

PATIENT = {"ring_s": 120.0}
"""We ring longer than a test looks on."""
RINGS = PhoneNumber("+301010000001")
"""Rings and is never answered (see ``customer``), and is as long as a number of its country."""


async def ringing(floor: OpenFloor) -> None:
    await floor.work()
    floor.campaign("spring", "start")
    await floor.until(lambda: bool(floor.told(CallRang)), "it rings")


async def cancelled(floor: OpenFloor) -> None:
    await floor.until(lambda: bool(floor.told(CallEnded)), "the call is over")
    assert [fact.outcome for fact in floor.told(CallEnded)] == [Outcome.CANCELLED]
    floor.sound()


async def test_complaint_over_the_api_hangs_up_the_phone_that_rings_and_bars_every_number(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign(**PATIENT)}, leads={"spring": [RINGS]}, agents=1) as floor:
        await ringing(floor)
        said = await floor.api("POST", "/complaints", {"number": RINGS.for_store(), "how": "letter"})
        assert (said["customers"], said["numbers"]) == (1, 1)
        await cancelled(floor)
        rows = await floor.api("GET", "/do-not-call")
        assert {row["kind"] for row in rows} == {"customer", "number"}
        assert RINGS.for_store() not in str(rows)
        checked = await floor.api("POST", "/do-not-call/check", {"number": RINGS.for_store()})
        assert checked["objections"][0]["until"] is None


@pytest.mark.parametrize("kind", ["number", "prefix", "range", "owner"])
async def test_entry_another_process_made_hangs_up_the_phone_that_rings(tmp_path: Path, kind: str) -> None:
    whole = RINGS.ordinal()
    entry = {
        "number": NewBar(kind=BarKind.NUMBER, number=RINGS, reason="test"),
        "prefix": NewBar(kind=BarKind.PREFIX, low=whole // 1000, reason="test"),
        "range": NewBar(kind=BarKind.RANGE, low=whole - 1, high=whole + 1, reason="test"),
        "owner": NewBar(kind=BarKind.NUMBER, number=RINGS, owner="bank", reason="test"),
    }[kind]
    async with open_floor(
        tmp_path, {"spring": campaign(owner="bank", **PATIENT)}, leads={"spring": [RINGS]}, agents=1
    ) as floor:
        await ringing(floor)
        barred.bar(floor.floor.store, [entry], source="cli", author="lead", at=time.time())
        await cancelled(floor)


async def test_lifted_entry_makes_the_lead_due_again(tmp_path: Path) -> None:
    async with open_floor(tmp_path, {"spring": campaign(**PATIENT)}, leads={"spring": [RINGS]}, agents=1) as floor:
        made = await floor.api("POST", "/do-not-call", {"number": RINGS.for_store(), "reason": "wish"})
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: bool(floor.told(DialRefused)), "the lead is refused")
        row = await floor.api("DELETE", f"/do-not-call/{made['entries'][0]}")
        assert row["lifted_by"] == "supervisor"
        await floor.until(lambda: bool(floor.told(CallRang)), "it rings after all")
        assert [fact.why for fact in floor.told(LeadRested)][:2] == ["do_not_call", "bar_lifted"]
        assert [row["lifted_by"] for row in await floor.api("GET", "/do-not-call?lifted=1")] == ["supervisor"]


async def test_nothing_is_dialled_until_the_list_is_there_and_a_bad_one_never_comes_into_use(tmp_path: Path) -> None:
    other = customer(2)
    file = tmp_path / "national.dnc"
    lists = {"do_not_call": {"list": [{"name": "national", "file": str(file)}]}}
    async with open_floor(
        tmp_path, {"spring": campaign(**PATIENT)}, leads={"spring": [RINGS]}, agents=1, server=lists
    ) as floor:
        await floor.work()
        floor.campaign("spring", "start")
        await floor.until(lambda: floor.shown("spring").reason_code == "pace.do_not_call_list", "the reason is shown")
        assert [alarm.about for alarm in floor.floor.view().alarms if alarm.alarm == "do_not_call_list"] == ["national"]
        text = tmp_path / "list.txt"
        text.write_text(f"{other.for_store()}\n")
        build(text, file, secret=floor.floor.store.secret)
        await floor.until(lambda: bool(floor.told(CallRang)), "it rings once the list is there")
        assert len(floor.told(AlarmCleared)) >= 1
        raised = len(floor.told(AlarmRaised))
        aside = tmp_path / "aside"
        aside.write_bytes(file.read_bytes()[:-4])
        aside.replace(file)
        await floor.until(lambda: len(floor.told(AlarmRaised)) > raised, "the bad list is complained of")
        assert floor.floor.do_not_call.bars.objection(other, 1, "", "spring", "", 0.0) is not None, "the good one stays"
        text.write_text(f"{RINGS.for_store()}\n")
        build(text, file, secret=floor.floor.store.secret)
        await cancelled(floor)

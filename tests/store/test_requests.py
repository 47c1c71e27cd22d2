"""Agents ask, somebody else decides: what is approved is changed with before and after kept, numbers never shown whole."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

import store
from store import Store, resealing, tables
from store.audit import trail
from store.intake import add_leads, lead_of
from store.refusals import refused
from store.requests import Content, NotPossible, ask, decide, wishes
from store.sealing import NAME
from store.verifying import verify
from store.writer import Writer
from telephony.facts import DialRefused, Fact
from telephony.ids import CampaignId, LeadId
from telephony.numbers import PhoneNumber
from tests.store.trade import NOON, SPRING, customer, placed

NEW = "+8613912345678"


def with_customer(store: Store) -> LeadId:
    add_leads(store, [customer(1), customer(2)])
    with store.reading.begin() as connection:
        return LeadId(connection.execute(select(tables.leads.c.id).order_by(tables.leads.c.id)).scalars().first() or 0)


def name_of(store: Store, lead: LeadId) -> str:
    """The customer's name as the database keeps it for this lead."""
    c = tables.leads.c
    with store.reading.begin() as connection:
        row = connection.execute(select(c.name, c.number_key).where(c.id == lead)).one()
    return store.seal.opened(NAME, row.name, row.number_key)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(NotPossible) as fault:
        act()
    return fault.value.code


def test_an_approved_change_is_done_and_before_and_after_kept(opened: Store) -> None:
    lead = with_customer(opened)
    was, name = lead_of(opened, lead, now=NOON), name_of(opened, lead)
    assert was is not None
    wish = ask(opened, lead, Content(name="王芬", number=NEW, zones="Asia/Tokyo"), actor="1001", now=NOON)
    assert lead_of(opened, lead, now=NOON) == was
    altered = decide(opened, wish, approve=True, why="", actor="boss", now=NOON + 60)
    assert altered is not None
    assert altered.fields == ("name", "zones", "number")
    now = lead_of(opened, lead, now=NOON)
    assert now is not None
    assert (name_of(opened, lead), now.zones) == ("王芬", ("Asia/Tokyo",))
    assert now.number == PhoneNumber(NEW)
    assert now.number_key == opened.number_key(PhoneNumber(NEW)) != was.number_key
    (kept,) = wishes(opened, state="approved")
    assert (kept.actor, kept.decider, kept.decided_at) == ("1001", "boss", NOON + 60)
    assert kept.before == {"name": name, "zones": ",".join(was.zones), "number": was.number.masked}
    assert kept.after == {"name": "王芬", "zones": "Asia/Tokyo", "number": "+86139****5678"}
    assert [act.act for act in trail(opened)] == ["change.approve", "change.ask"]
    verify(opened)


def test_a_refused_change_changes_nothing(opened: Store) -> None:
    lead = with_customer(opened)
    was = lead_of(opened, lead, now=NOON)
    wish = ask(opened, lead, Content(name="王芬"), actor="1001", now=NOON)
    assert decide(opened, wish, approve=False, why="no proof", actor="boss", now=NOON) is None
    assert (lead_of(opened, lead, now=NOON), name_of(opened, lead)) == (was, "Customer 1")
    (kept,) = wishes(opened, state="refused")
    assert kept.why == "no proof"
    assert wishes(opened) == []


def test_nobody_decides_his_own_request_and_none_is_decided_twice(opened: Store) -> None:
    lead = with_customer(opened)
    wish = ask(opened, lead, Content(name="王芬"), actor="boss", now=NOON)
    assert refusal(lambda: decide(opened, wish, approve=True, why="", actor="boss", now=NOON)) == "own_request"
    decide(opened, wish, approve=True, why="", actor="chief", now=NOON)
    assert refusal(lambda: decide(opened, wish, approve=False, why="", actor="chief", now=NOON)) == "request_decided"
    assert refusal(lambda: decide(opened, 999, approve=True, why="", actor="chief", now=NOON)) == "unknown_request"


def test_a_request_overtaken_by_another_is_not_done(opened: Store) -> None:
    lead = with_customer(opened)
    first, second = (ask(opened, lead, Content(name=name), actor="1001", now=NOON) for name in ("A", "B"))
    decide(opened, first, approve=True, why="", actor="boss", now=NOON)
    assert refusal(lambda: decide(opened, second, approve=True, why="", actor="boss", now=NOON)) == "request_stale"


def test_a_number_the_campaign_has_is_not_given_to_a_second_customer(opened: Store) -> None:
    lead = with_customer(opened)
    other = customer(2).number.for_store()
    wish = ask(opened, lead, Content(number=other), actor="1001", now=NOON)
    assert refusal(lambda: decide(opened, wish, approve=True, why="", actor="boss", now=NOON)) == "number_known"
    assert [one.state for one in wishes(opened)] == ["open"]


def test_a_customer_in_a_call_is_not_changed(opened: Store) -> None:
    lead = with_customer(opened)
    wish = ask(opened, lead, Content(name="B"), actor="1001", now=NOON)
    _write(opened, [placed("c-1", lead=lead)])
    assert refusal(lambda: decide(opened, wish, approve=True, why="", actor="boss", now=NOON)) == "lead_in_call"


def test_asking_for_nothing_or_for_nobody_is_refused(opened: Store) -> None:
    lead = with_customer(opened)
    assert refusal(lambda: ask(opened, lead, Content(), actor="1001", now=NOON)) == "nothing_to_change"
    same = Content(name=customer(1).name)
    assert refusal(lambda: ask(opened, lead, same, actor="1001", now=NOON)) == "nothing_to_change"
    assert refusal(lambda: ask(opened, LeadId(999), Content(name="A"), actor="1001", now=NOON)) == "unknown_lead"
    assert trail(opened) == []


def test_no_whole_number_stands_in_request_trail_or_journal(opened: Store) -> None:
    lead = with_customer(opened)
    wish = ask(opened, lead, Content(number=NEW), actor="1001", now=NOON)
    decide(opened, wish, approve=True, why="", actor="boss", now=NOON)
    with opened.reading.begin() as connection:
        for table in (tables.requests, tables.audit, tables.journal):
            text = repr(connection.execute(select(table)).all())
            assert NEW[3:] not in text
            assert customer(1).number.for_store()[3:] not in text


def _write(store: Store, facts: list[Fact]) -> None:
    writer = Writer(store, post=lambda act: act())
    writer.submit(facts, NOON)
    assert writer.close() == 0


def _refuse(rule: str, lead: int, campaign: str = SPRING) -> DialRefused:
    return DialRefused(campaign=CampaignId(campaign), lead=LeadId(lead), rule=rule, until=None)


def test_refusals_are_summed_by_rule_and_hour_over_batches(opened: Store) -> None:
    writer = Writer(opened, post=lambda act: act(), commit_wait_ms=0)
    writer.submit([_refuse("window", n) for n in range(100)] + [_refuse("frequency", 7)], NOON)
    writer.submit([_refuse("window", 500, "autumn")], NOON + 30)
    writer.submit([_refuse("window", 501)], NOON + 7200)
    assert writer.close() == 0
    window, frequency = refused(opened, since=0)
    assert (window.rule, window.times, window.campaigns) == ("window", 102, {"spring": 101, "autumn": 1})
    assert (window.first_at, window.last_at) == (NOON, NOON + 7200)
    assert window.leads[:3] == (0, 1, 2)
    assert len(window.leads) == 5
    assert (frequency.rule, frequency.times, frequency.leads) == ("frequency", 1, (7,))
    assert [(one.rule, one.times) for one in refused(opened, since=NOON + 7200)] == [("window", 1)]
    assert [(one.rule, one.times) for one in refused(opened, since=0, campaign="autumn")] == [("window", 1)]


def test_a_request_outlives_a_change_of_keys(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    serving, turning = store.open(url), store.open(url)
    lead = with_customer(serving)
    wish = ask(serving, lead, Content(number=NEW), actor="1001", now=NOON)
    resealing.rotate(turning)
    turning.close()
    second = ask(serving, lead, Content(name="B"), actor="1001", now=NOON)
    assert {one.id: one.after for one in wishes(serving)} == {wish: {"number": "+86139****5678"}, second: {"name": "B"}}
    decide(serving, wish, approve=True, why="", actor="boss", now=NOON)
    decide(serving, second, approve=True, why="", actor="boss", now=NOON)
    changed = lead_of(serving, lead, now=NOON)
    assert changed is not None
    assert (changed.number, name_of(serving, lead)) == (PhoneNumber(NEW), "B")
    serving.close()

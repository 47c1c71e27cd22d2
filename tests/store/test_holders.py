"""Who holds a lead: fetched for its holder alone, moved by facts, closed for good with its batch."""

from typing import Any

import msgspec
from sqlalchemy import select

from store import Store
from store.allocation import handed_before, held_back, held_by, in_order, portions_held, standings
from store.inline import InlineLedger
from store.intake import add_leads
from store.leads import LeadBook
from store.measures import measured, rate
from store.recall import restored
from store.sample import place
from store.stock import Stock, newest, stock
from store.tables import leads
from telephony.batches import LeadsAllocated, LeadsClosed, LeadsMoved, LeadsRecovered, LeadsReleased
from telephony.commands import FetchLeads
from telephony.facts import CallConnected, CallDisposed, LeadRested
from telephony.ids import AgentId, CallId, LeadId
from telephony.leads import LeadsFetched
from telephony.outcomes import Outcome
from tests.store.test_plans import plans_of
from tests.store.trade import DAY, NOON, SPRING, customer, ended, placed

B = "group:B"


def batch(count: int, share: float = 1.0, **changes: Any) -> list[Any]:
    made = [customer(serial, **changes) for serial in range(1, count + 1)]
    return [msgspec.structs.replace(one, batch="b1", share=share, at=NOON) for one in made]


def moved(kind: type[LeadsMoved], *ids: int, **changes: Any) -> LeadsMoved:
    named = tuple(LeadId(number) for number in ids)
    return kind(batch="b1", campaign=SPRING, leads=named, count=len(named), **changes)


class Desk:
    def __init__(self, opened: Store) -> None:
        self.opened = opened
        self.ledger = InlineLedger(opened, on_committed=lambda facts: self.book.on_facts(facts))
        self.book = LeadBook(opened, before_read=self.ledger.flush)

    def tell(self, *facts: Any, now: float = NOON) -> None:
        self.ledger.submit(facts, now)
        self.ledger.flush()

    def fetch(self, *holders: str, limit: int = 50, now: float = NOON) -> list[int]:
        answers: list[LeadsFetched] = []
        self.book.fetch(FetchLeads(campaign=SPRING, limit=limit, holders=holders or ("",)), now, answers.append)
        return [lead.id for lead in answers[0].leads]

    def row(self, lead: int) -> Any:
        with self.opened.reading.begin() as connection:
            return connection.execute(select(leads).where(leads.c.id == lead)).one()


def test_leads_are_fetched_for_who_holds_them_only(opened: Store) -> None:
    add_leads(opened, batch(6))
    desk = Desk(opened)
    desk.tell(moved(LeadsAllocated, 1, 2, holder=B), moved(LeadsAllocated, 3, holder="agent:1001"))
    assert desk.fetch() == [4, 5, 6]
    assert desk.fetch(B) == [1, 2]
    assert desk.fetch("agent:1001") == [3]


def test_two_holders_are_fetched_together_best_first(opened: Store) -> None:
    add_leads(opened, [*batch(3), *[customer(9, priority=5)]])
    desk = Desk(opened)
    desk.tell(
        moved(LeadsAllocated, 2, 4, holder=B),
        *(LeadRested(lead=LeadId(n), due=float(10 - n), why="") for n in (1, 2, 3)),
    )
    assert desk.fetch("", B) == [4, 3, 2, 1]


def test_leads_not_released_are_never_fetched_whatever_befalls_them(opened: Store) -> None:
    add_leads(opened, batch(40, share=0.0))
    desk = Desk(opened)
    desk.tell(LeadRested(lead=LeadId(1), due=NOON - 1, why="callback", agent=AgentId("1001")))
    assert desk.fetch() == []
    desk.tell(moved(LeadsReleased, 1, 2))
    assert desk.fetch() == [2, 1]


def test_a_recovered_lead_is_promised_to_nobody(opened: Store) -> None:
    add_leads(opened, batch(1))
    desk = Desk(opened)
    desk.tell(moved(LeadsAllocated, 1, holder=B), LeadRested(lead=LeadId(1), due=5.0, why="", agent=AgentId("1001")))
    desk.tell(moved(LeadsRecovered, 1, holder=B, why="withdrawn"))
    row = desk.row(1)
    assert (row.holder, row.agent, row.due, row.handed_at) == ("-", None, 5.0, NOON)


def test_a_closed_lead_stays_closed_when_its_call_ends_later(opened: Store) -> None:
    add_leads(opened, batch(2))
    desk = Desk(opened)
    desk.tell(placed("c-1"))
    desk.tell(moved(LeadsClosed, 1, 2))
    desk.tell(ended("c-1"), LeadRested(lead=LeadId(1), due=NOON, why="busy"))
    assert desk.row(2).due is None
    assert desk.fetch(now=NOON + 2 * DAY) == []


def test_a_lead_handed_on_within_one_commit_is_with_the_last(opened: Store) -> None:
    add_leads(opened, batch(1))
    desk = Desk(opened)
    desk.tell(LeadRested(lead=LeadId(1), due=5.0, why="", agent=AgentId("1001")))
    desk.tell(moved(LeadsRecovered, 1, holder="", why="withdrawn"), moved(LeadsAllocated, 1, holder=B), now=NOON + 7)
    row = desk.row(1)
    assert (row.holder, row.agent, row.handed_at) == (B, None, NOON + 7)


def test_a_batch_shut_is_not_fetched_before_its_leads_are_closed(opened: Store) -> None:
    add_leads(opened, [*batch(3), customer(9)])
    desk = Desk(opened)
    desk.book.shut("b1")
    assert desk.fetch() == [4]


def test_stages_nest_and_have_the_size_asked_for(opened: Store) -> None:
    add_leads(opened, batch(3000, share=1 / 3))
    third = {lead for at, lead in in_order(opened, "b1") if at < 1 / 3}
    half = {lead for at, lead in in_order(opened, "b1") if at < 1 / 2}
    assert third < half
    assert abs(len(third) - 1000) < 100
    assert {one.holder: one.leads for one in standings(opened, "b1")} == {"": len(third), "-": 3000 - len(third)}
    released = {lead for _, page in held_back(opened, "b1", 0.5) for lead in page}
    assert released == half - third


def test_the_order_is_the_same_whenever_asked_and_another_for_another_batch() -> None:
    secret = b"s" * 32
    places = [place(secret, "b1", key) for key in range(-50, 50)]
    assert places == [place(secret, "b1", key) for key in range(-50, 50)]
    assert places != [place(secret, "b2", key) for key in range(-50, 50)]
    assert all(0 <= at < 1 for at in places)


def test_a_run_begins_with_the_portions_there_are(opened: Store) -> None:
    add_leads(opened, [*batch(4), customer(50, campaign="autumn")])
    desk = Desk(opened)
    desk.tell(
        moved(LeadsAllocated, 1, holder=B),
        moved(LeadsAllocated, 2, holder="agent:1001"),
        moved(LeadsRecovered, 3, holder="", why="withdrawn"),
    )
    assert restored(opened).portions == ((SPRING, "agent:1001"), (SPRING, B))
    desk.tell(LeadRested(lead=LeadId(1), due=None, why="closed"))
    assert restored(opened).portions == ((SPRING, "agent:1001"),)


def test_what_is_left_today_is_counted_by_holder(opened: Store) -> None:
    add_leads(opened, batch(5))
    desk = Desk(opened)
    desk.tell(
        moved(LeadsAllocated, 1, 2, holder=B),
        moved(LeadsRecovered, 3, holder="", why="withdrawn"),
        LeadRested(lead=LeadId(2), due=NOON + DAY, why="busy"),
    )
    assert stock(opened, {SPRING: NOON}, NOON) == {SPRING: {"": Stock(ready=2), B: Stock(ready=1)}}
    evening = NOON + 6 * 3600
    desk.tell(*(LeadRested(lead=LeadId(n), due=NOON + at, why="busy") for n, at in ((1, 0.5), (2, 90.0), (4, 60.0))))
    assert stock(opened, {SPRING: evening}, NOON) == {
        SPRING: {"": Stock(ready=1, coming=((2, 1),)), B: Stock(ready=0, coming=((1, 1), (2, 1)))}
    }


def test_questions_about_portions_read_ranges_of_the_index(sqlite_store: Store) -> None:
    add_leads(sqlite_store, batch(50))
    with plans_of(sqlite_store) as steps:
        with sqlite_store.reading.begin() as connection:
            portions_held(connection)
        stock(sqlite_store, {SPRING: NOON}, NOON)
        standings(sqlite_store, "b1")
        list(held_back(sqlite_store, "b1", 0.5))
        measured(sqlite_store, "b1", zone="Asia/Shanghai")
        newest(sqlite_store, [SPRING])
    assert [step for step in steps if step.startswith("SCAN")] == []


def test_a_batch_s_measures_are_those_of_its_sample(opened: Store) -> None:
    add_leads(opened, batch(4))
    desk = Desk(opened)
    order = in_order(opened, "b1")
    first, last = order[0][1], order[-1][1]
    keys = {lead: desk.row(lead).number_key for lead in (first, last)}
    for call, lead in (("c-1", first), ("c-2", first), ("c-3", last)):
        desk.tell(placed(call, lead=lead, customer=f"k{lead}", number_key=keys[lead]))
    desk.tell(
        CallConnected(call=CallId("c-1"), agent=AgentId("1001"), waited_s=0.1),
        ended("c-1", Outcome.ANSWERED, lead=first, agent="1001", talk_s=1800.0),
        CallDisposed(call=CallId("c-1"), agent=AgentId("1001"), disposition="sale", note="", callback_at=None),
        now=NOON,
    )
    desk.tell(ended("c-2", Outcome.REFUSED, lead=first), ended("c-3", lead=last), now=NOON + 1800)
    found = measured(opened, "b1", zone="Asia/Shanghai", share=order[1][0])
    assert (found.leads, found.done, found.attempts) == (1, 1, 1), "what never left the house is no attempt"
    assert (found.connect.count, found.success.count) == (1, 1)
    whole = measured(opened, "b1", zone="Asia/Shanghai")
    assert (whole.leads, whole.attempts, whole.connect.rate) == (4, 2, 0.5)
    assert measured(opened, "b1", zone="Asia/Shanghai", since=NOON + 1).attempts == 0


def test_the_interval_is_wilson_s() -> None:
    found = rate(10, 100)
    assert (found.rate, round(found.low or 0, 4), round(found.high or 0, 4)) == (0.1, 0.0552, 0.1744)
    assert (rate(0, 10).low, round(rate(0, 10).high or 0, 4)) == (0.0, 0.2775)
    assert rate(10, 10).high == 1.0
    assert rate(0, 0).rate is None


def test_leads_a_list_gives_to_a_group_wait_for_it_until_they_are_released(opened: Store) -> None:
    waiting = [msgspec.structs.replace(customer(n), batch="b1", share=0.0, holder="group:A") for n in (1, 2)]
    add_leads(opened, [*waiting, msgspec.structs.replace(customer(3), batch="b1", share=0.0)])
    assert [(one.holder, one.leads) for one in standings(opened, "b1")] == [("-", 3)]
    assert held_by(opened, "b1", None) == handed_before(opened, "b1", NOON + DAY, 0.0) == {}
    assert stock(opened, {SPRING: NOON}, NOON) == {SPRING: {}}
    with opened.reading.begin() as connection:
        assert portions_held(connection) == ()
    assert list(held_back(opened, "b1", 1.0)) == [("", [3]), ("group:A", [1, 2])]

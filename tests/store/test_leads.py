"""The lead book's contract: due leads best first, each once until his attempt is over, with his earlier calls."""

import threading
from collections.abc import Iterator

import pytest

from store import Store
from store.inline import InlineLedger
from store.intake import Taken, add_leads, count_leads, lead_of, leads_of
from store.leads import LeadBook
from store.writer import Writer
from telephony.commands import FetchLeads
from telephony.facts import LeadRested
from telephony.ids import AgentId, CampaignId, LeadId
from telephony.leads import Lead, LeadsFetched
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome
from tests.store.trade import DAY, NOON, SPRING, customer, ended, placed


class Shelf:
    """A lead book and its ledger without threads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ledger = InlineLedger(store, on_committed=lambda facts: self.book.on_facts(facts))
        self.book = LeadBook(store, before_read=self.ledger.flush, look_back_s=100 * DAY)

    def fetched(self, limit: int, now: float = NOON, campaign: str = SPRING) -> LeadsFetched:
        answers: list[LeadsFetched] = []
        self.book.fetch(FetchLeads(campaign=CampaignId(campaign), limit=limit), now, answers.append)
        assert len(answers) == 1
        return answers[0]

    def leads(self, limit: int, now: float = NOON) -> list[Lead]:
        return list(self.fetched(limit, now).leads)

    def customers(self, limit: int, now: float = NOON) -> list[str]:
        return [lead.customer for lead in self.leads(limit, now)]


@pytest.fixture
def shelf(opened: Store) -> Iterator[Shelf]:
    made = Shelf(opened)
    yield made
    made.book.close()
    made.ledger.close()


def test_the_most_urgent_come_first_then_the_longest_due_then_the_first_come(shelf: Shelf) -> None:
    add_leads(
        shelf.store,
        [
            customer(1, due=NOON - 10),
            customer(2, due=NOON - 20),
            customer(3, due=NOON - 20),
            customer(4, due=NOON - 1, priority=5),
            customer(5, due=NOON + 1, priority=9),
            customer(6, due=NOON - 5, priority=-2),
        ],
    )
    assert shelf.customers(10) == ["k4", "k2", "k3", "k1", "k6"]


def test_a_lead_carries_what_the_gate_needs(shelf: Shelf) -> None:
    add_leads(shelf.store, [customer(1)])
    lead = shelf.leads(1)[0]
    assert lead.number == PhoneNumber("+8613800000001")
    assert lead.number_key == shelf.store.number_key(lead.number)
    assert (lead.zones, lead.attempts, lead.placed) == (("Asia/Shanghai", "Asia/Urumqi"), 0, ())


def test_nobody_is_handed_out_twice(shelf: Shelf) -> None:
    add_leads(shelf.store, [customer(serial) for serial in range(50)])
    first, second = shelf.customers(30), shelf.customers(30)
    assert len(first) == 30
    assert len(second) == 20
    assert not set(first) & set(second)
    assert shelf.customers(30) == []


def test_a_full_answer_says_nothing_of_later_and_a_short_one_says_when(shelf: Shelf) -> None:
    add_leads(shelf.store, [customer(1), customer(2, due=NOON + 300), customer(3, due=NOON + 60, priority=-1)])
    assert shelf.fetched(1).next_due is None
    assert shelf.fetched(1).next_due == NOON + 60
    assert shelf.fetched(1, campaign="autumn").next_due is None


def test_a_rested_lead_comes_back_when_it_is_due_and_not_before(shelf: Shelf) -> None:
    add_leads(shelf.store, [customer(1)])
    lead = shelf.leads(1)[0]
    shelf.ledger.submit([placed("c-1", lead=lead.id), ended("c-1", lead=lead.id)], NOON)
    shelf.ledger.submit([LeadRested(lead=lead.id, due=NOON + 600, why="busy")], NOON)
    assert shelf.fetched(1, NOON + 599).next_due == NOON + 600
    again = shelf.leads(1, NOON + 600)[0]
    assert (again.id, again.attempts, again.last_outcome) == (lead.id, 1, "busy")


def test_a_closed_lead_never_comes_back(shelf: Shelf) -> None:
    add_leads(shelf.store, [customer(1)])
    lead = shelf.leads(1)[0]
    shelf.ledger.submit([ended("c-1", lead=lead.id), LeadRested(lead=lead.id, due=None, why="sale")], NOON)
    answer = shelf.fetched(1, NOON + 1000 * DAY)
    assert (answer.leads, answer.next_due) == ((), None)
    assert count_leads(shelf.store, SPRING) == (1, 0)


@pytest.mark.parametrize("rested_first", [True, False])
def test_a_lead_nobody_rested_is_not_redialled_the_same_day(shelf: Shelf, rested_first: bool) -> None:
    add_leads(shelf.store, [customer(1)])
    lead = shelf.leads(1)[0]
    if rested_first:
        shelf.ledger.submit([LeadRested(lead=lead.id, due=NOON + 5000, why="callback")], NOON)
        shelf.ledger.flush()
    shelf.ledger.submit([ended("c-1", lead=lead.id)], NOON + 1)
    answer = shelf.fetched(1, NOON + 100)
    assert answer.leads == ()
    assert answer.next_due == (NOON + 5000 if rested_first else NOON + 1 + DAY)


def test_a_lead_in_a_call_from_before_the_restart_stays_out(opened: Store) -> None:
    add_leads(opened, [customer(1), customer(2)])
    before = Shelf(opened)
    lead = before.leads(1)[0]
    before.ledger.submit([placed("c-1", lead=lead.id)], NOON)
    before.ledger.close()
    after = Shelf(opened)
    assert after.customers(5) == ["k2"]
    after.ledger.submit([ended("c-1", lead=lead.id), LeadRested(lead=lead.id, due=NOON + 10, why="unknown")], NOON)
    assert after.customers(5, NOON + 10) == ["k1"]


def test_earlier_calls_follow_the_customer_and_each_number(shelf: Shelf) -> None:
    add_leads(shelf.store, [customer(1), customer(2, owner="k1"), customer(3)])
    key = {serial: shelf.store.number_key(PhoneNumber(f"+86138{serial:08d}")) for serial in (1, 2, 3)}
    calls = [
        placed("c-1", lead=99, customer="k1", number_key=key[1]),
        placed("c-2", lead=99, customer="k1", number_key=key[2], campaign="autumn"),
        placed("c-3", lead=99, customer="other", number_key=key[3]),
    ]
    for days, call in enumerate(calls):
        shelf.ledger.submit([call, ended(call.call, lead=99)], NOON - (10 - days) * DAY)
    leads = {lead.number_key: tuple(call.at for call in lead.placed) for lead in shelf.leads(5)}
    assert leads[key[1]] == leads[key[2]] == (NOON - 10 * DAY, NOON - 9 * DAY)
    assert leads[key[3]] == (NOON - 8 * DAY,)


def test_a_call_that_never_left_or_is_long_ago_does_not_count(shelf: Shelf) -> None:
    add_leads(shelf.store, [customer(1)])
    shelf.ledger.submit([placed("c-1", lead=99), ended("c-1", Outcome.REFUSED, lead=99)], NOON - DAY)
    shelf.ledger.submit([placed("c-2", lead=99), ended("c-2", lead=99)], NOON - 101 * DAY)
    shelf.ledger.submit([placed("c-3", lead=99), ended("c-3", Outcome.UNKNOWN, lead=99)], NOON - 2 * DAY)
    assert [call.at for call in shelf.leads(1)[0].placed] == [NOON - 2 * DAY]


def test_leads_given_back_are_handed_out_again(shelf: Shelf) -> None:
    add_leads(shelf.store, [customer(1), customer(2)])
    lead = shelf.leads(1)[0]
    shelf.book.release([lead.id])
    assert shelf.customers(5) == ["k1", "k2"]


def test_more_leads_out_than_a_page_holds_hide_nobody(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.leads.PAGE", 7)
    monkeypatch.setattr("store.leads.PORTION", 4)
    add_leads(shelf.store, [customer(serial, due=float(serial // 10)) for serial in range(60)])
    assert shelf.customers(25) == [f"k{serial}" for serial in range(25)]
    assert shelf.customers(100) == [f"k{serial}" for serial in range(25, 60)]


def test_an_import_said_twice_adds_nothing(opened: Store) -> None:
    rows = [customer(serial) for serial in range(2500)]
    assert add_leads(opened, rows) == Taken(added=2500, duplicates=0)
    assert add_leads(opened, [*rows, customer(9000), customer(9000)]) == Taken(added=1, duplicates=2501)
    assert add_leads(opened, [customer(1, campaign="autumn")]) == Taken(added=1, duplicates=0)
    assert count_leads(opened) == (2502, 2502)


def test_leads_are_listed_in_the_order_they_came(opened: Store) -> None:
    add_leads(opened, [customer(serial) for serial in range(10)])
    page = leads_of(opened, SPRING, limit=4, now=NOON)
    assert [lead.customer for lead in page] == ["k0", "k1", "k2", "k3"]
    following = leads_of(opened, SPRING, after=page[-1].id, limit=4, now=NOON)
    assert [lead.customer for lead in following] == ["k4", "k5", "k6", "k7"]
    found = lead_of(opened, page[0].id, now=NOON)
    assert found == page[0]
    assert lead_of(opened, LeadId(10**9), now=NOON) is None


def test_the_personal_customer_of_an_agent_names_him(opened: Store) -> None:
    from msgspec.structs import replace

    add_leads(opened, [replace(customer(1), agent=AgentId("1001"))])
    assert Shelf(opened).leads(1)[0].agent == "1001"


def test_reading_and_writing_in_their_own_threads_hand_everybody_out_once(opened: Store) -> None:
    add_leads(opened, [customer(serial) for serial in range(400)])
    book = LeadBook(opened, post=lambda what: what())
    writer = Writer(opened, post=lambda what: what(), on_committed=book.on_facts)
    got: list[Lead] = []
    for _round in range(20):
        answered = threading.Event()

        def take(answer: LeadsFetched, answered: threading.Event = answered) -> None:
            for lead in answer.leads:
                call = f"c-{lead.id}"
                writer.submit([placed(call, lead=lead.id, customer=lead.customer)], NOON)
                writer.submit([ended(call, lead=lead.id), LeadRested(lead=lead.id, due=NOON + 1, why="busy")], NOON)
            got.extend(answer.leads)
            answered.set()

        book.fetch(FetchLeads(campaign=SPRING, limit=30), NOON, take)
        assert answered.wait(20)
    writer.close()
    book.close()
    assert sorted(lead.customer for lead in got) == sorted(f"k{serial}" for serial in range(400))

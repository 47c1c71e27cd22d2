"""Two servers on one PostgreSQL: a call is placed on the history it was decided on, or it does not leave."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import store
from store.barred import NewBar, bar
from store.commits import commit
from store.intake import add_leads
from store.leads import LeadBook
from store.opening import Store
from store.recall import read_journal
from store.reservations import HELD_FOR_S, Reservations
from store.writer import Writer
from telephony.commands import FetchLeads
from telephony.donotcall import BarKind
from telephony.facts import AttemptPlaced, AttemptVetoed, Fact, LeadRested, Veto
from telephony.ids import CampaignId
from telephony.leads import Lead, LeadsFetched
from telephony.outcomes import Outcome
from tests.store.trade import NOON, customer, ended, placed, until

pytestmark = pytest.mark.postgres


class Server:
    """A lead book and a ledger as one server has them."""

    def __init__(self, opened: Store, name: str) -> None:
        self.opened = opened
        self.vetoed: list[AttemptVetoed] = []
        self.order: list[str] = []
        self.reservations = Reservations()
        self.book = LeadBook(opened, reservations=self.reservations)
        self.writer = Writer(
            opened,
            post=lambda what: what(),
            on_committed=self.book.on_facts,
            on_vetoed=self._told,
            reservations=self.reservations,
            name=name,
        )

    def fetch(self, campaign: str, limit: int = 100) -> list[Lead]:
        got: list[LeadsFetched] = []
        self.book.fetch(FetchLeads(campaign=CampaignId(campaign), limit=limit), NOON, got.append)
        return list(got[0].leads)

    def place(self, lead: Lead, call: str, at: float = NOON) -> str:
        """Submit the attempt; how it went: "dialled", or why not."""
        self.say(dial(lead, call), at=at, told=call)
        until(lambda: call in self.order)
        return next((veto.why.value for veto in self.vetoed if veto.call == call), "dialled")

    def say(self, *facts: Fact, at: float = NOON, told: str = "") -> None:
        self.writer.submit(facts, at, lambda: self.order.append(told))
        until(lambda: self.writer.waiting == 0)

    def _told(self, fact: AttemptVetoed) -> None:
        self.vetoed.append(fact)
        self.order.append(f"veto {fact.call}")


def dial(lead: Lead, call: str) -> AttemptPlaced:
    return placed(call, lead=lead.id, customer=lead.customer, number_key=lead.number_key, campaign=lead.campaign)


@contextmanager
def two_servers(url: str) -> Iterator[tuple[Server, Server]]:
    opened = [store.open(url), store.open(url)]
    servers = [Server(one, name) for one, name in zip(opened, ("east", "west"), strict=True)]
    yield servers[0], servers[1]
    for server in servers:
        server.writer.close()
        server.opened.close()


@pytest.fixture
def servers(postgres_url: str) -> Iterator[tuple[Server, Server]]:
    """East runs spring, west autumn; customer k1 has a number in each, the same number in both, and a second one."""
    with two_servers(postgres_url) as (east, west):
        add_leads(
            east.opened,
            [
                customer(1, campaign="spring"),
                customer(1, campaign="autumn"),
                customer(2, campaign="autumn", owner="k1"),
                customer(3, campaign="spring", owner="k1"),
            ],
        )
        yield east, west


def test_customer_in_a_call_of_one_server_is_not_called_by_the_other(servers: tuple[Server, Server]) -> None:
    east, west = servers
    mine, _ = east.fetch("spring")
    same_number, other_number = west.fetch("autumn")
    assert east.place(mine, "c-e1") == "dialled"
    assert west.place(same_number, "c-w1") == Veto.IN_CALL
    assert west.place(other_number, "c-w2") == Veto.IN_CALL
    assert west.order == ["veto c-w1", "c-w1", "veto c-w2", "c-w2"]
    kinds = [type(one.fact) for one in read_journal(east.opened)]
    assert kinds == [AttemptPlaced]


def test_a_call_that_began_and_ended_elsewhere_is_news_to_a_lead_at_hand(servers: tuple[Server, Server]) -> None:
    east, west = servers
    mine, _ = east.fetch("spring")
    stale, _ = west.fetch("autumn")
    east.place(mine, "c-e1")
    east.say(ended("c-e1", Outcome.BUSY, lead=mine.id))
    assert west.place(stale, "c-w1") == Veto.CHANGED
    west.say(LeadRested(lead=stale.id, due=NOON, why="refetch"))
    fresh = west.fetch("autumn")[0]
    assert fresh.id == stale.id
    assert len(fresh.placed) == 1
    assert west.place(fresh, "c-w2") == "dialled"


def test_own_calls_are_no_news_to_the_gate_that_counted_them(servers: tuple[Server, Server]) -> None:
    east, _ = servers
    first, second = east.fetch("spring")
    assert first.customer == second.customer
    east.place(first, "c-e1")
    east.say(ended("c-e1", Outcome.BUSY, lead=first.id))
    assert east.place(second, "c-e2") == "dialled"


def test_an_end_and_the_next_call_may_share_a_commit(servers: tuple[Server, Server]) -> None:
    east, _ = servers
    first, second = east.fetch("spring")
    east.say(dial(first, "c-e1"), ended("c-e1", Outcome.REFUSED, lead=first.id), dial(second, "c-e2"))
    assert east.vetoed == []


def test_an_entry_of_the_do_not_call_list_stops_the_next_commit(servers: tuple[Server, Server]) -> None:
    east, west = servers
    mine, _ = east.fetch("spring")
    entry = NewBar(kind=BarKind.CUSTOMER, customer=mine.customer, reason="complaint")
    bar(west.opened, [entry], source="phone", author="ann", at=NOON)
    assert east.place(mine, "c-e1") == Veto.DO_NOT_CALL


def test_a_lead_nobody_handed_out_is_not_dialled_once_its_customer_has_been(servers: tuple[Server, Server]) -> None:
    east, west = servers
    mine, other = east.fetch("spring")
    east.place(mine, "c-e1")
    east.say(ended("c-e1", lead=mine.id))
    assert west.place(other, "c-w1") == Veto.CHANGED


def test_a_hold_no_server_came_back_for_is_void_after_a_day(servers: tuple[Server, Server]) -> None:
    east, west = servers
    mine, _ = east.fetch("spring")
    east.place(mine, "c-e1")
    late, _ = west.fetch("autumn")
    assert west.place(late, "c-w1", NOON + HELD_FOR_S - 1) == Veto.IN_CALL
    again = west.fetch("autumn")
    assert again == []
    west.say(LeadRested(lead=late.id, due=NOON, why="refetch"))
    fresh = west.fetch("autumn")[0]
    assert west.place(fresh, "c-w2", NOON + HELD_FOR_S + 1) == "dialled"


def test_a_commit_whose_word_was_lost_tells_its_vetoes_when_asked_again(servers: tuple[Server, Server]) -> None:
    east, west = servers
    mine, _ = east.fetch("spring")
    stale, _ = west.fetch("autumn")
    east.place(mine, "c-e1")
    entries = [(NOON, dial(stale, "c-w1"))]
    mark = ("west", "run.0")
    first = commit(west.opened, entries, mark=mark, again=False, reservations=west.reservations)
    again = commit(west.opened, entries, mark=mark, again=True, reservations=west.reservations)
    assert set(first) == set(again) == {"c-w1"}


def test_two_servers_in_a_race_never_both_call_a_customer(postgres_url: str) -> None:
    customers = 150
    with two_servers(postgres_url) as (east, west):
        add_leads(east.opened, [customer(n, campaign=name) for n in range(customers) for name in ("spring", "autumn")])
        theirs: list[tuple[Server, list[Lead], Callable[[list[Lead]], list[Lead]]]] = [
            (east, east.fetch("spring", 1000), lambda leads: leads),
            (west, west.fetch("autumn", 1000), lambda leads: leads[::-1]),
        ]
        for server, leads, arranged in theirs:
            for n, lead in enumerate(arranged(leads)):
                server.writer.submit([dial(lead, f"c-{server.reservations is west.reservations:d}-{n}")], NOON)
        until(
            lambda: east.writer.waiting == west.writer.waiting == 0 and len(east.vetoed) + len(west.vetoed) >= customers
        )
        journal = [one.fact for one in read_journal(east.opened, limit=10_000)]
        dialled = Counter(fact.customer for fact in journal if isinstance(fact, AttemptPlaced))
        assert len(dialled) == customers
        assert set(dialled.values()) == {1}
        assert len(east.vetoed) + len(west.vetoed) == customers

"""The do-not-call list on disk: what is made, what is in force, what is told to a gate that runs already."""

from functools import partial

from dialer.donotcall.bars import Bars
from store import Store
from store.barred import (
    NewBar,
    bar,
    changed,
    closed_leads,
    entry_of,
    in_force,
    known_of,
    lift,
    listing,
    naming,
)
from store.inline import InlineLedger
from store.intake import add_leads
from telephony.donotcall import BarKind
from telephony.facts import LeadRested
from telephony.ids import CampaignId, CustomerId, LeadId
from telephony.numbers import PhoneNumber
from tests.store.trade import DAY, NOON, SPRING, barring, customer

ONE, TWO, THREE = (PhoneNumber(f"+861380000000{tail}") for tail in (1, 2, 3))


def by_number(number: PhoneNumber, **more: object) -> NewBar:
    return NewBar(kind=BarKind.NUMBER, number=number, reason="complaint", **more)  # type: ignore[arg-type]


def by_customer(name: str) -> NewBar:
    return NewBar(kind=BarKind.CUSTOMER, customer=CustomerId(name), reason="letter")


def complain(store: Store, *entries: NewBar, at: float = NOON) -> list[int]:
    return bar(store, entries, source="phone", author="lead", at=at)


def test_a_number_is_barred_where_and_as_long_as_it_was_said(opened: Store) -> None:
    complain(opened, by_number(ONE), by_number(TWO, until=NOON + DAY), by_number(THREE, campaign=SPRING))

    def shut(number: PhoneNumber, campaign: str, at: float) -> bool:
        bars = Bars(in_force(opened, at), now=at)
        return bars.objection(number, opened.number_key(number), "", campaign, "", at) is not None

    assert [shut(number, SPRING, NOON) for number in (ONE, TWO, THREE)] == [True, True, True]
    assert [shut(number, "autumn", NOON) for number in (ONE, TWO, THREE)] == [True, True, False]
    assert [shut(number, "autumn", NOON + DAY) for number in (ONE, TWO, THREE)] == [True, False, False]


def test_what_is_barred_already_is_not_barred_again_unless_for_longer(opened: Store) -> None:
    assert len(complain(opened, by_number(ONE), by_number(ONE), by_customer("k1"))) == 2
    assert complain(opened, by_number(ONE), by_customer("k1")) == []
    assert len(complain(opened, by_number(ONE, until=NOON + DAY), by_number(ONE, owner="bank"))) == 2


def test_a_lifted_entry_stays_on_record_with_who_and_when(opened: Store) -> None:
    (made,) = complain(opened, by_number(ONE))
    assert lift(opened, [made], by="boss", at=NOON + 60) == 1
    assert lift(opened, [made], by="another", at=NOON + 90) == 0
    assert in_force(opened, NOON + 60) == []
    assert listing(opened) == []
    (kept,) = listing(opened, lifted=True)
    assert (kept.lifted_by, kept.lifted_at, kept.author, kept.reason) == ("boss", NOON + 60, "lead", "complaint")
    assert entry_of(opened, made) == kept
    assert len(complain(opened, by_number(ONE), at=NOON + 120)) == 1, "a lifted number may be barred anew"


def test_a_customer_barred_during_a_call_is_barred_with_his_number(opened: Store) -> None:
    ledger = InlineLedger(opened)
    ledger.submit([barring("k1", number_key=7), barring("k2"), barring("", number_key=9)], NOON)
    ledger.close()
    found = {(one.kind, one.customer, one.number_key, one.source, one.changed_at) for one in in_force(opened, NOON)}
    assert found == {
        (BarKind.CUSTOMER, "k1", 7, "floor", NOON),
        (BarKind.CUSTOMER, "k2", 0, "floor", NOON),
        (BarKind.NUMBER, "", 9, "floor", NOON),
    }
    assert [one.customer for one in naming(opened, number_key=7)] == ["k1"]


def test_a_running_gate_is_told_of_entries_and_of_their_lifting(opened: Store) -> None:
    (old,) = complain(opened, by_number(ONE), at=NOON - DAY)
    assert [one.id for one in changed(opened, since=NOON, after_id=0)] == [old]
    (new,) = complain(opened, by_number(TWO), at=NOON)
    told = partial(changed, opened, since=NOON + 3600)
    assert new in [one.id for one in told(after_id=old)]
    lift(opened, [old], by="boss", at=NOON + 3600)
    assert [(one.id, one.lifted_at) for one in told(after_id=10_000)] == [(old, NOON + 3600)]


def test_an_entry_committed_late_is_told_all_the_same(opened: Store) -> None:
    (prompt,) = complain(opened, by_number(TWO), at=NOON)
    (kept_waiting,) = complain(opened, by_number(ONE), at=NOON - 600)
    assert kept_waiting in [one.id for one in changed(opened, since=NOON, after_id=prompt)]


def test_prefixes_and_ranges_come_back_as_they_were_given(opened: Store) -> None:
    complain(
        opened,
        NewBar(kind=BarKind.PREFIX, low=86138, reason="test"),
        NewBar(kind=BarKind.RANGE, low=8613800000000, high=8613800099999, reason="test", owner="bank"),
    )
    bars = Bars(in_force(opened, NOON), now=NOON)
    found = bars.objection(PhoneNumber("+8613811111111"), 1, "", "x", "", NOON)
    assert found is not None
    assert found.kind == "prefix"
    assert [one.low for one in naming(opened, low=86138)] == [86138]
    assert naming(opened, low=8613800000000, high=8613800099999) == []
    assert len(naming(opened, low=8613800000000, high=8613800099999, owner="bank")) == 1


def test_all_numbers_of_a_customer_are_known_by_any_of_them(opened: Store) -> None:
    add_leads(
        opened,
        [
            customer(1, owner="k1"),
            customer(2, owner="k1", campaign="autumn"),
            customer(1, owner="k7", campaign="autumn"),
            customer(3, owner="k9"),
        ],
    )
    customers, numbers = known_of(opened, number_key=opened.number_key(PhoneNumber("+8613800000001")))
    assert customers == {"k1", "k7"}
    assert {number.masked for number in numbers.values()} == {"+86138****0001", "+86138****0002"}
    assert known_of(opened, customer="k9")[0] == {"k9"}
    assert known_of(opened, customer="nobody") == ({CustomerId("nobody")}, {})
    assert known_of(opened, number_key=5) == (set(), {})


def test_leads_closed_by_the_list_are_found_and_no_others(opened: Store) -> None:
    add_leads(opened, [customer(serial) for serial in range(1, 6)])
    ledger = InlineLedger(opened)
    ledger.submit(
        [
            LeadRested(lead=LeadId(1), due=None, why="do_not_call"),
            LeadRested(lead=LeadId(2), due=NOON + DAY, why="do_not_call"),
            LeadRested(lead=LeadId(3), due=None, why="sale"),
            LeadRested(lead=LeadId(4), due=None, why="do_not_call"),
            LeadRested(lead=LeadId(4), due=NOON, why="bar_lifted"),
        ],
        NOON,
    )
    ledger.close()
    assert [lead.id for lead in closed_leads(opened, CampaignId(SPRING), NOON)] == [1, 2]
    assert [lead.id for lead in closed_leads(opened, CampaignId(SPRING), NOON + DAY)] == [1]
    assert closed_leads(opened, CampaignId("autumn"), NOON) == []

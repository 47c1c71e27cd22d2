"""The list in memory: what is barred, where, and until when; and that a running gate may be told of anything at any time."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.donotcall.bars import Bars, Listed, ListsChanged
from telephony.commands import HangUp
from telephony.donotcall import BarEntry, BarKind, BarsChanged
from telephony.facts import DialRefused, LeadRested
from telephony.ids import CustomerId, call_leg
from telephony.leads import LeadsFetched
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome

from .floor import NOON, SALES, Agents, Floor, campaign, lead, only, placed
from .test_donotcall_list import listed

DAY = 86_400.0


def entry(id: int, **fields: object) -> BarEntry:
    return BarEntry(**{"id": id, "kind": BarKind.NUMBER, "reason": "complaint", "source": "phone", "author": "lead", "at": NOON, **fields})  # type: ignore[arg-type]  # fmt: skip


def asked(bars: Bars, number: str = "+8613800000001", *, key: int = 1, customer: str = "k1", campaign: str = "spring", owner: str = "bank", at: float = NOON) -> str:  # fmt: skip
    """The kind of what objects, and until when."""
    found = bars.objection(PhoneNumber(number), key, customer, campaign, owner, at)
    return "" if found is None else f"{found.kind} {found.until}"


def test_nobody_is_barred_by_an_empty_list() -> None:
    assert asked(Bars()) == ""


def test_entries_of_every_kind_bar_whom_they_name() -> None:
    assert asked(Bars([entry(1, number_key=1)])) == "number None"
    assert asked(Bars([entry(1, number_key=2)])) == ""
    assert asked(Bars([entry(1, kind=BarKind.CUSTOMER, customer="k1")])) == "customer None"
    assert asked(Bars([entry(1, kind=BarKind.CUSTOMER, customer="k1")]), customer="") == ""
    assert asked(Bars([entry(1, kind=BarKind.PREFIX, low=86138)])) == "prefix None"
    assert asked(Bars([entry(1, kind=BarKind.PREFIX, low=86139)])) == ""
    assert asked(Bars([entry(1, kind=BarKind.RANGE, low=8613800000001, high=8613800000001)])) == "range None"
    assert asked(Bars([entry(1, kind=BarKind.RANGE, low=8613800000002, high=8613899999999)])) == ""


@pytest.mark.parametrize(
    ("scope", "barred"),
    [
        ({}, [True, True, True]),
        ({"campaign": "spring"}, [True, False, False]),
        ({"owner": "bank"}, [True, True, False]),
    ],
)
def test_an_entry_holds_where_its_scope_reaches(scope: dict[str, str], barred: list[bool]) -> None:
    for what in (
        {"number_key": 1},
        {"kind": BarKind.CUSTOMER, "customer": "k1"},
        {"kind": BarKind.PREFIX, "low": 86},
        {"kind": BarKind.RANGE, "low": 8613800000000, "high": 8613800000009},
    ):
        bars = Bars([entry(1, **what, **scope)])
        found = [
            asked(bars, campaign="spring", owner="bank"),
            asked(bars, campaign="autumn", owner="bank"),
            asked(bars, campaign="autumn", owner="shop"),
        ]
        assert [bool(one) for one in found] == barred


def test_an_entry_ends_when_it_was_said_to_and_the_longest_counts() -> None:
    bars = Bars(
        [
            entry(1, number_key=1, until=NOON + DAY),
            entry(2, kind=BarKind.PREFIX, low=86138, until=NOON + 3 * DAY),
            entry(3, kind=BarKind.CUSTOMER, customer="k1", until=NOON + 2 * DAY),
        ]
    )
    assert asked(bars) == f"prefix {NOON + 3 * DAY}"
    assert asked(bars, "+4420", at=NOON + DAY) == f"customer {NOON + 2 * DAY}"
    assert asked(bars, "+4420", at=NOON + 2 * DAY) == ""
    bars.take([entry(4, number_key=1)], NOON)
    assert asked(bars) == "number None"


def test_lifting_takes_effect_and_may_be_told_twice() -> None:
    made = entry(1, number_key=1), entry(2, kind=BarKind.PREFIX, low=86138)
    bars = Bars(made)
    for _ in range(2):
        bars.take([entry(1, number_key=1, lifted_at=NOON)], NOON)
        assert asked(bars) == "prefix None"
    bars.take([entry(2, kind=BarKind.PREFIX, low=86138, lifted_at=NOON)], NOON)
    assert asked(bars) == ""
    assert bars.counts() == {"number": 0, "customer": 0, "prefix": 0, "range": 0}


def test_what_was_barred_on_the_floor_ends_with_the_entry_that_came_of_it() -> None:
    bars = Bars()
    bars.bar_now(CustomerId("k1"), 1, "opt_out", NOON)
    bars.bar_now(CustomerId("k1"), 1, "opt_out", NOON)
    assert asked(bars) == "customer None"
    assert asked(bars, customer="somebody else") == "customer None", "the number is barred too"
    kept = entry(7, kind=BarKind.CUSTOMER, customer="k1", number_key=1, at=NOON)
    bars.take([entry(6, number_key=1, at=NOON - 1, lifted_at=NOON)], NOON)
    assert asked(bars) == "customer None", "an older entry's lifting is none of its business"
    bars.take([kept], NOON)
    assert asked(bars) == "customer None"
    bars.take([entry(7, kind=BarKind.CUSTOMER, customer="k1", number_key=1, at=NOON, lifted_at=NOON)], NOON)
    assert asked(bars) == ""


def test_a_regulators_list_bars_in_its_scope(tmp_path: Path) -> None:
    numbers = listed(tmp_path, {8613800000001})
    bars = Bars(lists=[Listed("national", numbers, owner="bank")])
    assert asked(bars) == "list None"
    assert asked(bars, "+8613800000002") == ""
    assert asked(bars, owner="shop") == ""
    bars.hang([])
    assert asked(bars) == ""


RANGES = st.lists(st.tuples(st.integers(1000, 1300), st.integers(0, 60), st.booleans()), max_size=12)


@given(ranges=RANGES, prefixes=st.sets(st.integers(10, 130), max_size=6), number=st.integers(1000, 1400))
def test_ranges_and_prefixes_are_found_as_one_who_reads_them_all_finds_them(
    ranges: list[tuple[int, int, bool]], prefixes: set[int], number: int
) -> None:
    entries = [
        entry(n, kind=BarKind.RANGE, low=low, high=low + more, lifted_at=NOON if lifted else None)
        for n, (low, more, lifted) in enumerate(ranges)
    ] + [entry(100 + prefix, kind=BarKind.PREFIX, low=prefix) for prefix in prefixes]
    expected = any(low <= number <= low + more and not lifted for low, more, lifted in ranges) or any(
        str(number).startswith(str(prefix)) for prefix in prefixes
    )
    assert bool(asked(Bars(entries), f"+{number}")) == expected
    told_late = Bars()
    told_late.take(entries, NOON)
    assert bool(asked(told_late, f"+{number}")) == expected


# on a floor


def ringing(**settings: Any) -> tuple[Floor, list[object]]:
    """A campaign with one call that nobody has answered yet, to lead 1."""
    floor = Floor(campaign(**settings), agents=Agents(1), leads=[lead(1)])
    return floor, floor.ask("start")


def barring_number(number: PhoneNumber) -> list[BarEntry]:
    whole = number.ordinal()
    return [
        entry(1, kind=BarKind.PREFIX, low=whole // 1000),
        entry(1, kind=BarKind.RANGE, low=whole - 5, high=whole + 5),
        entry(1, number_key=lead(1).number_key),
        entry(1, kind=BarKind.CUSTOMER, customer=lead(1).customer),
        entry(1, number_key=lead(1).number_key, campaign="sales"),
        entry(1, number_key=lead(1).number_key, owner="bank"),
    ]


@pytest.mark.parametrize("which", range(6))
def test_an_entry_made_while_the_call_rings_hangs_it_up(which: int) -> None:
    floor, said = ringing(owner="bank")
    (call,) = placed(said)
    told = floor.tell(BarsChanged((barring_number(lead(1).number)[which],)))
    assert [one.leg for one in only(told, HangUp)] == [call_leg(call.call)]
    assert only(floor.tell(BarsChanged((barring_number(lead(1).number)[which],))), HangUp) == [], "once"


def test_an_entry_of_another_scope_lets_the_call_ring() -> None:
    floor, _ = ringing(owner="bank")
    elsewhere = (
        entry(1, number_key=lead(1).number_key, campaign="autumn"),
        entry(2, number_key=lead(1).number_key, owner="shop"),
        entry(3, number_key=lead(1).number_key, until=NOON - 1),
    )
    assert only(floor.tell(BarsChanged(elsewhere)), HangUp) == []


def test_a_list_that_comes_while_the_call_rings_hangs_it_up(tmp_path: Path) -> None:
    floor, said = ringing()
    (call,) = placed(said)
    one = Listed("national", listed(tmp_path, {lead(1).number.ordinal()}))
    assert [each.leg for each in only(floor.tell(ListsChanged((one,))), HangUp)] == [call_leg(call.call)]


def test_nothing_is_dialled_while_a_list_is_not_there(tmp_path: Path) -> None:
    floor = Floor(campaign(), agents=Agents(1), leads=[lead(1)])
    floor.tell(ListsChanged((Listed("national", None),)))
    assert placed(floor.ask("start")) == []
    view = floor.engine.view("sales", floor.now)
    assert view is not None
    assert view.reason_code == "pace.do_not_call_list"
    there = Listed("national", listed(tmp_path, {4420}))
    assert len(placed(floor.tell(ListsChanged((there,))))) == 1


def test_a_barred_lead_never_enters_the_hopper_and_rests_as_long_as_its_bar() -> None:
    floor = Floor(campaign(), agents=Agents(0), leads=[])
    floor.ask("start")
    floor.tell(
        BarsChanged(
            (entry(1, number_key=lead(1).number_key), entry(2, number_key=lead(2).number_key, until=NOON + DAY))
        )
    )
    said = floor.tell(LeadsFetched(campaign=SALES, leads=(lead(1), lead(2)), limit=50))
    assert [(fact.lead, fact.rule) for fact in only(said, DialRefused)] == [(1, "do_not_call"), (2, "do_not_call")]
    assert [(fact.lead, fact.due) for fact in only(said, LeadRested)] == [(1, None), (2, NOON + DAY)]


def test_a_lead_barred_while_it_lies_in_the_hopper_is_not_dialled() -> None:
    floor = Floor(campaign(), agents=Agents(1), leads=[lead(1), lead(2)])
    (call,) = placed(floor.ask("start"))
    other = 3 - call.lead
    floor.tell(BarsChanged((entry(1, number_key=lead(other).number_key),)))
    said = floor.ended(call, Outcome.BUSY) + floor.tick()
    assert placed(said) == []
    assert [fact.lead for fact in only(said, DialRefused)] == [other]

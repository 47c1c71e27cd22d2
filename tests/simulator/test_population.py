"""Customers follow the laws of the checked model, and a number's tail decides its fate."""

import random
from collections import Counter
from statistics import mean

import phonenumbers
import pytest
from pydantic import ValidationError

from simulator.legs import Ending
from simulator.odds import Odds
from simulator.population import Customers, make_leads


def customers(seed: int = 1, **odds: float) -> Customers:
    return Customers(Odds(**odds), random.Random(seed))


@pytest.mark.parametrize(
    ("tail", "ending", "amd"),
    [
        ("01", Ending.ANSWERS, None),
        ("02", Ending.ANSWERS, None),
        ("03", Ending.BUSY, None),
        ("04", Ending.RINGS_OUT, None),
        ("05", Ending.CONGESTED, None),
        ("06", Ending.ANSWERS, "NOTSURE"),
        ("07", Ending.NOT_ASSIGNED, None),
    ],
)
def test_tail_of_the_number_decides(tail: str, ending: Ending, amd: str | None) -> None:
    people = customers(human=0.0)
    fates = [people.fate(f"86138000000{tail}", 0.0) for _ in range(30)]
    assert {fate.ending for fate in fates} == {ending}
    if amd is not None:
        assert {fate.amd for fate in fates} == {amd}


def test_amd_is_mostly_right_about_people_and_machines() -> None:
    people = customers()
    human = Counter(people.fate("8613800000001", 0.0).amd for _ in range(2000))
    machine = Counter(people.fate("8613800000002", 0.0).amd for _ in range(2000))
    assert human["HUMAN"] > 1900
    assert 1700 < machine["MACHINE"] < 1900


def test_shares_and_means_are_those_asked_for() -> None:
    people = customers(human=0.35, machine=0.0)
    fates = [people.fate("8613800000099", 0.0) for _ in range(20_000)]
    humans = [fate for fate in fates if fate.ending is Ending.ANSWERS and fate.amd_s != 2.5]
    assert len(humans) / len(fates) == pytest.approx(0.35, abs=0.012)
    assert mean(fate.setup_s for fate in humans) == pytest.approx(2.0, rel=0.05)
    assert 8.0 < mean(fate.ring_s for fate in humans) < 9.2
    assert max(fate.ring_s for fate in humans) <= 25.0
    assert mean(fate.talk_s or 0 for fate in humans) == pytest.approx(0.6 * 12 + 0.4 * 120, rel=0.08)


def test_season_changes_the_share_of_people_and_their_talk() -> None:
    calm = Customers(Odds(), random.Random(1), lambda now: (0.1, 1.0) if now < 100 else (0.6, 3.0))
    before = [calm.fate("8613800000099", 0.0) for _ in range(4000)]
    after = [calm.fate("8613800000099", 100.0) for _ in range(4000)]
    assert sum(f.ending is Ending.ANSWERS for f in before) < sum(f.ending is Ending.ANSWERS for f in after) / 2
    assert sum(f.ending is Ending.BUSY for f in before) > sum(f.ending is Ending.BUSY for f in after)


def test_odds_that_add_up_to_more_than_all_are_refused() -> None:
    with pytest.raises(ValidationError, match="more than 1"):
        Odds(human=0.9, machine=0.2)


def test_leads_are_distinct_valid_and_the_same_for_a_seed() -> None:
    leads = list(make_leads(3000, 7, "sales"))
    numbers = [lead.number.for_exchange("{e164}") for lead in leads]
    assert len(set(numbers)) == 3000
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers[:300])
    assert numbers == [lead.number.for_exchange("{e164}") for lead in make_leads(3000, 7, "sales")]
    assert numbers != [lead.number.for_exchange("{e164}") for lead in make_leads(3000, 8, "sales")]
    assert [lead.id for lead in leads] == list(range(1, 3001))


def test_leads_have_no_fixed_fate_unless_asked() -> None:
    tails = {lead.number.for_exchange("{digits}")[-2:] for lead in make_leads(5000, 1, "a")}
    assert not tails & {"01", "02", "03", "04", "05", "06", "07"}
    assert "03" in {lead.number.for_exchange("{digits}")[-2:] for lead in make_leads(5000, 1, "a", tails=True)}

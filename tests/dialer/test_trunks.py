"""Trunks: which one carries the call, how many they take, and when one counts as ill."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.trunks import Health, Trunk, TrunkBoard
from telephony.ids import TrunkId
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome

from .floor import NOON, PBX, trunk

NUMBER = PhoneNumber("+8613800000001")


def board(*settings) -> TrunkBoard:
    return TrunkBoard(settings)


def ill(one: Trunk, outcomes: int = 20) -> list[str]:
    changes = []
    for _ in range(outcomes):
        one.take(NOON)
        changed = one.ended(Outcome.CONGESTION)
        changes += [changed.state] if changed else []
    return changes


def test_lowest_priority_number_is_tried_first_and_the_next_when_it_is_full() -> None:
    trunks = board(trunk("spare", priority=2), trunk("first", channels=1))
    chosen = trunks.of([])
    one = trunks.choose(chosen, PBX, NUMBER, NOON)
    assert one is not None
    assert one.id == "first"
    one.take(NOON)
    other = trunks.choose(chosen, PBX, NUMBER, NOON)
    assert other is not None
    assert other.id == "spare"


def test_trunk_of_another_pbx_is_not_chosen() -> None:
    trunks = board(trunk("far", asterisk="pbx2"))
    assert trunks.choose(trunks.of([]), PBX, NUMBER, NOON) is None
    assert trunks.room(trunks.of([]), PBX, NOON) == 0


@settings(deadline=None)
@given(cps=st.floats(0.2, 20), waits=st.lists(st.floats(0, 0.7), min_size=1, max_size=80))
def test_no_second_ever_sees_more_calls_than_the_trunk_allows(cps: float, waits: list[float]) -> None:
    one, now, left = Trunk(trunk(cps=cps)), NOON, []
    for wait in waits:
        now += wait
        while one.room(now):
            one.take(now)
            left.append(now)
    most, per = max(1, int(cps)), max(1, int(cps)) / cps
    for i in range(most, len(left)):
        assert left[i] - left[i - most] >= per * 0.999999


def test_caller_ids_are_used_in_turn() -> None:
    one = Trunk(trunk(caller_ids=["10", "20"]))
    assert [one.caller_id() for _ in range(3)] == ["10", "20", "10"]
    assert Trunk(trunk()).caller_id() == ""


def test_fraud_guard_lets_only_the_allowed_prefixes_out() -> None:
    one = Trunk(trunk(allowed_prefixes=["+86", "+852"]))
    assert one.allows(NUMBER)
    assert not one.allows(PhoneNumber("+4930123456"))


def test_trunk_whose_network_keeps_failing_goes_down_once_and_others_carry_on() -> None:
    trunks = board(trunk("bad"), trunk("good", priority=2))
    bad = trunks.get(TrunkId("bad"))
    assert bad is not None
    assert ill(bad) == ["down"]
    chosen = trunks.of([])
    one = trunks.choose(chosen, PBX, NUMBER, NOON + 1.0)
    assert one is not None
    assert one.id == "good"


def test_trunk_that_is_down_is_probed_with_one_call_every_two_seconds() -> None:
    one = Trunk(trunk())
    ill(one)
    assert one.room(NOON + 1.9) == 0
    assert one.room(NOON + 2.0) == 1
    one.take(NOON + 2.0)
    assert one.room(NOON + 3.9) == 0


def test_trunk_that_works_again_is_healthy_after_some_good_calls() -> None:
    one = Trunk(trunk())
    ill(one)
    seen = []
    for _ in range(20):
        one.take(NOON)
        changed = one.ended(Outcome.NO_ANSWER)
        seen += [changed.state] if changed else []
    assert seen == ["probing", "healthy"]
    assert one.health is Health.HEALTHY


def test_busy_customers_and_our_own_doing_do_not_make_a_trunk_ill() -> None:
    one = Trunk(trunk())
    for outcome in (Outcome.BUSY, Outcome.NO_ANSWER, Outcome.CANCELLED, Outcome.UNKNOWN) * 20:
        one.take(NOON)
        assert one.ended(outcome) is None
    assert one.busy == 0


def test_pbx_that_refuses_every_call_is_not_fed_the_whole_list() -> None:
    one = Trunk(trunk())
    for _ in range(20):
        one.take(NOON)
        one.ended(Outcome.REFUSED, withdrawn=True)
    assert one.health is Health.HEALTHY
    for _ in range(20):
        one.take(NOON)
        one.ended(Outcome.REFUSED)
    assert one.health is Health.DOWN
    assert one.room(NOON + 1) == 0

"""When customers run out: the forecast against plain sums, its pauses, and the alarm that does not flutter."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.stock import LEAST_S, Sample, alarmed, consumption, hours_left, outlook, recent

NOON = 1_780_030_800.0
HOUR = 3600.0


def minutes(*left: int, begin: float = NOON, **changes: object) -> list[Sample]:
    return [Sample(at=begin + 60 * n, ready=number, **changes) for n, number in enumerate(left)]


def test_what_goes_in_an_hour_is_what_went_in_the_minutes_seen() -> None:
    assert consumption(minutes(1000, 990, 980, 970, 960, 950)) == 600


def test_a_few_minutes_say_nothing_yet() -> None:
    assert consumption(minutes(1000, 900)) is None
    assert consumption([]) is None
    assert consumption(minutes(*[1000] * (int(LEAST_S / 60) + 1))) == 0


def test_customers_who_come_due_meanwhile_are_no_fewer_calls() -> None:
    assert consumption(minutes(1000, 1000, 1000, 1000, 1000, 1000, soon=10)) == 600


def test_those_who_come_due_later_do_not_help_before() -> None:
    samples, now = minutes(1650, 1640, 1630, 1620, 1610, 1600), NOON + 300
    hours = [(NOON, NOON + 10 * HOUR)]
    late = outlook(samples, [(now + 3 * HOUR, 500)], hours, now)
    assert (late.left, late.dry_at) == (2100, now + 1600 / 600 * HOUR)
    in_time = outlook(samples, [(now + 2 * HOUR, 500)], hours, now)
    assert in_time.dry_at == now + 2100 / 600 * HOUR
    assert outlook(samples, [(now + 11 * HOUR, 500)], hours, now).left == 1600


def test_a_list_that_came_in_is_no_negative_consumption() -> None:
    before = minutes(100, 90, 80, 70, 60, 50)
    after = minutes(5000, 4990, 4980, begin=NOON + 360, mark=1)
    assert consumption([*before, *after]) == 600


def test_a_pause_does_not_make_customers_last_longer() -> None:
    paused = minutes(50, 50, 50, begin=NOON + 360, dialling=False)
    assert consumption([*minutes(100, 90, 80, 70, 60, 50), *paused]) == 600


def test_the_last_hour_is_looked_at() -> None:
    samples = minutes(*range(10_000, 0, -100))
    assert min(sample.at for sample in recent(samples, samples[-1].at)) == samples[-1].at - HOUR


def test_a_group_runs_dry_at_twenty_to_four() -> None:
    samples = minutes(1650, 1640, 1630, 1620, 1610, 1600)
    seen = outlook(samples, [], [(NOON, NOON + 5 * HOUR)], NOON + 300)
    assert (seen.left, seen.per_hour, seen.dry_at) == (1600, 600, NOON + 300 + 1600 / 600 * HOUR)


def test_a_lunch_break_comes_on_top() -> None:
    samples = minutes(1650, 1640, 1630, 1620, 1610, 1600)
    now = NOON + 300
    seen = outlook(samples, [], [(NOON, now + HOUR), (now + 2 * HOUR, now + 5 * HOUR)], now)
    assert seen.dry_at == now + HOUR + 1600 / 600 * HOUR


def test_what_lasts_through_today_does_not_run_dry() -> None:
    samples = minutes(1650, 1640, 1630, 1620, 1610, 1600)
    assert outlook(samples, [], [(NOON, NOON + 2 * HOUR)], NOON + 300).dry_at is None
    assert outlook(samples, [], [], NOON + 300).dry_at is None


def test_nobody_left_is_dry_now_or_when_calling_begins() -> None:
    now = NOON + 300
    assert outlook(minutes(50, 40, 30, 20, 10, 0), [], [(NOON, NOON + HOUR)], now).dry_at == now
    assert outlook(minutes(0), [], [(now + 60, now + HOUR)], now).dry_at == now + 60


def test_an_alarm_is_raised_within_the_horizon_and_cleared_well_beyond_it() -> None:
    horizon = HOUR
    assert not alarmed(False, NOON + 3601, NOON, horizon)
    assert alarmed(False, NOON + 3600, NOON, horizon)
    assert alarmed(True, NOON + 5400, NOON, horizon)
    assert not alarmed(True, NOON + 5401, NOON, horizon)
    assert not alarmed(True, None, NOON, horizon)


def test_calling_hours_are_read_by_the_minute_until_midnight() -> None:
    def opens(at: float) -> float:
        return 0.0 if NOON + 600 <= at < NOON + 1200 or at >= NOON + 1800 else NOON + 600

    assert hours_left(opens, NOON, NOON + 3000) == [(NOON + 600, NOON + 1200), (NOON + 1800, NOON + 3000)]
    assert hours_left(opens, NOON + 3000, NOON + 3000) == []


@given(
    ready=st.integers(1, 3000),
    gone=st.integers(1, 50),
    coming=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 400)), max_size=6),
    spans=st.lists(st.tuples(st.integers(0, 120), st.integers(1, 120)), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_dry_at_is_where_a_slow_count_second_by_second_comes_to_nothing(
    ready: int, gone: int, coming: list[tuple[int, int]], spans: list[tuple[int, int]]
) -> None:
    """Against a count that goes on one second at a time: pauses and arrivals in whole minutes."""
    samples = minutes(*[ready + gone * (5 - n) for n in range(6)])
    now = NOON + 300
    hours, at = [], now
    for pause, length in spans:
        hours.append((at + 60 * pause, at + 60 * (pause + length)))
        at = hours[-1][1]
    arrivals = sorted((now + 60.0 * minute, count) for minute, count in coming)
    left, expected = float(ready), None
    for second in range(int(at - now)):
        left += sum(count for due, count in arrivals if due == now + second)
        if any(begin <= now + second < end for begin, end in hours):
            if left <= gone / 60 + 1e-9:
                expected = now + second
                break
            left -= gone / 60
    seen = outlook(samples, arrivals, hours, now)
    if expected is None or seen.dry_at is None:
        assert seen.dry_at == expected or (seen.dry_at or expected or 0) >= at - 2
    else:
        assert abs(seen.dry_at - expected) <= 2.0

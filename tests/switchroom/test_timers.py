"""Timers move when set again, fire once, and come out in the order in which they are due."""

from hypothesis import given
from hypothesis import strategies as st

from switchroom.timers import Timers
from telephony.commands import TimerKey

KEYS: list[TimerKey] = [("wrap_up", "1001"), ("wrap_up", "1002"), ("tick", "spring"), ("seat", "1001")]


def fired(timers: Timers, now: float) -> list[TimerKey]:
    out = []
    while (key := timers.due(now)) is not None:
        out.append(key)
    return out


def test_a_timer_fires_when_it_is_due_and_once() -> None:
    timers = Timers()
    timers.set(("wrap_up", "1001"), 10.0)
    assert fired(timers, 9.999) == []
    assert fired(timers, 10.0) == [("wrap_up", "1001")]
    assert fired(timers, 99.0) == []
    assert timers.next_at() is None


def test_setting_a_key_again_moves_its_timer_both_ways() -> None:
    timers = Timers()
    timers.set(("tick", "spring"), 10.0)
    timers.set(("tick", "spring"), 20.0)
    assert fired(timers, 15.0) == []
    timers.set(("tick", "spring"), 16.0)
    assert timers.next_at() == 16.0
    assert fired(timers, 30.0) == [("tick", "spring")]


def test_a_cancelled_timer_is_silent_and_cancelling_twice_is_harmless() -> None:
    timers = Timers()
    timers.set(("tick", "spring"), 10.0)
    timers.cancel(("tick", "spring"))
    timers.cancel(("tick", "spring"))
    assert timers.next_at() is None
    assert fired(timers, 30.0) == []


def test_timers_due_at_one_instant_fire_in_the_order_they_were_set() -> None:
    timers = Timers()
    for key in KEYS:
        timers.set(key, 5.0)
    assert fired(timers, 5.0) == KEYS


@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS), st.one_of(st.none(), st.floats(0, 100))),
        max_size=60,
    )
)
def test_whatever_is_set_and_cancelled_each_living_key_fires_once_in_order_of_time(
    steps: list[tuple[TimerKey, float | None]],
) -> None:
    timers, model = Timers(), dict[TimerKey, float]()
    for key, at in steps:
        if at is None:
            timers.cancel(key)
            model.pop(key, None)
        else:
            timers.set(key, at)
            model[key] = at
    assert len(timers) == len(model)
    assert timers.next_at() == (min(model.values()) if model else None)
    out = fired(timers, 100.0)
    assert sorted(out) == sorted(model)
    assert [model[key] for key in out] == sorted(model.values())

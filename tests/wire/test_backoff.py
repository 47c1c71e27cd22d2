"""How long the link waits between its tries."""

from random import Random

from telephony.ami.backoff import Backoff, Delays


def test_waits_double_up_to_half_a_minute_and_begin_afresh() -> None:
    backoff = Backoff(Delays().first_retry, Delays().longest_retry, Random(7))
    waits = [backoff.next() for _ in range(12)]
    for wait, least in zip(waits, [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30], strict=True):
        assert least <= wait <= least * 1.25
    backoff.reset()
    assert backoff.next() <= 0.5 * 1.25


def test_wrong_password_is_tried_again_after_five_seconds_at_least_and_a_minute_at_most() -> None:
    backoff = Backoff(Delays().first_auth_retry, Delays().longest_auth_retry, Random(7))
    waits = [backoff.next() for _ in range(200)]
    assert min(waits) >= 5
    assert waits[0] < 10 < waits[2] < waits[4]
    assert max(waits) <= 75


def test_two_links_do_not_come_back_in_step() -> None:
    a, b = (Backoff(0.5, 30, Random(seed)) for seed in (1, 2))
    assert [a.next() for _ in range(5)] != [b.next() for _ in range(5)]

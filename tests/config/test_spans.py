"""Spans of time as settings write them."""

import pytest

from config.spans import DAY_S, span


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1 month", (1, 0, 0.0)),
        ("3 months", (3, 0, 0.0)),
        ("2 years", (24, 0, 0.0)),
        ("7 days", (0, 7, 0.0)),
        ("2 weeks", (0, 14, 0.0)),
        ("24 hours", (0, 0, DAY_S)),
        ("90 minutes", (0, 0, 5400.0)),
        ("0 days", (0, 0, 0.0)),
    ],
)
def test_span_is_months_days_or_a_length(text: str, amount: tuple[int, int, float]) -> None:
    found = span(text)
    assert (found.months, found.days, found.seconds) == amount
    assert bool(found) == (amount != (0, 0, 0.0))


@pytest.mark.parametrize("text", ["", "month", "1", "1month", "-1 day", "1.5 days", "1 fortnight", "1 day ", "一个月"])
def test_text_that_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a span"):
        span(text)


def test_longest_length_of_a_span_covers_long_months_and_the_hour_clocks_are_turned_back() -> None:
    assert span("3 months").shortest_s < 89 * DAY_S
    assert span("3 months").longest_s > 92 * DAY_S
    assert span("1 day").longest_s > 25 * 3600.0
    assert span("24 hours").longest_s == DAY_S

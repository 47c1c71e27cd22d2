"""Ten months, by the calendar: never longer, month ends and leap days included."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from switchroom.recovery import months_later, next_midnight, recovered_before

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("out", "back"),
    [
        ("2026-01-15", "2026-11-15"),
        ("2026-01-31", "2026-11-30"),
        ("2026-04-30", "2027-02-28"),
        ("2027-04-29", "2028-02-29"),
        ("2027-04-30", "2028-02-29"),
        ("2028-02-29", "2028-12-29"),
        ("2026-12-31", "2027-10-31"),
    ],
)
def test_what_is_handed_out_is_back_after_ten_months_to_the_day(out: str, back: str) -> None:
    day = date.fromisoformat(back)
    assert months_later(date.fromisoformat(out), 10) == day
    noon_out = datetime.fromisoformat(f"{out} 18:00").replace(tzinfo=SHANGHAI).timestamp()
    on_the_day = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp()
    assert noon_out < recovered_before(on_the_day, 10, "Asia/Shanghai")
    assert noon_out >= recovered_before(on_the_day - 1, 10, "Asia/Shanghai")


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_every_day_of_five_years_takes_back_exactly_what_is_over(zone: str) -> None:
    place = ZoneInfo(zone)
    day = date(2026, 1, 1)
    while day < date(2031, 1, 1):
        before = datetime.fromtimestamp(
            recovered_before(datetime(day.year, day.month, day.day, 12, tzinfo=place).timestamp(), 10, zone), place
        ).date()
        assert months_later(before - timedelta(days=1), 10) <= day < months_later(before, 10)
        day += timedelta(days=1)


def test_a_day_begins_at_the_site_s_midnight_also_when_clocks_change() -> None:
    noon = datetime(2026, 3, 7, 12, tzinfo=ZoneInfo("America/New_York")).timestamp()
    first = next_midnight(noon, "America/New_York")
    assert next_midnight(first, "America/New_York") - first == 23 * 3600

"""When customers handed out must be back: calendar months in the site's time zone, the last day of shorter months."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def months_later(day: date, months: int) -> date:
    """The same day so many months on; the month's last when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def recovered_before(now: float, months: int, zone: str) -> float:
    """The instant (epoch seconds): whatever was handed out before it has been out for its months by the end of today.

    Taken back on the day the months are over and not after, so that nothing is out longer."""
    place = ZoneInfo(zone)
    today = datetime.fromtimestamp(now, place).date()
    day = months_later(today, -months) - timedelta(days=1)
    while months_later(day + timedelta(days=1), months) <= today:
        day += timedelta(days=1)
    first_kept = day + timedelta(days=1)
    return datetime(first_kept.year, first_kept.month, first_kept.day, tzinfo=place).timestamp()


def next_midnight(now: float, zone: str) -> float:
    """The instant the site's next day begins."""
    place = ZoneInfo(zone)
    day = datetime.fromtimestamp(now, place).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=place).timestamp()

"""The clock on the wall of the called party: zones by name, spans of the calendar, days, weeks, months and years.

Where clocks are changed a local time may be read twice or not at all; of two readings the one later is taken for the end
of a rest, so that nobody is called early.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.spans import DAY_S, Span


@lru_cache(maxsize=4096)
def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that IANA name, None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=4096)
def zones_named(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    """The zones of these names; UTC when none is known."""
    found = tuple(zone for name in names if (zone := zone_named(name)) is not None)
    return found or (ZoneInfo("UTC"),)


def readings(day: date, minutes: int, zone: ZoneInfo) -> tuple[float, float]:
    """Both readings of a local time, the earlier and the later; the same but where clocks are changed."""
    local = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
    first, second = (local.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return (first, second) if first <= second else (second, first)


def after(at: float, span: Span, zone: ZoneInfo) -> float:
    """The instant a span after `at`: the same time on the wall so many days or months on, the last day of a month that
    is too short; of two readings the later."""
    months, days = span.months, span.days
    if not (months or days):
        return at + span.seconds
    wall = datetime.fromtimestamp(at, zone)
    step = _step(zone, months, days, wall.toordinal())
    if step is not None:
        return at + step
    target = datetime.combine(_moved(wall.date(), months, days), wall.time())
    later = max(target.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return at + (later - wall.timestamp())


def period_of(day: date, unit: str) -> date:
    """The first day of the day, week (from Monday), month or year that `day` is in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def next_period(first: date, unit: str) -> date:
    """The first day of the period after the one that begins on `first`."""
    if unit in ("day", "week"):
        return first + timedelta(days=7 if unit == "week" else 1)
    return _moved(first, 12 if unit == "year" else 1, 0)


def begins(day: date, zone: ZoneInfo) -> float:
    """The first instant of a local day."""
    early, late = readings(day, 0, zone)
    return early if datetime.fromtimestamp(early, zone).date() >= day else late


def local_day(at: float, zone: ZoneInfo) -> date:
    """The date on the wall at an instant."""
    return datetime.fromtimestamp(at, zone).date()


def _moved(day: date, months: int, days: int) -> date:
    if months:
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        day = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return day + timedelta(days=days)


@lru_cache(maxsize=1 << 16)
def _step(zone: ZoneInfo, months: int, days: int, ordinal: int) -> float | None:
    """Seconds from any instant of a day to the same time on the wall, None when clocks are changed on either day."""
    day = date.fromordinal(ordinal)
    target = _moved(day, months, days)
    here, there = _offset(day, zone), _offset(target, zone)
    if here is None or there is None:
        return None
    return (target - day).days * DAY_S + here - there


def _offset(day: date, zone: ZoneInfo) -> float | None:
    """Seconds the clocks are ahead of UTC all that day, None when they are changed on it."""
    edges = [datetime(one.year, one.month, one.day, tzinfo=zone) for one in (day, day + timedelta(days=1))]
    found = {edge.replace(fold=fold).utcoffset() for edge in edges for fold in (0, 1)}
    offset = found.pop()
    return None if found or offset is None else offset.total_seconds()

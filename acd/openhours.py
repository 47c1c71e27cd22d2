"""Whether a queue is open: weekday windows in the site's zone, and what its holiday calendar says of the day."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from config.calendars import DayKind, DayKinds
from config.callers import HoursSettings, OpenWindow
from config.model import CalendarSettings

FRIDAY = 5


class OpenHours:
    """The hours of all queues; asked at an instant (epoch seconds)."""

    def __init__(self, calendars: Mapping[str, CalendarSettings], zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._days = {name: DayKinds(settings) for name, settings in calendars.items()}

    def open(self, hours: HoursSettings, now: float) -> bool:
        """Whether callers are taken now. A weekend day worked by order is as a Friday."""
        local = datetime.fromtimestamp(now, self._zone)
        days = self._days.get(hours.holidays)
        kind = days.of(local.date()) if days is not None else DayKind.PLAIN
        if kind is DayKind.HOLIDAY:
            return _within(hours.holiday_open, local.isoweekday(), f"{local:%H:%M}")
        if not hours.open:
            return True
        weekday = local.isoweekday()
        if kind is DayKind.WORKING and weekday > FRIDAY:
            weekday = FRIDAY
        return _within(hours.open, weekday, f"{local:%H:%M}")


def _within(windows: list[OpenWindow], weekday: int, clock: str) -> bool:
    return any(weekday in window.days and window.begin <= clock < window.end for window in windows)

"""What kind of day it is: a public holiday of a country, a weekend day worked instead of one, or a day of the house's own."""

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from config.model import CalendarSettings

if TYPE_CHECKING:
    from holidays import HolidayBase


class DayKind(StrEnum):
    PLAIN = "plain"
    HOLIDAY = "holiday"
    WORKING = "working"
    """A working day by order: a weekend day on it has the windows of a Friday."""


class DayKinds:
    """One calendar. Days its settings list are as they say; else the country's are taken, where it knows of them."""

    def __init__(self, settings: CalendarSettings) -> None:
        self._own = {day.date: DayKind(day.kind) for day in settings.day}
        self._public = _public(settings) if settings.country else None

    def of(self, day: date) -> DayKind:
        own = self._own.get(day)
        if own is not None:
            return own
        public = self._public
        if public is None:
            return DayKind.PLAIN
        if day in public:
            return DayKind.HOLIDAY
        return DayKind.WORKING if day in public.weekend_workdays else DayKind.PLAIN


def _public(settings: CalendarSettings) -> "HolidayBase":
    import holidays

    return holidays.country_holidays(settings.country, subdiv=settings.subdivision or None)

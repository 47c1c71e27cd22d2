"""How often a customer may be called: one frequency rule, asked from when it allows a call (S0 一.3 and its like).

Every zone the called party may be in is asked and the strictest answer taken, since months and days begin and clocks
change at other instants there. A call under way counts as one that will be answered and connected.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from config.model import FrequencyRule
from config.spans import Span, span
from dialer.gate.calls import REFUSED
from dialer.recycle import ABANDONED
from dialer.walltime import after, begins, local_day, next_period, period_of
from telephony.ids import CampaignId
from telephony.leads import Contact
from telephony.outcomes import Outcome

UTC = (ZoneInfo("UTC"),)


class Frequency:
    """A rule made ready: `calls` within a span, then a rest after the one that filled it."""

    def __init__(self, rule: FrequencyRule, campaign: CampaignId) -> None:
        self._calls = rule.calls
        self._within: Span = span(rule.within)
        self._rest: Span = span(rule.rest)
        self._on_calendar = rule.window == "calendar"
        self._number_only = rule.per == "number"
        self._campaign = campaign if rule.scope == "campaign" else None
        self._reached = rule.counts
        self._uncounted = frozenset(rule.uncounted) | {REFUSED}
        self.plain = (rule.per, rule.scope, rule.counts, rule.uncounted) == ("customer", "everywhere", "placed", [])
        self._everywhere_the_same = not (self._on_calendar or self._within.days or self._within.months) and not (
            self._rest.days or self._rest.months
        )
        self.looks_back_s = self._within.longest_s + self._rest.longest_s

    def until(self, placed: Sequence[Contact], number_key: int, zones: tuple[ZoneInfo, ...], at: float) -> float:
        """The instant from which the rule allows a call, asked at `at`; 0.0 when it does. `placed` oldest first."""
        if len(placed) < self._calls:
            return 0.0
        return self.rests([one.at for one in placed if self._counts(one, number_key)], zones, at)

    def rests(self, times: list[float], zones: tuple[ZoneInfo, ...], at: float) -> float:
        """As ``until``, of the instants of the calls that count, earliest first; a `plain` rule counts all that left."""
        if len(times) < self._calls:
            return 0.0
        since = at - self.looks_back_s
        if times[0] <= since:
            times = [time for time in times if time > since]
            if len(times) < self._calls:
                return 0.0
        ask = self._calendar if self._on_calendar else self._sliding
        until = 0.0
        for zone in UTC if self._everywhere_the_same else zones:
            until = max(until, ask(times, zone, at))
        return until if until > at else 0.0

    def _counts(self, call: Contact, number_key: int) -> bool:
        """Whether a call counts: an attempt that certainly never left counts under no rule."""
        if self._number_only and call.number_key != number_key:
            return False
        if self._campaign is not None and call.campaign != self._campaign:
            return False
        if not call.outcome:
            return True
        if call.outcome in self._uncounted or (self._reached == "connected" and not call.connected):
            return False
        if self._reached == "answered" and not call.answered:
            return False
        in_vain = call.outcome == Outcome.ANSWERED and not call.connected
        return not (in_vain and ABANDONED in self._uncounted)

    def _sliding(self, times: list[float], zone: ZoneInfo, at: float) -> float:
        """Counted just before `at`, and just before each call whose rest may still last; calendars are asked only about
        calls that may be in or out by the length of a month."""
        most, within, rest = self._calls, self._within, self._rest
        surely, hardly = at - within.shortest_s, at - within.longest_s
        until, inside = 0.0, 0
        for time in reversed(times):
            if time <= hardly:
                break
            inside += time > surely or at < after(time, within, zone)
        if inside >= most:
            until = sorted(after(time, within, zone) for time in times if time > hardly)[-most]
        if not rest:
            return until
        for last in range(len(times) - 1, most - 2, -1):
            time = times[last]
            if time + rest.longest_s <= (at if at > until else until):
                break
            count = 1
            surely, hardly = time - within.shortest_s, time - within.longest_s
            for earlier in range(last - 1, -1, -1):
                if count >= most or times[earlier] <= hardly:
                    break
                count += times[earlier] > surely or time < after(times[earlier], within, zone)
            if count >= most:
                until = max(until, after(time, rest, zone))
        return until

    def _calendar(self, times: list[float], zone: ZoneInfo, at: float) -> float:
        unit = self._within.unit
        until, count = 0.0, dict[object, int]()
        for time in times:
            period = period_of(local_day(time, zone), unit)
            count[period] = count.get(period, 0) + 1
            if count[period] >= self._calls and self._rest:
                until = max(until, after(time, self._rest, zone))
        here = period_of(local_day(at, zone), unit)
        if count.get(here, 0) >= self._calls:
            until = max(until, begins(next_period(here, unit), zone))
        return until

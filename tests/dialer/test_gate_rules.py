"""What counts under a frequency rule, whose calls, since when; holidays, consent, and calls the gate placed itself."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.model import CalendarDay, CalendarSettings, CallingWindow, FrequencyRule
from dialer.gate import Callee, GateRules, GateState, Rule, look_back_s, may_dial
from dialer.gate.calls import Calls
from telephony.facts import CallAnswered, DialRefused
from telephony.ids import CallId, CampaignId, CustomerId
from telephony.leads import OpenCall, Restored
from telephony.numbers import PhoneNumber
from telephony.outcomes import Outcome

from .floor import ALWAYS, NOON, PBX, SALES, Agents, Floor, campaign, contact, lead, only, placed
from .test_donotcall_bars import entry

DAY = 86_400.0
WEEKDAYS = [CallingWindow(days=[1, 2, 3, 4, 5], begin="09:00", end="18:00")]


def shanghai(*parts: int) -> float:
    return datetime(*parts, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()


def weekly(**changes) -> FrequencyRule:
    return FrequencyRule.model_validate({"calls": 1, "within": "7 days", "rest": "0 days", **changes})


def asked(rule: FrequencyRule, *calls, now: float = NOON, state: GateState | None = None):
    rules = GateRules(campaign(frequency=[rule]), SALES)
    return may_dial(lead(1, placed=calls), rules, state or GateState(), now)


@pytest.mark.parametrize(
    ("changes", "call", "counts"),
    [
        ({}, {}, True),
        ({}, {"outcome": "refused"}, False),
        ({"uncounted": ["busy"]}, {"outcome": "busy"}, False),
        ({"uncounted": ["busy"]}, {}, True),
        ({"uncounted": ["abandoned"]}, {"outcome": "answered", "answered": True}, False),
        ({"uncounted": ["abandoned"]}, {"outcome": "answered", "answered": True, "connected": True}, True),
        ({"counts": "answered"}, {}, False),
        ({"counts": "answered"}, {"outcome": "answered", "answered": True}, True),
        ({"counts": "connected"}, {"outcome": "answered", "answered": True}, False),
        ({"counts": "connected"}, {"outcome": "answered", "answered": True, "connected": True}, True),
        ({"counts": "connected"}, {"outcome": ""}, True),
        ({"per": "number"}, {"number_key": 7}, False),
        ({"per": "number"}, {"customer": CustomerId("other")}, True),
        ({"per": "customer"}, {"number_key": 7}, True),
        ({"per": "customer"}, {"customer": CustomerId("other")}, True),
        ({"scope": "campaign"}, {"campaign": CampaignId("autumn")}, False),
        ({"scope": "campaign"}, {}, True),
        ({"scope": "everywhere"}, {"campaign": CampaignId("autumn")}, True),
    ],
)
def test_a_rule_says_which_calls_count(changes, call, counts: bool) -> None:
    assert asked(weekly(**changes), contact(NOON - DAY, **call)).passed != counts


def test_seven_calls_in_seven_days_and_seven_days_rest_after_a_conversation_hold_together() -> None:
    rules = GateRules(
        campaign(frequency=[weekly(calls=7), weekly(rest="7 days", counts="connected", scope="campaign")]), SALES
    )
    calls = [contact(NOON - n * DAY / 2) for n in range(7, 1, -1)]
    assert may_dial(lead(1, placed=calls), rules, GateState(), NOON).passed
    seventh = [*calls, contact(NOON - 60)]
    assert may_dial(lead(1, placed=seventh), rules, GateState(), NOON).until == calls[0].at + 7 * DAY
    talked = [*calls, contact(NOON - 60, outcome="answered", answered=True, connected=True)]
    assert may_dial(lead(1, placed=talked), rules, GateState(), NOON).until == NOON - 60 + 7 * DAY


def test_calendar_month_ends_where_the_customer_is() -> None:
    rule = FrequencyRule(calls=2, within="1 month", rest="0 days", window="calendar")
    calls = [contact(shanghai(2026, 5, 1, 0, 30)), contact(shanghai(2026, 5, 30, 9))]
    assert asked(rule, *calls, now=shanghai(2026, 5, 31, 23)).until == shanghai(2026, 6, 1)
    calls[0] = contact(shanghai(2026, 4, 30, 23, 30))
    assert asked(rule, *calls, now=shanghai(2026, 5, 31, 23)).passed


def test_months_end_with_the_shorter_one() -> None:
    rule = FrequencyRule(calls=1, within="1 month", rest="0 days")
    assert asked(rule, contact(shanghai(2028, 1, 31, 10)), now=shanghai(2028, 2, 20)).until == shanghai(2028, 2, 29, 10)
    assert asked(rule, contact(shanghai(2027, 1, 31, 10)), now=shanghai(2027, 2, 20)).until == shanghai(2027, 2, 28, 10)


def test_frequency_over_at_night_waits_for_the_morning() -> None:
    rules = GateRules(campaign(frequency=[weekly()], windows=WEEKDAYS), SALES)
    found = may_dial(lead(1, placed=[contact(shanghai(2026, 5, 22, 17, 59))]), rules, GateState(), NOON)
    assert (found.rule, found.until) == (Rule.FREQUENCY, shanghai(2026, 5, 29, 17, 59))
    found = may_dial(lead(1, placed=[contact(shanghai(2026, 5, 22, 18, 1))]), rules, GateState(), NOON)
    assert (found.rule, found.until) == (Rule.FREQUENCY, shanghai(2026, 6, 1, 9))


def test_call_in_progress_counts_as_one_that_will_be_connected_until_it_ends_otherwise() -> None:
    rule, state = weekly(counts="connected"), GateState()
    call = contact(NOON - 60, number_key=7, outcome="")
    state.reserve(call)
    found = asked(rule, state=state)
    assert (found.rule, found.until) == (Rule.IN_CALL, NOON - 60 + 7 * DAY)
    state.answered(call.call)
    state.ended(call.call, call.customer, call.number_key, "answered")
    assert asked(rule, state=state).passed
    assert not asked(weekly(counts="answered"), state=state).passed


def test_what_the_gate_heard_of_its_own_call_is_newer_than_what_the_store_told() -> None:
    state, told = GateState(), contact(NOON - 60, outcome="")
    state.reserve(told)
    state.ended(told.call, told.customer, told.number_key, "busy")
    assert asked(weekly(counts="answered"), told, state=state).passed
    assert not asked(weekly(counts="answered"), told).passed


def test_a_call_vetoed_before_it_left_counts_under_no_rule() -> None:
    state, call = GateState(), contact(NOON, outcome="")
    state.reserve(call)
    state.withdraw(call.call, call.customer, call.number_key)
    assert asked(weekly(), state=state).passed


def test_pages_of_calls_are_forgotten_in_turn_but_none_under_way() -> None:
    book = Calls()
    book.enter(contact(NOON, call=CallId("c-long"), outcome=""))
    book.enter(contact(NOON + 1, call=CallId("c-short"), outcome=""))
    book.ended(CallId("c-short"), "busy")
    for _ in range(3):
        book.turn()
        assert book.knows(10_001, CustomerId("k1"))
    book.reached(CallId("c-long"), connected=True)
    book.ended(CallId("c-long"), "answered")
    found = book.together((), 10_001, CustomerId("k1"))
    assert [(one.at, one.connected, one.outcome) for one in found] == [(NOON, True, "answered")]
    book.turn()
    book.turn()
    assert not book.knows(10_001, CustomerId("k1"))


def test_calls_found_at_the_start_count_and_their_ends_are_heard() -> None:
    floor = Floor(campaign(frequency=[weekly(counts="connected")]), agents=Agents(1), leads=[lead(1)])
    call = OpenCall(
        call=CallId("c-old"),
        campaign=SALES,
        lead=lead(1).id,
        customer=CustomerId("k1"),
        trunk="carrier",
        server=PBX,
        caller_id="",
        mode="progressive",
        placed_at=NOON - 30,
        answered_at=None,
        connected_at=None,
        agent=None,
        recording=False,
        number_key=10_001,
    )
    floor.tell(Restored(calls=(call,)))
    assert [one.rule for one in only(floor.ask("start"), DialRefused)] == ["in_call"]
    floor.tell(CallAnswered(call=call.call, campaign=SALES, server=PBX))
    floor.connected(call.call)
    gone = floor.engine._outgoing.books.flights[call.call]
    floor.ended(gone, Outcome.ANSWERED, agent="1001", talk_s=20.0)
    floor.leads = [lead(1)]
    floor.now += 60.0
    assert [one.rule for one in only(floor.tick(), DialRefused)] == ["frequency"]


def test_every_dialled_call_is_counted_for_its_campaign_and_number() -> None:
    floor = Floor(campaign(frequency=[weekly(per="number")]), agents=Agents(1), leads=[lead(1)])
    first = placed(floor.ask("start"))[0]
    floor.ended(first, Outcome.BUSY)
    floor.leads = [lead(2, customer=CustomerId("k1")), lead(3, number_key=10_001)]
    floor.now += 60.0
    said = floor.tick()
    assert [call.lead for call in placed(said)] == [2]
    assert [one.lead for one in only(said, DialRefused)] == [3]


def test_holidays_of_the_country_keep_the_house_shut_and_worked_saturdays_open() -> None:
    china = {"china": CalendarSettings(country="CN", day=[CalendarDay(date="2026-06-01", kind="holiday")])}
    rules = GateRules(campaign(windows=WEEKDAYS, holidays="china"), SALES, china)

    def at(*parts: int):
        return may_dial(lead(1), rules, GateState(), shanghai(*parts))

    golden_week = at(2026, 10, 1, 12)
    assert (golden_week.rule, golden_week.until) == (Rule.HOLIDAY, shanghai(2026, 10, 8, 9))
    assert at(2026, 10, 10, 12).passed, "a Saturday worked instead of a day of the golden week"
    assert at(2026, 10, 17, 12).rule is Rule.WINDOW, "a Saturday like any other"
    assert at(2026, 6, 1, 12).rule is Rule.HOLIDAY, "a day of the house's own"
    assert at(2026, 6, 2, 12).passed


def test_holiday_windows_hold_on_holidays_and_only_there() -> None:
    days = {"house": CalendarSettings(day=[CalendarDay(date="2026-05-29")])}
    settings = campaign(windows=WEEKDAYS, holidays="house", holiday_windows=[CallingWindow(begin="10:00", end="11:00")])
    rules = GateRules(settings, SALES, days)
    assert may_dial(lead(1), rules, GateState(), shanghai(2026, 5, 29, 10, 30)).passed
    assert may_dial(lead(1), rules, GateState(), shanghai(2026, 5, 29, 11)).until == shanghai(2026, 6, 1, 9)
    assert may_dial(lead(1), rules, GateState(), shanghai(2026, 5, 28, 11)).passed


def test_holiday_in_one_of_the_plausible_zones_is_a_holiday() -> None:
    days = {"house": CalendarSettings(day=[CalendarDay(date="2026-05-29")])}
    rules = GateRules(campaign(windows=ALWAYS, holidays="house"), SALES, days)
    who = lead(1, zones=("Asia/Shanghai", "America/New_York"))
    found = may_dial(who, rules, GateState(), shanghai(2026, 5, 29, 1))
    assert (found.rule, found.until) == (Rule.HOLIDAY, shanghai(2026, 5, 30, 12))


def test_without_consent_on_record_nobody_is_called() -> None:
    rules = GateRules(campaign(consent=True), SALES)

    def asked_with(**consent):
        return may_dial(lead(1, **consent), rules, GateState(), NOON)

    assert (asked_with().rule, asked_with().until) == (Rule.CONSENT, NOON + DAY)
    assert asked_with(consent_at=NOON - 1).passed
    assert asked_with(consent_at=NOON + 60).until == NOON + 60
    assert asked_with(consent_at=NOON - 60, consent_until=NOON).rule is Rule.CONSENT
    assert asked_with(consent_at=NOON - 60, consent_until=NOON + 1).passed
    assert may_dial(lead(1), GateRules(campaign()), GateState(), NOON).passed


def test_consent_that_runs_out_before_the_window_opens_is_no_consent() -> None:
    rules = GateRules(campaign(consent=True, windows=WEEKDAYS), SALES)
    who = lead(1, consent_at=0.0, consent_until=shanghai(2026, 5, 31))
    found = may_dial(who, rules, GateState(), shanghai(2026, 5, 29, 19))
    assert (found.rule, found.until) == (Rule.WINDOW, shanghai(2026, 5, 30, 19))


def test_number_that_is_no_lead_passes_the_same_gate() -> None:
    rules, state = GateRules(campaign(windows=WEEKDAYS, frequency=[weekly()]), SALES), GateState()
    outside = Callee(number=PhoneNumber("+8613800000001"), number_key=10_001, zones=("Asia/Shanghai",))
    assert may_dial(outside, rules, state, NOON).passed
    call = contact(NOON - 60, customer=CustomerId("anybody"), outcome="")
    state.reserve(call)
    assert may_dial(outside, rules, state, NOON).rule is Rule.IN_CALL
    state.ended(call.call, call.customer, call.number_key, "busy")
    assert may_dial(outside, rules, state, NOON).rule is Rule.FREQUENCY
    state.bars.bar_now(CustomerId(""), 10_001, "complaint", NOON)
    assert may_dial(outside, rules, state, NOON).rule is Rule.DO_NOT_CALL


def test_do_not_call_list_is_asked_with_number_campaign_and_owner() -> None:
    rules, state = GateRules(campaign(owner="bank"), SALES), GateState()
    assert may_dial(lead(1), rules, state, NOON).passed
    for scope, until in (({"owner": "shop"}, None), ({"campaign": "other"}, None)):
        state.bars.take([entry(1, number_key=10_001, until=until, **scope)], NOON)
        assert may_dial(lead(1), rules, state, NOON).passed
    for scope, until in (({"owner": "bank"}, None), ({"campaign": SALES}, NOON + DAY)):
        state.bars.take([entry(1, number_key=10_001, until=until, **scope)], NOON)
        found = may_dial(lead(1), rules, state, NOON)
        assert (found.rule, found.until) == (Rule.DO_NOT_CALL, until)


def test_store_is_asked_as_far_back_as_the_longest_rule_needs() -> None:
    assert 124 * DAY < look_back_s([campaign()]) < 130 * DAY
    long = campaign(frequency=[weekly(), FrequencyRule(within="1 year", rest="2 years")])
    assert look_back_s([campaign(), long]) > 3 * 365 * DAY


def test_leads_at_hand_are_judged_afresh_when_a_campaign_changes_its_frequency() -> None:
    floor = Floor(campaign(hopper=50), agents=Agents(0), leads=[lead(n) for n in range(1, 6)])
    floor.agents.set(free=1)
    placed(floor.ask("start"))
    at_hand = len(floor.engine._campaigns[SALES].hopper)
    said = floor.engine.reload({"sales": campaign(hopper=50, frequency=[weekly()])}, floor.now)
    assert at_hand > 0
    assert sum(getattr(word, "why", "") == "refetch" for word in said) == at_hand

"""The gate: who may not be called, and from when he may."""

from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import CallingWindow, FrequencyRule
from dialer.gate import DAY_S, GateRules, GateState, Rule, may_dial
from dialer.windows import CallingHours
from telephony.ids import CustomerId

from .floor import NOON, campaign, contact, lead, pacing

HOUR = 3600.0
SHIPPED = [CallingWindow(begin="08:25", end="12:40"), CallingWindow(begin="13:00", end="18:00")]
MONTH = FrequencyRule(calls=2, within="30 days", rest="90 days")


def verdict(who=None, *, rules: GateRules | None = None, state: GateState | None = None, now: float = NOON):
    return may_dial(who or lead(1), rules or GateRules(campaign()), state or GateState(), now)


def call(state: GateState, at: float, outcome: str = "no_answer", **changes) -> None:
    """A call placed and over."""
    placed = contact(at, outcome="", **changes)
    state.reserve(placed)
    state.ended(placed.call, placed.customer, placed.number_key, outcome)


def local(zone: str, *parts: int) -> float:
    from datetime import datetime

    return datetime(*parts, tzinfo=ZoneInfo(zone)).timestamp()


def test_customer_nobody_has_called_may_be_called() -> None:
    assert verdict().passed


def test_barred_number_and_barred_customer_are_never_called() -> None:
    for customer, key in (("", 10_001), ("k1", 0)):
        state = GateState()
        state.bars.bar_now(CustomerId(customer), key, "complaint", NOON)
        found = verdict(state=state)
        assert (found.rule, found.until) == (Rule.DO_NOT_CALL, None)


def test_second_call_of_a_month_is_the_last_for_three_months() -> None:
    first, second = NOON - 29 * DAY_S, NOON - DAY_S
    assert verdict(lead(1, placed=(second,))).passed
    found = verdict(lead(1, placed=(first, second)))
    assert (found.rule, found.until) == (Rule.FREQUENCY, local("Asia/Shanghai", 2026, 8, 28, 13))


def test_two_calls_more_than_a_month_apart_do_not_make_a_rest() -> None:
    assert verdict(lead(1, placed=(NOON - 45 * DAY_S, NOON - 5 * DAY_S))).passed


def test_rest_outlives_the_month_that_brought_it() -> None:
    placed = (NOON - 65 * DAY_S, NOON - 60 * DAY_S)
    until = local("Asia/Shanghai", 2026, 6, 30, 13)
    assert verdict(lead(1, placed=placed)).until == until
    assert verdict(lead(1, placed=placed), now=until).passed


def test_call_placed_a_moment_ago_on_another_campaign_counts_before_the_store_tells_of_it() -> None:
    state = GateState()
    for hours in (2.0, 1.0):
        call(state, NOON - hours * 60, number_key=99)
    found = verdict(state=state)
    assert found.rule is Rule.FREQUENCY


def test_call_known_from_memory_and_from_the_store_counts_once() -> None:
    state = GateState()
    call(state, NOON - 60)
    assert verdict(lead(1, placed=(NOON - 60,)), state=state).passed


def test_customer_in_a_call_is_not_called_by_his_other_number() -> None:
    state = GateState()
    state.reserve(contact(NOON - 60, number_key=99, outcome=""))
    assert verdict(state=state).rule is Rule.IN_CALL


def test_customer_who_found_no_agent_is_not_dialled_automatically_for_72_hours() -> None:
    who = lead(1, abandoned_at=NOON - 71 * HOUR)
    assert verdict(who, rules=GateRules(campaign("predictive"))).until == NOON + HOUR
    assert verdict(who, rules=GateRules(campaign("preview"))).passed
    assert verdict(who, rules=GateRules(campaign("predictive", pacing=pacing(abandon_rest_h=70)))).passed
    state = GateState()
    state.left_waiting(CustomerId("k1"), 99, NOON - HOUR)
    assert verdict(state=state).rule is Rule.ABANDON_REST


def test_calling_windows_are_those_of_the_called_party() -> None:
    rules = GateRules(campaign(windows=SHIPPED))
    assert verdict(rules=rules, now=local("Asia/Shanghai", 2026, 5, 29, 12, 39, 59)).passed
    lunch = verdict(rules=rules, now=local("Asia/Shanghai", 2026, 5, 29, 12, 40))
    assert (lunch.rule, lunch.until) == (Rule.WINDOW, local("Asia/Shanghai", 2026, 5, 29, 13, 0))
    night = verdict(rules=rules, now=local("Asia/Shanghai", 2026, 5, 29, 18, 0))
    assert night.until == local("Asia/Shanghai", 2026, 5, 30, 8, 25)
    assert verdict(lead(1, zones=("Europe/Berlin",)), rules=rules, now=NOON).rule is Rule.WINDOW


def test_number_of_several_zones_is_called_only_while_all_are_open() -> None:
    hours = CallingHours([CallingWindow(begin="09:00", end="21:00")])
    both = ("America/New_York", "America/Los_Angeles")
    morning = local("America/New_York", 2026, 5, 29, 9, 30)
    assert hours.opens(both[:1], morning) == 0.0
    assert hours.opens(both, morning) == local("America/Los_Angeles", 2026, 5, 29, 9, 0)
    assert hours.opens(both, local("America/New_York", 2026, 5, 29, 20, 59)) == 0.0
    assert hours.opens(both, local("America/New_York", 2026, 5, 29, 21, 0)) > 0.0


def test_windows_of_weekdays_wait_for_monday() -> None:
    hours = CallingHours([CallingWindow(days=[1, 2, 3, 4, 5], begin="09:00", end="18:00")])
    saturday = local("Asia/Shanghai", 2026, 5, 30, 12)
    assert hours.opens(("Asia/Shanghai",), saturday) == local("Asia/Shanghai", 2026, 6, 1, 9)


def test_clock_change_never_opens_a_window_early() -> None:
    hours = CallingHours([CallingWindow(begin="02:30", end="12:00")])
    assert hours.opens(("Europe/Berlin",), local("Europe/Berlin", 2026, 3, 29, 1, 59)) == local(
        "Europe/Berlin", 2026, 3, 29, 3, 30
    )


def test_number_of_no_known_zone_and_campaign_without_windows_are_not_called() -> None:
    assert verdict(lead(1, zones=())).rule is Rule.WINDOW
    assert verdict(lead(1, zones=("Nowhere/Atlantis",))).rule is Rule.WINDOW
    assert verdict(rules=GateRules(campaign(windows=[]))).until == NOON + DAY_S


@settings(deadline=None)
@given(
    at=st.integers(int(NOON), int(NOON + 400 * DAY_S)),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_windows_agree_with_the_clock_on_the_wall(at: int, zone: str) -> None:
    from datetime import datetime

    wall = datetime.fromtimestamp(at, ZoneInfo(zone))
    minutes = wall.hour * 60 + wall.minute
    should = 505 <= minutes < 760 or 780 <= minutes < 1080
    hours = CallingHours(SHIPPED)
    opens = hours.opens((zone,), at)
    assert (opens == 0.0) == should
    if opens:
        assert opens > at
        assert hours.opens((zone,), opens) == 0.0


@settings(deadline=None)
@given(gaps=st.lists(st.floats(60.0, 40 * DAY_S), min_size=1, max_size=25), split=st.integers(0, 25))
def test_no_customer_is_ever_called_more_often_than_the_rule_book_allows(gaps: list[float], split: int) -> None:
    """However calls are spread over memory and store: never a third in 30 days, nor one within 90 days of a second."""
    rules, state, now = GateRules(campaign(frequency=[MONTH])), GateState(), NOON
    placed: list[float] = []
    for turn, gap in enumerate(gaps):
        now += gap
        told = tuple(placed) if turn >= split else tuple(at for at in placed if at < now - HOUR)
        if may_dial(lead(1, placed=told), rules, state, now).passed:
            call(state, now)
            placed.append(now)
    for i in range(2, len(placed)):
        assert placed[i] - placed[i - 2] >= 30 * DAY_S
        if placed[i - 1] - placed[i - 2] < 30 * DAY_S:
            assert placed[i] - placed[i - 1] >= 90 * DAY_S


@settings(deadline=None)
@given(placed=st.lists(st.floats(NOON - 200 * DAY_S, NOON), max_size=6).map(sorted))
def test_refused_lead_may_be_called_at_the_instant_named(placed: list[float]) -> None:
    who, rules = lead(1, placed=tuple(placed)), GateRules(campaign())
    found = verdict(who, rules=rules)
    if not found.passed:
        assert found.until is not None
        assert verdict(who, rules=rules, now=found.until).passed
        assert verdict(who, rules=rules, now=found.until - 1.0).rule is found.rule

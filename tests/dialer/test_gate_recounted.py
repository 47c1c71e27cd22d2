"""The gate against a slow and obvious one, over random histories around month ends, leap days and changes of clocks."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from config.model import CalendarDay, CalendarSettings, CallingWindow, CampaignSettings, FrequencyRule, PacingSettings
from dialer.gate import GateRules, GateState, Verdict, may_dial
from telephony.ids import CallId, CampaignId, CustomerId
from telephony.leads import Contact, Lead

from .floor import ALWAYS, SALES, contact, lead
from .slow_gate import QUARTER, later, objection

ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
)
DAYS = (
    *("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04", "2026-04-24", "2026-09-06"),
    *("2028-02-28", "2028-02-29", "2028-03-01", "2027-02-28", "2027-03-31", "2026-12-31", "2027-01-30", "2026-05-31"),
)
SPANS = ("1 hour", "24 hours", "1 day", "2 days", "7 days", "1 week", "1 month", "2 months")
OUTCOMES = ("", "busy", "no_answer", "answered", "refused", "unknown")
A_DAY = 96


def examples(count: int) -> settings:
    """So many histories, reported as they were drawn: making a failing one smaller takes the slow gate too long."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    return settings(max_examples=count, deadline=None, phases=phases, suppress_health_check=[HealthCheck.too_slow])


quarters = st.integers(0, 95)


@st.composite
def rules(draw: st.DrawFn) -> FrequencyRule:
    calendar = draw(st.booleans())
    return FrequencyRule(
        calls=draw(st.sampled_from((1, 1, 2, 2, 3))),
        within=draw(st.sampled_from(("1 day", "1 week", "1 month")) if calendar else st.sampled_from(SPANS)),
        rest=draw(st.sampled_from(("0 days", "12 hours", "3 days", "1 month"))),
        window="calendar" if calendar else "sliding",
        per=draw(st.sampled_from(("customer", "number"))),
        scope=draw(st.sampled_from(("everywhere", "campaign"))),
        counts=draw(st.sampled_from(("placed", "placed", "answered", "connected"))),
        uncounted=draw(st.sampled_from(([], ["busy"], ["abandoned"]))),
    )


@st.composite
def instants(draw: st.DrawFn) -> tuple[float, tuple[str, ...]]:
    """A quarter of an hour on or about a day of note, and the zones of a customer."""
    zones = tuple(draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True)))
    day = datetime.fromisoformat(draw(st.sampled_from(DAYS))) + timedelta(days=draw(st.sampled_from((0, 0, 1, 30))))
    return day.replace(tzinfo=ZoneInfo(zones[0])).timestamp() + draw(quarters) * QUARTER, zones


@st.composite
def histories(draw: st.DrawFn, now: float) -> list[Contact]:
    calls = []
    for n in range(draw(st.integers(1, 6))):
        at = (
            now
            - draw(st.sampled_from((0, 0, 0, 1, 1, 2, 6, 7, 28, 29, 30, 31, 59))) * 86_400
            - draw(quarters) * QUARTER
        )
        outcome = draw(st.sampled_from(OUTCOMES))
        answered = outcome == "answered"
        calls.append(
            contact(
                at,
                call=CallId(f"c-{n}"),
                customer=CustomerId(draw(st.sampled_from(("k1", "k1", "k1", "other")))),
                number_key=draw(st.sampled_from((10_001, 10_001, 7))),
                campaign=draw(st.sampled_from((SALES, CampaignId("autumn")))),
                outcome=outcome,
                answered=answered,
                connected=answered and draw(st.booleans()),
            )
        )
    mine = [call for call in calls if call.customer == "k1" or call.number_key == 10_001]
    return sorted(mine, key=lambda call: call.at)


def remembered(state: GateState, calls: list[Contact]) -> None:
    """The gate has placed these calls itself and heard what became of them."""
    for call in calls:
        state.calls.enter(replace(call, answered=False, connected=False, outcome=""))
        if call.answered:
            state.answered(call.call)
        if call.connected:
            state.connected(call.call)
        if call.outcome:
            state.ended(call.call, call.customer, call.number_key, call.outcome)


def agree(
    who: Lead,
    campaign: CampaignSettings,
    days: list[CalendarDay],
    calls: list[Contact],
    found: Verdict,
    now: float,
    *,
    looking: int,
) -> None:
    """The verdict names the rule the slow gate names, and the first quarter of an hour at which it has none."""
    why = objection(who, campaign, days, calls, now)
    event(f"{why}")
    assert found.rule == why
    if why is None:
        return
    at = now
    for _ in range(looking * A_DAY):
        at += QUARTER
        if objection(who, campaign, days, calls, at) is None:
            assert found.until == at
            return
    runs_out = campaign.consent and who.consent_until is not None
    if found.until is not None and found.until <= at and not runs_out:  # nobody can say when: asked again after a day
        assert objection(who, campaign, days, calls, found.until) in ("window", "holiday", "consent")


@examples(100)
@given(st.data(), instants(), rules())
def test_one_frequency_rule_is_kept_to_the_quarter_of_an_hour(
    data: st.DataObject, moment: tuple[float, tuple[str, ...]], rule: FrequencyRule
) -> None:
    now, zones = moment
    calls = data.draw(histories(now))
    split = data.draw(st.integers(0, len(calls)))
    campaign = CampaignSettings(mode="preview", windows=ALWAYS, frequency=[rule])
    who, state = lead(1, zones=zones, placed=tuple(calls[:split])), GateState()
    remembered(state, calls[split:])
    agree(who, campaign, [], calls, may_dial(who, GateRules(campaign, SALES), state, now), now, looking=45)


@examples(60)
@given(st.data(), instants(), st.lists(rules(), max_size=2))
def test_all_rules_together_name_the_first_that_objects_and_the_earliest_instant_none_does(
    data: st.DataObject, moment: tuple[float, tuple[str, ...]], frequency: list[FrequencyRule]
) -> None:
    now, zones = moment
    calls = data.draw(histories(now))
    draw = data.draw
    today = datetime.fromtimestamp(now, ZoneInfo(zones[0])).date()
    days = [
        CalendarDay(date=today + timedelta(days=n), kind=draw(st.sampled_from(("holiday", "working"))))
        for n in draw(st.lists(st.integers(-1, 5), max_size=3, unique=True))
    ]
    weekdays = draw(st.sampled_from(([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7])))
    campaign = CampaignSettings(
        mode=draw(st.sampled_from(("preview", "predictive"))),
        windows=draw(
            st.sampled_from(
                (
                    [
                        CallingWindow(days=weekdays, begin="08:30", end="12:45"),
                        CallingWindow(begin="13:00", end="18:00"),
                    ],
                    [CallingWindow(days=weekdays, begin="00:15", end="02:30")],
                    [CallingWindow(days=weekdays, begin="02:30", end="24:00")],
                )
            )
        ),
        holidays="house",
        holiday_windows=draw(st.sampled_from(([], [CallingWindow(begin="10:00", end="11:00")]))),
        consent=draw(st.sampled_from((False, False, True))),
        frequency=frequency,
        pacing=PacingSettings(abandon_rest_h=30),
    )
    given_at = draw(st.sampled_from((None, now - 86_400, now + 86_400)))
    who = lead(
        1,
        zones=zones,
        placed=tuple(calls),
        abandoned_at=draw(st.sampled_from((None, now - 10 * QUARTER))),
        consent_at=given_at,
        consent_until=draw(st.sampled_from((None, now - QUARTER, now + 5 * 86_400))),
    )
    made = GateRules(campaign, SALES, {"house": CalendarSettings(day=days)})
    agree(who, campaign, days, calls, may_dial(who, made, GateState(), now), now, looking=8)


@examples(40)
@given(st.data(), st.sampled_from(ZONES))
def test_however_eagerly_it_is_asked_no_customer_is_called_beyond_the_rule(data: st.DataObject, zone: str) -> None:
    """A customer asked for again and again: after every call the whole history keeps the rule, recounted."""
    rule = data.draw(rules())
    campaign = CampaignSettings(mode="preview", windows=ALWAYS, frequency=[rule])
    made, state = GateRules(campaign, SALES), GateState()
    now = datetime.fromisoformat(data.draw(st.sampled_from(DAYS))).replace(tzinfo=ZoneInfo(zone)).timestamp()
    who, calls = lead(1, zones=(zone,)), list[Contact]()
    for n, gap in enumerate(data.draw(st.lists(st.integers(1, 96 * 4), min_size=5, max_size=25))):
        now += gap * QUARTER
        if not may_dial(who, made, state, now).passed:
            continue
        answered = data.draw(st.booleans())
        call = contact(now, call=CallId(f"c-{n}"), outcome="answered" if answered else "busy", answered=answered)
        call = replace(call, connected=answered and data.draw(st.booleans()))
        assert objection(who, campaign, [], calls, now) is None
        remembered(state, [call])
        calls.append(call)


def test_slow_gate_reads_the_clock_right() -> None:
    """The clock of Berlin shows 02:30 twice in October, never in March; a month after the 31st is a last day."""

    def berlin(*parts: int, fold: int = 0) -> float:
        return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold).timestamp()

    assert later(berlin(2026, 10, 24, 2, 30), "1 day", "Europe/Berlin") == berlin(2026, 10, 25, 2, 30, fold=1)
    assert later(berlin(2026, 3, 28, 2, 30), "1 day", "Europe/Berlin") == berlin(2026, 3, 29, 3, 30)
    assert later(berlin(2028, 1, 31, 12), "1 month", "Europe/Berlin") == berlin(2028, 2, 29, 12)
    assert later(berlin(2026, 12, 31, 12), "2 months", "Europe/Berlin") == berlin(2027, 2, 28, 12)

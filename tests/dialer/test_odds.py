"""Each lead's own chance: learned call by call, beside the campaign's level, and what the pacing makes of it."""

from datetime import UTC, datetime
from math import exp, log
from random import Random

import msgspec

from config.model import CampaignSettings
from dialer.abandonment import Budget
from dialer.forecast import Forecast
from dialer.level import USUAL
from dialer.odds import Memory, Odds, Traits
from dialer.pacing import PaceView, pacer_for
from dialer.traits import traits_of
from telephony.ids import CallId, CampaignId, CustomerId, LeadId
from telephony.leads import Contact, Lead
from telephony.numbers import PhoneNumber

NOON = datetime(2026, 3, 3, 4, 0, tzinfo=UTC).timestamp()
EVENING, MORNING = ("hour", "19"), ("hour", "10")


def taught(calls: int = 4000, seed: int = 3) -> Odds:
    """Evenings are answered by half, mornings by a fifth."""
    odds, dice = Odds(), Random(seed)
    for _ in range(calls):
        evening = dice.random() < 0.5
        odds.learn((EVENING if evening else MORNING,), dice.random() < (0.5 if evening else 0.2), 1.0, 0.35)
    return odds


def lead(**changes: object) -> Lead:
    known = Lead(
        id=LeadId(1),
        campaign=CampaignId("spring"),
        customer=CustomerId("k1"),
        number=PhoneNumber("+8613800138000"),
        number_key=1,
        zones=("Asia/Shanghai",),
        batch="march",
    )
    return msgspec.structs.replace(known, **changes)


def test_leads_answer_as_their_hour_was_seen_to_be_answered() -> None:
    odds = taught()
    assert abs(odds.chance((EVENING,)) - 0.5) < 0.06
    assert abs(odds.chance((MORNING,)) - 0.2) < 0.06


def test_a_trait_nobody_has_seen_tells_nothing() -> None:
    assert taught().chance((("hour", "3"),)) == USUAL or abs(taught().chance((("hour", "3"),)) - USUAL) < 1e-9


def test_nothing_is_told_until_it_beats_one_rate_for_all() -> None:
    odds, dice = Odds(), Random(5)
    for _ in range(200):
        odds.learn((EVENING,), dice.random() < 0.35, 1.0, 0.35)
    assert not odds.trusted
    assert odds.chance((EVENING,)) == USUAL


def test_what_was_learned_survives_a_restart() -> None:
    before = taught()
    put_away = msgspec.json.encode(before.memory())
    after = Odds()
    after.remember(msgspec.json.decode(put_away, type=Memory))
    assert after.trusted
    assert abs(after.chance((EVENING,)) - before.chance((EVENING,))) < 1e-9
    assert after.skill() == before.skill()


def test_its_skill_is_measured_beside_the_plain_rate() -> None:
    skill = taught().skill()
    assert skill is not None
    assert skill.brier < skill.brier_plain
    assert skill.loss < skill.loss_plain


def test_traits_tell_the_hour_of_the_called_party_and_no_subscriber() -> None:
    placed = Contact(
        at=NOON - 3600.0,
        call=CallId("c1"),
        customer=CustomerId("k1"),
        number_key=1,
        campaign=CampaignId("spring"),
        answered=True,
    )
    traits: Traits = traits_of(lead(attempts=2, last_outcome="no_answer", placed=(placed,)), NOON)
    assert ("hour", "12") in traits
    assert ("history", "answered_before no_answer 2") in traits
    assert ("rest", "3h") in traits
    assert ("list", "march") in traits
    assert ("line", "mobile") in traits
    assert ("area", "+86138") in traits


def test_calls_to_leads_that_answer_well_do_not_pass_for_a_better_day() -> None:
    forecast, dice, now = Forecast(25.0), Random(7), NOON
    for count in range(6000):
        told = 0.7 if count > 3000 or dice.random() < 0.2 else 0.2
        now += 1.0
        if dice.random() < told:
            forecast.human(10.0, now, told)
        else:
            forecast.other(25.0, now, told)
    forecast.look([], now)
    assert abs(log(forecast.level)) < 0.3
    assert abs(forecast.chance(0.2) - 0.2) < 0.06
    assert forecast.rate > 0.6


def test_a_better_day_lifts_every_lead() -> None:
    forecast, dice, now = Forecast(25.0), Random(9), NOON
    for count in range(4000):
        told = 0.5 if count % 2 else 0.2
        now += 1.0
        odds = exp(1.0) * told / (1.0 - told)
        (forecast.human if dice.random() < odds / (1.0 + odds) else forecast.other)(12.0, now, told)
    forecast.look([], now)
    assert abs(log(forecast.level) - 1.0) < 0.25


def test_chances_that_say_nothing_change_no_figure() -> None:
    plain, told = Forecast(25.0), Forecast(25.0)
    pending = [NOON - age for age in (1.0, 4.0, 9.0, 17.0)]
    one = plain.answers(plain.look(pending, NOON))
    other = told.answers(told.look(pending, NOON, [USUAL] * 4))
    for left, right in zip(one, other, strict=True):
        assert abs(left - right).max() < 1e-9


def test_fewer_calls_are_placed_when_the_next_leads_are_sure_to_answer() -> None:
    settings = CampaignSettings.model_validate({"mode": "predictive"})
    view = PaceView(now=NOON, free=2, talking=15, wrapping=3, pending=(), waiting=0, room=500)
    counts = []
    for chance in (0.9, 0.35, 0.1):
        pacer = pacer_for(settings, Forecast(25.0), Budget(0.028))
        counts.append(pacer.place(msgspec.structs.replace(view, next=[chance] * 24)).count)
    assert counts[0] < counts[1] < counts[2]


def test_a_pending_call_that_is_sure_to_answer_takes_more_room() -> None:
    settings = CampaignSettings.model_validate({"mode": "predictive"})
    view = PaceView(now=NOON, free=2, talking=15, wrapping=3, pending=[NOON - 5.0] * 4, waiting=0, room=500)
    counts = []
    for chance in (0.95, 0.05):
        pacer = pacer_for(settings, Forecast(25.0), Budget(0.028))
        counts.append(pacer.place(msgspec.structs.replace(view, chances=[chance] * 4)).count)
    assert counts[0] < counts[1]


def test_chances_of_nought_and_one_are_taken_without_complaint() -> None:
    settings = CampaignSettings.model_validate({"mode": "predictive"})
    forecast = Forecast(25.0)
    forecast.human(9.0, NOON, 1.0)
    forecast.other(25.0, NOON, 0.0)
    pacer = pacer_for(settings, forecast, Budget(0.028))
    view = PaceView(
        now=NOON + 9.0,
        free=2,
        talking=9,
        wrapping=1,
        pending=[NOON] * 2,
        waiting=0,
        room=50,
        chances=[0.0, 1.0],
        next=[1.0, 0.0],
    )
    assert 0 <= pacer.place(view).count <= 50

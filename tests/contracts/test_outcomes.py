"""Every end an attempt can come to, judged by ``telephony.outcomes`` from what the exchange reports."""

import pytest

from telephony.events import (
    DialEnded,
    HangupRequested,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegParked,
    LegProgressed,
    LegRinging,
    OriginateAccepted,
    OriginateEnded,
)
from telephony.ids import call_leg
from telephony.outcomes import Outcome, judge
from tests.contracts.stage import Fate, Stage


@pytest.mark.parametrize(
    ("fate", "outcome", "cause", "sip"),
    [
        (Fate.BUSY, Outcome.BUSY, 17, 486),
        (Fate.CONGESTED, Outcome.CONGESTION, 34, 503),
        (Fate.NOT_ASSIGNED, Outcome.INVALID, 1, 404),
        (Fate.UNAVAILABLE, Outcome.UNAVAILABLE, 19, 480),
        (Fate.DECLINES, Outcome.DECLINED, 21, 603),
        (Fate.EARLY_MEDIA_THEN_BUSY, Outcome.BUSY, 17, 486),
    ],
)
async def test_refused_attempt_is_judged_by_its_cause(
    stage: Stage, fate: Fate, outcome: Outcome, cause: int, sip: int
) -> None:
    call = stage.dial(fate)
    evidence = await stage.ends(call)
    assert judge(evidence) is outcome
    assert (evidence.cause, evidence.tech_cause, evidence.reason) == (cause, sip, 0)


async def test_answered_customer_is_parked_and_stays_until_we_hang_up(stage: Stage) -> None:
    call = stage.dial(Fate.ANSWERS)
    await stage.sees(LegParked, leg=call)
    assert stage.seen(LegRinging, leg=call)
    ended = await stage.sees(OriginateEnded, leg=call)
    assert (ended.ok, ended.reason, ended.foreign) == (True, 4, False)
    assert not stage.seen(LegEnded, leg=call)
    stage.hang_up(call)
    evidence = await stage.ends(call)
    assert judge(evidence) is Outcome.ANSWERED
    assert not stage.seen(HangupRequested, leg=call)


async def test_customer_who_hangs_up_while_waiting_asks_first_and_then_is_gone(stage: Stage) -> None:
    call = stage.dial(Fate.ANSWERS, talk_s=1.0)
    await stage.sees(LegParked, leg=call)
    ended = await stage.sees(LegEnded, leg=call)
    asked = stage.seen(HangupRequested, leg=call)
    assert len(asked) == 1
    assert stage.log.index(asked[0]) < stage.log.index(ended)
    assert judge(stage.evidence(call)) is Outcome.ANSWERED


async def test_phone_that_rings_out_ends_by_our_time_out_without_a_dial_end(stage: Stage) -> None:
    call = stage.dial(Fate.RINGS_OUT, timeout_s=2.0)
    evidence = await stage.ends(call)
    assert judge(evidence) is Outcome.NO_ANSWER
    assert (evidence.reason, evidence.cause) == (3, 19)
    assert stage.seen(LegRinging, leg=call)
    assert not stage.seen(DialEnded, leg=call)


async def test_call_we_cancel_while_it_rings_ends_with_our_cause(stage: Stage) -> None:
    call = stage.dial(Fate.RINGS_OUT)
    await stage.sees(LegRinging, leg=call)
    stage.hang_up(call)
    await stage.sees(OriginateEnded, leg=call)
    evidence = await stage.ends(call)
    assert (evidence.cause, evidence.reason, evidence.answered) == (16, 0, False)
    assert judge(evidence) is Outcome.CANCELLED


async def test_unknown_trunk_gives_no_leg_and_one_failure(stage: Stage) -> None:
    call = stage.dial(Fate.ANSWERS, template=stage.nowhere)
    ended = await stage.sees(OriginateEnded, leg=call)
    await stage.passes(0.3)
    assert (ended.ok, ended.reason) == (False, 0)
    assert not stage.seen(LegCreated, leg=call)
    assert not stage.seen(LegEnded, leg=call)
    assert judge(stage.evidence(call)) is Outcome.TRUNK_DOWN


async def test_second_originate_under_a_live_id_fails_and_leaves_the_call_alone(stage: Stage) -> None:
    call = stage.dial(Fate.ANSWERS)
    await stage.sees(LegParked, leg=call)
    await stage.sees(OriginateEnded, leg=call)
    stage.dial(Fate.ANSWERS, call=call)
    second = await stage.sees(OriginateEnded, leg=call, times=2)
    await stage.passes(0.3)
    assert (second.ok, second.reason) == (False, 0)
    assert not stage.seen(LegEnded, leg=call)
    assert len(stage.seen(LegCreated, leg=call)) == 1


async def test_183_shows_progress_and_never_ringing(stage: Stage) -> None:
    call = stage.dial(Fate.EARLY_MEDIA_THEN_BUSY)
    await stage.ends(call)
    assert stage.seen(LegProgressed, leg=call)
    assert not stage.seen(LegRinging, leg=call)


async def test_congested_trunk_never_rings(stage: Stage) -> None:
    call = stage.dial(Fate.CONGESTED)
    await stage.ends(call)
    assert not stage.seen(LegRinging, leg=call)


async def test_amd_parks_a_talking_machine_as_a_machine(stage: Stage) -> None:
    call = stage.dial(Fate.ANSWERS_TALKING, amd=True)
    parked = await stage.sees(LegParked, leg=call)
    assert parked.amd == "MACHINE"
    assert len(stage.seen(LegParked, leg=call)) == 1


@pytest.mark.parametrize("fate", [Fate.ANSWERS, Fate.BUSY, Fate.CONGESTED, Fate.NOT_ASSIGNED])
async def test_order_that_never_varies(stage: Stage, fate: Fate) -> None:
    call = stage.dial(fate, talk_s=0.6)
    await stage.ends(call)
    await stage.sees(LegEnded, leg=call)
    leg = call_leg(call)

    def place(kind: type) -> int:
        return next(i for i, e in enumerate(stage.log) if isinstance(e, kind) and e.leg == leg)

    assert place(OriginateAccepted) < place(LegCreated) < place(DialEnded) < place(LegEnded)
    assert place(HangupRequested) < place(LegEnded)
    if fate is Fate.ANSWERS:
        assert place(LegAnswered) < place(DialEnded) < place(LegEnded)


async def test_many_attempts_at_once_are_never_mixed_up(stage: Stage) -> None:
    fates = [Fate.ANSWERS, Fate.BUSY, Fate.CONGESTED, Fate.DECLINES] * 5
    calls = [stage.dial(fate, talk_s=0.5) for fate in fates]
    wanted = {
        Fate.ANSWERS: Outcome.ANSWERED,
        Fate.BUSY: Outcome.BUSY,
        Fate.CONGESTED: Outcome.CONGESTION,
        Fate.DECLINES: Outcome.DECLINED,
    }
    for fate, call in zip(fates, calls, strict=True):
        assert judge(await stage.ends(call)) is wanted[fate]

"""What becomes of a lead after an attempt."""

import pytest

from dialer.recycle import rest
from telephony.facts import LeadRested
from telephony.ids import LeadId
from telephony.outcomes import Outcome

from .floor import NOON, campaign

RETRY = campaign().retry


def rested(
    outcome: Outcome, *, attempts: int = 1, talked: bool = False, callback_at: float | None = None
) -> LeadRested:
    return rest(LeadId(1), outcome, talked=talked, attempts=attempts, callback_at=callback_at, retry=RETRY, now=NOON)


@pytest.mark.parametrize(
    ("outcome", "after_s"),
    [
        (Outcome.BUSY, 600),
        (Outcome.NO_ANSWER, 4 * 3600),
        (Outcome.CONGESTION, 300),
        (Outcome.UNKNOWN, 86_400),
        (Outcome.DECLINED, 7 * 86_400),
        (Outcome.ANSWERED, 3 * 86_400),
    ],
)
def test_lead_is_due_again_by_the_rule_of_its_outcome(outcome: Outcome, after_s: float) -> None:
    assert rested(outcome).due == NOON + after_s


def test_customer_who_answered_and_found_nobody_rests_as_abandoned() -> None:
    assert rested(Outcome.ANSWERED).why == "abandoned"


def test_lead_is_closed_once_its_retries_are_used_up() -> None:
    assert rested(Outcome.BUSY, attempts=3).due == NOON + 600
    assert rested(Outcome.BUSY, attempts=4).due is None


def test_invalid_number_and_conversation_close_the_lead() -> None:
    assert rested(Outcome.INVALID).due is None
    assert rested(Outcome.ANSWERED, talked=True).due is None


def test_callback_outweighs_every_other_rule() -> None:
    assert rested(Outcome.ANSWERED, talked=True, callback_at=NOON + 5).due == NOON + 5

"""What becomes of a lead once its attempt has ended: due again later, or closed, by the campaign's retry rules."""

from collections.abc import Mapping

from config.model import RetryRule
from telephony.facts import LeadRested
from telephony.ids import AgentId, LeadId
from telephony.outcomes import Outcome

ABANDONED = "abandoned"
"""The retry rule for a customer who answered and found no agent, whatever the network's outcome."""
UNKNOWN_REST_S = 86_400.0


def rest(
    lead: LeadId,
    outcome: Outcome,
    *,
    talked: bool,
    attempts: int,
    callback_at: float | None,
    promised_by: AgentId | None = None,
    retry: Mapping[str, RetryRule],
    now: float,
) -> LeadRested:
    """The lead's rest after an attempt; `attempts` counts this one, `talked` that an agent had the customer.

    A callback is the agent's who promised it."""
    if callback_at is not None:
        return LeadRested(lead=lead, due=callback_at, why="callback", agent=promised_by)
    if talked:
        return LeadRested(lead=lead, due=None, why="answered")
    why = ABANDONED if outcome is Outcome.ANSWERED else outcome.value
    rule = retry.get(why)
    if rule is None or attempts > rule.times:
        return LeadRested(lead=lead, due=None, why=why)
    after = max(rule.after_s, UNKNOWN_REST_S) if outcome is Outcome.UNKNOWN else rule.after_s
    return LeadRested(lead=lead, due=now + after, why=why)

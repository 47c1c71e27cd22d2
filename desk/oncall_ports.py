"""What the desk is told of calls' parts and of surveys."""

import msgspec


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's part in a call: `began_at` his last taking it (epoch seconds), times in seconds over all of it."""

    call: str
    agent: str
    began_at: float
    open: bool
    talk_s: float
    hold_s: float
    holds: int
    long_holds: int


class SurveyRow(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's surveys: of `talked` calls so many were `sent`, so many of them `answered`; shares or None."""

    agent: str
    talked: int
    sent: int
    answered: int
    transfer_rate: float | None
    answer_rate: float | None
    score: float | None
    """The mean of all scores given."""

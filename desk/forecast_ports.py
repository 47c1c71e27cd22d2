"""What the desk asks of whoever can foresee a campaign: what other abandonment targets would bring."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from telephony.views import CampaignView


class TargetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One rule and target. Shares as fractions; `wait_s` between conversations; `talk_s` an agent-hour; `calls` placed and
    `conversations` an hour, of all agents. `change_s` is talk an agent-hour against the campaign's own, 95 % within
    `within_s`; `own` marks the campaign's own row."""

    rule: str
    target: float
    own: bool
    utilisation: float
    abandonment: float
    wait_s: float
    talk_s: float
    calls: float
    conversations: float
    change_s: float
    within_s: float


class CampaignForecast(msgspec.Struct, frozen=True, kw_only=True):
    """What would be, for so many agents with the answer rate learned from so many attempts; played for `hours` each."""

    campaign: str
    at: float
    agents: int
    answer_rate: float
    attempts: int
    hours: float
    rows: tuple[TargetRow, ...]


class ForecastRefused(Exception):
    """It cannot be foreseen now; `code` is what the pages translate."""

    def __init__(self, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.words = words or {}


class Forecaster(Protocol):
    async def forecast(self, campaign: CampaignView, targets: Sequence[float], agents: int | None) -> CampaignForecast:
        """Within seconds, or from a minute ago; raises ForecastRefused. `agents` None takes those signed in."""
        ...

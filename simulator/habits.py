"""The habits of scripted agents, as a scenario writes them down."""

from pydantic import Field

from config.fields import Section, Share


class Habits(Section):
    """How scripted agents work. Times in seconds."""

    sign_in_spread_s: float = Field(60.0, ge=0, description="Agents sign in within this time after the start.")
    leave_spread_s: float = Field(60.0, ge=0, description="Agents sign out within this time before the end.")
    settle_s: float = Field(
        5.0, ge=1, description="Longest pause before an agent who was set not ready is ready again."
    )
    retry_s: float = Field(15.0, gt=0, description="Pause before asking again for what was refused.")
    wrap_mean_s: float = Field(15.0, gt=0, description="Mean wrap-up until the disposition is given.")
    wrap_cv: float = Field(0.6, gt=0, description="Its coefficient of variation (gamma law).")
    hold_share: Share = Field(0.03, description="Share of talks in which the customer is put on hold once.")
    hold_mean_s: float = Field(15.0, gt=0, description="Mean time on hold.")
    ends_share: Share = Field(0.1, description="Share of talks the agent would end himself …")
    ends_mean_s: float = Field(90.0, gt=0, description="… after this mean time.")
    break_every_s: float = Field(7200.0, ge=0, description="Mean time between breaks; 0 for none.")
    break_s: float = Field(600.0, ge=0, description="Mean length of a break.")
    break_reasons: list[str] = Field(
        default_factory=lambda: ["break", "lunch", "training"], min_length=1, description="Reasons given for breaks."
    )
    skip_share: Share = Field(0.1, description="Preview: share of customers skipped.")
    preview_s: float = Field(6.0, ge=1, description="Preview: longest look at a customer before dialling.")
    answers_after_s: float = Field(0.2, ge=0, description="An agent's phone is picked up after this time.")
    ignores_share: Share = Field(0.0, description="Share of phones that are never picked up.")

"""The odds of a simulated population, as a scenario writes them down."""

from functools import cached_property

from pydantic import Field, model_validator

from config.fields import Section, Share


class Odds(Section):
    """Shares of what becomes of a dialled number; what is left over rings out. Times in seconds."""

    human: Share = Field(0.35, description="Share of calls a person answers.")
    machine: Share = Field(0.12, description="Share of calls an answering machine takes.")
    busy: Share = Field(0.10, description="Share of calls that find the line busy.")
    congestion: Share = Field(0.005, description="Share of calls the carrier refuses with 503.")
    invalid: Share = Field(0.015, description="Share of numbers that are not assigned.")
    unavailable: Share = Field(0.03, description="Share of phones switched off.")
    declines: Share = Field(0.03, description="Share of people who decline the call.")
    early_media_busy: Share = Field(0.005, description="Share of calls that hear an announcement and are refused.")
    silent: Share = Field(0.005, description="Share of calls answered without a word.")
    setup_mean_s: float = Field(2.0, gt=0, description="Mean time until the phone rings.")
    setup_cv: float = Field(0.4, gt=0, description="Its coefficient of variation.")
    ring_mean_s: float = Field(9.0, gt=0, description="Mean ringing before an answer.")
    ring_cv: float = Field(0.6, gt=0, description="Its coefficient of variation.")
    ring_longest_s: float = Field(25.0, gt=0, description="Nobody answers later than this.")
    busy_mean_s: float = Field(2.0, gt=0, description="Mean time until busy is reported.")
    refusal_share: Share = Field(0.6, description="Share of people who refuse at once.")
    refusal_mean_s: float = Field(12.0, gt=0, description="Mean talk of those.")
    refusal_cv: float = Field(0.6, gt=0, description="Its coefficient of variation.")
    conversation_mean_s: float = Field(120.0, gt=0, description="Mean talk of the others.")
    conversation_cv: float = Field(0.8, gt=0, description="Its coefficient of variation.")
    patience_min_s: float = Field(1.0, ge=0, description="Nobody hangs up sooner than this after answering.")
    patience_mean_s: float = Field(20.0, gt=0, description="Mean further wait for somebody to speak.")
    amd_mistakes: Share = Field(0.03, description="Share of people AMD takes for a machine.")
    amd_misses: Share = Field(0.10, description="Share of machines AMD takes for a person.")
    amd_person_s: tuple[float, float] = Field((0.9, 1.5), description="Least and most time AMD takes to hear a person.")
    amd_machine_s: tuple[float, float] = Field((1.1, 1.7), description="The same for a machine.")
    says_cause: Share = Field(0.5, description="Share of hang-ups that carry a Reason header (cause 16, not 0).")
    opts_out: Share = Field(0.05, description="Share of abandoned people who press the opt-out key.")

    @cached_property
    def others(self) -> tuple[tuple[str, float], ...]:
        """Everything but people and ringing out, with its share."""
        names = ("machine", "busy", "congestion", "invalid", "unavailable", "declines", "early_media_busy", "silent")
        return tuple((name, getattr(self, name)) for name in names)

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "Odds":
        if self.human + sum(share for _, share in self.others) > 1 + 1e-9:
            raise ValueError("the shares add up to more than 1")
        return self

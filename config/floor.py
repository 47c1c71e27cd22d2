"""Settings of agents' time: reasons for being not ready, no answer, break tokens, shifts."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from config.fields import Line, Name, Seconds, Section

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class ReasonSettings(Section):
    """A table ``[floor.reason.NAME]`` of ``server.toml``: one reason for being not ready."""

    title: Line = Field("", description="Name shown to people in Chinese; empty shows the name itself.")
    title_en: Line = Field("", description="Name shown to people in English.")
    productive: bool = Field(False, description="Whether the time counts as worked (training, meeting) or not (break).")
    limit_s: Seconds = Field(
        0.0, description="After this many seconds the leader is alarmed until the agent is back; 0 for no limit."
    )


class NoAnswerSettings(Section):
    """A table ``no_answer`` of the floor or of a queue: what becomes of an agent whose phone rang in vain."""

    misses: Annotated[int, Field(ge=0, le=100)] = Field(
        1,
        description="So many calls missed in a row and `then` holds; before that he is aside for penalty_s. 0: he is only ever put aside.",
    )
    penalty_s: Seconds = Field(
        20.0, description="An agent who missed a call is aside this long and then free again by himself."
    )
    then: Literal["not_ready", "aside"] = Field(
        "not_ready",
        description="After `misses` in a row: not_ready (until he says he is back), aside (for then_s, and back by himself). Nobody is ever signed out.",
    )
    then_s: Seconds = Field(300.0, description="How long he is aside when `then` says so, in seconds.")
    rejected: Literal["miss", "aside", "not_ready", "free"] = Field(
        "miss",
        description="What a call he declines does: miss (as one not answered), aside (for penalty_s, not counted), not_ready (at once), free (nothing).",
    )


class BreakSettings(Section):
    """The table ``[floor.breaks]``: break tokens, of which each group has a few."""

    at_once: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="How many of a group may be out on a break token at once."
    )
    groups: dict[Name, Annotated[int, Field(ge=1, le=100)]] = Field(
        default_factory=dict, description="Another number for some groups, by the group's name."
    )
    last_s: Annotated[float, Field(ge=60, le=14_400)] = Field(
        600.0, description="How long a break lasts at most; then the leader is alarmed."
    )
    offer_s: Annotated[float, Field(ge=5, le=3600)] = Field(
        60.0, description="How long a free token waits to be taken before it is the next one's in the queue."
    )
    guard_s: Seconds = Field(
        1800.0, description="No break begins this long after the shift's begin and before its end; 0 for no guard."
    )
    reason: Line = Field("break", description="The not-ready reason an agent on such a break has.")
    required: bool = Field(
        False,
        description="Whether an agent may be not ready for that reason on a break token only; leaders always may.",
    )


class ShiftSettings(Section):
    """A table ``[floor.shift.NAME]``: when agents are planned to work, where no roster file says otherwise."""

    begin: Clock = Field(description="The shift begins, HH:MM in the site's time.")
    end: Clock = Field(description="The shift ends, HH:MM; the next day when that is not later than its begin.")
    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        default_factory=lambda: [1, 2, 3, 4, 5, 6, 7], description="Weekdays it begins on, Monday is 1."
    )
    agents: list[Name] = Field(default_factory=list, description="Agents who work it, by number …")
    groups: list[Name] = Field(
        default_factory=list, description="… and groups; with neither it is everybody's who is in no other."
    )

    @field_validator("end")
    @classmethod
    def _some_time(cls, end: str, seen: ValidationInfo) -> str:
        if end == seen.data.get("begin"):
            raise PydanticCustomError("shift_empty", "no time at all")
        return end


def usual_reasons() -> dict[str, ReasonSettings]:
    """What the reasons are that need no table of their own."""
    return {
        "break": ReasonSettings(title="小休", title_en="Break", limit_s=900.0),
        "lunch": ReasonSettings(title="用餐", title_en="Lunch", limit_s=3600.0),
        "training": ReasonSettings(title="培训", title_en="Training", productive=True),
        "meeting": ReasonSettings(title="会议", title_en="Meeting", productive=True),
    }

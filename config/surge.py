"""Settings of the surge plan: four levels, by which load each is entered and left, and what is then done."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from config.fields import Line, Name, Seconds, Secret, Section, Share

Action = Literal["reserves", "breaks", "off_shift", "support", "filler", "outbound"]
LEVELS = 4
MARKS = (("waiting", ""), ("longest", "_s"), ("service", ""))
"""What a level looks at, each with its unit."""


class SurgeLevel(Section):
    """A table ``[[surge.level]]``: the first is level 1, there are four at most. A mark of 0 is not looked at."""

    waiting_enter: Annotated[float, Field(ge=0, le=1000)] = Field(
        0.0, description="The level is entered when so many callers wait for each agent who is there …"
    )
    longest_enter_s: Seconds = Field(0.0, description="… or the first in a queue has waited so many seconds …")
    service_enter: Share = Field(
        0.0,
        description="… or less than this share of those offered is answered in time, over the last quarters of an hour.",
    )
    waiting_leave: Annotated[float, Field(ge=0, le=1000)] = Field(
        0.0, description="The level is left when no more callers wait for each agent …"
    )
    longest_leave_s: Seconds = Field(0.0, description="… and the first has waited no longer …")
    service_leave: Share = Field(0.0, description="… and at least this share is answered in time.")
    occupancy: Share = Field(
        0.0,
        description="The level is entered only when at least this share of the agents there is with a call or in wrap-up.",
    )
    actions: list[Action] = Field(
        default_factory=list,
        description="What is done from this level on: reserves (managers take calls), breaks (none begins), off_shift and support (messages to staff and to other sites), filler (agents of the queues do no outbound calls), outbound (no new outbound calls at all).",
    )


def _levels() -> list[SurgeLevel]:
    def level(enter: tuple[float, float, float], leave: tuple[float, float, float], *actions: Action) -> SurgeLevel:
        return SurgeLevel(
            waiting_enter=enter[0],
            longest_enter_s=enter[1],
            service_enter=enter[2],
            waiting_leave=leave[0],
            longest_leave_s=leave[1],
            service_leave=leave[2],
            occupancy=0.8,
            actions=list(actions),
        )

    return [
        level((0.25, 90.0, 0.7), (0.05, 20.0, 0.8), "reserves", "filler"),
        level((0.5, 180.0, 0.55), (0.2, 60.0, 0.65), "breaks", "outbound"),
        level((1.0, 300.0, 0.4), (0.5, 120.0, 0.5), "off_shift"),
        level((2.0, 480.0, 0.25), (1.0, 240.0, 0.35), "support"),
    ]


class WebhookSettings(Section):
    """The table ``[surge.webhook]``: where the plan's messages go. They name level, action and load, no person."""

    url: Line = Field(
        "", description="Address messages are posted to (https, or http on this machine); empty for none."
    )
    secret: Secret | None = Field(
        None, description="Key of the signature in X-Switchroom-Signature: sha256=HMAC of the time, a dot and the body."
    )
    timeout_s: Annotated[float, Field(gt=0, le=60)] = Field(5.0, description="Longest wait for an answer, in seconds.")
    tries: Annotated[int, Field(ge=1, le=20)] = Field(
        8, description="How often a message is tried, each time after twice the pause; then an alarm is raised."
    )

    @field_validator("url")
    @classmethod
    def _safe(cls, url: str) -> str:
        local = ("http://127.", "http://localhost:", "http://localhost/", "http://[::1]")
        if url and not url.startswith(("https://", *local)):
            raise PydanticCustomError("webhook_url", "neither https nor this machine")
        return url


class SurgeSettings(Section):
    """The table ``[surge]``."""

    enabled: bool = Field(False, description="Whether levels are entered and left by the load; leaders can always.")
    queues: list[Name] = Field(default_factory=list, description="Queues whose load counts; empty for all.")
    check_s: Annotated[float, Field(ge=1, le=300)] = Field(5.0, description="Seconds between looks at the load.")
    enter_after_s: Seconds = Field(30.0, description="The load must be so high for so many seconds to enter a level.")
    leave_after_s: Seconds = Field(120.0, description="The load must be so low for so many seconds to leave a level.")
    least_s: Seconds = Field(300.0, description="A level lasts so many seconds at least before it is left by itself.")
    level: list[SurgeLevel] = Field(default_factory=_levels, description="The levels, at most four.")
    webhook: WebhookSettings = Field(default_factory=WebhookSettings, description="Where messages go.")

    @field_validator("level")
    @classmethod
    def _apart(cls, levels: list[SurgeLevel]) -> list[SurgeLevel]:
        if len(levels) > LEVELS:
            raise PydanticCustomError("surge_levels", "too many levels", {"limit": LEVELS})
        for number, level in enumerate(levels, 1):
            for mark in MARKS:
                enter, leave = getattr(level, f"{mark[0]}_enter{mark[1]}"), getattr(level, f"{mark[0]}_leave{mark[1]}")
                if enter and (leave <= enter if mark[0] == "service" else leave >= enter):
                    raise PydanticCustomError("surge_marks", "no way out", {"level": number, "mark": mark[0]})
        return levels

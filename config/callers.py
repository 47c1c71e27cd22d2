"""Settings of what callers meet in a queue: music and announcements, opening hours, and the ways out of it."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from config.fields import Line, ScopeName, Seconds, Section, SoundName


class OpenWindow(Section):
    """A time in which a queue is open."""

    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        default_factory=lambda: [1, 2, 3, 4, 5, 6, 7], description="Weekdays, Monday is 1."
    )
    begin: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(
        description="The queue opens, HH:MM in the site's time."
    )
    end: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")] = Field(
        description="The queue closes, HH:MM in the site's time; 24:00 is midnight."
    )

    @field_validator("end")
    @classmethod
    def _later_than_begin(cls, end: str, seen: ValidationInfo) -> str:
        begin = seen.data.get("begin")
        if begin is not None and end <= begin:
            raise PydanticCustomError("window_order", "ends before it begins", {"begin": begin})
        return end


class WayOut(Section):
    """How a caller leaves a queue otherwise than to an agent."""

    way: Literal["stay", "queue", "callback", "voicemail", "closed", "outside"] = Field(
        "stay",
        description="stay: he waits on; queue: to the queue `to`; callback: he is called back; voicemail: he leaves a message; closed: he hears `message` and is hung up; outside: to the number `to`.",
    )
    to: Line = Field("", description="The other queue's name, or the number outside as people write it.")
    message: SoundName = Field("ss-noservice", description="Sound played by `closed`, as Asterisk knows it.")


class HoursSettings(Section):
    """A table ``[queue.NAME.hours]``: when a queue is open, in the site's time zone."""

    open: list[OpenWindow] = Field(default_factory=list, description="Times it is open; none: always.")
    holidays: ScopeName = Field(
        "",
        description="Holiday calendar it keeps, of [calendar.NAME]: on its holidays only holiday_open holds; empty for none.",
    )
    holiday_open: list[OpenWindow] = Field(
        default_factory=list, description="Times it is open on holidays; none: closed all day."
    )
    closed: WayOut = Field(
        default_factory=lambda: WayOut(way="closed"), description="What becomes of callers while it is closed."
    )


class AnnounceSettings(Section):
    """A table ``[queue.NAME.announce]``: what waiting callers are told."""

    greeting: SoundName | Literal[""] = Field(
        "", description="Sound played once to a caller who has to wait, as Asterisk knows it; empty for none."
    )
    every_s: Seconds = Field(
        0.0,
        description="Every so many seconds a waiting caller is told what follows; 0 never. First when he has to wait.",
    )
    position: bool = Field(True, description="Tell him his place, by Asterisk's sounds queue-youarenext and others.")
    wait: bool = Field(True, description="Tell him the wait he can expect, in whole minutes, when it is known.")


class OverflowSettings(Section):
    """A table ``[queue.NAME.overflow]``: what becomes of callers when it is too much."""

    after_s: Seconds = Field(0.0, description="After so many seconds in this queue `then` holds; 0 never.")
    length: Annotated[int, Field(ge=0, le=100_000)] = Field(
        0, description="When so many wait here already `then` holds at once; 0 never."
    )
    then: WayOut = Field(default_factory=WayOut, description="Where they go.")
    most_waiting: Annotated[int, Field(ge=0, le=100_000)] = Field(
        0, description="The queue is full when so many wait; 0 never."
    )
    full: WayOut = Field(
        default_factory=lambda: WayOut(way="closed"), description="What becomes of callers while it is full."
    )
    nobody: WayOut = Field(
        default_factory=WayOut, description="What becomes of callers who come while no agent of the queue is signed in."
    )


class NuisanceSettings(Section):
    """The table ``[nuisance]``: callers on the list of nuisance callers (`switchroom nuisance`)."""

    then: Literal["mark", "queue", "refuse"] = Field(
        "mark",
        description="mark: they are served as others, and the call is noted as theirs; queue: they wait in `queue`; refuse: they hear `message` and are hung up.",
    )
    queue: ScopeName = Field("", description="The queue for them, e.g. the supervisor's.")
    message: SoundName = Field("ss-noservice", description="Sound played by `refuse`, as Asterisk knows it.")
    days: Annotated[float, Field(gt=0, le=3650)] = Field(
        90.0, description="An entry made during a call, or without a day, holds for so many days."
    )

"""Settings of what callers meet: the queues they wait in and the skills they ask for."""

from typing import Annotated

from pydantic import Field

from config.callers import AnnounceSettings, HoursSettings, OverflowSettings
from config.fields import Line, Name, Seconds, Section
from config.floor import NoAnswerSettings
from config.later import CallbackSettings, VoicemailSettings
from config.routing import DemandText, WidenSettings

Level = Annotated[int, Field(ge=1, le=5)]
"""How good an agent is at a skill."""


class SkillSettings(Section):
    """A table ``[skill.NAME]`` of ``server.toml``."""

    title: Line = Field("", description="Name shown to people.")
    certificate: bool = Field(
        False, description="Counts only for agents who hold a valid certificate (`switchroom agent certify`)."
    )


class QueueSettings(Section):
    """A table ``[queue.NAME]`` of ``server.toml``: callers of these lines wait here for an agent."""

    title: Line = Field("", description="Name shown to people.")
    lines: list[Line] = Field(
        default_factory=list,
        description='Numbers people dial to get here, as Asterisk hands them to the dialplan (the extension called); "*" takes what no other queue names.',
    )
    priority: Annotated[float, Field(ge=0, le=1000)] = Field(
        0.0, description="Callers here are served as if they had waited so many seconds longer."
    )
    ageing: Annotated[float, Field(ge=0, le=100)] = Field(
        1.0,
        description="Seconds a caller here comes ahead for each second he waits; above 1 he overtakes other queues.",
    )
    most_ahead_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        86_400.0, description="Most that priority and ageing put a caller ahead, in seconds."
    )
    needs: DemandText = Field(
        "", description="Skills agents must have besides serving the queue, e.g. broadband>=3 and (yue or cmn>=2)."
    )
    widen: list[WidenSettings] = Field(
        default_factory=list, description="Steps that widen the demand as the wait grows, in order of after_s."
    )
    last_agent_wait_s: Seconds = Field(
        0.0,
        description="A caller waits so many seconds for the agent he spoke with last, then anyone may take him; 0: not.",
    )
    service_level_s: Annotated[float, Field(gt=0, le=3600)] = Field(
        20.0, description="A caller answered within this many seconds was answered in time."
    )
    short_abandon_s: Seconds = Field(
        5.0, description="Callers who hang up within this many seconds are not counted as lost."
    )
    wrap_up_s: Seconds | None = Field(
        None, description="Wrap-up after this queue's calls, in seconds; not given takes the floor's."
    )
    record: bool = Field(True, description="Record every connected call.")
    survey: Name | None = Field(
        None, description="Survey customers are sent to after the call, of the tables survey; none when not given."
    )
    survey_auto: bool = Field(
        False,
        description="Send the customer to the survey when the agent ends the conversation in Switchroom; without it the agent sends him.",
    )
    answer: bool = Field(
        True,
        description="Answer callers before an agent is there; false keeps them in early media, so that they pay from the agent's first word on.",
    )
    music: Line = Field("", description="Music class of Asterisk's (musiconhold.conf) callers hear; empty its default.")
    language: Annotated[str, Field(pattern=r"^[A-Za-z_]{0,20}$")] = Field(
        "",
        description="Language recordings and numbers are played in, as Asterisk names it (zh, en); empty the channel's.",
    )
    hours: HoursSettings = Field(default_factory=HoursSettings, description="When the queue is open.")
    announce: AnnounceSettings = Field(default_factory=AnnounceSettings, description="What waiting callers are told.")
    overflow: OverflowSettings = Field(
        default_factory=OverflowSettings, description="What becomes of callers when it is too much."
    )
    no_answer: NoAnswerSettings | None = Field(
        None, description="What becomes of an agent who misses a call of this queue; not given takes the floor's."
    )
    callback: CallbackSettings = Field(
        default_factory=CallbackSettings, description="Being called back instead of waiting."
    )
    voicemail: VoicemailSettings = Field(default_factory=VoicemailSettings, description="Messages callers leave.")

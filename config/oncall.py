"""Settings of what an agent does with a call he has: IVR nodes he may send customers to, and surveys."""

from typing import Annotated

from pydantic import Field

from config.fields import Line, Name, Section, SoundName

Digits = Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]


class NodeSettings(Section):
    """A table ``[node.NAME]`` of ``server.toml``: an extension of the house's own dialplan customers may be sent to."""

    title: Line = Field("", description="Name shown to people.")
    context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,79}$")] = Field(description="Context of that dialplan.")
    exten: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,79}$")] = Field("s", description="Extension in it.")
    announcement: SoundName | None = Field(
        None, description="Sound played before, as Asterisk knows it; none when not given."
    )


class QuestionSettings(Section):
    """A row ``[[survey.NAME.question]]``."""

    sound: SoundName = Field(description="Sound that asks it, as Asterisk knows it.")
    digits: Digits = Field("12345", description="The keys that answer it, each a score.")


class SurveySettings(Section):
    """A table ``[survey.NAME]`` of ``server.toml``: what customers are asked after a call."""

    title: Line = Field("", description="Name shown to people.")
    question: Annotated[list[QuestionSettings], Field(min_length=1, max_length=10)] = Field(
        description="The questions, in their order."
    )
    intro: SoundName | None = Field(None, description="Sound played before the first question; none when not given.")
    thanks: SoundName | None = Field(None, description="Sound played after the last question; none when not given.")
    tries: Annotated[int, Field(ge=1, le=5)] = Field(2, description="How often a question is asked before the next.")
    wait_s: Annotated[float, Field(ge=1, le=30)] = Field(5.0, description="How long the key is waited for, in seconds.")


class TransferSettings(Section):
    """The table ``[transfer]``: numbers outside that agents consult and transfer to."""

    campaign: Name | None = Field(
        None,
        description="Campaign whose rules of the gate and whose trunks are taken for numbers outside when the call came to a queue; not given, only calls of campaigns can be transferred outside.",
    )
    ring_s: Annotated[float, Field(ge=5, le=120)] = Field(
        30.0, description="How long a number outside rings, in seconds."
    )

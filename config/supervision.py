"""Settings of supervision: whose phone may be let into live calls, what agents are told, how long a recording may pause."""

from typing import Annotated

from pydantic import Field

from config.fields import Line, Name, Section


class SupervisorPhone(Section):
    """A table ``[supervision.phone.NAME]`` of ``server.toml``: the phone of a supervisor who is no agent."""

    asterisk: Name = Field(description="Name of the Asterisk the phone is registered at.")
    endpoint: Line = Field(description="What Asterisk dials to reach the phone, e.g. PJSIP/9001.")


class SupervisionSettings(Section):
    phone: dict[Name, SupervisorPhone] = Field(
        default_factory=dict,
        description="Phones of supervisors who are no agents, by the name of their token; an agent supervises at his own.",
    )
    tell_agent: bool = Field(
        False, description="Show agents who is on their calls; otherwise only those who may listen see it."
    )
    own_group_only: bool = Field(
        False, description="A supervisor who is an agent may be on calls of agents of his own group only."
    )


class RecordingSettings(Section):
    longest_pause_s: Annotated[float, Field(ge=5, le=3600)] = Field(
        300.0, description="A paused recording goes on by itself after so many seconds."
    )

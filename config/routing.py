"""Settings of routing: what a call may ask of an agent, what a pairing is worth, and when outbound may have agents."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from config.demands import NotADemand, demand
from config.fields import Line, Name, Seconds, Section, Share


def _demand(text: str) -> str:
    try:
        demand(text)
    except NotADemand as fault:
        raise PydanticCustomError("demand_form", "not a demand", {"at": str(fault.at + 1)}) from None
    return text


def _slotted(text: str) -> str:
    filled = text
    for slot in ("queue", "language", "region", "accent", "value", "channel", "line", "customer"):
        filled = filled.replace("{" + slot + "}", "x")
    if "{" in filled or "}" in filled:
        raise PydanticCustomError("demand_slot", "no such slot")
    _demand(filled)
    return text


DemandText = Annotated[Line, AfterValidator(_demand)]
"""A demand as `config.demands` reads it."""
SlottedDemand = Annotated[Line, AfterValidator(_slotted)]
"""A demand with slots for the call's traits, e.g. ``lang.{language}>=3``."""
Points = Annotated[float, Field(ge=-10_000, le=10_000)]
Trait = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class WidenSettings(Section):
    """A table ``[[queue.NAME.widen]]``: what callers ask from some instant of their wait on."""

    after_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        30.0, description="From this many seconds of waiting on …"
    )
    needs: DemandText = Field("", description="… agents must meet this instead of `needs`; empty asks no skill.")
    also: list[Name] = Field(default_factory=list, description="… and agents of these queues may take the call too.")


class RuleSettings(Section):
    """A table ``[routing.rule.NAME]``."""

    when: dict[Trait, list[Line]] = Field(
        default_factory=dict,
        description='Calls the rule holds for, by trait: queue, language, region, accent, value, channel, line; "*" is any value. Empty: every call.',
    )
    agent: SlottedDemand = Field(
        "", description="Agents it is for, e.g. lang.{language}>=3, where {language} is the call's; empty: all."
    )
    points: Points = Field(
        0.0, description="Points such an agent is given for such a call; below 0 to keep them apart."
    )
    each_level: bool = Field(False, description="Give the points for each level of the skills named in `agent`.")
    ahead_s: Annotated[float, Field(ge=-3600, le=3600)] = Field(
        0.0, description="Such calls are served as if they had waited so many seconds longer."
    )


class BlendingSettings(Section):
    """The table ``[routing.blending]``: which agents of both kinds of calls the dialler may count on."""

    target: Share = Field(
        0.8, description="Share of callers to be answered in time; below, outbound gets no such agents."
    )
    margin: Share = Field(0.05, description="So much above the target before outbound may have them again.")
    wait_share: Share = Field(
        0.5, description="At risk as soon as a caller has waited this share of his queue's service_level_s."
    )
    rest_s: Seconds = Field(30.0, description="And no less than so many seconds after the risk is over.")
    window_s: Annotated[float, Field(ge=60, le=86_400)] = Field(
        900.0, description="Answers of so many past seconds make the share answered in time."
    )
    ahead_s: Annotated[float, Field(ge=1, le=600)] = Field(
        20.0, description="Callers expected within so many seconds are kept free agents for."
    )
    sure: Annotated[float, Field(ge=0.5, le=0.999)] = Field(
        0.9, description="How sure those agents are to be enough, as a probability."
    )


class RoutingSettings(Section):
    """The table ``[routing]``: w = points + wait · seconds waited + idle · seconds idle."""

    wait: Annotated[float, Field(ge=0, le=1000)] = Field(1.0, description="Points for each second a call has waited.")
    idle: Annotated[float, Field(ge=0, le=1000)] = Field(1.0, description="Points for each second an agent is idle.")
    level: Points = Field(
        1000.0,
        description="Points for each level an agent has of the skills a call asks for; a thousand is as good as strict, 30 lets a call that waits half a minute longer go first.",
    )
    last_agent: Points = Field(2000.0, description="Points for the agent the caller spoke with last.")
    outbound_ahead_s: Seconds = Field(
        60.0, description="Customers we called are served as if they had waited so many seconds longer than callers."
    )
    rule: dict[Name, RuleSettings] = Field(
        default_factory=dict, description="Rules by name that give points to agents for calls, or put calls ahead."
    )
    blending: BlendingSettings = Field(
        default_factory=BlendingSettings, description="Agents who serve callers and campaigns."
    )

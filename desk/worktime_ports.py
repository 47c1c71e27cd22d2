"""What the desk asks of agents' time, as a Protocol, and the bodies of leaders' wishes."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

import msgspec

from acd.worktime import Spell, Worktime
from desk.bodies import Body
from telephony.agents import Force


class ForceBody(Body, frozen=True, kw_only=True):
    """What the agent is to be; `reason` is a not-ready reason, `why` is kept in the audit trail."""

    what: Force
    reason: Annotated[str, msgspec.Meta(max_length=80)] = ""
    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


class SkillsBody(Body, frozen=True, kw_only=True):
    """All the skills the agent is to have, by name with their level; none gives him those of his settings again."""

    skills: dict[str, Annotated[int, msgspec.Meta(ge=1, le=5)]]
    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


class BreakBody(Body, frozen=True, kw_only=True):
    """What an agent does with a break token."""

    do: Literal["ask", "take", "withdraw", "end"]


class BreakLeadBody(Body, frozen=True, kw_only=True):
    """What a leader does with an agent's; `extra_s` is for extend."""

    do: Literal["grant", "refuse", "take_back", "extend"]
    extra_s: Annotated[float, msgspec.Meta(ge=0, le=14_400)] = 300.0
    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ReasonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for being not ready; `limit_s` 0 for no limit."""

    name: str
    title: str
    title_en: str
    productive: bool
    limit_s: float


class WorktimeBooks(Protocol):
    """Agents' time as it was kept. Instants are epoch seconds."""

    def reasons(self) -> Sequence[ReasonRow]: ...

    async def history(self, *, agent: str, since: float, until: float) -> Sequence[Spell]:
        """The agent's spells that touch the span, in order."""
        ...

    async def worktimes(self, *, agent: str | None, since: float, until: float) -> Sequence[Worktime]:
        """Each agent's time of the span."""
        ...

"""Who holds a lead, and the facts of a batch's life: released in stages, allocated, recovered, cut over, closed.

A lead is everybody's of its campaign, one group's, one agent's, held back by the managers, or closed with its batch.
Facts that move leads name them by id and are as long as the portion they move.
"""

from telephony.facts import Fact
from telephony.ids import AgentId, CampaignId, LeadId

EVERYBODY = ""
HELD = "-"
"""Not released, or recovered: nobody is ever handed the lead."""
CLOSED = "!"
"""Closed with its batch, whatever instant an ending call may still set."""
GROUP, AGENT = "group:", "agent:"
UNRELEASED = "unreleased"
"""Why leads are recovered of which their batch's share leaves nothing: they count as never handed out."""
PORTION = 1000
"""Most leads one fact moves."""


def group_holder(group: str) -> str:
    return GROUP + group


def agent_holder(agent: str) -> str:
    return AGENT + agent


def held_for(holder: str) -> str:
    """Not released yet, and this holder's once it is."""
    return HELD + holder


def is_held(holder: str) -> bool:
    """Whether nobody is handed the lead until managers let it go."""
    return holder.startswith(HELD)


def group_of(holder: str) -> str | None:
    """The group that holds the lead, None when it is no group."""
    return holder[len(GROUP) :] if holder.startswith(GROUP) else None


def agent_of(holder: str) -> AgentId | None:
    """The agent who holds the lead, None when it is no agent."""
    return AgentId(holder[len(AGENT) :]) if holder.startswith(AGENT) else None


class BatchFact(Fact, frozen=True, kw_only=True):
    """Something that befell a batch; `actor` is who wanted it, "" when it came by itself."""

    batch: str
    campaign: CampaignId
    actor: str = ""


class BatchReleased(BatchFact, frozen=True, kw_only=True):
    """From now on the first `share` of the batch, in its own random order, may be dialled; with `recovered`, what was
    taken back from groups and agents too."""

    share: float
    recovered: bool = False


class BatchTimed(BatchFact, frozen=True, kw_only=True):
    """The batch closes at `close_at` (None: at no set time); then `successor` opens, up to `share`."""

    close_at: float | None
    successor: str = ""
    share: float = 1.0


class BatchOpened(BatchFact, frozen=True, kw_only=True):
    """The batch takes over from `predecessor`."""

    predecessor: str


class BatchClosed(BatchFact, frozen=True, kw_only=True):
    """None of its leads is dialled any more; calls in progress go on. `why` is asked, time or cutover."""

    why: str


class TrialBegun(BatchFact, frozen=True, kw_only=True):
    """Only the first `share` of the batch, `count` leads, is dialled until a manager releases more."""

    share: float
    count: int


class TargetsSet(BatchFact, frozen=True, kw_only=True):
    """What the batch is expected to reach: shares of attempts connected and sold, calls an agent takes in an hour."""

    connect_rate: float
    success_rate: float
    calls_per_hour: float


class LeadsMoved(BatchFact, frozen=True, kw_only=True):
    """The leads have another holder; `count` is how many."""

    leads: tuple[LeadId, ...]
    count: int

    @property
    def to(self) -> str:
        """Who holds them now."""
        raise NotImplementedError


class LeadsReleased(LeadsMoved, frozen=True, kw_only=True):
    """Held back until now, they are everybody's of the campaign."""

    @property
    def to(self) -> str:
        return EVERYBODY


class LeadsAllocated(LeadsMoved, frozen=True, kw_only=True):
    """They are `holder`'s alone."""

    holder: str

    @property
    def to(self) -> str:
        return self.holder


class LeadsRecovered(LeadsMoved, frozen=True, kw_only=True):
    """Taken back from `holder`; `why` is withdrawn, age or unreleased."""

    holder: str
    why: str

    @property
    def to(self) -> str:
        return HELD


class LeadsClosed(LeadsMoved, frozen=True, kw_only=True):
    """Closed with their batch."""

    @property
    def to(self) -> str:
        return CLOSED


MOVES: tuple[type[LeadsMoved], ...] = (LeadsReleased, LeadsAllocated, LeadsRecovered, LeadsClosed)

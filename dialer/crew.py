"""Who works on which campaign and in which group, and who is there: for whom leads held by a group or agent are fetched."""

from collections.abc import Sequence, Set

from config.model import AgentSettings
from telephony.batches import EVERYBODY, agent_holder, agent_of, group_holder, group_of
from telephony.ids import AgentId, CampaignId


class Crew:
    """All agents by campaign and group."""

    def __init__(self) -> None:
        self._group: dict[AgentId, str] = {}
        self._crew: dict[CampaignId, tuple[AgentId, ...]] = {}
        self._present: set[AgentId] = set()

    def staff(self, agents: Sequence[AgentSettings]) -> None:
        """Learn the agents of the settings."""
        self._group = {AgentId(one.id): one.group for one in agents}
        crew: dict[CampaignId, list[AgentId]] = {}
        for one in agents:
            for campaign in one.campaigns:
                crew.setdefault(CampaignId(campaign), []).append(AgentId(one.id))
        self._crew = {campaign: tuple(found) for campaign, found in crew.items()}

    def seen(self, agent: AgentId, *, signed_in: bool) -> None:
        """An agent has signed in or out."""
        if signed_in:
            self._present.add(agent)
        else:
            self._present.discard(agent)

    @property
    def signed_in(self) -> Set[AgentId]:
        """Who is signed in."""
        return self._present

    def holders(self, campaign: CampaignId) -> tuple[str, ...]:
        """Whose leads anyone of the campaign may be given: everybody's, and a group's when all agents are of it."""
        groups = {self._group[agent] for agent in self._crew.get(campaign, ())}
        only = groups.pop() if len(groups) == 1 else ""
        return (EVERYBODY, group_holder(only)) if only else (EVERYBODY,)

    def own(self, agent: AgentId) -> tuple[str, ...]:
        """The holders an agent stands for by himself, the narrowest first."""
        group = self._group.get(agent, "")
        return (agent_holder(agent), group_holder(group)) if group else (agent_holder(agent),)

    def present(self, campaign: CampaignId, holder: str) -> list[AgentId]:
        """Who of the campaign is signed in and may be given this holder's leads."""
        one, group = agent_of(holder), group_of(holder)
        return [
            agent
            for agent in self._crew.get(campaign, ())
            if agent in self._present and (agent == one or (group is not None and self._group[agent] == group))
        ]

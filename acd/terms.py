"""What calls ask of agents and what agents have to offer, by the settings of campaigns, queues and agents."""

from collections.abc import Mapping

from acd.agents import Waiting
from acd.routing import Request, Step
from config.demands import has
from config.model import AgentSettings
from config.queues import QueueSettings


class Terms:
    """Turns settings into skills and requests. Serving a campaign or a queue is a skill of level 1, so is a group."""

    def __init__(self, queues: Mapping[str, QueueSettings]) -> None:
        self.reserves_called = False
        """Whether the surge plan has agents serve their reserve queues too."""
        self._queues = queues
        self._steps: dict[str, tuple[Step, ...]] = {}

    def levels(self, agent: AgentSettings) -> dict[str, int]:
        """What the agent has to offer."""
        levels: dict[str, int] = dict(agent.skills)
        levels.update((f"campaign:{name}", 1) for name in agent.campaigns)
        levels.update((f"queue:{name}", 1) for name in agent.queues)
        if self.reserves_called:
            levels.update((f"queue:{name}", 1) for name in agent.reserve_queues)
        if agent.group:
            levels[f"group:{agent.group}"] = 1
        return levels

    def request(self, waiting: Waiting) -> Request:
        """What a waiting call asks."""
        queue = self._queues.get(waiting.campaign)
        return Request(
            call=waiting.call,
            server=waiting.server,
            entered=waiting.answered_at,
            steps=self._steps.get(waiting.campaign) or self._find(waiting.campaign),
            priority=waiting.priority + (queue.priority if queue is not None else 0.0),
            traits=waiting.traits,
            wanted=waiting.wanted,
            wanted_until=waiting.wanted_until,
        )

    def _find(self, name: str) -> tuple[Step, ...]:
        asked = has(f"queue:{name}") if name in self._queues else has(f"campaign:{name}")
        steps = self._steps[name] = (Step(0.0, asked),)
        return steps

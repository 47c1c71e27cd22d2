"""What calls ask of agents and what agents have to offer, by the settings of campaigns, queues and agents."""

from collections.abc import Callable, Mapping

from acd.agents import Waiting
from acd.routing import Request, Rule, Step, Values
from config.demands import both, demand, either, has
from config.model import AgentSettings
from config.queues import QueueSettings, SkillSettings
from config.routing import RoutingSettings

LAST_AGENT = "last_agent"
"""The trait that names the agent a caller spoke with last."""


class Terms:
    """Turns settings into skills and requests. Serving a campaign or a queue is a skill of level 1, so is a group."""

    def __init__(
        self,
        queues: Mapping[str, QueueSettings],
        routing: RoutingSettings | None = None,
        skills: Mapping[str, SkillSettings] | None = None,
    ) -> None:
        self.routing = routing or RoutingSettings()
        self.certified: Callable[[str, str], bool] = lambda agent, skill: False
        """Whether the agent holds a valid certificate for the skill."""
        self.certificate_skills = tuple(name for name, skill in (skills or {}).items() if skill.certificate)
        self.values = values_of(self.routing)
        self.reserves_called = False
        """Whether the surge plan has agents serve their reserve queues too."""
        self._queues = queues
        self._skills = skills or {}
        self._steps: dict[str, tuple[Step, ...]] = {}

    def levels(self, agent: AgentSettings) -> dict[str, int]:
        """What the agent has to offer: skills that ask for a certificate only when he holds one."""
        gated = self.certificate_skills
        levels: dict[str, int] = {
            skill: level
            for skill, level in agent.skills.items()
            if skill not in gated or self.certified(agent.id, skill)
        }
        levels.update((f"campaign:{name}", 1) for name in agent.campaigns)
        levels.update((f"queue:{name}", 1) for name in agent.queues)
        if self.reserves_called:
            levels.update((f"queue:{name}", 1) for name in agent.reserve_queues)
        if agent.queues:
            levels.update((f"blend:{name}", 1) for name in agent.campaigns or ("",))
        if agent.group:
            levels[f"group:{agent.group}"] = 1
        return levels

    def title(self, skill: str) -> str:
        """The skill as people call it."""
        settings = self._skills.get(skill)
        return settings.title or skill if settings is not None else skill

    def request(self, waiting: Waiting) -> Request:
        """What a waiting call asks."""
        queue = self._queues.get(waiting.campaign)
        steps = self._steps.get(waiting.campaign) or self._find(waiting.campaign)
        if queue is None:
            return Request(
                call=waiting.call,
                server=waiting.server,
                entered=waiting.answered_at,
                steps=steps,
                priority=waiting.priority + self.routing.outbound_ahead_s,
                wanted=waiting.wanted,
                wanted_until=waiting.wanted_until,
            )
        return Request(
            call=waiting.call,
            server=waiting.server,
            entered=waiting.answered_at,
            steps=steps,
            priority=waiting.priority + queue.priority,
            pace=queue.ageing,
            cap=queue.most_ahead_s,
            traits={"queue": waiting.campaign, **waiting.traits},
            wanted=waiting.wanted,
            wanted_until=waiting.wanted_until,
            last=waiting.traits.get(LAST_AGENT) or None,
            last_worth=self.routing.last_agent,
        )

    def last_agent_wait_s(self, queue: str) -> float:
        """How long a caller waits for the agent he spoke with last before anyone may take him; 0: not at all."""
        settings = self._queues.get(queue)
        return settings.last_agent_wait_s if settings is not None else 0.0

    def _find(self, name: str) -> tuple[Step, ...]:
        queue = self._queues.get(name)
        if queue is None:
            steps: tuple[Step, ...] = (Step(0.0, has(f"campaign:{name}")),)
        else:
            own = has(f"queue:{name}")
            steps = (
                Step(0.0, both(own, demand(queue.needs))),
                *(
                    Step(step.after_s, both(either(own, *(has(f"queue:{q}") for q in step.also)), demand(step.needs)))
                    for step in queue.widen
                ),
            )
        self._steps[name] = steps
        return steps


def values_of(routing: RoutingSettings) -> Values:
    """The rule engine of these settings."""
    rules = tuple(
        Rule(
            name=name,
            when={trait: tuple(allowed) for trait, allowed in rule.when.items()},
            agent=rule.agent,
            points=rule.points,
            each_level=rule.each_level,
            ahead_s=rule.ahead_s,
        )
        for name, rule in routing.rule.items()
    )
    return Values(rules, wait=routing.wait, idle=routing.idle, level=routing.level)

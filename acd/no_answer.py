"""What becomes of an agent whose phone rang in vain: aside for a while, or not ready, by the rules of floor and queue.

Nobody is ever signed out for it, and whoever is aside comes back by himself. However lenient the rules, an agent is aside
for a second at least, so that the caller he did not take reaches somebody else who is free.
"""

from collections.abc import Callable

from acd.agents import Agent, Verb
from config.floor import NoAnswerSettings
from telephony.agents import AgentState
from telephony.commands import Command, SetTimer
from telephony.facts import Fact

Out = list[Fact | Command]

MISSED, MISSED_OFTEN, REJECTED, PHONE_LOST = "missed", "no_answer", "rejected", "phone_lost"
ASIDE = frozenset({MISSED, MISSED_OFTEN, REJECTED})
NOT_THERE, DECLINED = "CHANUNAVAIL", frozenset({"BUSY", "DONTCALL"})
SHORTEST_S = 1.0
EARLY_S = 1.0
"""A ring that ends so long before its time was declined."""


class NoAnswer:
    """Keeps agents aside. `rules_of` tells a queue's or campaign's rules by its name."""

    def __init__(self, rules_of: Callable[[str], NoAnswerSettings], ring_s: float) -> None:
        self._rules_of = rules_of
        self._ring_s = ring_s

    def rang_in_vain(self, agent: Agent, why: str, now: float) -> Out:
        """The ringing agent did not take the call; `why` is the PBX's word."""
        if why == NOT_THERE and agent.device == "":
            agent.device = "UNAVAILABLE"
            agent.wants_ready = True
            return [agent.do(Verb.MISS, now, PHONE_LOST)]
        rules = self._rules_of(agent.campaign)
        declined = why in DECLINED or (why == "NOANSWER" and now - agent.since < self._ring_s - EARLY_S)
        if declined and rules.rejected != "miss":
            if rules.rejected == "not_ready":
                return self._not_ready(agent, REJECTED, now)
            return self._aside(agent, REJECTED, rules.penalty_s if rules.rejected == "aside" else 0.0, now)
        agent.misses += 1
        if not rules.misses or agent.misses < rules.misses:
            return self._aside(agent, MISSED, rules.penalty_s, now)
        agent.misses = 0
        if rules.then == "aside":
            return self._aside(agent, MISSED_OFTEN, rules.then_s, now)
        return self._not_ready(agent, MISSED_OFTEN, now)

    def restored(self, agent: Agent, now: float) -> Out:
        """After a restart whoever was aside comes back when he would have; not ready stays not ready."""
        rules = self._rules_of(agent.campaign)
        if agent.state is not AgentState.AUX or agent.reason not in ASIDE:
            return []
        lasting = agent.reason == MISSED_OFTEN and rules.then == "not_ready"
        if lasting or (agent.reason == REJECTED and rules.rejected == "not_ready"):
            return []
        agent.wants_ready = True
        agent.back_at = agent.since + (rules.then_s if agent.reason == MISSED_OFTEN else rules.penalty_s)
        return [SetTimer(key=("aside", agent.id), at=max(now, agent.back_at))]

    def is_back(self, agent: Agent) -> bool:
        """Whether the end of his time aside finds the agent still there for it."""
        there = agent.state is AgentState.AUX and agent.reason in ASIDE and agent.wants_ready
        agent.back_at = None if there else agent.back_at
        return there

    def _not_ready(self, agent: Agent, reason: str, now: float) -> Out:
        agent.wants_ready, agent.back_at = False, None
        return [agent.do(Verb.MISS, now, reason)]

    def _aside(self, agent: Agent, reason: str, for_s: float, now: float) -> Out:
        agent.wants_ready, agent.back_at = True, now + max(SHORTEST_S, for_s)
        return [agent.do(Verb.MISS, now, reason), SetTimer(key=("aside", agent.id), at=agent.back_at)]

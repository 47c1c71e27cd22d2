"""The two sides of the router in the floor's words: agents who are free, and callers and customers who wait."""

from collections.abc import Callable

from acd.agents import Agent, Waiting
from acd.routing import Match, Request, Router
from telephony.ids import CallId, ServerId


class Idle:
    """Agents who are free, as far as the floor needs to know."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def drop(self, agent: Agent) -> None:
        """He is not to be given a call until he is free again."""
        self._router.busy(agent.id)

    def count(self, campaign: str, server: ServerId) -> int:
        """How many are free on that PBX who serve the campaign."""
        return self._router.idle(f"campaign:{campaign}", server)

    def blended(self, campaign: str, server: ServerId) -> int:
        """How many of them serve callers too; of those who serve callers alone when no campaign is named."""
        return self._router.idle(f"blend:{campaign}", server)


class Line:
    """Who waits, campaigns' customers and queues' callers alike. `request` says what each asks of an agent."""

    def __init__(self, router: Router, request: Callable[[Waiting], Request]) -> None:
        self._router, self._request = router, request
        self._waiting: dict[CallId, Waiting] = {}
        self._of: dict[str, dict[CallId, None]] = {}

    def add(self, waiting: Waiting, now: float) -> Match | None:
        """He gets an agent at once, or waits; who waits already waits as is said now."""
        self.drop(waiting.call)
        match = self._router.ask(self._request(waiting), now)
        if match is None:
            self._waiting[waiting.call] = waiting
            self._of.setdefault(waiting.campaign, {})[waiting.call] = None
        return match

    def taken(self, call: CallId) -> Waiting | None:
        """The router has found him an agent: he waits no more."""
        waiting = self._waiting.pop(call, None)
        if waiting is not None:
            self._of[waiting.campaign].pop(call, None)
        return waiting

    def drop(self, call: CallId) -> Waiting | None:
        self._router.withdraw(call)
        return self.taken(call)

    def get(self, call: CallId) -> Waiting | None:
        return self._waiting.get(call)

    def __len__(self) -> int:
        return len(self._waiting)

    def length(self, queue: str) -> int:
        """How many wait in a queue or for a campaign's agents."""
        return len(self._of.get(queue, ()))

    def of(self, queue: str, now: float) -> list[Waiting]:
        """Who waits in a queue, the first to be served first."""
        ahead = self._router.precedence
        return sorted(
            (self._waiting[call] for call in self._of.get(queue, ())),
            key=lambda one: (-(ahead(one.call, now) or 0.0), one.answered_at),
        )

    def position(self, call: CallId, now: float) -> int:
        """Where he stands in his queue, counted from 1; 0 when he does not wait."""
        own = self._waiting.get(call)
        mine = self._router.precedence(call, now)
        if own is None or mine is None:
            return 0
        ahead = self._router.precedence
        return 1 + sum(
            (ahead(other, now) or 0.0) > mine
            or (ahead(other, now) == mine and self._waiting[other].answered_at < own.answered_at)
            for other in self._of[own.campaign]
            if other != call
        )

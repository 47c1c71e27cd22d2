"""The hopper of one campaign: leads at hand, best first, refilled before it runs low so that no agent waits for it.

Leads promised to one agent (personal callbacks) stand apart and are his until they are long overdue.
"""

from bisect import insort
from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush

from telephony.commands import FetchLeads
from telephony.ids import AgentId, CampaignId, LeadId
from telephony.leads import Lead, LeadsFetched

STALE_S = 3600.0
"""A lead held longer goes back to the store, which knows of calls placed meanwhile by other processes."""
LEAD_TIME_S = 20.0
ANSWER_WITHIN_S = 30.0
ASK_AGAIN_S = 10.0
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 1.0, 900.0
PERSONAL_FOR_S = 900.0
LARGEST_FETCH = 5000
SMALL_FETCH, SMALL_FETCH_S = 400, 1.0
"""While there is enough at hand no more is asked for at once than this, or than so many seconds need: whoever takes a
call meanwhile does not wait until thousands of leads have been looked at."""
ENOUGH_S = 3.0
FRONT = 24
"""So many of the next leads are kept in order, for whoever wants to look ahead."""

Held = tuple[int, int, Lead, float]
"""(priority reversed, serial, lead, when it was fetched): the order of the heap."""


class Hopper:
    """Leads at hand and the one question to the store that may be under way."""

    def __init__(self, campaign: CampaignId, holders: tuple[str, ...] = ("",)) -> None:
        """`holders` are those whose leads it is filled with."""
        self.campaign = campaign
        self.holders = holders
        self._heap: list[Held] = []
        self._front: list[Held] = []
        self._personal: dict[AgentId, deque[Held]] = {}
        self._ids: set[LeadId] = set()
        self._serial = 0
        self._asked_at: float | None = None
        self._ask_from = 0.0
        self._backoff = FIRST_BACKOFF_S

    def __len__(self) -> int:
        return len(self._ids)

    def fetch(self, least: int, pace: float, agents: int, now: float) -> FetchLeads | None:
        """Ask for more when below the low-water mark; `pace` in calls a second, one question at a time."""
        depth = min(max(least, int(pace * LEAD_TIME_S), 3 * agents), 100_000)
        at_hand = len(self._heap) + len(self._front)
        if at_hand > depth // 2 or now < self._ask_from:
            return None
        if self._asked_at is not None and now - self._asked_at < ANSWER_WITHIN_S:
            return None
        self._asked_at = now
        enough = at_hand > max(pace * ENOUGH_S, agents)
        limit = min(depth - at_hand, max(SMALL_FETCH, int(pace * SMALL_FETCH_S)) if enough else LARGEST_FETCH)
        return FetchLeads(
            campaign=self.campaign, limit=min(limit, LARGEST_FETCH), holders=self.holders, hurry=not enough
        )

    def fetched(self, event: LeadsFetched, *, shut_until: float | None, now: float) -> float | None:
        """Note an answer of the store; `shut_until` is the next calling window when every lead of it met a closed
        one. Returns when to look again if waiting for the next tick is not right."""
        self._asked_at = None
        if len(event.leads) < event.limit:
            due = event.next_due if event.next_due is not None else now + ASK_AGAIN_S
            self._ask_from = min(max(due, now + FIRST_BACKOFF_S), now + ASK_AGAIN_S)
        elif shut_until is None:
            self._backoff = FIRST_BACKOFF_S
            self._ask_from = now
        else:
            self._ask_from = min(now + self._backoff, max(shut_until, now + FIRST_BACKOFF_S))
            self._backoff = min(2 * self._backoff, LONGEST_BACKOFF_S)
        return self._ask_from if self._ask_from > now else None

    def comes_due(self, at: float) -> None:
        """A lead of this campaign will be due at that instant: do not sleep past it."""
        self._ask_from = min(self._ask_from, at)

    def wake(self) -> None:
        """The store has leads it had not: ask at the next occasion."""
        self._ask_from = 0.0

    def holds(self, lead: LeadId) -> bool:
        return lead in self._ids

    def put(self, lead: Lead, fetched_at: float) -> None:
        """Take a lead in; one already held is not taken twice."""
        if lead.id in self._ids:
            return
        self._ids.add(lead.id)
        self._serial += 1
        held = (-lead.priority, self._serial, lead, fetched_at)
        if lead.agent is not None:
            self._personal.setdefault(lead.agent, deque()).append(held)
        else:
            self._push(held)

    def put_back(self, held: Held) -> None:
        """Return what `pop` gave, to its old place."""
        self._ids.add(held[2].id)
        if held[2].agent is None:
            self._push(held)
        else:
            self._personal.setdefault(held[2].agent, deque()).appendleft(held)

    def pop(self) -> Held | None:
        """The best lead that is nobody's own."""
        if not self._front and not self.front():
            return None
        held = self._front.pop(0)
        self._ids.discard(held[2].id)
        return held

    def front(self) -> list[Held]:
        """The next leads that are nobody's own, best first; a list to look at, not to change."""
        while len(self._front) < FRONT and self._heap:
            self._front.append(heappop(self._heap))
        return self._front

    def _push(self, held: Held) -> None:
        if self._front and held < self._front[-1]:
            insort(self._front, held)
        else:
            heappush(self._heap, held)

    def pop_for(self, agent: AgentId) -> Held | None:
        """The agent's own next lead."""
        own = self._personal.get(agent)
        if not own:
            return None
        held = own.popleft()
        self._ids.discard(held[2].id)
        if not own:
            del self._personal[agent]
        return held

    def waited_for(self) -> tuple[AgentId, ...]:
        """The agents with leads of their own."""
        return tuple(self._personal)

    def release_overdue(self, now: float, grace_s: float = PERSONAL_FOR_S) -> None:
        """Leads whose agent has not been free for so many seconds past their time become everybody's."""
        for agent, own in list(self._personal.items()):
            while own and now - max(own[0][2].due, own[0][3]) > grace_s:
                self._push(own.popleft())
            if not own:
                del self._personal[agent]

    def take_out(self, wanted: Callable[[Lead], bool]) -> list[Lead]:
        """Give up the leads wanted elsewhere; the others keep their places."""
        gone = [held for held in (*self._front, *self._heap) if wanted(held[2])]
        if gone:
            self._front = [held for held in self._front if not wanted(held[2])]
            self._heap = [held for held in self._heap if not wanted(held[2])]
            heapify(self._heap)
        for agent, own in list(self._personal.items()):
            his = [held for held in own if wanted(held[2])]
            if his:
                gone += his
                self._personal[agent] = deque(held for held in own if not wanted(held[2]))
                if not self._personal[agent]:
                    del self._personal[agent]
        self._ids.difference_update(held[2].id for held in gone)
        return [held[2] for held in gone]

    def empty(self) -> list[Lead]:
        """Give up everything held."""
        leads = [held[2] for held in (*self._front, *self._heap)]
        leads += [held[2] for own in self._personal.values() for held in own]
        self._heap, self._front, self._personal, self._ids = [], [], {}, set()
        return leads
